#include "store.h"

/* The endpoint's name in `needs.toml`. */
#define ENDPOINT TEXT("api")

request store_request(text method, text path) {
  return (request){.method = string_of(method), .path = string_of(path)};
}

request store_request_with(text method, text path, parts body) {
  request asked = store_request(method, path);
  MAKE_LIST(asked.headers, 1);
  asked.headers.ptr[0].name = string_of(TEXT("content-type"));
  asked.headers.ptr[0].value = string_of(TEXT("application/json"));
  asked.body = body;
  return asked;
}

void store_parameter(request *asked, text name, text value) {
  connhub_connector_http_list_parameter_t before = asked->query;
  MAKE_LIST(asked->query, before.len + 1);
  for (size_t at = 0; at < before.len; at++) {
    asked->query.ptr[at] = before.ptr[at];
  }
  asked->query.ptr[before.len] = (connhub_connector_http_parameter_t){string_of(name), string_of(value)};
}

/* The letters that RFC 3986 calls unreserved. */
static bool is_unreserved(char letter) {
  return (letter >= 'a' && letter <= 'z') || (letter >= 'A' && letter <= 'Z') || (letter >= '0' && letter <= '9') || letter == '-' ||
         letter == '.' || letter == '_' || letter == '~';
}

text store_path(text name) {
  static const char digits[] = "0123456789ABCDEF";
  buffer path = {0};
  buffer_add(&path, TEXT("/items/"));
  for (size_t at = 0; at < name.length; at++) {
    unsigned char byte = (unsigned char)name.bytes[at];
    if (is_unreserved(name.bytes[at])) {
      buffer_add(&path, (text){name.bytes + at, 1});
    } else {
      buffer_add(&path, (text){(char[]){'%', digits[byte >> 4], digits[byte & 15]}, 3});
    }
  }
  return buffer_text(&path);
}

/* Turns the status of an answer into an error. */
static bool refused(uint16_t status, text name, error *err) {
  switch (status) {
  case 401: return fail(err, CONNHUB_CONNECTOR_TYPES_ERROR_UNAUTHENTICATED, TEXT("the store does not accept the login"));
  case 403: return fail(err, CONNHUB_CONNECTOR_TYPES_ERROR_FORBIDDEN, TEXT("the store does not allow this login to do that"));
  case 404: return fail_no_connection(err, name);
  case 409: return fail(err, CONNHUB_CONNECTOR_TYPES_ERROR_ALREADY_EXISTS, JOIN(TEXT("the store has an item `"), name, TEXT("`")));
  case 412: return fail(err, CONNHUB_CONNECTOR_TYPES_ERROR_CONFLICT, JOIN(TEXT("somebody changed `"), name, TEXT("` in the meantime")));
  case 422: return fail_invalid(err, TEXT("name"), TEXT("the store does not take such an item"));
  default: {
    char digits[] = {(char)('0' + status / 100 % 10), (char)('0' + status / 10 % 10), (char)('0' + status % 10)};
    return fail_unavailable(err, JOIN(TEXT("the store answered with status "), (text){digits, 3}));
  }
  }
}

bool store_call(request *asked, text name, response *answer, error *err) {
  string endpoint = string_of(ENDPOINT);
  connhub_connector_http_error_t failure;
  if (!connhub_connector_http_send(&endpoint, asked, answer, &failure)) {
    return fail_request(err, &failure);
  }
  bool success = answer->status >= 200 && answer->status <= 299;
  return success || refused(answer->status, name, err);
}

bool store_ask(request *asked, text name, const json **document, error *err) {
  response answer;
  if (!store_call(asked, name, &answer, err)) {
    return false;
  }
  *document = json_read((text){(const char *)answer.body.ptr, answer.body.len});
  return *document != NULL || fail_unavailable(err, TEXT("the store answered with something that is no JSON"));
}

/* A body that is being written: the bytes since the last secret, and the parts before them. */
typedef struct {
  buffer bytes;
  parts done;
} body;

/* A body with a number of secrets. */
static body body_with(size_t secrets) {
  body made = {0};
  /* Bytes before each secret, the secret, and the bytes at the end. */
  MAKE_LIST(made.done, 2 * secrets + 1);
  made.done.len = 0;
  return made;
}

static void body_end_bytes(body *to) {
  text bytes = buffer_text(&to->bytes);
  part *next = &to->done.ptr[to->done.len++];
  next->tag = CONNHUB_CONNECTOR_HTTP_PART_BYTES;
  next->val.bytes = (connector_list_u8_t){(uint8_t *)bytes.bytes, bytes.length};
  to->bytes = (buffer){0};
}

/* Adds a secret as a JSON string, quotation marks included. */
static void body_add_secret(body *to, const secret_field *from) {
  body_end_bytes(to);
  part *next = &to->done.ptr[to->done.len++];
  next->tag = CONNHUB_CONNECTOR_HTTP_PART_SECRET;
  next->val.secret.value = connhub_connector_secrets_borrow_secret(from->value);
  next->val.secret.encoding = CONNHUB_CONNECTOR_HTTP_ENCODING_JSON_STRING;
}

/* Adds the name of a member, with the comma that parts it from the one before. */
static void add_name(buffer *to, bool *first, text name) {
  if (!*first) {
    buffer_add(to, TEXT(","));
  }
  *first = false;
  buffer_add_string(to, name);
  buffer_add(to, TEXT(":"));
}

/* Adds members that are taken away. */
static void add_nothing(buffer *to, bool *first, strings names) {
  for (size_t at = 0; at < names.len; at++) {
    add_name(to, first, text_of(names.ptr[at]));
    buffer_add(to, TEXT("null"));
  }
}

/* Adds `"fields":{…},"secrets":{…}`. */
static void add_values(body *to, fields visible, secret_fields secrets, strings removed_fields, strings removed_secrets) {
  bool first = true;
  buffer_add(&to->bytes, TEXT("\"fields\":{"));
  for (size_t at = 0; at < visible.len; at++) {
    add_name(&to->bytes, &first, text_of(visible.ptr[at].name));
    buffer_add_string(&to->bytes, text_of(visible.ptr[at].value));
  }
  add_nothing(&to->bytes, &first, removed_fields);
  first = true;
  buffer_add(&to->bytes, TEXT("},\"secrets\":{"));
  for (size_t at = 0; at < secrets.len; at++) {
    add_name(&to->bytes, &first, text_of(secrets.ptr[at].name));
    body_add_secret(to, &secrets.ptr[at]);
  }
  add_nothing(&to->bytes, &first, removed_secrets);
  buffer_add(&to->bytes, TEXT("}"));
}

parts store_item(const draft *from) {
  body item = body_with(from->secrets.len);
  buffer_add(&item.bytes, TEXT("{\"name\":"));
  buffer_add_string(&item.bytes, text_of(from->name));
  buffer_add(&item.bytes, TEXT(",\"type\":"));
  buffer_add_string(&item.bytes, text_of(from->type));
  buffer_add(&item.bytes, TEXT(","));
  add_values(&item, from->fields, from->secrets, (strings){0}, (strings){0});
  buffer_add(&item.bytes, TEXT("}"));
  body_end_bytes(&item);
  return item.done;
}

static bool has_field(const fields *all, text name) {
  for (size_t at = 0; at < all->len; at++) {
    if (text_equal(text_of(all->ptr[at].name), name)) {
      return true;
    }
  }
  return false;
}

static bool has_secret(const secret_fields *all, text name) {
  for (size_t at = 0; at < all->len; at++) {
    if (text_equal(text_of(all->ptr[at].name), name)) {
      return true;
    }
  }
  return false;
}

/* The visible fields of an item that a draft does not have. */
static strings other_fields(const connection *there, const draft *from) {
  strings others;
  MAKE_LIST(others, there->fields.len);
  others.len = 0;
  for (size_t at = 0; at < there->fields.len; at++) {
    if (!has_field(&from->fields, text_of(there->fields.ptr[at].name))) {
      others.ptr[others.len++] = there->fields.ptr[at].name;
    }
  }
  return others;
}

static strings other_secrets(const connection *there, const draft *from) {
  strings others;
  MAKE_LIST(others, there->secret_names.len);
  others.len = 0;
  for (size_t at = 0; at < there->secret_names.len; at++) {
    if (!has_secret(&from->secrets, text_of(there->secret_names.ptr[at]))) {
      others.ptr[others.len++] = there->secret_names.ptr[at];
    }
  }
  return others;
}

parts store_replacement(const draft *from, const connection *there) {
  body change = body_with(from->secrets.len);
  buffer_add(&change.bytes, TEXT("{\"type\":"));
  buffer_add_string(&change.bytes, text_of(from->type));
  buffer_add(&change.bytes, TEXT(",\"revision\":"));
  buffer_add(&change.bytes, text_of(there->revision.val));
  buffer_add(&change.bytes, TEXT(","));
  add_values(&change, from->fields, from->secrets, other_fields(there, from), other_secrets(there, from));
  buffer_add(&change.bytes, TEXT("}"));
  body_end_bytes(&change);
  return change.done;
}

parts store_change(const patch *from, const string *expected) {
  body change = body_with(from->secrets.len);
  buffer_add(&change.bytes, TEXT("{"));
  add_values(&change, from->fields, from->secrets, from->remove, from->remove);
  if (expected != NULL) {
    buffer_add(&change.bytes, TEXT(",\"revision\":"));
    buffer_add(&change.bytes, text_of(*expected));
  }
  buffer_add(&change.bytes, TEXT("}"));
  body_end_bytes(&change);
  return change.done;
}

/* Reads an object of texts. Values of secrets are `***`, as the grant says, so only their names are taken. */
static bool read_values(const json *document, json_value object, fields *into) {
  if (!json_is_object(document, object)) {
    return false;
  }
  size_t count = json_count(document, object);
  MAKE_LIST(*into, count);
  json_value name = json_first(document, object);
  for (size_t at = 0; at < count; at++) {
    text key, value;
    json_value behind = json_next(document, name);
    if (!json_string(document, name, &key) || !json_string(document, behind, &value)) {
      return false;
    }
    into->ptr[at] = (field){string_of(key), string_of(value)};
    name = json_next(document, behind);
  }
  return true;
}

bool store_connection(const json *document, json_value item, connection *into) {
  text name, type, revision;
  fields secrets;
  *into = (connection){0};
  bool read = json_string(document, json_member(document, item, TEXT("name")), &name) &&
              json_string(document, json_member(document, item, TEXT("type")), &type) &&
              json_literal(document, json_member(document, item, TEXT("revision")), &revision) &&
              read_values(document, json_member(document, item, TEXT("fields")), &into->fields) &&
              read_values(document, json_member(document, item, TEXT("secrets")), &secrets);
  if (!read) {
    return false;
  }
  into->name = string_of(name);
  into->type = string_of(type);
  into->revision = some(revision);
  MAKE_LIST(into->secret_names, secrets.len);
  for (size_t at = 0; at < secrets.len; at++) {
    into->secret_names.ptr[at] = string_of(text_of(secrets.ptr[at].name));
  }
  return true;
}

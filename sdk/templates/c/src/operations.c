/* Keeps connections in the example store: an HTTP service with a list of items.
 *
 * These are the operations of the contract; `store.c` has the requests and answers, to be replaced by those of your store.
 * The login is not here: the host adds it. Every call runs in a fresh instance, so nothing is freed. */
#include "store.h"

#include <string.h>

/* The bindings have a type of their own for the list that `open` returns. */
typedef exports_connhub_connector_backend_list_secret_field_t opened;

static bool unsupported(error *err, text message) {
  return fail(err, CONNHUB_CONNECTOR_TYPES_ERROR_UNSUPPORTED, message);
}

static bool no_item(error *err) {
  return fail_unavailable(err, TEXT("the store answered with something that is no item"));
}

/* Asks for one item. */
static bool item(request *asked, text name, connection *into, error *err) {
  const json *document;
  if (!store_ask(asked, name, &document, err)) {
    return false;
  }
  return store_connection(document, json_root(document), into) || no_item(err);
}

static bool get(text name, connection *into, error *err) {
  request asked = store_request(TEXT("GET"), store_path(name));
  return item(&asked, name, into, err);
}

void exports_connhub_connector_backend_describe(connhub_connector_types_description_t *ret) {
  static const uint8_t operations[] = {
      CONNHUB_CONNECTOR_TYPES_OPERATION_CHECK,            CONNHUB_CONNECTOR_TYPES_OPERATION_CREATE, CONNHUB_CONNECTOR_TYPES_OPERATION_GET,
      CONNHUB_CONNECTOR_TYPES_OPERATION_LIST_CONNECTIONS, CONNHUB_CONNECTOR_TYPES_OPERATION_OPEN,   CONNHUB_CONNECTOR_TYPES_OPERATION_UPDATE,
      CONNHUB_CONNECTOR_TYPES_OPERATION_DELETE,
  };
  /* NAME and VERSION are those of the Makefile. */
  *ret = (connhub_connector_types_description_t){
      .name = string_of(TEXT(NAME)),
      .version = string_of(TEXT(VERSION)),
      .summary = string_of(TEXT("keeps connections in the example store")),
      .any_type = true,
  };
  MAKE_LIST(ret->operations, sizeof operations);
  memcpy(ret->operations.ptr, operations, sizeof operations);
}

bool exports_connhub_connector_backend_check(target *place, connhub_connector_types_report_t *ret, error *err) {
  (void)place;
  const json *document;
  request asked = store_request(TEXT("GET"), TEXT("/me"));
  if (!store_ask(&asked, TEXT(""), &document, err)) {
    return false;
  }
  text user;
  if (!json_string(document, json_member(document, json_root(document), TEXT("user")), &user)) {
    return fail_unavailable(err, TEXT("the store does not say who is calling"));
  }
  *ret = (connhub_connector_types_report_t){.user = some(user)};
  MAKE_LIST(ret->findings, 1);
  ret->findings.ptr[0] = (connhub_connector_types_finding_t){
      .subject = string_of(TEXT("login")),
      .verdict = CONNHUB_CONNECTOR_TYPES_VERDICT_GOOD,
      .message = string_of(TEXT("the store accepts it")),
  };
  return true;
}

static bool has_value(const fields *all, const field *one) {
  for (size_t at = 0; at < all->len; at++) {
    if (text_equal(text_of(all->ptr[at].name), text_of(one->name))) {
      return text_equal(text_of(all->ptr[at].value), text_of(one->value));
    }
  }
  return false;
}

/* Leaves what is there. The store says nothing about the values of secrets, so each may differ. */
static bool keep(const draft *wanted, written *ret, error *err) {
  *ret = (written){.outcome = CONNHUB_CONNECTOR_TYPES_OUTCOME_KEPT};
  if (!get(text_of(wanted->name), &ret->connection, err)) {
    return false;
  }
  strings *differences = &ret->differences;
  MAKE_LIST(*differences, wanted->fields.len + wanted->secrets.len);
  differences->len = 0;
  for (size_t at = 0; at < wanted->fields.len; at++) {
    if (!has_value(&ret->connection.fields, &wanted->fields.ptr[at])) {
      differences->ptr[differences->len++] = string_of(text_of(wanted->fields.ptr[at].name));
    }
  }
  for (size_t at = 0; at < wanted->secrets.len; at++) {
    differences->ptr[differences->len++] = string_of(text_of(wanted->secrets.ptr[at].name));
  }
  return true;
}

/* Puts the draft in the place of what is there, in one request. */
static bool replace(const draft *wanted, written *ret, error *err) {
  connection there;
  text name = text_of(wanted->name);
  if (!get(name, &there, err)) {
    return false;
  }
  *ret = (written){.outcome = CONNHUB_CONNECTOR_TYPES_OUTCOME_REPLACED};
  request asked = store_request_with(TEXT("PATCH"), store_path(name), store_replacement(wanted, &there));
  return item(&asked, name, &ret->connection, err);
}

/* Whether a name can be a part of a path. What is refused here would be refused by the host when the item is read. */
static bool check_name(text name, error *err) {
  for (size_t at = 0; at < name.length; at++) {
    unsigned char byte = (unsigned char)name.bytes[at];
    if (byte < 0x20 || byte == 0x7F || byte == '%' || byte == '/' || byte == '\\') {
      return fail_invalid(err, TEXT("name"), TEXT("the store takes no slashes, percent signs and control characters in names"));
    }
  }
  return true;
}

bool exports_connhub_connector_backend_create(target *place, draft *wanted, uint8_t if_exists, written *ret, error *err) {
  if (place->dry_run) {
    return unsupported(err, TEXT("this connector cannot try a creation without making it"));
  }
  if (wanted->labels.len > 0 || wanted->display_name.is_some || wanted->description.is_some) {
    return unsupported(err, TEXT("the store keeps no labels and no descriptions"));
  }
  if (!check_name(text_of(wanted->name), err)) {
    return false;
  }
  *ret = (written){.outcome = CONNHUB_CONNECTOR_TYPES_OUTCOME_CREATED};
  /* The store refuses a name that is taken: never look first, somebody may be quicker. */
  request asked = store_request_with(TEXT("POST"), TEXT("/items"), store_item(wanted));
  if (item(&asked, text_of(wanted->name), &ret->connection, err)) {
    return true;
  }
  if (err->tag != CONNHUB_CONNECTOR_TYPES_ERROR_ALREADY_EXISTS || if_exists == CONNHUB_CONNECTOR_TYPES_IF_EXISTS_FAIL) {
    return false;
  }
  return if_exists == CONNHUB_CONNECTOR_TYPES_IF_EXISTS_KEEP ? keep(wanted, ret, err) : replace(wanted, ret, err);
}

/* Reads the items of a page. */
static bool items(const json *document, page *into, error *err) {
  json_value all = json_member(document, json_root(document), TEXT("items"));
  if (!json_is_array(document, all)) {
    return fail_unavailable(err, TEXT("the store answered with something that is no list"));
  }
  json_value at = json_first(document, all);
  MAKE_LIST(into->items, json_count(document, all));
  for (size_t number = 0; number < into->items.len; number++) {
    if (!store_connection(document, at, &into->items.ptr[number])) {
      return no_item(err);
    }
    at = json_next(document, at);
  }
  return true;
}

static text decimal(uint32_t number) {
  char digits[10];
  size_t at = sizeof digits;
  do {
    digits[--at] = (char)('0' + number % 10);
    number /= 10;
  } while (number > 0);
  return JOIN((text){digits + at, sizeof digits - at});
}

/* The host applies the filter again to what comes back; a store that can filter saves the way. */
bool exports_connhub_connector_backend_list_connections(target *place, filter *wanted, page_request *asked_page, page *ret, error *err) {
  (void)place, (void)wanted;
  const json *document;
  request asked = store_request(TEXT("GET"), TEXT("/items"));
  store_parameter(&asked, TEXT("limit"), decimal(asked_page->limit));
  if (asked_page->cursor.is_some) {
    store_parameter(&asked, TEXT("after"), text_of(asked_page->cursor.val));
  }
  if (!store_ask(&asked, TEXT(""), &document, err)) {
    return false;
  }
  *ret = (page){0};
  text next;
  if (json_string(document, json_member(document, json_root(document), TEXT("next")), &next)) {
    ret->cursor = some(next);
  }
  return items(document, ret, err);
}

bool exports_connhub_connector_backend_get(target *place, string *name, connection *ret, error *err) {
  (void)place;
  return get(text_of(*name), ret, err);
}

/* The name of a secret by the JSON pointer to it, `/secrets/NAME`. False for a pointer to something else. */
static bool secret_name(text pointer, text *into) {
  const text prefix = TEXT("/secrets/");
  if (pointer.length < prefix.length || !text_equal((text){pointer.bytes, prefix.length}, prefix)) {
    return false;
  }
  buffer name = {0};
  for (size_t at = prefix.length; at < pointer.length; at++) {
    bool escape = pointer.bytes[at] == '~' && at + 1 < pointer.length;
    char letter = !escape ? pointer.bytes[at] : pointer.bytes[++at] == '1' ? '/' : '~';
    buffer_add(&name, (text){&letter, 1});
  }
  *into = buffer_text(&name);
  return true;
}

/* All secrets of an answer, as handles. */
static opened secrets_of(const response *answer) {
  opened found;
  MAKE_LIST(found, answer->secrets.len);
  found.len = 0;
  for (size_t at = 0; at < answer->secrets.len; at++) {
    text name;
    if (secret_name(text_of(answer->secrets.ptr[at].pointer), &name)) {
      found.ptr[found.len++] = (secret_field){string_of(name), answer->secrets.ptr[at].value};
    }
  }
  return found;
}

/* The secret of a name, or NULL. */
static const secret_field *secret_of(const opened *all, text name) {
  for (size_t at = 0; at < all->len; at++) {
    if (text_equal(text_of(all->ptr[at].name), name)) {
      return &all->ptr[at];
    }
  }
  return NULL;
}

bool exports_connhub_connector_backend_open(target *place, string *name, strings *wanted, opened *ret, error *err) {
  (void)place;
  response answer;
  request asked = store_request(TEXT("GET"), store_path(text_of(*name)));
  asked.masked = CONNHUB_CONNECTOR_HTTP_MASKED_VALUES_HANDLES;
  if (!store_call(&asked, text_of(*name), &answer, err)) {
    return false;
  }
  /* Something that is no item must not look like one without secrets. */
  const json *document = json_read((text){(const char *)answer.body.ptr, answer.body.len});
  connection there;
  if (document == NULL || !store_connection(document, json_root(document), &there)) {
    return no_item(err);
  }
  opened all = secrets_of(&answer);
  if (wanted->len == 0) {
    *ret = all;
    return true;
  }
  MAKE_LIST(*ret, wanted->len);
  for (size_t at = 0; at < wanted->len; at++) {
    text one = text_of(wanted->ptr[at]);
    const secret_field *found = secret_of(&all, one);
    if (found == NULL) {
      return fail_invalid(err, one, JOIN(TEXT("`"), text_of(*name), TEXT("` has no such secret field")));
    }
    ret->ptr[at] = *found;
  }
  return true;
}

/* Whether a revision is one of the store's, which are numbers. Others cannot be those of today. */
static bool is_revision(const string *revision) {
  for (size_t at = 0; at < revision->len; at++) {
    if (revision->ptr[at] < '0' || revision->ptr[at] > '9') {
      return false;
    }
  }
  return revision->len > 0 && revision->len < 20;
}

static bool expect(const string *revision, text name, error *err) {
  if (revision == NULL || is_revision(revision)) {
    return true;
  }
  return fail(err, CONNHUB_CONNECTOR_TYPES_ERROR_CONFLICT, JOIN(TEXT("`"), name, TEXT("` has another revision")));
}

static bool keeps_texts(const patch *change) {
  return change->labels.len > 0 || change->remove_labels.len > 0 || change->display_name.tag != CONNHUB_CONNECTOR_TYPES_TEXT_CHANGE_KEEP ||
         change->description.tag != CONNHUB_CONNECTOR_TYPES_TEXT_CHANGE_KEEP || change->tested.is_some;
}

bool exports_connhub_connector_backend_update(target *place, string *name, patch *change, string *maybe_expected, written *ret, error *err) {
  if (place->dry_run) {
    return unsupported(err, TEXT("this connector cannot try a change without making it"));
  }
  if (keeps_texts(change)) {
    return unsupported(err, TEXT("the store keeps no labels, descriptions and results of tests"));
  }
  if (!expect(maybe_expected, text_of(*name), err)) {
    return false;
  }
  *ret = (written){.outcome = CONNHUB_CONNECTOR_TYPES_OUTCOME_UPDATED};
  request asked = store_request_with(TEXT("PATCH"), store_path(text_of(*name)), store_change(change, maybe_expected));
  return item(&asked, text_of(*name), &ret->connection, err);
}

bool exports_connhub_connector_backend_delete(target *place, string *name, string *maybe_expected,
                                              exports_connhub_connector_backend_list_removed_t *ret, error *err) {
  connection there;
  response answer;
  if (!get(text_of(*name), &there, err) || !expect(maybe_expected, text_of(*name), err)) {
    return false;
  }
  if (maybe_expected != NULL && !text_equal(text_of(*maybe_expected), text_of(there.revision.val))) {
    return fail(err, CONNHUB_CONNECTOR_TYPES_ERROR_CONFLICT, JOIN(TEXT("somebody changed `"), text_of(*name), TEXT("` in the meantime")));
  }
  request asked = store_request(TEXT("DELETE"), store_path(text_of(*name)));
  if (maybe_expected != NULL) {
    store_parameter(&asked, TEXT("revision"), text_of(*maybe_expected));
  }
  if (!place->dry_run && !store_call(&asked, text_of(*name), &answer, err)) {
    return false;
  }
  MAKE_LIST(*ret, 1);
  ret->ptr[0].kind = string_of(TEXT("item"));
  ret->ptr[0].name = string_of(text_of(*name));
  return true;
}

#include "contract.h"

#include <string.h>

string string_of(text from) {
  string copy = {allocate(from.length, 1), from.length};
  if (from.length > 0) {
    memcpy(copy.ptr, from.bytes, from.length);
  }
  return copy;
}

text text_of(string from) {
  return (text){(const char *)from.ptr, from.len};
}

optional_string some(text from) {
  return (optional_string){true, string_of(from)};
}

text join(const text *pieces, size_t count) {
  buffer all = {0};
  for (size_t at = 0; at < count; at++) {
    buffer_add(&all, pieces[at]);
  }
  return buffer_text(&all);
}

bool fail(error *err, uint8_t tag, text message) {
  err->tag = tag;
  /* The cases that are texts lie at the same place. */
  err->val.other = string_of(message);
  return false;
}

bool fail_unavailable(error *err, text message) {
  err->tag = CONNHUB_CONNECTOR_TYPES_ERROR_UNAVAILABLE;
  err->val.unavailable = (connhub_connector_types_unavailability_t){.message = string_of(message)};
  return false;
}

bool fail_no_connection(error *err, text name) {
  err->tag = CONNHUB_CONNECTOR_TYPES_ERROR_NOT_FOUND;
  err->val.not_found.tag = CONNHUB_CONNECTOR_TYPES_MISSING_CONNECTION;
  err->val.not_found.val.connection = string_of(name);
  return false;
}

bool fail_invalid(error *err, text field_name, text message) {
  err->tag = CONNHUB_CONNECTOR_TYPES_ERROR_INVALID;
  MAKE_LIST(err->val.invalid, 1);
  err->val.invalid.ptr[0] = (connhub_connector_types_problem_t){string_of(field_name), string_of(message)};
  return false;
}

bool fail_request(error *err, const connhub_connector_http_error_t *failure) {
  text message = text_of(failure->val.other);
  switch (failure->tag) {
  case CONNHUB_CONNECTOR_HTTP_ERROR_DENIED: return fail(err, CONNHUB_CONNECTOR_TYPES_ERROR_DENIED, message);
  case CONNHUB_CONNECTOR_HTTP_ERROR_UNAUTHENTICATED: return fail(err, CONNHUB_CONNECTOR_TYPES_ERROR_UNAUTHENTICATED, message);
  case CONNHUB_CONNECTOR_HTTP_ERROR_UNREACHABLE:
  case CONNHUB_CONNECTOR_HTTP_ERROR_TIMED_OUT:
  case CONNHUB_CONNECTOR_HTTP_ERROR_MALFORMED: return fail_unavailable(err, message);
  default: return fail(err, CONNHUB_CONNECTOR_TYPES_ERROR_OTHER, message);
  }
}

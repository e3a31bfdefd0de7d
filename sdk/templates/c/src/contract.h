/* Short names for what `wit-bindgen` makes of the contract, and what every connector does with it. */
#ifndef CONTRACT_H
#define CONTRACT_H

#include "connector.h"
#include "json.h"

typedef connector_string_t string;
typedef connector_option_string_t optional_string;
typedef connector_list_string_t strings;
typedef connhub_connector_types_connection_t connection;
typedef connhub_connector_types_draft_t draft;
typedef connhub_connector_types_error_t error;
typedef connhub_connector_types_field_t field;
typedef connhub_connector_types_filter_t filter;
typedef connhub_connector_types_list_field_t fields;
typedef connhub_connector_types_list_secret_field_t secret_fields;
typedef connhub_connector_types_page_request_t page_request;
typedef connhub_connector_types_page_t page;
typedef connhub_connector_types_patch_t patch;
typedef connhub_connector_types_secret_field_t secret_field;
typedef connhub_connector_types_target_t target;
typedef connhub_connector_types_written_t written;
typedef connhub_connector_http_list_part_t parts;
typedef connhub_connector_http_part_t part;
typedef connhub_connector_http_request_t request;
typedef connhub_connector_http_response_t response;

/* Gives a list its length, and elements that are zero. */
#define MAKE_LIST(list, length) ((list).len = (length), (list).ptr = allocate((list).len, sizeof *(list).ptr))

/* A copy. The bindings free every text that is returned, so each has memory of its own. */
string string_of(text from);

text text_of(string from);

optional_string some(text from);

/* Texts after one another, as one. */
#define JOIN(...) join((const text[]){__VA_ARGS__}, sizeof((const text[]){__VA_ARGS__}) / sizeof(text))
text join(const text *pieces, size_t count);

/* The errors that an operation ends with, by `return`: each is false. `tag` is one of those whose case is a text. */
bool fail(error *err, uint8_t tag, text message);
bool fail_unavailable(error *err, text message);
bool fail_no_connection(error *err, text name);
bool fail_invalid(error *err, text field_name, text message);

/* An error of a request, as one of an operation. */
bool fail_request(error *err, const connhub_connector_http_error_t *failure);

#endif

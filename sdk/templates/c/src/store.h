/* The example store: an HTTP service with a list of items. Replace it by yours. */
#ifndef STORE_H
#define STORE_H

#include "contract.h"

/* Sends a request about an item; an answer that is no success becomes the error that a user can act on. */
bool store_call(request *asked, text name, response *answer, error *err);

/* The same, for an answer that is one document. */
bool store_ask(request *asked, text name, const json **document, error *err);

/* A request without a body. */
request store_request(text method, text path);

/* A request with a body in JSON. */
request store_request_with(text method, text path, parts body);

/* Adds a parameter to the query. */
void store_parameter(request *asked, text name, text value);

/* `/items/NAME`. */
text store_path(text name);

/* A new item. A secret is a part of the body, and the host writes its bytes there. */
parts store_item(const draft *from);

/* The change that makes an item what a draft says; nothing happens if it has another revision by now. */
parts store_replacement(const draft *from, const connection *there);

/* What changes in an item. */
parts store_change(const patch *from, const string *expected);

/* An item, as a connection. False if the document is none. */
bool store_connection(const json *document, json_value item, connection *into);

#endif

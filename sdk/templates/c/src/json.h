/* JSON: what the store answers is read, what it is sent is written.
 *
 * Every call of a connector runs in a fresh instance, so nothing here is ever freed: the whole memory goes when the call ends. */
#ifndef JSON_H
#define JSON_H

#include <stdbool.h>
#include <stddef.h>

/* Bytes of UTF-8. They may hold zeros, and no zero ends them. */
typedef struct {
  const char *bytes;
  size_t length;
} text;

/* The text of a literal. */
#define TEXT(literal) ((text){(literal), sizeof(literal) - 1})

bool text_equal(text one, text other);

/* A document that was read. */
typedef struct json json;

/* A value in a document: a number, or NONE. */
typedef int json_value;
#define NONE (-1)

/* Reads a document. NULL if it is no JSON. The bytes have to outlive it. */
const json *json_read(text document);

/* The outermost value. */
json_value json_root(const json *document);

/* The value of a member; NONE if the value is no object or has no such member. */
json_value json_member(const json *document, json_value object, text name);

bool json_is_array(const json *document, json_value value);
bool json_is_object(const json *document, json_value value);

/* The number of elements or members; 0 for other values. */
size_t json_count(const json *document, json_value parent);

/* The first element of an array, or the name of the first member of an object; NONE if there is none. */
json_value json_first(const json *document, json_value parent);

/* What follows a value: the next element, the value behind a name, the next name. Call it once less than there are. */
json_value json_next(const json *document, json_value value);

/* A string with its escapes resolved. False if the value is none. */
bool json_string(const json *document, json_value value, text *into);

/* A number, true, false or null as it is written. False if the value is none of them. */
bool json_literal(const json *document, json_value value, text *into);

/* Bytes that grow. Start with {0}. */
typedef struct {
  char *bytes;
  size_t length;
  size_t capacity;
} buffer;

void buffer_add(buffer *to, text bytes);

/* Adds a string with its quotation marks. */
void buffer_add_string(buffer *to, text string);

text buffer_text(const buffer *from);

/* Memory that is zeroed. It ends the call when there is none. */
void *allocate(size_t count, size_t size);

#endif

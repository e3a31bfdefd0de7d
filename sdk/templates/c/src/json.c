#include "json.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define JSMN_STATIC
#define JSMN_STRICT
#define JSMN_PARENT_LINKS
#include "jsmn.h"

struct json {
  const char *bytes;
  const jsmntok_t *tokens;
  int count;
};

void *allocate(size_t count, size_t size) {
  void *memory = calloc(count == 0 ? 1 : count, size);
  if (memory == NULL) {
    abort();
  }
  return memory;
}

bool text_equal(text one, text other) {
  return one.length == other.length && (one.length == 0 || memcmp(one.bytes, other.bytes, one.length) == 0);
}

const json *json_read(text document) {
  jsmn_parser parser;
  jsmn_init(&parser);
  int count = jsmn_parse(&parser, document.bytes, document.length, NULL, 0);
  if (count <= 0) {
    return NULL;
  }
  jsmntok_t *tokens = allocate((size_t)count, sizeof *tokens);
  jsmn_init(&parser);
  if (jsmn_parse(&parser, document.bytes, document.length, tokens, (unsigned)count) != count) {
    return NULL;
  }
  json *read = allocate(1, sizeof *read);
  *read = (json){document.bytes, tokens, count};
  return read;
}

json_value json_root(const json *document) {
  return document == NULL ? NONE : 0;
}

static const jsmntok_t *token(const json *document, json_value value) {
  bool there = document != NULL && value >= 0 && value < document->count;
  return there ? &document->tokens[value] : NULL;
}

static text written(const json *document, const jsmntok_t *at) {
  return (text){document->bytes + at->start, (size_t)(at->end - at->start)};
}

static bool is_of(const json *document, json_value value, jsmntype_t type) {
  const jsmntok_t *at = token(document, value);
  return at != NULL && at->type == type;
}

bool json_is_array(const json *document, json_value value) {
  return is_of(document, value, JSMN_ARRAY);
}

bool json_is_object(const json *document, json_value value) {
  return is_of(document, value, JSMN_OBJECT);
}

size_t json_count(const json *document, json_value parent) {
  bool holds = json_is_array(document, parent) || json_is_object(document, parent);
  return holds ? (size_t)document->tokens[parent].size : 0;
}

json_value json_first(const json *document, json_value parent) {
  return json_count(document, parent) == 0 ? NONE : parent + 1;
}

json_value json_next(const json *document, json_value value) {
  const jsmntok_t *at = token(document, value);
  if (at == NULL) {
    return NONE;
  }
  int end = at->end;
  do {
    value++;
  } while (value < document->count && document->tokens[value].start < end);
  return value < document->count ? value : NONE;
}

json_value json_member(const json *document, json_value object, text name) {
  if (!json_is_object(document, object)) {
    return NONE;
  }
  json_value key = json_first(document, object);
  for (size_t left = json_count(document, object); left > 0; left--) {
    text found;
    json_value value = json_next(document, key);
    if (json_string(document, key, &found) && text_equal(found, name)) {
      return value;
    }
    key = json_next(document, value);
  }
  return NONE;
}

bool json_literal(const json *document, json_value value, text *into) {
  const jsmntok_t *at = token(document, value);
  if (at == NULL || at->type != JSMN_PRIMITIVE) {
    return false;
  }
  *into = written(document, at);
  return true;
}

/* The value of four hexadecimal digits, or -1. */
static int32_t hexadecimal(const char *at, const char *end) {
  int32_t value = 0;
  if (end - at < 4) {
    return -1;
  }
  for (int place = 0; place < 4; place++) {
    char digit = at[place];
    int32_t weight = digit >= '0' && digit <= '9'   ? digit - '0'
                     : digit >= 'a' && digit <= 'f' ? digit - 'a' + 10
                     : digit >= 'A' && digit <= 'F' ? digit - 'A' + 10
                                                    : -1;
    if (weight < 0) {
      return -1;
    }
    value = value * 16 + weight;
  }
  return value;
}

static char *put_utf8(char *to, int32_t point) {
  if (point < 0x80) {
    *to++ = (char)point;
  } else if (point < 0x800) {
    *to++ = (char)(0xC0 | point >> 6);
    *to++ = (char)(0x80 | (point & 0x3F));
  } else if (point < 0x10000) {
    *to++ = (char)(0xE0 | point >> 12);
    *to++ = (char)(0x80 | (point >> 6 & 0x3F));
    *to++ = (char)(0x80 | (point & 0x3F));
  } else {
    *to++ = (char)(0xF0 | point >> 18);
    *to++ = (char)(0x80 | (point >> 12 & 0x3F));
    *to++ = (char)(0x80 | (point >> 6 & 0x3F));
    *to++ = (char)(0x80 | (point & 0x3F));
  }
  return to;
}

/* Reads what follows `\u`, the second half of a pair included. -1 for half a pair, which is no text. */
static int32_t code_point(const char **at, const char *end) {
  int32_t point = hexadecimal(*at, end);
  if (point < 0) {
    return -1;
  }
  *at += 4;
  if (point < 0xD800 || point > 0xDFFF) {
    return point;
  }
  if (point > 0xDBFF || end - *at < 6 || (*at)[0] != '\\' || (*at)[1] != 'u') {
    return -1;
  }
  int32_t low = hexadecimal(*at + 2, end);
  *at += 6;
  return low < 0xDC00 || low > 0xDFFF ? -1 : 0x10000 + ((point - 0xD800) << 10) + (low - 0xDC00);
}

/* What a letter behind a backslash stands for; 0 if nothing. */
static char escaped(char letter) {
  switch (letter) {
  case 'b': return '\b';
  case 'f': return '\f';
  case 'n': return '\n';
  case 'r': return '\r';
  case 't': return '\t';
  case '"':
  case '\\':
  case '/': return letter;
  default: return 0;
  }
}

/* Resolves one escape; `*at` is behind the backslash. NULL if it is none. */
static char *put_escape(char *to, const char **at, const char *end) {
  char letter = *at < end ? *(*at)++ : 0;
  if (letter == 'u') {
    int32_t point = code_point(at, end);
    return point < 0 ? NULL : put_utf8(to, point);
  }
  *to = escaped(letter);
  return *to == 0 ? NULL : to + 1;
}

bool json_string(const json *document, json_value value, text *into) {
  const jsmntok_t *found = token(document, value);
  if (found == NULL || found->type != JSMN_STRING) {
    return false;
  }
  text raw = written(document, found);
  const char *at = raw.bytes, *end = raw.bytes + raw.length;
  /* An escape is never shorter than what it stands for. */
  char *bytes = allocate(raw.length, 1), *to = bytes;
  while (at < end) {
    if (*at != '\\') {
      *to++ = *at++;
      continue;
    }
    at++;
    to = put_escape(to, &at, end);
    if (to == NULL) {
      return false;
    }
  }
  *into = (text){bytes, (size_t)(to - bytes)};
  return true;
}

void buffer_add(buffer *to, text bytes) {
  if (to->capacity - to->length < bytes.length) {
    size_t capacity = (to->length + bytes.length) * 2 + 64;
    char *larger = allocate(capacity, 1);
    if (to->length > 0) {
      memcpy(larger, to->bytes, to->length);
    }
    to->bytes = larger;
    to->capacity = capacity;
  }
  if (bytes.length > 0) {
    memcpy(to->bytes + to->length, bytes.bytes, bytes.length);
  }
  to->length += bytes.length;
}

void buffer_add_string(buffer *to, text string) {
  static const char digits[] = "0123456789abcdef";
  buffer_add(to, TEXT("\""));
  for (size_t at = 0; at < string.length; at++) {
    unsigned char byte = (unsigned char)string.bytes[at];
    if (byte == '"' || byte == '\\') {
      buffer_add(to, (text){(char[]){'\\', (char)byte}, 2});
    } else if (byte < 0x20) {
      buffer_add(to, (text){(char[]){'\\', 'u', '0', '0', digits[byte >> 4], digits[byte & 15]}, 6});
    } else {
      buffer_add(to, (text){string.bytes + at, 1});
    }
  }
  buffer_add(to, TEXT("\""));
}

text buffer_text(const buffer *from) {
  return (text){from->bytes, from->length};
}

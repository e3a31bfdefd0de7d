/* `make test` runs this on the machine itself: no WebAssembly, no network. */
#include "../src/json.h"

#include <stdio.h>
#include <stdlib.h>

static int failures = 0;

#define CHECK(condition)                                                                                                                             \
  do {                                                                                                                                               \
    if (!(condition)) {                                                                                                                              \
      fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #condition);                                                                                \
      failures++;                                                                                                                                    \
    }                                                                                                                                                \
  } while (0)

static text member(const json *document, text name) {
  text found = {0};
  json_string(document, json_member(document, json_root(document), name), &found);
  return found;
}

static void members_are_found_past_others(void) {
  const json *document = json_read(TEXT("{\"a\":{\"x\":[1,{\"name\":\"inner\"}]},\"name\":\"outer\",\"n\":null,\"r\":12}"));
  CHECK(text_equal(member(document, TEXT("name")), TEXT("outer")));
  CHECK(json_member(document, json_root(document), TEXT("x")) == NONE);
  text literal;
  CHECK(json_literal(document, json_member(document, json_root(document), TEXT("r")), &literal) && text_equal(literal, TEXT("12")));
  CHECK(!json_string(document, json_member(document, json_root(document), TEXT("n")), &literal));
  CHECK(json_member(document, NONE, TEXT("name")) == NONE);
}

static void elements_follow_one_another(void) {
  const json *document = json_read(TEXT("[{\"a\":\"1\"},[],\"b\",{}]"));
  json_value at = json_first(document, json_root(document));
  CHECK(json_is_array(document, json_root(document)) && !json_is_object(document, json_root(document)));
  CHECK(json_count(document, json_root(document)) == 4);
  CHECK(json_count(document, at) == 1);
  at = json_next(document, at);
  CHECK(json_count(document, at) == 0 && json_first(document, at) == NONE);
  at = json_next(document, at);
  text found;
  CHECK(json_string(document, at, &found) && text_equal(found, TEXT("b")));
  CHECK(json_next(document, json_next(document, at)) == NONE);
}

static void escapes_are_resolved(void) {
  const json *document = json_read(TEXT("{\"name\":\"a\\\"\\\\\\/\\n\\u00e9\\ud83d\\ude00\"}"));
  CHECK(text_equal(member(document, TEXT("name")), TEXT("a\"\\/\n\xc3\xa9\xf0\x9f\x98\x80")));
  document = json_read(TEXT("{\"name\":\"\\ud83d\"}"));
  CHECK(member(document, TEXT("name")).length == 0);
}

static void what_is_no_json_is_refused(void) {
  CHECK(json_read(TEXT("")) == NULL);
  CHECK(json_read(TEXT("{\"a\":")) == NULL);
  CHECK(json_read(TEXT("bad gateway")) == NULL);
  CHECK(json_root(NULL) == NONE && !json_is_array(NULL, json_root(NULL)));
}

static void a_string_comes_back_as_it_was(void) {
  text string = TEXT("a\"b\\c\x01\n\xc3\xa9");
  buffer body = {0};
  buffer_add(&body, TEXT("{\"name\":"));
  buffer_add_string(&body, string);
  buffer_add(&body, TEXT("}"));
  CHECK(text_equal(member(json_read(buffer_text(&body)), TEXT("name")), string));
}

int main(void) {
  members_are_found_past_others();
  elements_follow_one_another();
  escapes_are_resolved();
  what_is_no_json_is_refused();
  a_string_comes_back_as_it_was();
  return failures == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

/* tests/test_json.c - documents with places, checked members, the canonical writer. */
#include "spaces/base/json.h"
#include "spaces/base/locale.h"
#include "spaces/base/number.h"
#include "spaces/base/stream.h"
#include "tests/support.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char plan[] = "{\n"
                           "  \"// why\": \"a comment\",\n"
                           "  \"na\\u006de\": \"first\", \"metric\": {\"name\": \"f1\"},\n"
                           "  \"steps\": [\n"
                           "    {\"step\": \"impute, \\\"]}\"}, 12.5,\n"
                           "    {\"step\": \"ridge\",\n"
                           "     \"naïve\": [1, [2, 3], {\"x\": null}], \"alpha\": -1}\n"
                           "  ]\n"
                           "}\n";

static attune_document parsed(const char *text)
{
    attune_document document;
    attune_error error = {0};
    assert_ok(attune_document_parse(&document, "plan.json", text, (int64_t)strlen(text), &error),
              &error);
    return document;
}

/* Complains at a place and compares with "line:column: message". */
static void assert_place(const attune_at *at, const char *expected)
{
    attune_error error = {0};
    char text[1100];
    assert_int_equal(attune_fail_at(&error, at, "wrong by %d", 1), ATTUNE_INVALID);
    assert_string_equal(error.source, "plan.json");
    snprintf(text, sizeof text, "%d:%d: %s", error.line, error.column, error.message);
    assert_string_equal(text, expected);
}

static void a_complaint_names_line_and_column(void **state)
{
    (void)state;
    attune_document document = parsed(plan);
    attune_at top = attune_at_top(&document);
    attune_at name = attune_at_key(&top, "name");
    attune_at steps = attune_at_key(&top, "steps");
    attune_at number = attune_at_item(&steps, 1);
    attune_at ridge = attune_at_item(&steps, 2);
    attune_at alpha = attune_at_key(&ridge, "alpha");
    attune_at list = attune_at_key(&ridge, "naïve");
    attune_at inner = attune_at_item(&list, 1);
    attune_at three = attune_at_item(&inner, 1);
    assert_place(&top, "1:1: wrong by 1");
    assert_place(&name, "3:3: name: wrong by 1"); /* written with an escape */
    assert_place(&steps, "4:3: steps: wrong by 1");
    assert_place(&number, "5:31: steps: wrong by 1");
    assert_place(&ridge, "6:5: steps: wrong by 1");
    assert_place(&list, "7:6: naïve: wrong by 1");
    assert_place(&three, "7:23: naïve: wrong by 1");
    assert_place(&alpha, "7:41: alpha: wrong by 1"); /* characters, not bytes */
    attune_document_clear(&document);
}

static void what_is_not_in_the_text_is_placed_in_what_would_hold_it(void **state)
{
    (void)state;
    attune_document document = parsed(plan);
    attune_at top = attune_at_top(&document);
    attune_at metric = attune_at_key(&top, "metric");
    attune_at missing = attune_at_key(&metric, "average");
    attune_at below = attune_at_item(&missing, 3);
    attune_at far = attune_at_item(&metric, 0); /* an object has no items */
    assert_place(&missing, "3:25: average: wrong by 1");
    assert_place(&below, "3:25: average: wrong by 1");
    assert_place(&far, "3:25: metric: wrong by 1");
    attune_document_clear(&document);
    attune_error error = {0};
    attune_at nowhere = {.key = "seed", .parent = &(attune_at){0}};
    attune_fail_at(&error, &nowhere, "too large");
    assert_string_equal(error.message, "seed: too large");
    assert_int_equal(error.line, 0);
}

static void a_mark_at_the_start_is_no_column(void **state)
{
    (void)state;
    attune_document document = parsed("\xef\xbb\xbf{\"a\": 1}");
    attune_at top = attune_at_top(&document), a = attune_at_key(&top, "a");
    assert_place(&top, "1:1: wrong by 1");
    assert_place(&a, "1:2: a: wrong by 1");
    attune_document_clear(&document);
}

static void refuse(const char *text, int64_t length, int line, const char *words)
{
    attune_document document;
    attune_error error = {0};
    assert_int_equal(attune_document_parse(&document, "p", text, length, &error), ATTUNE_INVALID);
    assert_error(&error, ATTUNE_INVALID, words);
    assert_int_equal(error.line, line);
    assert_null(document.root);
    assert_null(document.text);
}

static void refuse_text(const char *text, int line, const char *words)
{
    refuse(text, (int64_t)strlen(text), line, words);
}

static void what_is_not_json_is_refused_with_its_line(void **state)
{
    (void)state;
    refuse_text("", 1, "not JSON");
    refuse_text("{\"a\": 1,\n \"a\": 2}", 2, "twice");
    refuse_text("{\"a\": 1,\n}", 2, "not JSON");
    refuse_text("{'a': 1}", 1, "not JSON");
    refuse_text("{\"a\": 1} x", 1, "not JSON");
    refuse_text("[1,\n2,\n1e999]", 3, "not JSON");
    refuse_text("[99999999999999999999]", 1, "not JSON");
    refuse_text("[NaN]", 1, "not JSON");
    refuse_text("\"\xff\"", 1, "not JSON");
    refuse_text("\"\\u0000\"", 1, "not JSON");
    refuse("[1]\0", 4, 0, "NUL byte");
    refuse("[1e7\0, 2]", 9, 0, "NUL byte");
}

/* What jansson makes of a text, as it reads where no locale is set. */
static json_t *read_by_jansson(const char *text, int64_t length)
{
    attune_locale own = attune_locale_hold();
    json_t *root = json_loadb(text, (size_t)length, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, NULL);
    attune_locale_release(own);
    return root;
}

static void spoil(attune_stream *stream, char *text, uint64_t length)
{
    static const char pieces[] = "{}[]\"\\,:0123456789.eE+-truefalsn ul/bd8\t\n\xc3\xaf\xff";
    for (uint64_t n = 1 + attune_stream_below(stream, 3); n > 0; n--)
        text[attune_stream_below(stream, length)] =
            pieces[attune_stream_below(stream, sizeof pieces - 1)];
}

static void reading_agrees_with_jansson(void **state)
{
    (void)state;
    static const char text[] =
        "{\"a\": [1, -2.5e-3, 0, true, null, \"q\\u00e9\\uD834\\uDD1E\\\\ \\n\"],"
        " \"b\": {\"c\": false, \"\": [[], {}]}, \"na\xc3\xafve\": 12E+2}";
    enum { length = sizeof text - 1, times = 20000 };
    attune_stream stream = attune_stream_new(attune_key_start("spoil"));
    char copy[length + 1];
    int64_t read = 0;
    for (int i = 0; i < times; i++) {
        attune_json_problem problem;
        memcpy(copy, text, sizeof copy);
        if (i)
            spoil(&stream, copy, length);
        json_t *ours = attune_json_read(copy, length, true, &problem);
        json_t *theirs = read_by_jansson(copy, length);
        if (!!ours != !!theirs || (ours && !json_equal(ours, theirs)))
            fail_msg("%s: %s", copy, ours ? "read" : problem.words);
        read += ours != NULL;
        json_decref(ours);
        json_decref(theirs);
    }
    assert_true(read > 500 && read < times - 500);
}

static void a_problem_says_what_to_do(void **state)
{
    (void)state;
    refuse_text("{\"a\" 1}", 1, "a colon is missing here");
    refuse_text("{\"a\": 1 \"b\": 2}", 1, "a comma or } is missing here");
    refuse_text("[1, 2\n", 2, "a comma or ] is missing here");
    refuse_text("{\"a\":\n", 2, "it ends where a value should be");
    refuse_text("\n\"abc", 2, "the quote that opens here is never closed");
    refuse_text("[01]", 1, "this is no number");
    refuse_text("[\"\\uD800\"]", 1, "without its second half");
    refuse_text("{\"a\": tru}", 1, "a value is missing here");
}

static void depth_is_limited(void **state)
{
    (void)state;
    char deep[402];
    memset(deep, '[', 201);
    memset(deep + 201, ']', 201);
    refuse(deep, 402, 0, "nested more than 200 deep");
    attune_document document;
    attune_error error = {0};
    assert_ok(attune_document_parse(&document, "p", deep + 1, 400, &error), &error);
    attune_document_clear(&document);
    document = parsed("\"[[[ \\\" [[[\""); /* brackets in a text are no depth */
    attune_document_clear(&document);
}

static void files_are_read_and_missed(void **state)
{
    (void)state;
    attune_error error = {0};
    attune_document document;
    char *folder = scratch_folder();
    char *path = attune_path_join(folder, "plan.json", &error);
    write_whole(path, plan);
    assert_ok(attune_document_read(&document, path, &error), &error);
    assert_string_equal(document.source, path);
    attune_document_clear(&document);
    assert_int_equal(attune_document_read(&document, "/no/such/plan.json", &error),
                     ATTUNE_NOT_FOUND);
    assert_error(&error, ATTUNE_NOT_FOUND, "/no/such/plan.json");
    free(path);
    scratch_remove(folder);
}

static void unknown_keys_are_refused_with_the_nearest(void **state)
{
    (void)state;
    static const char *const names[] = {"folds", "shuffle", "stratify"};
    attune_error error = {0};
    attune_document document = parsed("{\"//\": 1, \"folds\": 2,\n  \"shufle\": true}");
    attune_at top = attune_at_top(&document);
    assert_int_equal(attune_json_check_keys(document.root, &top, names, 3, &error), ATTUNE_INVALID);
    assert_string_equal(error.message, "shufle: unknown key, did you mean \"shuffle\"?");
    assert_int_equal(error.line, 2);
    assert_int_equal(error.column, 3);
    json_object_del(document.root, "shufle");
    attune_error_clear(&error);
    assert_ok(attune_json_check_keys(document.root, &top, names, 3, &error), &error);
    assert_int_equal(
        attune_json_check_keys(json_object_get(document.root, "folds"), &top, names, 3, &error),
        ATTUNE_INVALID);
    attune_document_clear(&document);
}

static void members_are_typed(void **state)
{
    (void)state;
    attune_error error = {0};
    attune_document d =
        parsed("{\"t\": \"x\", \"i\": 3, \"w\": 4.0, \"r\": 0.5, \"b\": true,"
               " \"n\": null, \"big\": 9223372036854775808.0, \"l\": [\"p\", \"q\"],"
               " \"m\": [\"p\", 1], \"top\": 9223372036854775807}");
    attune_at at = attune_at_top(&d);
    const char *text = NULL;
    int64_t integer = 7;
    double real = 7;
    bool boolean = false;
    assert_ok(attune_json_text(d.root, &at, "t", &text, &error), &error);
    assert_string_equal(text, "x");
    assert_ok(attune_json_integer(d.root, &at, "n", &integer, &error), &error);
    assert_ok(attune_json_integer(d.root, &at, "absent", &integer, &error), &error);
    assert_int_equal(integer, 7);
    assert_ok(attune_json_integer(d.root, &at, "w", &integer, &error), &error);
    assert_int_equal(integer, 4);
    assert_ok(attune_json_integer(d.root, &at, "top", &integer, &error), &error);
    assert_true(integer == INT64_MAX);
    assert_ok(attune_json_real(d.root, &at, "i", &real, &error), &error);
    assert_true(real == 3);
    assert_ok(attune_json_boolean(d.root, &at, "b", &boolean, &error), &error);
    assert_true(boolean);
    assert_int_equal(attune_json_integer(d.root, &at, "big", &integer, &error), ATTUNE_INVALID);
    assert_int_equal(attune_json_integer(d.root, &at, "r", &integer, NULL), ATTUNE_INVALID);
    assert_int_equal(attune_json_integer(d.root, &at, "t", &integer, NULL), ATTUNE_INVALID);
    assert_int_equal(attune_json_text(d.root, &at, "i", &text, NULL), ATTUNE_INVALID);
    assert_int_equal(attune_json_real(d.root, &at, "t", &real, NULL), ATTUNE_INVALID);
    assert_int_equal(attune_json_boolean(d.root, &at, "i", &boolean, NULL), ATTUNE_INVALID);
    attune_texts texts = {0};
    attune_error_clear(&error);
    assert_ok(attune_json_texts(d.root, &at, "t", &texts, &error), &error);
    assert_ok(attune_json_texts(d.root, &at, "l", &texts, &error), &error);
    assert_int_equal(texts.n, 3);
    assert_string_equal(texts.items[2], "q");
    assert_int_equal(attune_json_texts(d.root, &at, "m", &texts, &error), ATTUNE_INVALID);
    assert_string_equal(error.message, "m: must be a text");
    attune_texts_clear(&texts);
    attune_document_clear(&d);
}

static void canonical_text(void **state)
{
    (void)state;
    attune_document d = parsed(" { \"b\" : [ 1 , 2.50, -0.0, 1e3, 1E-7, [] ], \"a\\u0062\": "
                               "\"q\\\"\\\\\\/\\n\\u0001\\u007f\\u00e9\", \"\": {}, \"B\": null, "
                               "\"t\": true, \"u\": 0.1 }");
    char *text = attune_json_write(d.root, NULL);
    assert_string_equal(text, "{\"\":{},\"B\":null,\"ab\":\"q\\\"\\\\/\\n\\u0001\\u007f\xc3\xa9\","
                              "\"b\":[1,2.5,0,1000,1e-07,[]],\"t\":true,\"u\":0.1}");
    free(text);
    text = attune_json_write_pretty(d.root, NULL);
    assert_non_null(strstr(text, "\n  \"b\": [\n    1,"));
    assert_non_null(strstr(text, "\n}\n"));
    free(text);
    attune_document_clear(&d);
}

static json_t *random_json(attune_stream *stream, int depth)
{
    uint64_t kind = attune_stream_below(stream, depth ? 8 : 6);
    uint64_t bits = attune_stream_bits(stream);
    double real = 0;
    memcpy(&real, &bits, sizeof real);
    char word[8] = {0};
    for (int i = 0; i < 6 && kind > 3; i++)
        word[i] = (char)(1 + attune_stream_below(stream, 127));
    if (kind == 0)
        return bits & 1 ? json_true() : json_null();
    if (kind == 1)
        return json_integer((json_int_t)bits);
    if (kind < 4)
        return isfinite(real) && bits & 2 ? json_real(real) : json_real((double)(bits >> 60) / 4);
    if (kind < 6)
        return json_string(word);
    json_t *whole = kind == 6 ? json_array() : json_object();
    for (uint64_t i = 0; i < bits % 5; i++) {
        word[0] = (char)('a' + attune_stream_below(stream, 26));
        json_t *item = random_json(stream, depth - 1);
        assert_int_equal(kind == 6 ? json_array_append_new(whole, item)
                                   : json_object_set_new(whole, word, item),
                         0);
    }
    return whole;
}

static void writing_what_was_written_changes_nothing(void **state)
{
    (void)state;
    attune_stream stream = attune_stream_new(attune_key_start("random_json"));
    for (int i = 0; i < 5000; i++) {
        json_t *json = random_json(&stream, 4);
        char *once = attune_json_write(json, NULL);
        char *pretty = attune_json_write_pretty(json, NULL);
        attune_document again = parsed(once), indented = parsed(pretty);
        char *twice = attune_json_write(again.root, NULL);
        char *thrice = attune_json_write(indented.root, NULL);
        assert_string_equal(once, twice);
        assert_string_equal(once, thrice);
        free(once);
        free(pretty);
        free(twice);
        free(thrice);
        attune_document_clear(&again);
        attune_document_clear(&indented);
        json_decref(json);
    }
}

static void numbers_keep_what_json_lacks(void **state)
{
    (void)state;
    static const double values[] = {0.1, 3, -0.5, NAN, INFINITY, -INFINITY, 1e300, 0x1p53, 17};
    for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
        double back = 42;
        json_t *json = attune_json_from_real(values[i]);
        assert_true(attune_json_number(json, &back));
        assert_close(back, values[i], 0);
        json_decref(json);
    }
    double back = 42;
    json_t *text = json_string("infinite");
    assert_false(attune_json_number(text, &back));
    assert_false(attune_json_number(NULL, &back));
    json_decref(text);
    json_t *three = attune_json_from_real(3);
    assert_true(json_is_integer(three));
    json_decref(three);
}

static void a_tree_without_a_text_has_no_line(void **state)
{
    (void)state;
    attune_error error = {0};
    attune_document made = {.root = json_pack("{s:i}", "folds", 1)};
    attune_at top = attune_at_top(&made);
    attune_at folds = attune_at_key(&top, "folds");
    attune_fail_at(&error, &folds, "need at least 2");
    assert_string_equal(error.message, "folds: need at least 2");
    assert_int_equal(error.line, 0);
    attune_document_clear(&made);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_tree_without_a_text_has_no_line),
        cmocka_unit_test(a_complaint_names_line_and_column),
        cmocka_unit_test(what_is_not_in_the_text_is_placed_in_what_would_hold_it),
        cmocka_unit_test(a_mark_at_the_start_is_no_column),
        cmocka_unit_test(what_is_not_json_is_refused_with_its_line),
        cmocka_unit_test(reading_agrees_with_jansson),
        cmocka_unit_test(a_problem_says_what_to_do),
        cmocka_unit_test(depth_is_limited),
        cmocka_unit_test(files_are_read_and_missed),
        cmocka_unit_test(unknown_keys_are_refused_with_the_nearest),
        cmocka_unit_test(members_are_typed),
        cmocka_unit_test(canonical_text),
        cmocka_unit_test(writing_what_was_written_changes_nothing),
        cmocka_unit_test(numbers_keep_what_json_lacks),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* tests/test_value.c - one value: copies, sameness, keys, JSON and words. */
#include "spaces/value.h"
#include "tests/support.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static attune_value from_words(const char *words)
{
    attune_value value = {0};
    attune_error error = {0};
    assert_ok(attune_value_from_words(&value, words, &error), &error);
    return value;
}

static void words_become_what_they_look_like(void **state)
{
    (void)state;
    static const struct {
        const char *words;
        attune_value_kind kind;
        const char *shown;
    } cases[] = {
        {"true", ATTUNE_VALUE_BOOLEAN, "true"},
        {"3", ATTUNE_VALUE_INTEGER, "3"},
        {"0.10", ATTUNE_VALUE_REAL, "0.1"},
        {"null", ATTUNE_VALUE_NULL, ""},
        {"l1", ATTUNE_VALUE_TEXT, "l1"},
        {"\"3\"", ATTUNE_VALUE_TEXT, "3"},
        {"", ATTUNE_VALUE_TEXT, ""},
        {"[64, 32]", ATTUNE_VALUE_JSON, "[64,32]"},
        {"{\"b\":1,\"a\":2}", ATTUNE_VALUE_JSON, "{\"a\":2,\"b\":1}"},
        {"1e-4", ATTUNE_VALUE_REAL, "0.0001"},
        {"[1", ATTUNE_VALUE_TEXT, "[1"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        attune_value value = from_words(cases[i].words);
        attune_text text = {0};
        attune_value_append(&text, &value);
        assert_int_equal(value.kind, cases[i].kind);
        assert_string_equal(text.bytes ? text.bytes : "", cases[i].shown);
        attune_text_clear(&text);
        attune_value_clear(&value);
    }
    attune_value value = {0};
    attune_error error = {0};
    assert_int_equal(attune_value_from_words(&value, "\xe9t\xe9", &error), ATTUNE_INVALID);
    assert_error(&error, ATTUNE_INVALID, "UTF-8");
}

static void json_there_and_back(void **state)
{
    (void)state;
    static const char *const words[] = {
        "true", "-7", "0.385", "null", "l2", "[1,[2.5,\"x\"]]", "9223372036854775807"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        attune_value value = from_words(words[i]), back = {0}, copy = {0};
        attune_error error = {0};
        json_t *json = attune_value_to_json(&value);
        assert_ok(attune_value_from_json(&back, json, &error), &error);
        assert_ok(attune_value_copy(&copy, &back, &error), &error);
        json_decref(json);
        assert_int_equal(back.kind, value.kind);
        attune_value_clear(&back);
        assert_true(attune_value_same(&copy, &value));
        attune_value_clear(&copy);
        attune_value_clear(&value);
    }
}

/* Of each pair of the list: the same, and of one key, only when it is one number or one text. */
static void same_values_have_the_same_key(void **state)
{
    (void)state;
    char text_3[] = "3", text_list[] = "[1]";
    const attune_value values[] = {
        attune_value_integer(3),
        attune_value_real(3.0),
        attune_value_real(3.5),
        {.kind = ATTUNE_VALUE_TEXT, .text = text_3},
        {.kind = ATTUNE_VALUE_JSON, .text = text_list},
        {.kind = ATTUNE_VALUE_TEXT, .text = text_list},
        {.kind = ATTUNE_VALUE_NULL},
        attune_value_boolean(true),
        attune_value_boolean(false),
        attune_value_integer(1),
        attune_value_integer(0),
        attune_value_real(-0.0),
        attune_value_real(NAN),
        attune_value_real(-NAN),
        attune_value_real(INFINITY),
        attune_value_integer(INT64_MIN),
        attune_value_real(-0x1p63),
        attune_value_integer(INT64_MAX),
        attune_value_real(0x1p63),
        attune_value_integer((1LL << 53) + 1),
        attune_value_real(0x1p53),
    };
    static const int twins[][2] = {{0, 1}, {10, 11}, {12, 13}, {15, 16}};
    const int n = (int)(sizeof values / sizeof *values);
    attune_key start = attune_key_start("value");
    for (int i = 0; i < n; i++)
        for (int j = 0; j < n; j++) {
            bool same = i == j;
            for (size_t k = 0; k < sizeof twins / sizeof *twins; k++)
                same |= (twins[k][0] == i && twins[k][1] == j) ||
                        (twins[k][1] == i && twins[k][0] == j);
            bool key = attune_key_same(attune_value_key(start, &values[i]),
                                       attune_value_key(start, &values[j]));
            if (attune_value_same(&values[i], &values[j]) != same || key != same)
                fail_msg("values %d and %d", i, j);
        }
}

static void numbers_are_given_only_where_there_are(void **state)
{
    (void)state;
    double number = 42;
    attune_value value = attune_value_boolean(true), text = from_words("3 apples");
    assert_true(attune_value_number(&value, &number) && number == 1);
    value = attune_value_integer(17);
    assert_true(attune_value_number(&value, &number) && number == 17);
    assert_false(attune_value_number(&text, &number));
    assert_false(attune_value_number(&(attune_value){0}, &number));
    attune_value_clear(&text);
}

static void setting_a_value_over_itself_is_safe(void **state)
{
    (void)state;
    attune_error error = {0};
    attune_value value = from_words("hinge");
    assert_ok(attune_value_set_text(&value, value.text, &error), &error);
    assert_ok(attune_value_copy(&value, &value, &error), &error);
    assert_string_equal(value.text, "hinge");
    attune_value_clear(&value);
    assert_null(value.text);
}

static void lists_are_copied_deep(void **state)
{
    (void)state;
    attune_error error = {0};
    attune_values list = {calloc(3, sizeof *list.items), 3}, copy = {0};
    assert_non_null(list.items);
    list.items[0] = from_words("sgd");
    list.items[1] = from_words("0.5");
    assert_ok(attune_values_copy(&copy, &list, &error), &error);
    attune_values_clear(&list);
    assert_int_equal(copy.n, 3);
    assert_string_equal(copy.items[0].text, "sgd");
    assert_true(copy.items[1].real == 0.5);
    assert_int_equal(copy.items[2].kind, ATTUNE_VALUE_NULL);
    assert_ok(attune_values_copy(&copy, &(attune_values){0}, &error), &error);
    assert_int_equal(copy.n, 0);
    attune_values_clear(&copy);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(words_become_what_they_look_like),
        cmocka_unit_test(json_there_and_back),
        cmocka_unit_test(same_values_have_the_same_key),
        cmocka_unit_test(numbers_are_given_only_where_there_are),
        cmocka_unit_test(setting_a_value_over_itself_is_safe),
        cmocka_unit_test(lists_are_copied_deep),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* tests/test_expression.c - expressions: truth tables, a second evaluator, bad texts. */
#include "tests/support.h"

#include "spaces/base/stream.h"
#include "spaces/expression.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* a = 1, b = 2.5, t = 'sgd', yes = true, no = false, nil = null, list = [1,2]; the rest is
 * unknown. */
static const attune_value *known(const char *name)
{
    static const attune_value values[] = {
        {.kind = ATTUNE_VALUE_INTEGER, .integer = 1},
        {.kind = ATTUNE_VALUE_REAL, .real = 2.5},
        {.kind = ATTUNE_VALUE_TEXT, .text = (char *)"sgd"},
        {.kind = ATTUNE_VALUE_BOOLEAN, .boolean = true},
        {.kind = ATTUNE_VALUE_BOOLEAN, .boolean = false},
        {.kind = ATTUNE_VALUE_NULL},
        {.kind = ATTUNE_VALUE_JSON, .text = (char *)"[1,2]"},
    };
    static const char *const names[] = {"a", "b", "t", "yes", "no", "nil", "list"};
    for (int i = 0; i < 7; i++)
        if (strcmp(names[i], name) == 0)
            return &values[i];
    return NULL;
}

static attune_kleene truth_of(const char *text)
{
    attune_expression *expression = NULL;
    attune_error error = {0};
    const attune_value *values[ATTUNE_EXPRESSION_NAMES];
    assert_ok(attune_expression_read(&expression, text, &error), &error);
    assert_string_equal(attune_expression_text(expression), text);
    for (int64_t i = 0; i < attune_expression_n_names(expression); i++)
        values[i] = known(attune_expression_name(expression, i));
    attune_kleene truth = attune_expression_test(expression, values);
    attune_expression_free(expression);
    return truth;
}

static const struct {
    const char *text;
    attune_kleene truth;
} table[] = {
    {"a = 1", ATTUNE_TRUE},
    {"a != 1", ATTUNE_FALSE},
    {"a = 1.0 and b = 25e-1", ATTUNE_TRUE},
    {"1 < b", ATTUNE_TRUE},
    {"b <= 2.5", ATTUNE_TRUE},
    {"b >= 2.6", ATTUNE_FALSE},
    {"2 * a + 1 < b", ATTUNE_FALSE},
    {"2 * a + .5 = b", ATTUNE_TRUE},
    {"1 + 2 * 3 = 7 and (1 + 2) * 3 = 9", ATTUNE_TRUE},
    {"10 - 2 - 3 = 5 and 24 / 4 / 2 = 3", ATTUNE_TRUE},
    {"-a = -1 and --a = 1 and 2 - -1 = 3", ATTUNE_TRUE},
    {"t = 'sgd'", ATTUNE_TRUE},
    {"t in ('adam', 'sgd')", ATTUNE_TRUE},
    {"t in ('adam')", ATTUNE_FALSE},
    {"t not in ('adam')", ATTUNE_TRUE},
    {"not t in ('adam')", ATTUNE_TRUE},
    {"a in (3, 2 - 1)", ATTUNE_TRUE},
    {"a in (3, gone)", ATTUNE_UNKNOWN},
    {"a in (1, gone)", ATTUNE_TRUE},
    {"gone in (1, 2)", ATTUNE_UNKNOWN},
    {"t < 'z' and t >= 'sgd'", ATTUNE_TRUE},
    {"t = 1", ATTUNE_FALSE},
    {"t != 1", ATTUNE_TRUE},
    {"t < a", ATTUNE_UNKNOWN},
    {"t + 1 = 2", ATTUNE_UNKNOWN},
    {"a", ATTUNE_UNKNOWN},
    {"yes", ATTUNE_TRUE},
    {"not yes", ATTUNE_FALSE},
    {"yes = true and no = false", ATTUNE_TRUE},
    {"yes = 1", ATTUNE_FALSE},
    {"nil = null", ATTUNE_TRUE},
    {"a = null", ATTUNE_FALSE},
    {"a != null", ATTUNE_TRUE},
    {"nil < 1", ATTUNE_UNKNOWN},
    {"gone = null", ATTUNE_UNKNOWN},
    {"list = list", ATTUNE_TRUE},
    {"list = t", ATTUNE_FALSE},
    {"a / 0 > 1", ATTUNE_UNKNOWN},
    {"1e308 * 10 - 1e308 * 10 = 0", ATTUNE_UNKNOWN},
    {"gone", ATTUNE_UNKNOWN},
    {"not gone", ATTUNE_UNKNOWN},
    {"gone and no", ATTUNE_FALSE},
    {"no and gone", ATTUNE_FALSE},
    {"gone and yes", ATTUNE_UNKNOWN},
    {"gone or yes", ATTUNE_TRUE},
    {"yes or gone", ATTUNE_TRUE},
    {"gone or no", ATTUNE_UNKNOWN},
    {"gone = 1 or a = 1", ATTUNE_TRUE},
    {"no and no or yes", ATTUNE_TRUE},
    {"yes or no and no", ATTUNE_TRUE},
    {"not no and no", ATTUNE_FALSE},
    {"not (dual and t = 'l1')", ATTUNE_TRUE},
    {"'it''s' = 'it''s' and 'it''s' != 'its'", ATTUNE_TRUE},
    {"'' = ''", ATTUNE_TRUE},
    {"true", ATTUNE_TRUE},
    {"\t( a\n=\r1 ) ", ATTUNE_TRUE},
    {"android or inner or notable = 1", ATTUNE_UNKNOWN},
};

static void table_of_cases(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        attune_kleene truth = truth_of(table[i].text);
        if (truth != table[i].truth)
            fail_msg("%s: %d, not %d", table[i].text, truth, table[i].truth);
    }
}

static void bad_texts_name_their_column(void **state)
{
    static const struct {
        const char *text;
        int column;
        const char *words;
    } cases[] = {
        {"", 1, "missing"},
        {"a =", 4, "at the end"},
        {"a == 1", 3, "write ="},
        {"a <> 1", 3, "write !="},
        {"a = \"sgd\"", 5, "single quotes"},
        {"a = 'sgd", 5, "never closed"},
        {"(a = 1", 7, "never closed"},
        {"a = 1)", 6, "expected"},
        {"a = 1 b", 7, "expected"},
        {"a in 1", 6, "list"},
        {"a in ()", 7, "missing"},
        {"a in (1", 8, "never closed"},
        {"a in (1 2)", 9, ", or )"},
        {"a not 1", 7, "in after not"},
        {"and", 1, "missing"},
        {"a = 1 and", 10, "at the end"},
        {"a = 1 and or b", 11, "missing"},
        {"1x = 2", 1, "not a number"},
        {"1.2.3 = 2", 1, "not a number"},
        {"a < b < c", 7, "chain"},
        {"a = b = c", 7, "chain"},
        {"1 + 2", 1, "condition"},
        {"'text'", 1, "condition"},
        {"null", 1, "condition"},
        {"a and 'b'", 3, "both sides"},
        {"1 or a", 3, "both sides"},
        {"not 3", 1, "condition"},
        {"-'a' = 1", 1, "number"},
        {"a * 'b' = 1", 3, "both sides"},
        {"(a = 1) + 1 = 2", 9, "both sides"},
        {"1 < 'a'", 3, "order"},
        {"true < false", 6, "order"},
        {"1 = 'a'", 3, "never be the same"},
        {"a & b", 3, "expected"},
        {"a ! b", 3, "expected"},
        {"\xc3\xa9 = 1", 1, "missing"},
        {"#", 1, "missing"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        attune_error error = {0};
        attune_expression *expression = NULL;
        if (attune_expression_read(&expression, cases[i].text, &error) != ATTUNE_INVALID)
            fail_msg("%s: should not be read", cases[i].text);
        if (error.column != cases[i].column)
            fail_msg("%s: %s: not column %d", cases[i].text, error.message, cases[i].column);
        assert_error(&error, ATTUNE_INVALID, cases[i].words);
        assert_null(expression);
    }
}

static void repeat(attune_text *text, const char *words, int n)
{
    for (int i = 0; i < n; i++)
        attune_text_append(text, words);
}

static void limits_are_kept(void **state)
{
    (void)state;
    static const char *const opening[] = {"(", "not ", "-", "a or (", "1 + ("};
    for (size_t i = 0; i < sizeof opening / sizeof *opening; i++) {
        attune_text text = {0};
        attune_error error = {0};
        attune_expression *expression = NULL;
        repeat(&text, opening[i], 10000);
        assert_int_equal(attune_expression_read(&expression, text.bytes, &error), ATTUNE_INVALID);
        assert_error(&error, ATTUNE_INVALID, "nested more than 100");
        attune_text_clear(&text);
    }
    attune_text deep = {0}, names = {0}, chain = {0};
    repeat(&deep, "(", 100);
    attune_text_append(&deep, "a = 1");
    repeat(&deep, ")", 100);
    assert_int_equal(truth_of(deep.bytes), ATTUNE_TRUE);
    for (int i = 0; i < 64; i++)
        attune_text_printf(&names, "%sn%d", i ? " or " : "", i);
    assert_int_equal(truth_of(names.bytes), ATTUNE_UNKNOWN);
    attune_text_append(&names, " or n64");
    attune_error error = {0};
    attune_expression *expression = NULL;
    assert_int_equal(attune_expression_read(&expression, names.bytes, &error), ATTUNE_INVALID);
    assert_error(&error, ATTUNE_INVALID, "64 names");
    attune_text_append(&chain, "a in (0");
    repeat(&chain, ", 0", 5000); /* long, but nothing waits */
    attune_text_append(&chain, ", 1)");
    assert_int_equal(truth_of(chain.bytes), ATTUNE_TRUE);
    attune_text_clear(&deep);
    attune_text_clear(&names);
    attune_text_clear(&chain);
}

/* A second evaluator: random conditions are written as text while their truth is worked out from
 * intervals of truth (can it be true, can it be false) instead of Kleene's tables. */
struct may {
    bool be_true, be_false;
};

static struct may make(attune_stream *stream, attune_text *text, int depth)
{
    struct may a, b;
    static const char *const leaves[] = {"yes", "no", "gone", "a = 1", "b < a", "gone > 3"};
    static const struct may truths[] = {{true, false}, {false, true}, {true, true},
                                        {true, false}, {false, true}, {true, true}};
    uint64_t pick = attune_stream_below(stream, depth ? 4 : 1);
    if (pick == 0) {
        uint64_t leaf = attune_stream_below(stream, 6);
        attune_text_append(text, leaves[leaf]);
        return truths[leaf];
    }
    if (pick == 1) {
        attune_text_append(text, "not (");
        a = make(stream, text, depth - 1);
        attune_text_append(text, ")");
        return (struct may){a.be_false, a.be_true};
    }
    attune_text_append(text, "(");
    a = make(stream, text, depth - 1);
    attune_text_append(text, pick == 2 ? ") and (" : ") or (");
    b = make(stream, text, depth - 1);
    attune_text_append(text, ")");
    if (pick == 2)
        return (struct may){a.be_true && b.be_true, a.be_false || b.be_false};
    return (struct may){a.be_true || b.be_true, a.be_false && b.be_false};
}

static void a_second_evaluator_agrees(void **state)
{
    (void)state;
    attune_stream stream = attune_stream_new(attune_key_start("expressions"));
    int seen[3] = {0};
    for (int i = 0; i < 3000; i++) {
        attune_text text = {0};
        struct may may = make(&stream, &text, 6);
        attune_kleene expected = may.be_true && may.be_false ? ATTUNE_UNKNOWN
                                 : may.be_true               ? ATTUNE_TRUE
                                                             : ATTUNE_FALSE;
        attune_kleene truth = truth_of(text.bytes);
        if (truth != expected)
            fail_msg("%s: %d, not %d", text.bytes, truth, expected);
        seen[truth]++;
        attune_text_clear(&text);
    }
    assert_true(seen[0] > 300 && seen[1] > 300 && seen[2] > 300);
}

/* Whatever the bytes, an answer or an error, and no crash. */
static void random_texts_are_survived(void **state)
{
    (void)state;
    static const char *const tokens[] = {"a",    "1",    "'x'", "(",  ")", "and", "or",  "not",
                                         "in",   ",",    "=",   "<",  "-", "+",   "*",   "/",
                                         "null", "true", "!=",  "\"", "'", ".",   "1e9", "\xff"};
    attune_stream stream = attune_stream_new(attune_key_start("noise"));
    int read = 0;
    for (int i = 0; i < 20000; i++) {
        attune_text text = {0};
        attune_expression *expression = NULL;
        const attune_value *values[ATTUNE_EXPRESSION_NAMES] = {NULL};
        for (uint64_t n = 1 + attune_stream_below(&stream, 7); n > 0; n--)
            attune_text_printf(&text, "%s ", tokens[attune_stream_below(&stream, 24)]);
        if (attune_expression_read(&expression, text.bytes, NULL) == ATTUNE_OK) {
            assert_in_range(attune_expression_test(expression, values), 0, 2);
            read++;
        }
        attune_expression_free(expression);
        attune_text_clear(&text);
    }
    assert_true(read > 100);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(table_of_cases),
        cmocka_unit_test(bad_texts_name_their_column),
        cmocka_unit_test(limits_are_kept),
        cmocka_unit_test(a_second_evaluator_agrees),
        cmocka_unit_test(random_texts_are_survived),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

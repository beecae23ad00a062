/* tests/test_number.c - numbers to text and back, against strtod, in whatever locale runs. */
#include "spaces/base/number.h"
#include "spaces/base/stream.h"
#include "tests/support.h"

#include <float.h>
#include <locale.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool reads(const char *text, double *value)
{
    return attune_real_read(text, (int64_t)strlen(text), value);
}

static bool same_bits(double a, double b)
{
    return memcmp(&a, &b, sizeof a) == 0;
}

/* strtod as it is in the C locale, to compare with in any. */
static double strtod_c(const char *text)
{
    locale_t c = newlocale(LC_ALL_MASK, "C", (locale_t)0);
    assert_true(c != (locale_t)0);
    locale_t before = uselocale(c);
    double value = strtod(text, NULL);
    uselocale(before);
    freelocale(c);
    return value;
}

static void known_texts(void **state)
{
    (void)state;
    static const struct {
        double value;
        const char *text;
    } cases[] = {
        {0, "0"},
        {-0.0, "-0"},
        {3, "3"},
        {-17, "-17"},
        {0.1, "0.1"},
        {1e-5, "1e-05"},
        {0.5, "0.5"},
        {1.0 / 3, "0.3333333333333333"},
        {2.385, "2.385"},
        {999999999999999, "999999999999999"},
        {1e15, "1e+15"},
        {1e22, "1e+22"},
        {5e-324, "5e-324"},
        {3e-310, "3e-310"},
        {0.1 + 0.2, "0.30000000000000004"},
        {DBL_MAX, "1.7976931348623157e+308"},
        {DBL_MIN, "2.2250738585072014e-308"},
        {NAN, "nan"},
        {INFINITY, "inf"},
        {-INFINITY, "-inf"},
        {-2.5e-17, "-2.5e-17"},
        {123456.789, "123456.789"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char text[ATTUNE_NUMBER_SIZE];
        assert_string_equal(attune_real_text(cases[i].value, text), cases[i].text);
    }
}

static void every_double_comes_back(void **state)
{
    (void)state;
    attune_stream stream = attune_stream_new(attune_key_start("every_double_comes_back"));
    for (int i = 0; i < 100000; i++) {
        uint64_t bits = attune_stream_bits(&stream);
        if (i % 10 == 0)
            bits &= ~(UINT64_C(0x7ff) << 52); /* subnormal */
        double value = 0, back = 1;
        memcpy(&value, &bits, sizeof value);
        char text[ATTUNE_NUMBER_SIZE];
        assert_true(reads(attune_real_text(value, text), &back));
        if (!same_bits(value, back) && !(isnan(value) && isnan(back)))
            fail_msg("%a went out as %s and came back as %a", value, text, back);
    }
}

static int64_t random_digits(attune_stream *stream, char *text, int64_t most)
{
    int64_t n = (int64_t)attune_stream_below(stream, (uint64_t)most + 1);
    for (int64_t i = 0; i < n; i++)
        text[i] = (char)('0' + attune_stream_below(stream, 10));
    return n;
}

/* A decimal number of all shapes: leading zeros, no whole part, long tails, extreme exponents. */
static void random_decimal(attune_stream *stream, char *text, int64_t longest)
{
    int64_t n = 0;
    uint64_t shape = attune_stream_bits(stream);
    if (shape & 1)
        text[n++] = shape & 2 ? '-' : '+';
    n += random_digits(stream, text + n, shape & 4 ? longest : 4);
    text[n++] = (char)('0' + attune_stream_below(stream, 10));
    if (shape & 8) {
        text[n++] = '.';
        n += random_digits(stream, text + n, shape & 16 ? longest : 4);
    }
    if (shape & 32) {
        int range = shape & 64 ? 700 : 40;
        int exponent = (int)attune_stream_below(stream, (uint64_t)range) - range / 2;
        n += snprintf(text + n, 8, shape & 128 ? "e%+d" : "E%d", exponent);
    }
    text[n] = '\0';
}

static void compare_with_strtod(const char *purpose, int cases, int64_t longest)
{
    attune_stream stream = attune_stream_new(attune_key_start(purpose));
    char *text = malloc((size_t)(2 * longest + 40));
    assert_non_null(text);
    for (int i = 0; i < cases; i++) {
        double ours = 7;
        random_decimal(&stream, text, longest);
        if (!reads(text, &ours))
            fail_msg("%s was not read", text);
        if (!same_bits(ours, strtod_c(text)))
            fail_msg("%s gave %a, strtod %a", text, ours, strtod_c(text));
    }
    free(text);
}

static void short_decimals_are_strtods(void **state)
{
    (void)state;
    compare_with_strtod("short", 100000, 25);
}

static void long_decimals_are_strtods(void **state)
{
    (void)state;
    compare_with_strtod("long", 3000, 2000);
}

/* Exactly between two doubles the even one is right; one more digit, however far, decides. */
static void halfway_is_decided_by_the_last_digit(void **state)
{
    (void)state;
    char text[2000];
    double value = 0;
    /* 2^-1075, half of the smallest double: 5^1075 behind zeros, 752 digits. */
    int n = snprintf(text, sizeof text, "%.1075f", 0x1p-1074);
    assert_true(n > 1000);
    char *mark = text + strspn(text, "0"); /* "0" + the locale's mark */
    char *digits = mark + strcspn(mark, "0123456789");
    char half[2100] = "0.";
    /* Half of a decimal fraction, digit by digit. */
    int carry = 0;
    size_t used = 2;
    for (char *c = digits; *c; c++) {
        int d = *c - '0' + 10 * carry;
        half[used++] = (char)('0' + d / 2);
        carry = d % 2;
    }
    half[used++] = carry ? '5' : '0';
    half[used] = '\0';
    assert_true(reads(half, &value));
    assert_true(same_bits(value, 0.0)); /* ties go to even */
    memset(half + used, '0', 900);
    half[used + 900] = '1';
    half[used + 901] = '\0';
    assert_true(reads(half, &value));
    assert_true(same_bits(value, 0x1p-1074));
    assert_true(reads("9007199254740993", &value));
    assert_true(value == 9007199254740992.0);
    assert_true(reads("9007199254740993.00000000000000000000000000000001", &value));
    assert_true(value == 9007199254740994.0);
}

/* Decimals of at most 19 digits that are, or are next to, the middle of two doubles. */
static void ties_of_few_digits_are_strtods(void **state)
{
    (void)state;
    attune_stream stream = attune_stream_new(attune_key_start("ties"));
    for (int i = 0; i < 50000; i++) {
        uint64_t odd = (UINT64_C(1) << 53) + (attune_stream_bits(&stream) >> 11 | 1);
        uint64_t tie = odd << attune_stream_below(&stream, 9);
        int64_t beside = (int64_t)attune_stream_below(&stream, 3) - 1;
        int power = (int)attune_stream_below(&stream, 60) - 30;
        char text[40];
        double ours = 7;
        snprintf(text, sizeof text, "%llue%d", (unsigned long long)tie + (uint64_t)beside,
                 i % 3 ? power : 0);
        if (!reads(text, &ours) || !same_bits(ours, strtod_c(text)))
            fail_msg("%s gave %a, strtod %a", text, ours, strtod_c(text));
    }
}

static void zeros_do_not_outweigh_the_exponent(void **state)
{
    (void)state;
    enum { zeros = 1200000 };
    char *text = malloc(zeros + 40);
    assert_non_null(text);
    double value = 0;
    text[0] = '0';
    text[1] = '.';
    memset(text + 2, '0', zeros);
    snprintf(text + 2 + zeros, 30, "25e1200001");
    assert_true(reads(text, &value));
    assert_true(value == 2.5);
    free(text);
    assert_true(reads("0e999999999999999999999", &value) && value == 0);
    assert_true(reads("1e999999999999999999999", &value) && value == INFINITY);
    assert_true(reads("-1e-999999999999999999999", &value) && value == 0 && signbit(value));
}

static void words_in_any_case(void **state)
{
    (void)state;
    double value = 0;
    assert_true(reads("NaN", &value) && isnan(value));
    assert_true(reads("-Infinity", &value) && value == -INFINITY);
    assert_true(reads("+INF", &value) && value == INFINITY);
}

static void what_is_no_number_is_refused(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "",   " ",     "+",        "-",     ".",   "e5",  "1e",    "1e+",    "1 ",
        " 1", "1,5",   "0x10",     "1.2.3", "--1", "+-1", "1f",    "nan(1)", "infinit",
        "in", "1e5.0", "\xd9\xa1", "1_000", "one", ".e1", "-nanx", "i\xcc",
    };
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        double value = 42;
        if (reads(texts[i], &value) || value != 42)
            fail_msg("\"%s\" was taken for %g", texts[i], value);
    }
    double value = 0;
    assert_true(attune_real_read("1.25xyz", 4, &value) && value == 1.25); /* length rules */
    assert_false(attune_real_read("1\0", 2, &value));
    assert_true(reads(".5", &value) && value == 0.5);
    assert_true(reads("5.", &value) && value == 5);
}

static void integers_to_their_ends(void **state)
{
    (void)state;
    static const char *const bad[] = {"",
                                      "-",
                                      "+",
                                      "1.0",
                                      "9223372036854775808",
                                      " 1",
                                      "1e3",
                                      "-9223372036854775809",
                                      "99999999999999999999",
                                      "0x1"};
    int64_t value = 42;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_false(attune_integer_read(bad[i], (int64_t)strlen(bad[i]), &value));
    assert_int_equal(value, 42);
    assert_true(attune_integer_read("9223372036854775807", 19, &value));
    assert_true(value == INT64_MAX);
    assert_true(attune_integer_read("-9223372036854775808", 20, &value));
    assert_true(value == INT64_MIN);
    assert_true(attune_integer_read("+0017", 5, &value));
    assert_int_equal(value, 17);
}

static void clamp_keeps_the_ends(void **state)
{
    (void)state;
    assert_true(attune_clamp(2.385, 0, 1) == 1);
    assert_true(attune_clamp(-2.385, 0, 1) == 0);
    assert_true(attune_clamp(0.385, 0, 1) == 0.385);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(known_texts),
        cmocka_unit_test(every_double_comes_back),
        cmocka_unit_test(short_decimals_are_strtods),
        cmocka_unit_test(long_decimals_are_strtods),
        cmocka_unit_test(halfway_is_decided_by_the_last_digit),
        cmocka_unit_test(ties_of_few_digits_are_strtods),
        cmocka_unit_test(zeros_do_not_outweigh_the_exponent),
        cmocka_unit_test(words_in_any_case),
        cmocka_unit_test(what_is_no_number_is_refused),
        cmocka_unit_test(integers_to_their_ends),
        cmocka_unit_test(clamp_keeps_the_ends),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

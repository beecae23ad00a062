/* tests/test_locale.c - spaces/base/locale.c: a thread's locale is lent and given back. */
#include "tests/support.h"

#include "spaces/base/locale.h"

static void a_hold_ends_where_it_began(void **state)
{
    (void)state;
    locale_t own = newlocale(LC_ALL_MASK, "", (locale_t)0);
    if (!own) /* the environment names a locale that is not there */
        own = newlocale(LC_ALL_MASK, "C.UTF-8", (locale_t)0);
    assert_non_null(own);
    locale_t before = uselocale(own);
    attune_locale outer = attune_locale_hold();
    attune_locale inner = attune_locale_hold();
    assert_string_equal(localeconv()->decimal_point, ".");
    attune_locale_release(inner);
    assert_string_equal(localeconv()->decimal_point, ".");
    assert_true(uselocale((locale_t)0) != own);
    attune_locale_release(outer);
    assert_true(uselocale((locale_t)0) == own);
    uselocale(before);
    freelocale(own);
}

static int format(char *text, size_t size, const char *words, ...) ATTUNE_FORMAT(3, 4);

static int format(char *text, size_t size, const char *words, ...)
{
    va_list values;
    va_start(values, words);
    int length = attune_locale_format(text, size, words, values);
    va_end(values);
    return length;
}

/* Under ATTUNE_TEST_LOCALE this says something; elsewhere only that text is formatted at all. */
static void formatted_numbers_have_a_point(void **state)
{
    (void)state;
    char text[32];
    assert_int_equal(format(text, sizeof text, "%g and %.3f", 0.5, -2.385), 14);
    assert_string_equal(text, "0.5 and -2.385");
    assert_int_equal(format(NULL, 0, "%.2f", 12.5), 5);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_hold_ends_where_it_began),
        cmocka_unit_test(formatted_numbers_have_a_point),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

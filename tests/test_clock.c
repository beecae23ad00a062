/* tests/test_clock.c - durations as people write them, times of day, the two clocks. */
#include "spaces/base/clock.h"
#include "tests/support.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static void durations_are_read(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        double seconds;
    } cases[] = {{"90", 90},     {"45s", 45},     {"30m", 1800},       {"8h", 28800},
                 {"2d", 172800}, {"1h30m", 5400}, {"1.5h", 5400},      {"250ms", 0.25},
                 {"5min", 300},  {"0", 0},        {"1d2h3m4s", 93784}, {"0.5", 0.5}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        double seconds = -1;
        if (!attune_duration_read(cases[i].text, &seconds))
            fail_msg("%s was refused", cases[i].text);
        assert_close(seconds, cases[i].seconds, 1e-12);
    }
}

static void what_is_no_duration_is_refused(void **state)
{
    (void)state;
    static const char *const texts[] = {"",    "h",    "-5m",  "5 m", "1h30", "90s5", "1w",
                                        "1e3", "1..5", "five", "8H",  "1,5h", "inf",  "1h "};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        double seconds = 42;
        if (attune_duration_read(texts[i], &seconds) || seconds != 42)
            fail_msg("\"%s\" was taken for %g seconds", texts[i], seconds);
    }
}

static void durations_are_shown(void **state)
{
    (void)state;
    static const struct {
        double seconds;
        const char *text;
    } cases[] = {{0.12, "120ms"},     {0, "0ms"},     {-3, "0ms"},        {14.25, "14.2s"},
                 {59.99, "59.9s"},    {185, "3m05s"}, {3599.9, "59m59s"}, {15120, "4h12m"},
                 {360000, "100h00m"}, {NAN, "0ms"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char text[32];
        assert_string_equal(attune_duration_text(cases[i].seconds, text, sizeof text),
                            cases[i].text);
    }
    char text[32];
    assert_true(strlen(attune_duration_text(INFINITY, text, sizeof text)) > 5);
}

static void a_time_of_day_is_ahead_within_a_day(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int hour, minute, second;
    } cases[] = {
        {"00:00", 0, 0, 0}, {"08:00", 8, 0, 0}, {"8:05", 8, 5, 0}, {"23:59:59", 23, 59, 59}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        double seconds = -1;
        time_t now = time(NULL);
        assert_true(attune_until_read(cases[i].text, &seconds));
        assert_true(seconds > 0 && seconds <= 25 * 3600); /* a day may have 25 hours */
        time_t then = now + (time_t)seconds;
        struct tm local;
        localtime_r(&then, &local);
        int asked = cases[i].hour * 3600 + cases[i].minute * 60 + cases[i].second;
        int got = local.tm_hour * 3600 + local.tm_min * 60 + local.tm_sec;
        int apart = abs(got - asked);
        assert_true(apart <= 2 || apart >= 24 * 3600 - 2); /* a second may pass in between */
    }
}

static void what_is_no_time_of_day_is_refused(void **state)
{
    (void)state;
    static const char *const texts[] = {"",       "8",  "24:00", "08:60",  "08:00:60",
                                        "08:00x", "8h", "-1:00", "08:00:", "eight"};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        double seconds = 0;
        if (attune_until_read(texts[i], &seconds))
            fail_msg("\"%s\" was taken for a time of day", texts[i]);
    }
}

static void now_is_naive_utc_with_six_digits(void **state)
{
    (void)state;
    char text[ATTUNE_TIME_TEXT_SIZE];
    struct tm utc;
    int micro = 0, used = 0;
    time_t before = time(NULL);
    memset(&utc, 0, sizeof utc);
    attune_clock_now(text);
    assert_int_equal(sscanf(text, "%4d-%2d-%2d %2d:%2d:%2d.%6d%n", &utc.tm_year, &utc.tm_mon,
                            &utc.tm_mday, &utc.tm_hour, &utc.tm_min, &utc.tm_sec, &micro, &used),
                     7);
    assert_int_equal(used, 26);
    assert_int_equal(strlen(text), 26);
    struct tm expected;
    gmtime_r(&before, &expected);
    assert_true(utc.tm_year == expected.tm_year + 1900 || before % 86400 > 86390);
    assert_true(utc.tm_hour == expected.tm_hour || before % 3600 > 3590);
}

static void clocks_go_forward(void **state)
{
    (void)state;
    double start = attune_clock_seconds(), cpu = attune_clock_cpu_seconds();
    volatile double work = 1;
    for (int i = 0; i < 3000000; i++)
        work = work * 1.0000001;
    assert_true(attune_clock_seconds() > start);
    assert_true(attune_clock_cpu_seconds() > cpu);
    cpu = attune_clock_cpu_seconds();
    start = attune_clock_seconds();
    nanosleep(&(struct timespec){.tv_nsec = 50000000}, NULL);
    assert_true(attune_clock_seconds() - start >= 0.05);
    assert_true(attune_clock_cpu_seconds() - cpu < 0.04); /* sleeping is not work */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(durations_are_read),
        cmocka_unit_test(what_is_no_duration_is_refused),
        cmocka_unit_test(durations_are_shown),
        cmocka_unit_test(a_time_of_day_is_ahead_within_a_day),
        cmocka_unit_test(what_is_no_time_of_day_is_refused),
        cmocka_unit_test(now_is_naive_utc_with_six_digits),
        cmocka_unit_test(clocks_go_forward),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

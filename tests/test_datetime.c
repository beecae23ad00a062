/* tests/test_datetime.c - ISO 8601 in all accepted forms, and the calendar day by day. */
#include "tests/support.h"

#include "steps/data/table.h"

#include <stdio.h>
#include <string.h>

static bool read_time(const char *text, int64_t *time)
{
    return attune_datetime_read(text, (int64_t)strlen(text), time);
}

/* Seconds from Python's datetime (3.11): datetime.fromisoformat(text).timestamp() in UTC. */
static void known_times(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int64_t microseconds;
    } known[] = {
        {"1970-01-01", 0},
        {"2026-11-22", 1795305600000000},
        {"2026-11-22 07:30", 1795332600000000},
        {"2026-11-22T07:30:15.25", 1795332615250000},
        {"2026-11-22T07:30:15.2500009", 1795332615250000},
        {"2026-11-22T07:30:15Z", 1795332615000000},
        {"2026-11-22T07:30:15+01:00", 1795329015000000},
        {"2026-11-22T07:30-0530", 1795352400000000},
        {"2026-11-22T07:30+01", 1795329000000000},
        {"1969-12-31T23:59:59.999999", -1},
        {"2000-02-29", 951782400000000},
        {"0001-01-01", -62135596800000000},
        {"9999-12-31T23:59:59", 253402300799000000},
    };
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        int64_t time = 0;
        if (!read_time(known[i].text, &time) || time != known[i].microseconds)
            fail_msg("%s is %lld, not %lld", known[i].text, (long long)time,
                     (long long)known[i].microseconds);
    }
}

static void what_is_no_time(void **state)
{
    (void)state;
    static const char *const wrong[] = {
        "",
        "2026",
        "2026-11",
        "20261122",
        "2026-1-22",
        "2026-13-01",
        "2026-00-01",
        "2026-11-00",
        "2026-11-31",
        "2026-02-29",
        "1900-02-29",
        "2026-11-22T",
        "2026-11-22 ",
        "2026-11-22Z",
        "2026-11-22T07",
        "2026-11-22T24:00",
        "2026-11-22T07:60",
        "2026-11-22T07:30:60",
        "2026-11-22T07:30:15.",
        "2026-11-22T07:30+24:00",
        "2026-11-22T07:30+0",
        "2026-11-22T07:30Zx",
        "2026-11-22x07:30",
        "22/11/2026",
        "-026-11-22",
        "2026-11-2x",
    };
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        int64_t time = 0;
        if (read_time(wrong[i], &time))
            fail_msg("\"%s\" was taken for a time", wrong[i]);
    }
}

/* Walks 800 years with a plain calendar of its own beside ours. */
static void every_day_in_turn(void **state)
{
    (void)state;
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    int64_t day = -135140; /* 1600-01-01 */
    for (int year = 1600; year < 2400; year++)
        for (int month = 0; month < 12; month++) {
            bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
            for (int d = 1; d <= days[month] + (month == 1 && leap); d++, day++) {
                char text[40], back[40];
                int64_t time = 0;
                snprintf(text, sizeof text, "%04d-%02d-%02d", year, month + 1, d);
                assert_true(read_time(text, &time));
                assert_int_equal(time, day * 86400000000);
                assert_string_equal(attune_datetime_text(time, back, sizeof back), text);
            }
        }
}

static void texts_show_what_is_needed(void **state)
{
    (void)state;
    char text[40];
    assert_string_equal(attune_datetime_text(0, text, sizeof text), "1970-01-01");
    assert_string_equal(attune_datetime_text(-1000000, text, sizeof text), "1969-12-31 23:59:59");
    assert_string_equal(attune_datetime_text(1795332615250000, text, sizeof text),
                        "2026-11-22 07:30:15.250000");
    assert_string_equal(attune_datetime_text(0, text, 5), "1970");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(known_times),
        cmocka_unit_test(what_is_no_time),
        cmocka_unit_test(every_day_in_turn),
        cmocka_unit_test(texts_show_what_is_needed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

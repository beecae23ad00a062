/* tests/test_date_parts.c - calendar parts, before 1970 and in leap years too. */
#include "tests/fitting.h"

#define SECOND INT64_C(1000000)
#define DAY (86400 * SECOND)

static attune_data *times(const int64_t *values, int64_t n)
{
    struct made made = {0};
    made_times(&made, "t", ATTUNE_INPUT, values, n);
    return made_data(&made, n, ATTUNE_NO_TASK);
}

static void parts_are_those_of_the_calendar(void **state)
{
    (void)state;
    /* From Python: (datetime(...) - datetime(1970, 1, 1)) // timedelta(microseconds=1). */
    static const int64_t at[] = {
        951827696500000,   /* 2000-02-29 12:34:56.5, a Tuesday */
        -2203891200000000, /* 1900-03-01, a Thursday */
        -1,                /* 1969-12-31 23:59:59.999999, a Wednesday */
        4107542399000000,  /* 2100-02-28 23:59:59, a Sunday */
        ATTUNE_TIME_MISSING,
        1735603200000000, /* 2024-12-31, a Tuesday */
    };
    static const double year[] = {2000, 1900, 1969, 2100, NAN, 2024};
    static const double month[] = {2, 3, 12, 2, NAN, 12};
    static const double day[] = {29, 1, 31, 28, NAN, 31};
    static const double weekday[] = {2, 4, 3, 7, NAN, 2};
    static const double of_year[] = {60, 60, 365, 59, NAN, 366};
    static const double hour[] = {12, 0, 23, 23, NAN, 0};
    static const double minute[] = {34, 0, 59, 59, NAN, 0};
    static const double second[] = {56.5, 0, 59.999999, 59, NAN, 0};
    attune_data *data = times(at, 6);
    attune_step *step = step_of("date_parts");
    set(step, "day_of_year", "true");
    set(step, "second", "true");
    fit_all(step, data);
    attune_data *out = through(step, data);
    assert_int_equal(out->n_columns, 9);
    for (int i = 0; i < 6; i++) {
        assert_close(real_at(out, "t_year", i), year[i], 0);
        assert_close(real_at(out, "t_month", i), month[i], 0);
        assert_close(real_at(out, "t_day", i), day[i], 0);
        assert_close(real_at(out, "t_weekday", i), weekday[i], 0);
        assert_close(real_at(out, "t_day_of_year", i), of_year[i], 0);
        assert_close(real_at(out, "t_hour", i), hour[i], 0);
        assert_close(real_at(out, "t_minute", i), minute[i], 0);
        assert_close(real_at(out, "t_second", i), second[i], 1e-15);
    }
    assert_close(real_at(out, "t_days", 1), -25508, 0);
    assert_close(real_at(out, "t_days", 0), 11016 + (12 * 3600 + 34 * 60 + 56.5) / 86400, 1e-15);
    attune_data_free(out);
    attune_step_free(step);
    attune_data_free(data);
}

static void parts_that_stay_the_same_are_left_out(void **state)
{
    (void)state;
    attune_error error = {0};
    attune_data *data = times((int64_t[]){0, DAY, 2 * DAY, 400 * DAY + 3600 * SECOND}, 4);
    attune_step *step = step_of("date_parts");
    assert_ok(fit_rows(step, data, 0, 3, &error), &error); /* 1 to 3 January 1970, midnight */
    attune_data *out = through(step, data);
    assert_int_equal(out->n_columns, 3);
    assert_close(real_at(out, "t_day", 2), 3, 0);
    assert_close(real_at(out, "t_weekday", 0), 4, 0);
    assert_true(attune_data_find(out, "t_days") >= 0);
    attune_data_free(out);
    set(step, "keep_constant", "true");
    assert_ok(fit_rows(step, data, 0, 3, &error), &error);
    out = through(step, data);
    assert_int_equal(out->n_columns, 7);
    assert_close(real_at(out, "t_hour", 3), 1, 0);
    attune_data_free(out);
    attune_step_free(step);
    attune_data_free(data);
}

static void what_comes_round_meets_its_start(void **state)
{
    (void)state;
    attune_data *data = times((int64_t[]){0, 6 * 3600 * SECOND, 18 * 3600 * SECOND}, 3);
    attune_step *step = step_of("date_parts");
    set(step, "cyclic", "true");
    fit_all(step, data);
    attune_data *out = through(step, data);
    assert_int_equal(out->n_columns, 3);
    assert_close(real_at(out, "t_hour_sin", 1), 1, 1e-15);
    assert_close(real_at(out, "t_hour_cos", 0), 1, 1e-15);
    assert_close(real_at(out, "t_hour_sin", 2), -1, 1e-15);
    assert_close(real_at(out, "t_days", 1), 0.25, 0);
    attune_data_free(out);
    attune_step_free(step);
    attune_data_free(data);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(parts_are_those_of_the_calendar),
        cmocka_unit_test(parts_that_stay_the_same_are_left_out),
        cmocka_unit_test(what_comes_round_meets_its_start),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

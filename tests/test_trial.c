/* tests/test_trial.c - trials as values: words, copies, standard errors, numbers as text. */
#include "tests/trials_support.h"

#include "trials/numbers.h"

#include <float.h>
#include <stdio.h>

static void every_state_has_a_word_and_back(void **state)
{
    (void)state;
    for (int i = 0; i < ATTUNE_TRIAL_STATES; i++) {
        attune_trial_state back = ATTUNE_TRIAL_STATES;
        const char *word = attune_trial_state_word((attune_trial_state)i);
        assert_true(attune_trial_state_from_word(word, &back));
        assert_int_equal(back, i);
    }
    attune_trial_state back = ATTUNE_TRIAL_FAIL;
    assert_false(attune_trial_state_from_word("complete", &back));
    assert_int_equal(back, ATTUNE_TRIAL_FAIL);
}

static void a_copy_is_deep(void **state)
{
    (void)state;
    attune_error error = {0};
    double values[] = {2.385, -0.0}, scores[] = {0.25, NAN, 4, 5};
    attune_report reports[] = {{1, 0.5}, {7, -INFINITY}};
    attune_trial trial = {.number = 3,
                          .state = ATTUNE_TRIAL_PRUNED,
                          .hyperparams = "[1]",
                          .values = values,
                          .n_values = 2,
                          .folds = {scores, 2, 2},
                          .reports = reports,
                          .n_reports = 2,
                          .reason = "late",
                          .cost = 1.5};
    attune_trial copy = {0};
    assert_ok(attune_trial_copy(&copy, &trial, &error), &error);
    assert_ok(attune_trial_copy(&copy, &trial, &error), &error); /* what it held is freed */
    values[0] = scores[0] = 0;
    reports[1].step = 0;
    assert_close(copy.values[0], 2.385, 0);
    assert_true(signbit(copy.values[1]));
    assert_close(copy.folds.values[0], 0.25, 0);
    assert_int_equal(copy.reports[1].step, 7);
    assert_string_equal(copy.reason, "late");
    assert_null(copy.attributes);
    attune_trial_clear(&copy);
    assert_null(copy.values);
}

static void the_error_is_that_of_a_mean(void **state)
{
    (void)state;
    double scores[] = {0.31, 0.35, 0.29, 0.4, 0.33, 1, NAN, NAN, NAN, NAN};
    attune_trial trial = {.folds = {scores, 2, 5}};
    /* numpy: std(ddof=1) / sqrt(5) */
    assert_close(attune_trial_standard_error(&trial, 0), 0.01886796226411321, 1e-15);
    assert_true(isnan(attune_trial_standard_error(&trial, 1)));
    assert_true(isnan(attune_trial_standard_error(&trial, 2)));
    assert_true(isnan(attune_trial_standard_error(&(attune_trial){0}, 0)));
    scores[2] = NAN; /* a fold that was not scored does not count */
    assert_close(attune_trial_standard_error(&trial, 0), 0.019311050377094116, 1e-15);
}

static void numbers_come_back_to_the_bit(void **state)
{
    (void)state;
    const double values[] = {0.1, -0.0, 1e-310, DBL_MAX, -INFINITY, INFINITY, NAN, 3, 2.0 / 3};
    enum { n = sizeof values / sizeof *values };
    attune_text text = {0};
    double *back = NULL;
    int64_t count = 0;
    attune_numbers_write(&text, values, n);
    assert_true(attune_numbers_read(text.bytes, &back, &count));
    assert_int_equal(count, n);
    for (int i = 0; i < n; i++)
        assert_true(isnan(values[i]) ? isnan(back[i])
                                     : memcmp(&back[i], &values[i], sizeof *values) == 0);
    free(back);
    attune_text_clear(&text);
    attune_report reports[] = {{-3, 0.7}, {INT64_MAX, NAN}}, *read = NULL;
    attune_reports_write(&text, reports, 2);
    assert_true(attune_reports_read(text.bytes, &read, &count));
    assert_int_equal(count, 2);
    assert_int_equal(read[1].step, INT64_MAX);
    assert_true(read[0].value == 0.7 && isnan(read[1].value));
    free(read);
    attune_text_clear(&text);
}

static void damaged_numbers_are_refused(void **state)
{
    (void)state;
    static const char *const bad[] = {"",       "[",       "[1",      "[1,",     "[1,]",  "1",
                                      "[nan]",  "[\"1\"]", "[\"x\"]", "[1]x",    "[1 ]",  "[,1]",
                                      "[1,,2]", "[[1]]",   "[\"nan]", "[0x1p3]", "[null]"};
    static const char *const bad_reports[] = {"[1]",       "[[1]]",     "[[1,]]",   "[[1,2]",
                                              "[[1,2],]",  "[[1.5,2]]", "[[,2]]",   "[[1,2,3]]",
                                              "[[1,nan]]", "[[1,2]][]", "[[1,2]3]", ""};
    double *values = NULL;
    attune_report *reports = NULL;
    int64_t n = 0;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        if (attune_numbers_read(bad[i], &values, &n))
            fail_msg("took %s", bad[i]);
    for (size_t i = 0; i < sizeof bad_reports / sizeof *bad_reports; i++)
        if (attune_reports_read(bad_reports[i], &reports, &n))
            fail_msg("took %s", bad_reports[i]);
    assert_int_equal(attune_hyperparams_count("[1,null,0.5,-1e-05]"), 4);
    assert_int_equal(attune_hyperparams_count("[]"), 0);
    assert_int_equal(attune_hyperparams_count("[1,nul]"), -1);
    assert_int_equal(attune_hyperparams_count("[\"nan\"]"), -1);
    assert_int_equal(attune_hyperparams_count("[1"), -1);
}

static void an_owner_lives_as_long_as_its_process(void **state)
{
    (void)state;
    attune_owner self = self_owner(), gone = dead_owner(), other = self;
    assert_true(attune_owner_alive(&self));
    assert_false(attune_owner_alive(&gone)); /* the pid, of a process that began later */
    gone = self;
    gone.pid = INT32_MAX;
    assert_false(attune_owner_alive(&gone));
    snprintf(other.host, sizeof other.host, "another-host");
    other.pid = INT32_MAX;
    assert_true(attune_owner_alive(&other)); /* only its heartbeat can tell */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_state_has_a_word_and_back),
        cmocka_unit_test(a_copy_is_deep),
        cmocka_unit_test(the_error_is_that_of_a_mean),
        cmocka_unit_test(numbers_come_back_to_the_bit),
        cmocka_unit_test(damaged_numbers_are_refused),
        cmocka_unit_test(an_owner_lives_as_long_as_its_process),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

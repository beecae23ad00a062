/* tests/test_api_stored.c - a study taken from its store alone, and reports judged by number. */
#include "tests/support.h"

#include "search/attune.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const space = "{\"x\": {\"uniform\": [0, 1]}, \"k\": [1, 2, 3]}";

static attune_search *make(const char *store, const char *pruner)
{
    attune_search_options options = {.size = sizeof options,
                                     .space = space,
                                     .store = store,
                                     .study = "first",
                                     .pruner = pruner,
                                     .seed = 5,
                                     .lookahead = 3};
    attune_search *search = NULL;
    attune_error error = {0};
    assert_ok(attune_search_open(&search, &options, &error), &error);
    return search;
}

static attune_search *find(const char *store)
{
    attune_search_options options = {.size = sizeof options, .store = store};
    attune_search *search = NULL;
    attune_error error = {0};
    assert_ok(attune_search_open(&search, &options, &error), &error);
    return search;
}

static char *ask(attune_search *search)
{
    attune_candidate *candidate = NULL;
    attune_error error = {0};
    assert_ok(attune_search_ask(search, &candidate, &error), &error);
    char *json = strdup(attune_candidate_json(candidate));
    attune_candidate_free(candidate);
    return json;
}

static void tell(attune_search *search, int64_t number, double value)
{
    attune_error error = {0};
    assert_ok(attune_search_tell(search, number, &value, 1, &error), &error);
}

/* Every second question and answer through a handle that knows the store's name alone. */
static void test_same_as_with_options(void **state)
{
    (void)state;
    char *folder = scratch_folder();
    char there[512], here[512];
    attune_search *made = NULL, *found = NULL, *alone = NULL;
    snprintf(there, sizeof there, "%s/there.db", folder);
    snprintf(here, sizeof here, "%s/here.db", folder);
    made = make(there, NULL);
    found = find(there);
    alone = make(here, NULL);
    for (int64_t i = 0; i < 20; i++) {
        char *a = ask(i % 2 ? made : found), *b = ask(alone);
        assert_string_equal(a, b);
        tell(i % 3 ? made : found, i, (double)strlen(a));
        tell(alone, i, (double)strlen(a));
        free(a);
        free(b);
    }
    attune_search_close(made);
    attune_search_close(found);
    attune_search_close(alone);
    scratch_remove(folder);
}

static void test_what_is_not_there(void **state)
{
    (void)state;
    char *folder = scratch_folder();
    char path[512];
    attune_search *search = NULL;
    attune_error error = {0};
    snprintf(path, sizeof path, "%s/none.db", folder);
    attune_search_options options = {.size = sizeof options, .store = path};
    assert_int_equal(attune_search_open(&search, &options, &error), ATTUNE_NOT_FOUND);
    attune_search_close(make(path, NULL));
    options.study = "second";
    assert_int_equal(attune_search_open(&search, &options, &error), ATTUNE_NOT_FOUND);
    assert_non_null(strstr(error.message, "first"));
    options.store = NULL;
    assert_int_equal(attune_search_open(&search, &options, &error), ATTUNE_INVALID);
    assert_null(search);
    scratch_remove(folder);
}

static bool report(attune_search *search, int64_t number, int64_t step, double value)
{
    attune_error error = {0};
    bool go_on = false;
    assert_ok(attune_search_report(search, number, step, value, &go_on, &error), &error);
    return go_on;
}

/* Trials 0 to 9 go well; of 12, whose watermark is 10, a bad report is judged. */
static void test_a_pruner_judges_reports(void **state)
{
    (void)state;
    char *folder = scratch_folder();
    char path[512];
    attune_error error = {0};
    snprintf(path, sizeof path, "%s/pruned.db", folder);
    attune_search *search = make(path, "median");
    for (int64_t i = 0; i < 10; i++) {
        free(ask(search));
        assert_true(report(search, i, 1, 0.2 - (double)i / 100));
        tell(search, i, 0.1);
    }
    for (int64_t i = 10; i < 13; i++)
        free(ask(search));
    attune_search *other = find(path);
    assert_true(report(other, 11, 1, 0.05));
    assert_false(report(other, 12, 1, 0.9));
    assert_false(report(search, 12, 1, 0.8)); /* whoever asks */
    assert_true(report(search, 12, 1, 0.05)); /* corrected */
    assert_false(report(search, 12, 2, 0.9) && report(search, 12, 1, 0.9));
    assert_int_equal(attune_search_tell_pruned(other, 10, &error), ATTUNE_INVALID);
    assert_ok(attune_search_tell_pruned(other, 12, &error), &error);
    tell(search, 11, 0.05);
    attune_candidate *read = NULL;
    assert_ok(attune_search_read(search, 12, &read, &error), &error);
    assert_int_equal(attune_candidate_state(read), ATTUNE_STATE_PRUNED);
    assert_close(attune_candidate_value(read, 0), 0.9, 0);
    attune_candidate_free(read);
    attune_search_close(other);
    attune_search_close(search);
    scratch_remove(folder);
}

static attune_status worse_and_worse(attune_candidate *candidate, double *values, void *user)
{
    double level = (double)attune_candidate_number(candidate);
    int *stopped = user;
    values[0] = level;
    for (int64_t step = 0; step < 3; step++)
        if (!attune_candidate_report(candidate, step, level)) {
            ++*stopped;
            break;
        }
    return ATTUNE_OK;
}

static void test_a_pruner_stops_a_run(void **state)
{
    (void)state;
    attune_search *search = make(NULL, "{\"median\": {}}");
    attune_run_options options = {.size = sizeof options, .trials = 30, .threads = 1};
    attune_error error = {0};
    int stopped = 0;
    assert_ok(attune_search_run(search, worse_and_worse, &stopped, &options, &error), &error);
    assert_true(stopped > 5 && stopped < 30);
    attune_search_close(search);
}

static void test_pruners_that_cannot_be(void **state)
{
    (void)state;
    attune_search *search = NULL;
    attune_error error = {0};
    attune_search_options options = {
        .size = sizeof options, .space = space, .pruner = "fold_racing"};
    assert_int_equal(attune_search_open(&search, &options, &error), ATTUNE_INVALID);
    assert_non_null(strstr(error.message, "between folds"));
    options.pruner = "median";
    options.n_objectives = 2;
    assert_int_equal(attune_search_open(&search, &options, &error), ATTUNE_INVALID);
    options.pruner = "medain";
    assert_int_equal(attune_search_open(&search, &options, &error), ATTUNE_INVALID);
    assert_non_null(strstr(error.message, "median"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_same_as_with_options),    cmocka_unit_test(test_what_is_not_there),
        cmocka_unit_test(test_a_pruner_judges_reports), cmocka_unit_test(test_a_pruner_stops_a_run),
        cmocka_unit_test(test_pruners_that_cannot_be),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* tests/test_queue.c - configurations that a person wants tried first. */
#include "tests/support.h"

#include "search/attune.h"
#include "search/queue.h"

#include <math.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char space[] = "{\"lr\": {\"log_uniform\": [1e-5, 0.1]}, \"opt\": [\"adam\", \"sgd\"],"
                            " \"momentum\": {\"uniform\": [0.5, 1], \"when\": \"opt = 'sgd'\"}}";

static attune_search *open_in(const char *store, const char *queue)
{
    attune_search_options options = {
        .size = sizeof options, .space = space, .store = store, .queue = queue, .lookahead = 3};
    attune_search *search = NULL;
    attune_error error = {0};
    assert_ok(attune_search_open(&search, &options, &error), &error);
    return search;
}

static attune_status lr_of(attune_candidate *candidate, double *values, void *user)
{
    (void)user;
    values[0] = attune_candidate_real(candidate, "lr");
    return ATTUNE_OK;
}

static void run(attune_search *search, int64_t trials, int64_t threads)
{
    attune_run_options options = {.size = sizeof options, .trials = trials, .threads = threads};
    attune_error error = {0};
    assert_ok(attune_search_run(search, lr_of, NULL, &options, &error), &error);
}

static bool append(attune_candidate *candidate, void *user)
{
    attune_text_printf(user, "%s\n", attune_candidate_json(candidate));
    return true;
}

static char *trials_of(attune_search *search)
{
    attune_text text = {0};
    attune_error error = {0};
    assert_ok(attune_search_visit(search, append, &text, &error), &error);
    return attune_text_take(&text, NULL);
}

/* Whether line i of text, from 0, ends with these words, or is all of them. */
static void expect_line(const char *text, int i, const char *words)
{
    for (; i > 0; i--)
        text = strchr(text, '\n') + 1;
    size_t length = strcspn(text, "\n"), n = strlen(words);
    assert_true(length >= n && strncmp(text + length - n, words, n) == 0);
}

/* More of them than may be in flight; the third is left half open. */
static void test_a_queue_comes_first(void **state)
{
    (void)state;
    const char *queue = "[\"default\", {\"lr\": 0.05, \"opt\": \"adam\"}, {\"momentum\": 0.75,"
                        " \"opt\": \"sgd\"}, {\"lr\": 0.01, \"opt\": \"adam\"},"
                        " {\"lr\": 0.01, \"opt\": \"adam\"}]";
    attune_search *search = open_in(NULL, queue), *again = open_in(NULL, queue);
    run(search, 12, 1);
    run(again, 12, 4);
    char *trials = trials_of(search), *same = trials_of(again);
    assert_string_equal(trials, same);
    expect_line(trials, 0, "{\"lr\":0.001,\"momentum\":0.75,\"opt\":\"sgd\"}");
    expect_line(trials, 1, "{\"lr\":0.05,\"opt\":\"adam\"}");
    expect_line(trials, 2, "\"momentum\":0.75,\"opt\":\"sgd\"}");
    for (int i = 3; i < 5; i++) /* what is asked for twice is run twice */
        expect_line(trials, i, "{\"lr\":0.01,\"opt\":\"adam\"}");
    free(trials);
    free(same);
    attune_search_close(search);
    attune_search_close(again);
}

static void test_a_queue_is_frozen(void **state)
{
    (void)state;
    char *folder = scratch_folder();
    char path[512];
    attune_search *search = NULL;
    attune_error error = {0};
    snprintf(path, sizeof path, "%s/queue.db", folder);
    attune_search_close(open_in(path, "[{\"lr\": 0.01}]"));
    attune_search_close(open_in(path, "[{\"lr\": 1e-2}]"));
    attune_search_options options = {
        .size = sizeof options, .space = space, .store = path, .lookahead = 3};
    assert_int_equal(attune_search_open(&search, &options, &error), ATTUNE_CONFLICT);
    assert_error(&error, ATTUNE_CONFLICT, "queue");
    options.space = NULL;
    assert_ok(attune_search_open(&search, &options, &error), &error);
    run(search, 1, 1);
    char *trials = trials_of(search);
    assert_non_null(strstr(trials, "\"lr\":0.01"));
    free(trials);
    attune_search_close(search);
    scratch_remove(folder);
}

static int64_t enqueue(attune_search *search, const char *values)
{
    int64_t number = -1;
    attune_error error = {0};
    assert_ok(attune_search_enqueue(search, values, &number, &error), &error);
    return number;
}

static int64_t ask(attune_search *search, double *lr)
{
    attune_candidate *candidate = NULL;
    attune_error error = {0};
    assert_ok(attune_search_ask(search, &candidate, &error), &error);
    int64_t number = attune_candidate_number(candidate);
    *lr = attune_candidate_real(candidate, "lr");
    attune_candidate_free(candidate);
    return number;
}

static void expect_attribute(const char *path, const char *wanted)
{
    sqlite3 *db = NULL;
    sqlite3_stmt *row = NULL;
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    assert_int_equal(
        sqlite3_prepare_v2(db,
                           "SELECT value_json FROM trial_system_attributes JOIN trials "
                           "USING (trial_id) WHERE key = 'fixed_params' AND state = 'WAITING'",
                           -1, &row, NULL),
        SQLITE_OK);
    assert_int_equal(sqlite3_step(row), SQLITE_ROW);
    assert_string_equal((const char *)sqlite3_column_text(row, 0), wanted);
    sqlite3_finalize(row);
    sqlite3_close(db);
}

/* As many as one likes, whatever is in flight; the same values once. */
static void test_enqueued_while_it_goes_on(void **state)
{
    (void)state;
    char *folder = scratch_folder();
    char path[512], values[64];
    double lr = 0;
    snprintf(path, sizeof path, "%s/queue.db", folder);
    attune_search *search = open_in(path, NULL), *other = open_in(path, NULL);
    assert_int_equal(ask(search, &lr), 0);
    assert_int_equal(enqueue(other, "{\"lr\": 0.02}"), 1);
    expect_attribute(path, "{\"lr\":0.02}");
    for (int i = 2; i < 9; i++) {
        snprintf(values, sizeof values, "{\"lr\": 0.0%d, \"opt\": \"adam\"}", i);
        assert_int_equal(enqueue(i % 2 ? search : other, values), i);
    }
    assert_int_equal(enqueue(search, "{ \"lr\" : 2e-2 }"), 1);
    for (int i = 1; i < 9; i++) {
        assert_int_equal(ask(other, &lr), i);
        assert_close(lr, i == 1 ? 0.02 : 0.01 * i, 1e-12);
    }
    attune_search_close(search);
    attune_search_close(other);
    scratch_remove(folder);
}

static void test_what_is_refused(void **state)
{
    (void)state;
    static const struct {
        const char *values, *words;
    } cases[] = {{"{\"lr\": 1}", "not one of the values"},
                 {"{\"rate\": 1}", "rate"},
                 {"{\"momentum\": 0.6, \"opt\": \"adam\"}", "never active"},
                 {"[1]", "must be an object"},
                 {"{", "values"}};
    attune_search *search = open_in(NULL, NULL), *none = NULL;
    attune_error error = {0};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        assert_int_equal(attune_search_enqueue(search, cases[i].values, NULL, &error),
                         ATTUNE_INVALID);
        char text[2048];
        attune_error_text(&error, text, sizeof text);
        assert_non_null(strstr(text, cases[i].words));
    }
    attune_search_close(search);
    attune_search_options options = {
        .size = sizeof options, .space = space, .queue = "[{\"lr\": 0.01}, \"best\"]"};
    assert_int_equal(attune_search_open(&none, &options, &error), ATTUNE_INVALID);
    options.queue = "{\"lr\": 0.01}";
    assert_int_equal(attune_search_open(&none, &options, &error), ATTUNE_INVALID);
    assert_error(&error, ATTUNE_INVALID, "list");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_queue_comes_first),
        cmocka_unit_test(test_a_queue_is_frozen),
        cmocka_unit_test(test_enqueued_while_it_goes_on),
        cmocka_unit_test(test_what_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

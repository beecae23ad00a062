/* tests/test_goals.c - several objectives and constraints: what can be the answer, through the
 * library, in the store, by hand and by threads. */
#include "tests/support.h"

#include "search/api/parts.h"
#include "search/leaderboard.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { n_trials = 60 };

static const char space[] = "{\"x\": {\"uniform\": [0, 2]}, \"y\": {\"uniform\": [0, 2]},"
                            " \"kind\": [\"a\", \"b\"], \"n\": {\"rand_int\": [0, 3]}}";

/* Two objectives that pull apart, the second to be maximised; y may not go far below x. */
static attune_status evaluate(attune_candidate *candidate, double *values, void *user)
{
    double x = attune_candidate_real(candidate, "x"), y = attune_candidate_real(candidate, "y");
    const char *kind = attune_candidate_text(candidate, "kind");
    const char *mode = user;
    double n = (double)attune_candidate_integer(candidate, "n");
    values[0] = x * x + (y - 0.5) * (y - 0.5) + (*kind == 'b') + n;
    values[1] = -(x - 1.5) * (x - 1.5) - y * y - n;
    if (strcmp(mode, "silent") != 0)
        attune_candidate_constraint(candidate, strcmp(mode, "astray") == 0 ? 1 : 0, x - y - 0.25);
    return ATTUNE_OK;
}

static attune_status open_search(attune_search **search, const char *store, const char *sampler,
                                 int64_t n_constraints, attune_error *error)
{
    static const attune_goal goals[] = {ATTUNE_GOAL_MINIMIZE, ATTUNE_GOAL_MAXIMIZE};
    attune_search_options options = {.size = sizeof options,
                                     .space = space,
                                     .store = store,
                                     .sampler = sampler,
                                     .goals = goals,
                                     .n_objectives = 2,
                                     .seed = 4,
                                     .lookahead = 6,
                                     .budget = n_trials,
                                     .n_constraints = n_constraints};
    return attune_search_open(search, &options, error);
}

static attune_status run(attune_search *search, const char *mode, int64_t trials, int64_t threads,
                         attune_error *error)
{
    attune_run_options options = {.size = sizeof options, .trials = trials, .threads = threads};
    return attune_search_run(search, evaluate, (void *)(uintptr_t)mode, &options, error);
}

/* ---- what can be the answer ---- */

static void the_front_is_what_none_beats(void **state)
{
    (void)state;
    static const attune_direction directions[] = {ATTUNE_MINIMIZE, ATTUNE_MAXIMIZE};
    static const attune_constraint limit[] = {{2, -1, 0.25}};
    double values[][3] = {{1.5, 2, 1}, {1.5, 2.5, 1}, {2.385, 3, 0.25}, {9, 9, 0.2},
                          {3, 3, 1},   {0.1, 5, NAN}, {0.5, NAN, 1}};
    static const uint8_t expected[] = {0, 1, 1, 0, 0, 0, 0}, kept[] = {1, 1, 1, 0, 1, 0, 0};
    attune_trial trials[7];
    uint8_t marks[7];
    attune_goals goals = {directions, 2, limit, 1};
    attune_leaderboard board;
    attune_error error = {0};
    for (int i = 0; i < 7; i++)
        trials[i] = (attune_trial){
            .number = i, .state = ATTUNE_TRIAL_COMPLETE, .values = values[i], .n_values = 3};
    assert_ok(attune_leaderboard_make(&board, &goals, trials, 7, NULL, marks, &error), &error);
    assert_memory_equal(marks, expected, sizeof marks);
    assert_int_equal(board.best, 1);
    assert_int_equal(board.n_front, 2);
    assert_int_equal(board.n_broken, 3);
    assert_int_equal(board.n_ties, 0);
    goals.n_objectives = 1;
    assert_ok(attune_leaderboard_make(&board, &goals, trials, 7, NULL, marks, &error), &error);
    assert_int_equal(board.best, 6); /* its second value is not asked for */
    for (int i = 0; i < 6; i++)
        assert_int_equal(marks[i], kept[i]);
}

static void constraints_are_written_and_read(void **state)
{
    (void)state;
    static const char *const names[] = {"loss", "accuracy"};
    const attune_constraint made[] = {{1, -1, 0.9}, {0, 1, 2.385}};
    attune_constraint *back = NULL;
    attune_texts texts = {0};
    attune_error error = {0};
    int64_t n = 0;
    for (int i = 0; i < 2; i++)
        assert_ok(attune_texts_add(&texts, names[i], &error), &error);
    json_t *json = attune_constraints_to_json(made, 2, names, &error);
    char *text = attune_json_write(json, &error);
    assert_string_equal(
        text, "[{\"metric\":\"accuracy\",\"min\":0.9},{\"max\":2.385,\"metric\":\"loss\"}]");
    assert_ok(attune_constraints_from_json(json, &texts, &back, &n, &error), &error);
    assert_int_equal(n, 2);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(back[i].metric, made[i].metric);
        assert_close(back[i].sign, made[i].sign, 0);
        assert_close(back[i].bound, made[i].bound, 0);
    }
    free(back);
    free(text);
    json_decref(json);
    attune_texts_clear(&texts);
}

/* ---- through the library ---- */

struct seen {
    double values[n_trials][3];
    int64_t n;
};

static bool note(attune_candidate *candidate, void *user)
{
    struct seen *seen = user;
    for (int k = 0; k < 3; k++)
        seen->values[seen->n][k] = attune_candidate_value(candidate, k);
    seen->n++;
    return true;
}

static bool beats(const double *a, const double *b)
{
    return a[2] <= 0 && a[0] <= b[0] && a[1] >= b[1] && (a[0] < b[0] || a[1] > b[1]);
}

static void assert_front(attune_search *search)
{
    struct seen all = {.n = 0}, front = {.n = 0};
    attune_error error = {0};
    int64_t expected = 0, number = -1;
    assert_ok(attune_search_visit(search, note, &all, &error), &error);
    assert_ok(attune_search_front(search, note, &front, &error), &error);
    assert_int_equal(all.n, n_trials);
    for (int64_t i = 0; i < all.n; i++) {
        bool beaten = all.values[i][2] > 0;
        for (int64_t j = 0; j < all.n && !beaten; j++)
            beaten = beats(all.values[j], all.values[i]);
        if (!beaten)
            assert_memory_equal(front.values[expected++], all.values[i], sizeof all.values[i]);
    }
    assert_int_equal(front.n, expected);
    assert_true(expected >= 1);
    assert_ok(attune_search_best(search, 1, &number, &error), &error);
    for (int64_t i = 0; i < all.n; i++)
        assert_true(all.values[i][2] > 0 || all.values[i][1] <= all.values[number][1]);
    assert_true(all.values[number][2] <= 0);
}

static void every_sampler_gives_a_front(void **state)
{
    (void)state;
    static const char *const samplers[] = {"random", "gp", "tpe", "nsga2", "auto"};
    for (int s = 0; s < 5; s++) {
        struct seen one = {.n = 0}, three = {.n = 0};
        attune_error error = {0};
        for (int64_t threads = 1; threads <= 3; threads += 2) {
            attune_search *search = NULL;
            assert_ok(open_search(&search, ":memory:", samplers[s], 1, &error), &error);
            assert_ok(run(search, "", n_trials, threads, &error), &error);
            assert_front(search);
            assert_ok(attune_search_visit(search, note, threads == 1 ? &one : &three, &error),
                      &error);
            attune_search_close(search);
        }
        assert_memory_equal(&one, &three, sizeof one);
    }
}

static void a_store_keeps_what_is_wanted(void **state)
{
    (void)state;
    char *folder = scratch_folder(), *json = NULL;
    char store[512];
    attune_search *search = NULL;
    attune_error error = {0};
    snprintf(store, sizeof store, "%s/two.db", folder);
    assert_ok(open_search(&search, store, "nsga2", 1, &error), &error);
    assert_ok(run(search, "", 30, 2, &error), &error);
    attune_search_close(search);
    assert_int_equal(open_search(&search, store, "nsga2", 0, &error), ATTUNE_CONFLICT);
    assert_error(&error, ATTUNE_CONFLICT, "constraints");
    assert_ok(open_search(&search, store, "nsga2", 1, &error), &error);
    assert_ok(run(search, "", n_trials, 2, &error), &error); /* as in one go */
    assert_front(search);
    struct seen whole = {.n = 0}, parts = {.n = 0};
    assert_ok(attune_search_visit(search, note, &parts, &error), &error);
    assert_ok(search->storage->type->get_attribute(search->storage->self, search->study.id, 7,
                                                   "constraints", &json, &error),
              &error);
    assert_non_null(json);
    json_t *constraints = attune_json_parse(json);
    assert_close(json_number_value(json_array_get(constraints, 0)), parts.values[7][2], 0);
    json_decref(constraints);
    attune_search_close(search);
    assert_ok(open_search(&search, ":memory:", "nsga2", 1, &error), &error);
    assert_ok(run(search, "", n_trials, 1, &error), &error);
    assert_ok(attune_search_visit(search, note, &whole, &error), &error);
    assert_memory_equal(&whole, &parts, sizeof whole);
    attune_search_close(search);
    free(json);
    scratch_remove(folder);
}

static void what_is_told_has_its_constraints(void **state)
{
    (void)state;
    attune_search *search = NULL;
    attune_candidate *candidate = NULL;
    attune_error error = {0};
    int64_t best = -1;
    assert_ok(open_search(&search, ":memory:", "nsga2", 1, &error), &error);
    for (int64_t i = 0; i < 12; i++) {
        double values[] = {2.385 + (double)i, 1.5, i < 4 ? 0.25 : 0};
        assert_ok(attune_search_ask(search, &candidate, &error), &error);
        assert_int_equal(attune_search_tell(search, i, values, 2, &error), ATTUNE_INVALID);
        assert_error(&error, ATTUNE_INVALID, "constraints after");
        assert_ok(attune_search_tell(search, i, values, 3, &error), &error);
        attune_candidate_free(candidate);
    }
    assert_ok(attune_search_best(search, 0, &best, &error), &error);
    assert_int_equal(best, 4);
    attune_search_close(search);
}

static void what_is_wrong_is_told(void **state)
{
    (void)state;
    attune_search *search = NULL;
    attune_error error = {0};
    assert_int_equal(open_search(&search, ":memory:", "cmaes", 1, &error), ATTUNE_INVALID);
    assert_error(&error, ATTUNE_INVALID, "several objectives");
    assert_int_equal(open_search(&search, ":memory:", "nsga2", 31, &error), ATTUNE_INVALID);
    assert_error(&error, ATTUNE_INVALID, "n_constraints");
    assert_ok(open_search(&search, ":memory:", "random", 1, &error), &error);
    assert_int_equal(run(search, "astray", 5, 1, &error), ATTUNE_INVALID);
    assert_error(&error, ATTUNE_INVALID, "no such one");
    attune_search_close(search);
    assert_ok(open_search(&search, ":memory:", "random", 1, &error), &error);
    assert_int_equal(run(search, "silent", 20, 1, &error), ATTUNE_UNFIT);
    assert_error(&error, ATTUNE_UNFIT, "not a finite number");
    attune_search_close(search);
}

/* Writes such a study to a path, for tests/checks/optuna_reads.py. */
static int make(const char *path)
{
    attune_search *search = NULL;
    attune_error error = {0};
    attune_status status = open_search(&search, path, "nsga2", 1, &error);
    if (!status)
        status = run(search, "", n_trials, 2, &error);
    if (status)
        fprintf(stderr, "%s\n", error.message);
    attune_search_close(search);
    return status ? 1 : 0;
}

int main(int argc, char **argv)
{
    if (argc == 3 && strcmp(argv[1], "make") == 0)
        return make(argv[2]);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_front_is_what_none_beats),
        cmocka_unit_test(constraints_are_written_and_read),
        cmocka_unit_test(every_sampler_gives_a_front),
        cmocka_unit_test(a_store_keeps_what_is_wanted),
        cmocka_unit_test(what_is_told_has_its_constraints),
        cmocka_unit_test(what_is_wrong_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

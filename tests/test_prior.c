/* tests/test_prior.c - a study that begins with the results of an older one. */
#include "tests/support.h"

#include "search/attune.h"
#include "search/prior.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char old_space[] = "{\"model__x\": {\"uniform\": [0, 10]}, \"opt\": [\"a\", \"b\"],"
                                " \"gone\": {\"uniform\": [0, 1]}}";
static const char new_space[] =
    "{\"x\": {\"uniform\": [2, 10]}, \"opt\": [\"b\", \"a\", \"c\"],"
    " \"extra\": {\"uniform\": [0, 1], \"when\": \"opt = 'c'\"}, \"more\": {\"uniform\": [0, 4]}}";

static attune_search *open_in(const char *store, const char *space, const char *from,
                              const char *sampler)
{
    attune_search_options options = {.size = sizeof options,
                                     .space = space,
                                     .store = store,
                                     .from = from,
                                     .sampler = sampler,
                                     .lookahead = 1};
    attune_search *search = NULL;
    attune_error error = {0};
    assert_ok(attune_search_open(&search, &options, &error), &error);
    return search;
}

static attune_status far_from_7(attune_candidate *candidate, double *values, void *user)
{
    double x = attune_candidate_real(candidate, user ? user : "x");
    values[0] = (x - 7) * (x - 7);
    return ATTUNE_OK;
}

static void run(attune_search *search, int64_t trials, char *name)
{
    attune_run_options options = {.size = sizeof options, .trials = trials, .threads = 1};
    attune_error error = {0};
    assert_ok(attune_search_run(search, far_from_7, name, &options, &error), &error);
}

/* The older study: a path that the caller frees. */
static char *make_old(const char *folder)
{
    char *path = malloc(512), name[] = "model__x";
    snprintf(path, 512, "%s/old.db", folder);
    attune_search *search = open_in(path, old_space, NULL, "random");
    run(search, 40, name);
    attune_search_close(search);
    return path;
}

static void test_what_is_taken(void **state)
{
    (void)state;
    char *folder = scratch_folder(), *old = make_old(folder);
    const char *minimize = "minimize", *maximize = "maximize";
    attune_space *space = space_of(new_space), *strange = space_of("{\"y\": [1, 2]}");
    int64_t x = attune_space_find(space, "x", NULL), more = attune_space_find(space, "more", NULL);
    int64_t extra = attune_space_find(space, "extra", NULL);
    attune_prior prior, again;
    attune_error error = {0};
    assert_ok(attune_prior_read(&prior, space, &minimize, 1, old, NULL, &error), &error);
    assert_true(prior.n > 20 && prior.n < 40); /* those below 2 are left out */
    assert_int_equal(prior.n + prior.n_left_out, 40);
    for (int64_t i = 0; i < prior.n; i++) {
        const attune_prior_row *row = &prior.rows[i];
        assert_true(row->sample.x[x] >= 2);
        assert_close(row->values[0], (row->sample.x[x] - 7) * (row->sample.x[x] - 7), 1e-12);
        assert_close(row->sample.x[more], 2, 1e-12);
        assert_false(row->sample.active[extra]);
    }
    assert_ok(attune_prior_load(&again, space, 1, prior.text, &error), &error);
    assert_string_equal(prior.text, again.text);
    assert_int_equal(prior.n, again.n);
    attune_prior_clear(&again);
    attune_prior_clear(&prior);
    assert_int_equal(attune_prior_read(&prior, space, &maximize, 1, old, NULL, &error),
                     ATTUNE_INVALID);
    attune_error_clear(&error);
    assert_int_equal(attune_prior_read(&prior, strange, &minimize, 1, old, NULL, &error),
                     ATTUNE_INVALID);
    assert_error(&error, ATTUNE_INVALID, "shares no");
    attune_error_clear(&error);
    assert_int_equal(attune_prior_load(&again, space, 1, "[[[1,2,3,4],[0],0]]", &error),
                     ATTUNE_CORRUPT);
    attune_space_free(space);
    attune_space_free(strange);
    free(old);
    scratch_remove(folder);
}

static double best_of(attune_search *search)
{
    attune_candidate *candidate = NULL;
    attune_error error = {0};
    int64_t number = 0;
    assert_ok(attune_search_best(search, 0, &number, &error), &error);
    assert_ok(attune_search_read(search, number, &candidate, &error), &error);
    double value = attune_candidate_value(candidate, 0);
    attune_candidate_free(candidate);
    return value;
}

static char *first_of(attune_search *search, int64_t number)
{
    attune_candidate *candidate = NULL;
    attune_error error = {0};
    assert_ok(attune_search_read(search, number, &candidate, &error), &error);
    char *json = strdup(attune_candidate_json(candidate));
    attune_candidate_free(candidate);
    return json;
}

/* The model knows where to look from job 0 on, and goes on without the old file. */
static void test_a_warm_start(void **state)
{
    (void)state;
    char *folder = scratch_folder(), *old = make_old(folder), path[512], cold_path[512];
    static const char *const samplers[] = {"gp", "tpe", "auto"};
    for (size_t i = 0; i < sizeof samplers / sizeof *samplers; i++) {
        snprintf(path, sizeof path, "%s/%s.db", folder, samplers[i]);
        snprintf(cold_path, sizeof cold_path, "%s/%s.cold.db", folder, samplers[i]);
        attune_search *warm = open_in(path, new_space, old, samplers[i]);
        attune_search *cold = open_in(cold_path, new_space, NULL, samplers[i]);
        run(warm, 4, NULL);
        run(cold, 4, NULL);
        assert_true(best_of(warm) < 0.5 && best_of(warm) <= best_of(cold));
        attune_search_close(warm);
        attune_search_close(cold);
    }
    free(old);
    scratch_remove(folder);
}

static void test_it_belongs_to_the_new_study(void **state)
{
    (void)state;
    char *folder = scratch_folder(), *old = make_old(folder), path[512], whole[512];
    attune_search *search = NULL, *at_once = NULL;
    attune_error error = {0};
    snprintf(path, sizeof path, "%s/new.db", folder);
    snprintf(whole, sizeof whole, "%s/whole.db", folder);
    at_once = open_in(whole, new_space, old, "auto");
    run(at_once, 12, NULL);
    search = open_in(path, new_space, old, "auto");
    run(search, 5, NULL);
    attune_search_close(search);
    assert_int_equal(remove(old), 0);
    search = open_in(path, new_space, old, "auto"); /* the same command, and one without */
    run(search, 8, NULL);
    attune_search_close(search);
    search = open_in(path, new_space, NULL, "auto");
    run(search, 12, NULL);
    for (int64_t i = 0; i < 12; i++) {
        char *a = first_of(search, i), *b = first_of(at_once, i);
        assert_string_equal(a, b);
        free(a);
        free(b);
    }
    attune_search_close(search);
    attune_search_close(at_once);
    attune_search_options options = {.size = sizeof options, .space = new_space, .from = old};
    assert_int_equal(attune_search_open(&search, &options, &error), ATTUNE_NOT_FOUND);
    free(old);
    scratch_remove(folder);
}

/* Types that go where nobody has been do as they would without; a small space is not used up. */
static void test_others_are_not_shown_it(void **state)
{
    (void)state;
    char *folder = scratch_folder(), *old = make_old(folder);
    static const char *const samplers[] = {"random", "sobol", "halton"};
    for (size_t i = 0; i < sizeof samplers / sizeof *samplers; i++) {
        attune_search *warm = open_in(NULL, new_space, old, samplers[i]);
        attune_search *cold = open_in(NULL, new_space, NULL, samplers[i]);
        run(warm, 6, NULL);
        run(cold, 6, NULL);
        for (int64_t k = 0; k < 6; k++) {
            char *a = first_of(warm, k), *b = first_of(cold, k);
            assert_string_equal(a, b);
            free(a);
            free(b);
        }
        attune_search_close(warm);
        attune_search_close(cold);
    }
    attune_search *few = open_in(NULL, "{\"x\": [3, 5, 7]}", NULL, "gp");
    run(few, 10, NULL);
    int64_t n = 0;
    attune_error error = {0};
    assert_ok(attune_search_count(few, &n, &error), &error);
    assert_int_equal(n, 3);
    attune_search_close(few);
    free(old);
    scratch_remove(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_is_taken),
        cmocka_unit_test(test_a_warm_start),
        cmocka_unit_test(test_it_belongs_to_the_new_study),
        cmocka_unit_test(test_others_are_not_shown_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

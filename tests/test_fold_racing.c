/* tests/test_fold_racing.c - what a race over folds decides, on scores made by hand. */
#include "tests/support.h"

#include "search/pruner.h"

#include <math.h>
#include <string.h>

enum { n_folds = 5, n_known = 6 };

/* Folds that differ a lot, jobs that differ little: job 2 is the best. */
static const double scores[n_known][n_folds] = {
    {1.52, 2.51, 3.50, 4.51, 5.49}, {1.40, 2.42, 3.41, 4.40, 5.41}, {1.20, 2.21, 3.20, 4.22, 5.21},
    {1.61, 2.60, 3.62, 4.61, 5.60}, {1.31, 2.30, 3.32, 4.30, 5.29}, {1.45, 2.46, 3.45, 4.43, 5.46},
};

struct race {
    attune_pruner *pruner;
    attune_pruner_row known[n_known];
    attune_pruner_view view;
};

static double mean_of(const double *values)
{
    double sum = 0;
    for (int64_t f = 0; f < n_folds; f++)
        sum += values[f];
    return sum / n_folds;
}

static int setup(void **state)
{
    static struct race race;
    attune_error error = {0};
    memset(&race, 0, sizeof race);
    assert_ok(attune_pruner_new(&race.pruner, "fold_racing", &error), &error);
    for (int64_t i = 0; i < n_known; i++)
        race.known[i] = (attune_pruner_row){.scores = scores[i],
                                            .n_scored = n_folds,
                                            .outcome = ATTUNE_COMPLETED,
                                            .value = mean_of(scores[i])};
    race.view = (attune_pruner_view){.job = n_known,
                                     .n_folds = n_folds,
                                     .sign = 1,
                                     .known = race.known,
                                     .n_known = n_known,
                                     .best = 2};
    *state = &race;
    return 0;
}

static int teardown(void **state)
{
    struct race *race = *state;
    attune_pruner_free(race->pruner);
    return 0;
}

static attune_verdict decide(struct race *race, const double *own, int64_t n)
{
    race->view.own = (attune_pruner_row){.scores = own, .n_scored = n, .value = NAN};
    return race->pruner->type->after_fold(race->pruner->self, &race->view);
}

static void what_is_far_behind_stops_and_its_end_is_foreseen(void **state)
{
    /* 0.5 behind on the two easiest folds: its mean of those is below everybody's whole mean. */
    const double own[] = {1.70, 2.71};
    attune_verdict verdict = decide(*state, own, 2);
    assert_true(verdict.prune);
    assert_close(verdict.estimate, 2.205 + 1.4985, 1e-12);
}

static void what_is_as_good_or_better_goes_on(void **state)
{
    const double same[] = {1.20, 2.21}, better[] = {1.1, 2.0}, close[] = {1.21, 2.22};
    assert_false(decide(*state, same, 2).prune);
    assert_false(decide(*state, better, 2).prune);
    assert_false(decide(*state, close, 2).prune);
}

static void its_own_noise_counts(void **state)
{
    const double steady[] = {1.23, 2.24}, mixed[] = {1.10, 2.37}; /* as far behind */
    assert_true(decide(*state, steady, 2).prune);
    assert_false(decide(*state, mixed, 2).prune);
}

static void more_folds_decide_what_fewer_do_not(void **state)
{
    const double own[] = {1.208, 2.218, 3.208, 4.23};
    assert_false(decide(*state, own, 2).prune);
    assert_true(decide(*state, own, 4).prune);
}

static void a_job_in_flight_is_a_rival_too(void **state)
{
    struct race *race = *state;
    static const double fast[] = {0.8, 1.81};
    const double own[] = {1.15, 2.16}; /* better than what is known */
    attune_pruner_row peer = {.scores = fast, .n_scored = 2, .value = NAN};
    assert_false(decide(race, own, 2).prune);
    race->view.peers = &peer;
    race->view.n_peers = 1;
    race->view.job++;
    assert_true(decide(race, own, 2).prune);
    peer.n_scored = 1; /* it failed: there is nothing to be compared with */
    assert_false(decide(race, own, 2).prune);
}

static void without_enough_jobs_in_sight_nothing_stops(void **state)
{
    struct race *race = *state;
    const double own[] = {9, 9};
    race->view.n_known = 4; /* the rival and three more */
    assert_false(decide(race, own, 2).prune);
    race->view.n_known = 0;
    race->view.best = -1;
    assert_false(decide(race, own, 2).prune);
}

static void equal_and_infinite_scores_are_borne(void **state)
{
    struct race *race = *state;
    static const double flat[] = {1, 1, 1, 1, 1};
    const double huge[] = {1e308, -1e308}, own[] = {1, 1};
    assert_false(decide(race, huge, 2).prune);
    for (int64_t i = 0; i < n_known; i++) {
        race->known[i].scores = flat;
        race->known[i].value = 1;
    }
    assert_false(decide(race, own, 2).prune);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(what_is_far_behind_stops_and_its_end_is_foreseen, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(what_is_as_good_or_better_goes_on, setup, teardown),
        cmocka_unit_test_setup_teardown(its_own_noise_counts, setup, teardown),
        cmocka_unit_test_setup_teardown(more_folds_decide_what_fewer_do_not, setup, teardown),
        cmocka_unit_test_setup_teardown(a_job_in_flight_is_a_rival_too, setup, teardown),
        cmocka_unit_test_setup_teardown(without_enough_jobs_in_sight_nothing_stops, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(equal_and_infinite_scores_are_borne, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

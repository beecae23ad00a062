/* tests/test_jobs.c - a job that is read again as another process goes on with it. */
#include "tests/support.h"

#include "search/loop/jobs.h"

#include <math.h>

enum { n_folds = 4 };

/* Folds that ran ahead are stored; a verdict on those before them then cuts them off. */
static void folds_that_were_cut_off_are_forgotten(void **state)
{
    (void)state;
    static const attune_direction directions[] = {ATTUNE_MAXIMIZE};
    attune_space *space = space_of("{\"x\": {\"uniform\": [0, 1]}}");
    attune_objective objective = {
        .n_folds = n_folds, .n_metrics = 1, .n_objectives = 1, .directions = directions};
    double ahead[n_folds] = {0.5, 0.6, 0.7, NAN}, cut[n_folds] = {0.5, NAN, NAN, NAN};
    double value = 0.5;
    attune_trial running = {.state = ATTUNE_TRIAL_RUNNING, .folds = {ahead, 1, n_folds}};
    attune_trial pruned = {
        .state = ATTUNE_TRIAL_PRUNED, .values = &value, .n_values = 1, .folds = {cut, 1, n_folds}};
    attune_jobs jobs;
    attune_sample sample = {0};
    attune_loop_job *job = NULL;
    attune_error error = {0};
    attune_jobs_init(&jobs, space, &objective);
    assert_ok(attune_sample_init(&sample, space, &error), &error);
    assert_ok(attune_jobs_add(&jobs, &sample, &job, &error), &error);
    assert_ok(attune_jobs_restore(&jobs, job, &running, &error), &error);
    assert_true(job->foreign && !job->finished);
    assert_int_equal(attune_job_n_scored(&jobs, job), 3);
    assert_close(job->losses[2], -0.7, 0);
    assert_ok(attune_jobs_restore(&jobs, job, &pruned, &error), &error);
    assert_true(job->finished);
    assert_int_equal(attune_job_n_scored(&jobs, job), 1);
    assert_int_equal(job->pruned_at, 1);
    assert_true(isnan(job->losses[1]) && isnan(job->losses[2]));
    attune_sample_clear(&sample);
    attune_jobs_clear(&jobs);
    attune_space_free(space);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(folds_that_were_cut_off_are_forgotten),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* tests/all_pruners.c - what every pruner must do, whichever it is. */
#include "tests/loop_bench.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { most_folds = 5, n_steps = 12, n_trials = 60 };

/* A made objective: a score a fold, and a curve that comes down to it. */
struct problem {
    int64_t n_folds;
    bool maximise, constant;
    bool troubled;      /* some configurations fail, some score no number */
    int64_t stop_after; /* calls; 0: never */
    attune_stop *stop;
    int nanoseconds;
    int64_t n_calls;
    int64_t ends[n_trials][most_folds]; /* how often a fold was run to its end */
};

static double noise(int64_t number, int64_t fold)
{
    attune_key key = attune_key_integer(attune_key_start("noise"), number * most_folds + fold);
    attune_stream stream = attune_stream_new(key);
    return attune_stream_uniform(&stream) - 0.5;
}

static attune_status report_curve(const struct problem *p, const attune_services *services,
                                  double loss, double slope, attune_error *error)
{
    attune_status status = ATTUNE_OK;
    for (int64_t step = 1; step <= n_steps && !status; step++) {
        double value = p->constant ? 1 : loss + slope * (double)(n_steps - step) / n_steps;
        status = services->report(services->user, step, p->maximise ? -value : value, error);
        if (!status)
            status = services->stop(services->user, error);
    }
    return status;
}

static attune_status evaluate(void *user, const attune_job *job, int64_t fold,
                              const attune_services *services, attune_fold_result *result,
                              attune_error *error)
{
    struct problem *p = user;
    double x = job->sample->x[0];
    double loss = (x - 3) * (x - 3) + 2 * (double)fold + noise(job->number, fold);
    int64_t n = __atomic_add_fetch(&p->n_calls, 1, __ATOMIC_RELAXED);
    if (p->nanoseconds) /* jobs of different lengths end out of order */
        nanosleep(&(struct timespec){0, (long)(p->nanoseconds * (1 + job->number * 5 % 7))}, NULL);
    if (p->stop_after && n >= p->stop_after)
        attune_stop_raise(p->stop, 2);
    attune_status status = services->stop(services->user, error);
    if (!status)
        status = report_curve(p, services, loss, 14 - x, error);
    if (status)
        return status;
    __atomic_add_fetch(&p->ends[job->number][fold], 1, __ATOMIC_RELAXED);
    if (p->troubled && x < 2 && fold > 0)
        return attune_fail(error, ATTUNE_UNFIT, "x is %g in fold %d", x, (int)fold);
    loss = p->constant ? 1 : p->troubled && x > 9 && fold == 1 ? NAN : loss;
    result->scores[0] = p->maximise ? -loss : loss;
    result->scores[1] = x;
    return ATTUNE_OK;
}

/* As a plan would name it; types that do nothing without settings get some. */
static attune_pruner *make_pruner(const attune_pruner_type *type)
{
    attune_error error = {0};
    attune_document document;
    attune_pruner *pruner = NULL;
    const char *text = strcmp(type->name, "threshold") == 0
                           ? "{\"threshold\": {\"upper\": 30, \"lower\": -30}}"
                       : strcmp(type->name, "patient") == 0
                           ? "{\"patient\": {\"patience\": 3, \"min_delta\": 1.5}}"
                           : NULL;
    if (!text) {
        assert_ok(attune_pruner_new(&pruner, type->name, &error), &error);
        return pruner;
    }
    assert_ok(attune_document_parse(&document, "pruner", text, (int64_t)strlen(text), &error),
              &error);
    attune_at top = attune_at_top(&document);
    assert_ok(attune_pruner_from_json(&pruner, document.root, &top, &error), &error);
    attune_document_clear(&document);
    return pruner;
}

static void open_bench(struct loop_bench *b, const attune_pruner_type *type,
                       struct problem *problem)
{
    loop_bench_open(b, &(struct loop_problem){.space = "{\"x\": {\"uniform\": [0, 10]}}",
                                              .sampler = "random",
                                              .pruner = make_pruner(type),
                                              .n_folds = problem->n_folds,
                                              .maximise = problem->maximise,
                                              .evaluate = evaluate,
                                              .user = problem});
    b->options.stop = problem->stop;
}

static char *run_with(const attune_pruner_type *type, int threads, struct problem problem)
{
    struct loop_bench b;
    open_bench(&b, type, &problem);
    b.options.threads = threads;
    attune_loop_result result = loop_bench_run(&b);
    assert_int_equal(result.ending, ATTUNE_ENDED_TRIALS);
    char *text = loop_bench_text(&b);
    loop_bench_close(&b);
    return text;
}

static void descriptor_is_whole(void **state)
{
    const attune_pruner_type *type = *state;
    attune_error error = {0};
    attune_pruner *pruner = make_pruner(type), *again = NULL;
    attune_at nowhere = {0};
    assert_int_equal(type->abi, ATTUNE_PRUNER_ABI);
    assert_true(type->after_fold || type->at_report);
    assert_true(!type->after_fold || type->least_folds >= 1);
    json_t *json = attune_pruner_to_json(pruner, &error);
    assert_ok(attune_pruner_from_json(&again, json, &nowhere, &error), &error);
    json_t *copy = attune_pruner_to_json(again, &error);
    assert_true(json_equal(json, copy));
    json_decref(json);
    json_decref(copy);
    attune_pruner_free(again);
    attune_pruner_free(pruner);
}

static void any_number_of_threads_gives_the_same_trials(void **state)
{
    static const int threads[] = {2, 8, 64};
    for (int troubled = 0; troubled < 2; troubled++) {
        struct problem problem = {.n_folds = 5, .troubled = troubled};
        char *expected = run_with(*state, 1, problem);
        assert_non_null(strstr(expected, "PRUNED"));
        assert_int_equal(troubled, strstr(expected, "FAIL") != NULL);
        problem.nanoseconds = 20000;
        for (size_t i = 0; i < sizeof threads / sizeof *threads; i++) {
            char *text = run_with(*state, threads[i], problem);
            assert_string_equal(text, expected);
            free(text);
        }
        free(expected);
    }
}

static void a_run_that_was_cut_short_goes_on_to_the_same_end(void **state)
{
    char *expected = run_with(*state, 1, (struct problem){.n_folds = 5, .troubled = true});
    for (int64_t after = 1; after < 120; after += 17) {
        attune_stop stop = {0};
        struct problem problem = {.n_folds = 5,
                                  .troubled = true,
                                  .stop_after = after,
                                  .stop = &stop,
                                  .nanoseconds = 5000};
        struct loop_bench b;
        open_bench(&b, *state, &problem);
        b.options.threads = 4;
        for (int64_t times = 0; times < 3; times++) { /* cut short twice, then left alone */
            problem.stop_after = times < 2 ? problem.n_calls + after : 0;
            stop.level = 0;
            loop_bench_run(&b);
        }
        char *text = loop_bench_text(&b);
        assert_string_equal(text, expected);
        free(text);
        loop_bench_close(&b);
    }
    free(expected);
}

static void no_finished_fold_is_run_twice(void **state)
{
    attune_stop stop = {0};
    struct problem problem = {.n_folds = 5, .stop = &stop, .stop_after = 40};
    struct loop_bench b;
    open_bench(&b, *state, &problem);
    for (int times = 0; times < 3; times++) {
        problem.stop_after = times < 2 ? problem.n_calls + 40 : 0;
        stop.level = 0;
        loop_bench_run(&b);
    }
    for (int64_t j = 0; j < n_trials; j++)
        for (int64_t f = 0; f < problem.n_folds; f++)
            assert_true(problem.ends[j][f] <= 1);
    loop_bench_close(&b);
}

/* Exactly its first folds, an estimate for a value, and never the best. */
static void check_pruned(const attune_trial *trial)
{
    int64_t n = 0;
    while (n < trial->folds.n_folds && !isnan(trial->folds.values[n]))
        n++;
    assert_true(n < trial->folds.n_folds);
    for (int64_t f = n; f < trial->folds.n_folds; f++)
        assert_true(isnan(trial->folds.values[f]));
    assert_true(trial->n_values >= 1 && isfinite(trial->values[0]));
    assert_null(trial->reason);
}

static void a_pruned_trial_has_its_first_folds_and_no_others(void **state)
{
    struct problem problem = {.n_folds = 5, .nanoseconds = 5000};
    struct loop_bench b;
    int64_t n = 0, n_pruned = 0;
    open_bench(&b, *state, &problem);
    b.options.threads = 8; /* folds run ahead: they must not be seen */
    attune_loop_result result = loop_bench_run(&b);
    attune_trial *trials = loop_bench_trials(&b, &n);
    assert_int_equal(n, n_trials);
    for (int64_t i = 0; i < n; i++)
        if (trials[i].state == ATTUNE_TRIAL_PRUNED) {
            n_pruned++;
            check_pruned(&trials[i]);
        }
    assert_int_equal(n_pruned, result.progress.n_pruned);
    assert_true(n_pruned > 0 && n_pruned < n);
    assert_int_equal(trials[result.progress.best].state, ATTUNE_TRIAL_COMPLETE);
    attune_trials_free(trials, n);
    loop_bench_close(&b);
}

static void what_is_maximised_is_pruned_the_same(void **state)
{
    struct problem problems[2] = {{.n_folds = 5}, {.n_folds = 5, .maximise = true}};
    attune_trial *trials[2];
    struct loop_bench b[2];
    int64_t n[2];
    for (int i = 0; i < 2; i++) {
        open_bench(&b[i], *state, &problems[i]);
        loop_bench_run(&b[i]);
        trials[i] = loop_bench_trials(&b[i], &n[i]);
    }
    assert_int_equal(n[0], n[1]);
    for (int64_t i = 0; i < n[0]; i++) {
        assert_int_equal(trials[0][i].state, trials[1][i].state);
        assert_true(trials[0][i].values[0] == -trials[1][i].values[0]);
    }
    for (int i = 0; i < 2; i++) {
        attune_trials_free(trials[i], n[i]);
        loop_bench_close(&b[i]);
    }
}

static void few_folds_and_equal_scores_are_borne(void **state)
{
    for (int64_t n_folds = 1; n_folds <= 3; n_folds++)
        for (int constant = 0; constant < 2; constant++) {
            struct problem problem = {.n_folds = n_folds, .constant = constant};
            struct loop_bench b;
            open_bench(&b, *state, &problem);
            attune_loop_result result = loop_bench_run(&b);
            const attune_progress *p = &result.progress;
            assert_int_equal(p->n_complete + p->n_pruned, n_trials);
            bool asked = n_folds > b.pruner->type->least_folds;
            if (b.pruner->type->after_fold && (constant || !asked))
                assert_int_equal(p->n_complete, n_trials);
            loop_bench_close(&b);
        }
}

static void names_are_checked(void **state)
{
    (void)state;
    attune_error error = {0};
    attune_pruner *pruner = NULL;
    assert_ok(attune_pruner_new(&pruner, "none", &error), &error);
    assert_null(pruner);
    attune_pruner_new(&pruner, "fold_racin", &error);
    assert_error(&error, ATTUNE_INVALID, "fold_racing");
}

int main(void)
{
    static const struct {
        const char *name;
        CMUnitTestFunction run;
    } checks[] = {
        {"descriptor is whole", descriptor_is_whole},
        {"any number of threads gives the same trials",
         any_number_of_threads_gives_the_same_trials},
        {"a run that was cut short goes on to the same end",
         a_run_that_was_cut_short_goes_on_to_the_same_end},
        {"no finished fold is run twice", no_finished_fold_is_run_twice},
        {"a pruned trial has its first folds and no others",
         a_pruned_trial_has_its_first_folds_and_no_others},
        {"what is maximised is pruned the same", what_is_maximised_is_pruned_the_same},
        {"few folds and equal scores are borne", few_folds_and_equal_scores_are_borne},
    };
    enum { n_checks = sizeof checks / sizeof *checks, most_types = 32 };
    static struct CMUnitTest tests[n_checks * most_types + 1];
    static char names[n_checks * most_types][128];
    size_t n = 0;
    for (int64_t t = 0; attune_pruner_types[t] && t < most_types; t++)
        for (size_t c = 0; c < n_checks; c++, n++) {
            snprintf(names[n], sizeof names[n], "%s: %s", attune_pruner_types[t]->name,
                     checks[c].name);
            tests[n] = (struct CMUnitTest){names[n], checks[c].run, NULL, NULL,
                                           (void *)(uintptr_t)attune_pruner_types[t]};
        }
    tests[n++] = (struct CMUnitTest)cmocka_unit_test(names_are_checked);
    return _cmocka_run_group_tests("all_pruners", tests, n, NULL, NULL);
}

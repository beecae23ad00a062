/* search/api/run.c - a program's own function as the objective of the loop. */
#include "search/api/parts.h"

#include "search/machine.h"
#include "spaces/base/clock.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { most_threads = 1024 };

/* One run, shared by its threads. */
struct run {
    attune_search *search;
    attune_function function;
    void *user;
    void (*progress)(const attune_run_progress *progress, void *user);
    pthread_mutex_t lock;
    attune_error fault; /* of the program: under lock, the first one ends the run */
};

static attune_status end_run(struct run *run, const attune_error *fault, attune_error *error)
{
    pthread_mutex_lock(&run->lock);
    if (!run->fault.status)
        run->fault = *fault;
    pthread_mutex_unlock(&run->lock);
    attune_stop_raise(&run->search->stop, 2);
    return attune_fail(error, ATTUNE_STOPPED, "%s", fault->message);
}

/* What the program's answer means to the loop. */
static attune_status judge(struct run *run, attune_candidate *candidate, attune_status answer,
                           attune_error *error)
{
    const attune_error *why = &candidate->failure;
    bool failure = answer > ATTUNE_OK && answer <= ATTUNE_INTERNAL && answer != ATTUNE_WAIT &&
                   answer != ATTUNE_EXHAUSTED && answer != ATTUNE_TERMINATED;
    if (candidate->misuse.status)
        return end_run(run, &candidate->misuse, error);
    if (candidate->stopped && why->status == ATTUNE_TIMEOUT)
        return attune_fail(error, ATTUNE_TIMEOUT, "%s", why->message);
    if (candidate->stopped)
        return attune_fail(error, ATTUNE_STOPPED, "stopped");
    if (answer == ATTUNE_STOPPED) {
        attune_stop_raise(&run->search->stop, 2);
        return attune_fail(error, ATTUNE_STOPPED, "the objective asked to stop");
    }
    if (answer && !failure)
        return attune_fail(error, ATTUNE_INTERNAL, "the objective returned %d, which is no failure",
                           (int)answer);
    if (answer)
        return attune_fail(error, answer, "%s",
                           why->status ? why->message : "the objective gave no reason");
    return ATTUNE_OK;
}

static attune_status evaluate(void *user, const attune_job *job, int64_t fold,
                              const attune_services *services, attune_fold_result *result,
                              attune_error *error)
{
    (void)fold;
    struct run *run = user;
    attune_candidate *candidate = NULL;
    attune_status status =
        attune_candidate_new(&candidate, job->space, job->number, job->sample, error);
    if (status)
        return status;
    candidate->services = services;
    candidate->constraints = result->scores + run->search->n_objectives;
    candidate->n_constraints = run->search->n_metrics - run->search->n_objectives;
    for (int64_t i = 0; i < run->search->n_metrics; i++)
        result->scores[i] = NAN; /* a value that is not written fails the trial */
    attune_status answer = run->function(candidate, result->scores, run->user);
    status = judge(run, candidate, answer, error);
    attune_candidate_free(candidate);
    return status;
}

static void pass_progress(void *user, const attune_progress *p)
{
    struct run *run = user;
    attune_run_progress progress = {.size = sizeof progress,
                                    .n_complete = p->n_complete,
                                    .n_pruned = p->n_pruned,
                                    .n_failed = p->n_failed,
                                    .n_running = p->n_running,
                                    .trials = p->trials,
                                    .best = p->best,
                                    .best_value = p->best_value,
                                    .elapsed = p->elapsed,
                                    .remaining = p->remaining};
    run->progress(&progress, run->user);
}

static attune_status read_options(attune_run_options *o, const attune_run_options *options,
                                  attune_error *error)
{
    attune_status status = ATTUNE_OK;
    memset(o, 0, sizeof *o);
    if (options)
        status = attune_options_take(o, sizeof *o, options, "attune_run_options", error);
    if (status)
        return status;
    if (o->trials < 0)
        return attune_fail(error, ATTUNE_INVALID, "trials: need at least 0, got %lld",
                           (long long)o->trials);
    if (!(o->seconds >= 0) || !(o->timeout >= 0) || isinf(o->seconds) || isinf(o->timeout))
        return attune_fail(error, ATTUNE_INVALID, "seconds, timeout: need 0 or more, got %g and %g",
                           o->seconds, o->timeout);
    if (o->threads < 0 || o->threads > most_threads)
        return attune_fail(error, ATTUNE_INVALID, "threads: need 0 to %d, got %lld", most_threads,
                           (long long)o->threads);
    if (o->threads == 0)
        o->threads = attune_machine_cpus();
    if (o->trials == 0 && o->seconds <= 0)
        o->trials = ATTUNE_DEFAULT_TRIALS;
    return ATTUNE_OK;
}

static attune_status begin(attune_search *search, attune_error *error)
{
    pthread_mutex_lock(&search->lock);
    attune_status status =
        search->running ? attune_fail(error, ATTUNE_CONFLICT, "this search is running already")
                        : attune_search_take_back(search, error);
    search->running = search->running || !status;
    pthread_mutex_unlock(&search->lock);
    return status;
}

static void end(attune_search *search)
{
    pthread_mutex_lock(&search->lock);
    search->running = false;
    pthread_mutex_unlock(&search->lock);
    __atomic_store_n(&search->stop.level, 0, __ATOMIC_RELAXED);
}

static attune_status all_failed(attune_search *search, attune_error *error)
{
    const attune_storage_type *type = search->storage->type;
    attune_trial *trials = NULL;
    int64_t n = 0;
    const char *reason = "";
    attune_status status =
        type->read(search->storage->self, search->study.id, 0, &trials, &n, error);
    for (int64_t i = n - 1; i >= 0 && !status; i--)
        if (trials[i].state == ATTUNE_TRIAL_FAIL && trials[i].reason)
            reason = trials[i].reason;
    if (!status)
        status = attune_fail(error, ATTUNE_UNFIT,
                             "the search was stopped: its first 8 trials, or 50 in a row, failed; "
                             "the first reason: %s",
                             reason);
    attune_trials_free(trials, n);
    return status;
}

static attune_status run_loop(struct run *run, const attune_run_options *o, attune_error *error)
{
    attune_search *search = run->search;
    attune_loop_result result;
    attune_objective objective = {.user = run,
                                  .n_folds = 1,
                                  .n_metrics = search->n_metrics,
                                  .n_objectives = search->n_objectives,
                                  .directions = search->directions,
                                  .constraints = search->constraints,
                                  .n_constraints = search->n_metrics - search->n_objectives,
                                  .evaluate = evaluate};
    attune_loop_options loop = {.storage = search->storage,
                                .study = &search->study,
                                .space = search->space,
                                .sampler = search->sampler,
                                .pruner = search->pruner,
                                .queue = search->queue,
                                .prior = search->prior.n ? &search->prior : NULL,
                                .objective = &objective,
                                .seed = search->seed,
                                .trials = o->trials,
                                .budget = search->budget,
                                .lookahead = search->lookahead,
                                .threads = (int)o->threads,
                                .seconds = o->seconds,
                                .timeout = o->timeout,
                                .stop = &search->stop,
                                .progress = run->progress ? pass_progress : NULL,
                                .user = run};
    attune_status status = attune_loop_run(&loop, &result, error);
    if (!status && run->fault.status)
        status = attune_fail(error, run->fault.status, "%s", run->fault.message);
    if (!status && result.ending == ATTUNE_ENDED_STOPPED)
        status = attune_fail(error, ATTUNE_STOPPED, "the search was cancelled");
    if (!status && result.ending == ATTUNE_ENDED_FAILING)
        status = all_failed(search, error);
    return status;
}

attune_status attune_search_run(attune_search *search, attune_function function, void *user,
                                const attune_run_options *options, attune_error *error)
{
    struct run run = {.search = search, .function = function, .user = user};
    attune_run_options o;
    attune_error problem = {0}; /* the caller may not want one; what failed is looked at here */
    attune_error_clear(error);
    if (!search || !function)
        return attune_fail(error, ATTUNE_INVALID, "attune_search_run: there is no %s",
                           search ? "function" : "search");
    attune_status status = read_options(&o, options, error);
    if (!status)
        status = begin(search, error);
    if (status)
        return status;
    run.progress = o.progress;
    pthread_mutex_init(&run.lock, NULL);
    status = run_loop(&run, &o, &problem);
    pthread_mutex_destroy(&run.lock);
    end(search);
    if (error)
        *error = problem;
    return status;
}

void attune_search_cancel(attune_search *search, bool now)
{
    if (search)
        attune_stop_raise(&search->stop, now ? 2 : 1);
}

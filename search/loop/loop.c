/* search/loop/loop.c - the search itself: opened from the store, run on many threads, closed. */
#include "search/loop/loop.h"

#include "search/loop/parts.h"
#include "spaces/base/clock.h"

#include <errno.h>
#include <math.h>
#include <omp.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* A trial under which the process died this often, without a fold finished in between and by itself
 * from the second time on, is to blame; fewer may be somebody's kill -9. */
enum { most_crashes = 5 };

static const long tick_nanoseconds = 200000000;
static const double renew_seconds = 20;

void attune_stop_raise(attune_stop *stop, int level)
{
    if (__atomic_load_n(&stop->level, __ATOMIC_RELAXED) < level)
        __atomic_store_n(&stop->level, level, __ATOMIC_RELAXED);
}

int attune_loop_stop_level(const struct loop *loop)
{
    const attune_stop *stop = loop->options->stop;
    return stop ? __atomic_load_n(&stop->level, __ATOMIC_RELAXED) : 0;
}

bool attune_loop_is_stopping(const struct loop *loop)
{
    return attune_loop_stop_level(loop) > 0 ||
           (loop->end > 0 && attune_clock_seconds() >= loop->end);
}

bool attune_loop_is_cut(const struct loop *loop)
{
    return attune_loop_stop_level(loop) > 1 ||
           (loop->cut > 0 && attune_clock_seconds() >= loop->cut);
}

void attune_loop_break_off(struct loop *loop, const attune_error *error)
{
    if (!loop->broken)
        loop->error = *error;
    loop->broken = true;
    loop->no_more = true;
    pthread_cond_broadcast(&loop->changed);
}

static attune_progress measure(const struct loop *loop)
{
    attune_progress p = {.trials = loop->options->trials, .best = loop->best, .n_run = loop->n_run};
    for (int64_t i = 0; i < loop->jobs.n; i++) {
        const attune_loop_job *job = loop->jobs.items[i];
        if (!job->finished)
            p.n_running += job->n_running > 0;
        else if (job->state == ATTUNE_TRIAL_COMPLETE)
            p.n_complete++;
        else if (job->state == ATTUNE_TRIAL_PRUNED)
            p.n_pruned++;
        else
            p.n_failed++;
    }
    p.left = loop->left;
    p.left_error = loop->left_error;
    p.best_value = loop->best < 0 ? NAN : loop->jobs.items[loop->best]->values[0];
    p.elapsed = attune_clock_seconds() - loop->begun;
    int64_t left = p.trials - p.n_complete - p.n_pruned - p.n_failed;
    double by_trials = p.trials && p.n_run ? p.elapsed / (double)p.n_run * (double)left : NAN;
    double by_time = loop->options->seconds > 0 ? loop->options->seconds - p.elapsed : NAN;
    p.remaining = fmin(by_trials, by_time); /* fmin passes over a NaN */
    return p;
}

/* A waiting job that killed its process too often is failed without another run. */
static attune_status give_up_on(struct loop *loop, attune_loop_job *job, attune_error *error)
{
    attune_trial trial = {.number = job->number};
    bool claimed = false;
    attune_status status = attune_loop_claim(loop, &trial, false, &claimed, error);
    if (status || !claimed)
        return status;
    attune_text reason = {0};
    attune_text_printf(&reason, "internal: the process died under it %lld times",
                       (long long)job->crashes);
    job->reason = attune_text_take(&reason, error);
    job->failure = ATTUNE_INTERNAL;
    return attune_loop_finish_job(loop, job, error);
}

static attune_status give_up_on_killers(struct loop *loop, attune_error *error)
{
    attune_status status = ATTUNE_OK;
    for (int64_t i = loop->jobs.first_unfinished; i < loop->jobs.n && !status; i++) {
        attune_loop_job *job = loop->jobs.items[i];
        if (!job->finished && !job->foreign && job->crashes >= most_crashes)
            status = give_up_on(loop, job, error);
    }
    return status;
}

static bool is_over(const struct loop *loop)
{
    bool waits_in_vain = loop->waits && loop->jobs.first_unfinished == loop->jobs.n;
    if (loop->n_running > 0)
        return false;
    if (loop->broken || attune_loop_is_stopping(loop) || waits_in_vain)
        return true;
    return loop->no_more && loop->n_foreign == 0;
}

static void work(struct loop *loop, attune_fold_result *result)
{
    pthread_mutex_lock(&loop->lock);
    for (;;) {
        attune_unit unit = {0};
        attune_error error = {0};
        if (attune_loop_next_unit(loop, false, &unit)) {
            attune_loop_run_unit(loop, &unit, result);
        } else if (!loop->broken && attune_loop_may_create(loop)) {
            if (attune_loop_create_job(loop, &error))
                attune_loop_break_off(loop, &error);
            pthread_cond_signal(&loop->changed);
        } else if (attune_loop_next_unit(loop, true, &unit)) {
            attune_loop_run_unit(loop, &unit, result);
        } else if (is_over(loop)) {
            break;
        } else {
            pthread_cond_wait(&loop->changed, &loop->lock);
        }
    }
    pthread_cond_broadcast(&loop->changed);
    pthread_mutex_unlock(&loop->lock);
}

/* What has to happen by the clock: deadlines, signals, the lease, other processes' trials. */
static void tick(struct loop *loop)
{
    const attune_loop_options *options = loop->options;
    double now = attune_clock_seconds();
    attune_error error = {0};
    attune_status status = attune_loop_store_held(loop, &error);
    if (!status && now - loop->renewed > renew_seconds) {
        loop->renewed = now;
        status = attune_loop_renew(loop, &error);
    }
    if (!status && loop->n_foreign > 0) {
        status = attune_loop_reap(loop, &error);
        if (!status)
            status = attune_loop_take_over(loop, loop->jobs.first_unfinished, &error);
    }
    if (status)
        attune_loop_break_off(loop, &error);
    pthread_cond_broadcast(&loop->changed);
    if (options->progress) {
        attune_progress progress = measure(loop);
        options->progress(options->user, &progress);
    }
}

static void *run_ticker(void *user)
{
    struct loop *loop = user;
    pthread_mutex_lock(&loop->lock);
    while (!loop->done) {
        struct timespec until;
        clock_gettime(CLOCK_MONOTONIC, &until);
        until.tv_nsec += tick_nanoseconds;
        until.tv_sec += until.tv_nsec / 1000000000;
        until.tv_nsec %= 1000000000;
        if (pthread_cond_timedwait(&loop->ticking, &loop->lock, &until) == ETIMEDOUT)
            tick(loop);
    }
    pthread_mutex_unlock(&loop->lock);
    return NULL;
}

/* Room for what folds come to, one a thread; to be freed. */
static attune_fold_result *make_results(int threads, int64_t n_metrics, attune_error *error)
{
    int64_t width = n_metrics * (1 + ATTUNE_MOST_STAGES);
    attune_fold_result *results = attune_alloc(threads, sizeof *results, error);
    double *scores = results ? attune_alloc(threads * width, sizeof *scores, error) : NULL;
    for (int i = 0; i < threads && scores; i++) {
        results[i].scores = scores + i * width;
        results[i].stage_scores = results[i].scores + n_metrics;
    }
    if (!scores) {
        free(results);
        return NULL;
    }
    return results;
}

static attune_status run_threads(struct loop *loop, attune_error *error)
{
    int threads = loop->options->threads;
    pthread_t ticker;
    attune_fold_result *results = make_results(threads, loop->options->objective->n_metrics, error);
    if (!results)
        return ATTUNE_MEMORY;
    double *scores = results[0].scores;
    if (pthread_create(&ticker, NULL, run_ticker, loop) != 0) {
        free(scores);
        free(results);
        return attune_fail(error, ATTUNE_IO, "cannot start a thread: %s", strerror(errno));
    }
#pragma omp parallel num_threads(threads) default(none) shared(loop, results)
    work(loop, &results[omp_get_thread_num()]);
    pthread_mutex_lock(&loop->lock);
    loop->done = true;
    pthread_cond_broadcast(&loop->ticking);
    pthread_mutex_unlock(&loop->lock);
    pthread_join(ticker, NULL);
    free(scores);
    free(results);
    return ATTUNE_OK;
}

static attune_status open_pruner(struct loop *loop, attune_error *error)
{
    const attune_pruner *pruner = loop->options->pruner;
    const attune_objective *o = loop->options->objective;
    if (loop->options->stop_rule && (o->n_objectives > 1 || o->n_folds < 2))
        return attune_fail(error, ATTUNE_INVALID,
                           "the stop rule compares what is left to win with the error of the best "
                           "score: it needs one objective and at least two folds");
    if (!pruner)
        return ATTUNE_OK;
    if (loop->options->objective->n_objectives > 1)
        return attune_fail(error, ATTUNE_INVALID,
                           "pruner %s: a study of several objectives has "
                           "no pruner",
                           pruner->type->name);
    loop->jobs.least_folds = pruner->type->after_fold ? pruner->type->least_folds : 0;
    if (!pruner->type->sees_peers)
        return ATTUNE_OK;
    loop->peers =
        attune_alloc(attune_lookahead_most(loop->options->lookahead), sizeof *loop->peers, error);
    return loop->peers ? ATTUNE_OK : ATTUNE_MEMORY;
}

attune_status attune_loop_open(struct loop *loop, attune_error *error)
{
    const attune_loop_options *options = loop->options;
    pthread_condattr_t monotonic;
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_mutex_init(&loop->lock, NULL);
    pthread_mutex_init(&loop->store_lock, NULL);
    pthread_cond_init(&loop->changed, NULL);
    pthread_cond_init(&loop->ticking, &monotonic);
    pthread_condattr_destroy(&monotonic);
    loop->best = -1;
    loop->left = loop->left_error = NAN;
    loop->begun = loop->renewed = attune_clock_seconds();
    if (options->seconds > 0) {
        loop->end = loop->begun + options->seconds;
        loop->cut = loop->end + fmin(60, 0.1 * options->seconds);
    }
    loop->unit = attune_alloc(options->space->n, sizeof *loop->unit, error);
    attune_status status = loop->unit ? ATTUNE_OK : ATTUNE_MEMORY;
    if (!status)
        status = attune_sample_init(&loop->asked, options->space, error);
    attune_jobs_init(&loop->jobs, options->space, options->objective);
    if (!status && options->prior)
        status = attune_jobs_add_prior(&loop->jobs, options->prior, error);
    if (!status)
        status = open_pruner(loop, error);
    return status ? status : attune_owner_self(&loop->owner, error);
}

/* What the store has, and what the dead left behind. */
static attune_status take_up(struct loop *loop, attune_error *error)
{
    attune_status status = attune_loop_reap(loop, error);
    if (!status)
        status = attune_loop_take_over(loop, 0, error);
    for (int64_t i = 0; i < loop->jobs.n && !status; i++)
        if (loop->jobs.items[i]->finished)
            attune_loop_note_best(loop, loop->jobs.items[i]);
    if (!status)
        status = attune_loop_enqueue_all(loop, error);
    return status ? status : give_up_on_killers(loop, error);
}

void attune_loop_close(struct loop *loop)
{
    attune_jobs_clear(&loop->jobs);
    attune_sample_clear(&loop->asked);
    free(loop->unit);
    free(loop->peers);
    pthread_cond_destroy(&loop->changed);
    pthread_cond_destroy(&loop->ticking);
    pthread_mutex_destroy(&loop->lock);
    pthread_mutex_destroy(&loop->store_lock);
}

static attune_ending ending(const struct loop *loop)
{
    bool all = loop->options->trials && loop->jobs.first_unfinished >= loop->options->trials;
    if (all)
        return ATTUNE_ENDED_TRIALS;
    if (loop->failing)
        return ATTUNE_ENDED_FAILING;
    if (loop->settled)
        return ATTUNE_ENDED_SETTLED;
    if (loop->exhausted || loop->waits)
        return ATTUNE_ENDED_EXHAUSTED;
    return attune_loop_stop_level(loop) ? ATTUNE_ENDED_STOPPED : ATTUNE_ENDED_TIME;
}

/* Losing the power costs at most a second; what took less is brought to the disk as the store is
 * closed. */
static attune_status sync_store(const struct loop *loop, attune_error *error)
{
    attune_storage *storage = loop->options->storage;
    return attune_clock_seconds() - loop->begun < 1 ? ATTUNE_OK
                                                    : storage->type->sync(storage->self, error);
}

attune_status attune_loop_run(const attune_loop_options *options, attune_loop_result *result,
                              attune_error *error)
{
    struct loop loop = {.options = options};
    attune_status status = attune_loop_open(&loop, error);
    if (!status)
        status = take_up(&loop, error);
    if (!status)
        status = run_threads(&loop, error);
    if (!status)
        status = attune_loop_release(&loop, error);
    if (!status)
        status = sync_store(&loop, error);
    result->progress = measure(&loop);
    result->ending = ending(&loop);
    if (!status && options->progress)
        options->progress(options->user, &result->progress);
    if (loop.broken) { /* the cause; what failed after it is its consequence */
        status = loop.error.status;
        if (error)
            *error = loop.error;
    }
    attune_loop_close(&loop);
    return status;
}

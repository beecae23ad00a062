/* search/loop.c - ask, run, record: the search itself, on many threads. */
#include "search/loop.h"

#include "search/jobs.h"
#include "spaces/base/clock.h"

#include <errno.h>
#include <math.h>
#include <omp.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* A trial whose process died under it this often is to blame itself. */
enum { most_crashes = 3, first_failures = 8, failures_in_a_row = 50 };

static const double tick_seconds = 0.2, renew_seconds = 20, lease_seconds = 120;

struct loop {
    const attune_loop_options *options;
    attune_jobs jobs;
    attune_owner owner;
    attune_sample asked; /* what the sampler fills */
    double *unit;
    int64_t n_running; /* folds, in all jobs */
    int64_t n_foreign; /* unfinished jobs of other processes */
    int64_t n_run;     /* jobs finished by this run */
    bool no_more;      /* no new jobs: the ending says why */
    bool exhausted;
    attune_ending ending;
    bool broken; /* the environment failed; error says how */
    attune_error error;
    bool done; /* the ticker shall end */
    int64_t best;
    double begun, cut; /* clock; when running folds are cut short, 0: not set */
    double renewed;
    double fold_cost; /* CPU seconds of the folds of this run */
    int64_t n_folds_run;
    bool durable;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    pthread_mutex_t store_lock;
};

void attune_stop_raise(attune_stop *stop, int level)
{
    if (__atomic_load_n(&stop->level, __ATOMIC_RELAXED) < level)
        __atomic_store_n(&stop->level, level, __ATOMIC_RELAXED);
}

static int stop_level(const struct loop *loop)
{
    const attune_stop *stop = loop->options->stop;
    return stop ? __atomic_load_n(&stop->level, __ATOMIC_RELAXED) : 0;
}

static void break_off(struct loop *loop, const attune_error *error)
{
    if (!loop->broken)
        loop->error = *error;
    loop->broken = true;
    loop->no_more = true;
    pthread_cond_broadcast(&loop->changed);
}

static void end_with(struct loop *loop, attune_ending ending)
{
    if (!loop->no_more)
        loop->ending = ending;
    loop->no_more = true;
}

/* --- the store, one caller at a time --------------------------------------------------------- */

static const attune_storage_type *store(struct loop *loop, void **self, int64_t *study)
{
    *self = loop->options->storage->self;
    *study = loop->options->study->id;
    return loop->options->storage->type;
}

static attune_status store_trial(struct loop *loop, const attune_loop_job *job,
                                 const char *attributes, attune_error *error)
{
    void *self = NULL;
    int64_t study = 0;
    const attune_storage_type *type = store(loop, &self, &study);
    const attune_objective *o = loop->options->objective;
    bool failed = job->state == ATTUNE_TRIAL_FAIL;
    bool ours = job->failure == ATTUNE_UNFIT || job->failure == ATTUNE_INVALID;
    attune_trial trial = {.number = job->number,
                          .state = job->state,
                          .values = failed ? NULL : job->values,
                          .n_values = failed ? 0 : o->n_metrics,
                          .folds = {job->scores, o->n_metrics, o->n_folds},
                          .reports = job->reports,
                          .n_reports = job->n_reports,
                          .cost = job->cost,
                          .crashes = job->crashes,
                          .blame = !failed ? ATTUNE_BLAME_NONE
                                   : ours  ? ATTUNE_BLAME_CONFIGURATION
                                           : ATTUNE_BLAME_ENVIRONMENT,
                          .reason = job->reason,
                          .attributes = (char *)(uintptr_t)attributes};
    pthread_mutex_lock(&loop->store_lock);
    attune_status status = type->finish(self, study, &trial, error);
    pthread_mutex_unlock(&loop->store_lock);
    return status;
}

static attune_status store_fold(struct loop *loop, int64_t number, int64_t fold,
                                const double *scores, double cost, attune_error *error)
{
    void *self = NULL;
    int64_t study = 0;
    const attune_storage_type *type = store(loop, &self, &study);
    pthread_mutex_lock(&loop->store_lock);
    attune_status status = type->record_fold(self, study, number, fold, scores, cost, error);
    pthread_mutex_unlock(&loop->store_lock);
    return status;
}

static attune_status claim(struct loop *loop, const attune_trial *trial, bool is_new, bool *claimed,
                           attune_error *error)
{
    void *self = NULL;
    int64_t study = 0;
    const attune_storage_type *type = store(loop, &self, &study);
    pthread_mutex_lock(&loop->store_lock);
    attune_status status =
        is_new ? type->claim_new(self, study, trial, &loop->owner, claimed, error)
               : type->claim_waiting(self, study, trial->number, &loop->owner, claimed, error);
    pthread_mutex_unlock(&loop->store_lock);
    return status;
}

static void release_unfinished(struct loop *loop)
{
    void *self = NULL;
    int64_t study = 0;
    const attune_storage_type *type = store(loop, &self, &study);
    for (int64_t i = loop->jobs.first_unfinished; i < loop->jobs.n; i++) {
        attune_loop_job *job = loop->jobs.items[i];
        attune_error error = {0};
        if (job->claimed && !job->finished && type->release(self, study, job->number, &error))
            break_off(loop, &error);
    }
}

/* Adds or updates jobs from what the store has, from trial `from` on. */
static attune_status take_over(struct loop *loop, int64_t from, attune_error *error)
{
    void *self = NULL;
    int64_t study = 0, n = 0;
    const attune_storage_type *type = store(loop, &self, &study);
    attune_trial *trials = NULL;
    pthread_mutex_lock(&loop->store_lock);
    attune_status status = type->read(self, study, from, &trials, &n, error);
    pthread_mutex_unlock(&loop->store_lock);
    for (int64_t i = 0; i < n && !status; i++) {
        const attune_trial *trial = &trials[i];
        attune_loop_job *job = NULL;
        if (trial->number < loop->jobs.n) {
            job = loop->jobs.items[trial->number];
        } else {
            status =
                attune_sample_read(loop->options->space, trial->hyperparams, &loop->asked, error);
            if (!status)
                status = attune_jobs_add(&loop->jobs, &loop->asked, &job, error);
        }
        if (!status && !job->finished && !job->claimed)
            status = attune_jobs_restore(&loop->jobs, job, trial, error);
    }
    attune_trials_free(trials, n);
    loop->n_foreign = 0;
    for (int64_t i = loop->jobs.first_unfinished; i < loop->jobs.n; i++)
        loop->n_foreign += loop->jobs.items[i]->foreign;
    return status;
}

/* --- progress -------------------------------------------------------------------------------- */

static void note_best(struct loop *loop, const attune_loop_job *job)
{
    attune_direction direction = loop->options->objective->directions[0];
    if (job->state != ATTUNE_TRIAL_COMPLETE)
        return;
    const attune_loop_job *best = loop->best < 0 ? NULL : loop->jobs.items[loop->best];
    bool better = !best || attune_better(direction, job->values[0], best->values[0]);
    bool tie = best && job->values[0] == best->values[0] && job->number < best->number;
    if (better || tie)
        loop->best = job->number;
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
    p.best_value = loop->best < 0 ? NAN : loop->jobs.items[loop->best]->values[0];
    p.elapsed = attune_clock_seconds() - loop->begun;
    int64_t left = p.trials - p.n_complete - p.n_pruned - p.n_failed;
    double by_trials = p.trials && p.n_run ? p.elapsed / (double)p.n_run * (double)left : NAN;
    double by_time = loop->options->seconds > 0 ? loop->options->seconds - p.elapsed : NAN;
    p.remaining = fmin(by_trials, by_time); /* fmin passes over a NaN */
    return p;
}

/* --- what is run next ------------------------------------------------------------------------ */

struct unit {
    attune_loop_job *job;
    int64_t fold;
};

static int64_t todo_fold(const struct loop *loop, const attune_loop_job *job)
{
    /* Folds after one that failed cannot matter; those before decide which failure is told. */
    for (int64_t f = 0; f < job->failed_fold; f++)
        if (job->folds[f] == ATTUNE_FOLD_TODO)
            return f;
    (void)loop;
    return -1;
}

static bool has_begun(const attune_loop_job *job, int64_t n_folds)
{
    for (int64_t f = 0; f < n_folds; f++)
        if (job->folds[f] != ATTUNE_FOLD_TODO)
            return true;
    return false;
}

/* The lowest fold that may run now. A job under which a process died runs by itself, so that if it
 * happens again nobody else is suspected. */
static bool next_unit(struct loop *loop, struct unit *unit)
{
    int64_t n_folds = loop->options->objective->n_folds;
    bool stopping = loop->no_more && (stop_level(loop) || loop->ending == ATTUNE_ENDED_TIME);
    if (loop->broken || stop_level(loop) > 1)
        return false;
    for (int64_t i = loop->jobs.first_unfinished; i < loop->jobs.n; i++) {
        attune_loop_job *job = loop->jobs.items[i];
        if (job->finished || job->foreign)
            continue;
        bool alone = job->crashes > 0;
        if (alone && loop->n_running > job->n_running)
            return false;
        int64_t fold = todo_fold(loop, job);
        bool begun = job->claimed && has_begun(job, n_folds);
        if (fold >= 0 && (!stopping || begun)) {
            *unit = (struct unit){job, fold};
            return true;
        }
        if (alone && !stopping)
            return false;
    }
    return false;
}

static attune_status create_job(struct loop *loop, attune_error *error)
{
    const attune_loop_options *options = loop->options;
    int64_t j = loop->jobs.n;
    attune_history history = attune_jobs_history(&loop->jobs, options->budget);
    attune_key key = attune_key_join(attune_key_start("sampler"), options->seed);
    attune_stream stream = attune_stream_new(attune_key_integer(key, j));
    attune_answer answer = ATTUNE_ANSWER_WAIT;
    attune_loop_job *job = NULL;
    bool claimed = false;
    attune_status status = attune_sampler_ask(options->sampler, &history, &stream, loop->unit,
                                              &loop->asked, &answer, error);
    if (!status && answer == ATTUNE_ANSWER_EXHAUSTED)
        end_with(loop, ATTUNE_ENDED_EXHAUSTED);
    if (status || answer != ATTUNE_ANSWER_POINT)
        return status;
    attune_trial trial = {.number = j, .watermark = loop->jobs.n_known};
    trial.hyperparams = attune_sample_write(options->space, &loop->asked, error);
    if (!trial.hyperparams)
        return ATTUNE_MEMORY;
    status = claim(loop, &trial, true, &claimed, error);
    free(trial.hyperparams);
    if (!status && !claimed)
        return take_over(loop, j, error);
    if (!status)
        status = attune_jobs_add(&loop->jobs, &loop->asked, &job, error);
    if (!status)
        job->claimed = true;
    return status;
}

/* Whether there may be another job now; says why not when there will be none. */
static bool may_create(struct loop *loop)
{
    const attune_loop_options *options = loop->options;
    int64_t j = loop->jobs.n, known = j - options->lookahead + 1;
    if (loop->no_more)
        return false;
    if (stop_level(loop))
        end_with(loop, ATTUNE_ENDED_STOPPED);
    else if (options->trials && j >= options->trials)
        end_with(loop, ATTUNE_ENDED_TRIALS);
    else if (options->seconds > 0 && attune_clock_seconds() - loop->begun >= options->seconds)
        end_with(loop, ATTUNE_ENDED_TIME);
    if (loop->no_more || loop->jobs.first_unfinished < known)
        return false;
    attune_jobs_publish(&loop->jobs, known > 0 ? known : 0);
    bool failing = (loop->jobs.none_succeeded && loop->jobs.n_known >= first_failures) ||
                   loop->jobs.n_failed_in_a_row >= failures_in_a_row;
    if (failing)
        end_with(loop, ATTUNE_ENDED_FAILING);
    return !failing;
}

/* --- running a fold -------------------------------------------------------------------------- */

/* What a fold that runs may ask for; on its thread's stack. */
struct room {
    struct loop *loop;
    attune_loop_job *job;
    double deadline; /* clock; infinity: none */
};

static attune_status room_stop(void *user, attune_error *error)
{
    struct room *room = user;
    double cut = 0;
    __atomic_load(&room->loop->cut, &cut, __ATOMIC_RELAXED);
    if (stop_level(room->loop) > 1)
        return attune_fail(error, ATTUNE_STOPPED, "stopped");
    if (cut > 0 || room->deadline < INFINITY) {
        double now = attune_clock_seconds();
        if (cut > 0 && now > cut)
            return attune_fail(error, ATTUNE_STOPPED, "the time of the search is over");
        if (now > room->deadline)
            return attune_fail(error, ATTUNE_TIMEOUT, "longer than the timeout of a trial");
    }
    return ATTUNE_OK;
}

static attune_status room_shared(void *user, attune_key key, const attune_shared_kind *kind,
                                 attune_shared_build build, void *build_user, void **value,
                                 attune_error *error)
{
    struct room *room = user;
    return attune_shared_work_get(room->loop->options->shared, key, kind, build, build_user, value,
                                  error);
}

static void room_log(void *user, attune_log_level level, const char *text)
{
    struct room *room = user;
    const attune_loop_options *options = room->loop->options;
    if (!options->log)
        return;
    pthread_mutex_lock(&room->loop->lock);
    options->log(options->user, level, text);
    pthread_mutex_unlock(&room->loop->lock);
}

static attune_status room_report(void *user, int64_t step, double value, attune_error *error)
{
    struct room *room = user;
    attune_loop_job *job = room->job;
    pthread_mutex_lock(&room->loop->lock);
    attune_report *grown = attune_realloc(job->reports, job->n_reports + 1, sizeof *grown, error);
    if (grown) {
        job->reports = grown;
        grown[job->n_reports++] = (attune_report){step, value};
    }
    pthread_mutex_unlock(&room->loop->lock);
    return grown ? ATTUNE_OK : ATTUNE_MEMORY;
}

static attune_status evaluate(struct loop *loop, const struct unit *unit, double *scores,
                              attune_error *error)
{
    const attune_loop_options *options = loop->options;
    double timeout = options->timeout;
    struct room room = {loop, unit->job, timeout > 0 ? unit->job->started + timeout : INFINITY};
    attune_services services = {.user = &room,
                                .log = room_log,
                                .stop = room_stop,
                                .shared = options->shared ? room_shared : NULL,
                                .report = room_report};
    attune_job job = {unit->job->number, options->space, &unit->job->sample};
    return options->objective->evaluate(options->objective->user, &job, unit->fold, &services,
                                        scores, error);
}

/* --- what came of it ------------------------------------------------------------------------- */

static attune_status finish_job(struct loop *loop, attune_loop_job *job, attune_error *error)
{
    const attune_objective *o = loop->options->objective;
    attune_job view = {job->number, loop->options->space, &job->sample};
    char *attributes = NULL;
    attune_status status = ATTUNE_OK;
    if (!job->failure && !attune_job_average(&loop->jobs, job)) {
        job->failure = ATTUNE_UNFIT;
        job->reason = attune_copy_text("unfit: the score is not a finite number", error);
    }
    job->state = job->failure ? ATTUNE_TRIAL_FAIL : ATTUNE_TRIAL_COMPLETE;
    job->ignore = job->failure && job->failure != ATTUNE_UNFIT && job->failure != ATTUNE_INVALID;
    if (!job->failure && o->attributes)
        status = o->attributes(o->user, &view, &attributes, error);
    if (!status)
        status = store_trial(loop, job, attributes, error);
    free(attributes);
    if (status)
        return status;
    attune_jobs_finish(&loop->jobs, job);
    note_best(loop, job);
    loop->n_run++;
    return ATTUNE_OK;
}

static void note_failure(attune_loop_job *job, int64_t fold, attune_status status,
                         const attune_error *error)
{
    if (fold >= job->failed_fold)
        return;
    attune_text reason = {0};
    attune_text_printf(&reason, "%s: fold %lld: %s", attune_status_word(status),
                       (long long)fold + 1, error->message);
    free(job->reason);
    job->reason = attune_text_take(&reason, NULL);
    job->failed_fold = fold;
    job->failure = status;
}

static bool all_done(const struct loop *loop, const attune_loop_job *job)
{
    return todo_fold(loop, job) < 0 && job->n_running == 0;
}

/* With the lock held; lets it go while the fold is stored. */
static attune_status record(struct loop *loop, const struct unit *unit, attune_status status,
                            const double *scores, double cost, attune_error *error)
{
    const attune_objective *o = loop->options->objective;
    attune_loop_job *job = unit->job;
    attune_status stored = ATTUNE_OK;
    job->n_running--;
    job->cost += cost;
    loop->n_running--;
    loop->fold_cost += cost;
    loop->n_folds_run++;
    job->folds[unit->fold] = status == ATTUNE_STOPPED ? ATTUNE_FOLD_TODO : ATTUNE_FOLD_DONE;
    if (status == ATTUNE_STOPPED)
        return ATTUNE_OK;
    if (status)
        note_failure(job, unit->fold, status, error);
    for (int64_t m = 0; m < o->n_metrics && !status; m++)
        job->scores[m * o->n_folds + unit->fold] = scores[m];
    attune_error_clear(error);
    if (all_done(loop, job))
        return finish_job(loop, job, error);
    if (!status) {
        pthread_mutex_unlock(&loop->lock);
        stored = store_fold(loop, job->number, unit->fold, scores, cost, error);
        pthread_mutex_lock(&loop->lock);
    }
    return stored;
}

/* Stores are told to wait for the disk when a trial is worth more than the wait. */
static attune_status adapt_durability(struct loop *loop, attune_error *error)
{
    double folds = (double)loop->options->objective->n_folds;
    double trial = loop->n_folds_run ? loop->fold_cost / (double)loop->n_folds_run * folds : 0;
    bool durable = trial > 0.01;
    if (durable == loop->durable || loop->n_folds_run < loop->options->objective->n_folds)
        return ATTUNE_OK;
    loop->durable = durable;
    pthread_mutex_lock(&loop->store_lock);
    attune_status status =
        loop->options->storage->type->set_durable(loop->options->storage->self, durable, error);
    pthread_mutex_unlock(&loop->store_lock);
    return status;
}

static attune_status begin_unit(struct loop *loop, const struct unit *unit, attune_error *error)
{
    attune_loop_job *job = unit->job;
    if (!job->claimed) {
        attune_trial trial = {.number = job->number};
        bool claimed = false;
        attune_status status = claim(loop, &trial, false, &claimed, error);
        if (status || !claimed)
            return status ? status : take_over(loop, job->number, error);
        job->claimed = true;
    }
    if (job->started == 0)
        job->started = attune_clock_seconds();
    job->folds[unit->fold] = ATTUNE_FOLD_RUNNING;
    job->n_running++;
    loop->n_running++;
    return ATTUNE_OK;
}

static void run_unit(struct loop *loop, const struct unit *unit, double *scores)
{
    attune_error error = {0};
    attune_status status = begin_unit(loop, unit, &error);
    if (!status && !unit->job->claimed)
        return; /* another process was quicker */
    if (!status) {
        pthread_mutex_unlock(&loop->lock);
        double begun = attune_clock_cpu_seconds();
        status = evaluate(loop, unit, scores, &error);
        double cost = attune_clock_cpu_seconds() - begun;
        pthread_mutex_lock(&loop->lock);
        status = record(loop, unit, status, scores, cost, &error);
    }
    if (!status)
        status = adapt_durability(loop, &error);
    if (status)
        break_off(loop, &error);
    pthread_cond_broadcast(&loop->changed);
}

/* A waiting job that killed its process too often is failed without another run. */
static attune_status give_up_on(struct loop *loop, attune_loop_job *job, attune_error *error)
{
    attune_trial trial = {.number = job->number};
    bool claimed = false;
    attune_status status = claim(loop, &trial, false, &claimed, error);
    if (status || !claimed)
        return status;
    attune_text reason = {0};
    attune_text_printf(&reason, "internal: the process died under it %lld times",
                       (long long)job->crashes);
    job->reason = attune_text_take(&reason, error);
    job->failure = ATTUNE_INTERNAL;
    return finish_job(loop, job, error);
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

/* --- threads --------------------------------------------------------------------------------- */

static bool is_over(struct loop *loop)
{
    if (loop->broken || stop_level(loop) > 1)
        return loop->n_running == 0;
    return loop->no_more && loop->n_running == 0 && loop->n_foreign == 0;
}

static void work(struct loop *loop, double *scores)
{
    pthread_mutex_lock(&loop->lock);
    for (;;) {
        struct unit unit = {0};
        attune_error error = {0};
        if (next_unit(loop, &unit)) {
            run_unit(loop, &unit, scores);
        } else if (!loop->broken && may_create(loop)) {
            if (create_job(loop, &error))
                break_off(loop, &error);
            pthread_cond_signal(&loop->changed);
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
    void *self = NULL;
    int64_t study = 0;
    const attune_storage_type *type = store(loop, &self, &study);
    double now = attune_clock_seconds();
    attune_error error = {0};
    attune_status status = ATTUNE_OK;
    if (options->seconds > 0 && loop->cut == 0) {
        double cut = loop->begun + options->seconds + fmin(60, 0.1 * options->seconds);
        __atomic_store(&loop->cut, &cut, __ATOMIC_RELAXED);
    }
    if (now - loop->renewed > renew_seconds) {
        loop->renewed = now;
        pthread_mutex_lock(&loop->store_lock);
        status = type->renew(self, study, &loop->owner, &error);
        pthread_mutex_unlock(&loop->store_lock);
    }
    if (!status && loop->n_foreign > 0) {
        int64_t reaped = 0;
        pthread_mutex_lock(&loop->store_lock);
        status = type->reap(self, study, lease_seconds, &reaped, &error);
        pthread_mutex_unlock(&loop->store_lock);
        if (!status)
            status = take_over(loop, loop->jobs.first_unfinished, &error);
    }
    if (status)
        break_off(loop, &error);
    pthread_cond_broadcast(&loop->changed);
}

static void *run_ticker(void *user)
{
    struct loop *loop = user;
    const attune_loop_options *options = loop->options;
    pthread_mutex_lock(&loop->lock);
    while (!loop->done) {
        struct timespec until;
        clock_gettime(CLOCK_MONOTONIC, &until);
        until.tv_nsec += (long)(tick_seconds * 1e9);
        until.tv_sec += until.tv_nsec / 1000000000;
        until.tv_nsec %= 1000000000;
        int slept = 0;
        while (!loop->done && slept != ETIMEDOUT)
            slept = pthread_cond_timedwait(&loop->changed, &loop->lock, &until);
        if (loop->done)
            break;
        tick(loop);
        if (options->progress) {
            attune_progress progress = measure(loop);
            options->progress(options->user, &progress);
        }
    }
    pthread_mutex_unlock(&loop->lock);
    return NULL;
}

static attune_status run_threads(struct loop *loop, attune_error *error)
{
    int threads = loop->options->threads;
    int64_t n_metrics = loop->options->objective->n_metrics;
    pthread_t ticker;
    double *scores = attune_alloc(threads * n_metrics, sizeof *scores, error);
    if (!scores)
        return ATTUNE_MEMORY;
    if (pthread_create(&ticker, NULL, run_ticker, loop) != 0) {
        free(scores);
        return attune_fail(error, ATTUNE_IO, "cannot start a thread: %s", strerror(errno));
    }
#pragma omp parallel num_threads(threads) default(none) shared(loop, scores, n_metrics)
    work(loop, scores + omp_get_thread_num() * n_metrics);
    pthread_mutex_lock(&loop->lock);
    loop->done = true;
    pthread_cond_broadcast(&loop->changed);
    pthread_mutex_unlock(&loop->lock);
    pthread_join(ticker, NULL);
    free(scores);
    return ATTUNE_OK;
}

static attune_status open_loop(struct loop *loop, attune_error *error)
{
    const attune_loop_options *options = loop->options;
    void *self = NULL;
    int64_t study = 0, reaped = 0;
    const attune_storage_type *type = store(loop, &self, &study);
    pthread_condattr_t monotonic;
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_mutex_init(&loop->lock, NULL);
    pthread_mutex_init(&loop->store_lock, NULL);
    pthread_cond_init(&loop->changed, &monotonic);
    pthread_condattr_destroy(&monotonic);
    loop->best = -1;
    loop->begun = loop->renewed = attune_clock_seconds();
    loop->unit = attune_alloc(options->space->n, sizeof *loop->unit, error);
    attune_status status = loop->unit ? ATTUNE_OK : ATTUNE_MEMORY;
    if (!status)
        status = attune_sample_init(&loop->asked, options->space, error);
    if (!status)
        status = attune_jobs_init(&loop->jobs, options->space, options->objective, error);
    if (!status)
        status = attune_owner_self(&loop->owner, error);
    if (!status)
        status = type->set_durable(self, false, error);
    if (!status)
        status = type->reap(self, study, lease_seconds, &reaped, error);
    if (!status)
        status = take_over(loop, 0, error);
    for (int64_t i = 0; i < loop->jobs.n && !status; i++)
        if (loop->jobs.items[i]->finished)
            note_best(loop, loop->jobs.items[i]);
    return status ? status : give_up_on_killers(loop, error);
}

static void close_loop(struct loop *loop)
{
    attune_jobs_clear(&loop->jobs);
    attune_sample_clear(&loop->asked);
    free(loop->unit);
    pthread_cond_destroy(&loop->changed);
    pthread_mutex_destroy(&loop->lock);
    pthread_mutex_destroy(&loop->store_lock);
}

attune_status attune_loop_run(const attune_loop_options *options, attune_loop_result *result,
                              attune_error *error)
{
    struct loop loop = {.options = options};
    attune_status status = open_loop(&loop, error);
    if (!status)
        status = run_threads(&loop, error);
    if (!status)
        release_unfinished(&loop);
    if (!status)
        status = options->storage->type->sync(options->storage->self, error);
    result->progress = measure(&loop);
    result->ending = loop.ending;
    if (!status && options->progress)
        options->progress(options->user, &result->progress);
    if (!status && loop.broken) {
        status = loop.error.status;
        if (error)
            *error = loop.error;
    }
    close_loop(&loop);
    return status;
}

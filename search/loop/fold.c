/* search/loop/fold.c - one fold of one job: run, scored, recorded before the next one begins. */
#include "search/loop/parts.h"

#include "spaces/base/clock.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

void attune_loop_note_best(struct loop *loop, const attune_loop_job *job)
{
    attune_direction direction = loop->options->objective->directions[0];
    if (!attune_job_kept(&loop->jobs, job))
        return;
    const attune_loop_job *best = loop->best < 0 ? NULL : loop->jobs.items[loop->best];
    bool better = !best || attune_better(direction, job->values[0], best->values[0]);
    bool tie = best && job->values[0] == best->values[0] && job->number < best->number;
    if (better || tie)
        loop->best = job->number;
}

/* What a fold that runs may ask for; on its thread's stack. */
struct room {
    struct loop *loop;
    attune_loop_job *job;
    int64_t fold;
    double deadline; /* clock; infinity: none */
    attune_work_counts *counts;
};

static attune_status room_stop(void *user, attune_error *error)
{
    struct room *room = user;
    double cut = room->loop->cut;
    char text[32];
    if (attune_loop_stop_level(room->loop) > 1)
        return attune_fail(error, ATTUNE_STOPPED, "stopped");
    if (__atomic_load_n(&room->job->pruned_at, __ATOMIC_RELAXED) <= room->fold)
        return attune_fail(error, ATTUNE_STOPPED, "the trial was pruned before this fold");
    if (cut > 0 || room->deadline < INFINITY) {
        double now = attune_clock_seconds();
        if (cut > 0 && now > cut)
            return attune_fail(error, ATTUNE_STOPPED, "the time of the search is over");
        if (now > room->deadline)
            return attune_fail(
                error, ATTUNE_TIMEOUT, "longer than a trial may take (%s)",
                attune_duration_text(room->loop->options->timeout, text, sizeof text));
    }
    return ATTUNE_OK;
}

static attune_status through_work(void *user, attune_key key, const attune_shared_kind *kind,
                                  attune_shared_build build, void *build_user, void **value,
                                  attune_error *error)
{
    return attune_shared_work_get(user, key, kind, build, build_user, value, error);
}

static attune_status room_shared(void *user, attune_key key, const attune_shared_kind *kind,
                                 attune_shared_build build, void *build_user, void **value,
                                 attune_error *error)
{
    struct room *room = user;
    return attune_work_counted(room->counts, through_work, room->loop->options->shared, key, kind,
                               build, build_user, value, error);
}

static attune_status room_reserve(void *user, int64_t bytes, attune_error *error)
{
    struct room *room = user;
    return attune_memory_gate_enter(room->loop->options->memory, bytes, room_stop, room, error);
}

static void room_release(void *user, int64_t bytes)
{
    attune_memory_gate_leave(((struct room *)user)->loop->options->memory, bytes);
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
    return attune_loop_report(room->loop, room->job, room->fold, step, value, error);
}

static attune_status evaluate(struct loop *loop, const attune_unit *unit,
                              attune_fold_result *result, attune_work_counts *counts,
                              attune_error *error)
{
    const attune_loop_options *options = loop->options;
    double timeout = options->timeout;
    struct room room = {loop, unit->job, unit->fold,
                        timeout > 0 ? unit->job->started + timeout : INFINITY, counts};
    attune_services services = {.user = &room,
                                .log = room_log,
                                .stop = room_stop,
                                .shared = options->shared ? room_shared : NULL,
                                .reserve = options->memory ? room_reserve : NULL,
                                .release = options->memory ? room_release : NULL,
                                .report = room_report};
    attune_job job = {unit->job->number, options->space, &unit->job->sample};
    result->n_stages = 0;
    result->cpu = 0;
    attune_status status = options->objective->evaluate(options->objective->user, &job, unit->fold,
                                                        &services, result, error);
    if (!status && result->n_stages)
        status = attune_loop_take_stages(loop, unit->job, unit->fold, result, error);
    return status;
}

/* Lets the lock go while the store writes: the job counts as running until it is stored. */
static attune_status store_unlocked(struct loop *loop, const attune_loop_job *job,
                                    const char *attributes, attune_error *error)
{
    bool durable = loop->durable;
    pthread_mutex_unlock(&loop->lock);
    attune_status status = attune_loop_store_trial(loop, job, attributes, durable, error);
    pthread_mutex_lock(&loop->lock);
    return status;
}

/* What has come of a job whose folds are done: its state and values. */
static void conclude(struct loop *loop, attune_loop_job *job, attune_error *error)
{
    const attune_objective *o = loop->options->objective;
    bool pruned = job->pruned_at < o->n_folds && job->pruned_at <= job->failed_fold;
    if (pruned || !job->failure)
        attune_loop_choose_stage(loop, job);
    if (pruned) { /* a fold that failed beyond does not count */
        job->failure = ATTUNE_OK;
        free(job->reason);
        job->reason = NULL;
        for (int64_t m = 0; m < o->n_metrics; m++)
            job->values[m] = NAN;
        job->values[0] = o->directions[0] == ATTUNE_MAXIMIZE ? -job->estimate : job->estimate;
    } else if (!job->failure && !attune_job_average(&loop->jobs, job)) {
        job->failure = ATTUNE_UNFIT;
        job->reason = attune_copy_text("unfit: the score is not a finite number", error);
    }
    if (pruned || job->failed_fold < o->n_folds)
        attune_job_cut(&loop->jobs, job);
    job->state = pruned         ? ATTUNE_TRIAL_PRUNED
                 : job->failure ? ATTUNE_TRIAL_FAIL
                                : ATTUNE_TRIAL_COMPLETE;
    job->ignore = job->failure && job->failure != ATTUNE_UNFIT && job->failure != ATTUNE_INVALID;
}

attune_status attune_loop_finish_job(struct loop *loop, attune_loop_job *job, attune_error *error)
{
    const attune_objective *o = loop->options->objective;
    attune_job view = {job->number, loop->options->space, &job->sample};
    char *attributes = NULL;
    attune_status status = ATTUNE_OK;
    conclude(loop, job, error);
    memset(job->held, 0, (size_t)o->n_folds * sizeof *job->held); /* its end has them all */
    if (!job->failure && o->attributes)
        status = o->attributes(o->user, &view, &attributes, error);
    if (!status)
        status = attune_work_counts_write(&job->work, &attributes, error);
    if (!status)
        status = store_unlocked(loop, job, attributes, error);
    free(attributes);
    if (status)
        return status;
    attune_jobs_finish(&loop->jobs, job);
    attune_loop_note_best(loop, job);
    loop->n_run++;
    loop->waits = false;
    return ATTUNE_OK;
}

static void note_failure(attune_loop_job *job, int64_t fold, int64_t n_folds, attune_status status,
                         const attune_error *error)
{
    if (fold >= job->failed_fold)
        return;
    attune_text reason = {0};
    attune_text_printf(&reason, "%s: ", attune_status_word(status));
    if (n_folds > 1)
        attune_text_printf(&reason, "fold %lld: ", (long long)fold + 1);
    attune_text_append(&reason, error->message);
    free(job->reason);
    job->reason = attune_text_take(&reason, NULL);
    job->failed_fold = fold;
    job->failure = status;
}

/* What came of a fold that counts. */
static attune_status note_fold(struct loop *loop, const attune_unit *unit, attune_status status,
                               const double *scores, attune_error *error)
{
    attune_loop_job *job = unit->job;
    if (!status && !isfinite(scores[0]))
        status = attune_fail(error, ATTUNE_UNFIT, "the score is not a finite number");
    if (!status)
        attune_job_score(&loop->jobs, job, unit->fold, scores);
    else if (status != ATTUNE_STOPPED)
        note_failure(job, unit->fold, loop->options->objective->n_folds, status, error);
    return status;
}

static attune_status store_fold_unlocked(struct loop *loop, const attune_unit *unit,
                                         const double *scores, double cost, attune_error *error)
{
    attune_loop_job *job = unit->job;
    int64_t n = 0, n_folds = loop->options->objective->n_folds;
    attune_report *reports = attune_alloc(job->n_reports, sizeof *reports, error);
    if (!reports)
        return ATTUNE_MEMORY;
    for (int64_t i = 0; i < job->n_reports; i++)
        if (job->reports[i].step / ATTUNE_FOLD_STEPS % n_folds == unit->fold)
            reports[n++] = job->reports[i];
    pthread_mutex_unlock(&loop->lock);
    attune_status status = attune_loop_store_reports(loop, job->number, reports, n, error);
    if (!status)
        status = attune_loop_store_fold(loop, job->number, unit->fold, scores, cost, error);
    pthread_mutex_lock(&loop->lock);
    free(reports);
    return status;
}

/* A fold that took less than this is not worth a commit of its own. */
static const double cheap_seconds = 0.002;

/* What a fold took. */
struct spent {
    double cpu, seconds;
};

static attune_status keep_fold(struct loop *loop, const attune_unit *unit, const double *scores,
                               struct spent spent, attune_error *error)
{
    attune_loop_job *job = unit->job;
    if (spent.seconds >= cheap_seconds || job->n_reports > 0)
        return store_fold_unlocked(loop, unit, scores, spent.cpu, error);
    job->held[unit->fold] = true;
    job->held_cost += spent.cpu;
    return ATTUNE_OK;
}

/* Nothing of a job is left to run. */
static attune_status end_job(struct loop *loop, attune_loop_job *job, attune_error *error)
{
    return job->n_running == 1 && attune_loop_is_settled(loop, job)
               ? attune_loop_finish_job(loop, job, error)
               : ATTUNE_OK;
}

/* With the lock held; lets it go while the fold is stored. The fold counts as running until then,
 * so that nobody finishes the job meanwhile. */
static attune_status record(struct loop *loop, const attune_unit *unit, attune_status status,
                            const double *scores, struct spent spent, attune_error *error)
{
    attune_loop_job *job = unit->job;
    bool counts = unit->fold < job->pruned_at;
    job->cost += spent.cpu;
    loop->fold_cost += spent.cpu;
    loop->n_folds_run++;
    job->folds[unit->fold] = status == ATTUNE_STOPPED ? ATTUNE_FOLD_TODO : ATTUNE_FOLD_DONE;
    if (counts)
        status = note_fold(loop, unit, status, scores, error);
    attune_error_clear(error);
    attune_loop_settle(loop, job, attune_loop_frontier(loop, job));
    bool last = job->n_running == 1 && attune_loop_is_settled(loop, job);
    attune_status stored = ATTUNE_OK;
    if (!status && counts && !last)
        stored = keep_fold(loop, unit, scores, spent, error);
    if (!stored)
        stored = end_job(loop, job, error);
    job->n_running--;
    loop->n_running--;
    return stored;
}

/* The end of a trial waits for the disk when the trial is worth more than the wait. */
static void adapt_durability(struct loop *loop)
{
    int64_t n_folds = loop->options->objective->n_folds;
    if (loop->n_folds_run >= n_folds)
        loop->durable = loop->fold_cost / (double)loop->n_folds_run * (double)n_folds > 0.01;
}

static attune_status begin_unit(struct loop *loop, const attune_unit *unit, attune_error *error)
{
    attune_loop_job *job = unit->job;
    if (!job->claimed) {
        attune_trial trial = {.number = job->number};
        bool claimed = false;
        attune_status status = attune_loop_claim(loop, &trial, false, &claimed, error);
        if (status || !claimed)
            return status ? status : attune_loop_take_over(loop, job->number, error);
        job->claimed = true;
    }
    if (job->started == 0)
        job->started = attune_clock_seconds();
    if (unit->fold >= 0)
        job->folds[unit->fold] = ATTUNE_FOLD_RUNNING;
    job->n_running++;
    loop->n_running++;
    return ATTUNE_OK;
}

void attune_loop_run_unit(struct loop *loop, const attune_unit *unit, attune_fold_result *result)
{
    attune_error error = {0};
    attune_status status = begin_unit(loop, unit, &error);
    if (!status && !unit->job->claimed)
        return; /* another process was quicker */
    if (!status && unit->fold < 0) {
        status = end_job(loop, unit->job, &error);
        unit->job->n_running--;
        loop->n_running--;
    } else if (!status) {
        pthread_mutex_unlock(&loop->lock);
        struct spent spent = {-attune_clock_cpu_seconds(), -attune_clock_seconds()};
        attune_work_counts counts = {.n = 0};
        status = evaluate(loop, unit, result, &counts, &error);
        spent.cpu += attune_clock_cpu_seconds() + result->cpu;
        spent.seconds += attune_clock_seconds();
        pthread_mutex_lock(&loop->lock);
        attune_work_counts_add(&unit->job->work, &counts);
        status = record(loop, unit, status, result->scores, spent, &error);
    }
    adapt_durability(loop);
    if (status)
        attune_loop_break_off(loop, &error);
    pthread_cond_broadcast(&loop->changed);
}

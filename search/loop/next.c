/* search/loop/next.c - what runs next: a fold of the lowest job, or a new job. */
#include "search/loop/parts.h"

#include <stdlib.h>

/* A search that only fails is stopped: it would fail all night. */
enum { first_failures = 8, failures_in_a_row = 50 };

static int64_t todo_fold(const attune_loop_job *job)
{
    /* Folds after one that failed cannot matter; those before decide which failure is told. */
    for (int64_t f = 0; f < job->failed_fold && f < job->pruned_at; f++)
        if (job->folds[f] == ATTUNE_FOLD_TODO)
            return f;
    return -1;
}

static bool has_begun(const attune_loop_job *job, int64_t n_folds)
{
    for (int64_t f = 0; f < n_folds; f++)
        if (job->folds[f] != ATTUNE_FOLD_TODO)
            return true;
    return false;
}

/* Whether a job has something to be done now: a fold, or its end. */
static bool offers(struct loop *loop, attune_loop_job *job, bool ahead, attune_unit *unit)
{
    bool begun = job->claimed && has_begun(job, loop->options->objective->n_folds);
    int64_t fold = todo_fold(job);
    if (attune_loop_is_stopping(loop) && !begun)
        return false;
    *unit = (attune_unit){job, fold};
    if (fold < 0)
        return job->n_running == 0 && attune_loop_is_settled(loop, job);
    return ahead || fold <= job->n_decided;
}

/* The lowest fold that may run now. A job under which a process died runs by itself, so that if it
 * happens again nobody else is suspected. */
bool attune_loop_next_unit(struct loop *loop, bool ahead, attune_unit *unit)
{
    int64_t frontier = loop->options->objective->n_folds;
    if (loop->broken || attune_loop_is_cut(loop))
        return false;
    for (int64_t i = loop->jobs.first_unfinished; i < loop->jobs.n; i++) {
        attune_loop_job *job = loop->jobs.items[i];
        if (job->finished)
            continue;
        /* Another process may have gone on further than we have read: what this job was decided by
         * comes first. */
        if (loop->jobs.first_unfinished < attune_lookahead_known(loop->options->lookahead, i))
            return false;
        attune_loop_settle(loop, job, frontier);
        int64_t progress = loop->peers ? attune_loop_progress(loop, job) : frontier;
        frontier = progress < frontier ? progress : frontier;
        if (job->foreign)
            continue;
        bool alone = job->crashes > 0;
        if (alone && loop->n_running > job->n_running)
            return false;
        if (offers(loop, job, ahead, unit))
            return true;
        if (alone && !attune_loop_is_stopping(loop))
            return false;
    }
    return false;
}

/* What job jobs.n is given, into loop->asked. */
static attune_status decide(struct loop *loop, json_t *values, attune_answer *answer,
                            attune_error *error)
{
    const attune_loop_options *options = loop->options;
    attune_history history = attune_jobs_history(&loop->jobs, options->budget);
    attune_key key = attune_key_join(attune_key_start("sampler"), options->seed);
    attune_stream stream = attune_stream_new(attune_key_integer(key, loop->jobs.n));
    history.seed = options->seed;
    *answer = ATTUNE_ANSWER_POINT;
    return values ? attune_queue_ask(options->sampler, values, &history, &stream, loop->unit,
                                     &loop->asked, error)
                  : attune_sampler_ask(options->sampler, &history, &stream, loop->unit,
                                       &loop->asked, answer, error);
}

attune_status attune_loop_new_job(struct loop *loop, json_t *values, attune_loop_job **job,
                                  attune_error *error)
{
    int64_t j = loop->jobs.n;
    attune_answer answer = ATTUNE_ANSWER_WAIT;
    bool claimed = false;
    *job = NULL;
    attune_status status = decide(loop, values, &answer, error);
    loop->exhausted = !status && answer == ATTUNE_ANSWER_EXHAUSTED;
    loop->no_more = loop->no_more || loop->exhausted;
    loop->waits = !status && answer == ATTUNE_ANSWER_WAIT;
    if (status || answer != ATTUNE_ANSWER_POINT)
        return status;
    attune_trial trial = {.number = j, .watermark = loop->jobs.n_known};
    trial.hyperparams = attune_sample_write(loop->options->space, &loop->asked, error);
    if (!trial.hyperparams)
        return ATTUNE_MEMORY;
    status = attune_loop_claim(loop, &trial, true, &claimed, error);
    free(trial.hyperparams);
    if (!status && !claimed)
        return attune_loop_take_over(loop, j, error);
    if (!status)
        status = attune_jobs_add(&loop->jobs, &loop->asked, job, error);
    if (!status)
        (*job)->claimed = true;
    else if (claimed)
        attune_loop_give_back(loop, j, NULL);
    return status;
}

attune_status attune_loop_create_job(struct loop *loop, attune_error *error)
{
    attune_loop_job *job = NULL;
    size_t j = (size_t)loop->jobs.n;
    return attune_loop_new_job(loop, json_array_get(loop->options->queue, j), &job, error);
}

static bool is_failing(const attune_jobs *jobs)
{
    return (jobs->none_succeeded && jobs->n_known >= first_failures) ||
           jobs->n_failed_in_a_row >= failures_in_a_row;
}

bool attune_loop_may_create(struct loop *loop)
{
    const attune_loop_options *options = loop->options;
    int64_t j = loop->jobs.n, known = attune_lookahead_known(options->lookahead, j);
    loop->no_more =
        loop->no_more || attune_loop_is_stopping(loop) || (options->trials && j >= options->trials);
    if (loop->no_more || loop->waits || loop->jobs.first_unfinished < known)
        return false;
    attune_jobs_publish(&loop->jobs, known);
    loop->failing = is_failing(&loop->jobs);
    loop->no_more = loop->failing;
    if (!loop->failing)
        attune_loop_look(loop);
    return !loop->no_more;
}

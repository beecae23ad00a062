/* search/api/tell.c - what came of an asked trial, told from any process. */
#include "search/api/parts.h"

#include <math.h>
#include <stdlib.h>

/* What is told of a trial: values, why it failed, or that it was stopped early. */
struct telling {
    const double *values;
    attune_status failure;
    const char *reason;
    bool pruned;
};

static attune_status find_job(attune_search *search, int64_t number, struct loop **loop,
                              attune_loop_job **job, attune_error *error)
{
    attune_status status = attune_search_window(search, loop, error);
    if (status)
        return status;
    int64_t n = (*loop)->jobs.n;
    if (number < 0 || number >= n)
        return attune_fail(error, ATTUNE_NOT_FOUND, "there is no trial %lld: the study has %lld",
                           (long long)number, (long long)n);
    *job = (*loop)->jobs.items[number];
    if ((*job)->finished)
        return attune_fail(error, ATTUNE_CONFLICT, "trial %lld is finished already",
                           (long long)number);
    return ATTUNE_OK;
}

/* A trial that was given back meanwhile is taken again: a result is a result. */
static attune_status take(struct loop *loop, attune_loop_job *job, attune_error *error)
{
    attune_trial trial = {.number = job->number};
    bool claimed = false;
    if (job->foreign)
        return ATTUNE_OK;
    return attune_loop_claim(loop, &trial, false, &claimed, error);
}

/* What a pruner thought of it on the way does not bind whoever tells. */
static attune_status set_pruned(struct loop *loop, attune_loop_job *job, bool pruned,
                                attune_error *error)
{
    job->pruned_at = pruned ? 0 : loop->options->objective->n_folds;
    if (!pruned)
        return ATTUNE_OK;
    if (loop->options->objective->n_objectives > 1)
        return attune_fail(error, ATTUNE_INVALID,
                           "trial %lld: a study of several objectives has no pruned trials",
                           (long long)job->number);
    if (job->n_reports == 0)
        return attune_fail(error, ATTUNE_INVALID,
                           "trial %lld has no report, so a pruned trial would have no value: "
                           "report one first",
                           (long long)job->number);
    job->estimate = job->reports[job->n_reports - 1].value;
    return ATTUNE_OK;
}

static attune_status record(struct loop *loop, attune_loop_job *job, const struct telling *told,
                            attune_error *error)
{
    attune_text reason = {0};
    attune_status status = set_pruned(loop, job, told->pruned, error);
    if (status)
        return status;
    job->failure = told->failure;
    for (int64_t i = 0; told->values && i < loop->options->objective->n_metrics; i++)
        job->scores[i] = told->values[i];
    if (told->failure) {
        attune_text_printf(&reason, "%s: %s", attune_status_word(told->failure),
                           told->reason ? told->reason : "no reason was given");
        free(job->reason);
        job->reason = attune_text_take(&reason, error);
        if (!job->reason)
            return ATTUNE_MEMORY;
    }
    pthread_mutex_lock(&loop->lock);
    status = attune_loop_finish_job(loop, job, error);
    pthread_mutex_unlock(&loop->lock);
    return status;
}

static attune_status tell(attune_search *search, int64_t number, const struct telling *told,
                          attune_error *error)
{
    struct loop *loop = NULL;
    attune_loop_job *job = NULL;
    pthread_mutex_lock(&search->lock);
    attune_status status = find_job(search, number, &loop, &job, error);
    if (!status && loop && job)
        status = take(loop, job, error);
    if (!status && loop && job)
        status = record(loop, job, told, error);
    if (status && job) /* the store has the last word: it is read again by the next call */
        job->failure = ATTUNE_OK;
    pthread_mutex_unlock(&search->lock);
    return status;
}

attune_status attune_search_tell(attune_search *search, int64_t number, const double *values,
                                 int64_t n_values, attune_error *error)
{
    struct telling told = {.values = values};
    attune_error_clear(error);
    if (!search || !values)
        return attune_fail(error, ATTUNE_INVALID, "attune_search_tell: there is no %s",
                           search ? "value" : "search");
    if (n_values != search->n_metrics)
        return attune_fail(
            error, ATTUNE_INVALID, "trial %lld: need %lld value%s%s, got %lld", (long long)number,
            (long long)search->n_metrics, search->n_metrics == 1 ? "" : "s",
            search->n_metrics > search->n_objectives ? ", the constraints after the objectives"
                                                     : "",
            (long long)n_values);
    for (int64_t i = 0; i < n_values; i++)
        if (!isfinite(values[i]))
            return attune_fail(error, ATTUNE_INVALID,
                               "trial %lld: value %lld is not finite; tell a failure",
                               (long long)number, (long long)i);
    return tell(search, number, &told, error);
}

attune_status attune_search_tell_failure(attune_search *search, int64_t number,
                                         attune_status failure, const char *reason,
                                         attune_error *error)
{
    struct telling told = {.failure = failure, .reason = reason};
    bool is_failure = failure > ATTUNE_OK && failure <= ATTUNE_INTERNAL && failure != ATTUNE_WAIT &&
                      failure != ATTUNE_EXHAUSTED;
    attune_error_clear(error);
    if (!search || !is_failure)
        return attune_fail(error, ATTUNE_INVALID, "attune_search_tell_failure: %s",
                           search ? "that status is no failure" : "there is no search");
    return tell(search, number, &told, error);
}

attune_status attune_search_tell_pruned(attune_search *search, int64_t number, attune_error *error)
{
    struct telling told = {.pruned = true};
    attune_error_clear(error);
    if (!search)
        return attune_fail(error, ATTUNE_INVALID, "attune_search_tell_pruned: there is no search");
    return tell(search, number, &told, error);
}

attune_status attune_search_give_back(attune_search *search, int64_t number, attune_error *error)
{
    struct loop *loop = NULL;
    attune_loop_job *job = NULL;
    attune_error_clear(error);
    if (!search)
        return attune_fail(error, ATTUNE_INVALID, "attune_search_give_back: there is no search");
    pthread_mutex_lock(&search->lock);
    attune_status status = find_job(search, number, &loop, &job, error);
    if (!status && !job->foreign)
        status =
            attune_fail(error, ATTUNE_CONFLICT, "trial %lld is not running", (long long)number);
    if (!status)
        status =
            search->storage->type->release(search->storage->self, search->study.id, number, error);
    pthread_mutex_unlock(&search->lock);
    return status;
}

attune_status attune_search_take_back(attune_search *search, attune_error *error)
{
    struct loop *loop = NULL;
    attune_status status = search->asking ? attune_search_window(search, &loop, error) : ATTUNE_OK;
    for (int64_t i = loop ? loop->jobs.first_unfinished : 0; loop && i < loop->jobs.n; i++) {
        attune_loop_job *job = loop->jobs.items[i];
        if (!status && !job->finished && job->foreign && job->started > 0)
            status =
                search->storage->type->release(search->storage->self, search->study.id, i, error);
        job->started = 0;
    }
    return status;
}

attune_status attune_search_recover(attune_search *search, int64_t *n, attune_error *error)
{
    struct loop *loop = NULL;
    int64_t freed = 0;
    attune_error_clear(error);
    if (!search)
        return attune_fail(error, ATTUNE_INVALID, "attune_search_recover: there is no search");
    pthread_mutex_lock(&search->lock);
    attune_status status = attune_search_window(search, &loop, error);
    int64_t before = status ? 0 : loop->n_foreign;
    if (!status)
        status = attune_loop_reap(loop, error);
    if (!status)
        status = attune_loop_take_over(loop, loop->jobs.first_unfinished, error);
    if (!status)
        freed = before - loop->n_foreign;
    pthread_mutex_unlock(&search->lock);
    if (n)
        *n = freed;
    return status;
}

attune_status attune_search_report(attune_search *search, int64_t number, int64_t step,
                                   double value, bool *go_on, attune_error *error)
{
    struct loop *loop = NULL;
    attune_loop_job *job = NULL;
    attune_error verdict = {0};
    attune_error_clear(error);
    if (!search)
        return attune_fail(error, ATTUNE_INVALID, "attune_search_report: there is no search");
    pthread_mutex_lock(&search->lock);
    attune_report report = {step, value};
    attune_status status = find_job(search, number, &loop, &job, error);
    if (!status)
        status = search->storage->type->record_reports(search->storage->self, search->study.id,
                                                       number, &report, 1, error);
    if (!status) { /* each report is judged by itself: another process may have made those before */
        job->pruned_at = loop->options->objective->n_folds;
        status = attune_loop_report(loop, job, 0, step, value, &verdict);
    }
    if (go_on)
        *go_on = status != ATTUNE_STOPPED;
    if (status == ATTUNE_STOPPED)
        status = ATTUNE_OK;
    else if (verdict.status && error)
        *error = verdict;
    pthread_mutex_unlock(&search->lock);
    return status;
}

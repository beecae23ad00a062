/* search/loop/store.c - the loop's side of the store: one caller at a time. */
#include "search/loop/parts.h"

#include <stdlib.h>

/* A process on another host that was silent for so long is taken for dead. */
static const double lease_seconds = 120;

static const attune_storage_type *store(struct loop *loop, void **self, int64_t *study)
{
    *self = loop->options->storage->self;
    *study = loop->options->study->id;
    return loop->options->storage->type;
}

/* Reports are kept as losses, and stored as they came. To be freed. */
static attune_report *values_of(const struct loop *loop, const attune_report *losses, int64_t n,
                                attune_error *error)
{
    double sign = loop->options->objective->directions[0] == ATTUNE_MAXIMIZE ? -1 : 1;
    attune_report *values = attune_alloc(n, sizeof *values, error);
    for (int64_t i = 0; i < n && values; i++)
        values[i] = (attune_report){losses[i].step, sign * losses[i].value};
    return values;
}

/* A list of numbers, kept when 0 or less. With the store's lock held. */
static attune_status store_constraints(struct loop *loop, const attune_loop_job *job,
                                       attune_error *error)
{
    void *self = NULL;
    int64_t study = 0, n = loop->options->objective->n_constraints;
    const attune_storage_type *type = store(loop, &self, &study);
    double *values = attune_alloc(n, sizeof *values, error);
    json_t *list = values ? json_array() : NULL;
    if (values)
        attune_job_constraints(&loop->jobs, job, values);
    for (int64_t k = 0; k < n && list; k++)
        json_array_append_new(list, attune_json_from_real(values[k]));
    char *text = list ? attune_json_write(list, error) : NULL;
    attune_status status =
        text ? type->set_attribute(self, study, job->number, "constraints", text, error)
             : ATTUNE_MEMORY;
    free(text);
    free(values);
    json_decref(list);
    return status;
}

attune_status attune_loop_store_trial(struct loop *loop, const attune_loop_job *job,
                                      const char *attributes, bool durable, attune_error *error)
{
    void *self = NULL;
    int64_t study = 0;
    const attune_storage_type *type = store(loop, &self, &study);
    const attune_objective *o = loop->options->objective;
    bool failed = job->state == ATTUNE_TRIAL_FAIL;
    const attune_space *space = loop->options->space;
    bool staged = attune_sample_staged(space, &job->sample) >= 0;
    char *hyperparams = staged ? attune_sample_write(space, &job->sample, error) : NULL;
    attune_report *reports = values_of(loop, job->reports, job->n_reports, error);
    if (!reports || (staged && !hyperparams)) {
        free(hyperparams);
        free(reports);
        return ATTUNE_MEMORY;
    }
    bool ours = job->failure == ATTUNE_UNFIT || job->failure == ATTUNE_INVALID;
    attune_trial trial = {.number = job->number,
                          .state = job->state,
                          .hyperparams = hyperparams,
                          .values = failed ? NULL : job->values,
                          .n_values = failed ? 0 : o->n_metrics,
                          .folds = {job->scores, o->n_metrics, o->n_folds},
                          .reports = reports,
                          .n_reports = job->n_reports,
                          .cost = job->cost,
                          .crashes = job->crashes,
                          .blame = !failed ? ATTUNE_BLAME_NONE
                                   : ours  ? ATTUNE_BLAME_CONFIGURATION
                                           : ATTUNE_BLAME_ENVIRONMENT,
                          .reason = job->reason,
                          .attributes = (char *)(uintptr_t)attributes};
    pthread_mutex_lock(&loop->store_lock);
    attune_status status = type->set_durable(self, durable, error);
    if (!status && !failed && o->n_constraints)
        status = store_constraints(loop, job, error);
    if (!status)
        status = type->finish(self, study, &trial, error);
    if (!status) /* what is lost of the rest is computed again to the same bits */
        status = type->set_durable(self, false, error);
    pthread_mutex_unlock(&loop->store_lock);
    free(hyperparams);
    free(reports);
    return status;
}

attune_status attune_loop_store_fold(struct loop *loop, int64_t number, int64_t fold,
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

static attune_status store_held(struct loop *loop, attune_loop_job *job, double *scores,
                                attune_error *error)
{
    const attune_objective *o = loop->options->objective;
    attune_status status = ATTUNE_OK;
    for (int64_t f = 0; f < o->n_folds && !status; f++) {
        if (!job->held[f])
            continue;
        for (int64_t m = 0; m < o->n_metrics; m++)
            scores[m] = job->scores[m * o->n_folds + f];
        status = attune_loop_store_fold(loop, job->number, f, scores, job->held_cost, error);
        job->held[f] = false;
        job->held_cost = 0;
    }
    return status;
}

attune_status attune_loop_store_held(struct loop *loop, attune_error *error)
{
    double *scores = attune_alloc(loop->options->objective->n_metrics, sizeof *scores, error);
    attune_status status = scores ? ATTUNE_OK : ATTUNE_MEMORY;
    for (int64_t i = loop->jobs.first_unfinished; i < loop->jobs.n && !status; i++)
        if (!loop->jobs.items[i]->finished)
            status = store_held(loop, loop->jobs.items[i], scores, error);
    free(scores);
    return status;
}

attune_status attune_loop_store_reports(struct loop *loop, int64_t number,
                                        const attune_report *reports, int64_t n,
                                        attune_error *error)
{
    void *self = NULL;
    int64_t study = 0;
    const attune_storage_type *type = store(loop, &self, &study);
    if (n == 0)
        return ATTUNE_OK;
    attune_report *values = values_of(loop, reports, n, error);
    if (!values)
        return ATTUNE_MEMORY;
    pthread_mutex_lock(&loop->store_lock);
    attune_status status = type->record_reports(self, study, number, values, n, error);
    pthread_mutex_unlock(&loop->store_lock);
    free(values);
    return status;
}

attune_status attune_loop_claim(struct loop *loop, const attune_trial *trial, bool is_new,
                                bool *claimed, attune_error *error)
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

attune_status attune_loop_give_back(struct loop *loop, int64_t number, attune_error *error)
{
    void *self = NULL;
    int64_t study = 0;
    const attune_storage_type *type = store(loop, &self, &study);
    pthread_mutex_lock(&loop->store_lock);
    attune_status status = type->release(self, study, number, error);
    pthread_mutex_unlock(&loop->store_lock);
    return status;
}

/* What cannot be given back does not keep the others: it is taken up when this process has ended.
 */
attune_status attune_loop_release(struct loop *loop, attune_error *error)
{
    attune_status first = attune_loop_store_held(loop, error);
    for (int64_t i = loop->jobs.first_unfinished; i < loop->jobs.n; i++) {
        const attune_loop_job *job = loop->jobs.items[i];
        attune_status status = job->claimed && !job->finished
                                   ? attune_loop_give_back(loop, job->number, error)
                                   : ATTUNE_OK;
        first = first ? first : status;
    }
    return first;
}

attune_status attune_loop_reap(struct loop *loop, attune_error *error)
{
    void *self = NULL;
    int64_t study = 0, n = 0;
    const attune_storage_type *type = store(loop, &self, &study);
    pthread_mutex_lock(&loop->store_lock);
    attune_status status = type->reap(self, study, lease_seconds, &n, error);
    pthread_mutex_unlock(&loop->store_lock);
    return status;
}

attune_status attune_loop_renew(struct loop *loop, attune_error *error)
{
    void *self = NULL;
    int64_t study = 0;
    const attune_storage_type *type = store(loop, &self, &study);
    pthread_mutex_lock(&loop->store_lock);
    attune_status status = type->renew(self, study, &loop->owner, error);
    pthread_mutex_unlock(&loop->store_lock);
    return status;
}

attune_status attune_loop_take_over(struct loop *loop, int64_t from, attune_error *error)
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

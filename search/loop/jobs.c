/* search/loop/jobs.c - the jobs of a running search, and the history that samplers are shown. */
#include "search/loop/jobs.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

void attune_jobs_init(attune_jobs *jobs, const attune_space *space,
                      const attune_objective *objective)
{
    memset(jobs, 0, sizeof *jobs);
    jobs->space = space;
    jobs->objective = objective;
    jobs->none_succeeded = true;
}

static void free_job(attune_loop_job *job)
{
    if (!job)
        return;
    attune_sample_clear(&job->sample);
    free(job->scores);
    free(job->losses);
    free(job->folds);
    free(job->held);
    free(job->reason);
    free(job->values);
    free(job->reports);
    free(job);
}

void attune_jobs_clear(attune_jobs *jobs)
{
    for (int64_t i = 0; i < jobs->n; i++)
        free_job(jobs->items[i]);
    free(jobs->items);
    free(jobs->unit);
    free(jobs->active);
    free(jobs->outcome);
    free(jobs->ignore);
    free(jobs->values);
    free(jobs->constraints);
    free(jobs->rows);
    free(jobs->best);
    memset(jobs, 0, sizeof *jobs);
}

static attune_status grow(void **block, int64_t rows, int64_t width, size_t size,
                          attune_error *error)
{
    void *grown = attune_realloc(*block, rows * width, size, error);
    if (!grown)
        return ATTUNE_MEMORY;
    *block = grown;
    return ATTUNE_OK;
}

static attune_status reserve(attune_jobs *jobs, attune_error *error)
{
    if (jobs->n_prior + jobs->n < jobs->capacity)
        return ATTUNE_OK;
    int64_t rows = jobs->capacity ? 2 * jobs->capacity : 64, d = jobs->space->n;
    attune_status status = grow((void **)&jobs->items, rows, 1, sizeof *jobs->items, error);
    if (!status)
        status = grow((void **)&jobs->unit, rows, d, sizeof *jobs->unit, error);
    if (!status)
        status = grow((void **)&jobs->active, rows, d, 1, error);
    if (!status)
        status = grow((void **)&jobs->outcome, rows, 1, 1, error);
    if (!status)
        status = grow((void **)&jobs->ignore, rows, 1, 1, error);
    if (!status)
        status = grow((void **)&jobs->values, rows, jobs->objective->n_objectives,
                      sizeof *jobs->values, error);
    if (!status)
        status = grow((void **)&jobs->constraints, rows, jobs->objective->n_constraints,
                      sizeof *jobs->constraints, error);
    if (!status)
        status = grow((void **)&jobs->rows, rows, 1, sizeof *jobs->rows, error);
    if (!status)
        status = grow((void **)&jobs->best, rows, 1, sizeof *jobs->best, error);
    if (!status)
        jobs->capacity = rows;
    return status;
}

static attune_loop_job *new_job(const attune_jobs *jobs, const attune_sample *sample,
                                attune_error *error)
{
    const attune_objective *o = jobs->objective;
    attune_loop_job *job = attune_alloc(1, sizeof *job, error);
    if (!job)
        return NULL;
    job->number = jobs->n;
    job->failed_fold = job->pruned_at = o->n_folds;
    job->n_decided = jobs->least_folds ? jobs->least_folds - 1 : o->n_folds;
    job->estimate = NAN;
    job->losses = attune_alloc(o->n_folds, sizeof *job->losses, error);
    job->scores = attune_alloc(o->n_metrics * o->n_folds, sizeof *job->scores, error);
    job->values = attune_alloc(o->n_metrics, sizeof *job->values, error);
    job->folds = attune_alloc(o->n_folds, sizeof *job->folds, error);
    job->held = attune_alloc(o->n_folds, sizeof *job->held, error);
    if (!job->scores || !job->losses || !job->values || !job->folds || !job->held ||
        attune_sample_init(&job->sample, jobs->space, error)) {
        free_job(job);
        return NULL;
    }
    for (int64_t i = 0; i < o->n_metrics * o->n_folds; i++)
        job->scores[i] = NAN;
    for (int64_t f = 0; f < o->n_folds; f++)
        job->losses[f] = NAN;
    memcpy(job->sample.x, sample->x, (size_t)sample->n * sizeof *sample->x);
    memcpy(job->sample.active, sample->active, (size_t)sample->n);
    return job;
}

static void add_row(attune_jobs *jobs, int64_t i, const attune_sample *sample)
{
    int64_t d = jobs->space->n;
    /* From the stored value, not from the point that was asked for: a resumed run has only that. */
    attune_space_encode(jobs->space, sample, jobs->unit + i * d);
    memcpy(jobs->active + i * d, sample->active, (size_t)d);
    jobs->outcome[i] = ATTUNE_PENDING;
    jobs->ignore[i] = 0;
    for (int64_t k = 0; k < jobs->objective->n_objectives; k++)
        jobs->values[i * jobs->objective->n_objectives + k] = NAN;
    for (int64_t k = 0; k < jobs->objective->n_constraints; k++)
        jobs->constraints[i * jobs->objective->n_constraints + k] = NAN;
}

attune_status attune_jobs_add_prior(attune_jobs *jobs, const attune_prior *prior,
                                    attune_error *error)
{
    attune_status status = ATTUNE_OK;
    int64_t n = jobs->objective->n_objectives;
    for (int64_t r = 0; r < prior->n && !status; r++) {
        status = reserve(jobs, error);
        if (status)
            break;
        int64_t i = jobs->n_prior++;
        add_row(jobs, i, &prior->rows[r].sample);
        jobs->outcome[i] = prior->rows[r].pruned ? ATTUNE_PRUNED_AT : ATTUNE_COMPLETED;
        for (int64_t k = 0; k < n; k++)
            jobs->values[i * n + k] = jobs->objective->directions[k] == ATTUNE_MAXIMIZE
                                          ? -prior->rows[r].values[k]
                                          : prior->rows[r].values[k];
    }
    return status;
}

attune_status attune_jobs_add(attune_jobs *jobs, const attune_sample *sample, attune_loop_job **job,
                              attune_error *error)
{
    attune_status status = reserve(jobs, error);
    attune_loop_job *made = status ? NULL : new_job(jobs, sample, error);
    if (!made)
        return ATTUNE_MEMORY;
    jobs->items[jobs->n] = made;
    add_row(jobs, jobs->n_prior + jobs->n, &made->sample);
    jobs->n++;
    *job = made;
    return ATTUNE_OK;
}

static double loss_of(const attune_jobs *jobs, double score)
{
    return jobs->objective->directions[0] == ATTUNE_MAXIMIZE ? -score : score;
}

void attune_job_score(const attune_jobs *jobs, attune_loop_job *job, int64_t fold,
                      const double *scores)
{
    const attune_objective *o = jobs->objective;
    for (int64_t m = 0; m < o->n_metrics; m++)
        job->scores[m * o->n_folds + fold] = scores[m];
    job->losses[fold] = loss_of(jobs, scores[0]);
}

int64_t attune_job_n_scored(const attune_jobs *jobs, const attune_loop_job *job)
{
    int64_t n = 0;
    while (n < jobs->objective->n_folds && n < job->pruned_at && !isnan(job->losses[n]))
        n++;
    return n;
}

attune_status attune_job_report(const attune_jobs *jobs, attune_loop_job *job, int64_t step,
                                double value, attune_error *error)
{
    int64_t i = job->n_reports;
    while (i > 0 && job->reports[i - 1].step >= step)
        i--;
    bool replaces = i < job->n_reports && job->reports[i].step == step;
    if (!replaces) {
        attune_report *grown =
            attune_realloc(job->reports, job->n_reports + 1, sizeof *grown, error);
        if (!grown)
            return ATTUNE_MEMORY;
        job->reports = grown;
        memmove(grown + i + 1, grown + i, (size_t)(job->n_reports++ - i) * sizeof *grown);
    }
    job->reports[i] = (attune_report){step, loss_of(jobs, value)};
    return ATTUNE_OK;
}

void attune_job_cut(const attune_jobs *jobs, attune_loop_job *job)
{
    const attune_objective *o = jobs->objective;
    int64_t end = job->pruned_at < job->failed_fold ? job->pruned_at : job->failed_fold;
    for (int64_t f = end; f < o->n_folds; f++) {
        job->losses[f] = NAN;
        for (int64_t m = 0; m < o->n_metrics; m++)
            job->scores[m * o->n_folds + f] = NAN;
    }
    /* A fold that failed, or in which a report ended the trial, reported; one after a verdict on
     * whole folds ran ahead. */
    bool after_folds = end < o->n_folds && job->n_decided == job->pruned_at;
    int64_t reported = after_folds ? end : end + 1;
    while (o->n_folds > 1 && job->n_reports > 0 &&
           job->reports[job->n_reports - 1].step >= reported * ATTUNE_FOLD_STEPS)
        job->n_reports--;
}

static attune_status restore_reports(const attune_jobs *jobs, attune_loop_job *job,
                                     const attune_trial *trial, attune_error *error)
{
    attune_status status = ATTUNE_OK;
    job->n_reports = 0;
    for (int64_t i = 0; i < trial->n_reports && !status; i++)
        status =
            attune_job_report(jobs, job, trial->reports[i].step, trial->reports[i].value, error);
    return status;
}

static void restore_folds(const attune_jobs *jobs, attune_loop_job *job, const attune_trial *trial)
{
    const attune_objective *o = jobs->objective;
    const attune_fold_scores *folds = &trial->folds;
    if (!folds->values || folds->n_folds != o->n_folds || folds->n_metrics != o->n_metrics)
        return;
    memcpy(job->scores, folds->values, (size_t)(o->n_folds * o->n_metrics) * sizeof(double));
    /* Seen before, it may have had folds that ran ahead, and that a verdict has cut off since. */
    for (int64_t f = 0; f < o->n_folds; f++) {
        bool scored = !isnan(job->scores[f]); /* a fold is stored with all its scores */
        job->folds[f] = scored ? ATTUNE_FOLD_DONE : ATTUNE_FOLD_TODO;
        job->losses[f] = scored ? loss_of(jobs, job->scores[f]) : NAN;
    }
}

/* A fold's loss is that of its best stage, whatever stage was chosen over all folds. */
static void restore_losses(const attune_jobs *jobs, attune_loop_job *job)
{
    if (attune_sample_staged(jobs->space, &job->sample) < 0)
        return;
    for (int64_t i = 0; i < job->n_reports; i++) {
        int64_t fold = job->reports[i].step / ATTUNE_FOLD_STEPS;
        double loss = job->reports[i].value;
        if (fold < jobs->objective->n_folds && job->folds[fold] == ATTUNE_FOLD_DONE)
            job->losses[fold] = fmin(job->losses[fold], loss);
    }
}

attune_status attune_jobs_restore(attune_jobs *jobs, attune_loop_job *job,
                                  const attune_trial *trial, attune_error *error)
{
    const attune_objective *o = jobs->objective;
    job->claimed = false;
    job->foreign = trial->state == ATTUNE_TRIAL_RUNNING;
    job->crashes = trial->crashes;
    job->cost = trial->cost;
    restore_folds(jobs, job, trial);
    attune_status status = restore_reports(jobs, job, trial, error);
    if (status)
        return status;
    restore_losses(jobs, job);
    if (trial->state == ATTUNE_TRIAL_RUNNING || trial->state == ATTUNE_TRIAL_WAITING)
        return ATTUNE_OK;
    if (trial->state != ATTUNE_TRIAL_FAIL && trial->n_values < o->n_objectives)
        return attune_fail(error, ATTUNE_CORRUPT, "trial %lld is finished without a value",
                           (long long)trial->number);
    for (int64_t m = 0; m < o->n_metrics; m++)
        job->values[m] = m < trial->n_values ? trial->values[m] : NAN;
    job->state = trial->state;
    if (job->state == ATTUNE_TRIAL_PRUNED)
        job->pruned_at = attune_job_n_scored(jobs, job);
    job->ignore = trial->state == ATTUNE_TRIAL_FAIL && trial->blame == ATTUNE_BLAME_ENVIRONMENT;
    attune_jobs_finish(jobs, job);
    return ATTUNE_OK;
}

void attune_jobs_finish(attune_jobs *jobs, attune_loop_job *job)
{
    job->finished = true;
    job->foreign = false;
    while (jobs->first_unfinished < jobs->n && jobs->items[jobs->first_unfinished]->finished)
        jobs->first_unfinished++;
}

bool attune_job_kept(const attune_jobs *jobs, const attune_loop_job *job)
{
    const attune_objective *o = jobs->objective;
    for (int64_t k = 0; k < o->n_constraints; k++)
        if (!attune_constraint_kept(&o->constraints[k], job->values))
            return false;
    return job->state == ATTUNE_TRIAL_COMPLETE;
}

void attune_job_constraints(const attune_jobs *jobs, const attune_loop_job *job, double *values)
{
    const attune_objective *o = jobs->objective;
    for (int64_t k = 0; k < o->n_constraints; k++) {
        const attune_constraint *c = &o->constraints[k];
        const double *scores = job->scores + c->metric * o->n_folds;
        double sum = 0;
        int64_t n = 0;
        for (int64_t f = 0; f < o->n_folds && job->state == ATTUNE_TRIAL_PRUNED; f++)
            if (!isnan(scores[f])) {
                sum += scores[f];
                n++;
            }
        values[k] = job->state == ATTUNE_TRIAL_COMPLETE ? attune_constraint_value(c, job->values)
                    : n > 0                             ? c->sign * (sum / (double)n - c->bound)
                                                        : NAN;
    }
}

static void show_to_pruner(attune_jobs *jobs, int64_t i)
{
    const attune_loop_job *job = jobs->items[i];
    int64_t before = i > 0 ? jobs->best[i - 1] : -1;
    /* What breaks a constraint is no measure for others: it is shown like a failure. */
    bool breaks = job->state == ATTUNE_TRIAL_COMPLETE && !attune_job_kept(jobs, job);
    bool failed = job->state == ATTUNE_TRIAL_FAIL || breaks;
    double value = failed ? NAN : loss_of(jobs, job->values[0]);
    bool better = attune_job_kept(jobs, job) && (before < 0 || value < jobs->rows[before].value);
    jobs->best[i] = better ? i : before;
    jobs->rows[i] =
        (attune_pruner_row){.scores = job->losses,
                            .n_scored = job->ignore || breaks ? 0 : attune_job_n_scored(jobs, job),
                            .reports = job->reports,
                            .n_reports = failed ? 0 : job->n_reports,
                            .outcome = jobs->outcome[jobs->n_prior + i],
                            .value = value};
}

static void publish_one(attune_jobs *jobs, int64_t i)
{
    const attune_loop_job *job = jobs->items[i];
    const attune_objective *o = jobs->objective;
    int64_t row = jobs->n_prior + i;
    bool failed = job->state == ATTUNE_TRIAL_FAIL;
    jobs->outcome[row] = failed                              ? ATTUNE_FAILED
                         : job->state == ATTUNE_TRIAL_PRUNED ? ATTUNE_PRUNED_AT
                                                             : ATTUNE_COMPLETED;
    jobs->ignore[row] = job->ignore;
    for (int64_t k = 0; k < o->n_objectives; k++) {
        double value = failed ? NAN : job->values[k];
        jobs->values[row * o->n_objectives + k] =
            o->directions[k] == ATTUNE_MAXIMIZE ? -value : value;
    }
    attune_job_constraints(jobs, job, jobs->constraints + row * o->n_constraints);
    show_to_pruner(jobs, i);
    jobs->n_failed_in_a_row = failed ? jobs->n_failed_in_a_row + 1 : 0;
    jobs->none_succeeded = jobs->none_succeeded && failed;
}

void attune_jobs_publish(attune_jobs *jobs, int64_t upto)
{
    for (; jobs->n_known < upto && jobs->n_known < jobs->first_unfinished; jobs->n_known++)
        publish_one(jobs, jobs->n_known);
}

attune_history attune_jobs_history(const attune_jobs *jobs, int64_t budget)
{
    return (attune_history){.space = jobs->space,
                            .n_prior = jobs->n_prior,
                            .n = jobs->n_prior + jobs->n,
                            .n_known = jobs->n_prior + jobs->n_known,
                            .unit = jobs->unit,
                            .active = jobs->active,
                            .outcome = jobs->outcome,
                            .ignore = jobs->ignore,
                            .values = jobs->values,
                            .n_objectives = jobs->objective->n_objectives,
                            .constraints = jobs->constraints,
                            .n_constraints = jobs->objective->n_constraints,
                            .budget = budget};
}

bool attune_job_average(const attune_jobs *jobs, attune_loop_job *job)
{
    const attune_objective *o = jobs->objective;
    bool numbers = true;
    for (int64_t m = 0; m < o->n_metrics; m++) {
        double sum = 0;
        for (int64_t f = 0; f < o->n_folds; f++)
            sum += job->scores[m * o->n_folds + f];
        job->values[m] = sum / (double)o->n_folds;
        numbers = numbers && (m >= o->n_objectives || isfinite(job->values[m]));
    }
    for (int64_t k = 0; k < o->n_constraints; k++)
        numbers = numbers && isfinite(job->values[o->constraints[k].metric]);
    return numbers;
}

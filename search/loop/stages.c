/* search/loop/stages.c - one fit, many trials' worth: every value of a staged dimension is scored.
 *
 * What stage s of fold f gave metric m is kept among the job's reports, at step s of "fold" m * n +
 * f of n folds: those of the objective are its curve and stay, those of the other metrics are
 * needed until the stage is chosen. A fold's loss, which pruners see, is that of its best stage. */
#include "search/loop/parts.h"

#include <math.h>
#include <string.h>

static int64_t step_of(const attune_objective *o, int64_t metric, int64_t fold, int64_t stage)
{
    return (metric * o->n_folds + fold) * ATTUNE_FOLD_STEPS + stage;
}

/* The scores of the stage with the least loss; those of the last when none is a number. */
static void take_best(const attune_objective *o, attune_fold_result *result)
{
    int64_t best = result->n_stages - 1;
    for (int64_t k = result->n_stages - 1; k >= 0; k--) {
        double value = result->stage_scores[k * o->n_metrics];
        double before = result->stage_scores[best * o->n_metrics];
        if (attune_better(o->directions[0], value, before) || value == before)
            best = k;
    }
    memcpy(result->scores, result->stage_scores + best * o->n_metrics,
           (size_t)o->n_metrics * sizeof *result->scores);
}

attune_status attune_loop_take_stages(struct loop *loop, attune_loop_job *job, int64_t fold,
                                      attune_fold_result *result, attune_error *error)
{
    const attune_objective *o = loop->options->objective;
    attune_status status = ATTUNE_OK;
    pthread_mutex_lock(&loop->lock);
    for (int64_t k = 0; k < result->n_stages && !status; k++)
        for (int64_t m = 1; m < o->n_metrics && !status; m++)
            status = attune_job_report(&loop->jobs, job, step_of(o, m, fold, result->stages[k]),
                                       result->stage_scores[k * o->n_metrics + m], error);
    pthread_mutex_unlock(&loop->lock);
    take_best(o, result);
    return status;
}

/* What was reported at a step, as a loss; NaN: nothing. Reports are sorted. */
static double reported(const attune_loop_job *job, int64_t step)
{
    int64_t low = 0, high = job->n_reports;
    while (low < high) {
        int64_t middle = low + (high - low) / 2;
        if (job->reports[middle].step < step)
            low = middle + 1;
        else
            high = middle;
    }
    return low < job->n_reports && job->reports[low].step == step ? job->reports[low].value : NAN;
}

static double mean_loss(const attune_objective *o, const attune_loop_job *job, int64_t n_folds,
                        int64_t stage)
{
    double sum = 0;
    for (int64_t f = 0; f < n_folds; f++)
        sum += reported(job, step_of(o, 0, f, stage));
    return sum / (double)n_folds;
}

/* The best stage over the first folds, the lowest of equals; -1: none gave a number in each. */
static int64_t best_stage(const attune_objective *o, const attune_loop_job *job, int64_t n_folds)
{
    int64_t best = -1;
    double least = INFINITY;
    for (int64_t i = 0; i < job->n_reports && job->reports[i].step < ATTUNE_FOLD_STEPS; i++) {
        double loss = mean_loss(o, job, n_folds, job->reports[i].step);
        if (loss < least) {
            least = loss;
            best = job->reports[i].step;
        }
    }
    return best;
}

void attune_loop_choose_stage(const struct loop *loop, attune_loop_job *job)
{
    const attune_objective *o = loop->options->objective;
    int64_t d = attune_sample_staged(loop->options->space, &job->sample);
    int64_t n_folds = attune_job_n_scored(&loop->jobs, job);
    if (d < 0)
        return;
    int64_t stage = n_folds > 0 ? best_stage(o, job, n_folds) : -1;
    double sign = o->directions[0] == ATTUNE_MAXIMIZE ? -1 : 1;
    for (int64_t f = 0; f < n_folds && stage >= 0; f++)
        for (int64_t m = 0; m < o->n_metrics; m++)
            job->scores[m * o->n_folds + f] = sign * reported(job, step_of(o, m, f, stage));
    if (stage >= 0)
        job->sample.x[d] = (double)stage;
    while (job->n_reports > 0 && job->reports[job->n_reports - 1].step >= step_of(o, 1, 0, 0))
        job->n_reports--;
}

/* search/refit.c - one configuration of a plan, fitted again. */
#include "search/refit.h"

#include "search/named.h"
#include "spaces/base/file.h"

#include <stdlib.h>
#include <string.h>

static attune_status check_data(const attune_refit *refit, const char *what, bool named,
                                attune_error *error)
{
    const attune_plan *plan = &refit->source.plan;
    char *path = attune_plan_path(plan, plan->file, error);
    attune_status status = path ? ATTUNE_OK : ATTUNE_MEMORY;
    if (!status && strcmp(path, "-") == 0 && !named)
        status = attune_fail(error, ATTUNE_INVALID,
                             "the data of %s came from standard input: name them after it", what);
    else if (!status && !attune_file_exists(path) && strcmp(path, "-") != 0 && !named &&
             attune_named_of(what, NULL) != ATTUNE_NAMED_PLAN)
        status = attune_fail(error, ATTUNE_NOT_FOUND,
                             "the data of %s, %s, are not here: go where they are, or name them "
                             "after it",
                             what, path);
    free(path);
    return status;
}

attune_status attune_refit_open(attune_refit *refit, const char *what, const char *data,
                                const attune_arguments *arguments, attune_error *error)
{
    memset(refit, 0, sizeof *refit);
    attune_status status = attune_source_open(&refit->source, what, data, arguments, error);
    if (!status)
        status = check_data(refit, what, data != NULL, error);
    if (!status)
        status = attune_plan_sample(&refit->source.plan, refit->source.plan.fixed, &refit->sample,
                                    error);
    if (!status)
        status = attune_experiment_open(&refit->experiment, &refit->source.plan, error);
    if (status)
        attune_refit_clear(refit);
    return status;
}

void attune_refit_clear(attune_refit *refit)
{
    attune_experiment_clear(&refit->experiment);
    attune_sample_clear(&refit->sample);
    attune_source_clear(&refit->source);
    memset(refit, 0, sizeof *refit);
}

static attune_status score_fold(const attune_refit *refit, int64_t fold, attune_trial *trial,
                                attune_error *error)
{
    double scores[ATTUNE_MOST_METRICS] = {0};
    attune_step *pipeline = NULL;
    attune_status status =
        attune_experiment_pipeline(&refit->experiment, &refit->sample, &pipeline, error);
    if (!status)
        status = attune_experiment_fold(&refit->experiment, pipeline, fold, NULL, scores, error);
    for (int64_t m = 0; m < trial->folds.n_metrics && !status; m++)
        trial->folds.values[m * trial->folds.n_folds + fold] = scores[m];
    attune_step_free(pipeline);
    if (status && error)
        attune_error_prefix(error, "fold %lld", (long long)fold);
    return status;
}

attune_status attune_refit_score(const attune_refit *refit, attune_trial *trial,
                                 attune_error *error)
{
    const attune_experiment *e = &refit->experiment;
    int64_t n_metrics = e->n_metrics, n_folds = e->folds.n;
    *trial = (attune_trial){.state = ATTUNE_TRIAL_COMPLETE};
    trial->hyperparams = attune_sample_write(e->plan->blueprint.space, &refit->sample, error);
    trial->values = attune_alloc(n_metrics, sizeof *trial->values, error);
    trial->folds = (attune_fold_scores){
        attune_alloc(n_metrics * n_folds, sizeof *trial->folds.values, error), n_metrics, n_folds};
    bool made = trial->hyperparams && trial->values && trial->folds.values;
    attune_status status = made ? ATTUNE_OK : ATTUNE_MEMORY;
    for (int64_t f = 0; f < n_folds && !status; f++)
        status = score_fold(refit, f, trial, error);
    for (int64_t m = 0; m < n_metrics && !status; m++) {
        double sum = 0;
        for (int64_t f = 0; f < n_folds; f++)
            sum += trial->folds.values[m * n_folds + f];
        trial->values[m] = sum / (double)n_folds;
    }
    trial->n_values = made ? n_metrics : 0;
    if (status)
        attune_trial_clear(trial);
    return status;
}

attune_status attune_refit_fit(const attune_refit *refit, attune_step **pipeline,
                               attune_error *error)
{
    attune_step *made = NULL;
    attune_status status =
        attune_experiment_pipeline(&refit->experiment, &refit->sample, &made, error);
    if (!status)
        status = attune_experiment_refit(&refit->experiment, made, NULL, error);
    if (status)
        attune_step_free(made);
    else
        *pipeline = made;
    return status;
}

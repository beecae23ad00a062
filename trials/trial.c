/* trials/trial.c - one trial: its state's words, copies, its standard error. */
#include "trials/trial.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const char *const words[ATTUNE_TRIAL_STATES] = {
    [ATTUNE_TRIAL_RUNNING] = "RUNNING", [ATTUNE_TRIAL_COMPLETE] = "COMPLETE",
    [ATTUNE_TRIAL_PRUNED] = "PRUNED",   [ATTUNE_TRIAL_FAIL] = "FAIL",
    [ATTUNE_TRIAL_WAITING] = "WAITING",
};

const char *attune_trial_state_word(attune_trial_state state)
{
    return (unsigned)state < ATTUNE_TRIAL_STATES ? words[state] : "UNKNOWN";
}

bool attune_trial_state_from_word(const char *word, attune_trial_state *state)
{
    for (unsigned i = 0; i < ATTUNE_TRIAL_STATES; i++)
        if (strcmp(words[i], word) == 0) {
            *state = (attune_trial_state)i;
            return true;
        }
    return false;
}

void attune_trial_clear(attune_trial *trial)
{
    free(trial->hyperparams);
    free(trial->values);
    free(trial->folds.values);
    free(trial->reports);
    free(trial->reason);
    free(trial->attributes);
    free(trial->started);
    free(trial->finished);
    memset(trial, 0, sizeof *trial);
}

static bool copy_text(char **to, const char *from, attune_error *error)
{
    *to = attune_copy_text(from, error);
    return *to || !from;
}

/* NULL stays NULL: an array that was never given is not an empty one. */
static bool copy_items(void **to, const void *from, int64_t n, size_t size, attune_error *error)
{
    *to = from ? attune_alloc(n, size, error) : NULL;
    if (*to && n)
        memcpy(*to, from, (size_t)n * size);
    return *to || !from;
}

attune_status attune_trial_copy(attune_trial *to, const attune_trial *from, attune_error *error)
{
    attune_trial copy = *from;
    copy.hyperparams = copy.reason = copy.attributes = copy.started = copy.finished = NULL;
    copy.values = copy.folds.values = NULL;
    copy.reports = NULL;
    void *values = NULL, *folds = NULL, *reports = NULL;
    bool done = copy_text(&copy.hyperparams, from->hyperparams, error) &&
                copy_text(&copy.reason, from->reason, error) &&
                copy_text(&copy.attributes, from->attributes, error) &&
                copy_text(&copy.started, from->started, error) &&
                copy_text(&copy.finished, from->finished, error) &&
                copy_items(&values, from->values, from->n_values, sizeof(double), error) &&
                copy_items(&folds, from->folds.values, from->folds.n_metrics * from->folds.n_folds,
                           sizeof(double), error) &&
                copy_items(&reports, from->reports, from->n_reports, sizeof(attune_report), error);
    copy.values = values;
    copy.folds.values = folds;
    copy.reports = reports;
    attune_trial_clear(done ? to : &copy);
    if (!done)
        return ATTUNE_MEMORY;
    *to = copy;
    return ATTUNE_OK;
}

double attune_trial_standard_error(const attune_trial *trial, int64_t metric)
{
    const attune_fold_scores *folds = &trial->folds;
    if (!folds->values || metric < 0 || metric >= folds->n_metrics)
        return NAN;
    const double *scores = folds->values + metric * folds->n_folds;
    double sum = 0, squares = 0;
    int64_t n = 0;
    for (int64_t f = 0; f < folds->n_folds; f++)
        if (!isnan(scores[f])) {
            sum += scores[f];
            n++;
        }
    if (n < 2)
        return NAN;
    double mean = sum / (double)n;
    for (int64_t f = 0; f < folds->n_folds; f++)
        if (!isnan(scores[f]))
            squares += (scores[f] - mean) * (scores[f] - mean);
    return sqrt(squares / (double)(n - 1) / (double)n);
}

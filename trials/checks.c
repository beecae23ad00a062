/* trials/checks.c - what every storage refuses to store. */
#include "trials/checks.h"

#include "trials/numbers.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { longest_name = 512 };

/* A document whose top is of a type; what names it in the message. */
static attune_status read_json(attune_document *document, const char *text, const char *what,
                               json_type type, attune_error *error)
{
    if (!text)
        return attune_fail(error, ATTUNE_INVALID, "a study needs its %s", what);
    attune_status status =
        attune_document_parse(document, what, text, (int64_t)strlen(text), error);
    if (status)
        return status;
    if (json_typeof(document->root) == type)
        return ATTUNE_OK;
    attune_document_clear(document);
    return attune_fail(error, ATTUNE_INVALID, "a study's %s must be a JSON %s", what,
                       type == JSON_ARRAY ? "array" : "object");
}

static attune_status check_object(const char *text, const char *what, attune_error *error)
{
    attune_document document = {0};
    attune_status status = read_json(&document, text, what, JSON_OBJECT, error);
    attune_document_clear(&document);
    return status;
}

static bool is_direction(const char *word)
{
    return strcmp(word, "minimize") == 0 || strcmp(word, "maximize") == 0;
}

/* How many texts an array of texts holds. */
static attune_status count_texts(const char *text, const char *what, bool directions, int64_t *n,
                                 attune_error *error)
{
    attune_document document = {0};
    attune_status status = read_json(&document, text, what, JSON_ARRAY, error);
    size_t count = status ? 0 : json_array_size(document.root);
    for (size_t i = 0; i < count && !status; i++) {
        const char *word = json_string_value(json_array_get(document.root, i));
        if (!word || (directions && !is_direction(word)))
            status = attune_fail(error, ATTUNE_INVALID, "a study's %s must be %s", what,
                                 directions ? "\"minimize\" or \"maximize\"" : "texts");
    }
    *n = (int64_t)count;
    attune_document_clear(&document);
    return status;
}

attune_status attune_study_shape_read(const attune_study *study, attune_study_shape *shape,
                                      attune_error *error)
{
    memset(shape, 0, sizeof *shape);
    attune_status status =
        count_texts(study->directions, "directions", true, &shape->n_objectives, error);
    if (!status)
        status = count_texts(study->metrics, "metrics", false, &shape->n_metrics, error);
    if (!status && (shape->n_objectives < 1 || shape->n_metrics < shape->n_objectives))
        status = attune_fail(error, ATTUNE_INVALID,
                             "a study needs a direction for each objective and a metric for each "
                             "direction: it has %lld and %lld",
                             (long long)shape->n_objectives, (long long)shape->n_metrics);
    if (!status && (study->n_folds < 0 || study->n_folds > INT32_MAX / shape->n_metrics))
        status =
            attune_fail(error, ATTUNE_INVALID, "a study of %lld folds", (long long)study->n_folds);
    shape->n_folds = study->n_folds;
    return status;
}

static attune_status read_space(const char *text, attune_space **space, attune_error *error)
{
    attune_document document = {0};
    attune_status status = read_json(&document, text, "space", JSON_ARRAY, error);
    attune_at top = attune_at_top(&document);
    if (!status)
        status = attune_space_from_json(space, document.root, &top, error);
    attune_document_clear(&document);
    return status;
}

attune_status attune_study_check(const attune_study *study, attune_study_shape *shape,
                                 attune_space **space, attune_error *error)
{
    attune_space *read = NULL;
    if (!study->name || !study->name[0] || strlen(study->name) > longest_name)
        return attune_fail(error, ATTUNE_INVALID, "a study needs a name of 1 to %d bytes",
                           longest_name);
    attune_status status = attune_study_shape_read(study, shape, error);
    if (!status)
        status = check_object(study->identity, "identity", error);
    if (!status)
        status = check_object(study->plan, "plan", error);
    if (!status)
        status = read_space(study->space, &read, error);
    if (status)
        return status;
    shape->n_dimensions = read->n;
    if (read->n > ATTUNE_DIMENSIONS_MOST)
        status = attune_fail(error, ATTUNE_INVALID,
                             "a space of %lld hyperparameters: a store holds at most %d",
                             (long long)read->n, ATTUNE_DIMENSIONS_MOST);
    if (space && !status)
        *space = read;
    else
        attune_space_free(read);
    return status;
}

static attune_status check_hyperparams(const attune_study_shape *shape, const attune_trial *trial,
                                       attune_error *error)
{
    int64_t n = trial->hyperparams ? attune_hyperparams_count(trial->hyperparams) : -1;
    if (n != shape->n_dimensions)
        return attune_fail(error, ATTUNE_INVALID,
                           "trial %lld: its hyperparameters must be an array of %lld numbers or "
                           "nulls, one for each of the space",
                           (long long)trial->number, (long long)shape->n_dimensions);
    return ATTUNE_OK;
}

attune_status attune_claim_check(const attune_study_shape *shape, const attune_trial *trial,
                                 attune_error *error)
{
    if (trial->number < 0 || trial->watermark < 0)
        return attune_fail(error, ATTUNE_INVALID, "trial %lld with watermark %lld",
                           (long long)trial->number, (long long)trial->watermark);
    return check_hyperparams(shape, trial, error);
}

static bool has_step_twice(const attune_report *reports, int64_t n)
{
    bool rising = true;
    for (int64_t i = 1; i < n && rising; i++)
        rising = reports[i - 1].step < reports[i].step;
    for (int64_t i = 1; i < n && !rising; i++)
        for (int64_t j = 0; j < i; j++)
            if (reports[i].step == reports[j].step)
                return true;
    return false;
}

/* NULL, or what is wrong with the scores of a trial that ends. */
static const char *wrong_scores(const attune_study_shape *shape, const attune_trial *trial)
{
    const attune_fold_scores *folds = &trial->folds;
    if (trial->n_values < 0 || trial->n_values > shape->n_metrics)
        return "it has more values than the study has metrics";
    if (trial->state == ATTUNE_TRIAL_COMPLETE && trial->n_values < shape->n_objectives)
        return "a complete trial needs a value for each objective";
    for (int64_t i = 0; i < shape->n_objectives && i < trial->n_values; i++)
        if (trial->state == ATTUNE_TRIAL_COMPLETE && isnan(trial->values[i]))
            return "a value that is not a number makes a trial FAIL, not COMPLETE";
    if (folds->values && (folds->n_metrics != shape->n_metrics || folds->n_folds != shape->n_folds))
        return "its fold scores are not one for each metric and fold of the study";
    if (has_step_twice(trial->reports, trial->n_reports))
        return "it reports one step twice";
    return trial->cost >= 0 && isfinite(trial->cost) ? NULL : "its cost must be 0 or more seconds";
}

attune_status attune_finish_check(const attune_study_shape *shape, const attune_trial *trial,
                                  attune_error *error)
{
    const char *wrong = wrong_scores(shape, trial);
    if (trial->state != ATTUNE_TRIAL_COMPLETE && trial->state != ATTUNE_TRIAL_PRUNED &&
        trial->state != ATTUNE_TRIAL_FAIL)
        wrong = "it can end as COMPLETE, PRUNED or FAIL only";
    if (wrong)
        return attune_fail(error, ATTUNE_INVALID, "trial %lld: %s", (long long)trial->number,
                           wrong);
    attune_status status = trial->hyperparams ? check_hyperparams(shape, trial, error) : ATTUNE_OK;
    return status || !trial->attributes
               ? status
               : check_object(trial->attributes, "trial attributes", error);
}

attune_status attune_fold_check(const attune_study_shape *shape, int64_t fold, double cost,
                                attune_error *error)
{
    if (fold < 0 || fold >= shape->n_folds)
        return attune_fail(error, ATTUNE_INVALID, "fold %lld of a study of %lld", (long long)fold,
                           (long long)shape->n_folds);
    if (!(cost >= 0 && isfinite(cost)))
        return attune_fail(error, ATTUNE_INVALID, "fold %lld: its cost must be 0 or more seconds",
                           (long long)fold);
    return ATTUNE_OK;
}

attune_status attune_attribute_check(const char *key, const char *json, attune_error *error)
{
    attune_document document = {0};
    size_t length = strlen(key);
    if (length == 0 || length > longest_name)
        return attune_fail(error, ATTUNE_INVALID, "an attribute needs a key of 1 to %d bytes",
                           longest_name);
    attune_status status =
        attune_document_parse(&document, key, json, (int64_t)strlen(json), error);
    attune_document_clear(&document);
    return status;
}

attune_status attune_not_running(int64_t number, attune_trial_state state, attune_error *error)
{
    if (state == ATTUNE_TRIAL_WAITING)
        return attune_fail(error, ATTUNE_CONFLICT,
                           "trial %lld is waiting, not running: it was taken back from a process "
                           "that seemed dead",
                           (long long)number);
    return attune_fail(error, ATTUNE_CONFLICT,
                       "trial %lld is %s: a finished trial is never changed", (long long)number,
                       attune_trial_state_word(state));
}

attune_status attune_no_trial(int64_t number, attune_error *error)
{
    return attune_fail(error, ATTUNE_NOT_FOUND, "there is no trial %lld", (long long)number);
}

attune_status attune_no_study(int64_t study, attune_error *error)
{
    return attune_fail(error, ATTUNE_NOT_FOUND, "the store has no study with id %lld",
                       (long long)study);
}

attune_status attune_number_gap(int64_t number, int64_t count, attune_error *error)
{
    return attune_fail(error, ATTUNE_CONFLICT,
                       "trial %lld cannot be created: the study has %lld trials and its numbers "
                       "have no gaps",
                       (long long)number, (long long)count);
}

attune_status attune_reports_set(attune_report **reports, int64_t *n, int64_t step, double value,
                                 attune_error *error)
{
    for (int64_t i = *n - 1; i >= 0; i--)
        if ((*reports)[i].step == step) {
            (*reports)[i].value = value;
            return ATTUNE_OK;
        }
    attune_report *grown = attune_realloc(*reports, *n + 1, sizeof *grown, error);
    if (!grown)
        return ATTUNE_MEMORY;
    grown[(*n)++] = (attune_report){step, value};
    *reports = grown;
    return ATTUNE_OK;
}

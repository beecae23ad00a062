/* search/prior.c - results of an older study, shown to samplers as what came before job 0. */
#include "search/prior.h"

#include "trials/old_study.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

attune_status attune_prior_source(const json_t *from, const attune_at *at, const char **store,
                                  const char **study, attune_error *error)
{
    static const char *const keys[] = {"store", "study"};
    json_t *object = (json_t *)(uintptr_t)from;
    *study = NULL;
    *store = json_string_value(from);
    if (*store)
        return ATTUNE_OK;
    if (!json_is_object(from))
        return attune_fail_at(error, at,
                              "must be a store, \"old.db\", or {\"store\": \"old.db\", \"study\": "
                              "\"name\"}");
    attune_status status = attune_json_check_keys(object, at, keys, 2, error);
    if (!status)
        status = attune_json_text(object, at, "store", store, error);
    if (!status)
        status = attune_json_text(object, at, "study", study, error);
    if (!status && !*store)
        status = attune_fail_at(error, at, "needs \"store\": the file of the older study");
    return status;
}

/* The dimension that an old name speaks of, or -1: "lr" and "a__lr" are the same where one of them
 * is the unique end of the other. */
static int64_t find(const attune_space *space, const char *name)
{
    int64_t i = attune_space_find(space, name, NULL);
    const char *rest = name;
    while (i < 0 && (rest = strstr(rest, "__"))) {
        rest += 2;
        i = attune_space_find(space, rest, NULL);
    }
    return i;
}

/* x of the dimensions that an old trial has a value for. False: one is out of range here. */
static attune_status shared_values(const attune_space *space, const attune_old_study *old,
                                   const attune_old_trial *trial, double *x, int64_t *n_shared,
                                   bool *fits, attune_error *error)
{
    attune_status status = ATTUNE_OK;
    for (int64_t i = 0; i < space->n; i++)
        x[i] = NAN;
    for (int64_t p = 0; p < trial->n_params && !status; p++) {
        attune_value value = {0};
        int64_t i = find(space, trial->params[p].name);
        if (i < 0)
            continue;
        ++*n_shared;
        status = attune_old_value(old, &trial->params[p], &value, error);
        if (!status && !attune_distribution_x(space->dimensions[i].distribution, &value, &x[i])) {
            /* Lists and objects travel as their text. */
            attune_value parsed = {0};
            json_t *json = value.kind == ATTUNE_VALUE_TEXT ? attune_json_parse(value.text) : NULL;
            *fits = *fits && json && attune_value_from_json(&parsed, json, NULL) == ATTUNE_OK &&
                    attune_distribution_x(space->dimensions[i].distribution, &parsed, &x[i]);
            attune_value_clear(&parsed);
            json_decref(json);
        }
        attune_value_clear(&value);
    }
    return status;
}

/* Every dimension: not drawn here at all, shared, or its middle. False: a relation is broken. */
static bool complete(const attune_space *space, const double *x, attune_sample *sample)
{
    for (int64_t i = 0; i < space->n; i++) {
        double value = attune_space_held(space, i);
        if (isnan(value))
            value = x[i];
        if (isnan(value))
            value = attune_distribution_quantile(space->dimensions[i].distribution, 0.5);
        sample->active[i] = attune_space_is_active(space, sample, i);
        sample->x[i] = sample->active[i] ? value : NAN;
    }
    return !attune_space_broken(space, sample);
}

static bool has_values(const attune_old_trial *trial, int64_t n_objectives)
{
    if (trial->state != ATTUNE_TRIAL_COMPLETE && trial->state != ATTUNE_TRIAL_PRUNED)
        return false;
    for (int64_t k = 0; k < n_objectives; k++)
        if (!isfinite(trial->values[k]))
            return false;
    return true;
}

/* [[x, ...], [value, ...], pruned]: the stored form of a row. */
static attune_status write_row(const attune_space *space, const attune_sample *sample,
                               const attune_old_trial *trial, int64_t n_objectives,
                               attune_text *text, attune_error *error)
{
    char number[ATTUNE_NUMBER_SIZE];
    char *x = attune_sample_write(space, sample, error);
    if (!x)
        return ATTUNE_MEMORY;
    attune_text_printf(text, "%s[%s,[", text->length > 1 ? "," : "", x);
    for (int64_t k = 0; k < n_objectives; k++)
        attune_text_printf(text, "%s%s", k ? "," : "", attune_real_text(trial->values[k], number));
    attune_text_append(text, trial->state == ATTUNE_TRIAL_PRUNED ? "],1]" : "],0]");
    free(x);
    return ATTUNE_OK;
}

/* The stored form of all that fits. */
static attune_status convert(const attune_old_study *old, const attune_space *space,
                             int64_t n_objectives, attune_text *text, int64_t *n_shared,
                             attune_error *error)
{
    attune_sample sample = {0};
    double *x = attune_alloc(space->n, sizeof *x, error);
    attune_status status = x ? attune_sample_init(&sample, space, error) : ATTUNE_MEMORY;
    attune_text_append(text, "[");
    for (int64_t t = 0; t < old->n && !status; t++) {
        bool fits = has_values(&old->trials[t], n_objectives);
        if (!fits)
            continue;
        status = shared_values(space, old, &old->trials[t], x, n_shared, &fits, error);
        if (!status && fits && complete(space, x, &sample))
            status = write_row(space, &sample, &old->trials[t], n_objectives, text, error);
    }
    attune_text_append(text, "]");
    attune_sample_clear(&sample);
    free(x);
    return status;
}

static attune_status check_directions(const attune_old_study *old, const char *const *directions,
                                      int64_t n, attune_error *error)
{
    bool same = old->directions.n == n;
    for (int64_t k = 0; k < n && same; k++)
        same = strcmp(old->directions.items[k], directions[k]) == 0;
    if (same)
        return ATTUNE_OK;
    return attune_fail(error, ATTUNE_INVALID,
                       "study \"%s\" has %lld objective%s, the first to %s; this one has %lld, the "
                       "first to %s: their results cannot be compared",
                       old->name, (long long)old->directions.n, old->directions.n == 1 ? "" : "s",
                       old->directions.items[0], (long long)n, directions[0]);
}

attune_status attune_prior_read(attune_prior *prior, const attune_space *space,
                                const char *const *directions, int64_t n_objectives,
                                const char *store, const char *study, attune_error *error)
{
    attune_old_study old = {0};
    attune_text text = {0};
    int64_t n_shared = 0;
    memset(prior, 0, sizeof *prior);
    attune_status status = attune_old_study_read(&old, store, study, error);
    if (!status)
        status = check_directions(&old, directions, n_objectives, error);
    if (!status)
        status = convert(&old, space, n_objectives, &text, &n_shared, error);
    if (!status && old.n && n_shared == 0)
        status = attune_fail(error, ATTUNE_INVALID,
                             "study \"%s\" in %s shares no hyperparameter with this one", old.name,
                             store);
    char *whole = status ? NULL : attune_text_take(&text, error);
    if (!status)
        status =
            whole ? attune_prior_load(prior, space, n_objectives, whole, error) : ATTUNE_MEMORY;
    if (!status)
        prior->n_left_out = old.n - prior->n;
    free(whole);
    attune_text_clear(&text);
    attune_old_study_clear(&old);
    return status;
}

static attune_status load_row(attune_prior *prior, const attune_space *space, json_t *json,
                              attune_error *error)
{
    attune_prior_row *row = &prior->rows[prior->n];
    json_t *values = json_array_get(json, 1);
    char *x = attune_json_write(json_array_get(json, 0), error);
    row->values = attune_alloc(prior->n_objectives, sizeof *row->values, error);
    attune_status status = x && row->values ? ATTUNE_OK : ATTUNE_MEMORY;
    if (!status)
        status = attune_sample_init(&row->sample, space, error);
    prior->n++; /* from here on it is cleared with the rest */
    if (!status)
        status = attune_sample_read(space, x, &row->sample, error);
    row->pruned = json_integer_value(json_array_get(json, 2)) == 1;
    for (int64_t k = 0; k < prior->n_objectives && !status; k++)
        if (!attune_json_number(json_array_get(values, (size_t)k), &row->values[k]))
            status = attune_fail(error, ATTUNE_CORRUPT, "it has no value");
    free(x);
    return status;
}

attune_status attune_prior_load(attune_prior *prior, const attune_space *space,
                                int64_t n_objectives, const char *text, attune_error *error)
{
    attune_error why = {0};
    json_t *list = attune_json_parse(text);
    memset(prior, 0, sizeof *prior);
    prior->n_objectives = n_objectives;
    prior->key = attune_key_text(attune_key_start("prior"), text);
    prior->text = attune_copy_text(text, error);
    prior->rows = attune_alloc((int64_t)json_array_size(list), sizeof *prior->rows, error);
    attune_status status = prior->text && prior->rows ? ATTUNE_OK : ATTUNE_MEMORY;
    if (!status && !json_is_array(list))
        status = attune_fail(&why, ATTUNE_CORRUPT, "it is no list");
    for (size_t i = 0; i < json_array_size(list) && !status; i++)
        status = load_row(prior, space, json_array_get(list, i), &why);
    json_decref(list);
    if (!status)
        return ATTUNE_OK;
    if (why.status)
        attune_fail(error, ATTUNE_CORRUPT,
                    "the results of an older study that this one begins with are damaged: %s",
                    why.message);
    attune_prior_clear(prior);
    return why.status ? ATTUNE_CORRUPT : ATTUNE_MEMORY;
}

void attune_prior_clear(attune_prior *prior)
{
    for (int64_t i = 0; i < prior->n; i++) {
        attune_sample_clear(&prior->rows[i].sample);
        free(prior->rows[i].values);
    }
    free(prior->rows);
    free(prior->text);
    memset(prior, 0, sizeof *prior);
}

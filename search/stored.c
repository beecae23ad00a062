/* search/stored.c - a study of a store, looked at without its data. */
#include "search/stored.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A text of the store as a document, so that what is wrong with it has a place. */
static attune_status parse(attune_document *document, const attune_stored *stored, const char *what,
                           const char *text, attune_error *error)
{
    attune_text source = {0};
    attune_text_printf(&source, "%s of study %s in %s", what, stored->study.name,
                       stored->storage->location);
    attune_status status = attune_document_parse(document, source.bytes ? source.bytes : what, text,
                                                 (int64_t)strlen(text), error);
    attune_text_clear(&source);
    return status;
}

static attune_status read_space(attune_stored *stored, attune_error *error)
{
    attune_document document = {0};
    attune_status status = parse(&document, stored, "the space", stored->study.space, error);
    attune_at top = attune_at_top(&document);
    if (!status)
        status = attune_space_from_json(&stored->space, document.root, &top, error);
    attune_document_clear(&document);
    return status;
}

static attune_status read_constraints(attune_stored *stored, attune_error *error)
{
    json_t *identity = attune_json_parse(stored->study.identity);
    attune_status status =
        attune_constraints_from_json(json_object_get(identity, "constraints"), &stored->metrics,
                                     &stored->constraints, &stored->goals.n_constraints, error);
    stored->goals.directions = stored->directions;
    stored->goals.constraints = stored->constraints;
    json_decref(identity);
    return status;
}

static attune_status read_metrics(attune_stored *stored, attune_error *error)
{
    json_t *metrics = attune_json_parse(stored->study.metrics);
    json_t *directions = attune_json_parse(stored->study.directions);
    int64_t n = (int64_t)json_array_size(directions);
    attune_status status = ATTUNE_OK;
    stored->directions = attune_alloc(n > 0 ? n : 1, sizeof *stored->directions, error);
    if (!stored->directions)
        status = ATTUNE_MEMORY;
    for (int64_t i = 0; i < n && !status; i++) {
        const char *direction = json_string_value(json_array_get(directions, (size_t)i));
        stored->directions[i] =
            direction && strcmp(direction, "maximize") == 0 ? ATTUNE_MAXIMIZE : ATTUNE_MINIMIZE;
    }
    if (!status)
        stored->direction = stored->directions[0];
    stored->goals.n_objectives = n > 0 ? n : 1;
    for (size_t i = 0; i < json_array_size(metrics) && !status; i++) {
        const char *name = json_string_value(json_array_get(metrics, i));
        status = attune_texts_add(&stored->metrics, name ? name : "value", error);
    }
    json_decref(metrics);
    json_decref(directions);
    return status ? status : read_constraints(stored, error);
}

static attune_status simplicity_of(const attune_plan *plan, const attune_trial *trial,
                                   double *simplicity)
{
    const attune_space *space = plan->blueprint.space;
    attune_sample sample = {0};
    attune_step *pipeline = NULL;
    attune_status status = attune_sample_init(&sample, space, NULL);
    if (!status)
        status = attune_sample_read(space, trial->hyperparams, &sample, NULL);
    if (!status)
        status = attune_step_clone(plan->blueprint.pipeline, &pipeline, NULL);
    if (!status)
        status = attune_step_set_sample(pipeline, space, &sample, NULL);
    if (!status)
        *simplicity = attune_step_simplicity(pipeline);
    attune_step_free(pipeline);
    attune_sample_clear(&sample);
    return status;
}

/* A plan of another version, or none at all, leaves the question open: nothing else needs it. */
static void read_simplicity(attune_stored *stored)
{
    attune_document document = {0};
    attune_plan plan = {0};
    double *values = attune_alloc(stored->n, sizeof *values, NULL);
    attune_status status = values ? ATTUNE_OK : ATTUNE_MEMORY;
    if (!status)
        status = parse(&document, stored, "the plan", stored->study.plan, NULL);
    if (!status)
        status = attune_plan_read(&plan, &document, "", stored->study.name, NULL);
    for (int64_t i = 0; i < stored->n && !status; i++)
        status = simplicity_of(&plan, &stored->trials[i], &values[i]);
    if (status)
        free(values);
    else
        stored->simplicity = values;
    attune_plan_clear(&plan);
    attune_document_clear(&document);
}

attune_status attune_stored_open(attune_stored *stored, const char *location, const char *name,
                                 attune_error *error)
{
    memset(stored, 0, sizeof *stored);
    attune_status status = attune_storage_open(&stored->storage, location, false, error);
    const attune_storage_type *type = status ? NULL : stored->storage->type;
    if (!status)
        status = type->find_study(stored->storage->self, name, &stored->study, error);
    if (!status) {
        json_t *identity = attune_json_parse(stored->study.identity);
        stored->optuna = json_is_true(json_object_get(identity, "optuna"));
        stored->pipeline = json_object_get(identity, "plan") != NULL;
        json_decref(identity);
        status = read_space(stored, error);
    }
    if (!status)
        status = read_metrics(stored, error);
    if (!status)
        status = type->read(stored->storage->self, stored->study.id, 0, &stored->trials, &stored->n,
                            error);
    if (!status)
        read_simplicity(stored);
    if (!status && !(stored->marks = attune_alloc(stored->n, 1, error)))
        status = ATTUNE_MEMORY;
    if (!status)
        status = attune_leaderboard_make(&stored->board, &stored->goals, stored->trials, stored->n,
                                         stored->simplicity, stored->marks, error);
    if (status)
        attune_stored_clear(stored);
    return status;
}

void attune_stored_clear(attune_stored *stored)
{
    attune_trials_free(stored->trials, stored->n);
    free(stored->simplicity);
    free(stored->directions);
    free(stored->constraints);
    free(stored->marks);
    attune_texts_clear(&stored->metrics);
    attune_space_free(stored->space);
    attune_study_clear(&stored->study);
    attune_storage_close(stored->storage);
    memset(stored, 0, sizeof *stored);
}

attune_status attune_stored_trial(const attune_stored *stored, int64_t number,
                                  const attune_trial **trial, attune_error *error)
{
    for (int64_t i = 0; i < stored->n; i++)
        if (stored->trials[i].number == number) {
            *trial = &stored->trials[i];
            return ATTUNE_OK;
        }
    if (stored->n == 0)
        return attune_fail(error, ATTUNE_NOT_FOUND, "study %s in %s has no trials yet",
                           stored->study.name, stored->storage->location);
    return attune_fail(error, ATTUNE_NOT_FOUND,
                       "there is no trial %lld: study %s in %s has 0 to %lld", (long long)number,
                       stored->study.name, stored->storage->location,
                       (long long)stored->trials[stored->n - 1].number);
}

/* What is there is active. */
static attune_status read_as_it_stands(const attune_space *space, const char *text,
                                       attune_sample *sample, attune_error *error)
{
    json_t *list = attune_json_parse(text);
    attune_status status = ATTUNE_OK;
    for (int64_t i = 0; i < space->n && !status; i++) {
        const json_t *x = json_array_get(list, (size_t)i);
        sample->active[i] = json_is_number(x);
        sample->x[i] = sample->active[i] ? json_number_value(x) : NAN;
        if (sample->active[i] &&
            !attune_distribution_has(space->dimensions[i].distribution, sample->x[i]))
            status = attune_fail(error, ATTUNE_CORRUPT, "%s: not one of its values",
                                 space->dimensions[i].name);
    }
    json_decref(list);
    return status;
}

attune_status attune_stored_sample(const attune_stored *stored, const attune_trial *trial,
                                   attune_sample *sample, attune_error *error)
{
    return stored->optuna ? read_as_it_stands(stored->space, trial->hyperparams, sample, error)
                          : attune_sample_read(stored->space, trial->hyperparams, sample, error);
}

attune_status attune_stored_hyperparams(const attune_stored *stored, const attune_trial *trial,
                                        json_t **json, attune_error *error)
{
    attune_sample sample = {0};
    attune_status status = attune_sample_init(&sample, stored->space, error);
    if (!status)
        status = attune_stored_sample(stored, trial, &sample, error);
    if (!status && !(*json = attune_sample_to_json(stored->space, &sample, error)))
        status = ATTUNE_MEMORY;
    attune_sample_clear(&sample);
    if (status && error)
        attune_error_prefix(error, "trial %lld", (long long)trial->number);
    return status;
}

attune_status attune_stored_plan(const attune_stored *stored, const attune_trial *trial,
                                 json_t **plan, attune_error *error)
{
    attune_document document = {0};
    json_t *fixed = NULL;
    attune_status status = parse(&document, stored, "the plan", stored->study.plan, error);
    if (!status && !json_object_get(document.root, "pipeline"))
        status =
            attune_fail(error, ATTUNE_INVALID,
                        "study %s in %s searches a command or a function, not a pipeline: "
                        "attune show %lld says how the trial was run",
                        stored->study.name, stored->storage->location, (long long)trial->number);
    if (!status)
        status = attune_stored_hyperparams(stored, trial, &fixed, error);
    if (!status && (json_object_set_new(document.root, "name", json_string(stored->study.name)) ||
                    json_object_set(document.root, "fixed", fixed)))
        status = attune_fail(error, ATTUNE_MEMORY, "out of memory: the plan of a trial");
    if (!status)
        *plan = json_incref(document.root);
    json_decref(fixed);
    attune_document_clear(&document);
    return status;
}

const char *attune_trial_blamed(const attune_trial *trial, char *word, size_t size)
{
    const char *reason = trial->reason ? trial->reason : "unknown";
    snprintf(word, size, "%.*s", (int)strcspn(reason, ":"), reason);
    return word;
}

/* " (31 memory, 6 timeout)": each reason once, in the order in which it first came. */
static void append_reasons(const attune_stored *stored, attune_text *text)
{
    attune_texts words = {0};
    char word[64], other[64];
    for (int64_t i = 0; i < stored->n; i++)
        if (stored->trials[i].state == ATTUNE_TRIAL_FAIL &&
            attune_texts_find(&words, attune_trial_blamed(&stored->trials[i], word, sizeof word)) <
                0)
            attune_texts_add(&words, word, NULL);
    for (int64_t w = 0; w < words.n; w++) {
        int64_t count = 0;
        for (int64_t i = 0; i < stored->n; i++)
            count += stored->trials[i].state == ATTUNE_TRIAL_FAIL &&
                     strcmp(attune_trial_blamed(&stored->trials[i], other, sizeof other),
                            words.items[w]) == 0;
        attune_text_printf(text, "%s%lld %s", w ? ", " : " (", (long long)count, words.items[w]);
    }
    attune_text_append(text, words.n ? ")" : "");
    attune_texts_clear(&words);
}

void attune_stored_counts(const attune_stored *stored, attune_text *text)
{
    const attune_leaderboard *b = &stored->board;
    const struct {
        int64_t n;
        const char *word;
    } parts[] = {{b->n_complete, "complete"},
                 {b->n_broken, "of them outside the constraints"},
                 {b->n_pruned, "pruned"},
                 {b->n_running, "running"},
                 {b->n_waiting, "waiting to be run again"},
                 {b->n_failed, "failed"}};
    const char *comma = "";
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
        if (parts[i].n || i == 0) {
            attune_text_printf(text, "%s%lld %s", comma, (long long)parts[i].n, parts[i].word);
            comma = ", ";
        }
    if (b->n_failed)
        append_reasons(stored, text);
}

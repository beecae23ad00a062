/* search/api/candidate.c - one trial's hyperparameters as a program reads them.
 *
 * A getter cannot fail, so that an objective reads like the formula it is: what a program asks
 * wrongly is kept, and told once. */
#include "search/api/parts.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

attune_status attune_candidate_new(attune_candidate **candidate, const attune_space *space,
                                   int64_t number, const attune_sample *sample, attune_error *error)
{
    attune_candidate *made = attune_alloc(1, sizeof *made, error);
    if (!made)
        return ATTUNE_MEMORY;
    made->space = space;
    made->number = number;
    made->values = attune_alloc(space->n, sizeof *made->values, error);
    attune_status status = made->values ? ATTUNE_OK : ATTUNE_MEMORY;
    if (!status)
        status = attune_sample_init(&made->sample, space, error);
    if (!status) {
        memcpy(made->sample.x, sample->x, (size_t)space->n * sizeof *sample->x);
        memcpy(made->sample.active, sample->active, (size_t)space->n);
    }
    for (int64_t i = 0; i < space->n && !status; i++)
        status = attune_sample_value(space, &made->sample, i, &made->values[i], error);
    if (status)
        attune_candidate_free(made);
    else
        *candidate = made;
    return status;
}

attune_status attune_candidate_from_trial(attune_candidate **candidate, const attune_space *space,
                                          const attune_trial *trial, attune_error *error)
{
    attune_sample sample = {0};
    attune_candidate *made = NULL;
    attune_status status = attune_sample_init(&sample, space, error);
    if (!status)
        status = attune_sample_read(space, trial->hyperparams, &sample, error);
    if (!status)
        status = attune_candidate_new(&made, space, trial->number, &sample, error);
    attune_sample_clear(&sample);
    if (status)
        return status;
    made->state = (attune_state)trial->state;
    made->n_results = trial->n_values;
    made->results = attune_alloc(trial->n_values, sizeof *made->results, error);
    made->reason = attune_copy_text(trial->reason, error);
    if (!made->results || (trial->reason && !made->reason)) {
        attune_candidate_free(made);
        return ATTUNE_MEMORY;
    }
    for (int64_t i = 0; i < trial->n_values; i++)
        made->results[i] = trial->values[i];
    *candidate = made;
    return ATTUNE_OK;
}

void attune_candidate_free(attune_candidate *candidate)
{
    if (!candidate)
        return;
    for (int64_t i = 0; candidate->values && i < candidate->space->n; i++)
        attune_value_clear(&candidate->values[i]);
    free(candidate->values);
    attune_sample_clear(&candidate->sample);
    free(candidate->json);
    free(candidate->results);
    free(candidate->reason);
    free(candidate);
}

/* -1, and kept, when there is no such name. */
static int64_t find(attune_candidate *candidate, const char *name)
{
    if (!candidate)
        return -1;
    if (name)
        return attune_space_find(candidate->space, name, &candidate->misuse);
    attune_fail(&candidate->misuse, ATTUNE_INVALID,
                "a hyperparameter was asked for without a name");
    return -1;
}

/* The value of an active hyperparameter; NULL, and kept, when it has none. */
static const attune_value *value_of(attune_candidate *candidate, const char *name)
{
    int64_t i = find(candidate, name);
    if (i < 0)
        return NULL;
    if (candidate->sample.active[i])
        return &candidate->values[i];
    attune_fail(&candidate->misuse, ATTUNE_INVALID,
                "\"%s\" is not active in trial %lld; ask attune_candidate_active first", name,
                (long long)candidate->number);
    return NULL;
}

static void wrong_kind(attune_candidate *candidate, const char *name, const attune_value *value,
                       const char *wanted)
{
    attune_text shown = {0};
    attune_value_append(&shown, value);
    attune_fail(&candidate->misuse, ATTUNE_INVALID, "\"%s\" is %s in trial %lld, which is not %s",
                name, shown.bytes ? shown.bytes : "none", (long long)candidate->number, wanted);
    attune_text_clear(&shown);
}

void attune_candidate_constraint(attune_candidate *candidate, int64_t index, double value)
{
    if (!candidate)
        return;
    if (candidate->constraints && index >= 0 && index < candidate->n_constraints)
        candidate->constraints[index] = value;
    else
        attune_fail(&candidate->misuse, ATTUNE_INVALID, "constraint %lld of trial %lld: %s",
                    (long long)index, (long long)candidate->number,
                    candidate->constraints ? "the search has no such one"
                                           : "only what a callback is given has any");
}

int64_t attune_candidate_number(const attune_candidate *candidate)
{
    return candidate ? candidate->number : -1;
}

double attune_candidate_real(attune_candidate *candidate, const char *name)
{
    const attune_value *value = value_of(candidate, name);
    double number = NAN;
    if (value && (value->kind == ATTUNE_VALUE_BOOLEAN || !attune_value_number(value, &number)))
        wrong_kind(candidate, name, value, "a number");
    return number;
}

int64_t attune_candidate_integer(attune_candidate *candidate, const char *name)
{
    const attune_value *value = value_of(candidate, name);
    if (value && value->kind == ATTUNE_VALUE_INTEGER)
        return value->integer;
    if (value)
        wrong_kind(candidate, name, value, "an integer");
    return 0;
}

bool attune_candidate_boolean(attune_candidate *candidate, const char *name)
{
    const attune_value *value = value_of(candidate, name);
    if (value && value->kind == ATTUNE_VALUE_BOOLEAN)
        return value->boolean;
    if (value)
        wrong_kind(candidate, name, value, "true or false");
    return false;
}

const char *attune_candidate_text(attune_candidate *candidate, const char *name)
{
    const attune_value *value = value_of(candidate, name);
    if (value && (value->kind == ATTUNE_VALUE_TEXT || value->kind == ATTUNE_VALUE_JSON))
        return value->text;
    if (value)
        wrong_kind(candidate, name, value, "a text");
    return NULL;
}

bool attune_candidate_active(attune_candidate *candidate, const char *name)
{
    int64_t i = find(candidate, name);
    return i >= 0 && candidate->sample.active[i];
}

const char *attune_candidate_json(attune_candidate *candidate)
{
    if (!candidate || candidate->json)
        return candidate ? candidate->json : NULL;
    json_t *json = attune_sample_to_json(candidate->space, &candidate->sample, &candidate->misuse);
    if (json)
        candidate->json = attune_json_write(json, &candidate->misuse);
    json_decref(json);
    return candidate->json;
}

attune_status attune_candidate_fail(attune_candidate *candidate, attune_status status,
                                    const char *reason)
{
    if (candidate && status) {
        attune_error_clear(&candidate->failure);
        attune_fail(&candidate->failure, status, "%s", reason ? reason : "no reason was given");
    }
    return status;
}

attune_status attune_candidate_check(const attune_candidate *candidate, attune_error *error)
{
    attune_error_clear(error);
    if (!candidate)
        return attune_fail(error, ATTUNE_INVALID, "there is no candidate");
    if (error)
        *error = candidate->misuse;
    return candidate->misuse.status;
}

bool attune_candidate_should_stop(attune_candidate *candidate)
{
    attune_error why = {0};
    if (candidate && !candidate->stopped && candidate->services &&
        candidate->services->stop(candidate->services->user, &why)) {
        candidate->stopped = true;
        if (why.status == ATTUNE_TIMEOUT)
            candidate->failure = why;
    }
    return candidate && candidate->stopped;
}

bool attune_candidate_report(attune_candidate *candidate, int64_t step, double value)
{
    attune_status status = ATTUNE_OK;
    bool go_on = true;
    attune_error why = {0};
    if (!candidate || attune_candidate_should_stop(candidate))
        return false;
    if (candidate->services)
        status = candidate->services->report(candidate->services->user, step, value, &why);
    else if (candidate->search)
        status =
            attune_search_report(candidate->search, candidate->number, step, value, &go_on, &why);
    else
        status = attune_fail(&why, ATTUNE_INVALID,
                             "trial %lld was read, not asked for: it takes no report",
                             (long long)candidate->number);
    if (status && status != ATTUNE_STOPPED && !candidate->misuse.status)
        candidate->misuse = why; /* a trial that was stopped is no fault of the program */
    candidate->stopped = status != ATTUNE_OK || !go_on;
    return !candidate->stopped;
}

attune_state attune_candidate_state(const attune_candidate *candidate)
{
    return candidate ? candidate->state : ATTUNE_STATE_RUNNING;
}

double attune_candidate_value(const attune_candidate *candidate, int64_t objective)
{
    bool there = candidate && objective >= 0 && objective < candidate->n_results;
    return there ? candidate->results[objective] : NAN;
}

const char *attune_candidate_reason(const attune_candidate *candidate)
{
    return candidate ? candidate->reason : NULL;
}

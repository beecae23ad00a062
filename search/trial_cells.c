/* search/trial_cells.c - the columns of a trial. */
#include "search/trial_cells.h"

#include "search/grid.h"
#include "search/result.h"
#include "spaces/base/clock.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

struct request {
    const attune_stored *stored;
    const attune_trial *trial;
    bool people;
    attune_error *error;
};

typedef attune_status (*get_cell)(const struct request *request, attune_value *cell);

static attune_status set_score(const struct request *request, double score, attune_value *cell)
{
    char text[32];
    *cell = isnan(score) ? (attune_value){0} : attune_value_real(score);
    if (isnan(score) || !request->people)
        return ATTUNE_OK;
    *cell = (attune_value){0};
    return attune_value_set_text(cell, attune_score_text(score, text), request->error);
}

static attune_status set_text(const struct request *request, const char *text, attune_value *cell)
{
    *cell = (attune_value){0};
    return text ? attune_value_set_text(cell, text, request->error) : ATTUNE_OK;
}

static attune_status get_number(const struct request *request, attune_value *cell)
{
    *cell = attune_value_integer(request->trial->number);
    return ATTUNE_OK;
}

static attune_status get_state(const struct request *request, attune_value *cell)
{
    return set_text(request, attune_trial_state_word(request->trial->state), cell);
}

static attune_status get_metric(const struct request *request, int64_t metric, attune_value *cell)
{
    const attune_trial *trial = request->trial;
    return set_score(request, metric < trial->n_values ? trial->values[metric] : NAN, cell);
}

static attune_status get_value(const struct request *request, attune_value *cell)
{
    return get_metric(request, 0, cell);
}

static attune_status get_error(const struct request *request, attune_value *cell)
{
    return set_score(request, attune_trial_standard_error(request->trial, 0), cell);
}

static attune_status get_model(const struct request *request, attune_value *cell)
{
    char model[128];
    return set_text(request, attune_trial_model(request->trial, model, sizeof model), cell);
}

static attune_status get_fit(const struct request *request, attune_value *cell)
{
    char text[32];
    if (!request->people) {
        *cell = attune_value_real(request->trial->cost);
        return ATTUNE_OK;
    }
    return set_text(request, attune_duration_text(request->trial->cost, text, sizeof text), cell);
}

/* Of several objectives whether it is on the front; "-" for the best, "tie" within a standard error
 * of it, else by how much it is worse; what has no value says why. */
static attune_status get_against_best(const struct request *request, attune_value *cell)
{
    const attune_stored *s = request->stored;
    const attune_trial *trial = request->trial;
    const attune_trial *best = s->board.best < 0 ? NULL : &s->trials[s->board.best];
    const attune_trial *simplest = s->board.simplest < 0 ? NULL : &s->trials[s->board.simplest];
    char text[32], word[64];
    attune_text words = {0};
    bool scored = trial->state == ATTUNE_TRIAL_COMPLETE && trial->n_values > 0;
    if (trial->state == ATTUNE_TRIAL_FAIL)
        attune_text_printf(&words, "failed: %s", attune_trial_blamed(trial, word, sizeof word));
    else if (trial->state == ATTUNE_TRIAL_PRUNED)
        attune_text_append(&words, "pruned");
    else if (!scored || !best)
        attune_text_append(&words, trial->state == ATTUNE_TRIAL_RUNNING ? "running" : "waiting");
    else if (!attune_goals_kept(&s->goals, trial))
        attune_text_append(&words, "outside the constraints");
    else if (s->goals.n_objectives > 1)
        attune_text_printf(&words, "%s%s", s->marks[trial - s->trials] ? "front" : "behind it",
                           trial == best ? ", best by the first" : "");
    else if (trial == best)
        attune_text_append(&words, "-");
    else if (attune_leaderboard_ties(&s->board, trial, s->direction))
        attune_text_append(&words, trial == simplest ? "tie, simplest" : "tie");
    else
        attune_text_printf(&words, "%s worse",
                           attune_score_text(fabs(trial->values[0] - best->values[0]), text));
    attune_status status = words.failed
                               ? attune_fail(request->error, ATTUNE_MEMORY, "out of memory")
                               : set_text(request, words.bytes, cell);
    attune_text_clear(&words);
    return status;
}

static attune_status get_started(const struct request *request, attune_value *cell)
{
    return set_text(request, request->trial->started, cell);
}

static attune_status get_finished(const struct request *request, attune_value *cell)
{
    return set_text(request, request->trial->finished, cell);
}

static attune_status get_crashes(const struct request *request, attune_value *cell)
{
    *cell = attune_value_integer(request->trial->crashes);
    return ATTUNE_OK;
}

static attune_status get_reason(const struct request *request, attune_value *cell)
{
    return set_text(request, request->trial->reason, cell);
}

static attune_status get_hyperparams(const struct request *request, attune_value *cell)
{
    json_t *json = NULL;
    *cell = (attune_value){0};
    attune_status status =
        attune_stored_hyperparams(request->stored, request->trial, &json, request->error);
    if (!status) {
        cell->kind = ATTUNE_VALUE_JSON;
        cell->text = attune_json_write(json, request->error);
        status = cell->text ? ATTUNE_OK : ATTUNE_MEMORY;
    }
    json_decref(json);
    return status;
}

static const struct {
    const char *name;
    get_cell get;
} columns[] = {{"number", get_number},
               {"state", get_state},
               {"value", get_value},
               {"se", get_error},
               {"model", get_model},
               {"fit", get_fit},
               {"cost", get_fit},
               {"against_best", get_against_best},
               {"started", get_started},
               {"finished", get_finished},
               {"crashes", get_crashes},
               {"reason", get_reason},
               {"hyperparams", get_hyperparams}};

enum { n_columns = sizeof columns / sizeof *columns };

static attune_status get_dimension(const struct request *request, int64_t i, attune_value *cell)
{
    const attune_space *space = request->stored->space;
    char text[32];
    attune_sample sample = {0};
    *cell = (attune_value){0};
    attune_status status = attune_sample_init(&sample, space, request->error);
    if (!status)
        status = attune_stored_sample(request->stored, request->trial, &sample, request->error);
    if (!status)
        status = attune_sample_value(space, &sample, i, cell, request->error);
    attune_sample_clear(&sample);
    if (!status && request->people && cell->kind == ATTUNE_VALUE_REAL) {
        snprintf(text, sizeof text, "%.6g", cell->real);
        status = attune_value_set_text(cell, text, request->error);
    }
    return status;
}

/* why: what the space says of it, which knows its own names. */
static attune_status unknown(const attune_stored *stored, const char *column,
                             const attune_error *why, attune_error *error)
{
    attune_texts names = {0};
    attune_text all = {0};
    char hint[256];
    if (why->status != ATTUNE_NOT_FOUND) /* the end of several names */
        return attune_fail(error, why->status, "%s", why->message);
    for (int i = 0; i < n_columns; i++)
        attune_texts_add(&names, columns[i].name, NULL);
    for (int64_t i = 0; i < stored->metrics.n; i++)
        attune_texts_add(&names, stored->metrics.items[i], NULL);
    for (int64_t i = 0; i < names.n; i++)
        attune_text_printf(&all, "%s, ", names.items[i]);
    for (int64_t i = 0; i < stored->space->n; i++) {
        attune_texts_add(&names, attune_last_part(stored->space->dimensions[i].name), NULL);
        attune_texts_add(&names, stored->space->dimensions[i].name, NULL);
    }
    attune_did_you_mean(column, (const char *const *)names.items, names.n, hint, sizeof hint);
    attune_fail(error, ATTUNE_INVALID,
                "trials have no column \"%s\"%s; they have %sand each hyperparameter (the first "
                "line of --format csv has them all)",
                column, hint, all.bytes ? all.bytes : "");
    attune_text_clear(&all);
    attune_texts_clear(&names);
    return ATTUNE_INVALID;
}

attune_status attune_trial_column_check(const attune_stored *stored, const char *column,
                                        attune_error *error)
{
    for (int i = 0; i < n_columns; i++)
        if (strcmp(columns[i].name, column) == 0)
            return ATTUNE_OK;
    attune_error why = {0};
    if (attune_texts_find(&stored->metrics, column) >= 0 ||
        attune_space_find(stored->space, column, &why) >= 0)
        return ATTUNE_OK;
    return unknown(stored, column, &why, error);
}

attune_status attune_trial_cell(const attune_stored *stored, const attune_trial *trial,
                                const char *column, bool people, attune_value *cell,
                                attune_error *error)
{
    struct request request = {stored, trial, people, error};
    for (int i = 0; i < n_columns; i++)
        if (strcmp(columns[i].name, column) == 0)
            return columns[i].get(&request, cell);
    int64_t metric = attune_texts_find(&stored->metrics, column);
    if (metric >= 0)
        return get_metric(&request, metric, cell);
    attune_error why = {0};
    int64_t dimension = attune_space_find(stored->space, column, &why);
    return dimension < 0 ? unknown(stored, column, &why, error)
                         : get_dimension(&request, dimension, cell);
}

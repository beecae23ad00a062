/* steps/models/gradient_boosting_monotone.c - reading monotone constraints, by name or by place. */
#include "steps/models/gradient_boosting.h"

#include <stdlib.h>

static bool is_sign(const json_t *item)
{
    return json_is_integer(item) && json_integer_value(item) >= -1 && json_integer_value(item) <= 1;
}

static bool are_signs(json_t *json)
{
    const char *name = NULL;
    json_t *item = NULL;
    size_t i = 0;
    bool good = json_is_object(json) || json_is_array(json);
    json_object_foreach(json, name, item) good = good && is_sign(item);
    json_array_foreach(json, i, item) good = good && is_sign(item);
    return good;
}

const char *attune_boosting_monotone_check(const attune_gradient_boosting *s)
{
    if (s->monotone_constraints.kind == ATTUNE_VALUE_NULL)
        return NULL;
    if (s->objective == ATTUNE_LOSS_ABSOLUTE || s->objective == ATTUNE_LOSS_QUANTILE)
        return "monotone_constraints are not for objectives absolute and quantile, whose leaves "
               "say quantiles: take squared or huber";
    json_t *json = attune_value_to_json(&s->monotone_constraints);
    bool good = are_signs(json);
    json_decref(json);
    return good ? NULL
                : "monotone_constraints must be like {\"column\": 1}, or a list, of -1, 0 and 1";
}

static int64_t count_inputs(const attune_data *data)
{
    int64_t n = 0;
    for (int64_t c = 0; c < data->n_columns; c++)
        n += data->roles[c] == ATTUNE_INPUT;
    return n;
}

/* Scores are of the second class that is there; what is to rise is that of the positive one. */
static int direction_of(const attune_gradient_boosting *s, const attune_data *data)
{
    return s->n_classes && data->positive == s->classes.i32[0] ? -1 : 1;
}

/* The signs of all inputs in their order; counts those of json that were met. */
static attune_status set_signs(json_t *json, const attune_data *data, const attune_context *context,
                               int8_t *signs, size_t *met, attune_error *error)
{
    for (int64_t c = 0, at = 0; c < data->n_columns; c++) {
        const attune_column *column = data->columns[c];
        if (data->roles[c] != ATTUNE_INPUT)
            continue;
        json_t *item = json_is_array(json) ? json_array_get(json, (size_t)at)
                                           : json_object_get(json, column->name);
        *met += item != NULL;
        signs[at] = (int8_t)json_integer_value(item);
        if (signs[at++] && column->kind != ATTUNE_REAL_COLUMN)
            return attune_fail(error, ATTUNE_INVALID,
                               "%s: monotone_constraints: column \"%s\" is %s, and only with "
                               "numbers can predictions rise or fall",
                               context->name, column->name, attune_kind_word(column->kind));
    }
    return ATTUNE_OK;
}

static attune_status fail_unmet(json_t *json, const attune_data *data,
                                const attune_context *context, attune_error *error)
{
    const char *name = NULL;
    json_t *item = NULL;
    if (json_is_array(json))
        return attune_fail(error, ATTUNE_INVALID,
                           "%s: monotone_constraints is a list of %lld, and there are %lld inputs: "
                           "name the columns instead, {\"column\": 1}",
                           context->name, (long long)json_array_size(json),
                           (long long)count_inputs(data));
    json_object_foreach(json, name, item)
    {
        int64_t at = attune_data_find(data, name);
        if (at < 0 || data->roles[at] != ATTUNE_INPUT)
            return attune_fail(error, ATTUNE_INVALID,
                               "%s: monotone_constraints: there is no input \"%s\" here",
                               context->name, name);
    }
    return ATTUNE_OK;
}

attune_status attune_boosting_monotone(const attune_gradient_boosting *s, const attune_data *data,
                                       const attune_context *context, int8_t **signs,
                                       attune_error *error)
{
    size_t met = 0;
    *signs = NULL;
    if (s->monotone_constraints.kind == ATTUNE_VALUE_NULL)
        return ATTUNE_OK;
    if (s->loss == ATTUNE_LOSS_SOFTMAX)
        return attune_fail(error, ATTUNE_INVALID,
                           "%s: monotone_constraints are for numbers and two classes: with more, "
                           "the probability of one moves with the scores of all",
                           context->name);
    json_t *json = attune_value_to_json(&s->monotone_constraints);
    *signs = attune_alloc(count_inputs(data), sizeof **signs, error);
    attune_status status = json && *signs ? ATTUNE_OK : ATTUNE_MEMORY;
    if (!status)
        status = set_signs(json, data, context, *signs, &met, error);
    bool all = met == (json_is_array(json) ? json_array_size(json) : json_object_size(json)) &&
               (!json_is_array(json) || (int64_t)met == count_inputs(data));
    if (!status && !all)
        status = fail_unmet(json, data, context, error);
    for (int64_t c = 0; c < count_inputs(data) && !status; c++)
        (*signs)[c] = (int8_t)(direction_of(s, data) * (*signs)[c]);
    json_decref(json);
    return status;
}

/* spaces/held.c - hyperparameters held at a value while others are free. */
#include "spaces/space.h"

#include <math.h>
#include <stdlib.h>

static attune_status hold_member(const attune_space *space, const char *name, json_t *json,
                                 const attune_at *at, double *x, attune_error *error)
{
    attune_error problem = {0};
    attune_value value = {0};
    int64_t i = attune_space_find(space, name, &problem);
    if (i < 0)
        return attune_fail_for(error, at, &problem);
    if (!isnan(x[i]))
        return attune_fail_at(error, at, "given twice: once as %s", space->dimensions[i].name);
    attune_status status = attune_value_from_json(&value, json, error);
    if (!status && !attune_distribution_x(space->dimensions[i].distribution, &value, &x[i])) {
        attune_text words = {0};
        attune_value_append(&words, &value);
        x[i] = NAN;
        status = attune_fail_at(error, at, "%s is not one of the values of %s",
                                words.bytes ? words.bytes : "null", space->dimensions[i].name);
        attune_text_clear(&words);
    }
    attune_value_clear(&value);
    return status;
}

attune_status attune_space_hold(const attune_space *space, json_t *json, const attune_at *at,
                                double *x, attune_error *error)
{
    const char *key;
    json_t *value;
    for (int64_t i = 0; i < space->n; i++)
        x[i] = NAN;
    if (!json_is_object(json))
        return attune_fail_at(error, at, "must be an object, {\"name\": value, ...}");
    json_object_foreach(json, key, value)
    {
        attune_at place = attune_at_key(at, key);
        attune_status status = attune_json_is_comment(key)
                                   ? ATTUNE_OK
                                   : hold_member(space, key, value, &place, x, error);
        if (status)
            return status;
    }
    return ATTUNE_OK;
}

/* Whether dimension i may be active, whatever the free ones are: known holds x of those that are
 * held or that a branch asks for. */
static bool may_be_active(const attune_space *space, const double *x, attune_sample *known,
                          int64_t i)
{
    const attune_dimension *dimension = &space->dimensions[i];
    int64_t of = dimension->branch.dimension;
    if (of >= 0 && (!known->active[of] || (!isnan(x[of]) && x[of] != dimension->branch.x)))
        return false;
    for (int64_t k = 0; dimension->when && k < attune_expression_n_names(dimension->when); k++)
        if (isnan(x[dimension->when_names[k]]) && known->active[dimension->when_names[k]])
            return true; /* a free one may make it so */
    double there = of >= 0 ? known->x[of] : 0;
    if (of >= 0)
        known->x[of] = dimension->branch.x;
    bool active = attune_space_is_active(space, known, i);
    if (of >= 0)
        known->x[of] = there;
    return active;
}

attune_status attune_space_check_held(const attune_space *space, const double *x, int64_t *never,
                                      attune_error *error)
{
    attune_sample known = {0};
    attune_status status = attune_sample_init(&known, space, error);
    *never = -1;
    for (int64_t i = 0; i < space->n && !status; i++) {
        known.x[i] = x[i];
        known.active[i] = may_be_active(space, x, &known, i);
        if (!known.active[i] && !isnan(x[i]) && *never < 0)
            *never = i;
    }
    attune_sample_clear(&known);
    return status;
}

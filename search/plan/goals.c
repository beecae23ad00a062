/* search/plan/goals.c - what must be kept: bounds on metrics, and who can search under them. */
#include "search/plan/goals.h"

#include <math.h>

static attune_status add_bound(attune_plan *plan, const attune_metric_type *metric, json_t *json,
                               const attune_at *at, bool is_max, attune_error *error)
{
    const char *key = is_max ? "max" : "min";
    attune_at place = attune_at_key(at, key);
    json_t *value = json_object_get(json, key);
    if (!value)
        return ATTUNE_OK;
    if (!json_is_number(value) || !isfinite(json_number_value(value)))
        return attune_fail_at(error, &place, "must be a number");
    plan->limits[plan->n_limits++] = (attune_limit){metric, json_number_value(value), is_max};
    return ATTUNE_OK;
}

static attune_status add_limit(attune_plan *plan, const attune_metric_type *metric, json_t *json,
                               const attune_at *at, attune_error *error)
{
    static const char *const keys[] = {"min", "max"};
    if (!json_is_object(json) || json_object_size(json) == 0)
        return attune_fail_at(error, at, "must be a bound, such as {\"min\": 0.9}");
    attune_status status = attune_json_check_keys(json, at, keys, 2, error);
    for (int k = 0; k < 2 && !status; k++)
        status = add_bound(plan, metric, json, at, k == 1, error);
    const attune_limit *last = plan->limits + plan->n_limits - 1;
    if (!status && json_object_size(json) == 2 && last[-1].bound > last->bound)
        status = attune_fail_at(error, at, "nothing is above its min and below its max");
    return status;
}

attune_status attune_plan_read_limits(attune_plan *plan, json_t *root, const attune_at *top,
                                      attune_error *error)
{
    attune_at at = attune_at_key(top, "constraints");
    json_t *limits = json_object_get(root, "constraints"), *json;
    const char *name;
    attune_error problem = {0};
    attune_status status = ATTUNE_OK;
    if (!limits)
        return ATTUNE_OK;
    if (!json_is_object(limits))
        return attune_fail_at(error, &at, "must be an object: {\"accuracy\": {\"min\": 0.9}}");
    json_object_foreach(limits, name, json)
    {
        attune_at place = attune_at_key(&at, name);
        if (!attune_metric_find(name)) {
            attune_metric_unknown(name, ATTUNE_NO_TASK, &problem);
            return attune_fail_at(error, &place, "%s", problem.message);
        }
    }
    /* In the order of the registry, whatever that of the file. */
    for (int64_t i = 0; attune_metric_types[i] && !status; i++) {
        attune_at place = attune_at_key(&at, attune_metric_types[i]->name);
        json = json_object_get(limits, attune_metric_types[i]->name);
        if (json)
            status = add_limit(plan, attune_metric_types[i], json, &place, error);
    }
    return status;
}

attune_status attune_plan_check_goals(const attune_plan *plan, const attune_at *search,
                                      attune_error *error)
{
    attune_at sampler_at = attune_at_key(search, "sampler");
    attune_at pruner_at = attune_at_key(search, "pruner");
    attune_error problem = {0};
    if (attune_sampler_suits(plan->sampler->type, plan->n_objectives, plan->n_limits, &problem))
        return attune_fail_at(error, &sampler_at, "%s", problem.message);
    if (plan->pruner && plan->n_objectives > 1)
        return attune_fail_at(error, &pruner_at,
                              "a pruner judges by one objective, and here are %lld",
                              (long long)plan->n_objectives);
    return ATTUNE_OK;
}

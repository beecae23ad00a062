/* search/plan/sample.c - the configuration that a plan describes as it is written. */
#include "search/plan/plan.h"

#include <math.h>
#include <stdlib.h>

/* The step's own default of a dimension, if that is one of its values, else its middle. */
static double default_of(const attune_plan *plan, int64_t d)
{
    const attune_dimension *dimension = &plan->blueprint.space->dimensions[d];
    attune_value value = {0};
    double x = 0;
    bool has =
        attune_step_get(plan->blueprint.pipeline, dimension->name, &value, NULL) == ATTUNE_OK &&
        attune_distribution_x(dimension->distribution, &value, &x);
    attune_value_clear(&value);
    return has ? x : attune_distribution_quantile(dimension->distribution, 0.5);
}

/* Dimension by dimension, as one may be active only because of those before it; what is fixed and
 * turns out inactive is passed over. */
attune_status attune_plan_sample(const attune_plan *plan, const json_t *fixed,
                                 attune_sample *sample, attune_error *error)
{
    const attune_space *space = plan->blueprint.space;
    attune_at nowhere = {0};
    json_t *json = fixed ? attune_json_copy(fixed) : json_object();
    double *held = attune_alloc(space->n, sizeof *held, error);
    attune_status status = attune_sample_init(sample, space, error);
    if (!status)
        status = held ? attune_space_hold(space, json, &nowhere, held, error) : ATTUNE_MEMORY;
    for (int64_t d = 0; d < space->n && !status; d++) {
        sample->active[d] = attune_space_is_active(space, sample, d);
        sample->x[d] = !sample->active[d] ? NAN : isnan(held[d]) ? default_of(plan, d) : held[d];
    }
    const attune_relation *broken = status ? NULL : attune_space_broken(space, sample);
    if (broken)
        status = attune_fail(error, ATTUNE_INVALID,
                             "this configuration breaks a relation of the plan: %s; put one that "
                             "holds under \"fixed\"",
                             attune_expression_text(broken->expression));
    if (status)
        attune_sample_clear(sample);
    free(held);
    json_decref(json);
    return status;
}

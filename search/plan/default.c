/* search/plan/default.c - a plan for data that came without one. */
#include "search/plan/plan.h"

static bool has_kind(const attune_schema *schema, attune_kind kind)
{
    for (int64_t i = 0; i < schema->n; i++)
        if (schema->columns[i].role == ATTUNE_INPUT && schema->columns[i].kind == kind)
            return true;
    return false;
}

static json_t *step_json(const char *name)
{
    return json_pack("{s:s}", "step", name);
}

/* Preprocessing as the columns and the model need it, then the model over its own default space. */
static json_t *branch(const attune_schema *schema, const attune_step_type *model)
{
    json_t *steps = json_array();
    json_t *last = step_json(model->name);
    bool failed =
        model->space && json_object_set_new(last, "space", attune_json_parse(model->space));
    if (has_kind(schema, ATTUNE_DATETIME_COLUMN))
        failed |= json_array_append_new(steps, step_json("date_parts")) != 0;
    if (!model->takes_missing)
        failed |= json_array_append_new(steps, step_json("impute")) != 0;
    if (has_kind(schema, ATTUNE_NOMINAL_COLUMN) && !(model->takes >> ATTUNE_NOMINAL_COLUMN & 1))
        failed |= json_array_append_new(steps, step_json("one_hot")) != 0;
    if (!model->scale_free)
        failed |= json_array_append_new(steps, step_json("standard_scale")) != 0;
    failed |= json_array_append_new(steps, last) != 0;
    steps = attune_json_whole(steps, !failed);
    return json_pack("{s:s, s:s, s:o}", "step", "pipeline", "name", model->name, "steps", steps);
}

/* Models that learn, in the time there is for so many rows; the baseline (simplicity 0) is measured
 * anyhow. */
static bool takes_part(const attune_step_type *type, attune_task task, int64_t n_rows)
{
    if (type->most_rows && n_rows > type->most_rows)
        return false;
    return type->predict && type->simplicity > 0 && (type->tasks >> task & 1) && type->space;
}

json_t *attune_plan_default(const attune_schema *schema, int64_t n_rows, const char *path,
                            attune_error *error)
{
    const char *target = NULL;
    for (int64_t i = 0; i < schema->n; i++)
        if (schema->columns[i].role == ATTUNE_TARGET)
            target = schema->columns[i].name;
    json_t *branches = json_array();
    bool whole = true;
    for (int64_t i = 0; attune_step_types[i] && whole; i++)
        if (takes_part(attune_step_types[i], schema->task, n_rows))
            whole = !json_array_append_new(branches, branch(schema, attune_step_types[i]));
    branches = attune_json_whole(branches, whole);
    const attune_metric_type *metric = attune_metric_default(schema->task);
    json_t *plan = json_pack(
        "{s:{s:s, s:s}, s:s, s:{s:i}, s:{s:s, s:[{s:s, s:s, s:o}]}, s:{s:s, s:i}}", "data", "file",
        path, "target", target ? target : "", "metric", metric->name, "validation", "folds", 5,
        "pipeline", "name", "pipeline", "steps", "step", "choose", "name", "model", "steps",
        branches, "search", "sampler", "auto", "seed", 0);
    if (!plan)
        attune_fail(error, ATTUNE_MEMORY, "out of memory: a default plan");
    return plan;
}

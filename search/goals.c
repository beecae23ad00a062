/* search/goals.c - what a study wants: its objectives, and what must be kept. */
#include "search/goals.h"

#include "search/pareto.h"

#include <math.h>
#include <stdlib.h>

bool attune_goals_kept(const attune_goals *goals, const attune_trial *trial)
{
    if (trial->state != ATTUNE_TRIAL_COMPLETE || trial->n_values < goals->n_objectives)
        return false;
    for (int64_t k = 0; k < goals->n_objectives; k++)
        if (isnan(trial->values[k]))
            return false;
    for (int64_t k = 0; k < goals->n_constraints; k++) {
        const attune_constraint *c = &goals->constraints[k];
        if (c->metric >= trial->n_values || !attune_constraint_kept(c, trial->values))
            return false;
    }
    return true;
}

/* Objectives as losses, smaller is better. */
static void gather(const attune_goals *goals, const attune_trial *trial, double *values)
{
    for (int64_t k = 0; k < goals->n_objectives; k++)
        values[k] = goals->directions[k] == ATTUNE_MAXIMIZE ? -trial->values[k] : trial->values[k];
}

attune_status attune_goals_mark(const attune_goals *goals, const attune_trial *trials, int64_t n,
                                uint8_t *marks, attune_error *error)
{
    int64_t m = goals->n_objectives, kept = 0;
    for (int64_t i = 0; i < n; i++)
        marks[i] = attune_goals_kept(goals, &trials[i]);
    if (m == 1)
        return ATTUNE_OK;
    double *values = attune_alloc(n * m, sizeof *values, error);
    uint8_t *front = attune_alloc(n, 1, error);
    attune_status status = values && front ? ATTUNE_OK : ATTUNE_MEMORY;
    for (int64_t i = 0; i < n && !status; i++)
        if (marks[i])
            gather(goals, &trials[i], values + kept++ * m);
    if (!status)
        status = attune_pareto_front(values, NULL, kept, m, front, error);
    kept = 0;
    for (int64_t i = 0; i < n && !status; i++)
        if (marks[i])
            marks[i] = front[kept++];
    free(values);
    free(front);
    return status;
}

json_t *attune_constraints_to_json(const attune_constraint *constraints, int64_t n,
                                   const char *const *names, attune_error *error)
{
    json_t *list = json_array();
    for (int64_t k = 0; k < n && list; k++) {
        const attune_constraint *c = &constraints[k];
        json_t *item = json_pack("{s:s, s:o}", "metric", names[c->metric],
                                 c->sign > 0 ? "max" : "min", attune_json_from_real(c->bound));
        if (json_array_append_new(list, item) != 0) {
            json_decref(list);
            list = NULL;
        }
    }
    if (!list)
        attune_fail(error, ATTUNE_MEMORY, "out of memory: the constraints of a study");
    return list;
}

attune_status attune_constraints_from_json(const json_t *json, const attune_texts *names,
                                           attune_constraint **constraints, int64_t *n,
                                           attune_error *error)
{
    attune_constraint *made = attune_alloc((int64_t)json_array_size(json), sizeof *made, error);
    *n = 0;
    if (!made)
        return ATTUNE_MEMORY;
    for (size_t i = 0; i < json_array_size(json); i++) {
        const json_t *item = json_array_get(json, i), *most = json_object_get(item, "max");
        const char *name = json_string_value(json_object_get(item, "metric"));
        attune_constraint c = {.metric = name ? attune_texts_find(names, name) : -1,
                               .sign = most ? 1 : -1};
        if (c.metric >= 0 &&
            attune_json_number(most ? most : json_object_get(item, "min"), &c.bound))
            made[(*n)++] = c;
    }
    *constraints = made;
    return ATTUNE_OK;
}

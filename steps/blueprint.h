/* steps/blueprint.h - the pipeline part of a plan: steps as JSON, with the space over them.
 *
 *     {"step": "logistic_regression", "name": "lr", "columns": ["real"],
 *      "hyperparams": {"max_iter": 200}, "space": {"C": {"log_uniform": [0.01, 10]}},
 *      "require": "...", "steps": [...]}
 *
 * Reading gives the step (with its fixed hyperparameters) and the space: a dimension for each
 * member of every "space", for each `choose` that has no fixed choice, and what steps declare
 * impossible as relations. A step with "when" is put in an `optional` whose `enabled` follows.
 * Thread class: one thread; the results as their headers say. */
#ifndef ATTUNE_STEPS_BLUEPRINT_H
#define ATTUNE_STEPS_BLUEPRINT_H

#include "steps/step.h"

typedef struct attune_blueprint {
    attune_step *pipeline;
    attune_space *space;
} attune_blueprint;

/* json: one step, usually a pipeline ({"name", "steps"}; "step": "pipeline" may be left out at the
 * top). INVALID with line and column. */
attune_status attune_blueprint_read(attune_blueprint *blueprint, json_t *json, const attune_at *at,
                                    attune_error *error);
void attune_blueprint_clear(attune_blueprint *blueprint);

/* Marks as staged what can be: a budget (trees) of a model that predicts in stages, unless it is
 * among fixed (flat names or unique suffixes; nullable). */
void attune_blueprint_stage(attune_blueprint *blueprint, const json_t *fixed);

/* The steps as JSON with every hyperparameter, without spaces: reads back to the same steps. New
 * reference; NULL with error set. */
json_t *attune_blueprint_of(const attune_step *step, attune_error *error);

#endif

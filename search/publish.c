/* search/publish.c - a trial refitted on all rows and written as a dump. */
#include "search/loop/lookahead.h"
#include "search/study.h"
#include "steps/dump/numeric_class.h"

#include <stdlib.h>

static attune_status sample_of(const attune_open_study *open, const attune_trial *trial,
                               attune_sample *sample, attune_error *error)
{
    const attune_space *space = open->experiment->plan->blueprint.space;
    attune_status status = attune_sample_init(sample, space, error);
    return status ? status : attune_sample_read(space, trial->hyperparams, sample, error);
}

/* The plan with this trial's hyperparameters fixed: enough to fit it again. */
static char *fixed_plan(const attune_open_study *open, const attune_sample *sample,
                        attune_error *error)
{
    const attune_plan *plan = open->experiment->plan;
    json_t *json = attune_json_copy(plan->json);
    json_t *fixed = attune_sample_to_json(plan->blueprint.space, sample, error);
    json_t *pruner = attune_pruner_to_json(open->experiment->pruner, error);
    bool failed =
        !json_object_get(json, "search") && json_object_set_new(json, "search", json_object());
    json_t *search = json_object_get(json, "search");
    /* Budgets say nothing of the model; what is frozen does. */
    json_object_del(search, "trials");
    json_object_del(search, "time");
    failed = failed || json_object_set_new(search, "seed", json_integer(plan->seed)) ||
             (open->lookahead != ATTUNE_LOOKAHEAD_GROWS &&
              json_object_set_new(search, "lookahead", json_integer(open->lookahead))) ||
             json_object_set(search, "pruner", pruner) ||
             json_object_set_new(json, "name", json_string(plan->name)) ||
             json_object_set_new(json, "metric", json_string(open->experiment->metrics[0]->name)) ||
             json_object_set(json, "fixed", fixed);
    if (failed)
        attune_fail(error, ATTUNE_MEMORY, "out of memory: the plan of a dump");
    char *text = failed ? NULL : attune_json_write_pretty(json, error);
    json_decref(fixed);
    json_decref(pruner);
    json_decref(json);
    return text;
}

static json_t *scores_of(const attune_experiment *e, const double *values)
{
    json_t *scores = json_object();
    bool whole = true;
    for (int64_t m = 0; m < e->n_metrics && whole; m++)
        whole = !json_object_set_new(scores, e->metrics[m]->name, attune_json_from_real(values[m]));
    return attune_json_whole(scores, whole);
}

json_t *attune_open_study_fact(const attune_open_study *open)
{
    char id[ATTUNE_KEY_TEXT_SIZE];
    attune_key key = attune_key_text(attune_key_start("study"), open->study.identity);
    return json_pack("{s:s, s:s}", "name", open->study.name, "id", attune_key_name(key, id));
}

attune_status attune_dump_facts(const attune_open_study *open, const attune_trial *trial,
                                json_t **facts, char **plan, attune_error *error)
{
    const attune_experiment *e = open->experiment;
    char data[ATTUNE_KEY_TEXT_SIZE];
    attune_sample sample = {0};
    *facts = NULL;
    attune_status status = sample_of(open, trial, &sample, error);
    *plan = status ? NULL : fixed_plan(open, &sample, error);
    json_t *numeric = *plan ? attune_numeric_class(error) : NULL;
    const char *direction = e->directions[0] == ATTUNE_MINIMIZE ? "minimize" : "maximize";
    double standard_error = attune_trial_standard_error(trial, 0);
    if (numeric)
        *facts =
            json_pack("{s:o, s:I, s:I, s:s, s:s, s:o, s:o, s:o, s:s, s:I, s:o}", "study",
                      attune_open_study_fact(open), "trial", (json_int_t)trial->number, "seed",
                      (json_int_t)e->plan->seed, "metric", e->metrics[0]->name, "direction",
                      direction, "scores", scores_of(e, trial->values), "standard_error",
                      attune_json_from_real(standard_error), "baseline",
                      scores_of(e, open->baseline), "data", attune_key_name(e->fingerprint, data),
                      "rows", (json_int_t)e->data->n_rows, "numeric_class", numeric);
    attune_sample_clear(&sample);
    if (*facts)
        return ATTUNE_OK;
    free(*plan);
    *plan = NULL;
    return status ? status : attune_fail(error, ATTUNE_MEMORY, "out of memory: facts of a dump");
}

attune_status attune_open_study_publish(attune_open_study *open, const attune_trial *trial,
                                        const char *path, bool overwrite, attune_error *error)
{
    const attune_experiment *e = open->experiment;
    attune_sample sample = {0};
    attune_step *pipeline = NULL;
    json_t *facts = NULL;
    char *plan = NULL;
    attune_status status = sample_of(open, trial, &sample, error);
    if (!status)
        status = attune_experiment_pipeline(e, &sample, &pipeline, error);
    if (!status)
        status = attune_experiment_refit(e, pipeline, NULL, error);
    if (!status)
        status = attune_dump_facts(open, trial, &facts, &plan, error);
    if (!status) {
        attune_dump_content content = {.pipeline = pipeline,
                                       .schema = e->schema,
                                       .plan = plan,
                                       .facts = facts,
                                       .data = e->data};
        status = attune_dump_write(&content, path, overwrite, error);
    }
    json_decref(facts);
    free(plan);
    attune_step_free(pipeline);
    attune_sample_clear(&sample);
    return status;
}

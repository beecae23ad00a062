/* search/experiment.c - a plan on its data: opened, divided, fitted, scored. */
#include "search/experiment.h"

#include "search/loop/lookahead.h"

#include "steps/memory.h"

#include <stdlib.h>
#include <string.h>

static attune_task wanted_task(const attune_plan *plan)
{
    if (plan->n_metrics == 0)
        return ATTUNE_NO_TASK;
    return plan->metrics[0]->tasks & ATTUNE_FOR_CLASSES ? ATTUNE_BINARY : ATTUNE_REGRESSION;
}

/* What the plan ignores, and the column that names the folds: a model must not see it. */
static attune_status ignored_columns(const attune_plan *plan, attune_texts *ignored,
                                     attune_error *error)
{
    const attune_splitter *splitter = plan->splitter;
    const char *folds = splitter->type->column ? splitter->type->column(splitter->self) : NULL;
    attune_status status = attune_texts_copy(ignored, &plan->ignore, error);
    if (!status && folds && attune_texts_find(ignored, folds) < 0)
        status = attune_texts_add(ignored, folds, error);
    return status;
}

static attune_status read_data(attune_experiment *e, attune_error *error)
{
    const attune_plan *plan = e->plan;
    attune_texts ignored = {0};
    attune_document document = {0};
    attune_at top = attune_at_top(&document);
    attune_at at = attune_at_key(&top, "data");
    attune_schema_request request = {.target = plan->target,
                                     .positive = plan->positive,
                                     .time = plan->time,
                                     .weight = plan->weight,
                                     .id = &plan->id,
                                     .group = &plan->group,
                                     .ignore = &ignored,
                                     .missing = plan->missing.n ? &plan->missing : NULL,
                                     .kinds = plan->kinds,
                                     .at = &at,
                                     .task = wanted_task(plan)};
    attune_table_options options = {.delimiter = plan->delimiter, .missing = request.missing};
    attune_table *table = NULL;
    char *path = attune_plan_path(plan, plan->file, error);
    attune_status status = path ? ignored_columns(plan, &ignored, error) : ATTUNE_MEMORY;
    if (!status)
        status = attune_table_read(&table, path, &options, error);
    if (status == ATTUNE_NOT_FOUND)
        attune_error_prefix(error, "data.file, relative to the plan");
    if (!status)
        status = attune_schema_infer(&e->schema, table, &request, &e->notes, error);
    if (!status)
        status = attune_schema_data(e->schema, table, true, &e->data, &e->notes, error);
    if (!status)
        e->fingerprint = attune_data_fingerprint(e->data);
    attune_table_free(table);
    attune_texts_clear(&ignored);
    free(path);
    return status;
}

/* What is bounded is measured, named or not. */
static attune_status resolve_limits(attune_experiment *e, attune_error *error)
{
    for (int64_t k = 0; k < e->plan->n_limits; k++) {
        const attune_limit *limit = &e->plan->limits[k];
        int64_t i = 0;
        while (i < e->n_metrics && e->metrics[i] != limit->metric)
            i++;
        if (i == ATTUNE_MOST_METRICS)
            return attune_fail(error, ATTUNE_INVALID, "at most %d metrics", ATTUNE_MOST_METRICS);
        if (i == e->n_metrics)
            e->metrics[e->n_metrics++] = limit->metric;
        e->constraints[e->n_constraints++] =
            (attune_constraint){i, limit->is_max ? 1 : -1, limit->bound};
    }
    return ATTUNE_OK;
}

static attune_status choose_metrics(attune_experiment *e, attune_error *error)
{
    const attune_plan *plan = e->plan;
    attune_task task = e->data->task;
    e->n_metrics = plan->n_metrics;
    memcpy(e->metrics, plan->metrics, sizeof e->metrics);
    if (e->n_metrics == 0)
        e->metrics[e->n_metrics++] = attune_metric_default(task);
    e->n_objectives = plan->n_objectives;
    attune_status status = resolve_limits(e, error);
    if (status)
        return status;
    for (int64_t i = 0; i < e->n_metrics; i++) {
        if (!(e->metrics[i]->tasks >> task & 1))
            return attune_fail(error, ATTUNE_INVALID,
                               "metric %s does not fit the target \"%s\", which makes this a %s "
                               "task",
                               e->metrics[i]->name, plan->target, attune_task_word(task));
        e->directions[i] = e->metrics[i]->direction;
    }
    return ATTUNE_OK;
}

static attune_status divide(attune_experiment *e, attune_error *error)
{
    e->seed = attune_key_integer(attune_key_start("study"), e->plan->seed);
    e->all = attune_rows_all(e->data->n_rows, error);
    if (!e->all)
        return ATTUNE_MEMORY;
    attune_status status =
        attune_splitter_split(e->plan->splitter, e->data, e->all, e->seed, &e->folds, error);
    if (status)
        return status;
    e->truths = attune_alloc(e->folds.n, sizeof *e->truths, error);
    status = e->truths ? ATTUNE_OK : ATTUNE_MEMORY;
    for (int64_t f = 0; f < e->folds.n && !status; f++)
        status = attune_truth_gather(&e->truths[f], e->data, e->folds.items[f].test, error);
    return status;
}

/* A search over folds need not finish every trial; what is not said in the plan is frozen in the
 * study all the same. */
static attune_status choose_pruner(attune_experiment *e, attune_error *error)
{
    enum { least_folds = 3 };
    attune_status status = ATTUNE_OK;
    if (!e->plan->pruner_given && e->n_objectives == 1 && e->folds.n >= least_folds)
        status = attune_pruner_new(&e->own_pruner, "fold_racing", error);
    e->pruner = e->own_pruner ? e->own_pruner : e->plan->pruner;
    return status;
}

attune_status attune_experiment_open(attune_experiment *experiment, const attune_plan *plan,
                                     attune_error *error)
{
    memset(experiment, 0, sizeof *experiment);
    experiment->plan = plan;
    attune_status status = read_data(experiment, error);
    if (!status)
        status = choose_metrics(experiment, error);
    if (!status)
        status = divide(experiment, error);
    if (!status)
        status = choose_pruner(experiment, error);
    if (status)
        attune_experiment_clear(experiment);
    return status;
}

void attune_experiment_clear(attune_experiment *e)
{
    for (int64_t f = 0; e->truths && f < e->folds.n; f++)
        attune_truth_clear(&e->truths[f]);
    free(e->truths);
    attune_pruner_free(e->own_pruner);
    attune_folds_clear(&e->folds);
    attune_rows_free(e->all);
    attune_data_free(e->data);
    attune_schema_free(e->schema);
    attune_texts_clear(&e->notes);
    memset(e, 0, sizeof *e);
}

attune_status attune_experiment_pipeline(const attune_experiment *experiment,
                                         const attune_sample *sample, attune_step **pipeline,
                                         attune_error *error)
{
    const attune_blueprint *blueprint = &experiment->plan->blueprint;
    attune_step *made = NULL;
    attune_status status = attune_step_clone(blueprint->pipeline, &made, error);
    if (!status && sample)
        status = attune_step_set_sample(made, blueprint->space, sample, error);
    if (status)
        attune_step_free(made);
    else
        *pipeline = made;
    return status;
}

attune_status attune_experiment_fold(const attune_experiment *experiment, attune_step *pipeline,
                                     int64_t fold, const attune_services *services, double *scores,
                                     attune_error *error)
{
    const attune_fold *split = &experiment->folds.items[fold];
    attune_context context = attune_context_root(services, experiment->seed);
    attune_predictions predictions = {0};
    attune_status status =
        attune_step_fit(pipeline, experiment->data, split->train, &context, error);
    context.phase = ATTUNE_PHASE_EVALUATE;
    if (!status)
        status = attune_step_predict(pipeline, experiment->data, split->test, &context,
                                     &predictions, error);
    for (int64_t m = 0; m < experiment->n_metrics && !status; m++)
        status = attune_metric_score(experiment->metrics[m], &experiment->truths[fold],
                                     &predictions, &scores[m], error);
    attune_predictions_clear(&predictions);
    return status;
}

attune_status attune_experiment_refit(const attune_experiment *experiment, attune_step *pipeline,
                                      const attune_services *services, attune_error *error)
{
    attune_context context = attune_context_root(services, experiment->seed);
    return attune_step_fit(pipeline, experiment->data, experiment->all, &context, error);
}

/* The test rows of a fold at stages first to end - 1 of what is fitted, each of them reported. */
static attune_status score_stages(const attune_experiment *e, const attune_step *pipeline,
                                  int64_t fold, int64_t first, int64_t end,
                                  const attune_context *context, attune_fold_result *result,
                                  attune_error *error)
{
    attune_predictions predictions[ATTUNE_MOST_STAGES] = {{0}};
    int64_t n = end - first;
    double *scores = result->stage_scores + first * e->n_metrics;
    attune_status status =
        attune_step_predict_stages(pipeline, e->data, e->folds.items[fold].test, context,
                                   result->stages + first, n, predictions, error);
    for (int64_t i = 0; i < n * e->n_metrics && !status; i++)
        status = attune_metric_score(e->metrics[i % e->n_metrics], &e->truths[fold],
                                     &predictions[i / e->n_metrics], &scores[i], error);
    for (int64_t k = 0; k < n; k++)
        attune_predictions_clear(&predictions[k]);
    for (int64_t k = 0; k < n && !status; k++)
        status = attune_context_report(context, result->stages[first + k], scores[k * e->n_metrics],
                                       error);
    return status;
}

/* Whether the best of the first n stages has a whole block of worse ones behind it. */
static bool is_past_best(const attune_experiment *e, const attune_fold_result *result, int64_t n,
                         int64_t block)
{
    int64_t best = 0;
    for (int64_t k = 1; k < n; k++)
        if (attune_better(e->directions[0], result->stage_scores[k * e->n_metrics],
                          result->stage_scores[best * e->n_metrics]))
            best = k;
    return n - 1 - best >= block;
}

/* One fold at the stages of dimension d, a block at a time: no further than the fold gains. */
static attune_status climb(const attune_experiment *e, attune_step *pipeline, int64_t fold,
                           int64_t d, const attune_services *services, attune_fold_result *result,
                           attune_error *error)
{
    enum { block = 3 };
    attune_context context = attune_context_root(services, e->seed);
    int64_t n = attune_space_stages(e->plan->blueprint.space, d, e->plan->stages, result->stages);
    int64_t first = 0, end = n % block ? n % block : block;
    attune_status status = ATTUNE_OK;
    while (!status && result->n_stages < n) {
        context.phase = ATTUNE_PHASE_TRAIN;
        context.reach = result->stages[end - 1];
        status =
            first ? attune_step_fit_more(pipeline, &context, error)
                  : attune_step_fit(pipeline, e->data, e->folds.items[fold].train, &context, error);
        context.phase = ATTUNE_PHASE_EVALUATE;
        if (!status)
            status = score_stages(e, pipeline, fold, first, end, &context, result, error);
        result->n_stages = end;
        if (is_past_best(e, result, end, block))
            break;
        first = end;
        end += block;
    }
    return status;
}

/* Keeps what the fit will need from others, or says that it cannot be had. */
static attune_status reserve(const attune_experiment *experiment, const attune_step *pipeline,
                             int64_t fold, const attune_services *services, int64_t *bytes,
                             attune_error *error)
{
    attune_memory_need need;
    *bytes = 0;
    if (!services || !services->reserve)
        return ATTUNE_OK;
    attune_status status = attune_step_need(pipeline, experiment->data,
                                            experiment->folds.items[fold].train->n, &need, error);
    if (status)
        return status;
    *bytes = need.bytes;
    status = services->reserve(services->user, need.bytes, error);
    if (status == ATTUNE_MEMORY && need.step)
        attune_error_prefix(error, "%s, %lld columns", need.step->name, (long long)need.columns);
    return status;
}

static attune_status evaluate(void *user, const attune_job *job, int64_t fold,
                              const attune_services *services, attune_fold_result *result,
                              attune_error *error)
{
    const attune_experiment *experiment = user;
    attune_step *pipeline = NULL;
    int64_t bytes = 0, d = attune_sample_staged(job->space, job->sample);
    attune_status status = attune_experiment_pipeline(experiment, job->sample, &pipeline, error);
    if (!status)
        status = reserve(experiment, pipeline, fold, services, &bytes, error);
    if (!status) {
        status = d >= 0 ? climb(experiment, pipeline, fold, d, services, result, error)
                        : attune_experiment_fold(experiment, pipeline, fold, services,
                                                 result->scores, error);
        if (services && services->release)
            services->release(services->user, bytes);
    }
    attune_step_free(pipeline);
    return status;
}

static attune_status attributes(void *user, const attune_job *job, char **json, attune_error *error)
{
    const attune_experiment *experiment = user;
    attune_step *pipeline = NULL;
    attune_status status = attune_experiment_pipeline(experiment, job->sample, &pipeline, error);
    if (status)
        return status;
    json_t *object = json_pack("{s:s}", "model", attune_step_model_name(pipeline));
    *json = object ? attune_json_write(object, error) : NULL;
    json_decref(object);
    attune_step_free(pipeline);
    return *json ? ATTUNE_OK : attune_fail(error, ATTUNE_MEMORY, "out of memory: a model's name");
}

attune_goals attune_experiment_goals(const attune_experiment *experiment)
{
    return (attune_goals){.directions = experiment->directions,
                          .n_objectives = experiment->n_objectives,
                          .constraints = experiment->constraints,
                          .n_constraints = experiment->n_constraints};
}

attune_objective attune_experiment_objective(const attune_experiment *experiment)
{
    return (attune_objective){.user = (void *)(uintptr_t)experiment,
                              .n_folds = experiment->folds.n,
                              .n_metrics = experiment->n_metrics,
                              .n_objectives = experiment->n_objectives,
                              .directions = experiment->directions,
                              .constraints = experiment->constraints,
                              .n_constraints = experiment->n_constraints,
                              .evaluate = evaluate,
                              .attributes = attributes};
}

attune_status attune_experiment_baseline(const attune_experiment *experiment, double *scores,
                                         attune_error *error)
{
    double fold_scores[ATTUNE_MOST_METRICS];
    attune_status status = ATTUNE_OK;
    memset(scores, 0, (size_t)experiment->n_metrics * sizeof *scores);
    for (int64_t f = 0; f < experiment->folds.n && !status; f++) {
        attune_step *dummy = NULL;
        status = attune_step_new(&dummy, attune_step_type_find("dummy"), "dummy", error);
        if (!status)
            status = attune_experiment_fold(experiment, dummy, f, NULL, fold_scores, error);
        attune_step_free(dummy);
        for (int64_t m = 0; m < experiment->n_metrics && !status; m++)
            scores[m] += fold_scores[m] / (double)experiment->folds.n;
    }
    return status;
}

/* The plan without what may change between runs of one study: where its files lie, its budgets. */
static json_t *frozen_plan(const attune_experiment *experiment, attune_error *error)
{
    const attune_plan *plan = experiment->plan;
    json_t *frozen = attune_json_copy(plan->json);
    json_object_del(frozen, "name");
    json_object_del(json_object_get(frozen, "data"), "file");
    json_object_del(json_object_get(frozen, "data"), "test");
    json_t *search = json_object_get(frozen, "search");
    static const char *const free_keys[] = {"trials",    "time", "timeout",  "seed",
                                            "lookahead", "from", "stop_rule"};
    for (size_t i = 0; search && i < sizeof free_keys / sizeof *free_keys; i++)
        json_object_del(search, free_keys[i]);
    json_object_del(search, "pruner"); /* none and not given are the same */
    if (plan->stages == ATTUNE_DEFAULT_STAGES)
        json_object_del(search, "stages");
    bool failed = false;
    if (experiment->pruner && !search)
        failed = json_object_set_new(frozen, "search", json_object());
    if (experiment->pruner)
        failed |= json_object_set_new(json_object_get(frozen, "search"), "pruner",
                                      attune_pruner_to_json(experiment->pruner, error)) != 0;
    return attune_json_whole(frozen, !failed);
}

json_t *attune_experiment_identity(const attune_experiment *experiment, int64_t lookahead,
                                   attune_error *error)
{
    char data[ATTUNE_KEY_TEXT_SIZE], folds[ATTUNE_KEY_TEXT_SIZE];
    json_t *identity = json_pack(
        "{s:o, s:s, s:s, s:I, s:o}", "plan", frozen_plan(experiment, error), "data",
        attune_key_name(experiment->fingerprint, data), "folds",
        attune_key_name(attune_folds_key(&experiment->folds), folds), "seed",
        (json_int_t)experiment->plan->seed, "lookahead", attune_lookahead_to_json(lookahead));
    const char *names[ATTUNE_MOST_METRICS];
    for (int64_t i = 0; i < experiment->n_metrics; i++)
        names[i] = experiment->metrics[i]->name;
    if (identity && experiment->n_constraints)
        identity = attune_json_whole(
            identity, !json_object_set_new(identity, "constraints",
                                           attune_constraints_to_json(experiment->constraints,
                                                                      experiment->n_constraints,
                                                                      names, error)));
    if (!identity)
        attune_fail(error, ATTUNE_MEMORY, "out of memory: the identity of a study");
    return identity;
}

/* search/plan/plan.c - a plan read from JSON, every key checked at its place. */
#include "search/plan/goals.h"

#include "search/prior.h"
#include "search/queue.h"
#include "spaces/base/clock.h"
#include "spaces/base/file.h"

#include <stdlib.h>
#include <string.h>

static attune_status keep_text(json_t *object, const attune_at *at, const char *key, char **to,
                               attune_error *error)
{
    const char *text = NULL;
    attune_status status = attune_json_text(object, at, key, &text, error);
    if (!status && text && !(*to = attune_copy_text(text, error)))
        status = ATTUNE_MEMORY;
    return status;
}

static attune_status read_delimiter(attune_plan *plan, json_t *data, const attune_at *at,
                                    attune_error *error)
{
    const char *text = NULL;
    attune_at place = attune_at_key(at, "delimiter");
    attune_status status = attune_json_text(data, at, "delimiter", &text, error);
    if (status || !text)
        return status;
    if (strlen(text) != 1 || *text == '"' || *text == '\n' || *text == '\r')
        return attune_fail_at(error, &place, "must be one character, such as \";\" or \"\\t\"");
    plan->delimiter = *text;
    return ATTUNE_OK;
}

static attune_status read_data(attune_plan *plan, json_t *data, const attune_at *at,
                               attune_error *error)
{
    static const char *const keys[] = {"file",   "test",    "target",  "positive",
                                       "id",     "group",   "time",    "weight",
                                       "ignore", "columns", "missing", "delimiter"};
    attune_at columns_at = attune_at_key(at, "columns");
    attune_status status =
        attune_json_check_keys(data, at, keys, sizeof keys / sizeof *keys, error);
    struct {
        const char *key;
        char **to;
    } texts[] = {{"file", &plan->file},         {"test", &plan->test}, {"target", &plan->target},
                 {"positive", &plan->positive}, {"time", &plan->time}, {"weight", &plan->weight}};
    struct {
        const char *key;
        attune_texts *to;
    } lists[] = {{"id", &plan->id},
                 {"group", &plan->group},
                 {"ignore", &plan->ignore},
                 {"missing", &plan->missing}};
    for (size_t i = 0; i < sizeof texts / sizeof *texts && !status; i++)
        status = keep_text(data, at, texts[i].key, texts[i].to, error);
    for (size_t i = 0; i < sizeof lists / sizeof *lists && !status; i++)
        status = attune_json_texts(data, at, lists[i].key, lists[i].to, error);
    if (!status)
        status = read_delimiter(plan, data, at, error);
    if (status)
        return status;
    plan->kinds = json_object_get(data, "columns");
    if (plan->kinds && !json_is_object(plan->kinds))
        return attune_fail_at(error, &columns_at, "must be an object: {\"zip\": \"nominal\"}");
    if (!plan->file)
        return attune_fail_at(error, at, "needs \"file\": the data, a CSV");
    if (!plan->target)
        return attune_fail_at(error, at, "needs \"target\": the column to be predicted");
    return ATTUNE_OK;
}

static attune_status add_metric(attune_plan *plan, const char *name, const attune_at *at,
                                attune_error *error)
{
    const attune_metric_type *metric = attune_metric_find(name);
    attune_error problem = {0};
    if (!metric) {
        attune_metric_unknown(name, ATTUNE_NO_TASK, &problem);
        return attune_fail_for(error, at, &problem);
    }
    for (int64_t i = 0; i < plan->n_metrics; i++)
        if (plan->metrics[i] == metric)
            return attune_fail_at(error, at, "\"%s\" is named twice", name);
    if (plan->n_metrics == ATTUNE_MOST_METRICS)
        return attune_fail_at(error, at, "at most %d metrics", ATTUNE_MOST_METRICS);
    plan->metrics[plan->n_metrics++] = metric;
    return ATTUNE_OK;
}

/* The metrics under a key, a name or a list of names. */
static attune_status add_metrics(attune_plan *plan, json_t *root, const attune_at *top,
                                 const char *key, attune_error *error)
{
    attune_texts names = {0};
    attune_at at = attune_at_key(top, key);
    bool is_list = json_is_array(json_object_get(root, key));
    attune_status status = attune_json_texts(root, top, key, &names, error);
    for (int64_t i = 0; i < names.n && !status; i++) {
        attune_at item = attune_at_item(&at, i);
        status = add_metric(plan, names.items[i], is_list ? &item : &at, error);
    }
    attune_texts_clear(&names);
    return status;
}

static attune_status read_metrics(attune_plan *plan, json_t *root, const attune_at *top,
                                  attune_error *error)
{
    attune_at metric_at = attune_at_key(top, "metric"), also_at = attune_at_key(top, "also");
    attune_status status = add_metrics(plan, root, top, "metric", error);
    plan->n_objectives = plan->n_metrics ? plan->n_metrics : 1;
    if (!status && plan->n_metrics == 0 && json_is_array(json_object_get(root, "metric")))
        return attune_fail_at(error, &metric_at, "names no metric: what is optimised");
    if (!status)
        status = add_metrics(plan, root, top, "also", error);
    if (!status && plan->n_metrics && !json_object_get(root, "metric"))
        return attune_fail_at(error, &also_at, "needs \"metric\" beside it: what is optimised");
    return status;
}

attune_status attune_plan_duration(json_t *object, const attune_at *at, const char *key,
                                   double *seconds, attune_error *error)
{
    json_t *value = json_object_get(object, key);
    attune_at place = attune_at_key(at, key);
    if (!value || json_is_null(value))
        return ATTUNE_OK;
    if (json_is_number(value))
        *seconds = json_number_value(value);
    else if (!json_is_string(value) || !attune_duration_read(json_string_value(value), seconds))
        return attune_fail_at(error, &place,
                              "must be a duration such as \"8h\", \"90m\" or \"45s\"");
    if (*seconds <= 0)
        return attune_fail_at(error, &place, "must be longer than nothing");
    return ATTUNE_OK;
}

static attune_status read_pruner(attune_plan *plan, json_t *search, const attune_at *at,
                                 attune_error *error)
{
    attune_at place = attune_at_key(at, "pruner");
    json_t *pruner = json_object_get(search, "pruner");
    plan->pruner_given = pruner != NULL;
    return pruner ? attune_pruner_from_json(&plan->pruner, pruner, &place, error) : ATTUNE_OK;
}

static attune_status read_stages(attune_plan *plan, json_t *search, const attune_at *at,
                                 attune_error *error)
{
    attune_at place = attune_at_key(at, "stages");
    plan->stages = ATTUNE_DEFAULT_STAGES;
    attune_status status = attune_json_integer(search, at, "stages", &plan->stages, error);
    if (!status && (plan->stages < 0 || plan->stages > ATTUNE_MOST_STAGES))
        status = attune_fail_at(error, &place, "need 0 to %d stages, got %lld", ATTUNE_MOST_STAGES,
                                (long long)plan->stages);
    return status;
}

static attune_status read_search(attune_plan *plan, json_t *search, const attune_at *at,
                                 attune_error *error)
{
    static const char *const keys[] = {"sampler", "pruner",    "trials",  "time",
                                       "seed",    "lookahead", "timeout", "queue",
                                       "from",    "stop_rule", "stages"};
    attune_at trials_at = attune_at_key(at, "trials"), ahead_at = attune_at_key(at, "lookahead");
    attune_at sampler_at = attune_at_key(at, "sampler"), from_at = attune_at_key(at, "from");
    json_t *from = json_object_get(search, "from");
    json_t *sampler = json_object_get(search, "sampler");
    attune_status status = ATTUNE_OK;
    if (search)
        status = attune_json_check_keys(search, at, keys, sizeof keys / sizeof *keys, error);
    if (!status)
        status = attune_json_integer(search, at, "trials", &plan->trials, error);
    if (!status)
        status = attune_json_integer(search, at, "seed", &plan->seed, error);
    if (!status)
        status = attune_json_integer(search, at, "lookahead", &plan->lookahead, error);
    if (!status)
        status = attune_json_boolean(search, at, "stop_rule", &plan->stop_rule, error);
    if (!status)
        status = attune_plan_duration(search, at, "time", &plan->seconds, error);
    if (!status)
        status = attune_plan_duration(search, at, "timeout", &plan->timeout, error);
    if (!status && json_object_get(search, "trials") && plan->trials < 1)
        status =
            attune_fail_at(error, &trials_at, "need at least 1, got %lld", (long long)plan->trials);
    if (!status && json_object_get(search, "lookahead") &&
        (plan->lookahead < 1 || plan->lookahead > 4096))
        status = attune_fail_at(error, &ahead_at, "need 1 to 4096 jobs in flight, got %lld",
                                (long long)plan->lookahead);
    if (!status)
        status = sampler ? attune_sampler_from_json(&plan->sampler, sampler, &sampler_at, error)
                         : attune_sampler_new(&plan->sampler, "auto", error);
    if (!status)
        status = read_stages(plan, search, at, error);
    if (!status && from)
        status = attune_prior_source(from, &from_at, &plan->from, &plan->from_study, error);
    return status ? status : read_pruner(plan, search, at, error);
}

static attune_status read_queue(attune_plan *plan, json_t *search, const attune_at *at,
                                attune_error *error)
{
    attune_at place = attune_at_key(at, "queue");
    json_t *list = json_object_get(search, "queue"), *the_default = NULL;
    attune_sample sample = {0};
    if (!list)
        return ATTUNE_OK;
    attune_status status = attune_plan_sample(plan, plan->fixed, &sample, error);
    if (!status && !(the_default = attune_sample_to_json(plan->blueprint.space, &sample, error)))
        status = ATTUNE_MEMORY;
    if (!status)
        status = attune_queue_read(plan->blueprint.space, list, &place, the_default, &plan->queue,
                                   error);
    attune_sample_clear(&sample);
    json_decref(the_default);
    return status;
}

/* Hyperparameters that a plan fixes by their flat names: a dump's plan fixes all of its trial. */
static attune_status read_fixed(attune_plan *plan, json_t *root, const attune_at *top,
                                attune_error *error)
{
    attune_at at = attune_at_key(top, "fixed");
    plan->fixed = json_object_get(root, "fixed");
    if (!plan->fixed)
        return ATTUNE_OK;
    attune_status status = attune_queue_check(plan->blueprint.space, plan->fixed, &at, error);
    plan->sampler->fixed = plan->fixed;
    return status;
}

static attune_status need_object(json_t *root, const attune_at *top, const char *key,
                                 json_t **object, attune_error *error)
{
    attune_at at = attune_at_key(top, key);
    *object = json_object_get(root, key);
    if (!*object)
        return attune_fail_at(error, top, "the plan needs \"%s\"", key);
    return json_is_object(*object) ? ATTUNE_OK
                                   : attune_fail_at(error, &at, "must be an object, { ... }");
}

static attune_status read_parts(attune_plan *plan, json_t *root, const attune_at *top,
                                attune_error *error)
{
    static const char *const keys[] = {"name",       "data",     "metric", "also",  "constraints",
                                       "validation", "pipeline", "fixed",  "search"};
    json_t *data = NULL, *pipeline = NULL, *search = json_object_get(root, "search");
    attune_at data_at = attune_at_key(top, "data"), pipeline_at = attune_at_key(top, "pipeline");
    attune_at validation_at = attune_at_key(top, "validation");
    attune_at search_at = attune_at_key(top, "search");
    if (json_object_get(root, "objective") || json_object_get(root, "space"))
        return attune_fail_at(error, top,
                              "this plan has a command (\"objective\") in place of data and a "
                              "pipeline: search, check, show, ask and plan take it");
    attune_status status =
        attune_json_check_keys(root, top, keys, sizeof keys / sizeof *keys, error);
    if (!status)
        status = keep_text(root, top, "name", &plan->name, error);
    if (!status)
        status = need_object(root, top, "data", &data, error);
    if (!status)
        status = read_data(plan, data, &data_at, error);
    if (!status)
        status = read_metrics(plan, root, top, error);
    if (!status)
        status = attune_plan_read_limits(plan, root, top, error);
    if (!status)
        status = attune_splitter_from_json(&plan->splitter, json_object_get(root, "validation"),
                                           &validation_at, error);
    if (!status)
        status = need_object(root, top, "pipeline", &pipeline, error);
    if (!status)
        status = attune_blueprint_read(&plan->blueprint, pipeline, &pipeline_at, error);
    if (!status)
        status = read_search(plan, search, &search_at, error);
    if (!status)
        status = read_fixed(plan, root, top, error);
    /* A stage is chosen by one score: where more counts, the dimension is drawn. */
    bool one = plan->n_objectives == 1 && plan->n_limits == 0;
    if (!status && plan->stages > 0 && one)
        attune_blueprint_stage(&plan->blueprint, plan->fixed);
    if (!status)
        status = read_queue(plan, search, &search_at, error);
    return status ? status : attune_plan_check_goals(plan, &search_at, error);
}

attune_status attune_plan_read(attune_plan *plan, attune_document *document, const char *folder,
                               const char *stem, attune_error *error)
{
    memset(plan, 0, sizeof *plan);
    plan->json = attune_json_copy_plain(document->root);
    plan->folder = attune_copy_text(folder, error);
    attune_at top = attune_at_top(document);
    attune_status status =
        plan->json && plan->folder ? ATTUNE_OK : attune_fail(error, ATTUNE_MEMORY, "out of memory");
    if (!status)
        status = read_parts(plan, plan->json, &top, error);
    if (!status && !plan->name)
        plan->name = *stem ? attune_copy_text(stem, error) : attune_path_stem(plan->file, error);
    if (!status && !plan->name)
        status = ATTUNE_MEMORY;
    if (status)
        attune_plan_clear(plan);
    return status;
}

void attune_plan_clear(attune_plan *plan)
{
    char *texts[] = {plan->folder, plan->name,     plan->file, plan->test,
                     plan->target, plan->positive, plan->time, plan->weight};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        free(texts[i]);
    attune_texts_clear(&plan->id);
    attune_texts_clear(&plan->group);
    attune_texts_clear(&plan->ignore);
    attune_texts_clear(&plan->missing);
    attune_splitter_free(plan->splitter);
    attune_blueprint_clear(&plan->blueprint);
    attune_sampler_free(plan->sampler);
    attune_pruner_free(plan->pruner);
    json_decref(plan->queue);
    json_decref(plan->json);
    memset(plan, 0, sizeof *plan);
}

char *attune_plan_path(const attune_plan *plan, const char *path, attune_error *error)
{
    return strcmp(path, "-") == 0 ? attune_copy_text(path, error)
                                  : attune_path_join(plan->folder, path, error);
}

/* The member or item that a part of a path names; missing members of objects are made. */
static json_t *step_into(json_t *json, const char *part, attune_error *error)
{
    json_t *next = NULL;
    if (json_is_array(json)) {
        char *end = NULL;
        size_t i = (size_t)strtoul(part, &end, 10);
        next = *end ? NULL : json_array_get(json, i);
    } else if (json_is_object(json)) {
        next = json_object_get(json, part);
        if (!next && json_object_set_new(json, part, json_object())) {
            attune_fail(error, ATTUNE_MEMORY, "out of memory: --set");
            return NULL;
        }
        next = json_object_get(json, part);
    }
    if (!next)
        attune_fail(error, ATTUNE_INVALID, "--set: there is no \"%s\" in the plan", part);
    return next;
}

static attune_status assign(json_t *json, const char *part, const char *words, attune_error *error)
{
    attune_value value = {0};
    attune_status status = attune_value_from_words(&value, words, error);
    json_t *new_value = status ? NULL : attune_value_to_json(&value);
    attune_value_clear(&value);
    if (!new_value)
        return status ? status : attune_fail(error, ATTUNE_MEMORY, "out of memory");
    if (json_is_object(json) && json_object_set_new(json, part, new_value) == 0)
        return ATTUNE_OK;
    if (json_is_array(json)) {
        char *end = NULL;
        size_t i = (size_t)strtoul(part, &end, 10);
        if (!*end && json_array_set_new(json, i, new_value) == 0)
            return ATTUNE_OK;
    } else if (!json_is_object(json)) {
        json_decref(new_value);
    }
    return attune_fail(error, ATTUNE_INVALID, "--set: there is no place \"%s\" in the plan", part);
}

attune_status attune_plan_override(json_t *root, const char *assignment, attune_error *error)
{
    const char *equals = strchr(assignment, '=');
    if (!equals || equals == assignment)
        return attune_fail(error, ATTUNE_INVALID, "--set takes path=value, such as search.seed=7");
    char *path = strndup(assignment, (size_t)(equals - assignment));
    if (!path)
        return attune_fail(error, ATTUNE_MEMORY, "out of memory");
    json_t *json = root;
    char *part = path;
    for (char *dot; json && (dot = strchr(part, '.')); part = dot + 1) {
        *dot = '\0';
        json = step_into(json, part, error);
    }
    attune_status status = json ? assign(json, part, equals + 1, error) : ATTUNE_INVALID;
    free(path);
    return status;
}

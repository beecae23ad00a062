/* search/plan/ask.c - a plan that has a space and no data, as options of the library. */
#include "search/plan/ask.h"

#include "search/queue.h"
#include "spaces/base/file.h"

#include <stdlib.h>
#include <string.h>

/* Read here for its complaints, which then name line and column of the file. */
static attune_status take_space(attune_ask_plan *plan, json_t *json, const attune_at *at,
                                attune_error *error)
{
    if (!json_is_object(json))
        return attune_fail_at(error, at,
                              "must be an object, {\"lr\": {\"log_uniform\": [1e-5, 0.1]}}");
    plan->read = attune_space_new(error);
    attune_status status =
        plan->read ? attune_space_add_json(plan->read, json, at, "", ATTUNE_NO_BRANCH, error)
                   : ATTUNE_MEMORY;
    if (!status && plan->read->n == 0)
        status = attune_fail_at(error, at, "there is nothing to tune");
    if (!status && !(plan->space = attune_json_write(json, error)))
        status = ATTUNE_MEMORY;
    return status;
}

static attune_status add_goal(attune_ask_plan *plan, const char *word, const attune_at *at,
                              attune_error *error)
{
    bool maximize = strcmp(word, "maximize") == 0;
    if (!maximize && strcmp(word, "minimize") != 0)
        return attune_fail_at(error, at, "must be \"minimize\" or \"maximize\", not \"%s\"", word);
    if (plan->options.n_objectives == ATTUNE_MOST_METRICS)
        return attune_fail_at(error, at, "at most %d objectives", ATTUNE_MOST_METRICS);
    plan->goals[plan->options.n_objectives++] =
        maximize ? ATTUNE_GOAL_MAXIMIZE : ATTUNE_GOAL_MINIMIZE;
    return ATTUNE_OK;
}

static attune_status read_objective(attune_ask_plan *plan, json_t *objective,
                                    const attune_at *above, attune_error *error)
{
    static const char *const keys[] = {"direction", "command", "files", "steps",
                                       "timeout",   "keep",    "slots", "env"};
    attune_at at = attune_at_key(above, "objective"), place = attune_at_key(&at, "direction");
    attune_texts words = {0};
    if (!objective)
        return ATTUNE_OK;
    if (!json_is_object(objective))
        return attune_fail_at(error, &at, "must be an object, {\"direction\": \"minimize\"}");
    attune_status status =
        attune_json_check_keys(objective, &at, keys, sizeof keys / sizeof *keys, error);
    if (!status)
        status = attune_json_texts(objective, &at, "direction", &words, error);
    for (int64_t i = 0; i < words.n && !status; i++)
        status = add_goal(plan, words.items[i], &place, error);
    attune_texts_clear(&words);
    return status ? status
                  : attune_program_plan_read(&plan->program, objective, &at, plan->read, error);
}

/* A sampler or pruner as the library takes it: a name, or the JSON of one with its settings. */
static attune_status take_choice(json_t *json, char **text, attune_error *error)
{
    if (!json || json_is_null(json))
        return ATTUNE_OK;
    *text = json_is_string(json) ? attune_copy_text(json_string_value(json), error)
                                 : attune_json_write(json, error);
    return *text ? ATTUNE_OK : ATTUNE_MEMORY;
}

static attune_status take_queue(attune_ask_plan *plan, json_t *search, const attune_at *at,
                                attune_error *error)
{
    attune_at place = attune_at_key(at, "queue");
    json_t *list = json_object_get(search, "queue"), *queue = NULL;
    if (!list)
        return ATTUNE_OK;
    attune_status status = attune_queue_read(plan->read, list, &place, NULL, &queue, error);
    if (!status && !(plan->queue = attune_json_write(queue, error)))
        status = ATTUNE_MEMORY;
    json_decref(queue);
    return status;
}

static attune_status check_choices(json_t *search, const attune_at *at, attune_error *error)
{
    attune_at sampler_at = attune_at_key(at, "sampler"), pruner_at = attune_at_key(at, "pruner");
    json_t *sampler_json = json_object_get(search, "sampler");
    json_t *pruner_json = json_object_get(search, "pruner");
    attune_sampler *sampler = NULL;
    attune_pruner *pruner = NULL;
    attune_status status = ATTUNE_OK;
    if (sampler_json)
        status = attune_sampler_from_json(&sampler, sampler_json, &sampler_at, error);
    if (!status && pruner_json)
        status = attune_pruner_from_json(&pruner, pruner_json, &pruner_at, error);
    attune_sampler_free(sampler);
    attune_pruner_free(pruner);
    return status;
}

/* A pruner that asks how far a trial goes is told what the objective says. */
static attune_status tell_steps(const attune_ask_plan *plan, json_t *search, attune_error *error)
{
    json_t *pruner = json_object_get(search, "pruner");
    json_t *settings = json_object_get(pruner, "hyperband");
    bool bare = json_is_string(pruner) && strcmp(json_string_value(pruner), "hyperband") == 0;
    if (plan->program.steps == 0 || (!bare && !json_is_object(settings)) ||
        json_object_get(settings, "max_resource"))
        return ATTUNE_OK;
    json_t *steps = json_integer(plan->program.steps);
    bool failed =
        bare ? json_object_set_new(search, "pruner",
                                   json_pack("{s:{s:o}}", "hyperband", "max_resource", steps))
             : json_object_set_new(settings, "max_resource", steps);
    return failed ? attune_fail(error, ATTUNE_MEMORY, "out of memory: a pruner") : ATTUNE_OK;
}

static attune_status read_search(attune_ask_plan *plan, json_t *search, const attune_at *above,
                                 attune_error *error)
{
    static const char *const keys[] = {"sampler",   "pruner",  "trials", "time", "seed",
                                       "lookahead", "timeout", "queue",  "from"};
    attune_at at = attune_at_key(above, "search");
    if (!search)
        return ATTUNE_OK;
    if (!json_is_object(search))
        return attune_fail_at(error, &at, "must be an object, { ... }");
    attune_status status =
        attune_json_check_keys(search, &at, keys, sizeof keys / sizeof *keys, error);
    if (!status)
        status = attune_json_integer(search, &at, "trials", &plan->trials, error);
    if (!status)
        status = attune_json_integer(search, &at, "seed", &plan->options.seed, error);
    if (!status)
        status = attune_json_integer(search, &at, "lookahead", &plan->options.lookahead, error);
    if (!status)
        status = attune_plan_duration(search, &at, "time", &plan->seconds, error);
    if (!status)
        status = attune_plan_duration(search, &at, "timeout", &plan->timeout, error);
    if (!status)
        status = tell_steps(plan, search, error);
    if (!status)
        status = check_choices(search, &at, error);
    if (!status)
        status = take_choice(json_object_get(search, "sampler"), &plan->sampler, error);
    if (!status)
        status = take_queue(plan, search, &at, error);
    if (!status)
        status = take_choice(json_object_get(search, "from"), &plan->from, error);
    return status ? status : take_choice(json_object_get(search, "pruner"), &plan->pruner, error);
}

static attune_status read_root(attune_ask_plan *plan, json_t *root, const attune_at *top,
                               attune_error *error)
{
    static const char *const keys[] = {"name", "space", "objective", "search"};
    const char *name = NULL;
    attune_at space_at = attune_at_key(top, "space");
    bool ours = json_object_get(root, "space") || json_object_get(root, "objective");
    bool other = json_object_get(root, "data") || json_object_get(root, "pipeline");
    if (ours && other)
        return attune_fail_at(error, top,
                              "a plan has \"data\" and a \"pipeline\", or a \"space\" and an "
                              "\"objective\", not of both");
    if (other)
        return attune_fail_at(error, top,
                              "this plan is of a pipeline over data: attune search runs it. To be "
                              "asked for, a plan has a \"space\" and no data");
    attune_status status =
        attune_json_check_keys(root, top, keys, sizeof keys / sizeof *keys, error);
    if (!status && !json_object_get(root, "space"))
        status = attune_fail_at(error, top, "the plan needs \"space\": what is tuned");
    if (!status)
        status = attune_json_text(root, top, "name", &name, error);
    if (!status && name && !(plan->study = attune_copy_text(name, error)))
        status = ATTUNE_MEMORY;
    if (!status)
        status = take_space(plan, json_object_get(root, "space"), &space_at, error);
    if (!status)
        status = read_objective(plan, json_object_get(root, "objective"), top, error);
    return status ? status : read_search(plan, json_object_get(root, "search"), top, error);
}

/* A path in a plan is relative to it. */
static attune_status beside(const attune_ask_plan *plan, char **path, attune_error *error)
{
    char *joined = attune_path_join(plan->folder, *path, error);
    if (!joined)
        return ATTUNE_MEMORY;
    free(*path);
    *path = joined;
    return ATTUNE_OK;
}

static attune_status read_document(attune_ask_plan *plan, attune_document *document,
                                   const char *path, bool bare, attune_error *error)
{
    json_t *json = attune_json_copy_plain(document->root);
    attune_at top = attune_at_top(document);
    attune_status status = json ? ATTUNE_OK : attune_fail(error, ATTUNE_MEMORY, "out of memory");
    if (!status && (!(plan->folder = attune_path_folder(path, error)) ||
                    !(plan->text = attune_json_write(json, error))))
        status = ATTUNE_MEMORY;
    if (!status && !json_is_object(json))
        status = attune_fail_at(error, &top, "must be an object, { ... }");
    if (!status)
        status = bare ? take_space(plan, json, &top, error) : read_root(plan, json, &top, error);
    if (!status && plan->from && plan->from[0] != '{')
        status = beside(plan, &plan->from, error);
    if (!status && !plan->study && !(plan->study = attune_path_stem(path, error)))
        status = ATTUNE_MEMORY;
    json_decref(json);
    return status;
}

static attune_status read_file(attune_ask_plan *plan, const char *path, bool bare,
                               attune_error *error)
{
    attune_document document = {0};
    attune_status status = attune_document_read(&document, path, error);
    if (!status)
        status = read_document(plan, &document, path, bare, error);
    attune_document_clear(&document);
    return status;
}

static attune_status replace(char **text, const attune_arguments *arguments, const char *option,
                             attune_error *error)
{
    const char *value = attune_option_value(arguments, option);
    if (!value)
        return ATTUNE_OK;
    free(*text);
    *text = attune_copy_text(value, error);
    return *text ? ATTUNE_OK : ATTUNE_MEMORY;
}

static attune_status read_direction(attune_ask_plan *plan, const attune_arguments *arguments,
                                    attune_error *error)
{
    attune_at nowhere = {.key = "--direction"};
    int64_t n = attune_option_n(arguments, "direction");
    attune_status status = ATTUNE_OK;
    if (n > 0)
        plan->options.n_objectives = 0;
    for (int64_t i = 0; i < n && !status; i++)
        status = add_goal(plan, attune_option_nth(arguments, "direction", i), &nowhere, error);
    return status;
}

static attune_status read_flags(attune_ask_plan *plan, const attune_arguments *arguments,
                                attune_error *error)
{
    attune_search_options *o = &plan->options;
    attune_status status = replace(&plan->study, arguments, "study", error);
    if (!status)
        status = replace(&plan->sampler, arguments, "sampler", error);
    if (!status)
        status = replace(&plan->pruner, arguments, "pruner", error);
    if (!status)
        status = replace(&plan->from, arguments, "from", error);
    if (!status)
        status = attune_option_integer(arguments, "seed", INT64_MIN, INT64_MAX, &o->seed, error);
    if (!status)
        status = attune_option_integer(arguments, "lookahead", 1, 4096, &o->lookahead, error);
    if (!status)
        status = attune_option_integer(arguments, "trials", 1, INT64_MAX, &plan->trials, error);
    return status ? status : read_direction(plan, arguments, error);
}

/* Without a plan the study is one of the store, frozen: what would change it is refused. */
static attune_status check_frozen(const attune_arguments *arguments, attune_error *error)
{
    static const char *const frozen[] = {"sampler",   "pruner",    "seed",
                                         "lookahead", "direction", "from"};
    for (size_t i = 0; i < sizeof frozen / sizeof *frozen; i++)
        if (attune_option_given(arguments, frozen[i]))
            return attune_fail(error, ATTUNE_INVALID,
                               "--%s is for a new study: name its plan too (PLAN.json, or --space "
                               "SPACE.json)",
                               frozen[i]);
    return ATTUNE_OK;
}

/* Makes the program part of the study: its words, and the hash of each file. */
static attune_status freeze(attune_ask_plan *plan, attune_error *error)
{
    json_t *identity = NULL;
    attune_status status =
        attune_program_plan_identity(&plan->program, plan->folder, &identity, error);
    if (!status && !(plan->identity = attune_json_write(identity, error)))
        status = ATTUNE_MEMORY;
    json_decref(identity);
    return status;
}

/* What the library is given; borrows the plan. */
static void set_options(attune_ask_plan *plan, const attune_arguments *arguments)
{
    const char *store = attune_option_value(arguments, "store");
    plan->options.size = sizeof plan->options;
    plan->options.space = plan->space;
    plan->options.store = store ? store : "attune.db";
    plan->options.study = plan->study;
    plan->options.sampler = plan->sampler;
    plan->options.pruner = plan->pruner;
    plan->options.queue = plan->queue;
    plan->options.from = plan->from;
    plan->options.plan = plan->text;
    plan->options.objective = plan->identity;
    plan->options.goals = plan->options.n_objectives ? plan->goals : NULL;
    plan->options.budget = plan->options.trials = plan->trials;
}

/* What flags say, once a file was read. */
static attune_status finish(attune_ask_plan *plan, const attune_arguments *arguments,
                            attune_status status, attune_error *error)
{
    if (!status)
        status = read_flags(plan, arguments, error);
    if (!status && plan->program.command.n)
        status = freeze(plan, error);
    if (status)
        attune_ask_plan_clear(plan);
    else
        set_options(plan, arguments);
    return status;
}

attune_status attune_ask_plan_read(attune_ask_plan *plan, const char *path,
                                   const attune_arguments *arguments, attune_error *error)
{
    const char *space = attune_option_value(arguments, "space");
    attune_status status = ATTUNE_OK;
    memset(plan, 0, sizeof *plan);
    if (path && space)
        status =
            attune_fail(error, ATTUNE_INVALID,
                        "--space: %s is a plan and has a space already; give one of the two", path);
    else if (path || space)
        status = read_file(plan, path ? path : space, !path, error);
    else
        status = check_frozen(arguments, error);
    return finish(plan, arguments, status, error);
}

attune_status attune_ask_plan_take(attune_ask_plan *plan, attune_document *document,
                                   const char *path, const attune_arguments *arguments,
                                   attune_error *error)
{
    memset(plan, 0, sizeof *plan);
    attune_status status = read_document(plan, document, path, false, error);
    return finish(plan, arguments, status, error);
}

void attune_ask_plan_clear(attune_ask_plan *plan)
{
    char *texts[] = {plan->space, plan->sampler, plan->pruner, plan->study,   plan->queue,
                     plan->from,  plan->folder,  plan->text,   plan->identity};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        free(texts[i]);
    attune_program_plan_clear(&plan->program);
    attune_space_free(plan->read);
    memset(plan, 0, sizeof *plan);
}

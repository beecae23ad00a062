/* search/plan/program.c - the part of a plan that names a command. */
#include "search/plan/program.h"

#include "search/plan/plan.h"
#include "search/program/template.h"
#include "spaces/base/file.h"
#include "spaces/base/key.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static attune_status add_word(attune_program_plan *plan, const json_t *word, int64_t group,
                              const attune_at *at, attune_error *error)
{
    const char *text = json_string_value(word);
    if (!text)
        return attune_fail_at(error, at, "must be a text: \"--epochs=10\"");
    int64_t *groups =
        attune_realloc(plan->groups, plan->command.n + 1, sizeof *plan->groups, error);
    if (!groups)
        return ATTUNE_MEMORY;
    plan->groups = groups;
    groups[plan->command.n] = group;
    return attune_texts_add(&plan->command, text, error);
}

static attune_status read_command(attune_program_plan *plan, json_t *objective,
                                  const attune_at *above, attune_error *error)
{
    attune_at at = attune_at_key(above, "command");
    json_t *command = json_object_get(objective, "command");
    if (!command)
        return ATTUNE_OK;
    if (json_array_size(command) == 0)
        return attune_fail_at(error, &at,
                              "must be a list, the program and its arguments: [\"python3\", "
                              "\"train.py\", \"--lr={lr}\"]; no shell reads it");
    attune_status status = ATTUNE_OK;
    for (size_t i = 0; i < json_array_size(command) && !status; i++) {
        json_t *word = json_array_get(command, i);
        attune_at item = attune_at_item(&at, (int64_t)i);
        if (!json_is_array(word))
            status = add_word(plan, word, (int64_t)i, &item, error);
        for (size_t k = 0; k < json_array_size(word) && !status; k++) {
            attune_at inner = attune_at_item(&item, (int64_t)k);
            status = add_word(plan, json_array_get(word, k), (int64_t)i, &inner, error);
        }
    }
    if (!status && (plan->command.n == 0 || !*plan->command.items[0]))
        status = attune_fail_at(error, &at, "its first word is the program, and that is empty");
    return status;
}

static attune_status read_env(attune_program_plan *plan, json_t *objective, const attune_at *above,
                              attune_error *error)
{
    attune_at at = attune_at_key(above, "env");
    json_t *env = json_object_get(objective, "env"), *value;
    const char *name;
    attune_status status = ATTUNE_OK;
    if (env && !json_is_object(env))
        return attune_fail_at(error, &at,
                              "must be an object: {\"CUDA_VISIBLE_DEVICES\": \"{slot}\"}");
    json_object_foreach(env, name, value)
    {
        attune_at place = attune_at_key(&at, name);
        attune_text both = {0};
        if (!json_is_string(value) || !*name || strchr(name, '='))
            return attune_fail_at(error, &place, "must be a name without = and a text");
        attune_text_printf(&both, "%s=%s", name, json_string_value(value));
        char *text = attune_text_take(&both, error);
        status = text ? attune_texts_add(&plan->env, text, error) : ATTUNE_MEMORY;
        free(text);
        if (status)
            break;
    }
    return status;
}

/* A list of what they are called, or how many: "0", "1", ... */
static attune_status read_slots(attune_program_plan *plan, json_t *objective, const attune_at *at,
                                attune_error *error)
{
    enum { most_slots = 1024 };
    attune_at place = attune_at_key(at, "slots");
    json_t *slots = json_object_get(objective, "slots");
    json_int_t n = json_integer_value(slots);
    attune_status status = ATTUNE_OK;
    if (!json_is_integer(slots))
        status = attune_json_texts(objective, at, "slots", &plan->slots, error);
    else if (n < 1 || n > most_slots)
        status =
            attune_fail_at(error, &place, "need 1 to %d slots, got %lld", most_slots, (long long)n);
    for (json_int_t i = 0; i < n && !status; i++) {
        char name[24];
        snprintf(name, sizeof name, "%lld", (long long)i);
        status = attune_texts_add(&plan->slots, name, error);
    }
    if (!status && (plan->slots.n > most_slots || (slots && plan->slots.n == 0)))
        status = attune_fail_at(error, &place, "need 1 to %d slots, got %lld", most_slots,
                                (long long)plan->slots.n);
    return status;
}

static attune_status read_numbers(attune_program_plan *plan, json_t *objective, const attune_at *at,
                                  attune_error *error)
{
    attune_at steps_at = attune_at_key(at, "steps"), keep_at = attune_at_key(at, "keep");
    plan->keep = ATTUNE_DEFAULT_KEEP;
    attune_status status = attune_json_integer(objective, at, "steps", &plan->steps, error);
    if (!status)
        status = attune_json_integer(objective, at, "keep", &plan->keep, error);
    if (!status)
        status = attune_plan_duration(objective, at, "timeout", &plan->timeout, error);
    if (!status && json_object_get(objective, "steps") && plan->steps < 1)
        status =
            attune_fail_at(error, &steps_at, "need at least 1, got %lld", (long long)plan->steps);
    if (!status && (plan->keep < 0 || plan->keep > 1000000))
        status = attune_fail_at(error, &keep_at, "need 0 to 1000000 trials, got %lld",
                                (long long)plan->keep);
    return status;
}

static attune_status check_words(const attune_program_plan *plan, const attune_space *space,
                                 const attune_at *at, attune_template_names *names,
                                 attune_error *error)
{
    attune_at command_at = attune_at_key(at, "command"), env_at = attune_at_key(at, "env");
    attune_status status = attune_template_check_space(space, error);
    for (int64_t i = 0; i < plan->command.n && !status; i++) {
        attune_at item = attune_at_item(&command_at, plan->groups[i]);
        status = attune_template_check(plan->command.items[i], space, &item, names, error);
    }
    for (int64_t i = 0; i < plan->env.n && !status; i++)
        status = attune_template_check(plan->env.items[i], space, &env_at, names, error);
    return status;
}

/* A hyperparameter that never reaches the program would be searched in vain. */
static attune_status check_names(const attune_program_plan *plan, const attune_space *space,
                                 const attune_at *at, attune_error *error)
{
    attune_at command_at = attune_at_key(at, "command");
    attune_template_names names = {.hyperparams = attune_alloc(space->n, 1, error)};
    attune_status status =
        names.hyperparams ? check_words(plan, space, at, &names, error) : ATTUNE_MEMORY;
    for (int64_t i = 0; i < space->n && !status && !names.dir; i++)
        if (!names.hyperparams[i])
            status = attune_fail_at(error, &command_at,
                                    "it is not told %s: name it (\"--%s={%s}\"), or {dir}, the "
                                    "folder of a trial, where hyperparams.json has them all",
                                    space->dimensions[i].name, space->dimensions[i].name,
                                    space->dimensions[i].name);
    free(names.hyperparams);
    return status;
}

attune_status attune_program_plan_read(attune_program_plan *plan, json_t *objective,
                                       const attune_at *at, const attune_space *space,
                                       attune_error *error)
{
    attune_status status = read_command(plan, objective, at, error);
    if (!status)
        status = read_env(plan, objective, at, error);
    if (!status)
        status = attune_json_texts(objective, at, "files", &plan->files, error);
    if (!status)
        status = read_slots(plan, objective, at, error);
    if (!status)
        status = read_numbers(plan, objective, at, error);
    if (!status && plan->command.n)
        status = check_names(plan, space, at, error);
    return status;
}

void attune_program_plan_clear(attune_program_plan *plan)
{
    attune_texts_clear(&plan->command);
    attune_texts_clear(&plan->env);
    attune_texts_clear(&plan->files);
    attune_texts_clear(&plan->slots);
    free(plan->groups);
    memset(plan, 0, sizeof *plan);
}

static attune_status hash_file(const char *folder, const char *name, json_t *hashes,
                               attune_error *error)
{
    const int64_t limit = (int64_t)4 << 30;
    char *path = attune_path_join(folder, name, error), *bytes = NULL;
    char text[ATTUNE_KEY_TEXT_SIZE];
    int64_t length = 0;
    attune_status status =
        path ? attune_file_read(path, limit, &bytes, &length, error) : ATTUNE_MEMORY;
    if (status && path)
        attune_error_prefix(error, "objective.files, relative to the plan");
    attune_key key = attune_key_bytes(attune_key_start("file"), bytes, length);
    if (!status && json_object_set_new(hashes, name, json_string(attune_key_name(key, text))))
        status = attune_fail(error, ATTUNE_MEMORY, "out of memory: the identity of a study");
    free(bytes);
    free(path);
    return status;
}

/* Groups are written as they were: the words of one are another command than the same words alone.
 */
static json_t *words_of(const attune_program_plan *plan)
{
    json_t *list = json_array();
    bool whole = list != NULL;
    for (int64_t i = 0; i < plan->command.n && whole; i++) {
        if (i == 0 || plan->groups[i] != plan->groups[i - 1])
            whole = !json_array_append_new(list, json_array());
        json_t *last = json_array_get(list, json_array_size(list) - 1);
        whole = whole && !json_array_append_new(last, json_string(plan->command.items[i]));
    }
    return attune_json_whole(list, whole);
}

static json_t *texts_of(const attune_texts *texts)
{
    json_t *list = json_array();
    bool whole = list != NULL;
    for (int64_t i = 0; i < texts->n && whole; i++)
        whole = !json_array_append_new(list, json_string(texts->items[i]));
    return attune_json_whole(list, whole);
}

attune_status attune_program_plan_identity(const attune_program_plan *plan, const char *folder,
                                           json_t **identity, attune_error *error)
{
    json_t *files = json_object();
    attune_status status = files ? ATTUNE_OK : ATTUNE_MEMORY;
    for (int64_t i = 0; i < plan->files.n && !status; i++)
        status = hash_file(folder, plan->files.items[i], files, error);
    if (!status)
        *identity =
            json_pack("{s:o, s:o, s:O, s:I}", "command", words_of(plan), "env",
                      texts_of(&plan->env), "files", files, "steps", (json_int_t)plan->steps);
    if (!status && !*identity)
        status = attune_fail(error, ATTUNE_MEMORY, "out of memory: the identity of a study");
    json_decref(files);
    return status;
}

/* search/program/again.c - how a trial of a stored study was run. */
#define _GNU_SOURCE /* realpath without an X/Open level */
#include "search/program/again.h"

#include "search/program/words.h"
#include "spaces/base/file.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* root/number, whether it is there or not; the caller frees. */
static attune_status find_folder(const attune_stored *stored, int64_t number, char **path,
                                 attune_error *error)
{
    char *root = NULL, *json = NULL, name[24];
    attune_status status = stored->storage->type->get_attribute(
        stored->storage->self, stored->study.id, -1, ATTUNE_TRIALS_FOLDER, &json, error);
    json_t *text = json ? attune_json_parse(json) : NULL;
    if (!status)
        root = attune_copy_text(text ? json_string_value(text) : "trials", error);
    snprintf(name, sizeof name, "%lld", (long long)number);
    *path = root ? attune_path_join(root, name, error) : NULL;
    json_decref(text);
    free(json);
    free(root);
    return status || *path ? status : ATTUNE_MEMORY;
}

static attune_status write_line(const attune_stored *stored, const attune_program_plan *plan,
                                const attune_trial *trial, const char *dir, char **line,
                                attune_error *error)
{
    char number[24];
    attune_sample sample = {0};
    attune_text text = {0};
    json_t *identity = attune_json_parse(stored->study.identity);
    int64_t seed = json_integer_value(json_object_get(identity, "seed"));
    attune_key study = attune_key_integer(attune_key_start("study"), seed);
    attune_program_facts facts = {.space = stored->space,
                                  .sample = &sample,
                                  .dir = dir,
                                  .slot = attune_program_slot(plan, 0, number),
                                  .trial = trial->number,
                                  .seed = attune_program_seed(study, trial->number)};
    attune_status status = attune_sample_init(&sample, stored->space, error);
    if (!status)
        status = attune_stored_sample(stored, trial, &sample, error);
    if (!status)
        status = attune_program_line(plan, &facts, &text, error);
    if (!status && !(*line = attune_text_take(&text, error)))
        status = ATTUNE_MEMORY;
    attune_text_clear(&text);
    attune_sample_clear(&sample);
    json_decref(identity);
    return status;
}

/* A path below the working folder is told from there. */
static attune_status shorten(const char *path, char **told, attune_error *error)
{
    char *here = realpath(".", NULL);
    size_t length = here ? strlen(here) : 0;
    bool below = length > 1 && strncmp(path, here, length) == 0 && path[length] == '/';
    *told = attune_copy_text(below ? path + length + 1 : path, error);
    free(here);
    return *told ? ATTUNE_OK : ATTUNE_MEMORY;
}

attune_status attune_program_again_read(attune_program_again *again, const attune_stored *stored,
                                        const attune_trial *trial, attune_error *error)
{
    attune_at nowhere = {.key = "the plan of the study"};
    attune_program_plan plan = {0};
    char *dir = NULL;
    json_t *json = attune_json_parse(stored->study.plan);
    json_t *objective = json_object_get(json, "objective");
    attune_status status = ATTUNE_OK;
    *again = (attune_program_again){0};
    if (json_object_get(objective, "command")) {
        status = attune_program_plan_read(&plan, objective, &nowhere, stored->space, error);
        if (!status)
            status = find_folder(stored, trial->number, &dir, error);
        if (!status)
            status = write_line(stored, &plan, trial, dir, &again->line, error);
        if (!status && attune_folder_exists(dir))
            status = shorten(dir, &again->folder, error);
    }
    free(dir);
    attune_program_plan_clear(&plan);
    json_decref(json);
    return status;
}

void attune_program_again_clear(attune_program_again *again)
{
    free(again->line);
    free(again->folder);
    *again = (attune_program_again){0};
}

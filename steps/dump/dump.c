/* steps/dump/dump.c - a dump made of its content, and written where it may be. */
#include "steps/dump/dump.h"

#include "spaces/base/beside.h"
#include "spaces/base/file.h"
#include "steps/dump/manifest.h"
#include "steps/dump/reference.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static attune_status add_plan(const char *plan, attune_bundle *bundle, attune_error *error)
{
    attune_document document = {0};
    attune_status status =
        attune_document_parse(&document, "plan.json", plan, (int64_t)strlen(plan), error);
    attune_document_clear(&document);
    if (status)
        return status;
    return attune_bundle_add_text_take(bundle, "plan.json", attune_copy_text(plan, error), error);
}

static attune_status add_schema(const attune_schema *schema, attune_bundle *bundle,
                                attune_error *error)
{
    json_t *json = attune_schema_to_json(schema, error);
    if (!json)
        return ATTUNE_MEMORY;
    char *text = attune_json_write_pretty(json, error);
    json_decref(json);
    return attune_bundle_add_text_take(bundle, "schema.json", text, error);
}

static attune_status copy_files(const attune_bundle *from, attune_bundle *bundle,
                                attune_error *error)
{
    attune_status status = ATTUNE_OK;
    for (int64_t i = 0; i < from->n && !status; i++) {
        const attune_bundle_file *file = &from->files[i];
        char *bytes = attune_alloc(file->length, 1, error);
        if (!bytes)
            return ATTUNE_MEMORY;
        memcpy(bytes, file->bytes, (size_t)file->length);
        status = attune_bundle_add_take(bundle, file->path, bytes, file->length, error);
    }
    return status;
}

static attune_status add_reference(const attune_dump_content *content, attune_bundle *bundle,
                                   attune_error *error)
{
    if (content->reference)
        return copy_files(content->reference, bundle, error);
    return attune_reference_make(content->pipeline, content->schema, content->data, bundle, error);
}

/* The folder of the outermost step; one that is called as our own folder gets another. */
static char *pipeline_folder(const attune_step *pipeline, attune_error *error)
{
    if (strcmp(pipeline->name, "reference") == 0)
        return attune_copy_text("reference.pipeline", error);
    return attune_step_child_folder("", pipeline->name, error);
}

static attune_status fill(const attune_dump_content *content, const char *folder,
                          attune_bundle *bundle, attune_error *error)
{
    attune_status status = add_plan(content->plan, bundle, error);
    if (!status)
        status = add_schema(content->schema, bundle, error);
    if (!status)
        status = attune_step_save(content->pipeline, true, bundle, folder, content->plugins, error);
    if (!status)
        status = add_reference(content, bundle, error);
    if (!status)
        status = attune_manifest_seal(bundle, folder, content->facts, error);
    return status;
}

attune_status attune_dump_make(const attune_dump_content *content, attune_bundle *bundle,
                               attune_error *error)
{
    if (!content->pipeline->fitted)
        return attune_fail(error, ATTUNE_INVALID, "%s: fit comes before dump",
                           content->pipeline->name);
    attune_bundle made = {0};
    char *folder = pipeline_folder(content->pipeline, error);
    attune_status status = folder ? fill(content, folder, &made, error) : ATTUNE_MEMORY;
    free(folder);
    if (status)
        attune_bundle_clear(&made);
    else
        *bundle = made;
    return status;
}

attune_dump_content attune_dump_contents(const attune_dump *dump, const json_t *facts)
{
    return (attune_dump_content){.pipeline = dump->pipeline,
                                 .schema = dump->schema,
                                 .plan = dump->plan,
                                 .facts = facts,
                                 .reference = &dump->reference};
}

/* What a message calls a study: its name, where the fact is a text or an object with a name. */
static const char *study_name(const json_t *facts)
{
    const json_t *study = json_object_get(facts, "study");
    const json_t *name = json_is_object(study) ? json_object_get(study, "name") : study;
    return json_is_string(name) ? json_string_value(name) : "without a name";
}

static attune_status refuse_study(const char *path, const json_t *there, const json_t *ours,
                                  attune_error *error)
{
    const char *theirs = study_name(there), *mine = study_name(ours);
    bool same = strcmp(theirs, mine) == 0;
    return attune_fail(error, ATTUNE_CONFLICT,
                       "%s holds a dump of study \"%s\", and this one is of %s\"%s\": name another "
                       "folder, or ask for it to be overwritten",
                       path, theirs, same ? "another study called " : "", mine);
}

static attune_status refuse_folder(const char *path, const attune_texts *names, attune_error *error)
{
    return attune_fail(error, ATTUNE_CONFLICT,
                       "%s is there and is not a dump (it holds %.100s%s): name another folder, "
                       "or ask for it to be overwritten",
                       path, names->items[0], names->n > 1 ? " and more" : "");
}

/* A dump of this study may be replaced, but not with it a file that somebody put beside ours. */
static attune_status refuse_guests(const char *path, const json_t *manifest, attune_error *error)
{
    attune_bundle there = {0};
    attune_error problem = {0};
    const json_t *files = json_object_get(manifest, "files");
    attune_status status = attune_bundle_read(&there, path, &problem);
    if (status == ATTUNE_MEMORY)
        return attune_fail(error, status, "%s", problem.message);
    if (status)
        return attune_fail(error, ATTUNE_CONFLICT,
                           "%s: move it away, or ask for the dump to be overwritten",
                           problem.message);
    for (int64_t i = 0; i < there.n && !status; i++)
        if (strcmp(there.files[i].path, "manifest.json") != 0 &&
            !json_object_get(files, there.files[i].path))
            status = attune_fail(error, ATTUNE_CONFLICT,
                                 "%s/%s is not of the dump that stands there: move it away, or "
                                 "ask for the dump to be overwritten",
                                 path, there.files[i].path);
    attune_bundle_clear(&there);
    return status;
}

/* A folder stands at path: may it be replaced? */
static attune_status judge_folder(const char *path, const json_t *facts, attune_error *error)
{
    attune_texts names = {0};
    json_t *there = NULL;
    char *bytes = NULL;
    int64_t length = 0;
    char *file = attune_path_join(path, "manifest.json", error);
    attune_status status = file ? attune_folder_list(path, &names, error) : ATTUNE_MEMORY;
    bool empty = !status && names.n == 0;
    attune_error why = {0};
    if (!status && !empty)
        status = attune_file_read(file, (int64_t)64 << 20, &bytes, &length, &why);
    if (!status && !empty)
        status = attune_manifest_read(bytes, length, &there, &why);
    if (why.status == ATTUNE_MEMORY)
        attune_fail(error, ATTUNE_MEMORY, "%s", why.message);
    else if (why.status)
        status = refuse_folder(path, &names, error);
    const json_t *theirs = json_object_get(there, "study"), *ours = json_object_get(facts, "study");
    if (there && (theirs || ours) && !json_equal(theirs, ours))
        status = refuse_study(path, there, facts, error);
    else if (there)
        status = refuse_guests(path, there, error);
    json_decref(there);
    free(bytes);
    free(file);
    attune_texts_clear(&names);
    return status;
}

attune_status attune_dump_judge(const char *path, const json_t *facts, attune_error *error)
{
    struct stat info;
    if (lstat(path, &info) != 0)
        return ATTUNE_OK; /* nothing there, or what writing will complain about */
    if (!S_ISDIR(info.st_mode))
        return attune_fail(error, ATTUNE_CONFLICT, "%s is %s: name a folder for the dump", path,
                           S_ISLNK(info.st_mode) ? "a link" : "a file");
    return judge_folder(path, facts, error);
}

static bool stands_already(const attune_bundle *bundle, const char *path)
{
    attune_bundle there = {0};
    bool same = attune_folder_exists(path) && attune_bundle_read(&there, path, NULL) == ATTUNE_OK &&
                attune_bundle_same(bundle, &there);
    attune_bundle_clear(&there);
    return same;
}

attune_status attune_dump_write(const attune_dump_content *content, const char *path,
                                bool overwrite, attune_error *error)
{
    attune_bundle bundle = {0};
    attune_status status = overwrite ? ATTUNE_OK : attune_dump_judge(path, content->facts, error);
    if (!status)
        status = attune_dump_make(content, &bundle, error);
    if (!status && !stands_already(&bundle, path))
        status = attune_bundle_write(&bundle, path, error);
    if (!status)
        attune_beside_sweep(path); /* what a killed process left of an earlier one */
    attune_bundle_clear(&bundle);
    return status;
}

/* steps/dump/dump_load.c - a dump loaded, whole or by path, and proved before it is handed out. */
#include "spaces/base/file.h"
#include "steps/dump/dump.h"
#include "steps/dump/manifest.h"
#include "steps/dump/reference.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static attune_status as_corrupt(attune_status status, attune_error *error)
{
    if (status == ATTUNE_INVALID && error)
        error->status = ATTUNE_CORRUPT;
    return status == ATTUNE_INVALID ? ATTUNE_CORRUPT : status;
}

static attune_status need_file(const attune_bundle *bundle, const char *path,
                               const attune_bundle_file **file, attune_error *error)
{
    *file = attune_bundle_find(bundle, path);
    return *file ? ATTUNE_OK : attune_fail(error, ATTUNE_CORRUPT, "%s is missing", path);
}

static attune_status load_schema(const attune_bundle *bundle, attune_schema **schema,
                                 attune_error *error)
{
    attune_document document = {0};
    const attune_bundle_file *file = NULL;
    attune_status status = need_file(bundle, "schema.json", &file, error);
    if (!status)
        status = attune_document_parse(&document, file->path, file->bytes, file->length, error);
    attune_at top = attune_at_top(&document);
    if (!status)
        status = attune_schema_from_json(schema, document.root, &top, error);
    attune_document_clear(&document);
    return as_corrupt(status, error);
}

static attune_status load_plan(const attune_bundle *bundle, char **plan, attune_error *error)
{
    attune_document document = {0};
    const attune_bundle_file *file = NULL;
    attune_status status = need_file(bundle, "plan.json", &file, error);
    if (!status)
        status = attune_document_parse(&document, file->path, file->bytes, file->length, error);
    if (!status && !(*plan = attune_copy_text(document.text, error)))
        status = ATTUNE_MEMORY;
    attune_document_clear(&document);
    return as_corrupt(status, error);
}

static attune_status keep_reference(const attune_bundle *bundle, attune_bundle *reference,
                                    attune_error *error)
{
    static const char *const names[] = {ATTUNE_REFERENCE_ROWS, ATTUNE_REFERENCE_PREDICTIONS};
    attune_status status = ATTUNE_OK;
    for (int i = 0; i < 2 && !status; i++) {
        const attune_bundle_file *file = attune_bundle_find(bundle, names[i]);
        if (!file)
            continue;
        char *bytes = attune_alloc(file->length, 1, error);
        if (!bytes)
            return ATTUNE_MEMORY;
        memcpy(bytes, file->bytes, (size_t)file->length);
        status = attune_bundle_add_take(reference, names[i], bytes, file->length, error);
    }
    return status;
}

/* The folder of the outermost step, as the manifest tells. */
static attune_status pipeline_folder(const json_t *manifest, const char **folder,
                                     attune_error *error)
{
    *folder = json_string_value(json_object_get(manifest, "pipeline"));
    if (*folder && attune_bundle_path_ok(*folder) && !strchr(*folder, '/'))
        return ATTUNE_OK;
    return attune_fail(error, ATTUNE_CORRUPT, "manifest.json: pipeline is not a folder's name");
}

static attune_status fill(attune_dump *dump, const attune_bundle *bundle,
                          const attune_plugins *plugins, attune_texts *notes, attune_error *error)
{
    const char *folder = NULL;
    attune_status status = attune_manifest_check(bundle, &dump->manifest, error);
    if (!status)
        status = pipeline_folder(dump->manifest, &folder, error);
    if (!status)
        status = load_plan(bundle, &dump->plan, error);
    if (!status)
        status = load_schema(bundle, &dump->schema, error);
    if (!status)
        status = attune_step_load(bundle, folder, plugins, &dump->pipeline, error);
    if (!status && !dump->pipeline->fitted)
        status =
            attune_fail(error, ATTUNE_CORRUPT, "%s/step.json: the pipeline is not fitted", folder);
    if (!status)
        status = attune_reference_check(dump->pipeline, dump->schema, bundle, notes, error);
    return status ? status : keep_reference(bundle, &dump->reference, error);
}

attune_status attune_dump_load_bundle(const attune_bundle *bundle, const attune_plugins *plugins,
                                      attune_dump **dump, attune_texts *notes, attune_error *error)
{
    attune_dump *made = attune_alloc(1, sizeof *made, error);
    if (!made)
        return ATTUNE_MEMORY;
    attune_status status = fill(made, bundle, plugins, notes, error);
    if (status)
        attune_dump_free(made);
    else
        *dump = made;
    return status;
}

/* Messages name files as they stand in the dump; here they get the folder that the dump is. */
static attune_status under(const char *path, attune_status status, attune_error *error)
{
    char source[sizeof error->source];
    if (!status || !error)
        return status;
    if (!error->source[0]) {
        attune_error_prefix(error, "%s", path);
        return status;
    }
    memcpy(source, error->source, sizeof source);
    char *joined = attune_path_join(path, source, NULL);
    if (joined)
        snprintf(error->source, sizeof error->source, "%s", joined);
    free(joined);
    return status;
}

attune_status attune_dump_load(const char *path, const attune_plugins *plugins, attune_dump **dump,
                               attune_texts *notes, attune_error *error)
{
    attune_bundle bundle = {0};
    attune_error problem = {0};
    attune_status status = attune_bundle_read(&bundle, path, error);
    if (status)
        return status;
    status = attune_dump_load_bundle(&bundle, plugins, dump, notes, &problem);
    attune_bundle_clear(&bundle);
    under(path, status, &problem);
    return !status ? status
                   : attune_fail_in(error, status, problem.source, problem.line, problem.column,
                                    "%s", problem.message);
}

void attune_dump_free(attune_dump *dump)
{
    if (!dump)
        return;
    attune_step_free(dump->pipeline);
    attune_schema_free(dump->schema);
    json_decref(dump->manifest);
    free(dump->plan);
    attune_bundle_clear(&dump->reference);
    free(dump);
}

/* Where a child is, by names with / or __ between. */
static char *find_folder(const char *pipeline, const char *child, attune_error *error)
{
    char *folder = attune_copy_text(pipeline, error);
    while (folder && *child) {
        const char *slash = strchr(child, '/'), *bars = strstr(child, "__");
        bool by_slash = slash && (!bars || slash < bars);
        const char *end = by_slash ? slash : bars ? bars : child + strlen(child);
        attune_text name = {0};
        attune_text_append_bytes(&name, child, end - child);
        char *part = attune_text_take(&name, error);
        char *deeper = part ? attune_step_child_folder(folder, part, error) : NULL;
        free(part);
        free(folder);
        folder = deeper;
        child = *end ? end + (by_slash ? 1 : 2) : end;
    }
    return folder;
}

static attune_status load_child(const attune_bundle *bundle, const char *child,
                                const attune_plugins *plugins, attune_step **step,
                                attune_error *error)
{
    json_t *manifest = NULL;
    const char *pipeline = NULL;
    attune_status status = attune_manifest_check(bundle, &manifest, error);
    if (!status)
        status = pipeline_folder(manifest, &pipeline, error);
    char *folder = status ? NULL : find_folder(pipeline, child, error);
    char *file = folder ? attune_path_join(folder, "step.json", error) : NULL;
    if (!status && !file)
        status = ATTUNE_MEMORY;
    if (!status && !attune_bundle_find(bundle, file))
        status = attune_fail(error, ATTUNE_NOT_FOUND, "there is no step \"%s\" in it: no file %s",
                             child, file);
    if (!status)
        status = attune_step_load(bundle, folder, plugins, step, error);
    free(file);
    free(folder);
    json_decref(manifest);
    return status;
}

attune_status attune_dump_load_step(const char *path, const char *child,
                                    const attune_plugins *plugins, attune_step **step,
                                    attune_error *error)
{
    attune_bundle bundle = {0};
    attune_error problem = {0};
    attune_status status = attune_bundle_read(&bundle, path, error);
    if (status)
        return status;
    status = load_child(&bundle, child, plugins, step, &problem);
    attune_bundle_clear(&bundle);
    under(path, status, &problem);
    return !status ? status
                   : attune_fail_in(error, status, problem.source, problem.line, problem.column,
                                    "%s", problem.message);
}

attune_status attune_dump_check(const char *path, const attune_plugins *plugins,
                                attune_texts *notes, attune_error *error)
{
    attune_dump *dump = NULL;
    attune_status status = attune_dump_load(path, plugins, &dump, notes, error);
    attune_dump_free(dump);
    return status;
}

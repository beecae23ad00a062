/* steps/dump/manifest.c - the list of a dump's files, by which the dump proves itself. */
#include "steps/dump/manifest.h"

#include "spaces/base/key.h"

#include <stdlib.h>
#include <string.h>

static const char format_name[] = "attune-dump", file_name[] = "manifest.json";

/* Our members; all others are facts. */
static const char *const own_names[] = {"attune",     "files",    "format", "id",
                                        "min_reader", "pipeline", "version"};
enum { n_own_names = sizeof own_names / sizeof *own_names };

static bool is_own(const char *name)
{
    for (int i = 0; i < n_own_names; i++)
        if (strcmp(own_names[i], name) == 0)
            return true;
    return false;
}

static attune_status out_of_memory(attune_error *error)
{
    return attune_fail(error, ATTUNE_MEMORY, "out of memory: %s", file_name);
}

/* {"path": {"sha256": "...", "size": n}} */
static json_t *files_json(const attune_bundle *bundle, attune_error *error)
{
    char hash[ATTUNE_SHA256_TEXT_SIZE];
    json_t *files = json_object();
    for (int64_t i = 0; i < bundle->n && files; i++) {
        const attune_bundle_file *file = &bundle->files[i];
        if (attune_sha256(file->bytes, file->length, hash, error) ||
            json_object_set_new(
                files, file->path,
                json_pack("{s:s, s:I}", "sha256", hash, "size", (json_int_t)file->length)) != 0) {
            json_decref(files);
            files = NULL;
        }
    }
    if (!files)
        out_of_memory(error);
    return files;
}

/* The SHA-256 of the canonical text of a manifest without its id. */
static attune_status make_id(const json_t *manifest, char id[ATTUNE_SHA256_TEXT_SIZE],
                             attune_error *error)
{
    json_t *without = attune_json_copy(manifest);
    if (!without)
        return out_of_memory(error);
    json_object_del(without, "id");
    char *text = attune_json_write(without, error);
    json_decref(without);
    if (!text)
        return ATTUNE_MEMORY;
    attune_status status = attune_sha256(text, (int64_t)strlen(text), id, error);
    free(text);
    return status;
}

static attune_status add_facts(json_t *manifest, const json_t *facts, attune_error *error)
{
    const char *name;
    json_t *value;
    json_object_foreach((json_t *)(uintptr_t)facts, name, value)
    {
        if (is_own(name))
            return attune_fail(error, ATTUNE_INVALID, "a fact cannot be called \"%s\"", name);
        if (json_object_set(manifest, name, value) != 0)
            return out_of_memory(error);
    }
    return ATTUNE_OK;
}

static attune_status fill(json_t *manifest, const attune_bundle *bundle, const char *pipeline,
                          const json_t *facts, attune_error *error)
{
    char id[ATTUNE_SHA256_TEXT_SIZE];
    attune_status status = add_facts(manifest, facts, error);
    json_t *files = status ? NULL : files_json(bundle, error);
    if (!files)
        return status ? status : ATTUNE_MEMORY;
    int bad = json_object_set_new(manifest, "files", files);
    bad |= json_object_set_new(manifest, "format", json_string(format_name));
    bad |= json_object_set_new(manifest, "version", json_integer(ATTUNE_DUMP_VERSION));
    bad |= json_object_set_new(manifest, "min_reader", json_integer(ATTUNE_DUMP_VERSION));
    bad |= json_object_set_new(manifest, "attune", json_string(ATTUNE_VERSION));
    bad |= json_object_set_new(manifest, "pipeline", json_string(pipeline));
    if (bad)
        return out_of_memory(error);
    status = make_id(manifest, id, error);
    if (!status && json_object_set_new(manifest, "id", json_string(id)) != 0)
        status = out_of_memory(error);
    return status;
}

attune_status attune_manifest_seal(attune_bundle *bundle, const char *pipeline, const json_t *facts,
                                   attune_error *error)
{
    json_t *manifest = json_object();
    if (!manifest)
        return out_of_memory(error);
    attune_status status = fill(manifest, bundle, pipeline, facts, error);
    char *text = status ? NULL : attune_json_write_pretty(manifest, error);
    if (text)
        status = attune_bundle_add_text_take(bundle, file_name, text, error);
    else if (!status)
        status = ATTUNE_MEMORY;
    json_decref(manifest);
    return status;
}

json_t *attune_manifest_facts(const json_t *manifest, attune_error *error)
{
    json_t *facts = attune_json_copy(manifest);
    if (!facts)
        out_of_memory(error);
    for (int i = 0; i < n_own_names && facts; i++)
        json_object_del(facts, own_names[i]);
    return facts;
}

static attune_status check_format(const json_t *manifest, attune_error *error)
{
    const json_t *reader = json_object_get(manifest, "min_reader");
    const char *format = json_string_value(json_object_get(manifest, "format"));
    const char *tool = json_string_value(json_object_get(manifest, "attune"));
    if (!format || strcmp(format, format_name) != 0)
        return attune_fail(error, ATTUNE_INVALID, "not a dump: %s is not of attune", file_name);
    if (!json_is_integer(reader) || json_integer_value(reader) < 1)
        return attune_fail(error, ATTUNE_CORRUPT, "%s: min_reader is not a version", file_name);
    if (json_integer_value(reader) > ATTUNE_DUMP_VERSION)
        return attune_fail(error, ATTUNE_UNSUPPORTED,
                           "made by a newer attune (%.40s): it needs a reader of version %lld, "
                           "and this is attune " ATTUNE_VERSION " with version %d",
                           tool ? tool : "?", (long long)json_integer_value(reader),
                           ATTUNE_DUMP_VERSION);
    return ATTUNE_OK;
}

attune_status attune_manifest_read(const char *bytes, int64_t length, json_t **manifest,
                                   attune_error *error)
{
    attune_document document = {0};
    attune_status status = attune_document_parse(&document, file_name, bytes, length, error);
    if (!status)
        status = check_format(document.root, error);
    if (!status)
        *manifest = json_incref(document.root);
    attune_document_clear(&document);
    return status;
}

/* Also a change that reads as the same JSON (an E for an e, a space for a newline) is a change. */
static attune_status check_own_bytes(const json_t *manifest, const attune_bundle_file *file,
                                     attune_error *error)
{
    char id[ATTUNE_SHA256_TEXT_SIZE] = "";
    const char *told = json_string_value(json_object_get(manifest, "id"));
    attune_status status = make_id(manifest, id, error);
    if (status)
        return status;
    char *text = attune_json_write_pretty(manifest, error);
    if (!text)
        return ATTUNE_MEMORY;
    bool same = told && strcmp(told, id) == 0 && (int64_t)strlen(text) == file->length &&
                memcmp(text, file->bytes, (size_t)file->length) == 0;
    free(text);
    return same ? ATTUNE_OK
                : attune_fail(error, ATTUNE_CORRUPT,
                              "%s was changed: its id is not that of its content", file_name);
}

static attune_status check_file(const char *path, const json_t *told, const attune_bundle *bundle,
                                attune_error *error)
{
    char hash[ATTUNE_SHA256_TEXT_SIZE] = "";
    const char *told_hash = json_string_value(json_object_get(told, "sha256"));
    const json_t *size = json_object_get(told, "size");
    if (!attune_bundle_path_ok(path) || strcmp(path, file_name) == 0)
        return attune_fail(error, ATTUNE_CORRUPT, "%s names \"%.200s\", which no dump may hold",
                           file_name, path);
    const attune_bundle_file *file = attune_bundle_find(bundle, path);
    if (!file)
        return attune_fail(error, ATTUNE_CORRUPT, "%s is missing", path);
    if (!json_is_integer(size) || json_integer_value(size) != file->length)
        return attune_fail(error, ATTUNE_CORRUPT, "%s was changed: it has %lld bytes, not %lld",
                           path, (long long)file->length, (long long)json_integer_value(size));
    attune_status status = attune_sha256(file->bytes, file->length, hash, error);
    if (!status && (!told_hash || strcmp(told_hash, hash) != 0))
        status = attune_fail(error, ATTUNE_CORRUPT, "%s was changed: its SHA-256 is another", path);
    return status;
}

static attune_status check_files(const json_t *files, const attune_bundle *bundle,
                                 attune_error *error)
{
    const char *path;
    json_t *told;
    if (!json_is_object(files))
        return attune_fail(error, ATTUNE_CORRUPT, "%s lists no files", file_name);
    json_object_foreach((json_t *)(uintptr_t)files, path, told)
    {
        attune_status status = check_file(path, told, bundle, error);
        if (status)
            return status;
    }
    for (int64_t i = 0; i < bundle->n; i++)
        if (strcmp(bundle->files[i].path, file_name) != 0 &&
            !json_object_get(files, bundle->files[i].path))
            return attune_fail(error, ATTUNE_CORRUPT,
                               "%s does not belong to the dump: %s does not list it; move it away",
                               bundle->files[i].path, file_name);
    return ATTUNE_OK;
}

attune_status attune_manifest_check(const attune_bundle *bundle, json_t **manifest,
                                    attune_error *error)
{
    json_t *read = NULL;
    const attune_bundle_file *file = attune_bundle_find(bundle, file_name);
    if (!file)
        return attune_fail(error, ATTUNE_INVALID, "not a dump: there is no %s", file_name);
    attune_error problem = {0};
    attune_status status = attune_manifest_read(file->bytes, file->length, &read, &problem);
    if (status) {
        /* A manifest that is not even JSON is a damaged one. */
        bool damaged = status == ATTUNE_INVALID && problem.source[0];
        return attune_fail_in(error, damaged ? ATTUNE_CORRUPT : status, problem.source,
                              problem.line, problem.column, "%s", problem.message);
    }
    status = check_own_bytes(read, file, error);
    if (!status)
        status = check_files(json_object_get(read, "files"), bundle, error);
    if (status)
        json_decref(read);
    else
        *manifest = read;
    return status;
}

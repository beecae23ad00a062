/* steps/save.c - a tree of steps to a bundle: what each is, its children, its savers. */
#include "spaces/base/file.h"
#include "spaces/base/share.h"
#include "steps/saver.h"

#include <stdlib.h>
#include <string.h>

#define ATTUNE_SAVER(name) extern const attune_saver_type attune_saver_##name;
#include "steps/savers.def"
#undef ATTUNE_SAVER

const attune_saver_type *const attune_saver_types[] = {
#define ATTUNE_SAVER(name) &attune_saver_##name,
#include "steps/savers.def"
#undef ATTUNE_SAVER
    NULL};

static const char *const default_savers[] = {"default", NULL};

const attune_saver_type *attune_saver_find(const char *name, const attune_plugins *plugins)
{
    const attune_saver_type *const *type = attune_saver_types;
    for (; *type; type++)
        if (strcmp((*type)->name, name) == 0)
            return *type;
    for (type = plugins ? plugins->savers : NULL; type && *type; type++)
        if (strcmp((*type)->name, name) == 0)
            return *type;
    return NULL;
}

attune_status attune_saver_unknown(const char *name, attune_error *error)
{
    const char *names[sizeof attune_saver_types / sizeof *attune_saver_types] = {NULL};
    int64_t n = 0;
    for (; attune_saver_types[n]; n++)
        names[n] = attune_saver_types[n]->name;
    char hint[128];
    return attune_fail(error, ATTUNE_UNSUPPORTED,
                       "no saver is called \"%.100s\"%s: load the plug-in that has it", name,
                       attune_did_you_mean(name, names, n, hint, sizeof hint));
}

enum { longest_name = 200 };

static char *folder_name(const char *name, attune_error *error)
{
    attune_text folder = {0};
    char key[ATTUNE_KEY_TEXT_SIZE];
    for (const char *c = name; *c; c++) {
        bool plain = (*c >= 'a' && *c <= 'z') || (*c >= 'A' && *c <= 'Z') ||
                     (*c >= '0' && *c <= '9') || *c == '_' || *c == '-';
        if (plain)
            attune_text_append_bytes(&folder, c, 1);
        else
            attune_text_printf(&folder, ".%02x", (unsigned)(unsigned char)*c);
    }
    if (folder.length > longest_name && !folder.failed) {
        /* Two dots stand in no escaped name, so that this cannot be another's. */
        folder.length = longest_name - 40;
        attune_text_printf(&folder, "..%s",
                           attune_key_name(attune_key_text(attune_key_start("folder"), name), key));
    }
    return attune_text_take(&folder, error);
}

char *attune_step_child_folder(const char *folder, const char *name, attune_error *error)
{
    char *part = folder_name(name, error);
    char *path = part ? attune_path_join(folder, part, error) : NULL;
    free(part);
    return path;
}

attune_status attune_saver_add_take(attune_save_job *job, const char *name, char *bytes,
                                    int64_t length, attune_error *error)
{
    char *path = attune_path_join(job->folder, name, error);
    if (!path) {
        free(bytes);
        return ATTUNE_MEMORY;
    }
    attune_status status = attune_bundle_put_take(job->bundle, path, bytes, length, error);
    free(path);
    return status;
}

/* json_string refuses what is not UTF-8; such a name shows as an error of the whole object. */
static json_t *texts_json(const char *const *items, int64_t n)
{
    json_t *list = json_array();
    for (int64_t i = 0; i < n && list; i++)
        if (json_array_append_new(list, json_string(items[i])) != 0) {
            json_decref(list);
            list = NULL;
        }
    return list;
}

static json_t *children_json(const attune_step *step)
{
    const attune_children *children = attune_step_children(step);
    json_t *list = json_array();
    for (int64_t i = 0; children && i < children->n && list; i++)
        if (json_array_append_new(list, json_string(children->items[i]->name)) != 0) {
            json_decref(list);
            list = NULL;
        }
    return list;
}

/* What a step is: all of step.json but what the savers add. */
static json_t *identity_json(const attune_step *step, const char *const *savers,
                             attune_error *error)
{
    char key[ATTUNE_KEY_TEXT_SIZE];
    int64_t n_savers = 0;
    while (savers[n_savers])
        n_savers++;
    json_t *json = json_object();
    int bad = json_object_set_new(json, "type", json_string(step->type->name));
    bad |= json_object_set_new(json, "version", json_integer(step->type->version));
    bad |= json_object_set_new(json, "name", json_string(step->name));
    bad |= json_object_set_new(
        json, "columns", texts_json((const char *const *)step->columns.items, step->columns.n));
    bad |= json_object_set_new(json, "children", children_json(step));
    bad |= json_object_set_new(json, "savers", texts_json(savers, n_savers));
    bad |= json_object_set_new(json, "is_fitted", json_boolean(step->fitted));
    if (step->fitted)
        bad |= json_object_set_new(json, "fit_key", json_string(attune_key_name(step->key, key)));
    if (!bad)
        return json;
    json_decref(json);
    attune_fail(error, ATTUNE_MEMORY,
                "step \"%s\" cannot be written as JSON: out of memory, or its name or columns are "
                "not UTF-8",
                step->name);
    return NULL;
}

static attune_status save_own(const attune_step *step, attune_bundle *bundle, const char *folder,
                              const attune_plugins *plugins, attune_error *error)
{
    const char *const *savers = step->type->savers ? step->type->savers : default_savers;
    attune_save_job job = {.bundle = bundle, .folder = folder};
    attune_status status = ATTUNE_OK;
    int64_t n = 0;
    while (savers[n])
        n++;
    if (n == 0 || strcmp(savers[0], "default") != 0)
        return attune_fail(error, ATTUNE_INTERNAL, "%s: its list of savers must begin with default",
                           step->type->name);
    job.json = identity_json(step, savers, error);
    if (!job.json)
        return error ? error->status : ATTUNE_INVALID;
    for (int64_t i = n - 1; i >= 0 && !status; i--) {
        const attune_saver_type *saver = attune_saver_find(savers[i], plugins);
        status = saver ? saver->save(step, &job, error) : attune_saver_unknown(savers[i], error);
    }
    json_decref(job.json);
    attune_texts_clear(&job.claimed);
    return status;
}

attune_status attune_step_save(const attune_step *step, bool full, attune_bundle *bundle,
                               const char *folder, const attune_plugins *plugins,
                               attune_error *error)
{
    attune_status status = ATTUNE_OK;
    if (full || (step->invalidated && step->initialised))
        status = save_own(step, bundle, folder, plugins, error);
    const attune_children *children = attune_step_children(step);
    for (int64_t i = 0; children && i < children->n && !status; i++) {
        char *path = attune_step_child_folder(folder, children->items[i]->name, error);
        status = path ? attune_step_save(children->items[i], full, bundle, path, plugins, error)
                      : ATTUNE_MEMORY;
        free(path);
    }
    return status;
}

void attune_step_mark_saved(attune_step *step)
{
    attune_children *children = attune_step_children(step);
    /* A shared step is read-only; to save it once more does no harm. */
    if (!attune_share_is_only(&step->count))
        return;
    step->invalidated = false;
    for (int64_t i = 0; children && i < children->n; i++)
        attune_step_mark_saved(children->items[i]);
}

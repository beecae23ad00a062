/* steps/load.c - a tree of steps from a bundle, every file of which may be wrong. */
#include "spaces/base/file.h"
#include "steps/saver.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const attune_bundle_file *attune_saver_file(const attune_load_job *job, const char *name)
{
    size_t length = strlen(job->folder);
    for (int64_t i = 0; i < job->bundle->n; i++) {
        const char *path = job->bundle->files[i].path;
        if (strncmp(path, job->folder, length) == 0 && (length == 0 || path[length] == '/') &&
            strcmp(path + length + (length > 0), name) == 0)
            return &job->bundle->files[i];
    }
    return NULL;
}

static const attune_step_type *find_step_type(const char *name, const attune_plugins *plugins)
{
    const attune_step_type *type = attune_step_type_find(name);
    const attune_step_type *const *extra = plugins ? plugins->steps : NULL;
    for (; !type && extra && *extra; extra++)
        if (strcmp((*extra)->name, name) == 0)
            type = *extra;
    return type;
}

static attune_status unknown_step(const char *name, attune_error *error)
{
    attune_error problem = {0};
    attune_step_type_unknown(name, &problem);
    return attune_fail(
        error, ATTUNE_UNSUPPORTED,
        "%.200s; it may come from a plug-in, or from a newer attune than " ATTUNE_VERSION,
        problem.message);
}

static bool key_read(const char *text, attune_key *key)
{
    unsigned long long high = 0, low = 0;
    if (strlen(text) != 32 || strspn(text, "0123456789abcdef") != 32 ||
        sscanf(text, "%16llx%16llx", &high, &low) != 2)
        return false;
    *key = (attune_key){.low = low, .high = high};
    return true;
}

static attune_status load_folder(const attune_bundle *bundle, const char *folder,
                                 const attune_plugins *plugins, const char *name,
                                 attune_step **step, attune_error *error);

static attune_status load_children(attune_step *step, const attune_load_job *job,
                                   const attune_plugins *plugins, attune_error *error)
{
    attune_texts names = {0};
    attune_at top = attune_at_top(job->document);
    attune_status status = attune_json_texts(job->document->root, &top, "children", &names, error);
    for (int64_t i = 0; i < names.n && !status; i++) {
        attune_step *child = NULL;
        char *folder = attune_step_child_folder(job->folder, names.items[i], error);
        status = folder ? load_folder(job->bundle, folder, plugins, names.items[i], &child, error)
                        : ATTUNE_MEMORY;
        if (!status)
            status = attune_step_add_take(step, child, error);
        free(folder);
    }
    attune_texts_clear(&names);
    return status;
}

/* Every member that fit sets must have come from some saver; an older version had fewer. */
static attune_status check_claimed(const attune_step *step, const attune_load_job *job,
                                   attune_error *error)
{
    const attune_field *field = step->type->fields;
    for (; field->kind; field++)
        if (field->fitted && step->fitted && job->version == step->type->version &&
            attune_texts_find(&job->claimed, field->name) < 0)
            return attune_fail_in(error, ATTUNE_CORRUPT, job->document->source, 0, 0,
                                  "\"%s\", which %s learns, is missing", field->name,
                                  step->type->name);
    const char *complaint =
        step->fitted && step->type->check_fitted ? step->type->check_fitted(step->self) : NULL;
    return !complaint ? ATTUNE_OK
                      : attune_fail_in(error, ATTUNE_CORRUPT, job->document->source, 0, 0,
                                       "what %s learnt does not fit together: %s", step->type->name,
                                       complaint);
}

static attune_status run_savers(attune_step *step, attune_load_job *job,
                                const attune_plugins *plugins, attune_error *error)
{
    attune_texts names = {0};
    attune_at top = attune_at_top(job->document), at = attune_at_key(&top, "savers");
    attune_status status = attune_json_texts(job->document->root, &top, "savers", &names, error);
    if (!status && (names.n == 0 || strcmp(names.items[0], "default") != 0))
        status = attune_fail_at(error, &at, "must be a list that begins with \"default\"");
    for (int64_t i = 0; i < names.n && !status; i++) {
        const attune_saver_type *saver = attune_saver_find(names.items[i], plugins);
        status =
            saver ? saver->load(step, job, error) : attune_saver_unknown(names.items[i], error);
    }
    attune_texts_clear(&names);
    return status ? status : check_claimed(step, job, error);
}

/* Heavy things that are in no field are set up once more; they see no context but the root. */
static attune_status set_up(attune_step *step, attune_error *error)
{
    attune_context root = attune_context_root(NULL, (attune_key){0, 0});
    attune_context inside = attune_context_enter(&root, step->name);
    inside.columns = &step->columns;
    inside.key = step->key;
    if (!step->fitted)
        return ATTUNE_OK;
    attune_status status =
        step->type->setup ? step->type->setup(step->self, &inside, error) : ATTUNE_OK;
    step->initialised = !status;
    return status;
}

static attune_status check_version(const attune_step_type *type, const attune_load_job *job,
                                   attune_error *error)
{
    if (job->version > type->version)
        return attune_fail(error, ATTUNE_UNSUPPORTED,
                           "%s: step %s is of version %d, made by a newer attune; this one "
                           "(" ATTUNE_VERSION ") reads up to %d",
                           job->document->source, type->name, job->version, type->version);
    if (job->version < type->version && !type->upgrade)
        return attune_fail(error, ATTUNE_UNSUPPORTED,
                           "%s: step %s is of version %d, and version %d cannot upgrade it: fit "
                           "it again from the plan",
                           job->document->source, type->name, job->version, type->version);
    return ATTUNE_OK;
}

/* An empty step of the type and name that step.json tells; name: what its parent calls it. */
static attune_status make_step(attune_load_job *job, const attune_plugins *plugins,
                               const char *name, attune_step **step, attune_error *error)
{
    json_t *root = job->document->root;
    attune_at top = attune_at_top(job->document), at_name = attune_at_key(&top, "name");
    const char *type_name = NULL, *own = NULL;
    int64_t version = -1;
    if (!json_is_object(root))
        return attune_fail_at(error, &top, "must be an object, { ... }");
    attune_status status = attune_json_text(root, &top, "type", &type_name, error);
    if (!status)
        status = attune_json_text(root, &top, "name", &own, error);
    if (!status)
        status = attune_json_integer(root, &top, "version", &version, error);
    if (status)
        return status;
    if (!type_name || !own || version < 0 || version > INT32_MAX)
        return attune_fail_at(error, &top, "lacks type, name or version");
    if (name && strcmp(name, own) != 0)
        return attune_fail_at(error, &at_name, "its parent calls it \"%.100s\"", name);
    const attune_step_type *type = find_step_type(type_name, plugins);
    if (!type)
        return unknown_step(type_name, error);
    job->version = (int)version;
    status = check_version(type, job, error);
    return status ? status : attune_step_new(step, type, own, error);
}

/* Whether it is fitted, and by which key. */
static attune_status read_state(attune_step *step, const attune_document *document,
                                attune_error *error)
{
    attune_at top = attune_at_top(document), at_key = attune_at_key(&top, "fit_key");
    const char *key = NULL;
    bool fitted = false;
    attune_status status = attune_json_boolean(document->root, &top, "is_fitted", &fitted, error);
    if (!status)
        status = attune_json_text(document->root, &top, "fit_key", &key, error);
    if (!status)
        status = attune_json_texts(document->root, &top, "columns", &step->columns, error);
    if (!status && fitted && (!key || !key_read(key, &step->key)))
        status = attune_fail_at(error, &at_key, "must be 32 hexadecimal digits");
    step->fitted = fitted;
    return status;
}

/* Children come before the step's own members: a hyperparameter may name one of them. */
static attune_status fill_step(attune_step *step, attune_load_job *job,
                               const attune_plugins *plugins, attune_error *error)
{
    attune_status status = load_children(step, job, plugins, error);
    if (!status)
        status = read_state(step, job->document, error);
    if (!status)
        status = run_savers(step, job, plugins, error);
    if (!status)
        status = set_up(step, error);
    step->invalidated = false;
    return status;
}

static attune_status load_folder(const attune_bundle *bundle, const char *folder,
                                 const attune_plugins *plugins, const char *name,
                                 attune_step **step, attune_error *error)
{
    attune_document document = {0};
    attune_load_job job = {.bundle = bundle, .folder = folder, .document = &document};
    attune_step *made = NULL;
    const attune_bundle_file *file = attune_saver_file(&job, "step.json");
    if (!file)
        return attune_fail(error, ATTUNE_CORRUPT, "%s%sstep.json is missing", folder,
                           *folder ? "/" : "");
    attune_status status =
        attune_document_parse(&document, file->path, file->bytes, file->length, error);
    if (!status)
        status = make_step(&job, plugins, name, &made, error);
    if (!status)
        status = fill_step(made, &job, plugins, error);
    if (status)
        attune_step_free(made);
    else
        *step = made;
    attune_texts_clear(&job.claimed);
    attune_document_clear(&document);
    return status;
}

attune_status attune_step_load(const attune_bundle *bundle, const char *folder,
                               const attune_plugins *plugins, attune_step **step,
                               attune_error *error)
{
    attune_step *made = NULL;
    attune_status status = load_folder(bundle, folder, plugins, NULL, &made, error);
    if (!status)
        status = attune_step_check(made, error);
    if (!status) {
        *step = made;
        return ATTUNE_OK;
    }
    attune_step_free(made);
    /* What would be a mistake in a plan is damage in a file that we wrote. */
    if (status == ATTUNE_INVALID && error)
        error->status = ATTUNE_CORRUPT;
    return status == ATTUNE_INVALID ? ATTUNE_CORRUPT : status;
}

/* steps/savers/default.c - step.json, and one little-endian .npy for each array.
 *
 * Reals that were fitted are arrays too, of one item or of a list's, so that no fitted number ever
 * goes through text. */
#include "steps/dump/npy.h"
#include "steps/saver.h"

#include <stdlib.h>
#include <string.h>

static const void *member(const attune_field *field, const attune_step *step)
{
    return (const char *)step->self + field->offset;
}

static bool is_array(const attune_field *field)
{
    return field->kind == ATTUNE_FIELD_ARRAY || field->kind == ATTUNE_FIELD_REAL ||
           field->kind == ATTUNE_FIELD_REALS;
}

/* A fitted member seen as an array: borrowed, not to be cleared. */
static attune_array view(const attune_field *field, const attune_step *step)
{
    const void *at = member(field, step);
    if (field->kind == ATTUNE_FIELD_ARRAY)
        return *(const attune_array *)at;
    attune_array array = {.type = ATTUNE_ARRAY_F64};
    if (field->kind == ATTUNE_FIELD_REAL) {
        array.data = (void *)(uintptr_t)at;
    } else {
        const attune_reals *reals = at;
        array.n_dims = 1;
        array.shape[0] = reals->n;
        array.data = reals->items;
    }
    return array;
}

static char *file_name(const char *field, attune_error *error)
{
    attune_text name = {0};
    attune_text_printf(&name, "%s.npy", field);
    return attune_text_take(&name, error);
}

/* {"type": "f64", "shape": [1, 30]}; null for an array that fit did not make. */
static json_t *array_json(const attune_array *array)
{
    if (!array->data)
        return json_null();
    json_t *shape = json_array();
    bool whole = true;
    for (int i = 0; i < array->n_dims && whole; i++)
        whole = !json_array_append_new(shape, json_integer(array->shape[i]));
    shape = attune_json_whole(shape, whole);
    return json_pack("{s:s, s:o}", "type", attune_array_type_word(array->type), "shape", shape);
}

static attune_status save_array(const attune_field *field, const attune_step *step,
                                attune_save_job *job, json_t *arrays, attune_error *error)
{
    attune_array array = view(field, step);
    int64_t length = 0;
    char *bytes = NULL;
    if (json_object_set_new(arrays, field->name, array_json(&array)) != 0)
        return attune_fail(error, ATTUNE_MEMORY, "out of memory: step.json");
    if (!array.data)
        return ATTUNE_OK;
    char *name = file_name(field->name, error);
    attune_status status = name ? attune_npy_write(&array, &bytes, &length, error) : ATTUNE_MEMORY;
    if (!status)
        status = attune_saver_add_take(job, name, bytes, length, error);
    free(name);
    return status;
}

static attune_status save_fitted(const attune_step *step, attune_save_job *job, json_t *values,
                                 json_t *arrays, attune_error *error)
{
    attune_status status = ATTUNE_OK;
    json_t *all = attune_fields_to_json(step->type->fields, step->self, ATTUNE_FITTED, error);
    if (!all)
        return ATTUNE_MEMORY;
    for (const attune_field *field = step->type->fields; field->kind && !status; field++) {
        if (!field->fitted || attune_texts_find(&job->claimed, field->name) >= 0)
            continue;
        if (is_array(field))
            status = save_array(field, step, job, arrays, error);
        else if (json_object_set(values, field->name, json_object_get(all, field->name)) != 0)
            status = attune_fail(error, ATTUNE_MEMORY, "out of memory: step.json");
        if (!status)
            status = attune_texts_add(&job->claimed, field->name, error);
    }
    json_decref(all);
    return status;
}

static attune_status save(const attune_step *step, attune_save_job *job, attune_error *error)
{
    json_t *values = json_object(), *arrays = json_object();
    json_t *hyperparams =
        attune_fields_to_json(step->type->fields, step->self, ATTUNE_HYPERPARAMS, error);
    attune_status status = hyperparams ? ATTUNE_OK : ATTUNE_MEMORY;
    if (!status && step->fitted)
        status = save_fitted(step, job, values, arrays, error);
    if (!status && (json_object_set(job->json, "hyperparams", hyperparams) != 0 ||
                    json_object_set(job->json, "fitted", values) != 0 ||
                    json_object_set(job->json, "arrays", arrays) != 0))
        status = attune_fail(error, ATTUNE_MEMORY, "out of memory: step.json");
    json_decref(hyperparams);
    json_decref(values);
    json_decref(arrays);
    char *text = status ? NULL : attune_json_write_pretty(job->json, error);
    if (!text)
        return status ? status : ATTUNE_MEMORY;
    return attune_saver_add_take(job, "step.json", text, (int64_t)strlen(text), error);
}

/* Whether the array that was read is the one that step.json tells of. */
static bool fits(const attune_array *array, const json_t *told)
{
    const json_t *shape = json_object_get(told, "shape");
    const char *type = json_string_value(json_object_get(told, "type"));
    bool same = type && strcmp(type, attune_array_type_word(array->type)) == 0 &&
                json_is_array(shape) && (int)json_array_size(shape) == array->n_dims;
    for (int i = 0; i < array->n_dims && same; i++) {
        const json_t *dimension = json_array_get(shape, (size_t)i);
        same = json_is_integer(dimension) && json_integer_value(dimension) == array->shape[i];
    }
    return same;
}

/* Moves an array into the member; one that does not fit the member's kind is refused. */
static bool set_member(const attune_field *field, const attune_step *step, attune_array *array)
{
    void *at = (char *)step->self + field->offset;
    if (field->kind == ATTUNE_FIELD_ARRAY) {
        attune_array_clear(at);
        *(attune_array *)at = *array;
    } else if (array->type != ATTUNE_ARRAY_F64 ||
               array->n_dims != (field->kind == ATTUNE_FIELD_REALS)) {
        return false;
    } else if (field->kind == ATTUNE_FIELD_REAL) {
        *(double *)at = array->f64[0];
        attune_array_clear(array);
    } else {
        attune_reals *reals = at;
        free(reals->items);
        *reals = (attune_reals){array->f64, array->shape[0]};
    }
    *array = (attune_array){0};
    return true;
}

static attune_status load_array(const attune_field *field, attune_step *step,
                                const attune_load_job *job, const char *key, json_t *told,
                                const attune_at *at, attune_error *error)
{
    attune_array array = {0};
    if (json_is_null(told) && field->kind == ATTUNE_FIELD_ARRAY)
        return ATTUNE_OK;
    char *name = file_name(key, error);
    if (!name)
        return ATTUNE_MEMORY;
    const attune_bundle_file *file = attune_saver_file(job, name);
    attune_status status = ATTUNE_OK;
    if (!file)
        status = attune_fail_at(error, at, "its file %s is missing", name);
    else
        status = attune_npy_read(file->path, file->bytes, file->length, &array, error);
    if (!status && !fits(&array, told))
        status = attune_fail_at(error, at, "%s is not of this type and shape", name);
    if (!status && !set_member(field, step, &array))
        status = attune_fail_at(error, at, "the step expects %s",
                                field->kind == ATTUNE_FIELD_REAL ? "one f64" : "a list of f64");
    attune_array_clear(&array);
    free(name);
    return status;
}

static attune_status load_value(const attune_field *field, attune_step *step, json_t *json,
                                const attune_at *at, attune_error *error)
{
    attune_value value = {0};
    attune_error problem = {0};
    attune_field any = *field;
    any.nullable = true; /* what fit left out comes back as left out */
    attune_status status = attune_value_from_json(&value, json, error);
    if (!status && attune_field_set(&any, step->self, &value, &problem) != ATTUNE_OK)
        status = attune_fail_for(error, at, &problem);
    attune_value_clear(&value);
    return status;
}

/* The members of "arrays" or of "fitted": each must be a fitted member of the step, once. */
static attune_status load_members(attune_step *step, attune_load_job *job, json_t *members,
                                  const attune_at *at, bool arrays, attune_error *error)
{
    const char *key;
    json_t *value;
    attune_status status = ATTUNE_OK;
    if (!json_is_object(members))
        return attune_fail_at(error, at, "must be an object");
    json_object_foreach(members, key, value)
    {
        attune_at place = attune_at_key(at, key);
        const attune_field *field = attune_field_find(step->type->fields, key);
        if (!field || !field->fitted || is_array(field) != arrays)
            return attune_fail_at(error, &place, "%s learns no such %s", step->type->name,
                                  arrays ? "array" : "value");
        if (attune_texts_find(&job->claimed, field->name) >= 0)
            return attune_fail_at(error, &place, "given twice");
        status = arrays ? load_array(field, step, job, key, value, &place, error)
                        : load_value(field, step, value, &place, error);
        if (!status)
            status = attune_texts_add(&job->claimed, field->name, error);
        if (status)
            break;
    }
    return status;
}

/* What is not an array, brought up to the present version. */
static attune_status load_values(attune_step *step, attune_load_job *job, json_t *told,
                                 const attune_at *at, attune_error *error)
{
    if (job->version == step->type->version)
        return load_members(step, job, told, at, false, error);
    json_t *current = attune_json_copy(told);
    attune_status status = current ? step->type->upgrade(current, job->version, error)
                                   : attune_fail(error, ATTUNE_MEMORY, "out of memory: step.json");
    if (!status)
        status = load_members(step, job, current, at, false, error);
    json_decref(current);
    return status;
}

static attune_status load(attune_step *step, attune_load_job *job, attune_error *error)
{
    json_t *root = job->document->root;
    attune_at top = attune_at_top(job->document);
    attune_at hyperparams = attune_at_key(&top, "hyperparams");
    attune_at fitted = attune_at_key(&top, "fitted"), arrays = attune_at_key(&top, "arrays");
    json_t *told = json_object_get(root, "hyperparams");
    if (!json_is_object(told))
        return attune_fail_at(error, &hyperparams, "must be an object");
    attune_status status = attune_fields_from_json(step->type->fields, step->self, told,
                                                   &hyperparams, step->type->name, error);
    if (status || !step->fitted)
        return status;
    status = load_members(step, job, json_object_get(root, "arrays"), &arrays, true, error);
    if (!status)
        status = load_values(step, job, json_object_get(root, "fitted"), &fitted, error);
    return status;
}

const attune_saver_type attune_saver_default = {
    .name = "default",
    .doc = "step.json, and one .npy file for each array.",
    .save = save,
    .load = load,
};

/* steps/step.c - making, naming, setting and checking steps. */
#include "steps/step.h"

#include "spaces/base/share.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ATTUNE_STEP(name) extern const attune_step_type attune_step_##name;
#include "steps/steps.def"
#undef ATTUNE_STEP

const attune_step_type *const attune_step_types[] = {
#define ATTUNE_STEP(name) &attune_step_##name,
#include "steps/steps.def"
#undef ATTUNE_STEP
    NULL};

const attune_step_type *attune_step_type_find(const char *name)
{
    for (int64_t i = 0; attune_step_types[i]; i++)
        if (strcmp(attune_step_types[i]->name, name) == 0)
            return attune_step_types[i];
    return NULL;
}

attune_status attune_step_type_unknown(const char *name, attune_error *error)
{
    const char *names[sizeof attune_step_types / sizeof *attune_step_types] = {NULL};
    int64_t n = 0;
    for (; attune_step_types[n]; n++)
        names[n] = attune_step_types[n]->name;
    char hint[128];
    attune_did_you_mean(name, names, n, hint, sizeof hint);
    return attune_fail(error, ATTUNE_INVALID, "unknown step \"%s\"%s", name,
                       *hint ? hint : "; `attune help steps` lists them");
}

attune_status attune_step_new(attune_step **step, const attune_step_type *type, const char *name,
                              attune_error *error)
{
    /* Parts of a__b must be told apart again. */
    size_t length = strlen(name);
    if (!length || strstr(name, "__") || strchr(name, '/') || name[0] == '_' ||
        name[length - 1] == '_')
        return attune_fail(
            error, ATTUNE_INVALID,
            "a step cannot be called \"%s\": empty, with __ or / in it, or with _ at "
            "an end",
            name);
    attune_step *made = attune_alloc(1, sizeof *made, error);
    if (!made)
        return ATTUNE_MEMORY;
    made->type = type;
    made->count = 1;
    made->invalidated = true;
    made->name = attune_copy_text(name, error);
    made->self = attune_alloc(1, type->size, error);
    if (!made->name || !made->self || attune_fields_init(type->fields, made->self, error)) {
        attune_step_free(made);
        return ATTUNE_MEMORY;
    }
    *step = made;
    return ATTUNE_OK;
}

attune_step *attune_step_ref(attune_step *step)
{
    attune_share_take(&step->count);
    return step;
}

void attune_step_free(attune_step *step)
{
    if (!step || !attune_share_give(&step->count))
        return;
    if (step->initialised && step->type->teardown)
        step->type->teardown(step->self);
    attune_children *children = step->self ? attune_step_children(step) : NULL;
    for (int64_t i = 0; children && i < children->n; i++)
        attune_step_free(children->items[i]);
    if (children)
        free(children->items);
    if (step->self)
        attune_fields_clear(step->type->fields, step->self, ATTUNE_ALL);
    attune_texts_clear(&step->columns);
    free(step->self);
    free(step->name);
    free(step);
}

attune_status attune_step_clone(const attune_step *step, attune_step **clone, attune_error *error)
{
    attune_step *made = NULL;
    attune_status status = attune_step_new(&made, step->type, step->name, error);
    if (!status)
        status = attune_fields_copy(step->type->fields, made->self, step->self, ATTUNE_HYPERPARAMS,
                                    error);
    if (!status)
        status = attune_texts_copy(&made->columns, &step->columns, error);
    const attune_children *children = attune_step_children(step);
    for (int64_t i = 0; children && i < children->n && !status; i++) {
        attune_step *child = NULL;
        status = attune_step_clone(children->items[i], &child, error);
        if (!status)
            status = attune_step_add_take(made, child, error);
    }
    if (status)
        attune_step_free(made);
    else
        *clone = made;
    return status;
}

attune_children *attune_step_children(const attune_step *step)
{
    for (const attune_field *field = step->type->fields; field->kind; field++)
        if (field->kind == ATTUNE_FIELD_CHILDREN)
            return (attune_children *)(void *)((char *)step->self + field->offset);
    return NULL;
}

/* Where a container keeps the child of a name, or NULL. */
static attune_step **child_place(const attune_step *step, const char *name, size_t length)
{
    const attune_children *children = attune_step_children(step);
    for (int64_t i = 0; children && i < children->n; i++) {
        const char *child = children->items[i]->name;
        if (strlen(child) == length && strncmp(child, name, length) == 0)
            return &children->items[i];
    }
    return NULL;
}

attune_status attune_step_add_take(attune_step *step, attune_step *child, attune_error *error)
{
    attune_children *children = attune_step_children(step);
    attune_step **items = NULL;
    attune_status status = ATTUNE_MEMORY;
    if (!children)
        status = attune_fail(error, ATTUNE_INVALID, "%s takes no steps", step->type->name);
    else if (child_place(step, child->name, strlen(child->name)))
        status = attune_fail(error, ATTUNE_INVALID,
                             "two steps of \"%s\" are called \"%s\": give one a \"name\"",
                             step->name, child->name);
    else
        items = attune_realloc(children->items, children->n + 1, sizeof *items, error);
    if (!items || !children) {
        attune_step_free(child);
        return status;
    }
    children->items = items;
    items[children->n++] = child;
    step->fitted = false;
    step->invalidated = true;
    return ATTUNE_OK;
}

/* Where the next part of a path begins, or NULL at its end; *length is that of the part before. */
static const char *next_part(const char *path, size_t *length)
{
    const char *underscores = strstr(path, "__");
    const char *slash = strchr(path, '/');
    bool by_slash = slash && (!underscores || slash < underscores);
    const char *end = by_slash ? slash : underscores;
    *length = end ? (size_t)(end - path) : strlen(path);
    return end ? end + (by_slash ? 1 : 2) : NULL;
}

attune_step *attune_step_find(attune_step *step, const char *path)
{
    while (path && *path) {
        size_t length = 0;
        const char *rest = next_part(path, &length);
        attune_step **place = child_place(step, path, length);
        if (!place)
            return NULL;
        step = *place;
        path = rest;
    }
    return step;
}

static attune_status unknown_child(const attune_step *step, const char *path, attune_error *error)
{
    size_t length = 0;
    next_part(path, &length);
    return attune_fail(error, ATTUNE_INVALID, "\"%s\" has no step \"%.*s\"", step->name,
                       (int)length, path);
}

/* A child that is shared with other trials is exchanged for a copy of its own that is set: what was
 * fitted is not kept, and setting would have invalidated it anyhow. A failure changes nothing. */
static attune_status set_child(attune_step **place, const char *path, const attune_value *value,
                               attune_error *error)
{
    attune_step *clone = NULL;
    if (attune_share_is_only(&(*place)->count))
        return attune_step_set(*place, path, value, error);
    attune_status status = attune_step_clone(*place, &clone, error);
    if (!status)
        status = attune_step_set(clone, path, value, error);
    attune_step_free(status ? clone : *place);
    if (!status)
        *place = clone;
    return status;
}

attune_status attune_step_set(attune_step *step, const char *path, const attune_value *value,
                              attune_error *error)
{
    size_t length = 0;
    const char *rest = next_part(path, &length);
    attune_status status = ATTUNE_OK;
    if (!attune_share_is_only(&step->count))
        return attune_fail(error, ATTUNE_CONFLICT,
                           "\"%s\" is shared: clone it before you set its hyperparameters",
                           step->name);
    if (rest) {
        attune_step **place = child_place(step, path, length);
        status = place ? set_child(place, rest, value, error) : unknown_child(step, path, error);
    } else {
        const attune_field *field = attune_field_find(step->type->fields, path);
        status = !field || field->fitted || field->kind == ATTUNE_FIELD_CHILDREN
                     ? attune_field_unknown(step->type->fields, path, step->type->name, error)
                     : attune_field_set(field, step->self, value, error);
    }
    if (!status) {
        step->fitted = false;
        step->invalidated = true;
    }
    return status;
}

attune_status attune_step_get(const attune_step *step, const char *path, attune_value *value,
                              attune_error *error)
{
    size_t length = 0;
    for (const char *rest; (rest = next_part(path, &length)); path = rest) {
        attune_step **place = child_place(step, path, length);
        if (!place)
            return unknown_child(step, path, error);
        step = *place;
    }
    const attune_field *field = attune_field_find(step->type->fields, path);
    return !field || field->fitted || field->kind == ATTUNE_FIELD_CHILDREN
               ? attune_field_unknown(step->type->fields, path, step->type->name, error)
               : attune_field_get(field, step->self, value, error);
}

attune_status attune_step_set_sample(attune_step *step, const attune_space *space,
                                     const attune_sample *sample, attune_error *error)
{
    attune_status status = ATTUNE_OK;
    attune_value value = {0};
    for (int64_t i = 0; i < space->n && !status; i++) {
        if (!sample->active[i])
            continue;
        status = attune_sample_value(space, sample, i, &value, error);
        if (!status)
            status = attune_step_set(step, space->dimensions[i].name, &value, error);
    }
    attune_value_clear(&value);
    return status;
}

static bool uses(const attune_step *step, int64_t child)
{
    return !step->type->uses || step->type->uses(step->self, child);
}

enum { most_names = 32 };

static attune_status test_impossible(const attune_step *step, const attune_impossible *row,
                                     attune_error *error)
{
    attune_expression *expression = NULL;
    attune_value values[most_names];
    const attune_value *pointers[most_names];
    memset(values, 0, sizeof values);
    attune_status status = attune_expression_read(&expression, row->expression, error);
    int64_t n = status ? 0 : attune_expression_n_names(expression);
    if (n > most_names)
        status = attune_fail(error, ATTUNE_INTERNAL, "%s: too many names", row->expression);
    for (int64_t i = 0; i < n && !status; i++) {
        status = attune_step_get(step, attune_expression_name(expression, i), &values[i], error);
        pointers[i] = &values[i];
    }
    if (!status && attune_expression_test(expression, pointers) == ATTUNE_TRUE)
        status = attune_fail(error, ATTUNE_INVALID, "%s: %s (%s)", step->name, row->reason,
                             row->expression);
    for (int64_t i = 0; i < n && i < most_names; i++)
        attune_value_clear(&values[i]);
    attune_expression_free(expression);
    return status;
}

attune_status attune_step_check(const attune_step *step, attune_error *error)
{
    attune_status status = ATTUNE_OK;
    const char *complaint = step->type->check ? step->type->check(step->self) : NULL;
    if (complaint)
        return attune_fail(error, ATTUNE_INVALID, "%s: %s", step->name, complaint);
    const attune_impossible *row = step->type->impossible;
    for (; row && row->expression && !status; row++)
        status = test_impossible(step, row, error);
    const attune_children *children = attune_step_children(step);
    for (int64_t i = 0; children && i < children->n && !status; i++)
        if (uses(step, i))
            status = attune_step_check(children->items[i], error);
    return status;
}

bool attune_step_is_model(const attune_step *step)
{
    return step->type->is_model ? step->type->is_model(step->self) : step->type->predict != NULL;
}

/* The leaf model that is active inside, or NULL. */
static const attune_step *active_model(const attune_step *step)
{
    const attune_children *children = attune_step_children(step);
    if (!children)
        return step->type->predict ? step : NULL;
    for (int64_t i = children->n - 1; i >= 0; i--) {
        const attune_step *model = uses(step, i) ? active_model(children->items[i]) : NULL;
        if (model)
            return model;
    }
    return NULL;
}

/* A wrapper that learns from the whole of its model (calibrate) has no stages. */
const attune_step *attune_step_staged(const attune_step *step)
{
    const attune_children *children = attune_step_children(step);
    const attune_step *staged = step->type->predict_stages ? step : NULL;
    if (!children || !staged)
        return staged;
    for (int64_t i = children->n - 1; i >= 0; i--)
        if (uses(step, i) && active_model(children->items[i]))
            return attune_step_staged(children->items[i]);
    return NULL;
}

double attune_step_simplicity(const attune_step *step)
{
    const attune_step *model = active_model(step);
    return model ? model->type->simplicity : INFINITY;
}

const char *attune_step_model_name(const attune_step *step)
{
    const attune_children *children = attune_step_children(step);
    if (!children)
        return step->name;
    for (int64_t i = children->n - 1; i >= 0; i--) {
        if (!uses(step, i) || !attune_step_is_model(children->items[i]))
            continue;
        /* One of several: the name that the plan gave the branch. */
        return step->type->uses ? children->items[i]->name
                                : attune_step_model_name(children->items[i]);
    }
    return step->name;
}

void attune_step_set_train(attune_step *step, bool train)
{
    attune_children *children = attune_step_children(step);
    step->train = train;
    for (int64_t i = 0; children && i < children->n; i++)
        if (attune_share_is_only(&children->items[i]->count))
            attune_step_set_train(children->items[i], train);
}

/* Names of columns that are not there are most likely misspelt. */
static void note_unknown_columns(const attune_step *step, const attune_data *data,
                                 attune_texts *notes)
{
    for (int64_t i = 0; i < step->columns.n; i++) {
        const char *wanted = step->columns.items[i];
        attune_kind kind;
        bool found = attune_kind_from_word(wanted, &kind);
        for (int64_t c = 0; c < data->n_columns && !found; c++)
            found = attune_matches(wanted, data->columns[c]->name);
        attune_text note = {0};
        attune_text_printf(&note, "%s: no column is called \"%s\"", step->name, wanted);
        if (!found && !note.failed)
            attune_texts_add(notes, note.bytes, NULL);
        attune_text_clear(&note);
    }
}

void attune_step_validate(const attune_step *step, const attune_data *data, const attune_rows *rows,
                          const attune_context *context, attune_texts *notes)
{
    attune_context inside = attune_context_enter(context, step->name);
    inside.columns = &step->columns;
    note_unknown_columns(step, data, notes);
    if (step->type->validate)
        step->type->validate(step->self, data, rows, &inside, notes);
}

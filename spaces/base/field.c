/* spaces/base/field.c - objects made, copied and freed by their field tables. */
#include "spaces/base/field.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static void *member(const attune_field *field, void *self)
{
    return (char *)self + field->offset;
}

static const void *const_member(const attune_field *field, const void *self)
{
    return (const char *)self + field->offset;
}

bool attune_field_is(const attune_field *field, attune_field_use use)
{
    return use & (field->fitted ? ATTUNE_FITTED : ATTUNE_HYPERPARAMS);
}

const attune_field *attune_field_find(const attune_field *fields, const char *name)
{
    for (const attune_field *field = fields; field->kind; field++)
        if (strcmp(field->name, name) == 0 ||
            (field->renamed_from && strcmp(field->renamed_from, name) == 0))
            return field;
    return NULL;
}

attune_status attune_field_unknown(const attune_field *fields, const char *name, const char *owner,
                                   attune_error *error)
{
    enum { most = 64 };
    const char *names[most] = {0};
    int64_t n = 0;
    attune_text list = {0};
    for (const attune_field *field = fields; field->kind && n < most; field++)
        if (!field->fitted && field->kind != ATTUNE_FIELD_CHILDREN) {
            attune_text_printf(&list, "%s%s", n ? ", " : "", field->name);
            names[n++] = field->name;
        }
    char hint[128];
    attune_did_you_mean(name, names, n, hint, sizeof hint);
    attune_status status = ATTUNE_INVALID;
    if (*hint)
        attune_fail(error, status, "%s has no \"%s\"%s", owner, name, hint);
    else if (n)
        attune_fail(error, status, "%s has no \"%s\"; it has %s", owner, name, list.bytes);
    else
        attune_fail(error, status, "%s has no \"%s\": it takes nothing", owner, name);
    attune_text_clear(&list);
    return status;
}

attune_status attune_fields_init(const attune_field *fields, void *self, attune_error *error)
{
    for (const attune_field *field = fields; field->kind; field++) {
        void *at = member(field, self);
        if (field->kind == ATTUNE_FIELD_REAL)
            *(double *)at = field->real;
        else if (field->kind == ATTUNE_FIELD_INTEGER)
            *(int64_t *)at = field->integer;
        else if (field->kind == ATTUNE_FIELD_BOOLEAN)
            *(bool *)at = field->integer != 0;
        else if (field->kind == ATTUNE_FIELD_ENUM)
            *(int *)at = (int)field->integer;
        else if (field->kind == ATTUNE_FIELD_TEXT && field->text &&
                 !(*(char **)at = attune_copy_text(field->text, error)))
            return ATTUNE_MEMORY;
    }
    return ATTUNE_OK;
}

static void clear_member(const attune_field *field, void *at)
{
    static const size_t plain_sizes[] = {
        [ATTUNE_FIELD_REAL] = sizeof(double),  [ATTUNE_FIELD_INTEGER] = sizeof(int64_t),
        [ATTUNE_FIELD_BOOLEAN] = sizeof(bool), [ATTUNE_FIELD_ENUM] = sizeof(int),
        [ATTUNE_FIELD_CHILDREN] = 0, /* their owner's */
    };
    if (field->kind == ATTUNE_FIELD_TEXT) {
        free(*(char **)at);
        *(char **)at = NULL;
    } else if (field->kind == ATTUNE_FIELD_REALS) {
        free(((attune_reals *)at)->items);
        memset(at, 0, sizeof(attune_reals));
    } else if (field->kind == ATTUNE_FIELD_VALUES) {
        attune_values_clear(at);
    } else if (field->kind == ATTUNE_FIELD_VALUE) {
        attune_value_clear(at);
    } else if (field->kind == ATTUNE_FIELD_TEXTS) {
        attune_texts_clear(at);
    } else if (field->kind == ATTUNE_FIELD_ARRAY) {
        attune_array_clear(at);
    } else {
        memset(at, 0, plain_sizes[field->kind]);
    }
}

void attune_fields_clear(const attune_field *fields, void *self, attune_field_use use)
{
    for (const attune_field *field = fields; field->kind; field++)
        if (attune_field_is(field, use))
            clear_member(field, member(field, self));
}

static attune_status copy_reals(attune_reals *to, const attune_reals *from, attune_error *error)
{
    double *items = attune_alloc(from->n, sizeof *items, error);
    if (!items)
        return ATTUNE_MEMORY;
    if (from->n)
        memcpy(items, from->items, (size_t)from->n * sizeof *items);
    free(to->items);
    *to = (attune_reals){items, from->n};
    return ATTUNE_OK;
}

static attune_status copy_text(char **to, char *const *from, attune_error *error)
{
    char *copy = attune_copy_text(*from, error);
    if (*from && !copy)
        return ATTUNE_MEMORY;
    free(*to);
    *to = copy;
    return ATTUNE_OK;
}

static attune_status copy_member(const attune_field *field, void *to, const void *from,
                                 attune_error *error)
{
    switch (field->kind) {
    case ATTUNE_FIELD_REAL:
        *(double *)to = *(const double *)from;
        return ATTUNE_OK;
    case ATTUNE_FIELD_INTEGER:
        *(int64_t *)to = *(const int64_t *)from;
        return ATTUNE_OK;
    case ATTUNE_FIELD_BOOLEAN:
        *(bool *)to = *(const bool *)from;
        return ATTUNE_OK;
    case ATTUNE_FIELD_ENUM:
        *(int *)to = *(const int *)from;
        return ATTUNE_OK;
    case ATTUNE_FIELD_TEXT:
        return copy_text(to, from, error);
    case ATTUNE_FIELD_REALS:
        return copy_reals(to, from, error);
    case ATTUNE_FIELD_VALUES:
        return attune_values_copy(to, from, error);
    case ATTUNE_FIELD_VALUE:
        return attune_value_copy(to, from, error);
    case ATTUNE_FIELD_TEXTS:
        return attune_texts_copy(to, from, error);
    case ATTUNE_FIELD_ARRAY:
        return attune_array_copy(to, from, error);
    case ATTUNE_FIELD_CHILDREN:
    case ATTUNE_FIELD_END:
        break;
    }
    return ATTUNE_OK;
}

attune_status attune_fields_copy(const attune_field *fields, void *to, const void *from,
                                 attune_field_use use, attune_error *error)
{
    attune_status status = ATTUNE_OK;
    for (const attune_field *field = fields; field->kind && !status; field++)
        if (attune_field_is(field, use))
            status = copy_member(field, member(field, to), const_member(field, from), error);
    return status;
}

/* spaces/base/field_json.c - fields set and read by value and by JSON, with their checks. */
#include "spaces/base/field.h"

#include "spaces/base/number.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static bool has_low(const attune_field *field)
{
    return !field->no_low &&
           (field->low != 0 || field->high != 0 || field->no_high || field->above_low);
}

static bool has_high(const attune_field *field)
{
    return !field->no_high && field->high != 0;
}

static bool in_range(const attune_field *field, double x)
{
    if (isnan(x))
        return false;
    if (has_low(field) && (x < field->low || (field->above_low && x == field->low)))
        return false;
    return !has_high(field) || x <= field->high;
}

static void append_range(const attune_field *field, attune_text *text)
{
    char number[ATTUNE_NUMBER_SIZE];
    if (has_low(field) && has_high(field)) {
        attune_text_printf(text, " from %s%s", attune_real_text(field->low, number),
                           field->above_low ? " (not itself)" : "");
        attune_text_printf(text, " to %s", attune_real_text(field->high, number));
    } else if (has_low(field)) {
        attune_text_printf(text, field->above_low ? " above %s" : " of at least %s",
                           attune_real_text(field->low, number));
    } else if (has_high(field)) {
        attune_text_printf(text, " of at most %s", attune_real_text(field->high, number));
    }
}

void attune_field_describe(const attune_field *field, attune_text *text)
{
    static const char *const words[] = {
        "",        "a number",          "a whole number", "true or false",   "a text",
        "one of ", "a list of numbers", "a list",         "a list of texts", "an array",
        "steps",   "any value"};
    attune_text_append(text, words[field->kind]);
    for (int i = 0; field->kind == ATTUNE_FIELD_ENUM && field->choices[i]; i++)
        attune_text_printf(text, "%s%s", i ? ", " : "", field->choices[i]);
    append_range(field, text);
    if (field->nullable)
        attune_text_append(text, ", or null");
}

static attune_status refuse(const attune_field *field, const attune_value *value,
                            attune_error *error)
{
    attune_text need = {0}, got = {0};
    attune_field_describe(field, &need);
    if (value->kind == ATTUNE_VALUE_NULL)
        attune_text_append(&got, "null");
    else if (value->kind == ATTUNE_VALUE_TEXT)
        attune_text_printf(&got, "\"%s\"", value->text);
    else
        attune_value_append(&got, value);
    attune_status status = attune_fail(error, ATTUNE_INVALID, "%s: need %s, got %s", field->name,
                                       need.bytes ? need.bytes : "", got.bytes ? got.bytes : "");
    attune_text_clear(&need);
    attune_text_clear(&got);
    return status;
}

static int enum_index(const attune_field *field, const char *text)
{
    for (int i = 0; field->choices[i]; i++)
        if (strcmp(field->choices[i], text) == 0)
            return i;
    return -1;
}

/* A real's value; infinities come as the texts JSON holds them by. */
static bool real_of(const attune_value *value, double *number)
{
    bool text = value->kind == ATTUNE_VALUE_TEXT;
    if (text && (strcmp(value->text, "inf") == 0 || strcmp(value->text, "-inf") == 0))
        *number = value->text[0] == '-' ? -INFINITY : INFINITY;
    else if (value->kind == ATTUNE_VALUE_BOOLEAN || !attune_value_number(value, number))
        return false;
    return true;
}

static attune_status set_integer(const attune_field *field, int64_t *at, const attune_value *value,
                                 attune_error *error)
{
    double number = 0;
    bool whole = value->kind == ATTUNE_VALUE_INTEGER ||
                 (value->kind == ATTUNE_VALUE_REAL && value->real == trunc(value->real) &&
                  fabs(value->real) < 0x1p63);
    bool is_null = value->kind == ATTUNE_VALUE_INTEGER && value->integer == INT64_MIN;
    if (!whole || is_null || !attune_value_number(value, &number) || !in_range(field, number))
        return refuse(field, value, error);
    *at = value->kind == ATTUNE_VALUE_INTEGER ? value->integer : (int64_t)value->real;
    return ATTUNE_OK;
}

static attune_status set_list_item(const attune_field *field, void *at, int64_t i,
                                   const json_t *json, attune_error *error)
{
    attune_value item = {0};
    attune_status status = attune_value_from_json(&item, json, error);
    double number = 0;
    if (status)
        return status;
    if (field->kind == ATTUNE_FIELD_VALUES) {
        ((attune_values *)at)->items[i] = item;
        return ATTUNE_OK;
    }
    if (field->kind == ATTUNE_FIELD_TEXTS && item.kind == ATTUNE_VALUE_TEXT)
        status = attune_texts_add(at, item.text, error);
    else if (field->kind == ATTUNE_FIELD_REALS && real_of(&item, &number) &&
             in_range(field, number))
        ((attune_reals *)at)->items[i] = number;
    else
        status = refuse(field, &item, error);
    attune_value_clear(&item);
    return status;
}

static attune_status make_list(const attune_field *field, void *at, int64_t n, attune_error *error)
{
    if (field->kind == ATTUNE_FIELD_TEXTS)
        return ATTUNE_OK;
    bool reals = field->kind == ATTUNE_FIELD_REALS;
    void *items = attune_alloc(n, reals ? sizeof(double) : sizeof(attune_value), error);
    if (!items)
        return ATTUNE_MEMORY;
    if (reals)
        *(attune_reals *)at = (attune_reals){items, n};
    else
        *(attune_values *)at = (attune_values){items, n};
    return ATTUNE_OK;
}

static attune_status set_list(const attune_field *field, void *self, const attune_value *value,
                              attune_error *error)
{
    union {
        attune_reals reals;
        attune_values values;
        attune_texts texts;
    } list = {{0}};
    json_t *json = value->kind == ATTUNE_VALUE_JSON ? attune_value_to_json(value) : NULL;
    if (value->kind == ATTUNE_VALUE_JSON && !json)
        return attune_fail(error, ATTUNE_MEMORY, "out of memory: %s", field->name);
    if (!json_is_array(json)) {
        json_decref(json);
        return refuse(field, value, error);
    }
    int64_t n = (int64_t)json_array_size(json);
    attune_status status = make_list(field, &list, n, error);
    for (int64_t i = 0; i < n && !status; i++)
        status = set_list_item(field, &list, i, json_array_get(json, (size_t)i), error);
    json_decref(json);
    attune_field local = *field;
    local.offset = 0;
    local.fitted = false;
    attune_field table[] = {local, ATTUNE_FIELDS_END};
    if (!status)
        status = attune_fields_copy(table, (char *)self + field->offset, &list, ATTUNE_HYPERPARAMS,
                                    error);
    attune_fields_clear(table, &list, ATTUNE_HYPERPARAMS);
    return status;
}

static attune_status set_null(const attune_field *field, void *at, const attune_value *value,
                              attune_error *error)
{
    if (!field->nullable)
        return refuse(field, value, error);
    if (field->kind == ATTUNE_FIELD_REAL)
        *(double *)at = NAN;
    else if (field->kind == ATTUNE_FIELD_INTEGER)
        *(int64_t *)at = INT64_MIN;
    else if (field->kind == ATTUNE_FIELD_ENUM)
        *(int *)at = -1;
    else if (field->kind == ATTUNE_FIELD_TEXT) {
        free(*(char **)at);
        *(char **)at = NULL;
    }
    return ATTUNE_OK;
}

static attune_status set_text(const attune_field *field, char **at, const attune_value *value,
                              attune_error *error)
{
    if (value->kind != ATTUNE_VALUE_TEXT)
        return refuse(field, value, error);
    char *copy = attune_copy_text(value->text, error);
    if (!copy)
        return ATTUNE_MEMORY;
    free(*at);
    *at = copy;
    return ATTUNE_OK;
}

attune_status attune_field_set(const attune_field *field, void *self, const attune_value *value,
                               attune_error *error)
{
    void *at = (char *)self + field->offset;
    double number = 0;
    if (field->kind == ATTUNE_FIELD_VALUE)
        return attune_value_copy(at, value, error);
    if (value->kind == ATTUNE_VALUE_NULL)
        return set_null(field, at, value, error);
    if (field->kind == ATTUNE_FIELD_INTEGER)
        return set_integer(field, at, value, error);
    if (field->kind == ATTUNE_FIELD_TEXT)
        return set_text(field, at, value, error);
    if (field->kind == ATTUNE_FIELD_REALS || field->kind == ATTUNE_FIELD_VALUES ||
        field->kind == ATTUNE_FIELD_TEXTS)
        return set_list(field, self, value, error);
    if (field->kind == ATTUNE_FIELD_REAL && real_of(value, &number) && in_range(field, number))
        *(double *)at = number;
    else if (field->kind == ATTUNE_FIELD_BOOLEAN && value->kind == ATTUNE_VALUE_BOOLEAN)
        *(bool *)at = value->boolean;
    else if (field->kind == ATTUNE_FIELD_ENUM && value->kind == ATTUNE_VALUE_TEXT &&
             enum_index(field, value->text) >= 0)
        *(int *)at = enum_index(field, value->text);
    else
        return refuse(field, value, error);
    return ATTUNE_OK;
}

/* The item of a list, or NULL when memory is out or a text is not UTF-8. */
static json_t *item_json(const attune_field *field, const void *at, int64_t i)
{
    if (field->kind == ATTUNE_FIELD_REALS)
        return attune_json_from_real(((const attune_reals *)at)->items[i]);
    if (field->kind == ATTUNE_FIELD_VALUES)
        return attune_value_to_json(&((const attune_values *)at)->items[i]);
    return json_string(((const attune_texts *)at)->items[i]);
}

static json_t *list_json(const attune_field *field, const void *at, int64_t n)
{
    json_t *list = json_array();
    for (int64_t i = 0; i < n; i++)
        if (json_array_append_new(list, item_json(field, at, i)) != 0) {
            json_decref(list);
            return NULL;
        }
    return list;
}

static json_t *field_json(const attune_field *field, const void *self)
{
    const void *at = (const char *)self + field->offset;
    switch (field->kind) {
    case ATTUNE_FIELD_REAL:
        return isnan(*(const double *)at) ? json_null()
                                          : attune_json_from_real(*(const double *)at);
    case ATTUNE_FIELD_INTEGER:
        return *(const int64_t *)at == INT64_MIN ? json_null() : json_integer(*(const int64_t *)at);
    case ATTUNE_FIELD_BOOLEAN:
        return json_boolean(*(const bool *)at);
    case ATTUNE_FIELD_TEXT:
        return *(char *const *)at ? json_string(*(char *const *)at) : json_null();
    case ATTUNE_FIELD_ENUM:
        return *(const int *)at < 0 ? json_null() : json_string(field->choices[*(const int *)at]);
    case ATTUNE_FIELD_REALS:
        return list_json(field, at, ((const attune_reals *)at)->n);
    case ATTUNE_FIELD_VALUES:
        return list_json(field, at, ((const attune_values *)at)->n);
    case ATTUNE_FIELD_VALUE:
        return attune_value_to_json(at);
    case ATTUNE_FIELD_TEXTS:
        return list_json(field, at, ((const attune_texts *)at)->n);
    case ATTUNE_FIELD_ARRAY:
    case ATTUNE_FIELD_CHILDREN:
    case ATTUNE_FIELD_END:
        break;
    }
    return NULL;
}

attune_status attune_field_get(const attune_field *field, const void *self, attune_value *value,
                               attune_error *error)
{
    if (field->kind == ATTUNE_FIELD_ARRAY || field->kind == ATTUNE_FIELD_CHILDREN)
        return attune_fail(error, ATTUNE_INTERNAL, "%s has no value", field->name);
    json_t *json = field_json(field, self);
    if (!json)
        return attune_fail(
            error, ATTUNE_MEMORY,
            "%s cannot be read as a value: out of memory, or a text that is not UTF-8",
            field->name);
    attune_status status = attune_value_from_json(value, json, error);
    json_decref(json);
    return status;
}

attune_status attune_field_default(const attune_field *field, attune_value *value,
                                   attune_error *error)
{
    if (field->kind == ATTUNE_FIELD_REAL && isnan(field->real))
        attune_value_clear(value);
    else if (field->kind == ATTUNE_FIELD_REAL)
        *value = attune_value_real(field->real);
    else if (field->kind == ATTUNE_FIELD_INTEGER && field->integer != INT64_MIN)
        *value = attune_value_integer(field->integer);
    else if (field->kind == ATTUNE_FIELD_BOOLEAN)
        *value = attune_value_boolean(field->integer != 0);
    else if (field->kind == ATTUNE_FIELD_TEXT && field->text)
        return attune_value_set_text(value, field->text, error);
    else if (field->kind == ATTUNE_FIELD_ENUM && field->integer >= 0)
        return attune_value_set_text(value, field->choices[field->integer], error);
    else
        attune_value_clear(value);
    return ATTUNE_OK;
}

static attune_status set_at(const attune_field *field, void *self, json_t *json,
                            const attune_at *at, attune_error *error)
{
    attune_value value = {0};
    attune_error problem = {0};
    attune_status status = attune_value_from_json(&value, json, &problem);
    if (!status)
        status = attune_field_set(field, self, &value, &problem);
    attune_value_clear(&value);
    if (status == ATTUNE_INVALID) {
        /* The place already says the field's name. */
        const char *words = strstr(problem.message, ": ");
        bool named = words && at->key && strcmp(at->key, field->name) == 0;
        return attune_fail_at(error, at, "%s", named ? words + 2 : problem.message);
    }
    return status ? attune_fail(error, status, "%s", problem.message) : ATTUNE_OK;
}

static attune_status from_array(const attune_field *fields, void *self, json_t *json,
                                const attune_at *at, const char *owner, attune_error *error)
{
    const attune_field *field = fields;
    attune_status status = ATTUNE_OK;
    for (size_t i = 0; i < json_array_size(json) && !status; i++, field++) {
        while (field->kind && (field->fitted || field->kind == ATTUNE_FIELD_CHILDREN))
            field++;
        attune_at item = attune_at_item(at, (int64_t)i);
        if (!field->kind)
            return attune_fail_at(error, &item, "%s takes %zu values, got %zu", owner, i,
                                  json_array_size(json));
        status = set_at(field, self, json_array_get(json, i), &item, error);
    }
    return status;
}

static attune_status from_object(const attune_field *fields, void *self, json_t *json,
                                 const attune_at *at, const char *owner, attune_error *error)
{
    const char *key;
    json_t *value;
    attune_status status = ATTUNE_OK;
    json_object_foreach(json, key, value)
    {
        if (attune_json_is_comment(key))
            continue;
        attune_at place = attune_at_key(at, key);
        const attune_field *field = attune_field_find(fields, key);
        if (!field || field->fitted || field->kind == ATTUNE_FIELD_CHILDREN) {
            attune_error problem = {0};
            attune_field_unknown(fields, key, owner, &problem);
            return attune_fail_for(error, &place, &problem);
        }
        status = set_at(field, self, value, &place, error);
        if (status)
            break;
    }
    return status;
}

attune_status attune_fields_from_json(const attune_field *fields, void *self, json_t *json,
                                      const attune_at *at, const char *owner, attune_error *error)
{
    if (json_is_object(json))
        return from_object(fields, self, json, at, owner, error);
    if (json_is_array(json))
        return from_array(fields, self, json, at, owner, error);
    /* A lone value is the first field: {"boolean": 0.5}. */
    const attune_field *field = fields;
    while (field->kind && (field->fitted || field->kind == ATTUNE_FIELD_CHILDREN))
        field++;
    if (!field->kind)
        return attune_fail_at(error, at, "%s takes nothing", owner);
    return set_at(field, self, json, at, error);
}

json_t *attune_fields_to_json(const attune_field *fields, const void *self, attune_field_use use,
                              attune_error *error)
{
    json_t *object = json_object();
    for (const attune_field *field = fields; object && field->kind; field++) {
        if (!attune_field_is(field, use) || field->kind == ATTUNE_FIELD_ARRAY ||
            field->kind == ATTUNE_FIELD_CHILDREN)
            continue;
        if (json_object_set_new(object, field->name, field_json(field, self)) != 0) {
            json_decref(object);
            object = NULL;
        }
    }
    if (!object)
        attune_fail(error, ATTUNE_MEMORY,
                    "cannot write the fields as JSON: no memory, or a text that is not UTF-8");
    return object;
}

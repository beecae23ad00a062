/* spaces/value.c - one value of a hyperparameter. */
#include "spaces/value.h"

#include "spaces/base/number.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

attune_value attune_value_boolean(bool boolean)
{
    return (attune_value){.kind = ATTUNE_VALUE_BOOLEAN, .boolean = boolean};
}

attune_value attune_value_integer(int64_t integer)
{
    return (attune_value){.kind = ATTUNE_VALUE_INTEGER, .integer = integer};
}

attune_value attune_value_real(double real)
{
    return (attune_value){.kind = ATTUNE_VALUE_REAL, .real = real};
}

attune_status attune_value_copy(attune_value *to, const attune_value *from, attune_error *error)
{
    attune_value copy = *from;
    copy.text = attune_copy_text(from->text, error);
    if (from->text && !copy.text)
        return ATTUNE_MEMORY;
    attune_value_clear(to);
    *to = copy;
    return ATTUNE_OK;
}

attune_status attune_value_set_text(attune_value *to, const char *text, attune_error *error)
{
    char *copy = attune_copy_text(text, error);
    if (!copy)
        return ATTUNE_MEMORY;
    attune_value_clear(to);
    *to = (attune_value){.kind = ATTUNE_VALUE_TEXT, .text = copy};
    return ATTUNE_OK;
}

void attune_value_clear(attune_value *value)
{
    free(value->text);
    memset(value, 0, sizeof *value);
}

static bool is_number(const attune_value *value)
{
    return value->kind == ATTUNE_VALUE_INTEGER || value->kind == ATTUNE_VALUE_REAL;
}

/* The number as an integer where it is one; beyond 2^53 a double would not tell them apart. */
static bool as_whole(const attune_value *value, int64_t *whole)
{
    *whole = value->integer;
    if (value->kind == ATTUNE_VALUE_INTEGER)
        return true;
    if (value->real != trunc(value->real) || value->real < -0x1p63 || value->real >= 0x1p63)
        return false;
    *whole = (int64_t)value->real;
    return true;
}

bool attune_value_same(const attune_value *a, const attune_value *b)
{
    if (is_number(a) && is_number(b)) {
        int64_t i = 0, j = 0;
        bool whole = as_whole(a, &i);
        if (whole != as_whole(b, &j))
            return false;
        return whole ? i == j : a->real == b->real || (isnan(a->real) && isnan(b->real));
    }
    if (a->kind != b->kind)
        return false;
    if (a->kind == ATTUNE_VALUE_BOOLEAN)
        return a->boolean == b->boolean;
    return a->kind == ATTUNE_VALUE_NULL || strcmp(a->text, b->text) == 0;
}

bool attune_value_number(const attune_value *value, double *number)
{
    if (value->kind == ATTUNE_VALUE_INTEGER)
        *number = (double)value->integer;
    else if (value->kind == ATTUNE_VALUE_REAL)
        *number = value->real;
    else if (value->kind == ATTUNE_VALUE_BOOLEAN)
        *number = value->boolean;
    else
        return false;
    return true;
}

attune_key attune_value_key(attune_key key, const attune_value *value)
{
    /* The same number has the same key whether a plan wrote 3 or 3.0. */
    int64_t whole = 0;
    if (is_number(value) && as_whole(value, &whole))
        return attune_key_integer(attune_key_integer(key, ATTUNE_VALUE_INTEGER), whole);
    if (is_number(value))
        return attune_key_real(key, value->real);
    key = attune_key_integer(key, value->kind);
    if (value->kind == ATTUNE_VALUE_BOOLEAN)
        return attune_key_integer(key, value->boolean);
    return attune_key_text(key, value->text);
}

attune_status attune_value_from_json(attune_value *to, const json_t *json, attune_error *error)
{
    attune_value value = {0};
    if (json_is_string(json))
        return attune_value_set_text(to, json_string_value(json), error);
    if (json_is_boolean(json))
        value = attune_value_boolean(json_is_true(json));
    else if (json_is_integer(json))
        value = attune_value_integer(json_integer_value(json));
    else if (json_is_real(json))
        value = attune_value_real(json_real_value(json));
    else if (json && !json_is_null(json)) {
        value.kind = ATTUNE_VALUE_JSON;
        value.text = attune_json_write(json, error);
        if (!value.text)
            return ATTUNE_MEMORY;
    }
    attune_value_clear(to);
    *to = value;
    return ATTUNE_OK;
}

json_t *attune_value_to_json(const attune_value *value)
{
    switch (value->kind) {
    case ATTUNE_VALUE_BOOLEAN:
        return json_boolean(value->boolean);
    case ATTUNE_VALUE_INTEGER:
        return json_integer(value->integer);
    case ATTUNE_VALUE_REAL:
        return attune_json_from_real(value->real);
    case ATTUNE_VALUE_TEXT:
        return json_string(value->text);
    case ATTUNE_VALUE_JSON:
        return attune_json_parse(value->text);
    case ATTUNE_VALUE_NULL:
        break;
    }
    return json_null();
}

void attune_value_append(attune_text *text, const attune_value *value)
{
    char number[ATTUNE_NUMBER_SIZE];
    if (value->kind == ATTUNE_VALUE_BOOLEAN)
        attune_text_append(text, value->boolean ? "true" : "false");
    else if (value->kind == ATTUNE_VALUE_INTEGER)
        attune_text_printf(text, "%lld", (long long)value->integer);
    else if (value->kind == ATTUNE_VALUE_REAL)
        attune_text_append(text, attune_real_text(value->real, number));
    else if (value->kind != ATTUNE_VALUE_NULL)
        attune_text_append(text, value->text);
}

attune_status attune_value_from_words(attune_value *to, const char *words, attune_error *error)
{
    attune_document document;
    json_t *text = json_string(words); /* NULL: jansson holds UTF-8 alone */
    if (!text)
        return attune_fail(error, ATTUNE_INVALID, "\"%s\" is not UTF-8 text", words);
    json_decref(text);
    if (attune_document_parse(&document, "", words, (int64_t)strlen(words), NULL))
        return attune_value_set_text(to, words, error);
    attune_status status = attune_value_from_json(to, document.root, error);
    attune_document_clear(&document);
    return status;
}

void attune_values_clear(attune_values *values)
{
    for (int64_t i = 0; i < values->n; i++)
        attune_value_clear(&values->items[i]);
    free(values->items);
    memset(values, 0, sizeof *values);
}

attune_status attune_values_copy(attune_values *to, const attune_values *from, attune_error *error)
{
    attune_values copy = {attune_alloc(from->n, sizeof *copy.items, error), from->n};
    attune_status status = ATTUNE_OK;
    if (!copy.items)
        return ATTUNE_MEMORY;
    for (int64_t i = 0; i < from->n && !status; i++)
        status = attune_value_copy(&copy.items[i], &from->items[i], error);
    attune_values_clear(status ? &copy : to);
    if (!status)
        *to = copy;
    return status;
}

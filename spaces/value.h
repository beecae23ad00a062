/* spaces/value.h - one value of a hyperparameter: what a plan writes, a space samples, a step gets.
 *
 * Lists and objects travel as their canonical JSON text, so that a value can cross threads.
 * Thread class: a value belongs to one thread; reading a shared one is fine. */
#ifndef ATTUNE_SPACES_VALUE_H
#define ATTUNE_SPACES_VALUE_H

#include "spaces/base/json.h"
#include "spaces/base/key.h"

typedef enum attune_value_kind {
    ATTUNE_VALUE_NULL, /* none, or "let the step decide" */
    ATTUNE_VALUE_BOOLEAN,
    ATTUNE_VALUE_INTEGER,
    ATTUNE_VALUE_REAL,
    ATTUNE_VALUE_TEXT,
    ATTUNE_VALUE_JSON /* a list or an object */
} attune_value_kind;

typedef struct attune_value {
    attune_value_kind kind;
    bool boolean;
    int64_t integer;
    double real;
    char *text; /* owned: TEXT, and the canonical text of JSON */
} attune_value;

/* A value of that kind; nothing to clear. */
attune_value attune_value_boolean(bool boolean);
attune_value attune_value_integer(int64_t integer);
attune_value attune_value_real(double real);

/* Deep copies; to must be zeroed or hold a value (which is cleared). */
attune_status attune_value_copy(attune_value *to, const attune_value *from, attune_error *error);
attune_status attune_value_set_text(attune_value *to, const char *text, attune_error *error);
void attune_value_clear(attune_value *value);

/* Integers and reals are the same value when they are the same number; NaN equals NaN. */
bool attune_value_same(const attune_value *a, const attune_value *b);

/* The number of an INTEGER, REAL or BOOLEAN (0, 1); false: it has none. */
bool attune_value_number(const attune_value *value, double *number);

/* Values that are the same have the same key. */
attune_key attune_value_key(attune_key key, const attune_value *value);

attune_status attune_value_from_json(attune_value *to, const json_t *json, attune_error *error);
json_t *attune_value_to_json(const attune_value *value); /* new reference; NULL: no memory */

/* As a person writes it: true, 3, 0.1, l1, [64,32]; "" for NULL. Appends. */
void attune_value_append(attune_text *text, const attune_value *value);

/* From the command line: JSON when it is, else the text itself. */
attune_status attune_value_from_words(attune_value *to, const char *words, attune_error *error);

typedef struct attune_values {
    attune_value *items;
    int64_t n;
} attune_values;

void attune_values_clear(attune_values *values);
/* Deep; what to held is cleared. */
attune_status attune_values_copy(attune_values *to, const attune_values *from, attune_error *error);

#endif

/* spaces/base/field.h - a type declares its members once; everything else is derived.
 *
 * A distribution, step, sampler, ... lists its members in a table:
 *
 *     static const attune_field fields[] = {
 *         ATTUNE_REAL(struct lasso, alpha, 1.0, "strength of the penalty", .no_high = true),
 *         ATTUNE_ENUM(struct lasso, selection, selections, 0, "order of the coordinates"),
 *         ATTUNE_FITTED_ARRAY(struct lasso, coef, "one row a target, one column an input"),
 *         ATTUNE_FIELDS_END,
 *     };
 *
 * From it come defaults, setting and getting by name, copying, JSON, saving, help, freeing.
 * After the default and the doc, a macro takes further members of attune_field by name.
 * Thread class: tables are constant; an object belongs to one thread while it is set. */
#ifndef ATTUNE_SPACES_BASE_FIELD_H
#define ATTUNE_SPACES_BASE_FIELD_H

#include "spaces/base/array.h"
#include "spaces/value.h"

typedef enum attune_field_kind {
    ATTUNE_FIELD_END,
    ATTUNE_FIELD_REAL,     /* double; null is NaN */
    ATTUNE_FIELD_INTEGER,  /* int64_t; null is INT64_MIN */
    ATTUNE_FIELD_BOOLEAN,  /* bool */
    ATTUNE_FIELD_TEXT,     /* char *, owned; null is NULL */
    ATTUNE_FIELD_ENUM,     /* int, an index in choices; null is -1 */
    ATTUNE_FIELD_REALS,    /* attune_reals */
    ATTUNE_FIELD_VALUES,   /* attune_values */
    ATTUNE_FIELD_TEXTS,    /* attune_texts */
    ATTUNE_FIELD_ARRAY,    /* attune_array; fitted */
    ATTUNE_FIELD_CHILDREN, /* attune_children (steps/step.h): seen by steps only */
    ATTUNE_FIELD_VALUE,    /* attune_value: anything, null too */
} attune_field_kind;

typedef struct attune_reals {
    double *items; /* owned */
    int64_t n;
} attune_reals;

typedef struct attune_field {
    const char *name;
    attune_field_kind kind;
    bool fitted; /* learnt by fit, saved with the step; else a hyperparameter */
    size_t offset;
    const char *const *choices; /* of an ENUM, NULL at the end */
    union {                     /* the default; lists and arrays start empty */
        double real;
        int64_t integer;
        const char *text;
    };
    const char *doc;
    bool nullable;
    bool budget; /* more of it continues the same fit (trees, epochs): no new stream */
    /* The allowed range of REAL, INTEGER and the items of REALS. No limit when both ends are 0 and
     * no flag is given; a high end of 0 is none. */
    double low, high;
    bool above_low;           /* low itself is refused */
    bool no_low;              /* there is no low end */
    bool no_high;             /* there is no high end, but a low one */
    const char *since;        /* the version that brought it */
    const char *renamed_from; /* still accepted on input */
} attune_field;

/* It would take the braces of a row for those of a block. */
/* clang-format off */
#define ATTUNE_FIELD_AT(type, member) .name = #member, .offset = offsetof(type, member)
#define ATTUNE_REAL(type, member, ...)                                                             \
    {ATTUNE_FIELD_AT(type, member), .kind = ATTUNE_FIELD_REAL, .real = __VA_ARGS__}
#define ATTUNE_INTEGER(type, member, ...)                                                          \
    {ATTUNE_FIELD_AT(type, member), .kind = ATTUNE_FIELD_INTEGER, .integer = __VA_ARGS__}
#define ATTUNE_BOOLEAN(type, member, ...)                                                          \
    {ATTUNE_FIELD_AT(type, member), .kind = ATTUNE_FIELD_BOOLEAN, .integer = __VA_ARGS__}
#define ATTUNE_TEXT(type, member, ...)                                                             \
    {ATTUNE_FIELD_AT(type, member), .kind = ATTUNE_FIELD_TEXT, .text = __VA_ARGS__}
#define ATTUNE_ENUM(type, member, names, ...)                                                      \
    {ATTUNE_FIELD_AT(type, member), .kind = ATTUNE_FIELD_ENUM, .choices = (names),                 \
     .integer = __VA_ARGS__}
#define ATTUNE_REALS(type, member, ...)                                                            \
    {ATTUNE_FIELD_AT(type, member), .kind = ATTUNE_FIELD_REALS, .doc = __VA_ARGS__}
#define ATTUNE_VALUES(type, member, ...)                                                           \
    {ATTUNE_FIELD_AT(type, member), .kind = ATTUNE_FIELD_VALUES, .doc = __VA_ARGS__}
#define ATTUNE_VALUE(type, member, ...)                                                            \
    {ATTUNE_FIELD_AT(type, member), .kind = ATTUNE_FIELD_VALUE, .doc = __VA_ARGS__}
#define ATTUNE_TEXTS(type, member, ...)                                                            \
    {ATTUNE_FIELD_AT(type, member), .kind = ATTUNE_FIELD_TEXTS, .doc = __VA_ARGS__}
#define ATTUNE_CHILDREN(type, member, ...)                                                         \
    {ATTUNE_FIELD_AT(type, member), .kind = ATTUNE_FIELD_CHILDREN, .doc = __VA_ARGS__}
#define ATTUNE_FITTED_ARRAY(type, member, ...)                                                     \
    {ATTUNE_FIELD_AT(type, member), .kind = ATTUNE_FIELD_ARRAY, .fitted = true, .doc = __VA_ARGS__}
#define ATTUNE_FITTED_TEXTS(type, member, ...)                                                     \
    {ATTUNE_FIELD_AT(type, member), .kind = ATTUNE_FIELD_TEXTS, .fitted = true, .doc = __VA_ARGS__}
#define ATTUNE_FITTED_INTEGER(type, member, ...)                                                   \
    {ATTUNE_FIELD_AT(type, member), .kind = ATTUNE_FIELD_INTEGER, .fitted = true,                  \
     .no_low = true, .no_high = true, .doc = __VA_ARGS__}
#define ATTUNE_FIELDS_END {.kind = ATTUNE_FIELD_END}
/* clang-format on */

/* Hyperparameters and fitted members are handled apart: which of the two a call is about. */
typedef enum attune_field_use {
    ATTUNE_HYPERPARAMS = 1,
    ATTUNE_FITTED = 2,
    ATTUNE_ALL = 3
} attune_field_use;

/* Whether a field is of this use. */
bool attune_field_is(const attune_field *field, attune_field_use use);

/* The field of a name (or of an old name), or NULL. */
const attune_field *attune_field_find(const attune_field *fields, const char *name);

/* INVALID: no such field, with the nearest name, or the list when none is near. */
attune_status attune_field_unknown(const attune_field *fields, const char *name, const char *owner,
                                   attune_error *error);

/* Fills a zeroed object with defaults; frees the members of one use and leaves them zeroed. */
attune_status attune_fields_init(const attune_field *fields, void *self, attune_error *error);
void attune_fields_clear(const attune_field *fields, void *self, attune_field_use use);

/* Deep copy of the members of one use between objects of one type. */
attune_status attune_fields_copy(const attune_field *fields, void *to, const void *from,
                                 attune_field_use use, attune_error *error);

/* One hyperparameter from or to a value: type and range are checked, INVALID says which. */
attune_status attune_field_set(const attune_field *field, void *self, const attune_value *value,
                               attune_error *error);
attune_status attune_field_get(const attune_field *field, const void *self, attune_value *value,
                               attune_error *error);

/* All hyperparameters: from an array in table order or an object by name. What is not given keeps
 * its value. owner names the type in messages. */
attune_status attune_fields_from_json(const attune_field *fields, void *self, json_t *json,
                                      const attune_at *at, const char *owner, attune_error *error);
/* All hyperparameters, or the fitted members that are no arrays, as an object. New reference. */
json_t *attune_fields_to_json(const attune_field *fields, const void *self, attune_field_use use,
                              attune_error *error);

/* What a field accepts, for people: "real above 0", "one of l1, l2"; its default as a value. */
void attune_field_describe(const attune_field *field, attune_text *text);
attune_status attune_field_default(const attune_field *field, attune_value *value,
                                   attune_error *error);

#endif

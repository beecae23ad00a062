/* steps/data/schema.h - what the columns of a data set are: kind, role, levels; and typing by it.
 *
 * Made once from the whole training file, then kept with the study and the dump: data read later
 * are typed by the same schema, matched by name.
 * Thread class: shared read-only once made. */
#ifndef ATTUNE_STEPS_DATA_SCHEMA_H
#define ATTUNE_STEPS_DATA_SCHEMA_H

#include "spaces/base/json.h"
#include "steps/data/data.h"
#include "steps/data/table.h"

typedef struct attune_schema_column {
    char *name;
    attune_kind kind;
    attune_role role;
    attune_levels *levels; /* NOMINAL; for a class target: the classes in order */
} attune_schema_column;

typedef struct attune_schema {
    attune_schema_column *columns; /* in the order of the training file */
    int64_t n;
    attune_texts missing; /* tokens */
    attune_task task;
    int32_t positive; /* the positive class's code when BINARY, else -1 */
} attune_schema;

/* What a plan's "data" says of columns; all nullable, texts borrowed. */
typedef struct attune_schema_request {
    const char *target, *positive, *time, *weight;
    const attune_texts *id, *group, *ignore;
    const attune_texts *missing;
    json_t *kinds;       /* {"signup": "datetime", "zip": "nominal"} */
    const attune_at *at; /* of "data" in the plan, for messages; nullable */
    attune_task
        task; /* what the metric asks for: REGRESSION, or BINARY for any classes; NO_TASK: infer */
} attune_schema_request;

/* Kinds: a number column is REAL; dates DATETIME; texts NOMINAL up to 10 levels, and up to 1,000
 * when they are no more than half of the rows, else TEXT (and then ignored with a note when an
 * input). The target: text is classes; whole numbers of at most 20 distinct values are classes
 * unless the task says otherwise; other numbers a regression. Two classes: positive is the
 * request's, else the later in order. Ids are TEXT; groups and ignored columns that are text are
 * TEXT too, so that a schema does not carry their values. A column all of whose values are missing
 * is REAL. Notes (nullable) get one line for each thing decided that a person would want to know.
 * INVALID: no rows, a column that is not there or has two roles, a kind that the fields are not,
 * a target that is missing somewhere or has one class or too many, a weight that is negative. */
attune_status attune_schema_infer(attune_schema **schema, const attune_table *table,
                                  const attune_schema_request *request, attune_texts *notes,
                                  attune_error *error);
void attune_schema_free(attune_schema *schema);

/* {"columns": [{"name", "kind", "role", "levels"?}], "missing", "task", "positive"?} and back. To:
 * a new reference, NULL with error set. From: every name, code and kind is checked, INVALID. */
json_t *attune_schema_to_json(const attune_schema *schema, attune_error *error);
attune_status attune_schema_from_json(attune_schema **schema, json_t *json, const attune_at *at,
                                      attune_error *error);

/* Types a table. Columns are found by name and come in the schema's order, extra ones passed over.
 * An ignored column that is missing or cannot be typed is left out; with need_target false so is a
 * target, weight, group or id. A text in a number column is INVALID with its line, an infinity too;
 * with need_target a missing target, time or weight, and a class that the schema does not know. A
 * level of another column that it does not know is CODE_UNSEEN, counted in notes: 'unknown level
 * plan="promo" in 2 rows'. */
attune_status attune_schema_data(const attune_schema *schema, const attune_table *table,
                                 bool need_target, attune_data **data, attune_texts *notes,
                                 attune_error *error);

/* Of the file's own content, in row order: rows, names, kinds, roles, levels and values of all
 * columns that are not ignored. 64 hexadecimal digits of SHA-256 would cost a second a gigabyte
 * more; this is 128 bits of XXH3. */
attune_key attune_data_fingerprint(const attune_data *data);

#endif

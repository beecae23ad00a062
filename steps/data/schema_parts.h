/* steps/data/schema_parts.h - what the files of the schema share; steps/data/schema.h is for
 * everyone else.
 *
 *     schema_infer.c   roles and kinds of the columns
 *     schema_target.c  the target: classes or numbers, the task, the positive class
 *     schema_levels.c  the different texts of a column, sorted
 *     schema_data.c    typing a table
 *     schema_json.c    to and from JSON */
#ifndef ATTUNE_STEPS_DATA_SCHEMA_PARTS_H
#define ATTUNE_STEPS_DATA_SCHEMA_PARTS_H

#include "steps/data/schema.h"

enum { attune_schema_most_levels = 1000, attune_schema_few_levels = 10 };

typedef struct attune_schema_work {
    attune_schema *schema;
    const attune_table *table;
    const attune_schema_request *request;
    attune_texts *notes; /* nullable */
    attune_error *error;
} attune_schema_work;

/* INVALID about a key of the plan's "data": at its place when that is known, else by its name. */
attune_status attune_schema_fail(const attune_schema_work *work, const char *key,
                                 const char *format, ...) ATTUNE_FORMAT(3, 4);
attune_status attune_schema_note(const attune_schema_work *work, const char *format, ...)
    ATTUNE_FORMAT(2, 3);

/* Whether so many different texts are levels, rather than names or prose. */
bool attune_schema_levels_fit(const attune_summary *summary, int64_t n_rows);

/* All different texts of a column as levels, sorted. */
attune_status attune_schema_levels(const attune_table *table, int64_t column,
                                   attune_levels **levels, attune_error *error);

/* The first row whose field is missing, -1: none. */
int64_t attune_schema_first_missing(const attune_table *table, int64_t column);

/* What the column says a declared kind is: NULL when it is declared nowhere. */
const char *attune_schema_declared(const attune_schema_request *request, const char *name);

/* Kind, levels, task and positive class of the target, column `c`. */
attune_status attune_schema_target(attune_schema_work *work, int64_t c);

#endif

/* steps/table.h - a delimited text file, read whole: fields as bytes, columns summed up.
 *
 * Reading and typing are two steps, so that a target of 0 and 1 can become classes with the very
 * texts of the file, and an id keeps its leading zeros. A table says what each column could be;
 * a schema (steps/schema.h) decides; attune_schema_data makes the typed columns.
 * Thread class: shared read-only once read. */
#ifndef ATTUNE_STEPS_TABLE_H
#define ATTUNE_STEPS_TABLE_H

#include "spaces/base/key.h"
#include "spaces/base/text.h"

typedef struct attune_table_options {
    char delimiter;              /* 0: found out from the first lines: , ; tab | */
    const attune_texts *missing; /* tokens that mean missing; NULL: "", NA, N/A, NaN, nan, null, NULL, ? */
} attune_table_options;

/* What all fields of a column are. */
typedef struct attune_summary {
    int64_t n_missing;
    int64_t n_distinct; /* of the fields that are not missing; counting stops at 10,001 */
    bool real;          /* all read as numbers (columns without any value: false) */
    bool integer;       /* all are whole numbers */
    bool datetime;      /* all are ISO 8601 dates or times */
    int64_t bytes;      /* of all fields together */
    int64_t first_text; /* a row whose field is not a number, -1: none */
} attune_summary;

typedef struct attune_table attune_table;

/* A path, "-" for standard input; gzip is recognised by its first bytes. RFC 4180 quoting, LF or
 * CRLF, UTF-8 with or without a mark; the first record names the columns. INVALID with line and
 * column: no header, a name twice or empty, a ragged record, a quote never closed, a NUL byte.
 * O(bytes). */
attune_status attune_table_read(attune_table **table, const char *path,
                                const attune_table_options *options, attune_error *error);
/* The same from memory; source names it in messages; bytes are copied. */
attune_status attune_table_parse(attune_table **table, const char *source, const char *bytes,
                                 int64_t length, const attune_table_options *options,
                                 attune_error *error);
void attune_table_free(attune_table *table);

const char *attune_table_source(const attune_table *table);
int64_t attune_table_n_rows(const attune_table *table);
int64_t attune_table_n_columns(const attune_table *table);
const char *attune_table_name(const attune_table *table, int64_t column);
int64_t attune_table_find(const attune_table *table, const char *name); /* -1: none; O(1)-ish */
const attune_summary *attune_table_summary(const attune_table *table, int64_t column);

/* A field's bytes, unquoted, not terminated; *length -1 when it is missing. */
const char *attune_table_field(const attune_table *table, int64_t row, int64_t column,
                               int64_t *length);
/* Line of a record, from 1. */
int64_t attune_table_line(const attune_table *table, int64_t row);

/* ISO 8601: 2026-11-22, 2026-11-22 07:30, ...T07:30:15.25, with Z or +01:00 taken into account;
 * microseconds since 1970. False: it is not one. */
bool attune_datetime_read(const char *text, int64_t length, int64_t *microseconds);
/* "2026-11-22" or "2026-11-22 07:30:15" into a buffer; returns it. */
const char *attune_datetime_text(int64_t microseconds, char *text, size_t size);

#endif

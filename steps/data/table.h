/* steps/data/table.h - a delimited text file, read whole: fields as bytes, columns summed up.
 *
 * Reading and typing are two steps, so that a target of 0 and 1 can become classes with the very
 * texts of the file, and an id keeps its leading zeros. A table says what each column could be;
 * a schema (steps/data/schema.h) decides; attune_schema_data makes the typed columns.
 * Thread class: shared read-only once read. */
#ifndef ATTUNE_STEPS_DATA_TABLE_H
#define ATTUNE_STEPS_DATA_TABLE_H

#include "spaces/base/key.h"
#include "spaces/base/text.h"

typedef struct attune_table_options {
    char delimiter;              /* 0: found out from the first lines: , ; tab | */
    const attune_texts *missing; /* tokens that mean missing, the empty field always does; NULL:
                                    "", NA, N/A, NaN, nan, null, NULL, ? */
} attune_table_options;

/* What all fields of a column are. Blanks around a number, a date or a missing token are passed
 * over; in a text they belong to it. */
typedef struct attune_summary {
    int64_t n_missing;
    int64_t n_distinct; /* of the fields that are not missing; counting stops at 10,001 */
    int64_t n_numbers;  /* fields that are numbers */
    bool real;          /* all read as numbers (columns without any value: false) */
    bool integer;       /* all are whole, finite numbers */
    bool datetime;      /* all are ISO 8601 dates or times */
    int64_t bytes;      /* of all fields together */
    int64_t first_text; /* a row whose field is not a number, -1: none */
} attune_summary;

typedef struct attune_table attune_table;

/* A path, "-" for standard input; gzip is recognised by its first bytes. RFC 4180 quoting, LF or
 * CRLF, UTF-8 with or without a mark; the first line that is not blank names the columns (blanks
 * around a name are dropped). Blank lines are passed over; in a file of one column they are missing
 * values, except at the end. A header alone gives 0 rows. INVALID with line and column (bytes, from
 * 1): no header, a name twice or empty, a ragged record, a quote never closed, text after a closing
 * quote, a NUL byte, not UTF-8. NOT_FOUND, IO. O(bytes). */
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

const attune_texts *attune_table_missing(const attune_table *table); /* the tokens in force */

/* A field's bytes, unquoted, not terminated; *length -1 when it is missing. */
const char *attune_table_field(const attune_table *table, int64_t row, int64_t column,
                               int64_t *length);
/* Line of a record, from 1. O(bytes): for messages. */
int64_t attune_table_line(const attune_table *table, int64_t row);

/* A column of at most 10,000 different fields, and no more than half of the rows, has a dictionary:
 * one code a row, the number of a word or ATTUNE_WORD_MISSING. NULL: this column has none. Words
 * stand in the order of their first rows. */
#define ATTUNE_WORD_MISSING UINT16_MAX
const uint16_t *attune_table_codes(const attune_table *table, int64_t column, int32_t *n_words);
const char *attune_table_word(const attune_table *table, int64_t column, int32_t word,
                              int64_t *length);

/* A field as a number (an infinity is one, NaN is not) or a time; blanks around are passed over. */
bool attune_table_real(const char *text, int64_t length, double *value);
bool attune_table_time(const char *text, int64_t length, int64_t *microseconds);

/* ISO 8601: 2026-11-22, 2026-11-22 07:30, ...T07:30:15.25, with Z or +01:00 taken into account;
 * microseconds since 1970. False: it is not one. */
bool attune_datetime_read(const char *text, int64_t length, int64_t *microseconds);
/* "2026-11-22", "2026-11-22 07:30:15" or "... 07:30:15.250000", what is needed, into a buffer;
 * returns it. */
const char *attune_datetime_text(int64_t microseconds, char *text, size_t size);

#endif

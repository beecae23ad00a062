/* steps/data/table_parts.h - what the files of the table share; steps/data/table.h is for everyone
 * else.
 *
 * Reading goes source -> scan -> names -> summaries:
 *     table_source.c   the bytes of a path, standard input or gzip
 *     table_check.c    is it text, and what separates its fields
 *     table_scan.c     where each field ends
 *     table_summary.c  what each column could be, and its dictionary
 *     table.c          names, and the public calls
 * A field is kept as the place of its end within its record: 2 bytes, or 4 when a record of the
 * file is over 64 KiB. A quoted one still has its
 * quotes there; when it had doubled quotes they are made single in place, and NUL bytes fill the
 * room between the closing quote and the delimiter. */
#ifndef ATTUNE_STEPS_DATA_TABLE_PARTS_H
#define ATTUNE_STEPS_DATA_TABLE_PARTS_H

#include "steps/data/table.h"

enum {
    attune_table_padding = 128, /* zero bytes after the text, so that blocks can be read past it */
    attune_table_most_words = 10000
};

typedef struct attune_table_span {
    int64_t at; /* in the table's bytes */
    int64_t length;
} attune_table_span;

typedef struct attune_table_column {
    char *name;
    attune_summary summary;
    uint16_t *codes; /* NULL: no dictionary */
    attune_table_span *words;
    int32_t n_words;
} attune_table_column;

struct attune_table {
    char *source;
    char *bytes; /* a line feed stands at [length], padding follows */
    int64_t length;
    char delimiter;
    int64_t n_rows, n_columns;
    int64_t *starts; /* of n_rows + 1 records; the first is the header */
    bool wide;       /* ends are uint32_t, else uint16_t */
    void *ends;      /* of n_columns a record, from the record's start */
    attune_table_column *columns;
    int64_t *names; /* open addressing: column + 1, or 0 */
    int64_t n_names;
    attune_texts missing;
};

/* The bytes of a path, with padding; gzip is unpacked. The caller frees. */
attune_status attune_table_load(const char *path, char **bytes, int64_t *length,
                                attune_error *error);
attune_status attune_table_unpack(const char *source, char **bytes, int64_t *length,
                                  attune_error *error);

/* INVALID when the bytes are not UTF-8 text; then which of , ; tab | stands between fields. */
attune_status attune_table_check(const attune_table *table, attune_error *error);
char attune_table_delimiter(const attune_table *table);

/* Fills starts, ends, n_rows and n_columns. */
attune_status attune_table_scan(attune_table *table, attune_error *error);

/* Fills every column's summary and dictionary. */
attune_status attune_table_summarise(attune_table *table, attune_error *error);

/* INVALID at a byte of the table: the line and the column are counted there. */
attune_status attune_table_fail(const attune_table *table, int64_t at, attune_error *error,
                                const char *format, ...) ATTUNE_FORMAT(4, 5);

/* Without blanks at both ends. */
static inline void attune_trim(const char **text, int64_t *length)
{
    while (*length && ((*text)[*length - 1] == ' ' || (*text)[*length - 1] == '\t'))
        --*length;
    while (*length && (**text == ' ' || **text == '\t')) {
        ++*text;
        --*length;
    }
}

static inline int64_t attune_table_end(const attune_table *table, int64_t field)
{
    return table->wide ? (int64_t)((const uint32_t *)table->ends)[field]
                       : (int64_t)((const uint16_t *)table->ends)[field];
}

/* The unquoted bytes of record (0 is the header), missing or not. */
static inline const char *attune_table_raw(const attune_table *table, int64_t record,
                                           int64_t column, int64_t *length)
{
    int64_t field = record * table->n_columns + column;
    int64_t start = column ? attune_table_end(table, field - 1) + 1 : 0;
    const char *text = table->bytes + table->starts[record] + start;
    int64_t n = attune_table_end(table, field) - start;
    if (*text == '"') { /* never the delimiter, so the field is not empty */
        while (text[n - 1] != '"')
            n--;
        text++;
        n -= 2;
    }
    *length = n;
    return text;
}

#endif

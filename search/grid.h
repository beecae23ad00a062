/* search/grid.h - rows and columns printed for people (aligned), as CSV or as JSON lines.
 *
 * CSV and JSON lines hold numbers in their shortest round-trip form; a table for people holds what
 * the caller wrote into the cells. Thread class: one thread. */
#ifndef ATTUNE_SEARCH_GRID_H
#define ATTUNE_SEARCH_GRID_H

#include "spaces/value.h"

#include <stdio.h>

typedef enum attune_format {
    ATTUNE_FORMAT_TABLE,
    ATTUNE_FORMAT_CSV,
    ATTUNE_FORMAT_JSONL
} attune_format;

/* "table", "csv" or "jsonl"; NULL leaves *format. INVALID names the option. */
attune_status attune_format_read(const char *word, attune_format *format, attune_error *error);

typedef struct attune_grid {
    attune_texts names;  /* of the columns */
    attune_value *cells; /* row-major; owned */
    int64_t n_rows, capacity;
} attune_grid;

/* A further column, by its name. Columns come before rows. */
attune_status attune_grid_column(attune_grid *grid, const char *name, attune_error *error);

/* A new row of NULL values to be filled in before the next one is added (owned by the grid); NULL
 * with error set. Columns come before rows. */
attune_value *attune_grid_row(attune_grid *grid, attune_error *error);
void attune_grid_clear(attune_grid *grid);

/* Tables align numbers (and texts that begin as one) to the right, and cut nothing. */
attune_status attune_grid_print(const attune_grid *grid, attune_format format, FILE *file,
                                attune_error *error);

/* A field as RFC 4180 has it, appended: quoted when it holds a comma, a quote or a line break, or
 * is empty and alone on its line. */
void attune_csv_append(attune_text *text, const char *field, bool alone);

/* A score for people: four decimals, or four digits where that says little. Returns text. */
const char *attune_score_text(double score, char text[32]);

/* 12,004: a count for people. Returns text. */
const char *attune_count_text(int64_t count, char text[32]);

#endif

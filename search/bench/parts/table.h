/* search/bench/parts/table.h - a complete table of measured configurations, and its space.
 *
 * A folder holds tables.json, {"file.csv": {"direction", "parameters": {name: {"kind",
 * "choices"}}}}, and one CSV a table: a column a parameter, then `mean` (and more, not read).
 * Thread class: shared read-only once read. */
#ifndef ATTUNE_SEARCH_BENCH_PARTS_TABLE_H
#define ATTUNE_SEARCH_BENCH_PARTS_TABLE_H

#include "spaces/space.h"

typedef struct attune_known_table {
    attune_space *space; /* a choice a categorical parameter, an ordered grid any other */
    bool maximize;
    int64_t n_rows;
    int64_t n_cells; /* the product of the numbers of choices */
    double *values;  /* by cell: dimensions in space order, the last one fastest; NaN: no row */
    double *sorted;  /* n_rows, best first */
} attune_known_table;

/* Reads folder/file; description is its object in tables.json. INVALID with what is wrong. */
attune_status attune_known_table_read(attune_known_table *table, const char *folder,
                                      const char *file, json_t *description, attune_error *error);
void attune_known_table_clear(attune_known_table *table);

/* The value of a configuration; NaN when the table has none. */
double attune_known_table_value(const attune_known_table *table, const attune_sample *sample);
/* The share of rows strictly better than a value; (value - best) / (median - best). */
double attune_known_table_quantile(const attune_known_table *table, double value);
double attune_known_table_regret(const attune_known_table *table, double value);

#endif

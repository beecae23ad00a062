/* steps/data/distinct.h - the distinct values of a column among some rows.
 *
 * Thread class: pure. */
#ifndef ATTUNE_STEPS_DATA_DISTINCT_H
#define ATTUNE_STEPS_DATA_DISTINCT_H

#include "steps/data/data.h"
#include "steps/data/rows.h"

/* Numbers the distinct values from 0 in the order in which rows show them: values[i] is the number
 * of row rows->index[i], -1 when it is missing; *n_values is how many there are. values has room
 * for rows->n. MEMORY. O(rows). */
attune_status attune_distinct(const attune_column *column, const attune_rows *rows, int64_t *values,
                              int64_t *n_values, attune_error *error);

#endif

/* steps/data/rows.h - a selection of rows: what a fold is.
 * Thread class: shared read-only once made; counted. */
#ifndef ATTUNE_STEPS_DATA_ROWS_H
#define ATTUNE_STEPS_DATA_ROWS_H

#include "spaces/base/key.h"

typedef struct attune_rows {
    int64_t count; /* atomic */
    attune_key id; /* of the indices in their order */
    int64_t n;
    int64_t *index; /* owned; rows of the unsliced data; a row may come more than once */
} attune_rows;

/* Takes index (malloc'ed), also on failure. */
attune_rows *attune_rows_new_take(int64_t *index, int64_t n, attune_error *error);
attune_rows *attune_rows_all(int64_t n, attune_error *error);
attune_rows *attune_rows_ref(attune_rows *rows);
void attune_rows_free(attune_rows *rows);

#endif

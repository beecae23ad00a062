/* steps/data/rows.c - selections of rows. */
#include "steps/data/rows.h"

#include "spaces/base/share.h"

#include <stdlib.h>

attune_rows *attune_rows_new_take(int64_t *index, int64_t n, attune_error *error)
{
    attune_rows *rows = attune_alloc(1, sizeof *rows, error);
    if (!rows) {
        free(index);
        return NULL;
    }
    attune_key id = attune_key_integer(attune_key_start("rows"), n);
    id = attune_key_bytes(id, index, n * (int64_t)sizeof *index);
    *rows = (attune_rows){.count = 1, .id = id, .n = n, .index = index};
    return rows;
}

attune_rows *attune_rows_all(int64_t n, attune_error *error)
{
    int64_t *index = attune_alloc(n, sizeof *index, error);
    if (!index)
        return NULL;
    for (int64_t i = 0; i < n; i++)
        index[i] = i;
    return attune_rows_new_take(index, n, error);
}

attune_rows *attune_rows_ref(attune_rows *rows)
{
    attune_share_take(&rows->count);
    return rows;
}

void attune_rows_free(attune_rows *rows)
{
    if (!rows || !attune_share_give(&rows->count))
        return;
    free(rows->index);
    free(rows);
}

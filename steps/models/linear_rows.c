/* steps/models/linear_rows.c - gathered training rows that several fits share. */
#include "steps/models/linear_rows.h"

#include "spaces/base/share.h"

#include <stdlib.h>

/* Numbers in a matrix; a larger one takes little of what a fit on it costs, and much memory. */
enum { MOST_SHARED = 1 << 17 };

struct shared {
    attune_linear_rows rows; /* the first member: what is handed out */
    int64_t count;
};

static void *rows_ref(void *value)
{
    attune_share_take(&((struct shared *)value)->count);
    return value;
}

static void rows_free(void *value)
{
    struct shared *shared = value;
    if (!shared || !attune_share_give(&shared->count))
        return;
    attune_linear_clear(&shared->rows);
    free(shared);
}

static int64_t rows_bytes(const void *value)
{
    const attune_linear_rows *rows = value;
    return (int64_t)(sizeof(struct shared) +
                     (size_t)(rows->n * (rows->stride + 2) + rows->p) * sizeof(double));
}

static const attune_shared_kind kind = {"linear_rows", rows_ref, rows_free, rows_bytes};

struct request {
    const attune_data *data;
    const attune_rows *rows;
    bool centre;
};

static attune_status build(void *user, void **value, attune_error *error)
{
    const struct request *request = user;
    struct shared *made = attune_alloc(1, sizeof *made, error);
    if (!made)
        return ATTUNE_MEMORY;
    made->count = 1;
    attune_status status = attune_linear_gather(&made->rows, request->data, request->rows,
                                                request->centre, request->centre, error);
    if (status)
        rows_free(made);
    else
        *value = made;
    return status;
}

attune_status attune_linear_share(const attune_linear_rows **gathered,
                                  const attune_context *context, const attune_data *data,
                                  const attune_rows *rows, bool centre, attune_error *error)
{
    struct request request = {data, rows, centre};
    void *value = NULL;
    attune_key key = attune_key_join(attune_key_start("linear_rows"), data->id);
    key = attune_key_integer(attune_key_join(key, rows->id), centre);
    bool small = rows->n <= MOST_SHARED / (data->n_columns > 0 ? data->n_columns : 1);
    attune_status status =
        small ? attune_shared_get(context, key, &kind, build, &request, &value, error)
              : build(&request, &value, error);
    *gathered = value;
    return status;
}

void attune_linear_unshare(const attune_linear_rows *gathered)
{
    rows_free((void *)(uintptr_t)gathered);
}

/* steps/models/normal_equations.c - sums of products of inputs and target, made once for rows. */
#include "steps/models/normal_equations.h"

#include "spaces/base/share.h"
#include "steps/models/linear_model.h"
#include "steps/numeric/numeric.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static void *equations_ref(void *value)
{
    attune_share_take(&((attune_normal_equations *)value)->count);
    return value;
}

static void equations_free(void *value)
{
    attune_normal_equations *e = value;
    if (!e || !attune_share_give(&e->count))
        return;
    free(e->mean);
    free(e);
}

static int64_t equations_bytes(const void *value)
{
    return ((const attune_normal_equations *)value)->bytes;
}

static const attune_shared_kind kind = {"normal_equations", equations_ref, equations_free,
                                        equations_bytes};

bool attune_normal_equations_is_matrix(int64_t n, int64_t p)
{
    enum { ALWAYS = 1024, MOST = 4096 };
    return p <= ALWAYS || (p <= n && p <= MOST);
}

int64_t attune_normal_equations_inputs(const attune_data *data)
{
    int64_t n = 0;
    for (int64_t c = 0; c < data->n_columns; c++)
        n += data->roles[c] == ATTUNE_INPUT;
    return n;
}

struct request {
    const attune_data *data;
    const attune_rows *rows;
    const attune_context *context;
    bool fit_intercept;
};

/* What building works on. */
struct work {
    attune_linear_rows rows;
    double *y, *room;
};

static attune_status make_room(attune_normal_equations *e, bool matrix, attune_error *error)
{
    int64_t vectors = 3 * e->stride;
    int64_t most = matrix ? e->stride * e->stride : (e->p + 1) * e->n;
    e->mean = attune_alloc(vectors + most, sizeof *e->mean, error);
    if (!e->mean)
        return ATTUNE_MEMORY;
    e->square = e->mean + e->stride;
    e->pull = e->square + e->stride;
    e->matrix = matrix ? e->mean + vectors : NULL;
    e->columns = matrix ? NULL : e->mean + vectors;
    e->y = matrix ? NULL : e->columns + e->p * e->n;
    e->bytes = (vectors + most) * (int64_t)sizeof *e->mean + (int64_t)sizeof *e;
    return ATTUNE_OK;
}

static void keep_columns(attune_normal_equations *e, const struct work *w)
{
    for (int64_t i = 0; i < e->n; i++) {
        double root = sqrt(w->rows.weight[i]);
        for (int64_t j = 0; j < e->p; j++)
            e->columns[j * e->n + i] = root * w->rows.x[i * e->stride + j];
        e->y[i] = root * w->y[i];
    }
    for (int64_t j = 0; j < e->p; j++)
        e->square[j] = attune_dot(e->columns + j * e->n, e->columns + j * e->n, e->n);
}

static attune_status keep_matrix(attune_normal_equations *e, struct work *w, attune_error *error)
{
    w->room = attune_alloc(ATTUNE_GRAM_ROWS * e->stride, sizeof *w->room, error);
    if (!w->room)
        return ATTUNE_MEMORY;
    attune_gram(w->rows.x, e->n, e->stride, e->stride, w->rows.weight, w->room, e->matrix,
                e->stride);
    for (int64_t j = 0; j < e->p; j++)
        e->square[j] = e->matrix[j * e->stride + j];
    return ATTUNE_OK;
}

static attune_status learn(const struct request *r, struct work *w, attune_normal_equations *e,
                           attune_error *error)
{
    attune_status status =
        attune_linear_gather(&w->rows, r->data, r->rows, r->fit_intercept, false, error);
    if (status)
        return status;
    e->n = w->rows.n;
    e->p = w->rows.p;
    e->stride = w->rows.stride;
    bool matrix = attune_normal_equations_is_matrix(r->rows->n, e->p);
    w->y = attune_alloc(e->n, sizeof *w->y, error);
    status = w->y ? make_room(e, matrix, error) : ATTUNE_MEMORY;
    if (!status)
        status = attune_linear_target(&w->rows, r->data, r->fit_intercept, w->y, &e->y_mean, error);
    if (!status)
        status = attune_context_stop(r->context, error);
    if (status)
        return status;
    memcpy(e->mean, w->rows.mean, (size_t)e->p * sizeof *e->mean);
    if (matrix)
        status = keep_matrix(e, w, error);
    else
        keep_columns(e, w);
    e->total = attune_sum(w->rows.weight, e->n);
    for (int64_t i = 0; i < e->n; i++) {
        e->y_square += w->rows.weight[i] * (w->y[i] * w->y[i]);
        w->y[i] *= w->rows.weight[i];
    }
    attune_times_across(w->rows.x, e->n, e->p, e->stride, w->y, e->pull);
    return status;
}

static attune_status build(void *user, void **value, attune_error *error)
{
    struct work w = {0};
    attune_normal_equations *e = attune_alloc(1, sizeof *e, error);
    if (!e)
        return ATTUNE_MEMORY;
    e->count = 1;
    attune_status status = learn(user, &w, e, error);
    attune_linear_clear(&w.rows);
    free(w.y);
    free(w.room);
    if (!status && (!attune_all_finite(e->square, e->p) || !attune_all_finite(e->pull, e->p) ||
                    !isfinite(e->y_square)))
        status = attune_fail(error, ATTUNE_UNFIT,
                             "the sums of squares overflow: put a standard_scale step before");
    if (status)
        equations_free(e);
    else
        *value = e;
    return status;
}

attune_status attune_normal_equations_get(const attune_context *context, const attune_data *data,
                                          const attune_rows *rows, bool fit_intercept,
                                          attune_normal_equations **equations, attune_error *error)
{
    struct request request = {data, rows, context, fit_intercept};
    attune_key key = attune_key_join(attune_key_start("normal_equations"), data->id);
    key = attune_key_integer(attune_key_join(key, rows->id), fit_intercept);
    void *value = NULL;
    attune_status status = attune_shared_get(context, key, &kind, build, &request, &value, error);
    *equations = value;
    return status;
}

void attune_normal_equations_free(attune_normal_equations *equations)
{
    equations_free(equations);
}

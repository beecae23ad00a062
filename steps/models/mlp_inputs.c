/* steps/models/mlp_inputs.c - inputs made robust: centred by the median, scaled by the quartiles,
 * and bent into (-3, 3). */
#include "steps/models/mlp.h"
#include "steps/numeric/sort.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Between the two values nearest to a share of n sorted ones. */
static double quantile(const double *sorted, int64_t n, double q)
{
    double place = q * (double)(n - 1);
    int64_t below = (int64_t)place;
    double share = place - (double)below;
    double low = sorted[below], high = sorted[below + 1 < n ? below + 1 : below];
    return low * (1 - share) + high * share;
}

static void learn_column(const double *sorted, int64_t n, double *center, double *factor)
{
    double low = sorted[0], high = sorted[n - 1];
    bool flags = low == 0 && high == 1;
    for (int64_t i = 0; i < n && flags; i++)
        flags = sorted[i] == 0 || sorted[i] == 1;
    *center = flags ? 0 : quantile(sorted, n, 0.5);
    double spread = quantile(sorted, n, 0.75) - quantile(sorted, n, 0.25);
    if (!(spread > 0))
        spread = high / 2 - low / 2;
    *factor = flags ? 1 : spread > 0 ? fmin(1 / spread, 1e300) : 0;
}

attune_status attune_mlp_learn_inputs(attune_mlp *s, const attune_linear_rows *rows,
                                      attune_error *error)
{
    attune_status status = attune_array_make_1d(&s->center, ATTUNE_ARRAY_F64, rows->p, error);
    if (!status)
        status = attune_array_make_1d(&s->factor, ATTUNE_ARRAY_F64, rows->p, error);
    attune_sort_item *items = attune_alloc(rows->n, sizeof *items, error);
    double *sorted = attune_alloc(rows->n, sizeof *sorted, error);
    if (!items || !sorted)
        status = ATTUNE_MEMORY;
    for (int64_t j = 0; j < rows->p && !status; j++) {
        for (int64_t i = 0; i < rows->n; i++)
            items[i] = (attune_sort_item){attune_sort_key_real(rows->x[i * rows->stride + j]), i};
        status = attune_sort_items(items, rows->n, error);
        for (int64_t i = 0; i < rows->n; i++)
            sorted[i] = rows->x[items[i].row * rows->stride + j];
        learn_column(sorted, rows->n, &s->center.f64[j], &s->factor.f64[j]);
    }
    free(items);
    free(sorted);
    return status;
}

void attune_mlp_encode(const attune_mlp *s, const double *row, float *to)
{
    int64_t p = s->inputs.n;
    for (int64_t j = 0; j < p; j++) {
        double v = s->factor.f64[j] > 0 ? (row[j] - s->center.f64[j]) * s->factor.f64[j] : 0;
        bool far = fabs(v) > 1e9;
        to[j] = (float)(far ? copysign(3, v) : v / sqrt(1 + v * v / 9));
    }
    memset(to + p, 0, (size_t)(attune_mlp_wide(p) - p) * sizeof *to);
}

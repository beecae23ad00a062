/* steps/models/elastic_net_path.c - where a solution starts: a grid of penalties, each solved once.
 *
 * The grid goes down from the penalty that makes all coefficients 0, four points for each factor of
 * ten. What is asked for is never taken from the grid, only started from it. */
#include "spaces/base/share.h"
#include "steps/models/elastic_net.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { PER_TEN = 4, POINTS = 24, RATIOS = 8 };

struct point {
    int64_t count, p;
    double l1;
    double *coef;
};

static void *point_ref(void *value)
{
    attune_share_take(&((struct point *)value)->count);
    return value;
}

static void point_free(void *value)
{
    struct point *point = value;
    if (!point || !attune_share_give(&point->count))
        return;
    free(point->coef);
    free(point);
}

static int64_t point_bytes(const void *value)
{
    const struct point *point = value;
    return (int64_t)sizeof *point + point->p * (int64_t)sizeof *point->coef;
}

static const attune_shared_kind kind = {"elastic_net_path", point_ref, point_free, point_bytes};

/* What the points of one path have in common, and which of them is wanted. */
struct request {
    const attune_normal_equations *equations;
    const attune_context *context;
    attune_key key;
    double strongest, ratio;
    int64_t number; /* from 1; at 0 all is 0 */
};

static attune_status get(const struct request *request, struct point **point, attune_error *error);

static attune_status solve(const struct request *request, struct point *point, attune_error *error)
{
    const attune_normal_equations *e = request->equations;
    struct request above = *request;
    struct point *before = NULL;
    attune_status status = ATTUNE_OK;
    double l1_before = request->strongest * request->ratio;
    above.number--;
    if (above.number > 0)
        status = get(&above, &before, error);
    if (!status && before) {
        memcpy(point->coef, before->coef, (size_t)e->p * sizeof *point->coef);
        l1_before = before->l1;
    }
    double penalty = request->strongest * pow(10, -(double)request->number / PER_TEN);
    point->l1 = penalty * request->ratio;
    attune_elastic_net problem = {.equations = e,
                                  .l1 = point->l1,
                                  .l2 = penalty * (1 - request->ratio),
                                  .tol = 1e-4,
                                  .max_iter = 200,
                                  .l1_before = l1_before,
                                  .context = request->context};
    attune_elastic_net_result result;
    if (!status)
        status = attune_elastic_net_solve(&problem, point->coef, &result, error);
    point_free(before);
    return status;
}

static attune_status build(void *user, void **value, attune_error *error)
{
    const struct request *request = user;
    struct point *point = attune_alloc(1, sizeof *point, error);
    if (!point)
        return ATTUNE_MEMORY;
    point->count = 1;
    point->p = request->equations->p;
    point->coef = attune_alloc(point->p, sizeof *point->coef, error);
    attune_status status = point->coef ? solve(request, point, error) : ATTUNE_MEMORY;
    if (status)
        point_free(point);
    else
        *value = point;
    return status;
}

static attune_status get(const struct request *request, struct point **point, attune_error *error)
{
    struct request own = *request;
    void *value = NULL;
    attune_key key = attune_key_integer(request->key, request->number);
    attune_status status =
        attune_shared_get(request->context, key, &kind, build, &own, &value, error);
    *point = value;
    return status;
}

attune_status attune_elastic_net_start(const attune_normal_equations *equations,
                                       const attune_data *data, const attune_rows *rows,
                                       bool fit_intercept, double alpha, double l1_ratio,
                                       const attune_context *context, double *coef,
                                       double *l1_before, attune_error *error)
{
    int64_t ratio = (int64_t)(l1_ratio * RATIOS + 0.5);
    ratio = ratio < 1 ? 1 : ratio;
    attune_key key = attune_key_join(attune_key_start("elastic_net"), data->id);
    key = attune_key_integer(attune_key_join(key, rows->id), fit_intercept);
    struct request request = {.equations = equations,
                              .context = context,
                              .key = attune_key_integer(key, ratio),
                              .ratio = (double)ratio / RATIOS};
    double most = 0;
    for (int64_t j = 0; j < equations->p; j++)
        most = fmax(most, fabs(equations->pull[j]));
    memset(coef, 0, (size_t)equations->p * sizeof *coef);
    *l1_before = most;
    request.strongest = most / request.ratio;
    double tens = log10(request.strongest / (alpha * equations->total));
    if (!(tens * PER_TEN >= 1)) /* at or above the first point */
        return ATTUNE_OK;
    request.number = tens * PER_TEN < POINTS ? (int64_t)(tens * PER_TEN) : POINTS;
    struct point *point = NULL;
    attune_status status = get(&request, &point, error);
    if (status)
        return status;
    memcpy(coef, point->coef, (size_t)equations->p * sizeof *coef);
    *l1_before = point->l1;
    point_free(point);
    return ATTUNE_OK;
}

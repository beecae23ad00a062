/* steps/models/scatter.c - means of classes, and the covariance within them. */
#include "steps/models/scatter.h"

#include "spaces/base/share.h"
#include "steps/models/classes.h"
#include "steps/models/linear_model.h"
#include "steps/numeric/numeric.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static void *scatter_ref(void *value)
{
    attune_share_take(&((attune_scatter *)value)->count);
    return value;
}

static void scatter_free(void *value)
{
    attune_scatter *s = value;
    if (!s || !attune_share_give(&s->count))
        return;
    free(s->mean);
    free(s);
}

static int64_t scatter_bytes(const void *value)
{
    return ((const attune_scatter *)value)->bytes;
}

static const attune_shared_kind kind = {"scatter", scatter_ref, scatter_free, scatter_bytes};

struct request {
    const attune_data *data;
    const attune_rows *rows;
    const attune_reals *priors;
    const attune_context *context;
    bool ledoit_wolf;
};

/* What building works on. */
struct work {
    attune_linear_rows rows; /* centred; later less the means of their classes */
    int32_t *codes;
    double *class_weight, *weight;           /* one a class; one a row */
    double *own, *room, *matrix, *deviation; /* for one class at a time */
};

static void work_clear(struct work *w)
{
    attune_linear_clear(&w->rows);
    free(w->codes);
    free(w->class_weight);
    free(w->room);
    free(w->own);
}

static attune_status take_rows(struct work *w, const struct request *r, attune_scatter *s,
                               attune_error *error)
{
    attune_status status = attune_linear_gather(&w->rows, r->data, r->rows, true, false, error);
    if (status)
        return status;
    int64_t n = w->rows.n, stride = w->rows.stride;
    s->n_classes = attune_data_n_classes(r->data);
    s->p = w->rows.p;
    s->stride = stride;
    w->codes = attune_alloc(n, sizeof *w->codes, error);
    w->class_weight = attune_alloc(s->n_classes + n, sizeof *w->class_weight, error);
    w->room = attune_alloc(ATTUNE_GRAM_ROWS * stride, sizeof *w->room, error);
    if (!w->codes || !w->class_weight || !w->room)
        return ATTUNE_MEMORY;
    w->weight = w->class_weight + s->n_classes;
    status = attune_classes_take(r->data, w->rows.index, n, "lda", w->codes, error);
    for (int64_t i = 0; i < n && !status; i++)
        w->class_weight[w->codes[i]] += w->rows.weight[i];
    return status;
}

static attune_status make_room(attune_scatter *s, attune_error *error)
{
    int64_t n = s->p + s->n_classes + (s->n_classes + s->stride) * s->stride;
    s->mean = attune_alloc(n, sizeof *s->mean, error);
    if (!s->mean)
        return ATTUNE_MEMORY;
    s->prior = s->mean + s->p;
    s->centre = s->prior + s->n_classes;
    s->within = s->centre + s->n_classes * s->stride;
    s->bytes = n * (int64_t)sizeof *s->mean + (int64_t)sizeof *s;
    return ATTUNE_OK;
}

/* What rounding leaves of a column that is the same throughout a class is none: it would pass for
 * a direction in which the class hardly spreads. */
static void clear_rounding(const attune_scatter *s, const double *centre, double *x)
{
    for (int64_t j = 0; j < s->p; j++)
        if (fabs(x[j]) <= 1e-13 * (fabs(s->mean[j]) + fabs(centre[j])))
            x[j] = 0;
}

/* Means of classes, taken away from their rows; rows of a class without a prior become 0. */
static void centre_classes(struct work *w, attune_scatter *s)
{
    int64_t stride = s->stride;
    memcpy(s->mean, w->rows.mean, (size_t)s->p * sizeof *s->mean);
    for (int64_t i = 0; i < w->rows.n; i++)
        attune_axpy(w->rows.weight[i] / w->class_weight[w->codes[i]], w->rows.x + i * stride,
                    s->centre + w->codes[i] * stride, s->p);
    for (int64_t i = 0; i < w->rows.n; i++) {
        int32_t k = w->codes[i];
        double *x = w->rows.x + i * stride;
        w->weight[i] = s->prior[k] * w->rows.weight[i] / w->class_weight[k];
        if (s->prior[k] > 0) {
            attune_axpy(-1, s->centre + k * stride, x, s->p);
            clear_rounding(s, s->centre + k * stride, x);
        } else
            memset(x, 0, (size_t)stride * sizeof *x);
    }
}

/* The rows of class k side by side, with their share of its weight; returns how many. */
static int64_t gather_class(struct work *w, const attune_scatter *s, int64_t k)
{
    int64_t n = 0;
    for (int64_t i = 0; i < w->rows.n; i++) {
        if (w->codes[i] != k)
            continue;
        memcpy(w->own + n * s->stride, w->rows.x + i * s->stride,
               (size_t)s->stride * sizeof *w->own);
        w->weight[n++] = w->rows.weight[i] / w->class_weight[k];
    }
    return n;
}

/* The amount of shrinkage by which the expected squared error is least: Ledoit and Wolf, A
 * well-conditioned estimator for large-dimensional covariance matrices (2004). */
static double amount(struct work *w, const attune_scatter *s, int64_t n, double weight,
                     double *mean_variance)
{
    int64_t p = s->p, stride = s->stride;
    double trace = 0, squares = 0, fourth = 0;
    for (int64_t j = 0; j < p; j++) {
        double own = w->matrix[j * stride + j];
        w->deviation[j] = own > 0 ? sqrt(own) : 1;
        trace += own > 0 ? 1 : 0;
    }
    for (int64_t i = 0; i < p; i++)
        for (int64_t j = 0; j < p; j++) {
            double r = w->matrix[i * stride + j] / (w->deviation[i] * w->deviation[j]);
            squares += r * r;
        }
    for (int64_t i = 0; i < n; i++) {
        double length = 0;
        for (int64_t j = 0; j < p; j++) {
            double x = w->own[i * stride + j] / w->deviation[j];
            length += x * x;
        }
        fourth += w->weight[i] * (length * length);
    }
    *mean_variance = trace / (double)p;
    double distance = (squares - trace * *mean_variance) / (double)p;
    double noise = fmin((fourth - squares) / ((double)p * weight), distance);
    return p > 1 && noise > 0 && distance > 0 ? noise / distance : 0;
}

static void add_shrunken(struct work *w, attune_scatter *s, int64_t k)
{
    int64_t p = s->p, stride = s->stride, n = gather_class(w, s, k);
    double mean_variance;
    attune_gram(w->own, n, stride, stride, w->weight, w->room, w->matrix, stride);
    double shrink = amount(w, s, n, w->class_weight[k], &mean_variance);
    for (int64_t i = 0; i < p; i++) {
        attune_axpy(s->prior[k] * (1 - shrink), w->matrix + i * stride, s->within + i * stride, p);
        s->within[i * stride + i] +=
            s->prior[k] * shrink * mean_variance * (w->deviation[i] * w->deviation[i]);
    }
}

static attune_status shrink_each(struct work *w, attune_scatter *s, const attune_context *context,
                                 attune_error *error)
{
    int64_t stride = s->stride;
    w->own = attune_alloc((w->rows.n + stride + 1) * stride, sizeof *w->own, error);
    if (!w->own)
        return ATTUNE_MEMORY;
    w->matrix = w->own + w->rows.n * stride;
    w->deviation = w->matrix + stride * stride;
    attune_status status = ATTUNE_OK;
    for (int64_t k = 0; k < s->n_classes && !status; k++) {
        status = attune_context_stop(context, error);
        if (!status && s->prior[k] > 0)
            add_shrunken(w, s, k);
    }
    return status;
}

static attune_status learn(const struct request *r, struct work *w, attune_scatter *s,
                           attune_error *error)
{
    attune_status status = take_rows(w, r, s, error);
    if (!status)
        status = make_room(s, error);
    if (!status)
        status = attune_classes_priors(r->priors, w->class_weight, s->n_classes, s->prior, error);
    if (!status)
        status = attune_context_stop(r->context, error);
    if (status)
        return status;
    centre_classes(w, s);
    if (r->ledoit_wolf)
        return shrink_each(w, s, r->context, error);
    attune_gram(w->rows.x, w->rows.n, s->stride, s->stride, w->weight, w->room, s->within,
                s->stride);
    return ATTUNE_OK;
}

static attune_status build(void *user, void **value, attune_error *error)
{
    struct work w = {0};
    attune_scatter *s = attune_alloc(1, sizeof *s, error);
    if (!s)
        return ATTUNE_MEMORY;
    s->count = 1;
    attune_status status = learn(user, &w, s, error);
    work_clear(&w);
    if (status)
        scatter_free(s);
    else
        *value = s;
    return status;
}

attune_status attune_scatter_get(const attune_context *context, const attune_data *data,
                                 const attune_rows *rows, const attune_reals *priors,
                                 bool ledoit_wolf, attune_scatter **scatter, attune_error *error)
{
    struct request request = {data, rows, priors, context, ledoit_wolf};
    attune_key key = attune_key_join(attune_key_start("scatter"), data->id);
    key = attune_key_integer(attune_key_join(key, rows->id), ledoit_wolf);
    for (int64_t k = 0; k < priors->n; k++)
        key = attune_key_real(key, priors->items[k]);
    void *value = NULL;
    attune_status status = attune_shared_get(context, key, &kind, build, &request, &value, error);
    *scatter = value;
    return status;
}

void attune_scatter_free(attune_scatter *scatter)
{
    scatter_free(scatter);
}

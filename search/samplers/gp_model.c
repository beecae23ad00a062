/* search/samplers/gp_model.c - the factor of the covariance, and predictions from it. */
#include "search/samplers/gp_model.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { lanes = 8 }; /* points predicted side by side */

attune_status attune_gp_init(attune_gp *gp, int64_t d, const uint8_t *nominal, int64_t capacity,
                             attune_error *error)
{
    memset(gp, 0, sizeof *gp);
    gp->d = d;
    gp->capacity = capacity;
    gp->nominal = nominal;
    gp->x = attune_alloc(d * capacity, sizeof *gp->x, error);
    gp->factor = attune_alloc(capacity * capacity, sizeof *gp->factor, error);
    gp->weights = attune_alloc(d, sizeof *gp->weights, error);
    gp->alpha = attune_alloc(capacity, sizeof *gp->alpha, error);
    gp->room = attune_alloc(capacity * (lanes + 1), sizeof *gp->room, error);
    if (gp->x && gp->factor && gp->weights && gp->alpha && gp->room)
        return ATTUNE_OK;
    attune_gp_clear(gp);
    return ATTUNE_MEMORY;
}

void attune_gp_clear(attune_gp *gp)
{
    free(gp->x);
    free(gp->factor);
    free(gp->weights);
    free(gp->alpha);
    free(gp->room);
    memset(gp, 0, sizeof *gp);
}

void attune_gp_reset(attune_gp *gp, const double *parameters)
{
    for (int64_t i = 0; i < gp->d; i++)
        gp->weights[i] = exp(-2 * parameters[i]);
    gp->signal = exp(parameters[gp->d]);
    gp->noise = exp(parameters[gp->d + 1]);
    gp->n = gp->n_known = 0;
}

double attune_gp_matern(double squared, double *slope)
{
    double root = sqrt(5 * squared), decay = exp(-root);
    *slope = -5.0 / 6 * (1 + root) * decay;
    return (1 + root + 5.0 / 3 * squared) * decay;
}

/* Covariances of a point with all n. */
static void covariances(const attune_gp *gp, const double *point, double *restrict to)
{
    int64_t n = gp->n;
    for (int64_t j = 0; j < n; j++)
        to[j] = 0;
    for (int64_t i = 0; i < gp->d; i++) {
        const double *restrict x = gp->x + i * gp->capacity;
        double weight = gp->weights[i], at = point[i];
        if (gp->nominal[i])
            for (int64_t j = 0; j < n; j++)
                to[j] += x[j] != at ? weight : 0;
        else
            for (int64_t j = 0; j < n; j++)
                to[j] += weight * (x[j] - at) * (x[j] - at);
    }
    for (int64_t j = 0; j < n; j++) {
        double root = sqrt(5 * to[j]);
        to[j] = gp->signal * (1 + root + 5.0 / 3 * to[j]) * exp(-root);
    }
}

void attune_gp_add(attune_gp *gp, const double *point)
{
    static const double least = 1e-10; /* a point on top of another */
    int64_t n = gp->n, stride = gp->capacity;
    double *row = gp->factor + n * stride, rest = gp->signal + gp->noise;
    covariances(gp, point, row);
    for (int64_t j = 0; j < n; j++) {
        const double *other = gp->factor + j * stride;
        double sum = row[j];
        for (int64_t k = 0; k < j; k++)
            sum -= row[k] * other[k];
        row[j] = sum / other[j];
        rest -= row[j] * row[j];
    }
    row[n] = sqrt(fmax(rest, least));
    for (int64_t i = 0; i < gp->d; i++)
        gp->x[i * stride + n] = point[i];
    gp->n++;
}

void attune_gp_know(attune_gp *gp, const double *values, int64_t n)
{
    int64_t stride = gp->capacity;
    double *a = gp->alpha;
    for (int64_t i = 0; i < n; i++) {
        const double *row = gp->factor + i * stride;
        a[i] = values[i];
        for (int64_t j = 0; j < i; j++)
            a[i] -= row[j] * a[j];
        a[i] /= row[i];
    }
    for (int64_t i = n - 1; i >= 0; i--) {
        const double *row = gp->factor + i * stride;
        a[i] /= row[i];
        for (int64_t j = 0; j < i; j++)
            a[j] -= row[j] * a[i];
    }
    gp->n_known = n;
}

/* A block of points side by side: the forward substitution is the same few multiplications for
 * each, and its sums run in one order whatever the width of a register. */
static void predict_block(const attune_gp *gp, const double *points, int64_t m, double *mean,
                          double *deviation)
{
    int64_t n = gp->n, stride = gp->capacity;
    double *restrict v = gp->room + stride, squares[lanes] = {0};
    for (int64_t c = 0; c < lanes; c++) {
        covariances(gp, points + (c < m ? c : 0) * gp->d, gp->room);
        double sum = 0;
        for (int64_t j = 0; j < gp->n_known; j++)
            sum += gp->room[j] * gp->alpha[j];
        if (c < m)
            mean[c] = sum;
        for (int64_t j = 0; j < n; j++)
            v[j * lanes + c] = gp->room[j];
    }
    for (int64_t i = 0; i < n; i++) {
        const double *row = gp->factor + i * stride;
        double sums[lanes];
        memcpy(sums, v + i * lanes, sizeof sums);
        for (int64_t j = 0; j < i; j++)
            for (int c = 0; c < lanes; c++)
                sums[c] -= row[j] * v[j * lanes + c];
        for (int c = 0; c < lanes; c++) {
            sums[c] /= row[i];
            squares[c] += sums[c] * sums[c];
        }
        memcpy(v + i * lanes, sums, sizeof sums);
    }
    for (int64_t c = 0; c < m; c++)
        deviation[c] = sqrt(fmax(gp->signal - squares[c], 1e-12 * gp->signal));
}

void attune_gp_predict(const attune_gp *gp, const double *points, int64_t m, double *mean,
                       double *deviation)
{
    for (int64_t i = 0; i < m; i += lanes)
        predict_block(gp, points + i * gp->d, m - i < lanes ? m - i : lanes, mean + i,
                      deviation + i);
}

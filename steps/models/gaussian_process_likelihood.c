/* steps/models/gaussian_process_likelihood.c - the marginal likelihood and its gradient. */
#include "steps/models/gaussian_process.h"

#include "steps/numeric/numeric.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

void attune_gp_values(attune_gp_kernel kernel, const double *r2, int64_t n, double *room,
                      double *values, double *slopes)
{
    const double root = kernel == ATTUNE_GP_MATERN32 ? sqrt(3) : sqrt(5);
    bool smooth = kernel == ATTUNE_GP_RBF;
    for (int64_t i = 0; i < n; i++) { /* an infinity times nothing would be no number */
        double near = fmin(r2[i], 1e300);
        room[i] = smooth ? -near / 2 : -root * sqrt(near);
    }
    attune_exp_down(room, n, values);
    for (int64_t i = 0; i < n; i++) {
        double e = values[i], z = -room[i]; /* of a Matern: root r */
        double slope = smooth ? e : kernel == ATTUNE_GP_MATERN32 ? 3 * e : 5 * (1 + z) * e / 3;
        if (!smooth)
            values[i] = kernel == ATTUNE_GP_MATERN32 ? (1 + z) * e : (1 + z + z * z / 3) * e;
        if (slopes)
            slopes[i] = slope;
    }
}

attune_status attune_gp_model_make(attune_gp_model *m, attune_error *error)
{
    int64_t square = m->n_stride * m->n_stride, outputs = m->n_outputs * m->n_stride;
    int64_t rows = (ATTUNE_GRAM_ROWS + 6) * m->n_stride;
    m->memory = attune_alloc(4 * square + m->n * m->stride + outputs + rows, sizeof(double), error);
    if (!m->memory)
        return ATTUNE_MEMORY;
    m->inverse = m->memory;
    m->factor = m->inverse + square;
    m->lower = m->factor + square;
    m->slopes = m->lower + square;
    m->scaled = m->slopes + square;
    m->alpha = m->scaled + m->n * m->stride;
    m->rows = m->alpha + outputs;
    return ATTUNE_OK;
}

void attune_gp_model_clear(attune_gp_model *m)
{
    free(m->memory);
    m->memory = NULL;
}

/* The covariance into factor (its lower triangle), slopes into slopes. */
static void fill(attune_gp_model *m, const double *logs)
{
    double variance = exp(logs[0]), noise = exp(logs[1]), *room = m->rows;
    double *r2 = room + m->n_stride;
    for (int64_t i = 0; i < m->n; i++)
        for (int64_t d = 0; d < m->p; d++)
            m->scaled[i * m->stride + d] =
                m->x[i * m->stride + d] * exp(-logs[2 + (m->n_scales > 1 ? d : 0)]);
    for (int64_t i = 0; i < m->n; i++) {
        double *row = m->factor + i * m->n_stride;
        attune_squared_distances(m->scaled, i + 1, m->p, m->stride, m->scaled + i * m->stride, r2);
        attune_gp_values(m->kernel, r2, i + 1, room, row, m->slopes + i * m->n_stride);
        for (int64_t j = 0; j <= i; j++)
            row[j] *= variance;
        row[i] += noise / m->weight[i];
    }
}

/* The inverse of the factor, row by row, into lower; then that of the covariance into inverse. */
static attune_status invert(attune_gp_model *m, const double *diagonal, attune_error *error)
{
    enum { ASK = 128 };
    int64_t n = m->n, stride = m->n_stride;
    attune_status status = ATTUNE_OK;
    memset(m->lower, 0, (size_t)(stride * stride) * sizeof *m->lower);
    for (int64_t i = 0; i < n && !status; i++) {
        double *row = m->lower + i * stride;
        if (i % ASK == 0)
            status = attune_context_stop(m->context, error);
        attune_times_across(m->lower, i, i, stride, m->factor + i * stride, row);
        for (int64_t j = 0; j < i; j++)
            row[j] *= -diagonal[i];
        row[i] = diagonal[i];
    }
    if (!status)
        attune_gram(m->lower, n, stride, stride, NULL, m->rows + 4 * stride, m->inverse, stride);
    return status;
}

/* What the derivative by a length scale weighs each pair of rows with: (K^-1 - sum of alpha alpha')
 * times variance times the slope, symmetric, into factor. */
static void weigh(attune_gp_model *m, double variance)
{
    int64_t n = m->n, stride = m->n_stride;
    for (int64_t i = 0; i < n; i++)
        for (int64_t j = 0; j <= i; j++) {
            double sum = (double)m->n_outputs * m->inverse[i * stride + j];
            for (int64_t k = 0; k < m->n_outputs; k++)
                sum -= m->alpha[k * stride + i] * m->alpha[k * stride + j];
            sum *= variance * m->slopes[i * stride + j];
            m->factor[i * stride + j] = m->factor[j * stride + i] = sum;
        }
}

/* Half the sum over pairs of the weights times (z_i - z_j)^2, z one scaled column. */
static double along(const attune_gp_model *m, int64_t d, const double *sums, double *z)
{
    double own = 0, *product = z + m->n_stride;
    for (int64_t i = 0; i < m->n; i++)
        z[i] = m->scaled[i * m->stride + d];
    attune_times(m->factor, m->n, m->n, m->n_stride, z, product);
    for (int64_t i = 0; i < m->n; i++)
        own += z[i] * (z[i] * sums[i] - product[i]);
    return own;
}

/* The same for every column together, the squared distances being sums over them. */
static double along_all(const attune_gp_model *m)
{
    double all = 0, *r2 = m->rows;
    for (int64_t i = 0; i < m->n; i++) {
        attune_squared_distances(m->scaled, i, m->p, m->stride, m->scaled + i * m->stride, r2);
        all += attune_dot(m->factor + i * m->n_stride, r2, i);
    }
    return all;
}

/* By logarithms. The derivative by that of the variance is the covariance without its noise, so
 * that its traces are known: rows times outputs, y' alpha, and those of the noise. */
static void differentiate(attune_gp_model *m, const double *logs, double *gradient)
{
    int64_t n = m->n, stride = m->n_stride;
    double noise = exp(logs[1]), by_noise = 0, fits = 0, *sums = m->rows, *ones = sums + stride;
    for (int64_t i = 0; i < n; i++) {
        double own = (double)m->n_outputs * m->inverse[i * stride + i];
        for (int64_t k = 0; k < m->n_outputs; k++) {
            double a = m->alpha[k * stride + i];
            own -= a * a;
            fits += a * m->y[k * stride + i];
        }
        by_noise += own * noise / m->weight[i] / 2;
        ones[i] = 1;
    }
    gradient[1] = by_noise;
    gradient[0] = ((double)(m->n_outputs * n) - fits) / 2 - by_noise;
    weigh(m, exp(logs[0]));
    if (m->n_scales == 1) {
        gradient[2] = along_all(m);
        return;
    }
    attune_times(m->factor, n, n, stride, ones, sums);
    for (int64_t d = 0; d < m->p; d++)
        gradient[2 + d] = along(m, d, sums, m->rows + 2 * stride);
}

attune_status attune_gp_likelihood(void *user, const double *logs, double *value, double *gradient,
                                   attune_error *error)
{
    attune_gp_model *m = user;
    const double pi = 3.14159265358979323846;
    int64_t n = m->n, stride = m->n_stride;
    double *diagonal = m->rows + (ATTUNE_GRAM_ROWS + 5) * stride, sum = 0;
    attune_status status = attune_context_stop(m->context, error);
    if (status)
        return status;
    fill(m, logs);
    *value = INFINITY;
    if (attune_cholesky(m->factor, n, stride, diagonal) < n)
        return ATTUNE_OK;
    for (int64_t i = 0; i < n; i++)
        sum -= log(diagonal[i]);
    sum = (double)m->n_outputs * (sum + (double)n * log(2 * pi) / 2);
    memcpy(m->alpha, m->y, (size_t)(m->n_outputs * stride) * sizeof *m->alpha);
    for (int64_t k = 0; k < m->n_outputs; k++) {
        attune_cholesky_solve(m->factor, n, stride, diagonal, m->alpha + k * stride);
        sum += attune_dot(m->alpha + k * stride, m->y + k * stride, n) / 2;
    }
    *value = isfinite(sum) ? sum : INFINITY;
    status = invert(m, diagonal, error);
    if (!status && gradient)
        differentiate(m, logs, gradient);
    return status;
}

/* steps/models/svm_solve.c - sequential minimal optimisation. */
#include "steps/models/svm_solve.h"

#include <math.h>
#include <string.h>

/* How far a row's sum is from where the variable wants it: what it gains by growing. */
static double pull(const attune_svm_problem *p, const double *sums, int64_t v)
{
    return p->target[v] - sums[p->row[v]];
}

/* The variable that gains most by growing, and the least gain among those that can shrink. */
static int64_t find_first(const attune_svm_problem *p, const double *beta, const double *sums,
                          double *most, double *least)
{
    int64_t first = -1;
    *most = -INFINITY;
    *least = INFINITY;
    for (int64_t v = 0; v < p->n; v++) {
        double gain = pull(p, sums, v);
        if (beta[v] < p->high[v] && gain > *most) {
            *most = gain;
            first = v;
        }
        if (beta[v] > p->low[v] && gain < *least)
            *least = gain;
    }
    return first;
}

/* Where it is not above 0 (two equal rows, a kernel that is no true one) it is next to nothing. */
static double curvature(const attune_svm_problem *p, const attune_svm_matrix *matrix,
                        const float *row, int64_t i, int64_t j)
{
    double c =
        matrix->diagonal[p->row[i]] + matrix->diagonal[p->row[j]] - 2 * (double)row[p->row[j]];
    return c > 1e-12 ? c : 1e-12;
}

/* The variable with which the first one gains most when it shrinks. */
static int64_t find_second(const attune_svm_problem *p, const attune_svm_matrix *matrix,
                           const double *beta, const double *sums, const float *row, int64_t first,
                           double most)
{
    int64_t second = -1;
    double best = 0;
    for (int64_t v = 0; v < p->n; v++) {
        double apart = most - pull(p, sums, v);
        if (!(beta[v] > p->low[v]) || !(apart > 0))
            continue;
        double gain = apart * apart / curvature(p, matrix, row, first, v);
        if (gain > best) {
            best = gain;
            second = v;
        }
    }
    return second;
}

/* Moves weight from the second to the first variable, as far as both may go. */
static double move(const attune_svm_problem *p, double *beta, int64_t i, int64_t j, double wanted)
{
    double up = p->high[i] - beta[i], down = beta[j] - p->low[j];
    double step = fmin(wanted, fmin(up, down));
    beta[i] = step >= up ? p->high[i] : beta[i] + step;
    beta[j] = step >= down ? p->low[j] : beta[j] - step;
    return step;
}

static double find_offset(const attune_svm_problem *p, const double *beta, const double *sums,
                          double most, double least)
{
    double sum = 0;
    int64_t n = 0;
    for (int64_t v = 0; v < p->n; v++)
        if (beta[v] > p->low[v] && beta[v] < p->high[v]) {
            sum += pull(p, sums, v);
            n++;
        }
    if (n)
        return sum / (double)n;
    if (!isfinite(most) || !isfinite(least))
        return isfinite(most) ? most : isfinite(least) ? least : 0;
    return (most + least) / 2;
}

attune_status attune_svm_solve(const attune_svm_problem *p, attune_svm_matrix *matrix,
                               const attune_context *context, double *beta, double *sums,
                               double *offset, int64_t *steps, attune_error *error)
{
    enum { ASK = 512 }; /* steps between two questions whether to stop */
    attune_status status = ATTUNE_OK;
    double most = 0, least = 0;
    memset(beta, 0, (size_t)p->n * sizeof *beta);
    memset(sums, 0, (size_t)matrix->n * sizeof *sums);
    for (*steps = 0;; ++*steps) {
        const float *a = NULL, *b = NULL;
        int64_t i = find_first(p, beta, sums, &most, &least);
        if (i < 0 || !(most - least > p->tolerance) || *steps >= p->max_iter)
            break;
        if (*steps % ASK == 0)
            status = attune_context_stop(context, error);
        if (!status)
            status = attune_svm_matrix_row(matrix, p->row[i], &a, error);
        if (status)
            return status;
        int64_t j = find_second(p, matrix, beta, sums, a, i, most);
        if (j < 0)
            break;
        status = attune_svm_matrix_row(matrix, p->row[j], &b, error);
        if (status)
            return status;
        double wanted = (most - pull(p, sums, j)) / curvature(p, matrix, a, i, j);
        double step = move(p, beta, i, j, wanted);
        for (int64_t r = 0; r < matrix->n; r++)
            sums[r] += step * ((double)a[r] - (double)b[r]);
    }
    *offset = find_offset(p, beta, sums, most, least);
    return ATTUNE_OK;
}

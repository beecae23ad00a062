/* search/samplers/cmaes_prior.c - the promising region of an older study.
 * Source: Nomura et al. 2021 (arXiv 2012.06932), with their share and their widening. */
#include "search/samplers/cmaes_prior.h"

#include <math.h>
#include <stdlib.h>

enum { share = 10, least_rows = 4 };

static const double widening = 0.1, widest = 0.3;

struct ranked {
    double violation, value;
    int64_t row;
};

static int by_rank(const void *a, const void *b)
{
    const struct ranked *x = a, *y = b;
    if (x->violation != y->violation)
        return x->violation < y->violation ? -1 : 1;
    if (x->value != y->value)
        return x->value < y->value ? -1 : 1;
    return (x->row > y->row) - (x->row < y->row);
}

int64_t *attune_cma_prior_best(const attune_history *history, int64_t *n, attune_error *error)
{
    int64_t *rows = attune_alloc(history->n_prior, sizeof *rows, error), found = 0;
    struct ranked *ranked = attune_alloc(history->n_prior, sizeof *ranked, error);
    for (int64_t i = 0; i < history->n_prior && rows && ranked; i++) {
        double violation = attune_history_violation(history, i);
        if (violation < INFINITY)
            ranked[found++] = (struct ranked){violation, history->values[i], i};
    }
    if (rows && ranked) {
        qsort(ranked, (size_t)found, sizeof *ranked, by_rank);
        *n = found / share > least_rows ? found / share : found < least_rows ? found : least_rows;
        for (int64_t k = 0; k < *n; k++)
            rows[k] = ranked[k].row;
    } else {
        free(rows);
        rows = NULL;
    }
    free(ranked);
    return rows;
}

bool attune_cma_prior_place(const attune_history *history, const int64_t *rows, int64_t n,
                            int64_t dimension, double *mean, double *deviation)
{
    int64_t d = history->space->n, count = 0;
    double sum = 0, squares = 0;
    for (int64_t k = 0; k < n; k++)
        if (history->active[rows[k] * d + dimension]) {
            double u = history->unit[rows[k] * d + dimension];
            sum += u;
            squares += u * u;
            count++;
        }
    if (!count)
        return false;
    *mean = sum / (double)count;
    double variance = fmax(0, squares / (double)count - *mean * *mean);
    *deviation = fmin(sqrt(variance + widening * widening), widest);
    return true;
}

/* spaces/cells.c - the unit interval cut into cells. */
#include "spaces/cells.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static attune_status check_edges(const attune_cells *cells, attune_error *error)
{
    for (int64_t i = 0; i < cells->n; i++)
        if (!(cells->edges[i] < cells->edges[i + 1]))
            return attune_fail(error, ATTUNE_INVALID,
                               "value %lld would never be drawn: its weight is too small beside "
                               "the others",
                               (long long)i + 1);
    return ATTUNE_OK;
}

attune_status attune_cells_make(attune_cells *cells, const double *weights, int64_t n,
                                attune_error *error)
{
    if (n < 1)
        return attune_fail(error, ATTUNE_INVALID, "need at least one value");
    attune_cells made = {attune_alloc(n + 1, sizeof(double), error), n};
    if (!made.edges)
        return ATTUNE_MEMORY;
    for (int64_t i = 0; i < n; i++)
        made.edges[i + 1] = made.edges[i] + (weights ? weights[i] : 1);
    double total = made.edges[n];
    for (int64_t i = 1; i <= n; i++)
        made.edges[i] /= total;
    attune_status status = isfinite(total) ? check_edges(&made, error)
                                           : attune_fail(error, ATTUNE_INVALID,
                                                         "the weights add up to more than a "
                                                         "number can hold");
    attune_cells_clear(status ? &made : cells);
    if (!status)
        *cells = made;
    return status;
}

void attune_cells_clear(attune_cells *cells)
{
    free(cells->edges);
    memset(cells, 0, sizeof *cells);
}

int64_t attune_cells_find(const attune_cells *cells, double u)
{
    int64_t low = 0, high = cells->n;
    while (high - low > 1) {
        int64_t middle = low + (high - low) / 2;
        if (cells->edges[middle] <= u)
            low = middle;
        else
            high = middle;
    }
    return low;
}

double attune_cells_cdf(const attune_cells *cells, double x)
{
    if (!(x >= 0))
        return 0;
    return x >= (double)(cells->n - 1) ? 1 : cells->edges[(int64_t)x + 1];
}

double attune_cells_pdf(const attune_cells *cells, double x)
{
    if (!(x >= 0) || x > (double)(cells->n - 1) || x != trunc(x))
        return 0;
    return cells->edges[(int64_t)x + 1] - cells->edges[(int64_t)x];
}

double attune_cells_mean(const attune_cells *cells)
{
    double sum = 0;
    for (int64_t i = 0; i < cells->n; i++)
        sum += (double)i * (cells->edges[i + 1] - cells->edges[i]);
    return sum;
}

double attune_cells_variance(const attune_cells *cells)
{
    double mean = attune_cells_mean(cells), sum = 0;
    for (int64_t i = 0; i < cells->n; i++) {
        double off = (double)i - mean;
        sum += off * off * (cells->edges[i + 1] - cells->edges[i]);
    }
    return sum;
}

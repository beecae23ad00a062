/* search/samplers/gp_warp.c - results to values that a Gaussian process can follow.
 *
 * Failures take the worst result seen. The better half keeps its distances, scaled to what ranks
 * would give the best; what is worse than the median only counts by its rank, or a few divergent
 * runs would flatten everything else (after Song et al. 2024, arXiv 2408.11527). */
#include "search/samplers/gp_model.h"

#include <math.h>
#include <stdlib.h>

static int ascending(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* The normal quantile: Newton's steps from a logistic guess. */
static double probit(double p)
{
    double z = log(p / (1 - p)) / 1.702;
    for (int i = 0; i < 6; i++) {
        double density = 0.3989422804014327 * exp(-z * z / 2);
        z -= (0.5 * erfc(-z * 0.7071067811865476) - p) / density;
    }
    return z;
}

static bool standardise(double *values, int64_t n)
{
    double mean = 0, variance = 0;
    for (int64_t i = 0; i < n; i++)
        mean += values[i] / (double)n;
    for (int64_t i = 0; i < n; i++)
        variance += (values[i] - mean) * (values[i] - mean) / (double)n;
    if (!(variance > 0) || !isfinite(variance))
        return false;
    for (int64_t i = 0; i < n; i++)
        values[i] = (values[i] - mean) / sqrt(variance);
    return true;
}

/* The share of sorted values below x, ties in the middle. */
static double rank(const double *sorted, int64_t n, double x)
{
    int64_t low = 0, high = n;
    while (low < high) {
        int64_t middle = (low + high) / 2;
        if (sorted[middle] < x)
            low = middle + 1;
        else
            high = middle;
    }
    int64_t end = low;
    while (end < n && sorted[end] == x)
        end++;
    return (double)(low + end) / 2 / (double)n;
}

bool attune_gp_warp(double *values, int64_t n, double *room)
{
    double worst = -INFINITY;
    for (int64_t i = 0; i < n; i++)
        if (isfinite(values[i]))
            worst = fmax(worst, values[i]);
    if (!isfinite(worst))
        return false;
    for (int64_t i = 0; i < n; i++)
        room[i] = values[i] = isfinite(values[i]) ? values[i] : worst;
    qsort(room, (size_t)n, sizeof *room, ascending);
    if (room[0] == room[n - 1])
        return false;
    double half = 0.5 / (double)n, median = room[n / 2], best = room[0];
    double scale = median > best ? -probit(half) / (median - best) : 0;
    for (int64_t i = 0; i < n; i++) {
        double place = fmin(fmax(rank(room, n, values[i]), half), 1 - half);
        values[i] = values[i] <= median ? (values[i] - median) * scale : probit(place);
    }
    return standardise(values, n);
}

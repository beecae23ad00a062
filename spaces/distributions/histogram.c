/* spaces/distributions/histogram.c - real numbers, as likely as the bin they are in. */
#include "spaces/cells.h"
#include "spaces/distribution.h"

#include <math.h>

struct histogram {
    attune_reals edges, weights;
    attune_cells cells; /* derived */
};

static const attune_field fields[] = {
    ATTUNE_REALS(struct histogram, edges, "where the bins begin, and where the last one ends"),
    ATTUNE_REALS(struct histogram, weights, "how likely each bin is, one less than edges",
                 .above_low = true),
    ATTUNE_FIELDS_END,
};

static const char *check(const void *self)
{
    const struct histogram *d = self;
    if (d->edges.n < 2)
        return "need at least two edges";
    if (d->weights.n != d->edges.n - 1)
        return "need one weight a bin: one less than edges";
    for (int64_t i = 0; i < d->edges.n; i++)
        if (!isfinite(d->edges.items[i]) || (i && !(d->edges.items[i - 1] < d->edges.items[i])))
            return "need edges that increase";
    return isfinite(d->edges.items[d->edges.n - 1] - d->edges.items[0])
               ? NULL
               : "need a range that is a number";
}

static attune_status prepare(void *self, attune_error *error)
{
    struct histogram *d = self;
    return attune_cells_make(&d->cells, d->weights.items, d->weights.n, error);
}

static void clear(void *self)
{
    attune_cells_clear(&((struct histogram *)self)->cells);
}

static double share(const struct histogram *d, int64_t bin)
{
    return d->cells.edges[bin + 1] - d->cells.edges[bin];
}

static double width(const struct histogram *d, int64_t bin)
{
    return d->edges.items[bin + 1] - d->edges.items[bin];
}

/* The bin of x, which is within the edges. */
static int64_t bin_of(const struct histogram *d, double x)
{
    int64_t low = 0, high = d->weights.n;
    while (high - low > 1) {
        int64_t middle = low + (high - low) / 2;
        if (d->edges.items[middle] <= x)
            low = middle;
        else
            high = middle;
    }
    return low;
}

static double quantile(const void *self, double u)
{
    const struct histogram *d = self;
    int64_t bin = attune_cells_find(&d->cells, u);
    double part = (u - d->cells.edges[bin]) / share(d, bin);
    return attune_clamp(d->edges.items[bin] + part * width(d, bin), d->edges.items[bin],
                        d->edges.items[bin + 1]);
}

static double cdf(const void *self, double x)
{
    const struct histogram *d = self;
    if (!(x > d->edges.items[0]))
        return 0;
    if (x >= d->edges.items[d->edges.n - 1])
        return 1;
    int64_t bin = bin_of(d, x);
    double part = (x - d->edges.items[bin]) / width(d, bin);
    return attune_clamp(d->cells.edges[bin] + part * share(d, bin), d->cells.edges[bin],
                        d->cells.edges[bin + 1]);
}

static double pdf(const void *self, double x)
{
    const struct histogram *d = self;
    if (!(x >= d->edges.items[0] && x <= d->edges.items[d->edges.n - 1]))
        return 0;
    int64_t bin = bin_of(d, x);
    return share(d, bin) / width(d, bin);
}

static double mean(const void *self)
{
    const struct histogram *d = self;
    double sum = 0;
    for (int64_t i = 0; i < d->weights.n; i++)
        sum += share(d, i) * (d->edges.items[i] + width(d, i) / 2);
    return sum;
}

static double variance(const void *self)
{
    const struct histogram *d = self;
    double m = mean(self), sum = 0;
    for (int64_t i = 0; i < d->weights.n; i++) {
        double off = d->edges.items[i] + width(d, i) / 2 - m;
        sum += share(d, i) * (off * off + width(d, i) * width(d, i) / 12);
    }
    return sum;
}

static void support(const void *self, double *low, double *high)
{
    const struct histogram *d = self;
    *low = d->edges.items[0];
    *high = d->edges.items[d->edges.n - 1];
}

const attune_distribution_type attune_distribution_histogram = {
    .name = "histogram",
    .doc = "Real numbers, as likely as the bin they are in.",
    .size = sizeof(struct histogram),
    .fields = fields,
    .example = "[[-1, 0, 0.5, 4], [1, 3, 0.5]]",
    .check = check,
    .quantile = quantile,
    .cdf = cdf,
    .pdf = pdf,
    .mean = mean,
    .variance = variance,
    .support = support,
    .prepare = prepare,
    .clear = clear,
};

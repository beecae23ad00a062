/* spaces/distributions/poisson.c - counts around a mean.
 *
 * Cut off where a count is rarer than 1e-14, so that no cell of the unit interval is empty. */
#include "spaces/cells.h"
#include "spaces/distribution.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

struct poisson {
    double rate;
    attune_cells cells; /* derived: of counts from first on */
    double first;
};

static const attune_field fields[] = {
    ATTUNE_REAL(struct poisson, rate, 10.0, "mean", .high = 1e6, .above_low = true),
    ATTUNE_FIELDS_END,
};

/* The probability of count k over that of the likeliest, going out from it in one direction, into
 * weights[0], [step], ...; how many were worth keeping. */
static int64_t walk(double rate, double mode, int step, double *weights, int64_t most)
{
    static const double rarest = 1e-14;
    double weight = 1, k = mode, total = sqrt(2 * 3.14159 * (mode + 1));
    int64_t n = 0;
    while (n < most && k >= 0 && weight >= rarest * total) {
        weights[n * step] = weight;
        weight *= step > 0 ? rate / (k + 1) : k / rate;
        k += step;
        n++;
    }
    return n;
}

static attune_status prepare(void *self, attune_error *error)
{
    struct poisson *d = self;
    double mode = floor(d->rate);
    int64_t most = 64 + (int64_t)(12 * sqrt(d->rate));
    double *weights = attune_alloc(2 * most + 1, sizeof *weights, error);
    if (!weights)
        return ATTUNE_MEMORY;
    int64_t below = walk(d->rate, mode, -1, weights + most, most);
    int64_t above = walk(d->rate, mode, 1, weights + most, most);
    d->first = mode - (double)(below - 1);
    attune_status status =
        attune_cells_make(&d->cells, weights + most - (below - 1), below + above - 1, error);
    free(weights);
    return status;
}

static void clear(void *self)
{
    attune_cells_clear(&((struct poisson *)self)->cells);
}

static double quantile(const void *self, double u)
{
    const struct poisson *d = self;
    return d->first + (double)attune_cells_find(&d->cells, u);
}

static double cdf(const void *self, double x)
{
    const struct poisson *d = self;
    return attune_cells_cdf(&d->cells, x - d->first);
}

static double pdf(const void *self, double x)
{
    const struct poisson *d = self;
    return attune_cells_pdf(&d->cells, x - d->first);
}

static double mean(const void *self)
{
    const struct poisson *d = self;
    return d->first + attune_cells_mean(&d->cells);
}

static double variance(const void *self)
{
    return attune_cells_variance(&((const struct poisson *)self)->cells);
}

static void support(const void *self, double *low, double *high)
{
    const struct poisson *d = self;
    *low = d->first;
    *high = d->first + (double)(d->cells.n - 1);
}

static int64_t count(const void *self)
{
    return ((const struct poisson *)self)->cells.n;
}

const attune_distribution_type attune_distribution_poisson = {
    .name = "poisson",
    .doc = "Counts around a mean.",
    .size = sizeof(struct poisson),
    .fields = fields,
    .kind = ATTUNE_DISTRIBUTION_INTEGER,
    .example = "4.5",
    .quantile = quantile,
    .cdf = cdf,
    .pdf = pdf,
    .mean = mean,
    .variance = variance,
    .support = support,
    .count = count,
    .prepare = prepare,
    .clear = clear,
};

/* spaces/distributions/uniform.c - real numbers, all as likely. */
#include "spaces/distribution.h"

#include <math.h>

struct uniform {
    double low, high;
};

static const attune_field fields[] = {
    ATTUNE_REAL(struct uniform, low, 0.0, "smallest value"),
    ATTUNE_REAL(struct uniform, high, 1.0, "largest value"),
    ATTUNE_FIELDS_END,
};

static const char *check(const void *self)
{
    const struct uniform *d = self;
    if (!(d->low < d->high))
        return "need low < high (for one value, write the value)";
    return isfinite(d->high - d->low) ? NULL : "need a range from low to high that is a number";
}

static double quantile(const void *self, double u)
{
    const struct uniform *d = self;
    return attune_clamp(d->low + u * (d->high - d->low), d->low, d->high);
}

static double cdf(const void *self, double x)
{
    const struct uniform *d = self;
    return attune_clamp((x - d->low) / (d->high - d->low), 0, 1);
}

static double pdf(const void *self, double x)
{
    const struct uniform *d = self;
    return x >= d->low && x <= d->high ? 1 / (d->high - d->low) : 0;
}

static double mean(const void *self)
{
    const struct uniform *d = self;
    return d->low + (d->high - d->low) / 2;
}

static double variance(const void *self)
{
    const struct uniform *d = self;
    return (d->high - d->low) * ((d->high - d->low) / 12);
}

static void support(const void *self, double *low, double *high)
{
    const struct uniform *d = self;
    *low = d->low;
    *high = d->high;
}

const attune_distribution_type attune_distribution_uniform = {
    .name = "uniform",
    .doc = "Real numbers from low to high, all as likely.",
    .size = sizeof(struct uniform),
    .fields = fields,
    .example = "[0.8, 0.99]",
    .check = check,
    .quantile = quantile,
    .cdf = cdf,
    .pdf = pdf,
    .mean = mean,
    .variance = variance,
    .support = support,
};

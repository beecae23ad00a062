/* spaces/distributions/normal.c - the normal distribution, cut off at its ends. */
#include "spaces/distribution.h"
#include "spaces/gaussian.h"

#include <math.h>

struct normal {
    double mean, sd, low, high;
    attune_gaussian gaussian; /* derived */
};

static const attune_field fields[] = {
    ATTUNE_REAL(struct normal, mean, 0.0, "mean before the cut"),
    ATTUNE_REAL(struct normal, sd, 1.0, "standard deviation before the cut", .above_low = true),
    ATTUNE_REAL(struct normal, low, NAN, "smallest value; null: 10 sd below", .nullable = true),
    ATTUNE_REAL(struct normal, high, NAN, "largest value; null: 10 sd above", .nullable = true),
    ATTUNE_FIELDS_END,
};

static const char *check(const void *self)
{
    const struct normal *d = self;
    if (!isfinite(d->mean) || !isfinite(d->sd))
        return "need a finite mean and sd";
    return d->low >= d->high ? "need low < high" : NULL;
}

static attune_status prepare(void *self, attune_error *error)
{
    struct normal *d = self;
    d->gaussian = (attune_gaussian){.mean = d->mean, .sd = d->sd, .low = d->low, .high = d->high};
    return attune_gaussian_prepare(&d->gaussian, error);
}

static double quantile(const void *self, double u)
{
    return attune_gaussian_quantile(&((const struct normal *)self)->gaussian, u);
}

static double cdf(const void *self, double x)
{
    return attune_gaussian_cdf(&((const struct normal *)self)->gaussian, x);
}

static double pdf(const void *self, double x)
{
    return attune_gaussian_pdf(&((const struct normal *)self)->gaussian, x);
}

static double mean(const void *self)
{
    return attune_gaussian_mean(&((const struct normal *)self)->gaussian);
}

static double variance(const void *self)
{
    return attune_gaussian_variance(&((const struct normal *)self)->gaussian);
}

static void support(const void *self, double *low, double *high)
{
    *low = ((const struct normal *)self)->gaussian.low;
    *high = ((const struct normal *)self)->gaussian.high;
}

const attune_distribution_type attune_distribution_normal = {
    .name = "normal",
    .doc = "Real numbers around a mean; what lies outside low and high is left out.",
    .size = sizeof(struct normal),
    .fields = fields,
    .example = "[2.5, 1.5, 0, null]",
    .check = check,
    .quantile = quantile,
    .cdf = cdf,
    .pdf = pdf,
    .mean = mean,
    .variance = variance,
    .support = support,
    .prepare = prepare,
};

/* spaces/distributions/log_uniform.c - spread evenly over orders of magnitude. */
#include "spaces/distribution.h"

#include <math.h>

struct log_uniform {
    double low, high;
};

static const attune_field fields[] = {
    ATTUNE_REAL(struct log_uniform, low, 1e-4, "smallest value, above zero"),
    ATTUNE_REAL(struct log_uniform, high, 1.0, "largest value"),
    ATTUNE_FIELDS_END,
};

static const char *check(const void *self)
{
    const struct log_uniform *d = self;
    if (!(0 < d->low && d->low < d->high))
        return "need 0 < low < high";
    return isfinite(d->high / d->low) ? NULL : "need fewer than 308 orders of magnitude";
}

static double length(const struct log_uniform *d)
{
    return log(d->high / d->low);
}

static double quantile(const void *self, double u)
{
    const struct log_uniform *d = self;
    return attune_clamp(d->low * pow(d->high / d->low, u), d->low, d->high);
}

static double cdf(const void *self, double x)
{
    const struct log_uniform *d = self;
    return x <= d->low ? 0 : x >= d->high ? 1 : log(x / d->low) / length(d);
}

static double pdf(const void *self, double x)
{
    const struct log_uniform *d = self;
    return x >= d->low && x <= d->high ? 1 / (x * length(d)) : 0;
}

static double mean(const void *self)
{
    const struct log_uniform *d = self;
    return (d->high - d->low) / length(d);
}

static double variance(const void *self)
{
    const struct log_uniform *d = self;
    double l = length(d), width = d->high - d->low;
    if (l < 1e-4) /* as good as uniform; the difference below would be rounding */
        return width * width / 12;
    return width * ((d->high + d->low) / (2 * l) - width / (l * l));
}

static void support(const void *self, double *low, double *high)
{
    const struct log_uniform *d = self;
    *low = d->low;
    *high = d->high;
}

const attune_distribution_type attune_distribution_log_uniform = {
    .name = "log_uniform",
    .doc = "Spread evenly over orders of magnitude.",
    .size = sizeof(struct log_uniform),
    .fields = fields,
    .log = true,
    .example = "[0.01, 10]",
    .check = check,
    .quantile = quantile,
    .cdf = cdf,
    .pdf = pdf,
    .mean = mean,
    .variance = variance,
    .support = support,
};

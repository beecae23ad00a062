/* spaces/distributions/log_normal.c - numbers whose logarithm is normal, cut off at its ends. */
#include "spaces/distribution.h"
#include "spaces/gaussian.h"

#include <math.h>

struct log_normal {
    double mean, sd, low, high;
    attune_gaussian gaussian; /* derived: of the logarithm */
    double first, last;       /* derived: the ends */
};

static const attune_field fields[] = {
    ATTUNE_REAL(struct log_normal, mean, 0.0, "mean of the natural logarithm"),
    ATTUNE_REAL(struct log_normal, sd, 1.0, "standard deviation of the natural logarithm",
                .above_low = true),
    ATTUNE_REAL(struct log_normal, low, NAN, "smallest value, above zero; null: 10 sd below",
                .nullable = true),
    ATTUNE_REAL(struct log_normal, high, NAN, "largest value; null: 10 sd above", .nullable = true),
    ATTUNE_FIELDS_END,
};

static const char *check(const void *self)
{
    const struct log_normal *d = self;
    if (!isfinite(d->mean) || !isfinite(d->sd))
        return "need a finite mean and sd";
    if (d->low <= 0 || d->high <= 0 || d->low >= d->high)
        return "need 0 < low < high";
    return NULL;
}

static attune_status prepare(void *self, attune_error *error)
{
    struct log_normal *d = self;
    d->gaussian =
        (attune_gaussian){.mean = d->mean, .sd = d->sd, .low = log(d->low), .high = log(d->high)};
    attune_status status = attune_gaussian_prepare(&d->gaussian, error);
    d->first = isnan(d->low) ? exp(d->gaussian.low) : d->low;
    d->last = isnan(d->high) ? exp(d->gaussian.high) : d->high;
    if (!status && !(0 < d->first && isfinite(d->last)))
        status = attune_fail(error, ATTUNE_INVALID,
                             "its values leave what a number can hold; give low and high");
    return status;
}

static double quantile(const void *self, double u)
{
    const struct log_normal *d = self;
    return attune_clamp(exp(attune_gaussian_quantile(&d->gaussian, u)), d->first, d->last);
}

static double cdf(const void *self, double x)
{
    const struct log_normal *d = self;
    if (x <= d->first)
        return 0;
    return x >= d->last ? 1 : attune_gaussian_cdf(&d->gaussian, log(x));
}

static double pdf(const void *self, double x)
{
    const struct log_normal *d = self;
    if (!(x >= d->first && x <= d->last))
        return 0;
    double t = attune_clamp(log(x), d->gaussian.low, d->gaussian.high);
    return attune_gaussian_pdf(&d->gaussian, t) / x;
}

static double mean(const void *self)
{
    return attune_gaussian_exp_moment(&((const struct log_normal *)self)->gaussian, 1);
}

static double variance(const void *self)
{
    double m = mean(self);
    double square = attune_gaussian_exp_moment(&((const struct log_normal *)self)->gaussian, 2);
    return fmax(0, square - m * m);
}

static void support(const void *self, double *low, double *high)
{
    *low = ((const struct log_normal *)self)->first;
    *high = ((const struct log_normal *)self)->last;
}

const attune_distribution_type attune_distribution_log_normal = {
    .name = "log_normal",
    .doc = "Numbers whose logarithm is normal; what lies outside low and high is left out.",
    .size = sizeof(struct log_normal),
    .fields = fields,
    .log = true,
    .example = "[-3, 1.5, 0.001, 10]",
    .check = check,
    .quantile = quantile,
    .cdf = cdf,
    .pdf = pdf,
    .mean = mean,
    .variance = variance,
    .support = support,
    .prepare = prepare,
};

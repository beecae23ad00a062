/* spaces/distributions/rand_int.c - whole numbers, all as likely. */
#include "spaces/distribution.h"

#include <math.h>

struct rand_int {
    int64_t low, high;
};

static const attune_field fields[] = {
    ATTUNE_INTEGER(struct rand_int, low, 0, "smallest value", .low = -0x1p53, .high = 0x1p53),
    ATTUNE_INTEGER(struct rand_int, high, 10, "largest value, itself drawn too", .low = -0x1p53,
                   .high = 0x1p53),
    ATTUNE_FIELDS_END,
};

static const char *check(const void *self)
{
    const struct rand_int *d = self;
    if (d->low >= d->high)
        return "need low < high (for one value, write the value)";
    return d->high - d->low < (1LL << 53) ? NULL : "need at most 2^53 values from low to high";
}

static double width(const struct rand_int *d)
{
    return (double)(d->high - d->low + 1);
}

/* floor(u * n) of the exact product: the rounded one may reach a whole number that u * n does not.
 */
static double floor_times(double u, double n)
{
    double product = u * n, whole = floor(product);
    return product == whole && fma(u, n, -product) < 0 ? whole - 1 : whole;
}

/* The least u with floor(u * n) >= k. */
static double edge(double k, double n)
{
    double u = k / n;
    return floor_times(u, n) < k ? nextafter(u, 2) : u;
}

static double quantile(const void *self, double u)
{
    const struct rand_int *d = self;
    double x = (double)d->low + floor_times(u, width(d));
    return x < (double)d->high ? x : (double)d->high;
}

static double cdf(const void *self, double x)
{
    const struct rand_int *d = self;
    if (!(x >= (double)d->low))
        return 0;
    return x >= (double)d->high ? 1 : edge(floor(x) - (double)d->low + 1, width(d));
}

static double pdf(const void *self, double x)
{
    const struct rand_int *d = self;
    bool inside = x >= (double)d->low && x <= (double)d->high && x == trunc(x);
    return inside ? 1 / width(d) : 0;
}

static double mean(const void *self)
{
    const struct rand_int *d = self;
    return (double)d->low + (double)(d->high - d->low) / 2;
}

static double variance(const void *self)
{
    double n = width(self);
    return (n - 1) * (n + 1) / 12;
}

static void support(const void *self, double *low, double *high)
{
    const struct rand_int *d = self;
    *low = (double)d->low;
    *high = (double)d->high;
}

static int64_t count(const void *self)
{
    const struct rand_int *d = self;
    return d->high - d->low + 1;
}

const attune_distribution_type attune_distribution_rand_int = {
    .name = "rand_int",
    .doc = "Whole numbers from low to high, all as likely.",
    .size = sizeof(struct rand_int),
    .fields = fields,
    .kind = ATTUNE_DISTRIBUTION_INTEGER,
    .example = "[20, 200]",
    .check = check,
    .quantile = quantile,
    .cdf = cdf,
    .pdf = pdf,
    .mean = mean,
    .variance = variance,
    .support = support,
    .count = count,
};

/* spaces/distributions/log_int.c - whole numbers, spread evenly over orders of magnitude.
 *
 * Value k has the share of log_uniform between k - 1/2 and k + 1/2: close to 1/k. */
#include "spaces/distribution.h"

#include <math.h>

struct log_int {
    int64_t low, high;
    double start, length; /* derived: low - 1/2, and the logarithm of the whole range */
};

/* Up to 2^40 each cell is hundreds of steps of a double wide, so that none is empty. */
static const attune_field fields[] = {
    ATTUNE_INTEGER(struct log_int, low, 1, "smallest value, at least 1", .low = 1, .high = 0x1p40),
    ATTUNE_INTEGER(struct log_int, high, 1000, "largest value, itself drawn too", .low = 1,
                   .high = 0x1p40),
    ATTUNE_FIELDS_END,
};

static const char *check(const void *self)
{
    const struct log_int *d = self;
    return d->low < d->high ? NULL : "need low < high (for one value, write the value)";
}

static attune_status prepare(void *self, attune_error *error)
{
    struct log_int *d = self;
    (void)error;
    d->start = (double)d->low - 0.5;
    d->length = log1p((double)(d->high - d->low + 1) / d->start);
    return ATTUNE_OK;
}

/* Where the cell of k begins. log1p keeps a narrow range of large numbers exact. */
static double edge(const struct log_int *d, double k)
{
    if (k <= (double)d->low)
        return 0;
    return k > (double)d->high ? 1 : log1p((k - (double)d->low) / d->start) / d->length;
}

static double quantile(const void *self, double u)
{
    const struct log_int *d = self;
    double k = (double)d->low + floor(d->start * expm1(u * d->length));
    k = attune_clamp(k, (double)d->low, (double)d->high);
    /* The inverse is right within one value; the edges decide. */
    while (k > (double)d->low && edge(d, k) > u)
        k--;
    while (k < (double)d->high && edge(d, k + 1) <= u)
        k++;
    return k;
}

static double cdf(const void *self, double x)
{
    return edge(self, floor(x) + 1);
}

static double pdf(const void *self, double x)
{
    const struct log_int *d = self;
    if (!(x >= (double)d->low && x <= (double)d->high) || x != trunc(x))
        return 0;
    return log1p(1 / (x - 0.5)) / d->length;
}

/* The sum of (k - centre)^power P(k): term by term at first; for large k, k P(k) is
 * 1 + 1 / (12 k^2) over the length, and the sums have closed forms. */
enum { most_terms = 4096 };

static double head(const struct log_int *d, double centre, int power)
{
    double sum = 0;
    for (int64_t i = 0; i < most_terms && i <= d->high - d->low; i++) {
        double k = (double)(d->low + i), off = k - centre;
        sum += (power == 1 ? off : off * off) * pdf(d, k);
    }
    return sum;
}

static double tail(const struct log_int *d, double centre, int power)
{
    double first = (double)d->low + most_terms, last = (double)d->high;
    if (first > last)
        return 0;
    double ones = log1p((last - first + 1) / (first - 0.5));
    double ks = last - first + 1 + (1 / (first - 0.5) - 1 / (last + 0.5)) / 12;
    double squares = (last - first + 1) * (first + last) / 2 + ones / 12;
    double sum =
        power == 1 ? ks - centre * ones : squares - 2 * centre * ks + centre * centre * ones;
    return sum / d->length;
}

static double mean(const void *self)
{
    const struct log_int *d = self;
    double centre = (double)d->low;
    return centre + head(d, centre, 1) + tail(d, centre, 1);
}

static double variance(const void *self)
{
    double centre = mean(self);
    return head(self, centre, 2) + tail(self, centre, 2);
}

static void support(const void *self, double *low, double *high)
{
    const struct log_int *d = self;
    *low = (double)d->low;
    *high = (double)d->high;
}

static int64_t count(const void *self)
{
    const struct log_int *d = self;
    return d->high - d->low + 1;
}

const attune_distribution_type attune_distribution_log_int = {
    .name = "log_int",
    .doc = "Whole numbers, spread evenly over orders of magnitude.",
    .size = sizeof(struct log_int),
    .fields = fields,
    .kind = ATTUNE_DISTRIBUTION_INTEGER,
    .log = true,
    .example = "[4, 256]",
    .check = check,
    .quantile = quantile,
    .cdf = cdf,
    .pdf = pdf,
    .mean = mean,
    .variance = variance,
    .support = support,
    .count = count,
    .prepare = prepare,
};

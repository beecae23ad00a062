/* spaces/gaussian.c - a normal distribution cut off at both ends. */
#include "spaces/gaussian.h"

#include "spaces/base/number.h"

#include <gsl/gsl_cdf.h>
#include <math.h>

/* The share of the normal between two points, each measured from the nearer tail. */
static double between(double a, double b)
{
    if (a >= 0)
        return gsl_cdf_ugaussian_Q(a) - gsl_cdf_ugaussian_Q(b);
    if (b <= 0)
        return gsl_cdf_ugaussian_P(b) - gsl_cdf_ugaussian_P(a);
    return 1 - gsl_cdf_ugaussian_P(a) - gsl_cdf_ugaussian_Q(b);
}

static double density(double z)
{
    static const double root_two_pi = 2.5066282746310002;
    return exp(-z * z / 2) / root_two_pi;
}

attune_status attune_gaussian_prepare(attune_gaussian *g, attune_error *error)
{
    enum { reach = 10 };
    double low =
        isnan(g->low) ? fmin(g->mean, isnan(g->high) ? g->mean : g->high) - reach * g->sd : g->low;
    g->high = isnan(g->high) ? fmax(g->mean, low) + reach * g->sd : g->high;
    g->low = low;
    g->a = (g->low - g->mean) / g->sd;
    g->b = (g->high - g->mean) / g->sd;
    g->below = gsl_cdf_ugaussian_P(g->a);
    g->above = gsl_cdf_ugaussian_Q(g->b);
    g->mass = between(g->a, g->b);
    if (!(g->low < g->high) || !isfinite(g->high - g->low))
        return attune_fail(error, ATTUNE_INVALID, "need low < high, both finite");
    if (!(g->mass > 1e-290))
        return attune_fail(error, ATTUNE_INVALID, "almost nothing of it lies between low and high");
    return ATTUNE_OK;
}

/* The lower tail is inverted below the median and the upper one above it, so that a share far out
 * is never one minus nearly one. */
static double standard_quantile(const attune_gaussian *g, double u)
{
    double p = g->below + u * g->mass;
    return p <= 0.5 ? gsl_cdf_ugaussian_Pinv(p)
                    : gsl_cdf_ugaussian_Qinv(g->above + (1 - u) * g->mass);
}

double attune_gaussian_quantile(const attune_gaussian *g, double u)
{
    return attune_clamp(g->mean + g->sd * standard_quantile(g, u), g->low, g->high);
}

double attune_gaussian_cdf(const attune_gaussian *g, double x)
{
    double z = (x - g->mean) / g->sd;
    if (x <= g->low)
        return 0;
    if (x >= g->high)
        return 1;
    double share =
        z <= 0 || g->a >= 0 ? between(g->a, z) / g->mass : 1 - between(z, g->b) / g->mass;
    return attune_clamp(share, 0, 1);
}

double attune_gaussian_pdf(const attune_gaussian *g, double x)
{
    if (!(x >= g->low && x <= g->high))
        return 0;
    return density((x - g->mean) / g->sd) / (g->sd * g->mass);
}

double attune_gaussian_mean(const attune_gaussian *g)
{
    double mean = g->mean + g->sd * ((density(g->a) - density(g->b)) / g->mass);
    return attune_clamp(mean, g->low, g->high);
}

double attune_gaussian_variance(const attune_gaussian *g)
{
    double shift = (density(g->a) - density(g->b)) / g->mass;
    double rest = (g->a * density(g->a) - g->b * density(g->b)) / g->mass;
    return g->sd * g->sd * fmax(0, 1 + rest - shift * shift);
}

double attune_gaussian_exp_moment(const attune_gaussian *g, double power)
{
    double shift = power * g->sd;
    return exp(power * g->mean + shift * shift / 2) *
           (between(g->a - shift, g->b - shift) / g->mass);
}

/* search/bench/parts/bbob.c - the 24 noiseless BBOB functions. */
#include "search/bench/parts/bbob.h"

#include <math.h>
#include <string.h>

enum { most = ATTUNE_BBOB_DIMENSIONS };

static const double pi = 3.141592653589793;

typedef double vector[most];

/* ---- an instance ---- */

static void rotation(double m[most][most], int64_t d, attune_stream *stream)
{
    for (int64_t i = 0; i < d; i++) {
        double length = 0;
        for (int64_t k = 0; k < d; k++)
            m[i][k] = attune_stream_normal(stream);
        for (int64_t j = 0; j < i; j++) {
            double along = 0;
            for (int64_t k = 0; k < d; k++)
                along += m[i][k] * m[j][k];
            for (int64_t k = 0; k < d; k++)
                m[i][k] -= along * m[j][k];
        }
        for (int64_t k = 0; k < d; k++)
            length += m[i][k] * m[i][k];
        for (int64_t k = 0; k < d; k++)
            m[i][k] /= sqrt(length);
    }
}

/* diag(alpha^(i / (2 (d - 1)))), coordinate i. */
static double scale(double alpha, int64_t i, int64_t d)
{
    return pow(alpha, 0.5 * (double)i / (double)(d - 1));
}

/* The peaks of Gallagher's functions: places, heights, and how steep in which direction. */
static void make_peaks(attune_bbob *f, int n, attune_stream *stream)
{
    int64_t order[101], places[most];
    f->n_peaks = n;
    for (int k = 1; k < n; k++)
        order[k - 1] = k - 1;
    attune_stream_shuffle(stream, order, n - 1);
    for (int k = 0; k < n; k++) {
        double alpha = k ? pow(1000, 2 * (double)order[k - 1] / (n - 2)) : n == 21 ? 1e6 : 1000;
        double reach = k ? 4.9 : 3.92;
        f->heights[k] = k ? 1.1 + 8.0 * (k - 1) / (n - 2) : 10;
        for (int64_t i = 0; i < f->d; i++) {
            places[i] = i;
            f->peaks[k][i] = reach * (2 * attune_stream_uniform(stream) - 1);
        }
        attune_stream_shuffle(stream, places, f->d);
        for (int64_t i = 0; i < f->d; i++) {
            double s = scale(alpha, places[i], f->d);
            f->scales[k][i] = s / pow(alpha, 0.25);
        }
    }
}

void attune_bbob_make(attune_bbob *f, int number, int64_t d, int64_t instance)
{
    attune_key key = attune_key_integer(attune_key_start("bbob"), number);
    attune_stream stream =
        attune_stream_new(attune_key_integer(attune_key_integer(key, d), instance));
    memset(f, 0, sizeof *f);
    f->number = number;
    f->d = d;
    for (int64_t i = 0; i < d; i++) {
        double u = 8 * attune_stream_uniform(&stream) - 4, sign = u < 0 ? -1 : 1;
        f->optimum[i] = u;
        if (number == 4 && i % 2 == 0)
            f->optimum[i] = fabs(u);
        else if (number == 5)
            f->optimum[i] = 5 * sign;
        else if (number == 8)
            f->optimum[i] = 0.75 * u;
        else if (number == 20)
            f->optimum[i] = 4.2096874633 / 2 * sign;
        else if (number == 24)
            f->optimum[i] = 1.25 * sign;
    }
    rotation(f->r, d, &stream);
    rotation(f->q, d, &stream);
    if (number == 21 || number == 22)
        make_peaks(f, number == 21 ? 101 : 21, &stream);
}

/* ---- what the definitions are made of ---- */

static double share(const attune_bbob *f, int64_t i)
{
    return (double)i / (double)(f->d - 1);
}

static double wavy(double x)
{
    if (x == 0)
        return 0;
    double h = log(fabs(x)), a = x > 0 ? 10 : 5.5, b = x > 0 ? 7.9 : 3.1;
    return copysign(exp(h + 0.049 * (sin(a * h) + sin(b * h))), x);
}

static void oscillate(const attune_bbob *f, double *z)
{
    for (int64_t i = 0; i < f->d; i++)
        z[i] = wavy(z[i]);
}

static void skew(const attune_bbob *f, double beta, double *z)
{
    for (int64_t i = 0; i < f->d; i++)
        if (z[i] > 0)
            z[i] = pow(z[i], 1 + beta * share(f, i) * sqrt(z[i]));
}

static void stretch(const attune_bbob *f, double alpha, double *z)
{
    for (int64_t i = 0; i < f->d; i++)
        z[i] *= scale(alpha, i, f->d);
}

static void turn(const attune_bbob *f, const double m[most][most], double *z)
{
    vector from;
    memcpy(from, z, sizeof from);
    for (int64_t i = 0; i < f->d; i++) {
        z[i] = 0;
        for (int64_t k = 0; k < f->d; k++)
            z[i] += m[i][k] * from[k];
    }
}

static void offset(const attune_bbob *f, const double *x, double *z)
{
    memset(z, 0, sizeof(vector));
    for (int64_t i = 0; i < f->d; i++)
        z[i] = x[i] - f->optimum[i];
}

static double outside(const attune_bbob *f, const double *x)
{
    double sum = 0;
    for (int64_t i = 0; i < f->d; i++) {
        double over = fmax(0, fabs(x[i]) - 5);
        sum += over * over;
    }
    return sum;
}

static double squares(const attune_bbob *f, double condition, const double *z)
{
    double sum = 0;
    for (int64_t i = 0; i < f->d; i++)
        sum += pow(condition, share(f, i)) * z[i] * z[i];
    return sum;
}

static double rastrigin(const attune_bbob *f, const double *z)
{
    double sum = 10 * (double)f->d;
    for (int64_t i = 0; i < f->d; i++)
        sum += z[i] * z[i] - 10 * cos(2 * pi * z[i]);
    return sum;
}

static double rosenbrock_term(const double *z, int64_t i)
{
    double a = z[i] * z[i] - z[i + 1], b = z[i] - 1;
    return 100 * a * a + b * b;
}

static void valley(const attune_bbob *f, const double *x, double *z)
{
    double factor = fmax(1, sqrt((double)f->d) / 8);
    if (f->number == 8) {
        offset(f, x, z);
        for (int64_t i = 0; i < f->d; i++)
            z[i] = factor * z[i] + 1;
        return;
    }
    memset(z, 0, sizeof(vector));
    memcpy(z, x, (size_t)f->d * sizeof *x);
    turn(f, f->r, z);
    for (int64_t i = 0; i < f->d; i++)
        z[i] = factor * z[i] + 0.5;
}

/* ---- the functions with a body of their own ---- */

static double bueche_rastrigin(const attune_bbob *f, const double *x, double *z)
{
    for (int64_t i = 0; i < f->d; i++) {
        z[i] = wavy(z[i]);
        z[i] *= scale(10, i, f->d) * (z[i] > 0 && i % 2 == 0 ? 10 : 1);
    }
    return rastrigin(f, z) + 100 * outside(f, x);
}

static double slope(const attune_bbob *f, const double *x)
{
    double sum = 0;
    for (int64_t i = 0; i < f->d; i++) {
        double s = copysign(pow(10, share(f, i)), f->optimum[i]);
        double z = f->optimum[i] * x[i] < 25 ? x[i] : f->optimum[i];
        sum += 5 * fabs(s) - s * z;
    }
    return sum;
}

static double sector(const attune_bbob *f, double *z)
{
    double sum = 0;
    for (int64_t i = 0; i < f->d; i++) {
        double s = z[i] * f->optimum[i] > 0 ? 100 * z[i] : z[i];
        sum += s * s;
    }
    return pow(wavy(sum), 0.9);
}

static double steps(const attune_bbob *f, const double *x, double *z)
{
    turn(f, f->r, z);
    stretch(f, 10, z);
    double first = fabs(z[0]);
    for (int64_t i = 0; i < f->d; i++)
        z[i] = fabs(z[i]) > 0.5 ? floor(0.5 + z[i]) : floor(0.5 + 10 * z[i]) / 10;
    turn(f, f->q, z);
    return 0.1 * fmax(first / 1e4, squares(f, 100, z)) + outside(f, x);
}

static double rosenbrock(const attune_bbob *f, const double *x, double *z)
{
    double sum = 0;
    valley(f, x, z);
    for (int64_t i = 0; i + 1 < f->d; i++)
        sum += rosenbrock_term(z, i);
    return sum;
}

/* One coordinate's square beside the sum of the others'. */
static double one_and_others(const attune_bbob *f, const double *z, double one, double others)
{
    double sum = 0;
    for (int64_t i = 1; i < f->d; i++)
        sum += z[i] * z[i];
    return one * z[0] * z[0] + others * sum;
}

static double ridge(const attune_bbob *f, const double *z)
{
    return z[0] * z[0] + 100 * sqrt(one_and_others(f, z, 0, 1));
}

static double powers(const attune_bbob *f, const double *z)
{
    double sum = 0;
    for (int64_t i = 0; i < f->d; i++)
        sum += pow(fabs(z[i]), 2 + 4 * share(f, i));
    return sqrt(sum);
}

static double weierstrass(const attune_bbob *f, const double *x, const double *z)
{
    double sum = 0, least = 0;
    for (int k = 0; k < 12; k++) {
        double half = ldexp(1, -k), three = pow(3, k);
        least += half * cos(pi * three);
        for (int64_t i = 0; i < f->d; i++)
            sum += half * cos(2 * pi * three * (z[i] + 0.5));
    }
    return 10 * pow(sum / (double)f->d - least, 3) + 10 / (double)f->d * outside(f, x);
}

static double schaffers(const attune_bbob *f, const double *x, double *z, double condition)
{
    double sum = 0;
    turn(f, f->r, z);
    skew(f, 0.5, z);
    turn(f, f->q, z);
    stretch(f, condition, z);
    for (int64_t i = 0; i + 1 < f->d; i++) {
        double s = hypot(z[i], z[i + 1]), wave = sin(50 * pow(s, 0.2));
        sum += sqrt(s) * (1 + wave * wave) / (double)(f->d - 1);
    }
    return sum * sum + 10 * outside(f, x);
}

static double griewank_rosenbrock(const attune_bbob *f, const double *x, double *z)
{
    double sum = 0;
    valley(f, x, z);
    for (int64_t i = 0; i + 1 < f->d; i++) {
        double s = rosenbrock_term(z, i);
        sum += s / 4000 - cos(s);
    }
    return 10 * sum / (double)(f->d - 1) + 10;
}

static double schwefel(const attune_bbob *f, const double *x, double *z)
{
    double sum = 0, before = 0;
    for (int64_t i = 0; i < f->d; i++) {
        double twice = 2 * fabs(f->optimum[i]), here = copysign(2, f->optimum[i]) * x[i];
        double moved = here + (i ? 0.25 * before : 0);
        before = here - twice;
        z[i] = 100 * (scale(10, i, f->d) * (moved - twice) + twice);
        sum += z[i] * sin(sqrt(fabs(z[i])));
        z[i] /= 100;
    }
    return 4.189828872724339 - sum / (100 * (double)f->d) + 100 * outside(f, z);
}

static double gallagher(const attune_bbob *f, const double *x)
{
    double best = 0;
    for (int k = 0; k < f->n_peaks; k++) {
        vector z = {0};
        double sum = 0;
        for (int64_t i = 0; i < f->d; i++)
            z[i] = x[i] - f->peaks[k][i];
        turn(f, f->r, z);
        for (int64_t i = 0; i < f->d; i++)
            sum += f->scales[k][i] * z[i] * z[i];
        best = fmax(best, f->heights[k] * exp(-sum / (2 * (double)f->d)));
    }
    double depth = wavy(10 - best);
    return depth * depth + outside(f, x);
}

static double katsuura(const attune_bbob *f, const double *x, const double *z)
{
    double product = 1, d = (double)f->d;
    for (int64_t i = 0; i < f->d; i++) {
        double sum = 0;
        for (int j = 1; j <= 32; j++)
            sum += fabs(ldexp(z[i], j) - nearbyint(ldexp(z[i], j))) * ldexp(1, -j);
        product *= pow(1 + (double)(i + 1) * sum, 10 / pow(d, 1.2));
    }
    return 10 / (d * d) * (product - 1) + outside(f, x);
}

static double lunacek(const attune_bbob *f, const double *x, double *z)
{
    double d = (double)f->d, s = 1 - 1 / (2 * sqrt(d + 20) - 8.2), one = 0, two = 0;
    double centre = 2.5, other = -sqrt((centre * centre - 1) / s);
    for (int64_t i = 0; i < f->d; i++) {
        double here = copysign(2, f->optimum[i]) * x[i];
        one += (here - centre) * (here - centre);
        two += (here - other) * (here - other);
        z[i] = here - centre;
    }
    turn(f, f->r, z);
    stretch(f, 100, z);
    turn(f, f->q, z);
    double waves = d;
    for (int64_t i = 0; i < f->d; i++)
        waves -= cos(2 * pi * z[i]);
    return fmin(one, d + s * two) + 10 * waves + 1e4 * outside(f, x);
}

/* Turned, stretched, turned again: R, diag(alpha), Q. */
static double *ill(const attune_bbob *f, double alpha, double *z)
{
    turn(f, f->r, z);
    stretch(f, alpha, z);
    turn(f, f->q, z);
    return z;
}

static double *turned(const attune_bbob *f, double *z)
{
    turn(f, f->r, z);
    if (f->number == 10 || f->number == 11 || f->number == 15 || f->number == 16)
        oscillate(f, z);
    if (f->number == 12 || f->number == 15)
        skew(f, f->number == 12 ? 0.5 : 0.2, z);
    if (f->number == 15 || f->number == 16) {
        turn(f, f->q, z);
        stretch(f, f->number == 15 ? 10 : 0.01, z);
    }
    if (f->number == 12 || f->number == 15 || f->number == 16)
        turn(f, f->r, z);
    return z;
}

double attune_bbob_value(const attune_bbob *f, const double *x)
{
    vector z;
    offset(f, x, z);
    switch (f->number) {
    case 1:
        return squares(f, 1, z);
    case 2:
        oscillate(f, z);
        return squares(f, 1e6, z);
    case 3:
        oscillate(f, z);
        skew(f, 0.2, z);
        stretch(f, 10, z);
        return rastrigin(f, z);
    case 4:
        return bueche_rastrigin(f, x, z);
    case 5:
        return slope(f, x);
    case 6:
        return sector(f, ill(f, 10, z));
    case 7:
        return steps(f, x, z);
    case 8:
    case 9:
        return rosenbrock(f, x, z);
    case 10:
        return squares(f, 1e6, turned(f, z));
    case 11:
        return one_and_others(f, turned(f, z), 1e6, 1);
    case 12:
        return one_and_others(f, turned(f, z), 1, 1e6);
    case 13:
        return ridge(f, ill(f, 10, z));
    case 14:
        return powers(f, turned(f, z));
    case 15:
        return rastrigin(f, turned(f, z));
    case 16:
        return weierstrass(f, x, turned(f, z));
    case 17:
    case 18:
        return schaffers(f, x, z, f->number == 17 ? 10 : 1000);
    case 19:
        return griewank_rosenbrock(f, x, z);
    case 20:
        return schwefel(f, x, z);
    case 21:
    case 22:
        return gallagher(f, x);
    case 23:
        return katsuura(f, x, ill(f, 100, z));
    default:
        return lunacek(f, x, z);
    }
}

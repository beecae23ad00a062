/* steps/models/tridiagonal.c - Householder's reduction, and solving with it. */
#include "steps/models/tridiagonal.h"

#include "steps/numeric/numeric.h"

#include <math.h>

/* Makes x the vector v of the reflection I - v v' that turns x into (result, 0, 0, ...). */
static double reflection(double *x, int64_t n)
{
    double most = 0;
    for (int64_t i = 0; i < n; i++)
        most = fmax(most, fabs(x[i]));
    for (int64_t i = 0; i < n && most > 0; i++)
        x[i] /= most; /* squares neither overflow nor vanish */
    double first = x[0], rest = n > 1 ? attune_dot(x + 1, x + 1, n - 1) : 0;
    if (rest == 0) { /* it is of that form already */
        for (int64_t i = 0; i < n; i++)
            x[i] = 0;
        return first * most;
    }
    double length = sqrt(first * first + rest);
    double result = first > 0 ? -length : length;
    x[0] = first - result;
    double scale = sqrt(2 / (x[0] * x[0] + rest));
    for (int64_t i = 0; i < n; i++)
        x[i] *= scale;
    return result * most;
}

/* The rest of the matrix, from row and column 0 of n, between two reflections. */
static void reflect_both_sides(double *a, int64_t n, int64_t stride, const double *v, double *pull)
{
    attune_times(a, n, n, stride, v, pull);
    attune_axpy(-0.5 * attune_dot(v, pull, n), v, pull, n);
    for (int64_t i = 0; i < n; i++) {
        attune_axpy(-v[i], pull, a + i * stride, n);
        attune_axpy(-pull[i], v, a + i * stride, n);
    }
}

void attune_tridiagonal_reduce(attune_tridiagonal *t, double *room)
{
    int64_t m = t->m, stride = t->stride;
    for (int64_t k = 0; k < m; k++) {
        double *row = t->reflections + k * stride;
        t->diagonal[k] = row[k];
        t->beside[k] = 0;
        if (k + 1 == m)
            break;
        t->beside[k] = reflection(row + k + 1, m - k - 1);
        reflect_both_sides(row + stride + k + 1, m - k - 1, stride, row + k + 1, room);
    }
    t->norm = 0;
    for (int64_t k = 0; k < m; k++)
        t->norm = fmax(t->norm, fabs(t->diagonal[k]) + fabs(t->beside[k]) +
                                    (k ? fabs(t->beside[k - 1]) : 0));
}

static void reflect(const attune_tridiagonal *t, int64_t k, double *b)
{
    const double *v = t->reflections + k * t->stride + k + 1;
    int64_t n = t->m - k - 1;
    attune_axpy(-attune_dot(v, b + k + 1, n), v, b + k + 1, n);
}

bool attune_tridiagonal_solve(const attune_tridiagonal *t, double shift, double *b, double *room)
{
    int64_t m = t->m;
    for (int64_t k = 0; k + 1 < m; k++)
        reflect(t, k, b);
    for (int64_t k = 0; k < m; k++) { /* T = L D L', room holds D */
        double share = k ? t->beside[k - 1] / room[k - 1] : 0;
        room[k] = t->diagonal[k] + shift - (k ? share * t->beside[k - 1] : 0);
        b[k] -= k ? share * b[k - 1] : 0;
        if (!(room[k] > 0))
            return false;
    }
    for (int64_t k = m - 1; k >= 0; k--)
        b[k] = (b[k] - (k + 1 < m ? t->beside[k] * b[k + 1] : 0)) / room[k];
    for (int64_t k = m - 2; k >= 0; k--)
        reflect(t, k, b);
    return true;
}

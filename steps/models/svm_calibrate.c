/* steps/models/svm_calibrate.c - decisions become probabilities. */
#include "steps/models/svm.h"

#include <math.h>

double attune_svm_sigmoid_at(double f, double slope, double offset)
{
    double z = slope * f + offset;
    return z >= 0 ? exp(-z) / (1 + exp(-z)) : 1 / (1 + exp(z));
}

/* What is fitted: targets a little inside of 0 and 1, as if one row more of each had been seen. */
struct platt {
    const double *f, *weight;
    const uint8_t *positive;
    int64_t n;
    double high, low;
};

static double wanted(const struct platt *p, int64_t i)
{
    return p->positive[i] ? p->high : p->low;
}

/* Minus the logarithm of the likelihood. */
static double cost(const struct platt *p, double slope, double offset)
{
    double sum = 0;
    for (int64_t i = 0; i < p->n; i++) {
        double z = slope * p->f[i] + offset, t = wanted(p, i);
        double own = z >= 0 ? t * z + log1p(exp(-z)) : (t - 1) * z + log1p(exp(z));
        sum += p->weight[i] * own;
    }
    return sum;
}

/* The Newton step at a point, downhill. */
static void newton(const struct platt *p, double slope, double offset, double gradient[2],
                   double step[2])
{
    double a = 1e-12, b = 0, c = 1e-12; /* the matrix [a b; b c] */
    gradient[0] = gradient[1] = 0;
    for (int64_t i = 0; i < p->n; i++) {
        double q = attune_svm_sigmoid_at(p->f[i], slope, offset);
        double curve = p->weight[i] * q * (1 - q), error = p->weight[i] * (wanted(p, i) - q);
        a += p->f[i] * p->f[i] * curve;
        b += p->f[i] * curve;
        c += curve;
        gradient[0] += p->f[i] * error;
        gradient[1] += error;
    }
    double determinant = a * c - b * b;
    step[0] = -(c * gradient[0] - b * gradient[1]) / determinant;
    step[1] = -(a * gradient[1] - b * gradient[0]) / determinant;
}

void attune_svm_sigmoid(const double *f, const uint8_t *positive, const double *weight, int64_t n,
                        double *slope, double *offset)
{
    double in = 0, out = 0;
    for (int64_t i = 0; i < n; i++)
        *(positive[i] ? &in : &out) += weight[i];
    struct platt p = {f, weight, positive, n, (in + 1) / (in + 2), 1 / (out + 2)};
    *slope = 0;
    *offset = log((out + 1) / (in + 1));
    double now = cost(&p, *slope, *offset);
    for (int round = 0; round < 100; round++) {
        double gradient[2], step[2], size = 1, next = INFINITY;
        newton(&p, *slope, *offset, gradient, step);
        double fall = gradient[0] * step[0] + gradient[1] * step[1];
        if (fabs(gradient[0]) < 1e-8 && fabs(gradient[1]) < 1e-8)
            return;
        for (; size > 1e-10; size /= 2) {
            next = cost(&p, *slope + size * step[0], *offset + size * step[1]);
            if (next < now + 1e-4 * size * fall)
                break;
        }
        if (!(next < now))
            return;
        *slope += size * step[0];
        *offset += size * step[1];
        now = next;
    }
}

/* q = the matrix of the quadratic form: q[i][i] = sum of r[s][i]^2, q[i][j] = -r[j][i] r[i][j]. */
static void fill(const double *pairs, int64_t n, double *q)
{
    for (int64_t i = 0; i < n; i++)
        q[i * n + i] = 0;
    for (int64_t i = 0; i < n; i++)
        for (int64_t j = i + 1; j < n; j++) {
            double first = fmin(fmax(*pairs++, 1e-7), 1 - 1e-7), second = 1 - first;
            q[i * n + i] += second * second;
            q[j * n + j] += first * first;
            q[i * n + j] = q[j * n + i] = -first * second;
        }
}

static double dot(const double *a, const double *b, int64_t n)
{
    double sum = 0;
    for (int64_t i = 0; i < n; i++)
        sum += a[i] * b[i];
    return sum;
}

/* One round of the method: each probability in turn. qp is q p. Returns how far from the optimum it
 * was. */
static double round_of(const double *q, int64_t n, double *qp, double *p)
{
    double worst = 0;
    for (int64_t i = 0; i < n; i++)
        qp[i] = dot(q + i * n, p, n);
    for (int64_t i = 0; i < n; i++) {
        double form = dot(p, qp, n), move = (form - qp[i]) / q[i * n + i];
        worst = fmax(worst, fabs(form - qp[i]));
        p[i] += move;
        for (int64_t a = 0; a < n; a++) {
            qp[a] = (qp[a] + move * q[i * n + a]) / (1 + move);
            p[a] /= 1 + move;
        }
    }
    return worst;
}

void attune_svm_couple(const double *pairs, int64_t n, double *room, double *p)
{
    fill(pairs, n, room);
    for (int64_t i = 0; i < n; i++)
        p[i] = 1 / (double)n;
    for (int round = 0; round < 1000; round++)
        if (round_of(room, n, room + n * n, p) < 1e-9 / (double)n)
            break;
    double sum = 0;
    for (int64_t i = 0; i < n; i++)
        sum += p[i];
    for (int64_t i = 0; i < n; i++)
        p[i] /= sum;
}

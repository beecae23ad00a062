/* steps/models/logistic_regression_quadratic.c - coordinate descent with steps on the support.
 *
 * Coordinate descent finds quickly which coefficients are zero and what signs the others have, but
 * is slow to find their values when columns are alike. With zeros and signs known the minimum is
 * the solution of a linear system, so sweeps and such solutions take turns. */
#include "steps/models/logistic_regression_quadratic.h"

#include "steps/numeric/numeric.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

attune_status attune_quadratic_resize(attune_quadratic *model, int64_t n, attune_error *error)
{
    if (n > model->room) {
        attune_quadratic_clear(model);
        int64_t room = attune_padded(n + n / 4);
        double **vectors[] = {&model->gradient, &model->start, &model->l1,      &model->l2,
                              &model->u,        &model->slope, &model->inverse, &model->target};
        for (size_t i = 0; i < sizeof vectors / sizeof *vectors; i++)
            if (!(*vectors[i] = attune_alloc(room, sizeof **vectors[i], error)))
                return ATTUNE_MEMORY;
        model->hessian = attune_alloc(room * room, sizeof *model->hessian, error);
        model->factor = attune_alloc(room * room, sizeof *model->factor, error);
        model->support = attune_alloc(room, sizeof *model->support, error);
        if (!model->hessian || !model->factor || !model->support)
            return ATTUNE_MEMORY;
        model->room = room;
    }
    model->n = n;
    model->stride = attune_padded(n);
    return ATTUNE_OK;
}

void attune_quadratic_clear(attune_quadratic *model)
{
    double *vectors[] = {model->hessian, model->gradient, model->start, model->l1,
                         model->l2,      model->u,        model->slope, model->factor,
                         model->inverse, model->target};
    for (size_t i = 0; i < sizeof vectors / sizeof *vectors; i++)
        free(vectors[i]);
    free(model->support);
    *model = (attune_quadratic){0};
}

static double soft(double z, double l1)
{
    return z > l1 ? z - l1 : z < -l1 ? z + l1 : 0;
}

/* One pass over all coefficients; returns the largest bend times change squared: twice the largest
 * fall that one of them brought. */
static double sweep(attune_quadratic *m)
{
    double most = 0;
    for (int64_t j = 0; j < m->n; j++) {
        double h = m->hessian[j * m->stride + j], bend = h + m->l2[j];
        if (!isnormal(bend))
            continue;
        double value = soft(h * m->u[j] - m->slope[j], m->l1[j]) / bend;
        double change = value - m->u[j];
        if (change == 0)
            continue;
        m->u[j] = value;
        attune_axpy(change, m->hessian + j * m->stride, m->slope, m->n);
        double twice = bend * change * change;
        most = twice > most ? twice : most;
    }
    return most;
}

static int64_t find_support(attune_quadratic *m)
{
    int64_t n = 0;
    for (int64_t j = 0; j < m->n; j++)
        if (m->u[j] != 0 || m->l1[j] == 0)
            m->support[n++] = j;
    return n;
}

static double model_fall(const attune_quadratic *m)
{
    double fall = 0;
    for (int64_t j = 0; j < m->n; j++) {
        double change = m->u[j] - m->start[j];
        fall -= change * (m->gradient[j] + m->slope[j]) / 2;
        fall -= m->l1[j] * (fabs(m->u[j]) - fabs(m->start[j]));
        fall -= m->l2[j] / 2 * (m->u[j] * m->u[j] - m->start[j] * m->start[j]);
    }
    return fall;
}

/* The minimum of the model with the zeros and signs of now, as a way from u to target. Where the
 * model is flat (all classes of a column together, or two equal columns) only the penalty has a
 * slope: the whiff on the diagonal makes the way a very long one there. */
static int64_t aim(attune_quadratic *m)
{
    int64_t n = find_support(m), stride = m->stride;
    for (int64_t i = 0; i < n; i++) {
        int64_t j = m->support[i];
        double *row = m->factor + i * stride;
        for (int64_t k = 0; k <= i; k++)
            row[k] = m->hessian[j * stride + m->support[k]];
        row[i] = row[i] * (1 + 1e-10) + m->l2[j];
        double sign = m->u[j] > 0 ? 1 : -1;
        m->target[i] = -(m->slope[j] + m->l2[j] * m->u[j] + m->l1[j] * sign);
    }
    attune_cholesky(m->factor, n, stride, m->inverse);
    attune_cholesky_solve(m->factor, n, stride, m->inverse, m->target);
    return n;
}

/* The share of the way to target at which the first coefficient meets zero, and which (or -1). */
static double free_way(const attune_quadratic *m, int64_t n, int64_t *first)
{
    double way = 1;
    *first = -1;
    for (int64_t i = 0; i < n; i++) {
        int64_t j = m->support[i];
        double end = m->u[j] + m->target[i];
        if (m->l1[j] == 0 || (end > 0) == (m->u[j] > 0))
            continue;
        double here = m->u[j] / (m->u[j] - end);
        if (here < way) {
            way = here;
            *first = j;
        }
    }
    return way;
}

static void move_to(attune_quadratic *m, int64_t j, double value)
{
    if (value == m->u[j])
        return;
    attune_axpy(value - m->u[j], m->hessian + j * m->stride, m->slope, m->n);
    m->u[j] = value;
}

/* Goes to the minimum with the zeros and signs of now, or as far as signs allow. */
static void solve_on_support(attune_quadratic *m)
{
    int64_t n = aim(m), crossed = -1;
    double way = free_way(m, n, &crossed);
    for (int64_t i = 0; i < n; i++) {
        int64_t j = m->support[i];
        move_to(m, j, j == crossed ? 0 : m->u[j] + way * m->target[i]);
    }
}

double attune_quadratic_solve(attune_quadratic *model, double enough, double plenty)
{
    enum { ROUNDS = 200, SWEEPS = 3 };
    double fall = 0;
    memcpy(model->u, model->start, (size_t)model->n * sizeof *model->u);
    memcpy(model->slope, model->gradient, (size_t)model->n * sizeof *model->slope);
    for (int round = 0; round < ROUNDS && fall <= plenty; round++) {
        for (int i = 0; i < SWEEPS; i++)
            if (sweep(model) <= 2 * enough / (double)model->n)
                return fmax(0, model_fall(model));
        solve_on_support(model);
        double before = fall;
        fall = model_fall(model);
        if (fall > 1e5 * enough && fall - before < 0.02 * fall)
            break;
    }
    return fmax(0, model_fall(model));
}

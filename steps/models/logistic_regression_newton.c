/* steps/models/logistic_regression_newton.c - the smooth problem: Newton's method.
 *
 * The Hessian of one score is one weighted Gram matrix, and its Cholesky factor gives the step.
 * With more scores the whole Hessian would be n_scores^2 / 2 such matrices; only the blocks on its
 * diagonal are made, and conjugate gradients make up for the rest. With very many columns the
 * blocks shrink to their own diagonals. */
#include "steps/models/logistic_regression.h"

#include "steps/numeric/numeric.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_FACTORED = 1024 }; /* columns; above it a factor costs more than it saves */

/* Once a step promises less than this share of the objective, curvature changes so little that old
 * factors serve on: conjugate gradients make up for what is missing. */
static const double near_share = 0.005;

struct newton {
    const attune_logistic *problem;
    attune_logistic_place place;
    int64_t size;    /* n_scores x stride */
    bool factored;   /* blocks are Cholesky factors; else diagonals */
    double *factor;  /* n_scores blocks of stride x stride */
    double *inverse; /* pivots of the factors, or the inverse diagonals: size */
    double *room;    /* for the Gram matrix */
    double *rows;    /* n_scores x n: residuals, products */
    double *curvature;
    double *gradient, *step;            /* size each */
    double *rest, *conjugate, *applied; /* of the conjugate gradients */
    double *solved;
};

static attune_status newton_init(struct newton *s, const attune_logistic *problem, double *w,
                                 attune_error *error)
{
    s->problem = problem;
    s->size = problem->n_scores * problem->stride;
    s->factored = problem->width <= MOST_FACTORED;
    int64_t block = s->factored ? problem->stride : 0;
    double **vectors[] = {&s->inverse,   &s->gradient, &s->step,  &s->rest,
                          &s->conjugate, &s->applied,  &s->solved};
    for (size_t i = 0; i < sizeof vectors / sizeof *vectors; i++)
        if (!(*vectors[i] = attune_alloc(s->size, sizeof **vectors[i], error)))
            return ATTUNE_MEMORY;
    s->factor = attune_alloc(s->size * block, sizeof *s->factor, error);
    s->room = attune_alloc(ATTUNE_GRAM_ROWS * problem->stride, sizeof *s->room, error);
    s->rows = attune_alloc(problem->n_scores * problem->n, sizeof *s->rows, error);
    s->curvature = attune_alloc(problem->n, sizeof *s->curvature, error);
    if (!s->factor || !s->room || !s->rows || !s->curvature)
        return ATTUNE_MEMORY;
    return attune_logistic_place_init(&s->place, problem, w, error);
}

static void newton_clear(struct newton *s)
{
    double *vectors[] = {s->factor, s->inverse, s->room,      s->rows,    s->curvature, s->gradient,
                         s->step,   s->rest,    s->conjugate, s->applied, s->solved};
    for (size_t i = 0; i < sizeof vectors / sizeof *vectors; i++)
        free(vectors[i]);
    attune_logistic_place_clear(&s->place);
}

static void add_ridge(const attune_logistic *problem, const double *w, double *gradient)
{
    for (int64_t k = 0; k < problem->n_scores; k++)
        attune_axpy(problem->l2, w + k * problem->stride, gradient + k * problem->stride,
                    problem->p);
}

static void diagonal_block(struct newton *s, double *inverse)
{
    const attune_logistic *problem = s->problem;
    memset(inverse, 0, (size_t)problem->stride * sizeof *inverse);
    for (int64_t i = 0; i < problem->n; i++)
        for (int64_t j = 0; j < problem->width; j++) {
            double x = problem->x[i * problem->stride + j];
            inverse[j] += s->curvature[i] * x * x;
        }
    for (int64_t j = 0; j < problem->width; j++) {
        double h = inverse[j] + (j < problem->p ? problem->l2 : 0);
        inverse[j] = isnormal(h) ? 1 / h : 0;
    }
}

static void precondition(struct newton *s)
{
    const attune_logistic *problem = s->problem;
    int64_t m = problem->stride;
    for (int64_t k = 0; k < problem->n_scores; k++) {
        attune_logistic_curvature(problem, s->place.probability, k, k, s->curvature);
        if (!s->factored) {
            diagonal_block(s, s->inverse + k * m);
            continue;
        }
        double *block = s->factor + k * m * m;
        attune_gram(problem->x, problem->n, m, m, s->curvature, s->room, block, m);
        for (int64_t j = 0; j < problem->p; j++)
            block[j * m + j] += problem->l2;
        attune_cholesky(block, m, m, s->inverse + k * m);
    }
}

static void solve_blocks(const struct newton *s, const double *from, double *to)
{
    int64_t m = s->problem->stride;
    memcpy(to, from, (size_t)s->size * sizeof *to);
    if (s->factored)
        for (int64_t k = 0; k < s->problem->n_scores; k++)
            attune_cholesky_solve(s->factor + k * m * m, m, m, s->inverse + k * m, to + k * m);
    else
        for (int64_t i = 0; i < s->size; i++)
            to[i] *= s->inverse[i];
}

/* out = Hessian times v: through the rows, v's scores, then the curvature between classes. */
static void apply_hessian(struct newton *s, const double *v, double *out)
{
    const attune_logistic *problem = s->problem;
    const double *p = s->place.probability;
    int64_t n = problem->n, scores = problem->n_scores;
    attune_logistic_scores(problem, v, s->rows);
    for (int64_t i = 0; i < n; i++) {
        double mean = 0;
        for (int64_t k = 0; k < scores; k++)
            mean += p[k * n + i] * s->rows[k * n + i];
        for (int64_t k = 0; k < scores; k++)
            s->rows[k * n + i] = problem->weight[i] * p[k * n + i] * (s->rows[k * n + i] - mean);
    }
    for (int64_t k = 0; k < scores; k++)
        attune_times_across(problem->x, n, problem->stride, problem->stride, s->rows + k * n,
                            out + k * problem->stride);
    add_ridge(problem, v, out);
}

/* As above for one score, whose curvature is p (1 - p). */
static void apply_binary_hessian(struct newton *s, const double *v, double *out)
{
    const attune_logistic *problem = s->problem;
    attune_logistic_scores(problem, v, s->rows);
    for (int64_t i = 0; i < problem->n; i++)
        s->rows[i] *= s->curvature[i];
    attune_times_across(problem->x, problem->n, problem->stride, problem->stride, s->rows, out);
    add_ridge(problem, v, out);
}

/* step = - Hessian^-1 gradient, until the preconditioned residual is a share of what it was. */
static attune_status conjugate_gradients(struct newton *s, double share, attune_error *error)
{
    enum { MOST = 250 };
    const attune_logistic *problem = s->problem;
    memset(s->step, 0, (size_t)s->size * sizeof *s->step);
    for (int64_t i = 0; i < s->size; i++)
        s->rest[i] = -s->gradient[i];
    solve_blocks(s, s->rest, s->solved);
    memcpy(s->conjugate, s->solved, (size_t)s->size * sizeof *s->conjugate);
    double left = attune_dot(s->rest, s->solved, s->size), enough = share * share * left;
    for (int i = 0; i < MOST && left > enough; i++) {
        attune_status status = attune_context_stop(problem->context, error);
        if (status)
            return status;
        if (problem->n_scores == 1)
            apply_binary_hessian(s, s->conjugate, s->applied);
        else
            apply_hessian(s, s->conjugate, s->applied);
        double bend = attune_dot(s->conjugate, s->applied, s->size);
        if (!(bend > 0) || !isnormal(left))
            break;
        attune_axpy(left / bend, s->conjugate, s->step, s->size);
        attune_axpy(-left / bend, s->applied, s->rest, s->size);
        solve_blocks(s, s->rest, s->solved);
        double next = attune_dot(s->rest, s->solved, s->size);
        for (int64_t j = 0; j < s->size; j++)
            s->conjugate[j] = s->solved[j] + next / left * s->conjugate[j];
        left = next;
    }
    return ATTUNE_OK;
}

/* The step at this place, with new factors or the old ones; *fall is what the model says that the
 * objective falls by, doubled. */
static attune_status find_step(struct newton *s, bool fresh, double share, double *fall,
                               attune_error *error)
{
    const attune_logistic *problem = s->problem;
    attune_logistic_gradient(problem, s->place.probability, s->rows, s->gradient);
    add_ridge(problem, s->place.w, s->gradient);
    if (fresh)
        precondition(s);
    else if (problem->n_scores == 1)
        attune_logistic_curvature(problem, s->place.probability, 0, 0, s->curvature);
    attune_status status = ATTUNE_OK;
    if (problem->n_scores == 1 && s->factored && fresh) {
        solve_blocks(s, s->gradient, s->step);
        for (int64_t i = 0; i < s->size; i++)
            s->step[i] = -s->step[i];
    } else {
        status = conjugate_gradients(s, share, error);
    }
    *fall = -attune_dot(s->gradient, s->step, s->size);
    return status;
}

/* A last correct step needs a well solved system; a far one does not. */
static double share_of_system(double fall, double objective)
{
    double relative = sqrt(fall / objective);
    return relative < 1e-3 ? 1e-3 : relative < 0.1 ? relative : 0.1;
}

static attune_status iterate(struct newton *s, attune_logistic_result *result, attune_error *error)
{
    const attune_logistic *problem = s->problem;
    double tol2 = problem->tol * problem->tol > 1e-15 ? problem->tol * problem->tol : 1e-15;
    double share = 0.1;
    bool fresh = true;
    while (result->n_iter < problem->max_iter && !result->converged) {
        double fall = 0;
        attune_status status = attune_context_stop(problem->context, error);
        if (!status)
            status = find_step(s, fresh, share, &fall, error);
        if (status)
            return status;
        result->n_iter++;
        bool near = fall <= 2 * tol2 * s->place.objective;
        if (!(fall > 0) || !attune_logistic_search(problem, &s->place, s->step, fall)) {
            result->converged = fall <= 1e-6 * s->place.objective;
            break;
        }
        result->separated = problem->l2 == 0 && s->place.loss < tol2;
        result->converged = near || result->separated;
        share = share_of_system(fall, s->place.objective);
        fresh = fall > near_share * s->place.objective;
    }
    return ATTUNE_OK;
}

attune_status attune_logistic_newton(const attune_logistic *problem, double *w,
                                     attune_logistic_result *result, attune_error *error)
{
    struct newton s = {0};
    *result = (attune_logistic_result){0};
    attune_status status = newton_init(&s, problem, w, error);
    if (!status)
        status = iterate(&s, result, error);
    result->objective = s.place.objective;
    newton_clear(&s);
    return status;
}

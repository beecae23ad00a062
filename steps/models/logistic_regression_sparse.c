/* steps/models/logistic_regression_sparse.c - the problem with an l1 penalty: proximal Newton.
 *
 * Each round takes a working set of coefficients (those that are not zero, and those whose gradient
 * pulls them away from it), makes the quadratic model of the loss over it, lets
 * attune_quadratic_solve find its penalised minimum, and goes there along a line. A set that would
 * need too large a model is cut up: by class, and by the strongest pull. */
#include "steps/models/logistic_regression_quadratic.h"

#include "steps/numeric/numeric.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum {
    MOST_JOINT = 640,  /* coefficients that are solved for together over all classes */
    MOST_GROWTH = 256, /* and that may join at once, or as many as there are, if more */
};

struct sparse {
    const attune_logistic *problem;
    attune_logistic_place place;
    double *gradient, *step, *residual, *curvature, *room;
    double *panel;    /* the working set's columns, n x panel_stride */
    double *gram;     /* of the panel, for one pair of classes */
    int64_t *set;     /* coefficients of the working set: class * stride + column */
    int64_t *columns; /* of the panel; */
    int64_t *at;      /* and where in it a column is */
    double *pull;     /* how far a gradient is beyond the penalty, for the cut */
    int64_t n_set, n_columns, panel_stride;
    int64_t panel_room, gram_room;
    attune_quadratic model;
};

static attune_status sparse_init(struct sparse *s, const attune_logistic *problem, double *w,
                                 attune_error *error)
{
    int64_t size = problem->n_scores * problem->stride;
    s->problem = problem;
    s->gradient = attune_alloc(size, sizeof *s->gradient, error);
    s->step = attune_alloc(size, sizeof *s->step, error);
    s->pull = attune_alloc(size, sizeof *s->pull, error);
    s->set = attune_alloc(size, sizeof *s->set, error);
    s->residual = attune_alloc(problem->n_scores * problem->n, sizeof *s->residual, error);
    s->curvature = attune_alloc(problem->n, sizeof *s->curvature, error);
    s->room = attune_alloc(ATTUNE_GRAM_ROWS * problem->stride, sizeof *s->room, error);
    s->columns = attune_alloc(problem->stride, sizeof *s->columns, error);
    s->at = attune_alloc(problem->stride, sizeof *s->at, error);
    if (!s->gradient || !s->step || !s->pull || !s->set || !s->residual || !s->curvature ||
        !s->room || !s->columns || !s->at)
        return ATTUNE_MEMORY;
    return attune_logistic_place_init(&s->place, problem, w, error);
}

static void sparse_clear(struct sparse *s)
{
    free(s->gradient);
    free(s->step);
    free(s->pull);
    free(s->set);
    free(s->residual);
    free(s->curvature);
    free(s->room);
    free(s->columns);
    free(s->at);
    free(s->panel);
    free(s->gram);
    attune_quadratic_clear(&s->model);
    attune_logistic_place_clear(&s->place);
}

static int downwards(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x < y) - (x > y);
}

/* Above what pull a zero coefficient joins, so that no more than `growth` of n do. */
static double least_pull(double *pull, int64_t n, int64_t growth)
{
    if (n <= growth)
        return 0;
    qsort(pull, (size_t)n, sizeof *pull, downwards);
    return pull[growth];
}

/* The working set of the classes from first to last - 1. A little before the penalty counts as
 * beyond it, for the step will move the gradient. Returns whether the set is whole. */
static bool choose_set(struct sparse *s, int64_t first, int64_t last)
{
    const attune_logistic *problem = s->problem;
    int64_t n_in = 0, n_out = 0;
    for (int64_t k = first; k < last; k++)
        for (int64_t j = 0; j < problem->p; j++) {
            int64_t c = k * problem->stride + j;
            double pull = fabs(s->gradient[c]) - 0.9 * problem->l1;
            n_in += s->place.w[c] != 0;
            if (s->place.w[c] == 0 && pull > 0)
                s->pull[n_out++] = pull;
        }
    int64_t growth = n_in > MOST_GROWTH ? n_in : MOST_GROWTH;
    double least = least_pull(s->pull, n_out, growth);
    s->n_set = 0;
    for (int64_t k = first; k < last; k++)
        for (int64_t j = 0; j < problem->width; j++) {
            int64_t c = k * problem->stride + j;
            bool pulled = fabs(s->gradient[c]) - 0.9 * problem->l1 > least;
            if (j >= problem->p || s->place.w[c] != 0 || pulled)
                s->set[s->n_set++] = c;
        }
    return n_out <= growth;
}

/* Which columns the set touches, and room for them and for their Gram matrix. */
static attune_status choose_columns(struct sparse *s, attune_error *error)
{
    const attune_logistic *problem = s->problem;
    for (int64_t j = 0; j < problem->stride; j++)
        s->at[j] = -1;
    for (int64_t i = 0; i < s->n_set; i++)
        s->at[s->set[i] % problem->stride] = 0;
    s->n_columns = 0;
    for (int64_t j = 0; j < problem->width; j++)
        if (s->at[j] == 0) {
            s->at[j] = s->n_columns;
            s->columns[s->n_columns++] = j;
        }
    s->panel_stride = attune_padded(s->n_columns);
    bool copied = s->panel_stride < problem->stride; /* see panel_of */
    int64_t panel = copied ? problem->n * s->panel_stride : 0;
    int64_t gram = s->panel_stride * s->panel_stride;
    if (panel > s->panel_room) {
        free(s->panel);
        s->panel = attune_alloc(panel, sizeof *s->panel, error);
        s->panel_room = s->panel ? panel : 0;
    }
    if (gram > s->gram_room) {
        free(s->gram);
        s->gram = attune_alloc(gram, sizeof *s->gram, error);
        s->gram_room = s->gram ? gram : 0;
    }
    return (s->panel || !copied) && s->gram ? ATTUNE_OK : ATTUNE_MEMORY;
}

/* The matrix that holds the set's columns: the whole one when few are missing, else a copy. */
static const double *panel_of(struct sparse *s)
{
    const attune_logistic *problem = s->problem;
    if (s->panel_stride == problem->stride) {
        for (int64_t j = 0; j < problem->width; j++)
            s->at[j] = j;
        return problem->x;
    }
    for (int64_t i = 0; i < problem->n; i++) {
        const double *row = problem->x + i * problem->stride;
        double *to = s->panel + i * s->panel_stride;
        for (int64_t j = 0; j < s->n_columns; j++)
            to[j] = row[s->columns[j]];
        for (int64_t j = s->n_columns; j < s->panel_stride; j++)
            to[j] = 0;
    }
    return s->panel;
}

/* Entries of the model's Hessian between classes k and l, from the Gram matrix at hand. */
static void place_gram(struct sparse *s, int64_t k, int64_t l)
{
    attune_quadratic *model = &s->model;
    int64_t stride = s->problem->stride;
    for (int64_t a = 0; a < s->n_set; a++) {
        if (s->set[a] / stride != k)
            continue;
        const double *row = s->gram + s->at[s->set[a] % stride] * s->panel_stride;
        for (int64_t b = 0; b < s->n_set; b++)
            if (s->set[b] / stride == l) {
                double h = row[s->at[s->set[b] % stride]];
                model->hessian[a * model->stride + b] = h;
                model->hessian[b * model->stride + a] = h;
            }
    }
}

/* The model over the set: Hessian, gradient and coefficients. */
static attune_status make_model(struct sparse *s, int64_t first, int64_t last, attune_error *error)
{
    const attune_logistic *problem = s->problem;
    attune_status status = choose_columns(s, error);
    if (!status)
        status = attune_quadratic_resize(&s->model, s->n_set, error);
    if (status)
        return status;
    const double *panel = panel_of(s);
    for (int64_t k = first; k < last; k++)
        for (int64_t l = k; l < last; l++) {
            attune_logistic_curvature(problem, s->place.probability, k, l, s->curvature);
            attune_gram(panel, problem->n, s->panel_stride, s->panel_stride, s->curvature, s->room,
                        s->gram, s->panel_stride);
            place_gram(s, k, l);
        }
    for (int64_t i = 0; i < s->n_set; i++) {
        bool penalised = s->set[i] % problem->stride < problem->p;
        s->model.gradient[i] = s->gradient[s->set[i]];
        s->model.start[i] = s->place.w[s->set[i]];
        s->model.l1[i] = penalised ? problem->l1 : 0;
        s->model.l2[i] = penalised ? problem->l2 : 0;
    }
    return ATTUNE_OK;
}

/* One round for some classes; *fall is what the model said, *whole whether all that pull were in.
 */
static attune_status improve(struct sparse *s, int64_t first, int64_t last, double enough,
                             double *fall, bool *whole, attune_error *error)
{
    const attune_logistic *problem = s->problem;
    attune_logistic_gradient(problem, s->place.probability, s->residual, s->gradient);
    *whole = choose_set(s, first, last);
    if (first == 0 && last == problem->n_scores && last > 1 && s->n_set > MOST_JOINT) {
        for (int64_t k = 0; k < problem->n_scores; k++) {
            double part = 0;
            bool part_whole = true;
            attune_status status =
                improve(s, k, k + 1, enough / (double)last, &part, &part_whole, error);
            if (status)
                return status;
            *fall += part;
            *whole = *whole && part_whole;
        }
        return ATTUNE_OK;
    }
    attune_status status = attune_context_stop(problem->context, error);
    if (!status)
        status = make_model(s, first, last, error);
    if (status)
        return status;
    *fall = attune_quadratic_solve(&s->model, enough, s->place.objective);
    memset(s->step, 0, (size_t)(problem->n_scores * problem->stride) * sizeof *s->step);
    for (int64_t i = 0; i < s->n_set; i++)
        s->step[s->set[i]] = s->model.u[i] - s->model.start[i];
    if (*fall > 0 && !attune_logistic_search(problem, &s->place, s->step, *fall))
        *fall = 0;
    /* a whole step ends where the model says, so that a zero is exactly zero */
    for (int64_t i = 0; i < s->n_set; i++)
        if (s->model.u[i] == 0 && fabs(s->place.w[s->set[i]]) <= 1e-15 * fabs(s->model.start[i]))
            s->place.w[s->set[i]] = 0;
    return ATTUNE_OK;
}

attune_status attune_logistic_sparse(const attune_logistic *problem, double *w,
                                     attune_logistic_result *result, attune_error *error)
{
    struct sparse s = {0};
    *result = (attune_logistic_result){0};
    attune_status status = sparse_init(&s, problem, w, error);
    double tol2 = problem->tol * problem->tol > 1e-15 ? problem->tol * problem->tol : 1e-15;
    while (!status && result->n_iter < problem->max_iter && !result->converged) {
        double fall = 0;
        bool whole = true;
        double enough = tol2 * s.place.objective;
        status = improve(&s, 0, problem->n_scores, 1e-4 * enough, &fall, &whole, error);
        result->n_iter++;
        result->converged = !status && whole && fall <= enough;
    }
    result->objective = s.place.objective;
    sparse_clear(&s);
    return status;
}

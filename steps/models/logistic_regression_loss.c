/* steps/models/logistic_regression_loss.c - the loss, its derivatives, and a step along a line. */
#include "steps/models/logistic_regression.h"

#include "steps/numeric/numeric.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

void attune_logistic_scores(const attune_logistic *problem, const double *w, double *eta)
{
    for (int64_t k = 0; k < problem->n_scores; k++)
        attune_times(problem->x, problem->n, problem->stride, problem->stride,
                     w + k * problem->stride, eta + k * problem->n);
}

/* Rows at a time, so that what is between the kernels stays in the cache. */
enum { ROWS = 256 };

/* log(1 + exp(-m)) for the margin m, and the second class's probability, from one exp. */
static double binary_loss(const attune_logistic *problem, const double *eta, double *probability)
{
    double total = 0, small[ROWS], rest[ROWS];
    for (int64_t start = 0; start < problem->n; start += ROWS) {
        int64_t n = problem->n - start < ROWS ? problem->n - start : ROWS;
        const double *score = eta + start;
        for (int64_t i = 0; i < n; i++)
            small[i] = -fabs(score[i]);
        attune_exp_down(small, n, small);
        attune_log_up(small, n, rest);
        for (int64_t i = 0; i < n; i++) {
            double margin = problem->y[start + i] ? score[i] : -score[i];
            probability[start + i] = (score[i] >= 0 ? 1 : small[i]) / (1 + small[i]);
            rest[i] += margin < 0 ? -margin : 0;
        }
        total += attune_dot(problem->weight + start, rest, n);
    }
    return total;
}

/* Scores are shifted by their largest, so that no exp overflows. */
static double softmax_loss(const attune_logistic *problem, const double *eta, double *probability)
{
    int64_t all = problem->n, scores = problem->n_scores;
    double total = 0, most[ROWS], sum[ROWS];
    for (int64_t start = 0; start < all; start += ROWS) {
        int64_t n = all - start < ROWS ? all - start : ROWS;
        const double *score = eta + start;
        double *share = probability + start;
        memcpy(most, score, (size_t)n * sizeof *most);
        memset(sum, 0, sizeof sum);
        for (int64_t k = 1; k < scores; k++)
            for (int64_t i = 0; i < n; i++)
                most[i] = score[k * all + i] > most[i] ? score[k * all + i] : most[i];
        for (int64_t k = 0; k < scores; k++) {
            for (int64_t i = 0; i < n; i++)
                share[k * all + i] = score[k * all + i] - most[i];
            attune_exp_down(share + k * all, n, share + k * all);
            attune_axpy(1, share + k * all, sum, n);
        }
        for (int64_t k = 0; k < scores; k++)
            for (int64_t i = 0; i < n; i++)
                share[k * all + i] /= sum[i];
        for (int64_t i = 0; i < n; i++)
            total += problem->weight[start + i] *
                     (log(sum[i]) + most[i] - score[problem->y[start + i] * all + i]);
    }
    return total;
}

double attune_logistic_loss(const attune_logistic *problem, const double *eta, double *probability)
{
    return problem->n_scores == 1 ? binary_loss(problem, eta, probability)
                                  : softmax_loss(problem, eta, probability);
}

void attune_logistic_gradient(const attune_logistic *problem, const double *probability,
                              double *residual, double *gradient)
{
    int64_t n = problem->n;
    for (int64_t k = 0; k < problem->n_scores; k++) {
        int32_t class = problem->n_scores == 1 ? 1 : (int32_t)k;
        double *r = residual + k * n;
        for (int64_t i = 0; i < n; i++)
            r[i] = problem->weight[i] * (probability[k * n + i] - (problem->y[i] == class));
        attune_times_across(problem->x, n, problem->stride, problem->stride, r,
                            gradient + k * problem->stride);
    }
}

void attune_logistic_curvature(const attune_logistic *problem, const double *probability, int64_t k,
                               int64_t l, double *curvature)
{
    const double *a = probability + k * problem->n, *b = probability + l * problem->n;
    if (k == l)
        for (int64_t i = 0; i < problem->n; i++)
            curvature[i] = problem->weight[i] * a[i] * (1 - a[i]);
    else
        for (int64_t i = 0; i < problem->n; i++)
            curvature[i] = -problem->weight[i] * a[i] * b[i];
}

double attune_logistic_penalty(const attune_logistic *problem, const double *w)
{
    double absolute = 0, squares = 0;
    for (int64_t k = 0; k < problem->n_scores; k++) {
        const double *row = w + k * problem->stride;
        squares += attune_dot(row, row, problem->p);
        for (int64_t j = 0; j < problem->p; j++)
            absolute += fabs(row[j]);
    }
    return problem->l1 * absolute + problem->l2 / 2 * squares;
}

/* Moves trial, w_trial and the probability to a share of the step; returns the loss there. */
static double loss_at(const attune_logistic *problem, attune_logistic_place *place,
                      const double *direction, double share)
{
    int64_t n_eta = problem->n_scores * problem->n, n_w = problem->n_scores * problem->stride;
    for (int64_t i = 0; i < n_eta; i++)
        place->trial[i] = place->eta[i] + share * place->move[i];
    for (int64_t i = 0; i < n_w; i++)
        place->w_trial[i] = place->w[i] + share * direction[i];
    return attune_logistic_loss(problem, place->trial, place->probability);
}

bool attune_logistic_search(const attune_logistic *problem, attune_logistic_place *place,
                            const double *direction, double fall)
{
    enum { HALVINGS = 40 };
    attune_logistic_scores(problem, direction, place->move);
    double rounding = 8 * DBL_EPSILON * place->objective;
    for (int i = 0; i < HALVINGS; i++) {
        double share = ldexp(1, -i);
        double loss = loss_at(problem, place, direction, share);
        double objective = loss + attune_logistic_penalty(problem, place->w_trial);
        if (!(objective <= place->objective - 1e-3 * share * fall + rounding))
            continue;
        double *eta = place->eta;
        place->eta = place->trial;
        place->trial = eta;
        memcpy(place->w, place->w_trial,
               (size_t)(problem->n_scores * problem->stride) * sizeof *place->w);
        place->loss = loss;
        place->objective = objective;
        return true;
    }
    attune_logistic_loss(problem, place->eta, place->probability);
    return false;
}

attune_status attune_logistic_place_init(attune_logistic_place *place,
                                         const attune_logistic *problem, double *w,
                                         attune_error *error)
{
    int64_t n_eta = problem->n_scores * problem->n;
    place->w = w;
    place->eta = attune_alloc(n_eta, sizeof *place->eta, error);
    place->probability = attune_alloc(n_eta, sizeof *place->probability, error);
    place->move = attune_alloc(n_eta, sizeof *place->move, error);
    place->trial = attune_alloc(n_eta, sizeof *place->trial, error);
    place->w_trial =
        attune_alloc(problem->n_scores * problem->stride, sizeof *place->w_trial, error);
    if (!place->eta || !place->probability || !place->move || !place->trial || !place->w_trial)
        return ATTUNE_MEMORY;
    attune_logistic_scores(problem, w, place->eta);
    place->loss = attune_logistic_loss(problem, place->eta, place->probability);
    place->objective = place->loss + attune_logistic_penalty(problem, w);
    return ATTUNE_OK;
}

void attune_logistic_place_clear(attune_logistic_place *place)
{
    free(place->eta);
    free(place->probability);
    free(place->move);
    free(place->trial);
    free(place->w_trial);
}

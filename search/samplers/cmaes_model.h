/* search/samplers/cmaes_model.h - a normal distribution that learns its shape from the better half.
 *
 * Mean, step size and covariance after Hansen 2016 (arXiv 1604.00772), with its default settings;
 * the factor of the covariance is Cholesky's (Krause et al. 2016), from some hundred dimensions on
 * only the diagonal. A sample that lies further off than the distribution would draw it, because it
 * came from elsewhere, counts as if it lay nearer (Hansen 2011, injection).
 * Thread class: one per thread. */
#ifndef ATTUNE_SEARCH_SAMPLERS_CMAES_MODEL_H
#define ATTUNE_SEARCH_SAMPLERS_CMAES_MODEL_H

#include "spaces/base/stream.h"

typedef struct attune_cma {
    int64_t d, population, n_updates;
    bool diagonal;
    double sigma;
    double *mean;  /* d */
    double *widen; /* d: by what a margin spreads a coordinate; 1: not at all */
    /* The rest are its own. */
    double *conjugate, *path;     /* d: paths of the step size and of the covariance */
    double *covariance, *factor;  /* d x d, lower; or d when diagonal */
    double *weights;              /* population */
    double *steps, *shift, *room; /* population x d; d; d */
    double effective, c_sigma, damping, c_path, c_one, c_rank, expected;
} attune_cma;

/* Mean at 0.5, step size sigma, even in all directions. */
attune_status attune_cma_init(attune_cma *cma, int64_t d, int64_t population, double sigma,
                              attune_error *error);
void attune_cma_clear(attune_cma *cma);

/* Puts one coordinate of a distribution that has learnt nothing yet elsewhere. */
void attune_cma_place(attune_cma *cma, int64_t i, double mean, double deviation);

/* The standard deviation of a coordinate. */
double attune_cma_deviation(const attune_cma *cma, int64_t i);

/* A sample of d coordinates; takes 2 d words. O(d^2). */
void attune_cma_draw(const attune_cma *cma, attune_stream *stream, double *x);

/* Learns from `population` samples, the best first. O(population d^2 + d^3). */
void attune_cma_update(attune_cma *cma, const double *samples);

#endif

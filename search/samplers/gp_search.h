/* search/samplers/gp_search.h - the point with the highest expected improvement.
 * Thread class: one per thread. */
#ifndef ATTUNE_SEARCH_SAMPLERS_GP_SEARCH_H
#define ATTUNE_SEARCH_SAMPLERS_GP_SEARCH_H

#include "search/samplers/gp_limits.h"
#include "search/samplers/gp_model.h"
#include "search/samplers/points.h"

/* Coordinates of the model: a nominal dimension's index (-1 inactive), an ordinal one's place
 * among its values, else the coordinate itself. x: the sample's; unit: settled. */
void attune_gp_features(const attune_space *space, const double *x, const uint8_t *active,
                        const double *unit, double *features);

typedef struct attune_gp_search {
    const attune_gp *gp;
    attune_points *points; /* up to date */
    double best;           /* value to be improved on; infinity: there is none */
    double nugget;         /* variance that a result has by itself, a part of what may be gained */
    const attune_gp_limits *limits; /* of the constraints; NULL: there are none */
    const double *leaders;          /* n_leaders settled points to look around, best first */
    int64_t n_leaders;
    int64_t n_evaluations; /* about how many points are looked at */
    attune_stream *stream;
} attune_gp_search;

/* The best untried point found that breaks no relation, into unit. *found false: every point
 * looked at was tried or broken. */
attune_status attune_gp_search_run(const attune_gp_search *search, double *unit, bool *found,
                                   attune_error *error);

/* log E[max(0, best - Y)] for Y normal; finite where deviation > 0. */
double attune_log_improvement(double best, double mean, double deviation);

#endif

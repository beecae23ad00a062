/* search/samplers/tpe_density.h - a mixture of kernels around points of a space.
 *
 * One kernel a point, the product over dimensions of a cut-off normal (ordered ones) or of a
 * smoothed choice (nominal ones); where the point has no such dimension, even. One more kernel is
 * even everywhere. Widths are shared by the kernels of a mixture, so that a kernel costs one
 * exponential. Coordinates are those of attune_gp_features.
 * Thread class: one per thread. */
#ifndef ATTUNE_SEARCH_SAMPLERS_TPE_DENSITY_H
#define ATTUNE_SEARCH_SAMPLERS_TPE_DENSITY_H

#include "spaces/space.h"

enum { ATTUNE_TPE_STEPS = 128 };

typedef struct attune_tpe_density {
    const attune_space *space;
    int64_t d, n, capacity;
    double *x, *has; /* d x capacity: coordinates, and 1 where the point has the dimension */
    double *norm;    /* d x capacity: logarithm of the kernel's normaliser there */
    double *weights; /* capacity: logarithm of each kernel's share */
    double even;     /* logarithm of the even kernel's share */
    double *factors; /* d: 1 / (2 width^2), or the cost of another choice */
    double *widths;  /* d: standard deviation; of a nominal one the chance to leave */
    double *tables;  /* d x (ATTUNE_TPE_STEPS + 1): normaliser by place */
    double *room;    /* capacity */
    bool *always;    /* d: every point has it */
    double base;     /* the width that all of this was made for */
} attune_tpe_density;

attune_status attune_tpe_density_init(attune_tpe_density *density, const attune_space *space,
                                      int64_t capacity, attune_error *error);
void attune_tpe_density_clear(attune_tpe_density *density);
/* Sets the width (a share of a dimension's range) and forgets all points. */
void attune_tpe_density_reset(attune_tpe_density *density, double width, double leave);
/* Adds a point: features and active of space->n. share is relative. n < capacity. */
void attune_tpe_density_add(attune_tpe_density *density, const double *features,
                            const uint8_t *active, double share);
/* Turns shares into weights; even: the share of the even kernel. */
void attune_tpe_density_finish(attune_tpe_density *density, double even);
/* log of the density at a point. O(n d). */
double attune_tpe_density_log(const attune_tpe_density *density, const double *features,
                              const uint8_t *active);

#endif

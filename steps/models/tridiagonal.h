/* steps/models/tridiagonal.h - a symmetric matrix turned into three diagonals, for many shifts.
 *
 * A = Q T Q' with T tridiagonal and Q orthogonal, by Householder's reflections, once; then
 * (A + shift) x = b takes O(m^2) for each shift. Source: Elden, Algorithms for the regularization
 * of ill-conditioned least squares problems (1977), with the matrix of the normal equations. Thread
 * class: pure; a reduced one is read-only. */
#ifndef ATTUNE_STEPS_MODELS_TRIDIAGONAL_H
#define ATTUNE_STEPS_MODELS_TRIDIAGONAL_H

#include <stdbool.h>
#include <stdint.h>

typedef struct attune_tridiagonal {
    int64_t m, stride;
    double *reflections;       /* m x stride: row k, items k + 1 to m, is the k-th; scaled so that
                                  the reflection is I - v v' */
    double *diagonal, *beside; /* m each; beside[k] is between k and k + 1 */
    double norm;               /* a bound on the largest eigenvalue */
} attune_tridiagonal;

/* reflections holds the matrix, full, and is written over; room: 2 m items. O(2 m^3). */
void attune_tridiagonal_reduce(attune_tridiagonal *t, double *room);

/* b becomes the solution of (A + shift) x = b; room: m items. false: not positive definite. */
bool attune_tridiagonal_solve(const attune_tridiagonal *t, double shift, double *b, double *room);

#endif

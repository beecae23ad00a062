/* search/bench/parts/bbob.h - the 24 noiseless BBOB functions, on [-5, 5]^d; their minimum is 0.
 *
 * Written from the published definitions: Hansen, Finck, Ros, Auger, "Real-parameter black-box
 * optimization benchmarking 2009: noiseless functions definitions", INRIA RR-6829. Optima,
 * rotations and peaks of an instance are drawn from its own stream, so values are not those of
 * other implementations' instances.
 * Thread class: one per thread. */
#ifndef ATTUNE_SEARCH_BENCH_PARTS_BBOB_H
#define ATTUNE_SEARCH_BENCH_PARTS_BBOB_H

#include "spaces/base/stream.h"

enum { ATTUNE_BBOB_FUNCTIONS = 24, ATTUNE_BBOB_DIMENSIONS = 20 };

typedef struct attune_bbob {
    int number; /* 1 to 24 */
    int64_t d;
    double optimum[ATTUNE_BBOB_DIMENSIONS];
    double r[ATTUNE_BBOB_DIMENSIONS][ATTUNE_BBOB_DIMENSIONS]; /* rotations */
    double q[ATTUNE_BBOB_DIMENSIONS][ATTUNE_BBOB_DIMENSIONS];
    int n_peaks; /* of f21 and f22 */
    double peaks[101][ATTUNE_BBOB_DIMENSIONS], scales[101][ATTUNE_BBOB_DIMENSIONS], heights[101];
} attune_bbob;

/* 2 <= d <= ATTUNE_BBOB_DIMENSIONS. */
void attune_bbob_make(attune_bbob *function, int number, int64_t d, int64_t instance);
double attune_bbob_value(const attune_bbob *function, const double *x);

#endif

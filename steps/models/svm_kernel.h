/* steps/models/svm_kernel.h - kernels of a support vector machine, and rows of their matrix.
 *
 * Each value is one dot product or distance in the order of steps/numeric/numeric.h, whatever is
 * asked for along with it: a row alone gives the same bits. libc and libm only. Thread class:
 * values pure; a matrix belongs to one thread. */
#ifndef ATTUNE_STEPS_MODELS_SVM_KERNEL_H
#define ATTUNE_STEPS_MODELS_SVM_KERNEL_H

#include "spaces/base/status.h"

typedef enum attune_svm_kind {
    ATTUNE_SVM_LINEAR,
    ATTUNE_SVM_POLY,
    ATTUNE_SVM_RBF,
    ATTUNE_SVM_SIGMOID
} attune_svm_kind;

typedef struct attune_svm_kernel {
    attune_svm_kind kind;
    double gamma, coef0;
    int64_t degree;
} attune_svm_kernel;

/* out[r] = k(x[r], v) for n rows of p columns. O(n p). */
void attune_svm_values(const attune_svm_kernel *kernel, const double *x, int64_t n, int64_t p,
                       int64_t stride, const double *v, double *out);

/* n filled up to a multiple of the values that are looked at together. */
enum { ATTUNE_SVM_CHUNK = 64 };
int64_t attune_svm_tall(int64_t n);

/* The kernel matrix of n rows, of which some are kept; the values do not depend on which. */
typedef struct attune_svm_matrix {
    attune_svm_kernel kernel;
    const double *x; /* borrowed */
    int64_t n, p, stride;
    double *diagonal;          /* owned; like each row, filled up with zeros */
    float **kept;              /* n, owned; NULL: not there */
    int64_t *used, time;       /* when each was last asked for */
    int64_t n_kept, most_kept; /* at least two */
    double *room;
} attune_svm_matrix;

/* Keeps at most so many bytes of rows. UNFIT: the diagonal is not finite. MEMORY. */
attune_status attune_svm_matrix_make(attune_svm_matrix *matrix, const attune_svm_kernel *kernel,
                                     const double *x, int64_t n, int64_t p, int64_t stride,
                                     int64_t bytes, attune_error *error);
void attune_svm_matrix_clear(attune_svm_matrix *matrix);

/* Row i, which stays at least until the next but one is asked for. UNFIT: not finite. MEMORY. */
attune_status attune_svm_matrix_row(attune_svm_matrix *matrix, int64_t i, const float **row,
                                    attune_error *error);

#endif

/* steps/models/svm_kernel.c - kernel values, and a store of the rows asked for last. */
#include "steps/models/svm_kernel.h"

#include "steps/numeric/numeric.h"

#include <math.h>
#include <stdlib.h>

static double power(double base, int64_t exponent)
{
    double result = 1;
    for (int64_t i = 0; i < exponent; i++)
        result *= base;
    return result;
}

void attune_svm_values(const attune_svm_kernel *kernel, const double *x, int64_t n, int64_t p,
                       int64_t stride, const double *v, double *out)
{
    if (kernel->kind == ATTUNE_SVM_RBF) {
        attune_squared_distances(x, n, p, stride, v, out);
        for (int64_t r = 0; r < n; r++)
            out[r] *= -kernel->gamma;
        attune_exp_down(out, n, out);
        return;
    }
    attune_times(x, n, p, stride, v, out);
    if (kernel->kind == ATTUNE_SVM_LINEAR)
        return;
    for (int64_t r = 0; r < n; r++) {
        double inside = kernel->gamma * out[r] + kernel->coef0;
        out[r] = kernel->kind == ATTUNE_SVM_POLY ? power(inside, kernel->degree) : tanh(inside);
    }
}

int64_t attune_svm_tall(int64_t n)
{
    return (n + ATTUNE_SVM_CHUNK - 1) / ATTUNE_SVM_CHUNK * ATTUNE_SVM_CHUNK;
}

static attune_status too_large(attune_error *error)
{
    return attune_fail(error, ATTUNE_UNFIT,
                       "the kernel of two training rows is beyond what a number holds: put a "
                       "standard_scale step before, or take a smaller gamma or degree");
}

attune_status attune_svm_matrix_make(attune_svm_matrix *matrix, const attune_svm_kernel *kernel,
                                     const double *x, int64_t n, int64_t p, int64_t stride,
                                     int64_t bytes, attune_error *error)
{
    *matrix = (attune_svm_matrix){.kernel = *kernel, .x = x, .n = n, .p = p, .stride = stride};
    int64_t most = bytes / (int64_t)sizeof(float) / (n ? n : 1);
    matrix->most_kept = most < 2 ? 2 : most;
    matrix->diagonal = attune_alloc(attune_svm_tall(n), sizeof *matrix->diagonal, error);
    matrix->kept = attune_alloc(n, sizeof *matrix->kept, error);
    matrix->used = attune_alloc(n, sizeof *matrix->used, error);
    matrix->room = attune_alloc(n, sizeof *matrix->room, error);
    if (!matrix->diagonal || !matrix->kept || !matrix->used || !matrix->room)
        return ATTUNE_MEMORY;
    for (int64_t i = 0; i < n; i++) {
        const double *row = x + i * stride;
        attune_svm_values(kernel, row, 1, p, stride, row, &matrix->diagonal[i]);
        if (!(fabs(matrix->diagonal[i]) < 1e30))
            return too_large(error);
    }
    return ATTUNE_OK;
}

void attune_svm_matrix_clear(attune_svm_matrix *matrix)
{
    for (int64_t i = 0; i < matrix->n && matrix->kept; i++)
        free(matrix->kept[i]);
    free(matrix->kept);
    free(matrix->diagonal);
    free(matrix->used);
    free(matrix->room);
    *matrix = (attune_svm_matrix){0};
}

/* A place for a row: a new one, or that of the row that was not asked for longest. */
static float *place(attune_svm_matrix *matrix, attune_error *error)
{
    int64_t oldest = -1;
    if (matrix->n_kept < matrix->most_kept) {
        matrix->n_kept++;
        return attune_alloc(attune_svm_tall(matrix->n), sizeof(float), error);
    }
    for (int64_t i = 0; i < matrix->n; i++)
        if (matrix->kept[i] && (oldest < 0 || matrix->used[i] < matrix->used[oldest]))
            oldest = i;
    float *row = matrix->kept[oldest];
    matrix->kept[oldest] = NULL;
    return row;
}

attune_status attune_svm_matrix_row(attune_svm_matrix *matrix, int64_t i, const float **row,
                                    attune_error *error)
{
    matrix->used[i] = ++matrix->time;
    *row = matrix->kept[i];
    if (*row)
        return ATTUNE_OK;
    float *to = place(matrix, error);
    if (!to)
        return ATTUNE_MEMORY;
    matrix->kept[i] = to;
    *row = to;
    attune_svm_values(&matrix->kernel, matrix->x, matrix->n, matrix->p, matrix->stride,
                      matrix->x + i * matrix->stride, matrix->room);
    bool finite = true;
    for (int64_t k = 0; k < matrix->n; k++) {
        finite &= fabs(matrix->room[k]) < 1e30;
        to[k] = (float)matrix->room[k];
    }
    return finite ? ATTUNE_OK : too_large(error);
}

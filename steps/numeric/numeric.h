/* steps/numeric/numeric.h - the small dense kernels that models share, each with one order of
 * operations.
 *
 * Every sum is made of sixteen lanes (item i goes to lane i mod 16) that are added as a tree, so
 * that a wide and a narrow machine give the same bits, and a row alone the bits it has among
 * others. Matrices are row-major; a stride counts items from row to row. Nothing allocates.
 * attune_dot and attune_axpy need libc only: predict may call them.
 * Thread class: pure. */
#ifndef ATTUNE_STEPS_NUMERIC_NUMERIC_H
#define ATTUNE_STEPS_NUMERIC_NUMERIC_H

#include <stdbool.h>
#include <stdint.h>

/* Matrices that the fast kernels read have rows padded with zeros to a multiple of this. */
enum { ATTUNE_PAD = 8 };
int64_t attune_padded(int64_t n);

double attune_dot(const double *a, const double *b, int64_t n);
void attune_axpy(double factor, const double *x, double *y, int64_t n); /* y += factor x */
double attune_sum(const double *x, int64_t n);
bool attune_all_finite(const double *x, int64_t n);

/* out[i] = exp(x[i]) for x[i] <= 0 (below -708: as at -708), and log(1 + x[i]) for 0 <= x[i] <= 1,
 * to a few units in the last place. Many at a time, for solvers. out may be x. */
void attune_exp_down(const double *x, int64_t n, double *out);
void attune_log_up(const double *x, int64_t n, double *out);

/* out[r] = x[r] . v for n rows of m columns. O(n m). */
void attune_times(const double *x, int64_t n, int64_t m, int64_t stride, const double *v,
                  double *out);
/* out[c] = sum over rows of v[r] x[r, c]; out has m items. O(n m). */
void attune_times_across(const double *x, int64_t n, int64_t m, int64_t stride, const double *v,
                         double *out);

/* out[r] = the squared length of x[r] - v, no digit of which is lost far from zero. May be called
 * by predict. O(n m). */
void attune_squared_distances(const double *x, int64_t n, int64_t m, int64_t stride,
                              const double *v, double *out);

/* The Gram matrix sum over rows of weight[r] x[r]' x[r], m x m, symmetric and full. m and both
 * strides are multiples of ATTUNE_PAD; weight NULL: ones. room: ATTUNE_GRAM_ROWS * m items.
 * O(n m^2 / 2). */
enum { ATTUNE_GRAM_ROWS = 32 };
void attune_gram(const double *x, int64_t n, int64_t m, int64_t stride, const double *weight,
                 double *room, double *gram, int64_t gram_stride);

/* Cholesky factor in place: reads the lower triangle of a symmetric positive semidefinite m x m
 * matrix, writes the factor there and its mirror image above; inverse[j] gets 1 / l[j, j]. A column
 * that depends on those before it (its pivot is below 1e-13 of its diagonal) is dropped: inverse[j]
 * is 0 and solutions are 0 there. Returns how many columns were kept. O(m^3 / 3). */
int64_t attune_cholesky(double *a, int64_t m, int64_t stride, double *inverse);
/* Solves in place: b becomes the solution of A x = b. */
void attune_cholesky_solve(const double *a, int64_t m, int64_t stride, const double *inverse,
                           double *b);

/* An orthonormal basis (rows of m items, with the stride of x) of what n rows of m columns span,
 * by Gram and Schmidt, twice for each row. A row whose rest is below 1e-10 of it depends on those
 * before it. basis has room for `limit` rows; room for limit + m items. Returns the rank. Stops at
 * min(limit, m). O(n m rank) at most. */
int64_t attune_row_basis(const double *x, int64_t n, int64_t m, int64_t stride, int64_t limit,
                         double *room, double *basis);

#endif

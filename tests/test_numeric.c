/* tests/test_numeric.c - kernels against plain loops, and one order of operations. */
#include "steps/numeric/numeric.h"
#include "tests/support.h"

#include <math.h>
#include <string.h>

enum { most = 70 };

static double figure(int64_t i)
{
    return 3 * sin(2.385 * (double)i) + 0.1 * (double)(i % 7);
}

static void fill(double *x, int64_t n, int64_t from)
{
    for (int64_t i = 0; i < n; i++)
        x[i] = figure(from + i);
}

/* Lane i mod 16, then a tree: written out once more, scalar, and equal to the last bit. */
static void sums_have_one_order(void **state)
{
    (void)state;
    double a[most], b[most];
    fill(a, most, 0);
    fill(b, most, 500);
    for (int n = 0; n <= most; n++) {
        double lane[16] = {0}, plain[16] = {0};
        for (int i = 0; i < n; i++) {
            lane[i % 16] += a[i] * b[i];
            plain[i % 16] += a[i];
        }
        for (int half = 8; half > 0; half /= 2)
            for (int i = 0; i < half; i++) {
                lane[i] += lane[i + half];
                plain[i] += plain[i + half];
            }
        assert_true(attune_dot(a, b, n) == lane[0]);
        assert_true(attune_sum(a, n) == plain[0]);
    }
}

static void products_are_those_of_plain_loops(void **state)
{
    (void)state;
    enum { n = 45, m = 24, stride = 32 };
    static double x[n * stride], room[ATTUNE_GRAM_ROWS * m], gram[m * stride];
    double v[n], out[n], across[m];
    fill(x, n * stride, 11);
    fill(v, n, 99);
    attune_times(x, n, m, stride, v, out);
    attune_times_across(x, n, m, stride, v, across);
    attune_gram(x, n, m, stride, v, room, gram, stride);
    for (int i = 0; i < n; i++)
        assert_true(out[i] == attune_dot(x + i * stride, v, m));
    for (int i = 0; i < m; i++) {
        double sum = 0;
        for (int r = 0; r < n; r++)
            sum += v[r] * x[r * stride + i];
        assert_close(across[i], sum, 1e-13);
        for (int j = 0; j < m; j++) {
            double entry = 0;
            for (int r = 0; r < n; r++)
                entry += v[r] * x[r * stride + i] * x[r * stride + j];
            assert_close(gram[i * stride + j], entry, 1e-13);
            assert_true(gram[i * stride + j] == gram[j * stride + i]);
        }
    }
}

static void cholesky_solves_and_drops_what_depends(void **state)
{
    (void)state;
    enum { n = 30, m = 8 };
    double x[n * m], room[ATTUNE_GRAM_ROWS * m], a[m * m], factor[m * m], inverse[m], b[m], s[m];
    fill(x, n * m, 3);
    for (int i = 0; i < n; i++)
        x[i * m + 5] = x[i * m + 1] - 2 * x[i * m + 2]; /* column 5 depends; column 7 is zero */
    for (int i = 0; i < n; i++)
        x[i * m + 7] = 0;
    attune_gram(x, n, m, m, NULL, room, a, m);
    memcpy(factor, a, sizeof a);
    assert_int_equal(attune_cholesky(factor, m, m, inverse), m - 2);
    assert_true(inverse[5] == 0 && inverse[7] == 0);
    for (int i = 0; i < m; i++)
        b[i] = s[i] = a[i * m] + 3 * a[i * m + 6]; /* a times (1, 0, .., 3, 0) */
    attune_cholesky_solve(factor, m, m, inverse, s);
    for (int i = 0; i < m; i++)
        assert_close(attune_dot(a + i * m, s, m), b[i], 1e-10);
    assert_true(s[5] == 0 && s[7] == 0);
}

/* Sizes that fill tiles and sizes that do not; the rows of a matrix stand closer than its stride.
 */
static void cholesky_factors_any_size(void **state)
{
    (void)state;
    enum { n = 60, wide = 40, sizes = 7 };
    static const int size[sizes] = {1, 7, 8, 9, 23, 37, 40};
    double x[n * wide], room[ATTUNE_GRAM_ROWS * wide], a[wide * wide], l[wide * wide],
        inverse[wide];
    fill(x, n * wide, 5);
    attune_gram(x, n, wide, wide, NULL, room, a, wide);
    for (int i = 0; i < wide; i++)
        a[i * wide + i] += 1 + i; /* the rows alone have a low rank */
    for (int s = 0; s < sizes; s++) {
        int m = size[s];
        memcpy(l, a, sizeof a);
        for (int i = 0; i < m; i++)
            for (int j = i + 1; j < m; j++)
                l[i * wide + j] = NAN; /* is not read */
        assert_int_equal(attune_cholesky(l, m, wide, inverse), m);
        for (int i = 0; i < m; i++) {
            assert_close(inverse[i] * l[i * wide + i], 1, 1e-15);
            for (int j = 0; j <= i; j++) {
                assert_close(attune_dot(l + i * wide, l + j * wide, j + 1), a[i * wide + j], 1e-12);
                assert_true(l[i * wide + j] == l[j * wide + i]);
            }
        }
        if (m < wide) /* what stands outside is left alone */
            assert_true(l[m * wide + m] == a[m * wide + m] && l[m] == a[m]);
    }
}

static void a_product_of_rows_has_the_bits_of_each_row(void **state)
{
    (void)state;
    enum { n = 11, wide = 40 };
    double x[n * wide], v[wide], out[n];
    fill(x, n * wide, 9);
    fill(v, wide, 10);
    for (int m = 0; m <= wide; m++) {
        attune_times(x, n, m, wide, v, out);
        for (int r = 0; r < n; r++)
            assert_true(out[r] == attune_dot(x + r * wide, v, m));
    }
}

static void a_basis_spans_the_rows(void **state)
{
    (void)state;
    enum { n = 7, m = 10 };
    double x[n * m], basis[n * m], room[n + m], share[n], back[m];
    fill(x, n * m, 40);
    for (int j = 0; j < m; j++) {
        x[2 * m + j] = 0;
        x[4 * m + j] = x[j] + 1e-3 * x[m + j];
    }
    int64_t rank = attune_row_basis(x, n, m, m, n, room, basis);
    assert_int_equal(rank, n - 2);
    for (int i = 0; i < rank; i++)
        for (int j = 0; j < rank; j++)
            assert_close(attune_dot(basis + i * m, basis + j * m, m), i == j, 1e-14);
    for (int i = 0; i < n; i++) {
        attune_times(basis, rank, m, m, x + i * m, share);
        attune_times_across(basis, rank, m, m, share, back);
        for (int j = 0; j < m; j++)
            assert_close(back[j], x[i * m + j], 1e-12);
    }
}

static void exp_and_log_are_those_of_the_library(void **state)
{
    (void)state;
    for (int i = 0; i <= 20000; i++) {
        double x = -708.0 * i * i / 4e8, s = i / 20000.0, e = 0, l = 0;
        attune_exp_down(&x, 1, &e);
        attune_log_up(&s, 1, &l);
        assert_true(fabs(e - exp(x)) <= 4e-16 * exp(x));
        assert_true(fabs(l - log1p(s)) <= 8e-16 * log1p(s));
    }
    double far[3] = {-1e300, -INFINITY, 0}, out[3];
    attune_exp_down(far, 3, out);
    assert_true(out[0] > 0 && out[0] < 1e-300 && out[1] == out[0] && out[2] == 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sums_have_one_order),
        cmocka_unit_test(products_are_those_of_plain_loops),
        cmocka_unit_test(cholesky_solves_and_drops_what_depends),
        cmocka_unit_test(cholesky_factors_any_size),
        cmocka_unit_test(a_product_of_rows_has_the_bits_of_each_row),
        cmocka_unit_test(a_basis_spans_the_rows),
        cmocka_unit_test(exp_and_log_are_those_of_the_library),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* tests/test_low_discrepancy.c - scrambled Sobol and Halton points fill the cube evenly. */
#include "tests/support.h"

#include "search/samplers/low_discrepancy.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* The first 2^k points have one in each of 2^k equal parts of every coordinate. */
static void each_coordinate_is_stratified(void **state)
{
    (void)state;
    enum { d = 300, n = 256 };
    attune_sobol sobol;
    attune_error error = {0};
    static double unit[d];
    static uint8_t seen[d][n];
    memset(seen, 0, sizeof seen);
    assert_ok(attune_sobol_init(&sobol, d, attune_key_start("one"), &error), &error);
    for (uint32_t i = 0; i < n; i++) {
        attune_sobol_point(&sobol, i, unit);
        for (int k = 0; k < d; k++) {
            assert_true(0 < unit[k] && unit[k] < 1);
            seen[k][(int)(unit[k] * n)]++;
        }
    }
    for (int k = 0; k < d; k++)
        for (int i = 0; i < n; i++)
            assert_int_equal(seen[k][i], 1);
    attune_sobol_clear(&sobol);
}

/* Property A: the first 2^d points have one in each corner of the cube, also scrambled. */
static void corners_have_a_point_each(void **state)
{
    (void)state;
    enum { most = 12 };
    attune_error error = {0};
    double unit[most];
    for (int d = 1; d <= most; d++) {
        attune_sobol sobol;
        uint8_t *seen = calloc((size_t)1 << d, 1);
        assert_ok(attune_sobol_init(&sobol, d, attune_key_start("two"), &error), &error);
        for (uint32_t i = 0; i < 1U << d; i++) {
            size_t corner = 0;
            attune_sobol_point(&sobol, i, unit);
            for (int k = 0; k < d; k++)
                corner = corner << 1 | (unit[k] > 0.5);
            assert_int_equal(seen[corner]++, 0);
        }
        attune_sobol_clear(&sobol);
        free(seen);
    }
}

/* The mean of a smooth function: far nearer than independent draws would come. */
static void integrals_are_near(void **state)
{
    (void)state;
    enum { d = 6, n = 4096 };
    static const uint32_t primes[d] = {2, 3, 5, 7, 11, 13};
    attune_sobol sobol;
    attune_error error = {0};
    double unit[d], by_sobol = 0, by_halton = 0;
    attune_key seed = attune_key_start("three");
    assert_ok(attune_sobol_init(&sobol, d, seed, &error), &error);
    for (uint32_t i = 0; i < n; i++) {
        double a = 1, b = 1;
        attune_sobol_point(&sobol, i, unit);
        for (int k = 0; k < d; k++) {
            double u = attune_halton(seed, k, primes[k], i);
            assert_true(0 < u && u < 1);
            a *= 1 + (unit[k] - 0.5);
            b *= 1 + (u - 0.5);
        }
        by_sobol += a / n;
        by_halton += b / n;
    }
    /* Independent draws are 0.012 off. */
    assert_true(fabs(by_sobol - 1) < 0.001);
    assert_true(fabs(by_halton - 1) < 0.003);
    attune_sobol_clear(&sobol);
}

static void seeds_differ_and_more_dimensions_change_nothing(void **state)
{
    (void)state;
    attune_error error = {0};
    attune_sobol a, b, c;
    double x[2000], y[2000], z[2000];
    assert_ok(attune_sobol_init(&a, 3, attune_key_start("four"), &error), &error);
    assert_ok(attune_sobol_init(&b, 2000, attune_key_start("four"), &error), &error);
    assert_ok(attune_sobol_init(&c, 3, attune_key_start("five"), &error), &error);
    attune_sobol_point(&a, 77, x);
    attune_sobol_point(&b, 77, y);
    attune_sobol_point(&c, 77, z);
    assert_memory_equal(x, y, 3 * sizeof *x);
    assert_memory_not_equal(x, z, 3 * sizeof *x);
    attune_sobol_clear(&a);
    attune_sobol_clear(&b);
    attune_sobol_clear(&c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_coordinate_is_stratified),
        cmocka_unit_test(corners_have_a_point_each),
        cmocka_unit_test(integrals_are_near),
        cmocka_unit_test(seeds_differ_and_more_dimensions_change_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

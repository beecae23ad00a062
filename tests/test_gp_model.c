/* tests/test_gp_model.c - the Gaussian process behind the gp sampler. */
#include "tests/support.h"

#include "search/samplers/gp_model.h"
#include "search/samplers/gp_search.h"

#include <math.h>
#include <stdlib.h>

static const uint8_t nominal[3] = {0, 0, 1};

static double truth(const double *p)
{
    return sin(6 * p[0]) + 0.3 * p[1] + (p[2] == 2 ? 0.7 : -0.2);
}

static void make_points(int64_t n, double *points, double *values, const char *purpose)
{
    attune_stream stream = attune_stream_new(attune_key_start(purpose));
    for (int64_t k = 0; k < n; k++) {
        points[3 * k] = attune_stream_uniform(&stream);
        points[3 * k + 1] = attune_stream_uniform(&stream);
        points[3 * k + 2] = (double)attune_stream_below(&stream, 3);
        values[k] = truth(points + 3 * k);
    }
}

/* Fitted on some points it knows others, doubts most where it is furthest from any, and finds out
 * that the second dimension matters least. */
static void what_is_smooth_is_learnt(void **state)
{
    (void)state;
    enum { n = 60, m = 40 };
    double points[3 * n], values[n], others[3 * m], expected[m], mean[m], deviation[m];
    double parameters[5], error_sum = 0, spread = 0;
    attune_gp gp;
    attune_error error = {0};
    make_points(n, points, values, "known");
    make_points(m, others, expected, "others");
    assert_ok(attune_gp_fit(n, 3, points, nominal, values, 3, parameters, &error), &error);
    assert_true(parameters[1] > parameters[0]);
    assert_ok(attune_gp_init(&gp, 3, nominal, 64, &error), &error);
    attune_gp_reset(&gp, parameters);
    for (int k = 0; k < n; k++)
        attune_gp_add(&gp, points + 3 * k);
    attune_gp_know(&gp, values, n);
    attune_gp_predict(&gp, others, m, mean, deviation);
    for (int k = 0; k < m; k++) {
        error_sum += (mean[k] - expected[k]) * (mean[k] - expected[k]) / m;
        spread += expected[k] * expected[k] / m;
        assert_true(fabs(mean[k] - expected[k]) < 0.05 + 6 * deviation[k]);
    }
    assert_true(error_sum < 0.01 * spread);
    attune_gp_clear(&gp);
}

/* Points that are predicted side by side get the bits that each gets alone. */
static void company_changes_nothing(void **state)
{
    (void)state;
    enum { n = 41, m = 59 };
    double points[3 * n], values[n], others[3 * m], unused[m], mean[m], deviation[m];
    double parameters[5] = {-0.7, 0.1, 0.3, 0.2, -6.1}, alone, doubt;
    attune_gp gp;
    attune_error error = {0};
    make_points(n, points, values, "known");
    make_points(m, others, unused, "others");
    assert_ok(attune_gp_init(&gp, 3, nominal, 64, &error), &error);
    attune_gp_reset(&gp, parameters);
    for (int k = 0; k < n; k++)
        attune_gp_add(&gp, points + 3 * k);
    attune_gp_know(&gp, values, n);
    attune_gp_predict(&gp, others, m, mean, deviation);
    for (int k = 0; k < m; k++) {
        attune_gp_predict(&gp, others + 3 * k, 1, &alone, &doubt);
        assert_true(alone == mean[k] && doubt == deviation[k]);
    }
    attune_gp_clear(&gp);
}

/* A pending point changes no prediction of the mean, and narrows the variance around it. */
static void pending_points_only_narrow(void **state)
{
    (void)state;
    enum { n = 20 };
    double points[3 * n], values[n], parameters[5] = {-0.7, 0.1, 0.3, 0.2, -6.1};
    double at[3] = {0.37, 0.61, 1}, before, after, wide, narrow;
    attune_gp gp;
    attune_error error = {0};
    make_points(n, points, values, "known");
    assert_ok(attune_gp_init(&gp, 3, nominal, 32, &error), &error);
    attune_gp_reset(&gp, parameters);
    for (int k = 0; k < n; k++)
        attune_gp_add(&gp, points + 3 * k);
    attune_gp_know(&gp, values, n);
    attune_gp_predict(&gp, at, 1, &before, &wide);
    attune_gp_add(&gp, at);
    attune_gp_know(&gp, values, n);
    attune_gp_predict(&gp, at, 1, &after, &narrow);
    assert_close(after, before, 1e-12);
    assert_close(gp.believed[n], before, 1e-12);
    assert_true(narrow < wide);
    assert_true(narrow < 1.05 * sqrt(gp.noise));
    attune_gp_clear(&gp);
}

/* As 100 digits have it, far into the tail. */
static void improvement_is_safe(void **state)
{
    (void)state;
    static const double cases[][2] = {
    /* z, log(phi(z) + z Phi(z)) */
#include "tests/golden/log_improvement.inc"
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        double value = attune_log_improvement(cases[i][0], 0, 1);
        assert_close(value, cases[i][1], 1e-9);
        assert_close(attune_log_improvement(cases[i][0] * 0.01, 0, 0.01), cases[i][1] + log(0.01),
                     1e-9);
    }
}

static void warping_keeps_the_order(void **state)
{
    (void)state;
    double values[] = {3.1, NAN, -2.2, 1e9, INFINITY, 0.4, 0.4, 12.5, 7.7, -2.1}, room[10];
    double same[] = {2.385, 2.385, NAN}, none[] = {NAN, INFINITY};
    double mean = 0, square = 0;
    assert_true(attune_gp_warp(values, 10, room));
    for (int i = 0; i < 10; i++) {
        assert_true(isfinite(values[i]));
        mean += values[i] / 10;
        square += values[i] * values[i] / 10;
    }
    assert_close(mean, 0, 1e-12);
    assert_close(square, 1, 1e-12);
    assert_true(values[2] < values[9] && values[9] < values[5] && values[5] == values[6] &&
                values[6] < values[0] && values[0] < values[8] && values[8] < values[7] &&
                values[7] < values[3] && values[1] == values[3] && values[4] == values[3]);
    assert_false(attune_gp_warp(same, 3, room));
    assert_false(attune_gp_warp(none, 2, room));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_smooth_is_learnt),   cmocka_unit_test(company_changes_nothing),
        cmocka_unit_test(pending_points_only_narrow), cmocka_unit_test(improvement_is_safe),
        cmocka_unit_test(warping_keeps_the_order),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

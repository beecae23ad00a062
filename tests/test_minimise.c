/* tests/test_minimise.c - known minima, inside of bounds and on them. */
#include "steps/numeric/minimise.h"
#include "tests/support.h"

#include <math.h>
#include <stdlib.h>

/* Rosenbrock's valley, whose end is (1, 1). */
static attune_status valley(void *user, const double *x, double *value, double *gradient,
                            attune_error *error)
{
    int64_t *calls = user;
    double a = 1 - x[0], b = x[1] - x[0] * x[0];
    (void)error;
    ++*calls;
    *value = a * a + 100 * b * b;
    gradient[0] = -2 * a - 400 * x[0] * b;
    gradient[1] = 200 * b;
    return ATTUNE_OK;
}

static void valleys_are_walked_to_their_end(void **state)
{
    (void)state;
    const double low[] = {-5, -5}, high[] = {5, 5};
    attune_minimise_options options = {2, low, high, 500, 1e-9};
    attune_error error = {0};
    double x[] = {-1.2, 1}, value = 0;
    int64_t calls = 0;
    assert_ok(attune_minimise(&options, valley, &calls, x, &value, &error), &error);
    assert_close(x[0], 1, 1e-7);
    assert_close(x[1], 1, 1e-7);
    assert_true(value < 1e-14 && calls < 120);
}

/* In x <= 0.5 the best is (0.5, 0.25); in y >= 2 it is where a cubic is 0. */
static void bounds_hold(void **state)
{
    (void)state;
    const double low[] = {-5, -5}, high[] = {0.5, 5}, upper[] = {-5, 2};
    const double wide[] = {5, 5};
    attune_minimise_options options = {2, low, high, 500, 1e-9};
    attune_error error = {0};
    double x[] = {-1.2, 1}, value = 0;
    int64_t calls = 0;
    assert_ok(attune_minimise(&options, valley, &calls, x, &value, &error), &error);
    assert_close(x[0], 0.5, 1e-12);
    assert_close(x[1], 0.25, 1e-7);
    options.low = upper;
    options.high = wide;
    x[0] = 2;
    x[1] = 4;
    assert_ok(attune_minimise(&options, valley, &calls, x, &value, &error), &error);
    assert_close(x[1], 2, 1e-12);
    assert_close(200 * x[0] * x[0] * x[0] - 399 * x[0] - 1, 0, 1e-4);
}

/* -log(x) + x has no value below 0, and is least at 1. */
static attune_status half(void *user, const double *x, double *value, double *gradient,
                          attune_error *error)
{
    (void)user;
    (void)error;
    *value = x[0] > 0 ? x[0] - log(x[0]) : INFINITY;
    gradient[0] = x[0] > 0 ? 1 - 1 / x[0] : NAN;
    return ATTUNE_OK;
}

static void places_without_a_value_are_left(void **state)
{
    (void)state;
    const double low[] = {-10}, high[] = {10};
    attune_minimise_options options = {1, low, high, 100, 1e-9};
    attune_error error = {0};
    double x = 9.5, value = 0;
    assert_ok(attune_minimise(&options, half, NULL, &x, &value, &error), &error);
    assert_close(x, 1, 1e-7);
    x = -3;
    assert_int_equal(attune_minimise(&options, half, NULL, &x, &value, &error), ATTUNE_INVALID);
    assert_error(&error, ATTUNE_INVALID, "not finite where it starts");
}

enum { MANY = 20000 };

/* A bowl with its bottom at (i mod 7) - 3, a hundred times steeper along some variables. */
static attune_status bowl(void *user, const double *x, double *value, double *gradient,
                          attune_error *error)
{
    (void)user;
    (void)error;
    *value = 0;
    for (int i = 0; i < MANY; i++) {
        double far = x[i] - (i % 7 - 3), steep = 1 + i % 100;
        *value += steep * far * far / 2;
        gradient[i] = steep * far;
    }
    return ATTUNE_OK;
}

/* A dense Hessian of these would take 3 GB. */
static void many_variables_take_little_room(void **state)
{
    (void)state;
    double *x = calloc(3 * MANY, sizeof *x), *low = x + MANY, *high = low + MANY, value = 0;
    attune_minimise_options options = {MANY, low, high, 200, 1e-6};
    attune_error error = {0};
    assert_non_null(x);
    for (int i = 0; i < MANY; i++) {
        low[i] = -2;
        high[i] = 9;
    }
    assert_ok(attune_minimise(&options, bowl, NULL, x, &value, &error), &error);
    for (int i = 0; i < MANY; i++)
        assert_close(x[i], fmax(i % 7 - 3, -2), 1e-6);
    free(x);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(valleys_are_walked_to_their_end),
        cmocka_unit_test(bounds_hold),
        cmocka_unit_test(places_without_a_value_are_left),
        cmocka_unit_test(many_variables_take_little_room),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

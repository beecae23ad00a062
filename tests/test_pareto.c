/* tests/test_pareto.c - fronts beside counting by hand, crowding, and what breaks a constraint. */
#include "tests/support.h"

#include "search/pareto.h"
#include "spaces/base/stream.h"

#include <math.h>

enum { most = 60, most_objectives = 3 };

/* Values on a coarse grid, so that there are ties and doubles. */
static void draw(int64_t seed, int64_t n, int64_t m, double *values, double *violations)
{
    attune_stream stream = attune_stream_new(attune_key_integer(attune_key_start("pareto"), seed));
    for (int64_t i = 0; i < n; i++) {
        violations[i] =
            attune_stream_below(&stream, 3) ? 0 : 0.5 + (double)attune_stream_below(&stream, 3);
        for (int64_t k = 0; k < m; k++)
            values[i * m + k] = 2.385 * (double)attune_stream_below(&stream, 6);
    }
}

/* The front a row is in: one more than the last of those that dominate it. */
static int64_t depth(const double *values, const double *violations, int64_t n, int64_t m,
                     int64_t i)
{
    int64_t deepest = 0;
    for (int64_t j = 0; j < n; j++)
        if (violations[j] == 0 && attune_dominates(values + j * m, values + i * m, m)) {
            int64_t above = depth(values, violations, n, m, j) + 1;
            deepest = above > deepest ? above : deepest;
        }
    return deepest;
}

static void dominates_is_nowhere_worse(void **state)
{
    (void)state;
    const double a[] = {1.5, 2.385}, b[] = {1.5, 2.4}, c[] = {1.4, 2.5}, bad[] = {NAN, 0};
    assert_true(attune_dominates(a, b, 2));
    assert_false(attune_dominates(b, a, 2));
    assert_false(attune_dominates(a, a, 2));
    assert_false(attune_dominates(a, c, 2) || attune_dominates(c, a, 2));
    assert_false(attune_dominates(bad, b, 2) || attune_dominates(b, bad, 2));
}

static void order_is_by_fronts(void **state)
{
    (void)state;
    for (int64_t seed = 0; seed < 40; seed++) {
        double values[most * most_objectives], violations[most];
        int64_t order[most], seen = 0, n = 5 + seed, m = 1 + seed % most_objectives;
        uint8_t front[most];
        attune_error error = {0};
        draw(seed, n, m, values, violations);
        assert_ok(attune_pareto_order(values, violations, n, m, n, order, &error), &error);
        assert_ok(attune_pareto_front(values, violations, n, m, front, &error), &error);
        for (int64_t i = 1; i < n; i++) {
            int64_t a = order[i - 1], b = order[i];
            assert_true(violations[a] <= violations[b]);
            if (violations[b] == 0)
                assert_true(depth(values, violations, n, m, a) <=
                            depth(values, violations, n, m, b));
        }
        for (int64_t i = 0; i < n; i++) {
            bool first = violations[i] == 0 && depth(values, violations, n, m, i) == 0;
            assert_int_equal(front[i], first);
            seen += order[i];
        }
        assert_int_equal(seen, n * (n - 1) / 2);
    }
}

/* The ends first, then who has the farthest neighbours. */
static void the_lonely_come_first(void **state)
{
    (void)state;
    static const double values[] = {0.1, 9, 1, 8, 1.2, 7.8, 1.4, 7.6, 5, 2, 9, 0.5};
    static const int64_t expected[] = {0, 5, 4, 3, 1, 2};
    int64_t order[6];
    attune_error error = {0};
    assert_ok(attune_pareto_order(values, NULL, 6, 2, 6, order, &error), &error);
    for (int i = 0; i < 6; i++)
        assert_int_equal(order[i], expected[i]);
}

static void nothing_is_nothing(void **state)
{
    (void)state;
    static const double values[] = {NAN, INFINITY, 2.385, -INFINITY};
    static const double violations[] = {INFINITY, INFINITY};
    int64_t order[2] = {-1, -1};
    uint8_t front[2] = {7, 7};
    attune_error error = {0};
    assert_ok(attune_pareto_order(values, NULL, 0, 2, 5, order, &error), &error);
    assert_ok(attune_pareto_order(values, violations, 2, 2, 1, order, &error), &error);
    assert_int_equal(order[0], 0);
    assert_ok(attune_pareto_front(values, violations, 2, 2, front, &error), &error);
    assert_int_equal(front[0] + front[1], 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(dominates_is_nowhere_worse),
        cmocka_unit_test(order_is_by_fronts),
        cmocka_unit_test(the_lonely_come_first),
        cmocka_unit_test(nothing_is_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

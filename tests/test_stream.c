/* tests/test_stream.c - keyed streams: the published vector, replay, and what the draws look like.
 */
#include "spaces/base/stream.h"
#include "tests/support.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static attune_stream named(const char *purpose)
{
    return attune_stream_new(attune_key_start(purpose));
}

static void the_published_vectors(void **state)
{
    (void)state;
    /* Random123's known answers for threefry2x64 with 20 rounds. */
    attune_stream zeros = attune_stream_new((attune_key){0, 0});
    assert_true(attune_stream_bits(&zeros) == UINT64_C(0xc2b6e3a8c2c69865));
    assert_true(attune_stream_bits(&zeros) == UINT64_C(0x6f81ed42f350084d));
}

static void a_stream_is_its_key_and_counter(void **state)
{
    (void)state;
    attune_key key = attune_key_start("replay");
    attune_stream whole = attune_stream_new(key);
    uint64_t words[33];
    for (int i = 0; i < 33; i++)
        words[i] = attune_stream_bits(&whole);
    for (uint64_t from = 0; from < 33; from++) {
        attune_stream later = attune_stream_at(key, from);
        assert_true(later.counter == from);
        for (uint64_t i = from; i < 33; i++)
            assert_true(attune_stream_bits(&later) == words[i]);
    }
    for (int i = 0; i < 33; i++)
        for (int j = 0; j < i; j++)
            assert_true(words[i] != words[j]);
    attune_stream other = attune_stream_new(attune_key_integer(key, 0));
    assert_true(attune_stream_bits(&other) != words[0]);
}

/* Mean and second moment of n draws stay within 5 standard errors of what they should be. */
static void uniform_moments(void **state)
{
    (void)state;
    enum { n = 200000, bins = 64 };
    attune_stream stream = named("uniform");
    int counts[bins] = {0};
    double sum = 0, squares = 0, lagged = 0, last = 0.5;
    for (int i = 0; i < n; i++) {
        double u = attune_stream_uniform(&stream);
        assert_true(u > 0 && u < 1);
        counts[(int)(u * bins)]++;
        sum += u;
        squares += u * u;
        lagged += (u - 0.5) * (last - 0.5);
        last = u;
    }
    double chi = 0, mean_count = (double)n / bins;
    for (int i = 0; i < bins; i++)
        chi += (counts[i] - mean_count) * (counts[i] - mean_count) / mean_count;
    assert_close(sum / n, 0.5, 5 * sqrt(1.0 / 12 / n));
    assert_close(squares / n, 1.0 / 3, 5 * sqrt(4.0 / 45 / n));
    assert_close(lagged / n, 0, 5.0 / 12 / sqrt(n));
    assert_true(chi > 25 && chi < 120); /* 63 degrees of freedom, five sigma */
}

static void normal_moments(void **state)
{
    (void)state;
    enum { n = 200000 };
    attune_stream stream = named("normal");
    double moments[5] = {0};
    for (int i = 0; i < n; i++) {
        double x = attune_stream_normal(&stream);
        for (int p = 1; p < 5; p++)
            moments[p] += pow(x, p) / n;
    }
    assert_true(stream.counter == 2 * n);
    assert_close(moments[1], 0, 5 / sqrt(n));
    assert_close(moments[2], 1, 5 * sqrt(2.0 / n));
    assert_close(moments[3], 0, 5 * sqrt(15.0 / n));
    assert_true(fabs(moments[4] - 3) < 5 * sqrt(96.0 / n));
}

static void below_is_even_and_within(void **state)
{
    (void)state;
    enum { n = 70000 };
    attune_stream stream = named("below");
    int counts[7] = {0};
    for (int i = 0; i < n; i++)
        counts[attune_stream_below(&stream, 7)]++;
    for (int i = 0; i < 7; i++)
        assert_true(abs(counts[i] - n / 7) < 5 * 93); /* sqrt(n p q) = 93 */
    assert_int_equal(attune_stream_below(&stream, 1), 0);
    /* Three quarters of 64 bits: without the rejection a multiple of 3 would come half the time. */
    uint64_t most = UINT64_C(3) << 62;
    int thirds = 0;
    for (int i = 0; i < 3000; i++) {
        uint64_t x = attune_stream_below(&stream, most);
        assert_true(x < most);
        thirds += x % 3 == 0;
    }
    assert_true(abs(thirds - 1000) < 5 * 26);
    assert_true(attune_stream_below(&stream, UINT64_MAX) < UINT64_MAX);
}

static void shuffles_are_fair(void **state)
{
    (void)state;
    enum { n = 24000 };
    attune_stream stream = named("shuffle");
    int counts[64] = {0};
    for (int i = 0; i < n; i++) {
        int64_t items[] = {0, 1, 2, 3};
        attune_stream_shuffle(&stream, items, 4);
        assert_int_equal((1 << items[0]) + (1 << items[1]) + (1 << items[2]) + (1 << items[3]), 15);
        counts[items[0] * 16 + items[1] * 4 + items[2]]++;
    }
    int orders = 0;
    for (int i = 0; i < 64; i++) {
        orders += counts[i] > 0;
        assert_true(counts[i] == 0 || abs(counts[i] - n / 24) < 5 * 31);
    }
    assert_int_equal(orders, 24);
    int64_t one[] = {17};
    attune_stream_shuffle(&stream, one, 1);
    attune_stream_shuffle(&stream, NULL, 0);
    assert_int_equal(one[0], 17);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_published_vectors),
        cmocka_unit_test(a_stream_is_its_key_and_counter),
        cmocka_unit_test(uniform_moments),
        cmocka_unit_test(normal_moments),
        cmocka_unit_test(below_is_even_and_within),
        cmocka_unit_test(shuffles_are_fair),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* tests/test_tree_divide.c - rows go where their codes say, in their order, whatever the path. */
#include "steps/trees/tree_parts.h"
#include "tests/support.h"

#include <stdlib.h>
#include <string.h>

enum { n = 2000 };

struct problem {
    uint8_t codes[n + 64];
    int32_t packed[n], rows[n], in_place[n], moved[n];
    int64_t count;
    bool goes[n]; /* of a row */
};

/* Every row, or about one in `gap`; runs of neighbours among them. */
static void make(struct problem *p, attune_stream *stream, uint64_t gap)
{
    p->count = 0;
    for (int32_t i = 0; i < n; i++) {
        p->codes[i] = (uint8_t)attune_stream_below(stream, 256);
        p->packed[i] = attune_stream_below(stream, 3) ? 0 : (int32_t)i + 1;
        if (i / 64 % 2 || attune_stream_below(stream, gap) == 0)
            p->rows[p->count++] = i;
    }
    memcpy(p->in_place, p->rows, sizeof p->rows);
}

static void assert_divided(const struct problem *p, int64_t n_left)
{
    int64_t left = 0, right = 0;
    for (int64_t i = 0; i < p->count; i++)
        if (p->goes[p->rows[i]])
            assert_int_equal(p->in_place[left++], p->rows[i]);
        else
            assert_int_equal(p->moved[right++], p->rows[i]);
    assert_int_equal(left, n_left);
}

static void rows_are_divided(void **state)
{
    (void)state;
    static struct problem p;
    uint8_t set[32];
    attune_stream stream = attune_stream_new(attune_key_start("divide"));
    for (int trial = 0; trial < 60; trial++) {
        attune_code_range range = {(uint8_t)(trial % 3 ? 0 : 7 * trial), (uint8_t)(4 * trial)};
        make(&p, &stream, 1 + (uint64_t)trial % 4);
        for (int i = 0; i < n; i++)
            p.goes[i] = (uint8_t)(p.codes[i] + range.turn) <= range.most;
        assert_divided(&p,
                       attune_divide_numbers(p.codes, range, p.rows, p.count, p.in_place, p.moved));
        memcpy(p.in_place, p.rows, sizeof p.rows);
        assert_divided(
            &p, attune_divide_numbers(p.codes, range, p.in_place, p.count, p.in_place, p.moved));
        for (int k = 0; k < 32; k++)
            set[k] = (uint8_t)attune_stream_below(&stream, 256);
        for (int i = 0; i < n; i++)
            p.goes[i] = set[p.codes[i] / 8] >> p.codes[i] % 8 & 1;
        memcpy(p.in_place, p.rows, sizeof p.rows);
        assert_divided(
            &p, attune_divide_levels(p.codes, set, p.in_place, p.count, p.in_place, p.moved));
        for (int i = 0; i < n; i++)
            p.goes[i] = p.packed[i] != 0;
        memcpy(p.in_place, p.rows, sizeof p.rows);
        assert_divided(&p, attune_divide_heavy(p.packed, p.in_place, p.count, p.in_place, p.moved));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows_are_divided),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

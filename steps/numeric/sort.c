/* steps/numeric/sort.c - a stable radix sort of (key, row) pairs. */
#include "steps/numeric/sort.h"

#include <stdlib.h>
#include <string.h>

enum { digit_bits = 11, n_buckets = 1 << digit_bits, n_passes = 6, few = 64 };

uint64_t attune_sort_key_integer(int64_t value)
{
    return (uint64_t)value ^ UINT64_C(1) << 63;
}

static void insertion_sort(attune_sort_item *items, int64_t n)
{
    for (int64_t i = 1; i < n; i++) {
        attune_sort_item item = items[i];
        int64_t j = i;
        for (; j > 0 && items[j - 1].key > item.key; j--)
            items[j] = items[j - 1];
        items[j] = item;
    }
}

static unsigned digit_of(uint64_t key, int pass)
{
    return (unsigned)(key >> (pass * digit_bits)) & (n_buckets - 1);
}

/* Moves items to `to` in the order of one digit; false when all have the same one. */
static bool sort_pass(const attune_sort_item *from, attune_sort_item *to, int64_t n, int pass)
{
    int64_t start[n_buckets] = {0};
    for (int64_t i = 0; i < n; i++)
        start[digit_of(from[i].key, pass)]++;
    if (start[digit_of(from[0].key, pass)] == n)
        return false;
    int64_t before = 0;
    for (int bucket = 0; bucket < n_buckets; bucket++) {
        int64_t count = start[bucket];
        start[bucket] = before;
        before += count;
    }
    for (int64_t i = 0; i < n; i++)
        to[start[digit_of(from[i].key, pass)]++] = from[i];
    return true;
}

attune_status attune_sort_items(attune_sort_item *items, int64_t n, attune_error *error)
{
    if (n <= few) {
        insertion_sort(items, n);
        return ATTUNE_OK;
    }
    attune_sort_item *scratch = attune_alloc(n, sizeof *scratch, error);
    if (!scratch)
        return ATTUNE_MEMORY;
    attune_sort_item *from = items, *to = scratch;
    for (int pass = 0; pass < n_passes; pass++)
        if (sort_pass(from, to, n, pass)) {
            attune_sort_item *swap = from;
            from = to;
            to = swap;
        }
    if (from != items)
        memcpy(items, from, (size_t)n * sizeof *items);
    free(scratch);
    return ATTUNE_OK;
}

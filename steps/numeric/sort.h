/* steps/numeric/sort.h - rows in the order of a key, fast and always the same way.
 *
 * Thread class: pure. */
#ifndef ATTUNE_STEPS_NUMERIC_SORT_H
#define ATTUNE_STEPS_NUMERIC_SORT_H

#include "spaces/base/status.h"

#include <string.h>

typedef struct attune_sort_item {
    uint64_t key;
    int64_t row;
} attune_sort_item;

/* Keys that sort as the numbers do. A real must not be NaN; -0 is 0. */
static inline uint64_t attune_sort_key_real(double value)
{
    const uint64_t sign = UINT64_C(1) << 63;
    uint64_t bits = 0;
    value += 0.0; /* -0 becomes 0 */
    memcpy(&bits, &value, sizeof bits);
    return bits & sign ? ~bits : bits | sign;
}
uint64_t attune_sort_key_integer(int64_t value);

/* Ascending by key; items of one key stay in the order they came in. O(n): a radix sort, with
 * scratch memory of the size of items. */
attune_status attune_sort_items(attune_sort_item *items, int64_t n, attune_error *error);

#endif

/* steps/sort.h - rows in the order of a key, fast and always the same way.
 *
 * Thread class: pure. */
#ifndef ATTUNE_STEPS_SORT_H
#define ATTUNE_STEPS_SORT_H

#include "spaces/base/status.h"

typedef struct attune_sort_item {
    uint64_t key;
    int64_t row;
} attune_sort_item;

/* Keys that sort as the numbers do. A real must not be NaN; -0 is 0. */
uint64_t attune_sort_key_real(double value);
uint64_t attune_sort_key_integer(int64_t value);

/* Ascending by key; items of one key stay in the order they came in. O(n): a radix sort, with
 * scratch memory of the size of items. */
attune_status attune_sort_items(attune_sort_item *items, int64_t n, attune_error *error);

#endif

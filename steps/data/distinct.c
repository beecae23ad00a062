/* steps/data/distinct.c - the distinct values of a column, by a hash table of their content. */
#include "steps/data/distinct.h"

#include "steps/numeric/sort.h"

#include <stdlib.h>

typedef struct slot {
    attune_key key;
    int64_t value; /* its number, from 1; 0: the slot is free */
} slot;

/* The value itself where it has at most 64 bits, a content key for a text. */
static attune_key value_key(const attune_column *column, int64_t row)
{
    int64_t at = row * column->stride;
    switch (column->kind) {
    case ATTUNE_REAL_COLUMN:
        return (attune_key){attune_sort_key_real(column->reals[at]), 0};
    case ATTUNE_NOMINAL_COLUMN:
        return (attune_key){attune_sort_key_integer(column->codes[at]), 0};
    case ATTUNE_DATETIME_COLUMN:
        return (attune_key){attune_sort_key_integer(column->times[at]), 0};
    case ATTUNE_TEXT_COLUMN:
    case ATTUNE_KINDS:
        break;
    }
    return attune_key_text(attune_key_start("distinct"), column->texts[at]);
}

/* The last step of splitmix64: neighbouring values land far apart. */
static uint64_t scatter(attune_key key)
{
    uint64_t x = key.low ^ key.high;
    x = (x ^ (x >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    x = (x ^ (x >> 27)) * UINT64_C(0x94d049bb133111eb);
    return x ^ (x >> 31);
}

static slot *find(slot *slots, uint64_t mask, attune_key key)
{
    uint64_t at = scatter(key) & mask;
    while (slots[at].value && !attune_key_same(slots[at].key, key))
        at = (at + 1) & mask;
    return &slots[at];
}

attune_status attune_distinct(const attune_column *column, const attune_rows *rows, int64_t *values,
                              int64_t *n_values, attune_error *error)
{
    int64_t size = 16;
    while (size < 2 * rows->n)
        size *= 2;
    slot *slots = attune_alloc(size, sizeof *slots, error);
    *n_values = 0;
    if (!slots)
        return ATTUNE_MEMORY;
    for (int64_t i = 0; i < rows->n; i++) {
        values[i] = -1;
        if (attune_column_missing(column, rows->index[i]))
            continue;
        attune_key key = value_key(column, rows->index[i]);
        slot *found = find(slots, (uint64_t)size - 1, key);
        if (!found->value)
            *found = (slot){key, ++*n_values};
        values[i] = found->value - 1;
    }
    free(slots);
    return ATTUNE_OK;
}

/* steps/trees/trees_walk.c - rows walk side by side through a tree of small nodes.
 *
 * A value is a whole number in the order of the reals, the largest where it is missing; a level is
 * its code, the one after the last where it is missing or unknown. */
#include "steps/trees/trees_walk.h"

#include "steps/numeric/clones.h"
#include "steps/numeric/sort.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { TOGETHER = 16, TURN = 1, NOMINAL = 2, MOST_SET_BYTES = 1 << 28 };

/* A row goes right where its value, turned, is above most; where missing ones go left it turns by
 * one, for that makes theirs the least. A leaf leads to itself, for nothing is above its most. */
struct step {
    uint64_t most;
    uint32_t left; /* times 4, and the flags above */
    uint32_t input;
};

struct attune_trees_walk {
    const attune_trees *trees;
    int64_t n;          /* rows of a block, at most */
    uint64_t *values;   /* input c, row i: c * n + i */
    struct step *steps; /* of the tree at hand */
    bool any_nominal;   /* then each node has a set: a bit a code, those that go left */
    uint8_t *sets;      /* of the tree at hand; the first, of all that is not nominal, is one bit */
    uint32_t *set;      /* of each node: where it begins */
};

static bool is_nominal(const attune_trees *trees, int64_t node)
{
    return trees->node_input.i32[node] >= 0 && trees->node_flags.u8[node] & ATTUNE_NODE_NOMINAL;
}

/* With one bit more, for missing ones. */
static int64_t set_bytes(const attune_trees *trees, int64_t node)
{
    return trees->n_levels.i32[trees->node_input.i32[node]] / 8 + 1;
}

static bool has_levels(const attune_trees *trees)
{
    for (int64_t c = 0; c < trees->inputs.n; c++)
        if (trees->n_levels.i32[c] >= 0)
            return true;
    return false;
}

/* The room that the sets of the tree with the largest ones need. */
static int64_t most_set_bytes(const attune_trees *t)
{
    int64_t most = 0;
    for (int64_t k = 0; k < attune_trees_count(t) && has_levels(t); k++) {
        int64_t bytes = 0;
        for (int64_t i = t->start.i64[k]; i < t->start.i64[k + 1]; i++)
            bytes += is_nominal(t, i) ? set_bytes(t, i) : 0;
        most = bytes > most ? bytes : most;
    }
    return most;
}

static attune_status make_room(attune_trees_walk *w, int64_t bytes, attune_error *error)
{
    const int64_t *start = w->trees->start.i64;
    int64_t most = 0, p = w->trees->inputs.n;
    for (int64_t k = 0; k < attune_trees_count(w->trees); k++)
        most = start[k + 1] - start[k] > most ? start[k + 1] - start[k] : most;
    w->any_nominal = bytes > 0;
    w->values = attune_alloc(p ? p : 1, (size_t)w->n * sizeof *w->values, error);
    w->steps = attune_alloc(most, sizeof *w->steps, error);
    w->sets = attune_alloc(1 + bytes, 1, error);
    w->set = attune_alloc(w->any_nominal ? most : 0, sizeof *w->set, error);
    if (!w->values || !w->steps || !w->sets || !w->set)
        return ATTUNE_MEMORY;
    w->sets[0] = 1;
    return ATTUNE_OK;
}

attune_status attune_trees_walk_make(attune_trees_walk **walk, const attune_trees *trees, int64_t n,
                                     attune_error *error)
{
    int64_t bytes = most_set_bytes(trees);
    *walk = NULL;
    if (bytes > MOST_SET_BYTES)
        return ATTUNE_OK;
    attune_trees_walk *w = *walk = attune_alloc(1, sizeof *w, error);
    if (!w)
        return ATTUNE_MEMORY;
    w->trees = trees;
    w->n = n;
    return make_room(w, bytes, error);
}

void attune_trees_walk_free(attune_trees_walk *walk)
{
    if (!walk)
        return;
    free(walk->values);
    free(walk->steps);
    free(walk->sets);
    free(walk->set);
    free(walk);
}

void attune_trees_walk_read(attune_trees_walk *w, const attune_column *const *columns,
                            const int64_t *rows, int64_t n)
{
    for (int64_t c = 0; c < w->trees->inputs.n; c++) {
        const attune_column *column = columns[c];
        int32_t n_levels = w->trees->n_levels.i32[c];
        uint64_t *values = w->values + c * w->n;
        for (int64_t i = 0; i < n && n_levels >= 0; i++) {
            int32_t code = column->codes[rows[i] * column->stride];
            values[i] = (uint64_t)(code >= 0 && code < n_levels ? code : n_levels);
        }
        for (int64_t i = 0; i < n && n_levels < 0; i++) {
            double x = column->reals[rows[i] * column->stride];
            values[i] = isnan(x) ? UINT64_MAX : attune_sort_key_real(x);
        }
    }
}

/* A nominal node's set, put at `at`. */
static void fill_set(const attune_trees_walk *w, int64_t node, int64_t at)
{
    const attune_trees *t = w->trees;
    int32_t n_levels = t->n_levels.i32[t->node_input.i32[node]];
    uint8_t *set = w->sets + at, missing = (uint8_t)(1 << n_levels % 8);
    set[n_levels / 8] = 0;
    memcpy(set, t->sets.u8 + t->node_set.i32[node], (size_t)(n_levels + 7) / 8);
    set[n_levels / 8] &= (uint8_t)(missing - 1);
    if (t->node_flags.u8[node] & ATTUNE_NODE_MISSING_LEFT)
        set[n_levels / 8] |= missing;
}

/* Half of the nodes are leaves, in no order: no branch asks. */
static void fill_steps(attune_trees_walk *w, int64_t from, int64_t end)
{
    const attune_trees *t = w->trees;
    for (int64_t i = from; i < end; i++) {
        int32_t input = t->node_input.i32[i], leaf = input < 0;
        uint32_t turn = t->node_flags.u8[i] & ATTUNE_NODE_MISSING_LEFT ? TURN : 0;
        uint64_t most = attune_sort_key_real(t->node_value.f64[i]) + turn;
        uint32_t left = (uint32_t)t->node_left.i32[i] << 2 | turn;
        w->steps[i - from] = (struct step){.most = leaf ? UINT64_MAX : most,
                                           .left = leaf ? (uint32_t)(i - from) << 2 : left,
                                           .input = leaf ? 0 : (uint32_t)input};
    }
}

static void fill_sets(attune_trees_walk *w, int64_t from, int64_t end)
{
    const attune_trees *t = w->trees;
    int64_t bytes = 1;
    for (int64_t i = from; i < end; i++) {
        struct step *step = &w->steps[i - from];
        w->set[i - from] = 0;
        if (!is_nominal(t, i))
            continue;
        step->most = UINT64_MAX;
        step->left = (step->left & ~(uint32_t)TURN) | NOMINAL;
        w->set[i - from] = (uint32_t)bytes;
        fill_set(w, i, bytes);
        bytes += set_bytes(t, i);
    }
}

/* Where a value's bit is in the set of a node: the first where it is no level. */
static inline uint32_t has_bit(const attune_trees_walk *w, uint32_t at, uint64_t value,
                               uint32_t left)
{
    uint64_t code = value & -(uint64_t)(left / NOMINAL & 1);
    return w->sets[w->set[at] + code / 8] >> code % 8 & 1;
}

/* Until none moves: a branch that would end each walk by itself cannot be foreseen, and costs more
 * than the steps. */
static ATTUNE_INLINE void walk_together(const attune_trees_walk *w, const uint64_t *values,
                                        int64_t n, bool nominal, uint32_t *at)
{
    uint32_t moved = 1;
    while (moved) {
        moved = 0;
        for (int64_t j = 0; j < n; j++) {
            struct step step = w->steps[at[j]];
            uint64_t value = values[step.input * w->n + j];
            uint32_t right = value + (step.left & TURN) > step.most;
            if (nominal)
                right |= !has_bit(w, at[j], value, step.left);
            uint32_t next = (step.left >> 2) + right;
            moved |= next ^ at[j];
            at[j] = next;
        }
    }
}

void attune_trees_walk_one(attune_trees_walk *w, int64_t t, int64_t n, double *said)
{
    int64_t from = w->trees->start.i64[t];
    const double *values = w->trees->node_value.f64 + from;
    fill_steps(w, from, w->trees->start.i64[t + 1]);
    if (w->any_nominal)
        fill_sets(w, from, w->trees->start.i64[t + 1]);
    for (int64_t i = 0; i < n; i += TOGETHER) {
        int64_t count = n - i < TOGETHER ? n - i : TOGETHER;
        uint32_t at[TOGETHER] = {0};
        if (w->any_nominal)
            walk_together(w, w->values + i, count, true, at);
        else if (count == TOGETHER)
            walk_together(w, w->values + i, TOGETHER, false, at);
        else
            walk_together(w, w->values + i, count, false, at);
        for (int64_t j = 0; j < count; j++)
            said[i + j] = values[at[j]];
    }
}

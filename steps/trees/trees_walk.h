/* steps/trees/trees_walk.h - large trees: many rows walk through one at a time, so that it stays in
 * the cache, sixteen side by side. libc only. Thread class: one per thread. */
#ifndef ATTUNE_STEPS_TREES_TREES_WALK_H
#define ATTUNE_STEPS_TREES_TREES_WALK_H

#include "steps/trees/trees.h"

typedef struct attune_trees_walk attune_trees_walk;

/* For blocks of at most n rows. `trees` is borrowed. *walk is NULL where the sets of levels of a
 * tree take more than 256 MiB. O(nodes + n * inputs). */
attune_status attune_trees_walk_make(attune_trees_walk **walk, const attune_trees *trees, int64_t n,
                                     attune_error *error);
void attune_trees_walk_free(attune_trees_walk *walk); /* NULL-safe */

/* Takes in the values of a block; columns: one an input. */
void attune_trees_walk_read(attune_trees_walk *walk, const attune_column *const *columns,
                            const int64_t *rows, int64_t n);
/* What tree t's leaves say (node_value) of the n rows that were read last. O(nodes of the tree + n
 * * depth). */
void attune_trees_walk_one(attune_trees_walk *walk, int64_t t, int64_t n, double *said);

#endif

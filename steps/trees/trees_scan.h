/* steps/trees/trees_scan.h - small trees without walks: every cut of a tree is asked of 64 rows at
 * once.
 *
 * Values become codes once for a block of rows: how many of the model's thresholds lie below. A row
 * has a bit for each leaf of a tree; each cut that sends it to the right takes away the leaves on
 * the left, and the lowest bit that is left is where it ends. Source: Lucchese et al. (2015),
 * QuickScorer, SIGIR 38. libc only.
 * Thread class: one per thread. */
#ifndef ATTUNE_STEPS_TREES_TREES_SCAN_H
#define ATTUNE_STEPS_TREES_TREES_SCAN_H

#include "steps/trees/trees.h"

enum { ATTUNE_SCAN_ROWS = 256 /* of a block */ };

typedef struct attune_scan attune_scan;

/* *scan is NULL where trees are not of this kind: one has more than 64 leaves, an input more than
 * 254 thresholds or levels. `trees` is borrowed. O(nodes log thresholds). */
attune_status attune_scan_make(attune_scan **scan, const attune_trees *trees, attune_error *error);
void attune_scan_free(attune_scan *scan); /* NULL-safe */

/* The codes of a block, at most ATTUNE_SCAN_ROWS rows; columns: one an input. */
void attune_scan_encode(attune_scan *scan, const attune_column *const *columns, const int64_t *rows,
                        int64_t n);
/* Adds what tree t says of the n rows that were encoded last to scores[i * stride]. */
void attune_scan_tree(const attune_scan *scan, int64_t t, int64_t n, double *scores,
                      int64_t stride);

#endif

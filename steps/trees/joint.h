/* steps/trees/joint.h - columns that share a code: a row of them is added to one cell.
 *
 * Columns of few bins together have few codes, and so have columns that say much the same, or that
 * are mostly empty: there are as many codes as pairs that occur. The cells of each column are sums
 * over its group's.
 * Thread class: shared read-only, as the bins that own it. */
#ifndef ATTUNE_STEPS_TREES_JOINT_H
#define ATTUNE_STEPS_TREES_JOINT_H

#include "spaces/base/status.h"

#include <stdint.h>

struct attune_bins;

/* A column of a group. A code of the group up to here is a code of the members before (inner) with
 * one of its own (outer). */
typedef struct attune_joint_member {
    int32_t input;
    int32_t n_own, n_codes; /* its own codes; those of the group up to here */
    uint16_t *inner; /* n_codes; null: a code is inner + outer * codes of the members before */
    int32_t *ends;   /* n_own, where inner is not null: codes below have such an outer, or less */
} attune_joint_member;

typedef struct attune_joint {
    int32_t n_groups;             /* 0: none, for rows would not be much shorter */
    attune_joint_member *members; /* one a column */
    int32_t *begin;               /* n_groups + 1: the first member of each group */
    int32_t *first;               /* n_groups + 1: the first cell of each; the last: cells in all */
    uint16_t *codes;              /* row i, group g: codes[i * stride + g] */
    int64_t stride;
    int32_t work; /* of _part, in additions */
} attune_joint;

/* Makes the groups of columns that are binned. O(rows * columns). */
attune_status attune_joint_make(attune_joint *joint, const struct attune_bins *bins,
                                attune_error *error);
void attune_joint_clear(attune_joint *joint, int32_t p);
int64_t attune_joint_bytes(const attune_joint *joint, int64_t n);
/* Cells that _part needs room for: those of the groups, and some more. */
int64_t attune_joint_cells(const attune_joint *joint);
/* The cells of all columns (all of them set, but not what pads them) from those of groups, which
 * are used up. O(work). */
void attune_joint_part(const attune_joint *joint, const int32_t *first, int64_t *room,
                       int64_t *cells);

#endif

/* steps/splitters/groups.h - rows that must stay together, and where to put them.
 *
 * Thread class: pure. */
#ifndef ATTUNE_STEPS_SPLITTERS_GROUPS_H
#define ATTUNE_STEPS_SPLITTERS_GROUPS_H

#include "spaces/base/stream.h"
#include "steps/data/data.h"
#include "steps/data/rows.h"

/* Groups of rows, numbered in the order in which they first appear. */
typedef struct attune_groups {
    int64_t n;
    int64_t *start;   /* n + 1: group g has members[start[g]] .. members[start[g + 1] - 1] */
    int64_t *members; /* positions in rows, ascending in each group */
    int64_t *of;      /* of position i, its group */
} attune_groups;

/* Rows that share a value of any column of role GROUP are in one group, directly or through
 * others; a row without a value stands for itself. MEMORY. O(rows * columns). */
attune_status attune_groups_make(attune_groups *groups, const attune_data *data,
                                 const attune_rows *rows, attune_error *error);
void attune_groups_clear(attune_groups *groups);

/* Puts whole groups into n_bins bins whose shares of all rows, and of each class, shall be shares.
 * Groups come in `order`; each goes where rows of its classes are missed most, and no bin stays
 * empty when there are at least as many groups. bins[g] is the bin of group g; classes[i] the
 * class of position i, below n_classes. O(rows * bins). */
attune_status attune_groups_deal(const attune_groups *groups, const int64_t *order,
                                 const int32_t *classes, int32_t n_classes, const double *shares,
                                 int64_t n_bins, int64_t *bins, attune_error *error);

#endif

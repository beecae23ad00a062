/* steps/held_out.h - rows that a fit keeps aside for itself: to stop early, to calibrate.
 *
 * Roles hold here too: groups stay together, classes are spread evenly, and where there is a time
 * the last rows are kept.
 * Thread class: pure. */
#ifndef ATTUNE_STEPS_HELD_OUT_H
#define ATTUNE_STEPS_HELD_OUT_H

#include "steps/data/data.h"
#include "steps/data/rows.h"

/* Divides rows into those to fit and those kept aside, about a share of them (below 1). Both get
 * shares, to be freed also on failure; seed decides the draw. UNFIT: too few rows or groups to keep
 * some aside. O(rows). */
attune_status attune_held_out_split(const attune_data *data, const attune_rows *rows, double share,
                                    attune_key seed, attune_rows **fitted, attune_rows **held_out,
                                    attune_error *error);

#endif

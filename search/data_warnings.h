/* search/data_warnings.h - what about the data will make a search worse than it could be.
 * Thread class: pure. */
#ifndef ATTUNE_SEARCH_DATA_WARNINGS_H
#define ATTUNE_SEARCH_DATA_WARNINGS_H

#include "search/experiment.h"

/* One line for each thing, appended to warnings: a constant column, a number for each row, levels
 * seen once, an input that says the target, classes that folds lack, a time that the folds do not
 * keep, groups shared with the held-out file. O(rows * columns). */
attune_status attune_data_warnings(const attune_experiment *experiment, attune_texts *warnings,
                                   attune_error *error);

#endif

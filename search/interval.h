/* search/interval.h - how sure a score on these rows is.
 * Thread class: pure. */
#ifndef ATTUNE_SEARCH_INTERVAL_H
#define ATTUNE_SEARCH_INTERVAL_H

#include "steps/metric.h"

typedef struct attune_interval {
    double low, high; /* NaN when there is none: fewer than 2 rows or groups, an undefined score */
} attune_interval;

/* The 95% interval of a metric over the rows of truth by the percentile bootstrap (Efron 1979):
 * rows (whole groups where data has a group) are drawn again with replacement, 1,000 times, fewer
 * when there are many rows but never below 200. The draws follow from key alone, so the same dump
 * and file give the same interval. rows: those of truth, in their order. O(draws * rows). */
attune_status attune_interval_make(attune_interval *interval, const attune_metric_type *metric,
                                   const attune_truth *truth, const attune_predictions *predictions,
                                   const attune_data *data, const attune_rows *rows, attune_key key,
                                   attune_error *error);

#endif

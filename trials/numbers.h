/* trials/numbers.h - numbers as the compact JSON arrays that a store keeps.
 *
 * What is written reads back to the same bits: shortest round-trip text, "nan", "inf" and "-inf" in
 * quotes. SQL reads it too (json_each), which it could not do with a blob.
 * Thread class: pure. */
#ifndef ATTUNE_TRIALS_NUMBERS_H
#define ATTUNE_TRIALS_NUMBERS_H

#include "trials/trial.h"

/* [0.5,"nan",3] and [[0,0.5],[1,0.25]]; appended. */
void attune_numbers_write(attune_text *text, const double *values, int64_t n);
void attune_reports_write(attune_text *text, const attune_report *reports, int64_t n);

/* The reverse into an array that the caller frees; false: not such a text, or no memory. */
bool attune_numbers_read(const char *text, double **values, int64_t *n);
bool attune_reports_read(const char *text, attune_report **reports, int64_t *n);

/* Items of an array of plain numbers and nulls (a trial's hyperparams); -1: it is none. O(length)
 */
int64_t attune_hyperparams_count(const char *text);

#endif

/* search/result.h - what a study came to: its trials, its leaderboard, printed for the morning.
 * Thread class: one thread. */
#ifndef ATTUNE_SEARCH_RESULT_H
#define ATTUNE_SEARCH_RESULT_H

#include "search/study.h"

#include <stdio.h>

typedef struct attune_result {
    attune_trial *trials;
    int64_t n;
    double *simplicity;
    uint8_t *marks; /* one a trial: of several objectives, whether it is on the front */
    attune_leaderboard board;
} attune_result;

/* All trials of an open study with their leaderboard; attune_result_clear frees. */
attune_status attune_result_read(attune_result *result, attune_open_study *open,
                                 attune_error *error);
void attune_result_clear(attune_result *result);

/* The best, the simplest tie (of several objectives the front), the counts, the held-out score when
 * the plan names a test file (which is counted as a look), and where the dump lies. */
attune_status attune_result_print(const attune_result *result, attune_open_study *open,
                                  const char *out, FILE *file, attune_error *error);

/* "    name = value" of dimension d of a sample, a line for people: what is exact is stored.
 * Nothing where it is not active. */
void attune_hyperparam_print(const attune_space *space, const attune_sample *sample, int64_t d,
                             FILE *file);

/* Of the FAIL trial with the lowest number; "" when there is none. */
const char *attune_result_first_reason(const attune_result *result);

/* The name of a trial's model from its attributes, into a buffer; returns it. */
const char *attune_trial_model(const attune_trial *trial, char *name, size_t size);

#endif

/* tests/trials_support.h - a small study for the tests of the trials layer. */
#ifndef ATTUNE_TESTS_TRIALS_SUPPORT_H
#define ATTUNE_TESTS_TRIALS_SUPPORT_H

#include "tests/support.h"
#include "trials/storage.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* A space of each kind as canonical JSON: lr (log_uniform), model__depth (rand_int), model__penalty
 * (choice of l1, l2, null), model__warm (boolean). The caller frees. */
char *small_space(void);

/* A study of one objective, one more metric and three folds over that space; the caller clears. */
attune_study small_study(const char *name);

attune_owner self_owner(void);

/* An owner on this host whose process does not exist. */
attune_owner dead_owner(void);

/* The trial of a number, unfinished: borrowed texts only. */
attune_trial small_trial(int64_t number);

/* Claims and finishes trials 0 .. n - 1 as COMPLETE with value 1 / (1 + number). */
void fill_study(attune_storage *storage, int64_t study, int64_t n);

/* Opens a store "attune.db" in folder. */
attune_storage *open_in(const char *folder, bool create);

#endif

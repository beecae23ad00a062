/* search/bench/parts/settings.h - hyperparameters from the command line of a bench program.
 * Thread class: one per thread. */
#ifndef ATTUNE_SEARCH_BENCH_PARTS_SETTINGS_H
#define ATTUNE_SEARCH_BENCH_PARTS_SETTINGS_H

#include "steps/step.h"

/* Sets each "name=value" of count words, which are cut at their equals sign. INVALID: a word
 * without one, or what the step does not take. */
attune_status attune_bench_set_all(attune_step *step, char **words, int count, attune_error *error);

#endif

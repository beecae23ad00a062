/* search/program/result.h - what a search of a command came to, printed for the morning.
 * Thread class: one thread. */
#ifndef ATTUNE_SEARCH_PROGRAM_RESULT_H
#define ATTUNE_SEARCH_PROGRAM_RESULT_H

#include "search/loop/loop.h"
#include "search/program/program.h"

#include <stdio.h>

/* Where a study and its trials lie. Borrowed. */
typedef struct attune_program_found {
    const char *store;
    const attune_program *program;
    const char *study, *out;
} attune_program_found;

/* The counts, the best trial, its folder, and the command that makes it again. UNFIT, TIMEOUT:
 * there is no best, and why. */
attune_status attune_program_conclude(const attune_program_found *found, attune_ending ending,
                                      FILE *file, attune_error *error);

#endif

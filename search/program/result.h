/* search/program/result.h - what a search of a command came to, printed for the morning.
 * Thread class: one thread. */
#ifndef ATTUNE_SEARCH_PROGRAM_RESULT_H
#define ATTUNE_SEARCH_PROGRAM_RESULT_H

#include "search/loop/loop.h"
#include "search/stored.h"

#include <stdio.h>

/* The counts, the best trial, its folder, and the command that makes it again. UNFIT, TIMEOUT:
 * there is no best, and why. */
attune_status attune_program_conclude(const attune_stored *stored, attune_ending ending, FILE *file,
                                      attune_error *error);

#endif

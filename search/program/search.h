/* search/program/search.h - `attune search` of a plan that has a command: run it, say what came.
 * Thread class: the main thread. */
#ifndef ATTUNE_SEARCH_PROGRAM_SEARCH_H
#define ATTUNE_SEARCH_PROGRAM_SEARCH_H

#include "search/plan/ask.h"

#include <stdio.h>

/* What one run is given: none of it changes a result. */
typedef struct attune_program_run {
    int64_t jobs;    /* commands at once, at most one a slot; 0: one a slot, or one */
    double seconds;  /* 0: what the plan says */
    const char *out; /* where the folders of trials are; NULL: STUDY.trials */
    bool quiet;
    json_t *enqueue; /* tried first (loop/loop.h); NULL: nothing */
} attune_program_run;

/* Runs the study of a plan, or goes on with it. Results go to `results`, notes to standard error.
 * INVALID, NOT_FOUND: the plan, its files, the program, before anything is started. */
attune_status attune_program_search(const attune_ask_plan *plan, const attune_program_run *run,
                                    FILE *results, attune_error *error);

#endif

/* search/program/preview.h - a plan that has a command, looked at before it is run.
 * Thread class: one thread. */
#ifndef ATTUNE_SEARCH_PROGRAM_PREVIEW_H
#define ATTUNE_SEARCH_PROGRAM_PREVIEW_H

#include "search/plan/ask.h"

#include <stdio.h>

/* Reads the plan that stands on a command line, when it has a command in place of data and a
 * pipeline: *there says so, else nothing is wrong and plan is empty. INVALID, too: an option
 * that is for the other kind. The caller clears plan. */
attune_status attune_program_plan_open(attune_ask_plan *plan, const char *what,
                                       const attune_arguments *arguments, bool *there,
                                       attune_error *error);

/* Whether the plan can be run at all. INVALID: it has no command, or several directions. NOT_FOUND:
 * the program, which would fail every trial. */
attune_status attune_program_check(const attune_ask_plan *plan, attune_error *error);

/* What would be run: the search in a line, and the command in the middle of the space. */
attune_status attune_program_preview(const attune_ask_plan *plan, FILE *file, attune_error *error);

#endif

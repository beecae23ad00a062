/* search/program/program.h - a program of your own as the objective of a search: one run a trial.
 *
 * words (of template) is what is run, process runs it, output reads what it prints, folders are
 * where it writes, left ends what a killed attune left running, again says how a stored trial was
 * run. What comes of it: exit code 0 and a value, or the trial fails. An exit code above 0, no
 * value and one that is not finite blame the configuration; a signal and the timeout do not.
 * Thread class: made by one thread; then any number of trials at once. */
#ifndef ATTUNE_SEARCH_PROGRAM_PROGRAM_H
#define ATTUNE_SEARCH_PROGRAM_PROGRAM_H

#include "search/loop/objective.h"
#include "search/plan/program.h"
#include "search/program/folders.h"

typedef struct attune_program {
    const attune_program_plan *plan; /* all borrowed */
    const attune_space *space;
    const char *folder; /* of the plan: the program runs there */
    attune_trial_folders *folders;
    const attune_direction *directions; /* one */
    attune_key seed;                    /* of the study */
    uint64_t *slots_taken;              /* owned: bits */
    int64_t n_slots;                    /* most that run at once */
    pthread_mutex_t lock;
} attune_program;

/* The members above are set but slots_taken and lock. */
attune_status attune_program_open(attune_program *program, attune_error *error);
void attune_program_close(attune_program *program);

/* Borrows the program. */
attune_objective attune_program_objective(attune_program *program);

#endif

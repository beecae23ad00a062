/* search/program/again.h - how a trial of a stored study was run, where what it wrote lies.
 * Thread class: one thread. */
#ifndef ATTUNE_SEARCH_PROGRAM_AGAIN_H
#define ATTUNE_SEARCH_PROGRAM_AGAIN_H

#include "search/stored.h"

/* The attribute of a study that names the folder of its trials: that of its last run. */
#define ATTUNE_TRIALS_FOLDER "trials_folder"

typedef struct attune_program_again {
    char *line;   /* as a person writes it in the plan's folder; NULL: the study has no command */
    char *folder; /* of the trial, from the working folder; NULL: it is not there (any more) */
} attune_program_again;

/* From the plan that the study was made with; again is cleared by the caller, also on failure. */
attune_status attune_program_again_read(attune_program_again *again, const attune_stored *stored,
                                        const attune_trial *trial, attune_error *error);
void attune_program_again_clear(attune_program_again *again);

#endif

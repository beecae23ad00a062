/* search/plan/program.h - the part of a plan that names a command: what is run for a trial.
 *
 *     "objective": {"command": ["python3", "train.py", "--lr={lr}", ["--momentum", "{momentum}"]],
 *                   "direction": "minimize", "timeout": "45m", "files": ["train.py"]}
 *
 * Thread class: one thread while read; then shared read-only. */
#ifndef ATTUNE_SEARCH_PLAN_PROGRAM_H
#define ATTUNE_SEARCH_PLAN_PROGRAM_H

#include "spaces/space.h"

typedef struct attune_program_plan {
    attune_texts command; /* words, as they are written (program/template.h); n 0: no command */
    int64_t *groups;      /* of each word: words of a group are left out together */
    attune_texts env;     /* NAME=words */
    attune_texts files;   /* what results depend on, relative to the plan */
    attune_texts slots;   /* one for each command that runs at once; n 0: as many as --jobs */
    int64_t steps;        /* the step of the last report; 0: not known */
    int64_t keep;         /* folders of so many trials stay */
    double timeout;       /* seconds of one trial; 0: none */
} attune_program_plan;

enum { ATTUNE_DEFAULT_KEEP = 5 };

/* The keys of "objective" but its direction; INVALID at their places. A command names every
 * hyperparameter of the space, or {dir}, where hyperparams.json has them. */
attune_status attune_program_plan_read(attune_program_plan *plan, json_t *objective,
                                       const attune_at *at, const attune_space *space,
                                       attune_error *error);
void attune_program_plan_clear(attune_program_plan *plan);

/* What of it makes results what they are: its words, environment, steps, and the hash of each file
 * (from folder). New reference. NOT_FOUND, INVALID: a file that is none. */
attune_status attune_program_plan_identity(const attune_program_plan *plan, const char *folder,
                                           json_t **identity, attune_error *error);

#endif

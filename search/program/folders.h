/* search/program/folders.h - the folders of trials: a fresh one for each, those of the best stay.
 *
 *     train.trials/
 *       trials.json     whose trials these are
 *       best            a link to the folder of the best trial
 *       17/             what trial 17 wrote, and stdout, stderr, hyperparams.json
 *
 * Of a trial that failed, these three stay; of one that was pruned or is not among the best,
 * nothing does. Thread class: locked inside; open and close are for one thread. */
#ifndef ATTUNE_SEARCH_PROGRAM_FOLDERS_H
#define ATTUNE_SEARCH_PROGRAM_FOLDERS_H

#include "steps/metric.h"
#include "trials/storage.h"

#include <pthread.h>

typedef struct attune_trial_folders {
    char *root;   /* absolute */
    int64_t keep; /* of so many complete trials they stay */
    attune_direction direction;
    struct attune_kept_trial *best; /* those, best first */
    int64_t n;
    pthread_mutex_t lock;
} attune_trial_folders;

/* How a trial ended, for its folder. */
typedef enum attune_folder_fate {
    ATTUNE_FOLDER_SCORED, /* it stays while it is among the best */
    ATTUNE_FOLDER_FAILED, /* why can be read in it */
    ATTUNE_FOLDER_DROPPED
} attune_folder_fate;

/* Whether root may hold trials as far as it tells: it is new, empty, or holds trials. CONFLICT. */
attune_status attune_trial_folders_check(const char *root, attune_error *error);

/* Opens root, makes it when it is not there, and removes what trials have left that need not stay.
 * CONFLICT: root has something else in it, or trials of another study or store. */
attune_status attune_trial_folders_open(attune_trial_folders *folders, const char *root,
                                        const attune_study *study, int64_t keep,
                                        attune_direction direction, const attune_trial *trials,
                                        int64_t n, attune_error *error);
void attune_trial_folders_close(attune_trial_folders *folders);

/* root/number, absolute; the caller frees. */
char *attune_trial_folders_path(const attune_trial_folders *folders, int64_t number,
                                attune_error *error);

/* A new empty folder; what an earlier attempt at the trial left there is removed. */
attune_status attune_trial_folders_begin(attune_trial_folders *folders, int64_t number, char **path,
                                         attune_error *error);
/* IO: something cannot be removed. It then stays, and nothing else is wrong. */
attune_status attune_trial_folders_end(attune_trial_folders *folders, int64_t number,
                                       attune_folder_fate fate, double value, attune_error *error);

#endif

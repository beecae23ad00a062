/* search/leaderboard.h - which trial is best, which are as good, which of those is simplest.
 *
 * Trials within one standard error of the best are ties. The best is the one with the best value,
 * ties in value going to the lower number; NaN never wins, nor does what breaks a constraint. Of
 * several objectives there is a front; the best is then the member of it with the best value of the
 * first objective, and nothing ties.
 * Thread class: pure. */
#ifndef ATTUNE_SEARCH_LEADERBOARD_H
#define ATTUNE_SEARCH_LEADERBOARD_H

#include "search/experiment.h"
#include "search/goals.h"
#include "trials/storage.h"

typedef struct attune_leaderboard {
    int64_t best;     /* index into the trials; -1: none is complete */
    int64_t simplest; /* index of the simplest tie; best itself when it is the simplest */
    int64_t n_ties;   /* beside the best */
    double bar;       /* the value at one standard error from the best */
    int64_t n_front;  /* trials that can be the answer; of one objective those that are kept */
    int64_t n_broken; /* complete ones that break a constraint */
    int64_t n_complete, n_pruned, n_failed, n_running, n_waiting;
} attune_leaderboard;

/* simplicity (nullable): one number a trial, lower is simpler; among equals the better value. */
attune_leaderboard attune_leaderboard_of(const attune_trial *trials, int64_t n,
                                         attune_direction direction, const double *simplicity);

/* The same of any goals; marks gets what attune_goals_mark says. */
attune_status attune_leaderboard_make(attune_leaderboard *board, const attune_goals *goals,
                                      const attune_trial *trials, int64_t n,
                                      const double *simplicity, uint8_t *marks,
                                      attune_error *error);

/* Whether a complete trial is within one standard error of the best. */
bool attune_leaderboard_ties(const attune_leaderboard *board, const attune_trial *trial,
                             attune_direction direction);

#endif

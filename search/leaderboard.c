/* search/leaderboard.c - which trial is best, which are as good, which of those is simplest. */
#include "search/leaderboard.h"

#include <math.h>

static void count(attune_leaderboard *board, const attune_trial *trial)
{
    int64_t *counts[ATTUNE_TRIAL_STATES] = {[ATTUNE_TRIAL_RUNNING] = &board->n_running,
                                            [ATTUNE_TRIAL_COMPLETE] = &board->n_complete,
                                            [ATTUNE_TRIAL_PRUNED] = &board->n_pruned,
                                            [ATTUNE_TRIAL_FAIL] = &board->n_failed,
                                            [ATTUNE_TRIAL_WAITING] = &board->n_waiting};
    ++*counts[trial->state];
}

static bool has_value(const attune_trial *trial)
{
    return trial->state == ATTUNE_TRIAL_COMPLETE && trial->n_values > 0 && !isnan(trial->values[0]);
}

bool attune_leaderboard_ties(const attune_leaderboard *board, const attune_trial *trial,
                             attune_direction direction)
{
    return has_value(trial) && !isnan(board->bar) &&
           !attune_better(direction, board->bar, trial->values[0]);
}

static void find_ties(attune_leaderboard *board, const attune_trial *trials, int64_t n,
                      attune_direction direction, const double *simplicity, const uint8_t *marks)
{
    double error = attune_trial_standard_error(&trials[board->best], 0);
    error = isnan(error) ? 0 : error;
    board->bar = trials[board->best].values[0] + (direction == ATTUNE_MINIMIZE ? error : -error);
    for (int64_t i = 0; i < n; i++) {
        if (i == board->best || (marks && !marks[i]) ||
            !attune_leaderboard_ties(board, &trials[i], direction))
            continue;
        board->n_ties++;
        int64_t simplest = board->simplest;
        bool simpler =
            simplicity &&
            (simplicity[i] < simplicity[simplest] ||
             (simplest != board->best && simplicity[i] == simplicity[simplest] &&
              attune_better(direction, trials[i].values[0], trials[simplest].values[0])));
        if (simpler)
            board->simplest = i;
    }
}

/* marks NULL: every trial with a value can be the answer. */
static void find_best(attune_leaderboard *board, const attune_trial *trials, int64_t n,
                      attune_direction direction, const uint8_t *marks)
{
    *board = (attune_leaderboard){.best = -1, .simplest = -1, .bar = NAN};
    for (int64_t i = 0; i < n; i++) {
        count(board, &trials[i]);
        if (!has_value(&trials[i]) || (marks && !marks[i]))
            continue;
        board->n_front++;
        if (board->best < 0 ||
            attune_better(direction, trials[i].values[0], trials[board->best].values[0]))
            board->best = i;
    }
    board->simplest = board->best;
}

attune_leaderboard attune_leaderboard_of(const attune_trial *trials, int64_t n,
                                         attune_direction direction, const double *simplicity)
{
    attune_leaderboard board;
    find_best(&board, trials, n, direction, NULL);
    if (board.best >= 0)
        find_ties(&board, trials, n, direction, simplicity, NULL);
    return board;
}

attune_status attune_leaderboard_make(attune_leaderboard *board, const attune_goals *goals,
                                      const attune_trial *trials, int64_t n,
                                      const double *simplicity, uint8_t *marks, attune_error *error)
{
    attune_status status = attune_goals_mark(goals, trials, n, marks, error);
    if (status)
        return status;
    find_best(board, trials, n, goals->directions[0], marks);
    for (int64_t i = 0; i < n; i++)
        board->n_broken +=
            trials[i].state == ATTUNE_TRIAL_COMPLETE && !attune_goals_kept(goals, &trials[i]);
    if (board->best >= 0 && goals->n_objectives == 1)
        find_ties(board, trials, n, goals->directions[0], simplicity, marks);
    return ATTUNE_OK;
}

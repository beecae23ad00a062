/* search/api/query.c - what was tried, read on a connection of its own while a search runs. */
#include "search/api/parts.h"
#include "search/leaderboard.h"

#include <stdlib.h>

static attune_status read_from(attune_search *search, int64_t from, attune_trial **trials,
                               int64_t *n, attune_error *error)
{
    pthread_mutex_lock(&search->read_lock);
    attune_status status =
        search->reader->type->read(search->reader->self, search->study.id, from, trials, n, error);
    pthread_mutex_unlock(&search->read_lock);
    return status;
}

attune_status attune_search_count(attune_search *search, int64_t *n, attune_error *error)
{
    attune_error_clear(error);
    if (!search || !n)
        return attune_fail(error, ATTUNE_INVALID, "attune_search_count: there is no %s",
                           search ? "place for the count" : "search");
    pthread_mutex_lock(&search->read_lock);
    attune_status status =
        search->reader->type->count(search->reader->self, search->study.id, n, error);
    pthread_mutex_unlock(&search->read_lock);
    return status;
}

attune_status attune_search_best(attune_search *search, int64_t objective, int64_t *number,
                                 attune_error *error)
{
    attune_trial *trials = NULL;
    int64_t n = 0, best = -1;
    attune_error_clear(error);
    if (!search || !number || objective < 0 || objective >= search->n_objectives)
        return attune_fail(error, ATTUNE_INVALID, "attune_search_best: there is no %s",
                           !search   ? "search"
                           : !number ? "place for the number"
                                     : "such objective");
    attune_status status = read_from(search, 0, &trials, &n, error);
    attune_goals goals = attune_search_goals(search);
    for (int64_t i = 0; i < n && !status; i++)
        if (attune_goals_kept(&goals, &trials[i]) &&
            (best < 0 || attune_better(search->directions[objective], trials[i].values[objective],
                                       trials[best].values[objective])))
            best = i;
    if (!status && best < 0)
        status = attune_fail(error, ATTUNE_NOT_FOUND, "no trial is complete yet%s",
                             goals.n_constraints ? " and keeps the constraints" : "");
    if (!status)
        *number = trials[best].number;
    attune_trials_free(trials, n);
    return status;
}

attune_status attune_search_read(attune_search *search, int64_t number,
                                 attune_candidate **candidate, attune_error *error)
{
    attune_trial *trials = NULL;
    int64_t n = 0;
    attune_error_clear(error);
    if (!search || !candidate)
        return attune_fail(error, ATTUNE_INVALID, "attune_search_read: there is no %s",
                           search ? "place for the candidate" : "search");
    *candidate = NULL;
    attune_status status = number < 0 ? ATTUNE_OK : read_from(search, number, &trials, &n, error);
    if (!status && n == 0)
        status = attune_fail(error, ATTUNE_NOT_FOUND, "there is no trial %lld", (long long)number);
    if (!status)
        status = attune_candidate_from_trial(candidate, search->space, &trials[0], error);
    attune_trials_free(trials, n);
    return status;
}

/* Calls visit for each trial, or for those that are marked. */
static attune_status visit_all(attune_search *search, const attune_trial *trials, int64_t n,
                               const uint8_t *marks,
                               bool (*visit)(attune_candidate *candidate, void *user), void *user,
                               attune_error *error)
{
    attune_status status = ATTUNE_OK;
    bool more = true;
    for (int64_t i = 0; i < n && more && !status; i++) {
        attune_candidate *candidate = NULL;
        if (marks && !marks[i])
            continue;
        status = attune_candidate_from_trial(&candidate, search->space, &trials[i], error);
        if (!status)
            more = visit(candidate, user);
        attune_candidate_free(candidate);
    }
    return status;
}

attune_status attune_search_front(attune_search *search,
                                  bool (*visit)(attune_candidate *candidate, void *user),
                                  void *user, attune_error *error)
{
    attune_trial *trials = NULL;
    attune_leaderboard board = {0};
    int64_t n = 0;
    attune_error_clear(error);
    if (!search || !visit)
        return attune_fail(error, ATTUNE_INVALID, "attune_search_front: there is no %s",
                           search ? "function" : "search");
    attune_goals goals = attune_search_goals(search);
    attune_status status = read_from(search, 0, &trials, &n, error);
    uint8_t *marks = status ? NULL : attune_alloc(n, 1, error);
    if (!status && !marks)
        status = ATTUNE_MEMORY;
    if (!status)
        status = attune_leaderboard_make(&board, &goals, trials, n, NULL, marks, error);
    for (int64_t i = 0; i < n && !status && goals.n_objectives == 1; i++)
        marks[i] = i == board.best;
    if (!status)
        status = visit_all(search, trials, n, marks, visit, user, error);
    free(marks);
    attune_trials_free(trials, n);
    return status;
}

attune_status attune_search_visit(attune_search *search,
                                  bool (*visit)(attune_candidate *candidate, void *user),
                                  void *user, attune_error *error)
{
    attune_trial *trials = NULL;
    int64_t n = 0;
    attune_error_clear(error);
    if (!search || !visit)
        return attune_fail(error, ATTUNE_INVALID, "attune_search_visit: there is no %s",
                           search ? "function" : "search");
    attune_status status = read_from(search, 0, &trials, &n, error);
    if (!status)
        status = visit_all(search, trials, n, NULL, visit, user, error);
    attune_trials_free(trials, n);
    return status;
}

/* search/program/result.c - what a search of a command came to, printed for the morning. */
#include "search/program/result.h"

#include "search/grid.h"
#include "search/program/again.h"
#include "search/result.h"

static attune_status print_best(const attune_stored *stored, FILE *file, attune_error *error)
{
    const attune_trial *best = &stored->trials[stored->board.best];
    char score[32];
    attune_sample sample = {0};
    attune_program_again again = {0};
    attune_status status = attune_sample_init(&sample, stored->space, error);
    if (!status)
        status = attune_stored_sample(stored, best, &sample, error);
    if (!status)
        status = attune_program_again_read(&again, stored, best, error);
    if (!status)
        fprintf(file, "best #%lld  value %s\n", (long long)best->number,
                attune_score_text(best->values[0], score));
    for (int64_t d = 0; d < stored->space->n && !status; d++)
        attune_hyperparam_print(stored->space, &sample, d, file);
    if (!status && again.folder)
        fprintf(file, "kept in %s\n", again.folder);
    if (!status && again.line)
        fprintf(file, "run as: %s\n", again.line);
    attune_program_again_clear(&again);
    attune_sample_clear(&sample);
    return status;
}

static const char *first_reason(const attune_stored *stored)
{
    for (int64_t i = 0; i < stored->n; i++)
        if (stored->trials[i].state == ATTUNE_TRIAL_FAIL && stored->trials[i].reason)
            return stored->trials[i].reason;
    return "";
}

/* Why there is no best, or why the search ended early. */
static attune_status judge(const attune_stored *stored, attune_ending ending, attune_error *error)
{
    bool none = stored->board.best < 0;
    if (ending == ATTUNE_ENDED_FAILING)
        return attune_fail(error, ATTUNE_UNFIT, "stopped: %s; the first reason: %s",
                           none ? "every trial so far failed" : "50 trials in a row failed",
                           first_reason(stored));
    if (none && stored->board.n_failed)
        return attune_fail(error, ATTUNE_UNFIT, "no trial succeeded; the first reason: %s",
                           first_reason(stored));
    if (none && ending == ATTUNE_ENDED_TIME)
        return attune_fail(error, ATTUNE_TIMEOUT,
                           "no trial was complete when the time was up; the same command goes on");
    return ATTUNE_OK;
}

attune_status attune_program_conclude(const attune_stored *stored, attune_ending ending, FILE *file,
                                      attune_error *error)
{
    attune_text counts = {0};
    attune_status status = ATTUNE_OK;
    attune_stored_counts(stored, &counts);
    fprintf(file, "%lld trial%s: %s\n", (long long)stored->n, stored->n == 1 ? "" : "s",
            counts.bytes ? counts.bytes : "");
    if (stored->board.best >= 0)
        status = print_best(stored, file, error);
    if (!status && ending == ATTUNE_ENDED_EXHAUSTED)
        fputs("every configuration of this space was tried: there is no new one left\n", file);
    attune_text_clear(&counts);
    return status ? status : judge(stored, ending, error);
}

/* search/program/search.c - `attune search` of a plan that has a command. */
#include "search/program/search.h"

#include "search/api/parts.h"
#include "search/program/again.h"
#include "search/program/preview.h"
#include "search/program/program.h"
#include "search/program/result.h"
#include "search/reporter.h"
#include "search/signals.h"
#include "spaces/base/file.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>

/* What is opened once, and shared by the run and its conclusion. */
struct session {
    const attune_ask_plan *plan;
    const attune_program_run *run;
    attune_search *search;
    attune_trial_folders folders;
    attune_program program;
    char *out;
};

static int64_t jobs_of(const attune_ask_plan *plan, const attune_program_run *run)
{
    int64_t slots = plan->program.slots.n, most = slots ? slots : INT64_MAX;
    int64_t wanted = run->jobs ? run->jobs : slots ? slots : 1;
    return wanted < most ? wanted : most;
}

static char *name_out(const attune_ask_plan *plan, const attune_program_run *run,
                      attune_error *error)
{
    attune_text name = {0};
    attune_text_append(&name, run->out ? run->out : plan->study);
    attune_text_append(&name, run->out ? "" : ".trials");
    return attune_text_take(&name, error);
}

/* Where `attune show` finds them. */
static attune_status note_folder(const struct session *session, attune_error *error)
{
    attune_storage *storage = session->search->storage;
    json_t *json = json_string(session->folders.root);
    char *text = json ? attune_json_write(json, error) : NULL;
    attune_status status =
        text ? storage->type->set_attribute(storage->self, session->search->study.id, -1,
                                            ATTUNE_TRIALS_FOLDER, text, error)
             : attune_fail(error, ATTUNE_MEMORY, "out of memory: a folder's name");
    json_decref(json);
    free(text);
    return status;
}

static attune_status open_folders(struct session *session, attune_error *error)
{
    attune_search *search = session->search;
    attune_storage *storage = search->storage;
    attune_trial *trials = NULL;
    attune_study stored = {0}; /* it knows when it was begun */
    int64_t n = 0;
    attune_status status =
        storage->type->find_study(storage->self, search->study.name, &stored, error);
    if (!status)
        status = storage->type->read(storage->self, stored.id, 0, &trials, &n, error);
    if (!status)
        status = attune_trial_folders_open(&session->folders, session->out, &stored,
                                           session->plan->program.keep, search->directions[0],
                                           trials, n, error);
    if (!status)
        status = note_folder(session, error);
    attune_trials_free(trials, n);
    attune_study_clear(&stored);
    return status;
}

static attune_status open_session(struct session *session, const attune_ask_plan *plan,
                                  const attune_program_run *run, attune_error *error)
{
    attune_status status = attune_program_check(plan, error);
    double seconds = run->seconds > 0 ? run->seconds : plan->seconds;
    *session = (struct session){.plan = plan, .run = run};
    if (!status && !(session->out = name_out(plan, run, error)))
        status = ATTUNE_MEMORY;
    if (!status)
        status = attune_trial_folders_check(session->out, error);
    attune_search_options options = plan->options;
    if (options.budget == 0 && seconds <= 0)
        options.budget = ATTUNE_DEFAULT_TRIALS;
    if (!status)
        status = attune_search_open(&session->search, &options, error);
    if (!status)
        status = open_folders(session, error);
    if (status)
        return status;
    session->program = (attune_program){.plan = &plan->program,
                                        .space = session->search->space,
                                        .folder = plan->folder,
                                        .folders = &session->folders,
                                        .directions = session->search->directions,
                                        .seed = session->search->seed,
                                        .n_slots = jobs_of(plan, run)};
    return attune_program_open(&session->program, error);
}

static void close_session(struct session *session)
{
    attune_program_close(&session->program);
    attune_trial_folders_close(&session->folders);
    attune_search_close(session->search);
    free(session->out);
}

static attune_status run_loop(struct session *session, attune_loop_result *result,
                              attune_error *error)
{
    const attune_ask_plan *plan = session->plan;
    attune_search *search = session->search;
    double seconds = session->run->seconds > 0 ? session->run->seconds : plan->seconds;
    bool no_budget = plan->trials == 0 && seconds <= 0;
    attune_objective objective = attune_program_objective(&session->program);
    attune_reporter reporter;
    attune_reporter_init(&reporter, NULL, session->run->quiet);
    attune_loop_options loop = {.storage = search->storage,
                                .study = &search->study,
                                .space = search->space,
                                .sampler = search->sampler,
                                .pruner = search->pruner,
                                .objective = &objective,
                                .seed = search->seed,
                                .trials = no_budget ? ATTUNE_DEFAULT_TRIALS : plan->trials,
                                .budget = search->budget,
                                .prior = search->prior.n ? &search->prior : NULL,
                                .queue = search->queue,
                                .enqueue = session->run->enqueue,
                                .lookahead = search->lookahead,
                                .threads = (int)session->program.n_slots,
                                .seconds = seconds,
                                .timeout = plan->program.timeout > 0 ? plan->program.timeout
                                                                     : plan->timeout,
                                .stop = &search->stop,
                                .progress = attune_reporter_progress,
                                .log = attune_reporter_log,
                                .user = &reporter};
    attune_status status = attune_loop_run(&loop, result, error);
    attune_reporter_end(&reporter);
    attune_reporter_clear(&reporter);
    return status;
}

static attune_status search(struct session *session, FILE *results, attune_error *error)
{
    attune_signals signals;
    attune_loop_result result;
    attune_stored stored = {0};
    attune_status status = attune_signals_begin(&signals, &session->search->stop, error);
    if (status)
        return status;
    status = run_loop(session, &result, error);
    int signal = attune_signals_end(&signals);
    if (!status)
        status = attune_stored_open(&stored, session->search->storage->location,
                                    session->search->study.name, error);
    if (!status)
        status = attune_program_conclude(&stored, result.ending, results, error);
    attune_stored_clear(&stored);
    if (!status && signal)
        status = signal == SIGTERM ? ATTUNE_TERMINATED : ATTUNE_STOPPED;
    return status;
}

attune_status attune_program_search(const attune_ask_plan *plan, const attune_program_run *run,
                                    FILE *results, attune_error *error)
{
    struct session session;
    attune_status status = open_session(&session, plan, run, error);
    if (!status)
        status = search(&session, results, error);
    close_session(&session);
    return status;
}

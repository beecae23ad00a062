/* search/commands/search.c - `attune search`: run a study, or go on with it, and dump the best. */
#include "search/loop/lookahead.h"
#include "search/machine.h"
#include "search/named.h"
#include "search/program/preview.h"
#include "search/program/search.h"
#include "search/queue.h"
#include "search/reporter.h"
#include "search/result.h"
#include "search/signals.h"
#include "search/source.h"

#include "spaces/base/clock.h"
#include "spaces/base/file.h"
#include "steps/memory.h"

#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const attune_option options[] = {
    {"trials", "N", "total trials of the study (100 when there is no other budget)"},
    {"time", "DURATION", "stop after 8h, 90m, 45s"},
    {"until", "HH:MM", "stop at this time of day"},
    {"stop-rule", NULL, "stop when less is left to win than the error of the best score"},
    {"jobs", "N", "threads, all processors that may be used when not given; commands at once, one"},
    {"store", "FILE", "where the trials are kept (attune.db)"},
    {"study", "NAME", "the study's name; the plan's or data file's stem when not given"},
    {"out", "DIR",
     "where the best pipeline is dumped (best), or a command's trials are (STUDY.trials)"},
    {"overwrite", NULL, "replace a dump of another study at --out"},
    {"sampler", "NAME", "who decides what is tried next"},
    {"pruner", "NAME", "who stops trials early; none finishes all"},
    {"from", "STORE", "show the sampler the results of an older study, Optuna's too"},
    {"enqueue", "JSON",
     "try this first, whole or in part: --enqueue '{\"C\": 0.1}'; may come often"},
    {"lookahead", "N", "most trials in flight at once, part of the study (8, growing to 32)"},
    {"cache", "SIZE", "memory for work that trials share: 2GiB, 512MiB, off"},
    {"memory", "SIZE", "memory for the whole run; a fit that needs more fails (all there is)"},
    {"quiet", NULL, "say nothing while it runs"},
    ATTUNE_PLAN_OPTIONS,
    {NULL, NULL, NULL},
};

/* Options of one run: none of them changes a result. */
struct run {
    int64_t jobs, cache, memory;
    double seconds;
    const char *store, *out;
    bool jobs_given, quiet, overwrite;
    json_t *enqueue; /* owned; NULL: nothing */
};

static attune_status read_time(const attune_arguments *arguments, struct run *run,
                               attune_error *error)
{
    const char *until = attune_option_value(arguments, "until");
    double left = 0;
    attune_status status = attune_option_seconds(arguments, "time", &run->seconds, error);
    if (status || !until)
        return status;
    if (!attune_until_read(until, &left))
        return attune_fail(error, ATTUNE_INVALID,
                           "--until: need a time of day such as 08:00, got \"%s\"", until);
    run->seconds = run->seconds > 0 && run->seconds < left ? run->seconds : left;
    return ATTUNE_OK;
}

static attune_status check_folder(const char *out, attune_error *error)
{
    char *folder = attune_path_folder(out, error);
    attune_status status = folder ? ATTUNE_OK : ATTUNE_MEMORY;
    if (folder && *folder && !attune_folder_exists(folder))
        status = attune_fail(error, ATTUNE_NOT_FOUND, "--out: there is no folder %s", folder);
    free(folder);
    return status;
}

/* Memory is what the machine or the control group has in all, not what is free at the moment: the
 * same command on the same machine fails the same fits. */
static attune_status read_memory(const attune_arguments *arguments, struct run *run,
                                 attune_error *error)
{
    const char *cache = attune_option_value(arguments, "cache");
    const char *memory = attune_option_value(arguments, "memory");
    run->memory = attune_machine_memory();
    if (memory && (!attune_size_read(memory, &run->memory) || run->memory < 1))
        return attune_fail(error, ATTUNE_INVALID,
                           "--memory: need a size such as 8GiB or 512MiB, got \"%s\"", memory);
    run->cache = run->memory / 4 < (int64_t)2 << 30 ? run->memory / 4 : (int64_t)2 << 30;
    if (cache && !attune_size_read(cache, &run->cache))
        return attune_fail(error, ATTUNE_INVALID,
                           "--cache: need a size such as 2GiB, 512MiB or off, got \"%s\"", cache);
    if (run->cache > run->memory)
        return attune_fail(error, ATTUNE_INVALID, "--cache %s is more than the run's --memory",
                           cache);
    return ATTUNE_OK;
}

static attune_status read_run(const attune_arguments *arguments, struct run *run,
                              attune_error *error)
{
    const char *store = attune_option_value(arguments, "store");
    const char *out = attune_option_value(arguments, "out");
    *run = (struct run){.jobs = attune_machine_cpus(),
                        .store = store ? store : "attune.db",
                        .out = out ? out : "best",
                        .jobs_given = attune_option_given(arguments, "jobs"),
                        .quiet = attune_option_given(arguments, "quiet"),
                        .overwrite = attune_option_given(arguments, "overwrite")};
    attune_status status = attune_option_integer(arguments, "jobs", 1, 1024, &run->jobs, error);
    if (!status)
        status = read_memory(arguments, run, error);
    if (!status)
        status = check_folder(run->out, error);
    return status ? status : read_time(arguments, run, error);
}

/* Read against the space, for it is the plan's names that are used. */
static attune_status read_enqueue(const attune_arguments *arguments, const attune_space *space,
                                  struct run *run, attune_error *error)
{
    attune_status status = ATTUNE_OK;
    int64_t n = attune_option_n(arguments, "enqueue");
    run->enqueue = n ? json_array() : NULL;
    for (int64_t i = 0; i < n && !status; i++) {
        const char *text = attune_option_nth(arguments, "enqueue", i);
        attune_document document = {0};
        status = attune_document_parse(&document, "--enqueue", text, (int64_t)strlen(text), error);
        attune_at top = attune_at_top(&document);
        if (!status)
            status = attune_queue_check(space, document.root, &top, error);
        json_array_append(run->enqueue, document.root);
        attune_document_clear(&document);
    }
    return status;
}

static void say_notes(const attune_texts *notes, const struct run *run)
{
    for (int64_t i = 0; i < notes->n && !run->quiet; i++)
        fprintf(stderr, "note: %s\n", notes->items[i]);
}

/* Whether the result can be written is asked before the night, not after it. */
static attune_status check_out(const attune_open_study *open, const struct run *run,
                               attune_error *error)
{
    json_t *facts = json_pack("{s:o}", "study", attune_open_study_fact(open));
    attune_status status = facts ? ATTUNE_OK : attune_fail(error, ATTUNE_MEMORY, "out of memory");
    if (!status && !run->overwrite)
        status = attune_dump_judge(run->out, facts, error);
    if (status == ATTUNE_CONFLICT)
        attune_error_prefix(error, "--out (--overwrite replaces what is there)");
    json_decref(facts);
    return status;
}

/* A trial or a dump has all of its hyperparameters fixed: there is nothing to search. */
static attune_status check_what(const char *what, attune_error *error)
{
    attune_named kind = attune_named_of(what, NULL);
    if (kind != ATTUNE_NAMED_TRIAL && kind != ATTUNE_NAMED_DUMP)
        return ATTUNE_OK;
    char *manifest = attune_path_join(what, "manifest.json", error);
    bool fixed = kind == ATTUNE_NAMED_TRIAL || (manifest && attune_file_exists(manifest));
    free(manifest);
    if (!fixed)
        return attune_fail(error, ATTUNE_INVALID,
                           "%s is a folder: name a file of data, or a plan (PLAN.json)", what);
    return attune_fail(error, ATTUNE_INVALID,
                       "search takes data or a plan; to search around %s, print its plan (attune "
                       "plan %s > my.json), take \"fixed\" out of it, and search that",
                       what, what);
}

static attune_status run_loop(attune_open_study *open, const struct run *run, attune_stop *stop,
                              attune_loop_result *result, attune_error *error)
{
    const attune_plan *plan = open->experiment->plan;
    attune_objective objective = attune_experiment_objective(open->experiment);
    attune_shared_work *shared = NULL;
    attune_memory_gate memory;
    attune_reporter reporter;
    double seconds = run->seconds > 0 ? run->seconds : plan->seconds;
    bool no_budget = plan->trials == 0 && seconds == 0;
    attune_status status =
        run->cache > 0 ? attune_shared_work_new(&shared, run->cache, error) : ATTUNE_OK;
    int64_t left = run->memory - attune_data_bytes(open->experiment->data);
    if (!status && left < 1)
        status = attune_fail(error, ATTUNE_INVALID, "--memory: the data alone take more than that");
    if (status) {
        attune_shared_work_free(shared);
        return status;
    }
    attune_memory_gate_init(&memory, left, left - run->cache);
    attune_reporter_init(&reporter, open->baseline, run->quiet);
    attune_loop_options loop = {.storage = open->storage,
                                .study = &open->study,
                                .space = plan->blueprint.space,
                                .sampler = plan->sampler,
                                .pruner = open->experiment->pruner,
                                .objective = &objective,
                                .shared = shared,
                                .memory = &memory,
                                .seed = open->experiment->seed,
                                .trials = no_budget ? ATTUNE_DEFAULT_TRIALS : plan->trials,
                                .budget = open->budget,
                                .prior = open->prior.n ? &open->prior : NULL,
                                .stop_rule = plan->stop_rule,
                                .queue = plan->queue,
                                .enqueue = run->enqueue,
                                .lookahead = open->lookahead,
                                .threads = (int)run->jobs,
                                .seconds = seconds,
                                .timeout = plan->timeout,
                                .stop = stop,
                                .progress = attune_reporter_progress,
                                .log = attune_reporter_log,
                                .user = &reporter};
    status = attune_loop_run(&loop, result, error);
    attune_memory_gate_clear(&memory);
    attune_reporter_end(&reporter);
    attune_reporter_clear(&reporter);
    attune_shared_work_free(shared);
    return status;
}

/* Why it ended, where that is not what was asked for. */
static void say_ending(const attune_loop_result *result)
{
    const attune_progress *p = &result->progress;
    if (result->ending == ATTUNE_ENDED_EXHAUSTED)
        puts("every configuration of this space was tried: there is no new one left");
    if (result->ending == ATTUNE_ENDED_SETTLED)
        printf("stopped: at most %.4g is left to win, less than the error of the best score, "
               "%.4g\n",
               p->left, p->left_error);
    else if (!isnan(p->left))
        printf("the stop rule: at most %.4g is left to win; the error of the best score is %.4g\n",
               p->left, p->left_error);
}

static attune_status conclude(attune_open_study *open, const struct run *run,
                              const attune_loop_result *result, attune_error *error)
{
    attune_result best;
    attune_status status = attune_result_read(&best, open, error);
    if (!status && best.board.best >= 0)
        status = attune_open_study_publish(open, &best.trials[best.board.best], run->out,
                                           run->overwrite, error);
    if (!status)
        status = attune_result_print(&best, open, run->out, stdout, error);
    if (!status)
        say_ending(result);
    if (!status && result->ending == ATTUNE_ENDED_FAILING)
        status = attune_fail(error, ATTUNE_UNFIT, "stopped: %s; the first reason: %s",
                             best.board.best < 0 ? "every trial so far failed"
                                                 : "50 trials in a row failed",
                             attune_result_first_reason(&best));
    else if (!status && best.board.best < 0 && best.board.n_failed > 0)
        status = attune_fail(error, ATTUNE_UNFIT, "no trial succeeded; the first reason: %s",
                             attune_result_first_reason(&best));
    else if (!status && best.board.n_complete == 0 && result->ending == ATTUNE_ENDED_TIME)
        status = attune_fail(error, ATTUNE_TIMEOUT,
                             "no trial was complete when the time was up, so there is no best yet; "
                             "the same command goes on from the finished folds");
    attune_result_clear(&best);
    return status;
}

static void say_feeding(const attune_open_study *open, const struct run *run)
{
    int64_t folds = open->experiment->folds.n, most = attune_lookahead_most(open->lookahead);
    if (!run->quiet && run->jobs > most * folds)
        fprintf(stderr,
                "note: %lld jobs asked for, but this study has at most %lld trials of %lld folds "
                "in flight: %lld jobs have work\n",
                (long long)run->jobs, (long long)most, (long long)folds, (long long)(most * folds));
}

/* Once, when the study is made. */
static void say_prior(const attune_open_study *open, const struct run *run)
{
    const char *from = open->experiment->plan->from;
    const attune_sampler_type *type = open->experiment->plan->sampler->type;
    if (!from || run->quiet || open->found)
        return;
    fprintf(stderr, "note: the sampler is shown %lld results of %s", (long long)open->prior.n,
            from);
    if (open->prior.n_left_out)
        fprintf(stderr, "; %lld were not finished or do not fit this space",
                (long long)open->prior.n_left_out);
    fputc('\n', stderr);
    if (!(type->able & ATTUNE_ABLE_PRIOR))
        fprintf(stderr, "note: sampler %s does not learn from results: they change nothing\n",
                type->name);
}

static attune_status search_study(attune_open_study *open, const struct run *run,
                                  attune_error *error)
{
    attune_stop stop = {0};
    attune_signals signals;
    attune_loop_result result;
    attune_status status = check_out(open, run, error);
    say_prior(open, run);
    if (!status)
        status = attune_open_study_create(open, error);
    if (status)
        return status;
    if (open->note && !run->quiet)
        fprintf(stderr, "note: %s\n", open->note);
    say_feeding(open, run);
    status = attune_signals_begin(&signals, &stop, error);
    if (status)
        return status;
    status = run_loop(open, run, &stop, &result, error);
    int signal = attune_signals_end(&signals);
    if (!status)
        status = conclude(open, run, &result, error);
    if (!status && signal)
        status = signal == SIGTERM ? ATTUNE_TERMINATED : ATTUNE_STOPPED;
    return status;
}

static void say_slots(const attune_program_plan *program, const struct run *run)
{
    if (!run->quiet && program->slots.n && run->jobs > program->slots.n && run->jobs_given)
        fprintf(stderr, "note: %lld jobs asked for, but the plan has %lld slots: so many run\n",
                (long long)run->jobs, (long long)program->slots.n);
}

/* A plan that has a command in place of data and a pipeline. */
static attune_status search_command(const attune_ask_plan *plan, const attune_arguments *arguments,
                                    struct run *run, attune_error *error)
{
    attune_status status = read_enqueue(arguments, plan->read, run, error);
    if (!status) {
        say_slots(&plan->program, run);
        attune_program_run program = {.jobs = run->jobs_given ? run->jobs : 0,
                                      .seconds = run->seconds,
                                      .out = attune_option_value(arguments, "out"),
                                      .quiet = run->quiet,
                                      .enqueue = run->enqueue};
        status = attune_program_search(plan, &program, stdout, error);
    }
    return status;
}

static attune_status search_pipeline(const attune_arguments *arguments, struct run *run,
                                     attune_error *error)
{
    attune_source source = {0};
    attune_experiment experiment = {0};
    attune_open_study open = {0};
    attune_status status = attune_named_check_out(run->out, error);
    if (!status)
        status =
            attune_source_open(&source, attune_arguments_at(arguments, 0), NULL, arguments, error);
    if (!status)
        status = read_enqueue(arguments, source.plan.blueprint.space, run, error);
    if (!status)
        status = attune_experiment_open(&experiment, &source.plan, error);
    if (!status)
        say_notes(&experiment.notes, run);
    if (!status)
        status = attune_open_study_begin(&open, &experiment, run->store, error);
    if (!status)
        status = search_study(&open, run, error);
    attune_open_study_close(&open);
    attune_experiment_clear(&experiment);
    attune_source_clear(&source);
    return status;
}

static attune_status run_search(const attune_arguments *arguments, attune_error *error)
{
    const char *what = attune_arguments_at(arguments, 0);
    attune_ask_plan plan = {0};
    bool is_command = false;
    struct run run = {0};
    attune_status status = read_run(arguments, &run, error);
    if (!status)
        status = check_what(what, error);
    if (!status)
        status = attune_program_plan_open(&plan, what, arguments, &is_command, error);
    if (!status)
        status = is_command ? search_command(&plan, arguments, &run, error)
                            : search_pipeline(arguments, &run, error);
    attune_ask_plan_clear(&plan);
    json_decref(run.enqueue);
    return status;
}

const attune_command_type attune_command_search = {
    .name = "search",
    .usage = "DATA.csv --target COL | PLAN.json  [options]",
    .doc = "Run a study, or go on with it, and dump the best pipeline.",
    .more = "The same command on a store that has the study goes on with it. Every finished trial "
            "is kept whatever happens: kill it, start it again.\n"
            "The first Ctrl-C finishes the trials that run, the second stops now; both dump the "
            "best so far.\n"
            "A plan with a command (\"objective\", `attune help plan`) runs it for each trial; the "
            "folders of\nthe best trials stay.",
    .options = options,
    .least = 1,
    .most = 1,
    .run = run_search,
};

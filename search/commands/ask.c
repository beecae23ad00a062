/* search/commands/ask.c - `attune ask`: the next configuration to try, for a program in any
 * language. */
#include "search/plan/ask.h"

#include <stdio.h>

static const attune_option options[] = {
    {"store", "FILE", "where the trials are kept (attune.db); made when it is not there"},
    {"study", "NAME", "its name in the store; the plan's file name without .json"},
    {"space", "FILE", "a space alone, in place of a plan: {\"lr\": {\"log_uniform\": [1e-5, 1]}}"},
    {"direction", "WORD", "minimize (when not given) or maximize; several for several objectives"},
    {"sampler", "NAME", "who decides what is tried next (auto)"},
    {"pruner", "NAME", "who answers reports that a trial should stop (nobody)"},
    {"from", "STORE", "show the sampler the results of an older study, Optuna's too"},
    {"enqueue", "JSON",
     "try these first, whole or in part: --enqueue '{\"lr\": 0.1}'; may come often"},
    {"trials", "N", "total trials of the study; nothing is given beyond"},
    {"seed", "N", "seed of every draw (0)"},
    {"lookahead", "N", "most trials in flight at once, part of the study (8, growing to 32)"},
    {NULL, NULL, NULL},
};

static attune_status open_search(attune_search **search, const attune_search_options *o,
                                 attune_error *error)
{
    attune_error why = {0};
    attune_status status = attune_search_open(search, o, &why);
    if (status == ATTUNE_NOT_FOUND && !o->space)
        return attune_fail_in(error, status, why.source, 0, 0,
                              "%s (a plan makes a study: attune ask PLAN.json)", why.message);
    if (error)
        *error = why;
    return status;
}

static attune_status run(const attune_arguments *arguments, attune_error *error)
{
    attune_ask_plan plan = {0};
    attune_search *search = NULL;
    attune_candidate *candidate = NULL;
    attune_status status =
        attune_ask_plan_read(&plan, attune_arguments_at(arguments, 0), arguments, error);
    if (!status)
        status = open_search(&search, &plan.options, error);
    for (int64_t i = 0; i < attune_option_n(arguments, "enqueue") && !status; i++)
        status =
            attune_search_enqueue(search, attune_option_nth(arguments, "enqueue", i), NULL, error);
    if (!status)
        status = attune_search_ask(search, &candidate, error);
    const char *json = status ? NULL : attune_candidate_json(candidate);
    if (json)
        printf("{\"number\":%lld,\"hyperparams\":%s}\n",
               (long long)attune_candidate_number(candidate), json);
    else if (!status)
        status = attune_candidate_check(candidate, error);
    attune_candidate_free(candidate);
    attune_search_close(search);
    attune_ask_plan_clear(&plan);
    return status;
}

const attune_command_type attune_command_ask = {
    .name = "ask",
    .usage = "[PLAN.json | --space SPACE.json]  [options]",
    .doc = "Give the next configuration to try, to a program of your own.",
    .more =
        "Prints one line, {\"number\":3,\"hyperparams\":{\"lr\":0.01}}; `attune tell 3 VALUE` "
        "says\n"
        "what came of it. Without a plan the study is one of the store. A plan for this has a\n"
        "space and no data:\n"
        "  {\"space\": {\"lr\": {\"log_uniform\": [1e-5, 0.1]}, \"opt\": [\"adam\", \"sgd\"]},\n"
        "   \"objective\": {\"direction\": \"minimize\"}, \"search\": {\"seed\": 1}}\n"
        "Any process may ask and any other may tell, many at once: what trial N is depends on the\n"
        "study and on results of trials before its lookahead alone.\n"
        "--enqueue adds a trial that waits and is given before any new one; the same values are\n"
        "added once. What they leave open the sampler chooses. \"queue\" in a plan's search does "
        "so\n"
        "for the first trials of a new study.\n"
        "Exit codes: 4 when there is nothing now (as many trials as the lookahead allows are in\n"
        "flight: tell one), 0 with nothing printed when nothing is left.",
    .options = options,
    .least = 0,
    .most = 1,
    .run = run,
};

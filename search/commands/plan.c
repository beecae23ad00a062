/* search/commands/plan.c - `attune plan`: a plan to be edited, from data, a dump or a trial. */
#include "search/named.h"
#include "search/plan_print.h"
#include "search/source.h"
#include "search/stored.h"

#include <stdio.h>
#include <stdlib.h>

static const attune_option options[] = {
    ATTUNE_PLAN_OPTIONS,
    ATTUNE_STORE_OPTION,
    ATTUNE_STUDY_OPTION,
    {NULL, NULL, NULL},
};

static attune_status run(const attune_arguments *arguments, attune_error *error)
{
    const char *what = attune_arguments_at(arguments, 0);
    attune_texts notes = {0};
    json_t *plan = NULL;
    char *text = NULL;
    attune_status status = attune_source_plan(what, arguments, &plan, &notes, error);
    for (int64_t i = 0; i < notes.n && !status; i++)
        fprintf(stderr, "note: %s\n", notes.items[i]);
    if (!status && !(text = attune_plan_print(plan, error)))
        status = ATTUNE_MEMORY;
    if (!status)
        fputs(text, stdout);
    free(text);
    json_decref(plan);
    attune_texts_clear(&notes);
    return status;
}

const attune_command_type attune_command_plan = {
    .name = "plan",
    .usage = "DATA.csv --target COL | PLAN.json | DUMP | NUMBER",
    .doc = "Print a plan to edit: for data, or the one behind a dump or a trial.",
    .more =
        "    attune plan DATA.csv --target COL > my.json\n"
        "    attune search my.json\n"
        "The plan of a dump or a trial has its hyperparameters under \"fixed\": take that away\n"
        "to search again. `attune help plan` explains every key.",
    .options = options,
    .least = 1,
    .most = 1,
    .run = run,
};

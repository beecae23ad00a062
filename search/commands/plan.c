/* search/commands/plan.c - `attune plan`: a plan to be edited, from data, a dump or a trial. */
#include "search/named.h"
#include "search/plan/print.h"
#include "search/source.h"
#include "search/stored.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const attune_option options[] = {
    {"narrow", "SHARE", "of a dump or a trial: search around it, in this share of each range"},
    ATTUNE_PLAN_OPTIONS,
    ATTUNE_STORE_OPTION,
    ATTUNE_STUDY_OPTION,
    {NULL, NULL, NULL},
};

static attune_status narrow(const attune_arguments *arguments, json_t *plan, attune_error *error)
{
    const char *words = attune_option_value(arguments, "narrow");
    double kept = 0;
    if (!words)
        return ATTUNE_OK;
    if (!attune_real_read(words, (int64_t)strlen(words), &kept) || !(kept > 0 && kept <= 1))
        return attune_fail(error, ATTUNE_INVALID,
                           "--narrow takes a share above 0, at most 1, got \"%s\"", words);
    return attune_plan_narrow(plan, kept, error);
}

static attune_status run(const attune_arguments *arguments, attune_error *error)
{
    const char *what = attune_arguments_at(arguments, 0);
    attune_texts notes = {0};
    json_t *plan = NULL;
    char *text = NULL;
    attune_status status = attune_source_plan(what, arguments, &plan, &notes, error);
    for (int64_t i = 0; i < notes.n && !status; i++)
        fprintf(stderr, "note: %s\n", notes.items[i]);
    if (!status)
        status = narrow(arguments, plan, error);
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
        "to search again, or search around them: attune plan 17 --narrow 0.3 > next.json.\n"
        "`attune help plan` explains every key.",
    .options = options,
    .least = 1,
    .most = 1,
    .run = run,
};

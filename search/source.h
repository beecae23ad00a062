/* search/source.h - from what stands on a command line to a plan: a plan file, data, or a dump.
 * Thread class: one thread. */
#ifndef ATTUNE_SEARCH_SOURCE_H
#define ATTUNE_SEARCH_SOURCE_H

#include "search/command.h"
#include "search/plan/plan.h"

/* What the plan-reading commands take besides their own options; put in their tables. */
#define ATTUNE_PLAN_OPTIONS                                                                        \
    {"target", "COL", "the column to be predicted"},                                               \
        {"metric", "NAME", "what is optimised; the task decides when not given"},                  \
        {"seed", "N", "seed of every draw (0)"},                                                   \
    {                                                                                              \
        "set", "PATH=VALUE", "put a value into the plan: --set validation.folds=10"                \
    }

typedef struct attune_source {
    attune_document document; /* the plan's text, for places in messages */
    attune_plan plan;
    attune_texts notes; /* what was decided for a plan made from data */
} attune_source;

/* what: a .json file is a plan; a folder is a dump, whose plan is taken; a whole number is a trial
 * of the store (--store, --study), whose plan has it fixed; "-" or anything else is data for which
 * a default plan is made. Options in arguments override the plan. data (nullable) is put in place
 * of the plan's file. */
attune_status attune_source_open(attune_source *source, const char *what, const char *data,
                                 const attune_arguments *arguments, attune_error *error);
void attune_source_clear(attune_source *source);

/* The text of what names a plan, overrides in place, before it is checked. The caller clears it. */
attune_status attune_source_read(attune_document *document, const char *what,
                                 const attune_arguments *arguments, attune_texts *notes,
                                 attune_error *error);

/* The plan as JSON, after overrides, before it is checked: what `attune plan` prints. */
attune_status attune_source_plan(const char *what, const attune_arguments *arguments, json_t **plan,
                                 attune_texts *notes, attune_error *error);

#endif

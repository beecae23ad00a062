/* search/plan/schema.h - a JSON schema of the plan, derived from the tables.
 * Thread class: pure. */
#ifndef ATTUNE_SEARCH_PLAN_SCHEMA_H
#define ATTUNE_SEARCH_PLAN_SCHEMA_H

#include "search/plan/plan.h"

/* Draft 2020-12, for editors: every step, distribution, metric, splitter and sampler that is built
 * in, with their fields. What it accepts may still be refused (ranges that depend on one another,
 * columns that are not there). New reference; NULL with error set when memory is out. */
json_t *attune_plan_schema(attune_error *error);

#endif

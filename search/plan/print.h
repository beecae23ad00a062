/* search/plan/print.h - a plan as a person would write it.
 * Thread class: pure. */
#ifndef ATTUNE_SEARCH_PLAN_PRINT_H
#define ATTUNE_SEARCH_PLAN_PRINT_H

#include "spaces/base/json.h"

/* JSON with the keys in the order in which one thinks of them (data, metric, validation, pipeline,
 * search; step before its space), what is short on one line. It reads back to the same plan. The
 * caller frees; NULL with error set when memory is out. */
char *attune_plan_print(const json_t *plan, attune_error *error);

#endif

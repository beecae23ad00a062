/* steps/memory.h - what a fit will need, told before it begins.
 *
 * A walk over the steps as they would run: the columns that each makes, at most, and what the types
 * say of their own needs (estimate_memory). From the data's columns and levels alone, so that the
 * same fit always gets the same answer.
 * Thread class: pure. */
#ifndef ATTUNE_STEPS_MEMORY_H
#define ATTUNE_STEPS_MEMORY_H

#include "steps/step.h"

typedef struct attune_memory_need {
    int64_t bytes;           /* at the peak, beside the data; INT64_MAX: more than can be */
    const attune_step *step; /* where the peak is */
    int64_t columns;         /* inputs that the step is given, or makes when those are more */
} attune_memory_need;

/* Of fitting the step, with what is active inside it, on n of the rows of data. MEMORY is of the
 * walk itself. O(steps * columns). */
attune_status attune_step_need(const attune_step *step, const attune_data *data, int64_t n,
                               attune_memory_need *need, attune_error *error);

/* What the columns of data take. */
int64_t attune_data_bytes(const attune_data *data);

/* bytes as "1.5 GiB", "820 MiB", "12 KiB", appended. */
void attune_bytes_print(attune_text *text, int64_t bytes);

#endif

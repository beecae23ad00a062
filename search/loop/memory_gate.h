/* search/loop/memory_gate.h - keeps the fits that run at the same time within the memory of a run.
 *
 * A fit says beforehand what it will need. One that could never have it is refused; one that could
 * waits until those before it have left enough. Waiting changes the time and nothing else.
 * Thread class: locked inside. */
#ifndef ATTUNE_SEARCH_LOOP_MEMORY_GATE_H
#define ATTUNE_SEARCH_LOOP_MEMORY_GATE_H

#include "spaces/base/status.h"

#include <pthread.h>

typedef struct attune_memory_gate {
    pthread_mutex_t lock;
    pthread_cond_t left;
    int64_t most; /* of one fit; 0: there is no limit */
    int64_t room; /* of all that run at once; one that needs more runs alone */
    int64_t used, n;
} attune_memory_gate;

void attune_memory_gate_init(attune_memory_gate *gate, int64_t most, int64_t room);
void attune_memory_gate_clear(attune_memory_gate *gate);

/* MEMORY: more than `most`. Anything that stop says ends the waiting. */
attune_status attune_memory_gate_enter(attune_memory_gate *gate, int64_t bytes,
                                       attune_status (*stop)(void *user, attune_error *error),
                                       void *user, attune_error *error);
void attune_memory_gate_leave(attune_memory_gate *gate, int64_t bytes);

#endif

/* search/loop/memory_gate.c - fits wait for one another's memory. */
#include "search/loop/memory_gate.h"

#include "steps/memory.h"

#include <time.h>

void attune_memory_gate_init(attune_memory_gate *gate, int64_t most, int64_t room)
{
    *gate = (attune_memory_gate){.most = most, .room = room};
    pthread_mutex_init(&gate->lock, NULL);
    pthread_cond_init(&gate->left, NULL);
}

void attune_memory_gate_clear(attune_memory_gate *gate)
{
    pthread_mutex_destroy(&gate->lock);
    pthread_cond_destroy(&gate->left);
}

static attune_status refuse(const attune_memory_gate *gate, int64_t bytes, attune_error *error)
{
    attune_text text = {0};
    attune_text_append(&text, "the fit needs about ");
    attune_bytes_print(&text, bytes);
    attune_text_append(&text, ", and there are ");
    attune_bytes_print(&text, gate->most);
    attune_status status = attune_fail(error, ATTUNE_MEMORY,
                                       "%s beside the data: give the run more (--memory), or let "
                                       "the step make less of them",
                                       text.bytes ? text.bytes : "out of memory");
    attune_text_clear(&text);
    return status;
}

/* Somebody may leave any moment, or stop may have changed its mind: looks again soon. */
static void wait_a_little(attune_memory_gate *gate)
{
    struct timespec until;
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_nsec += 50000000;
    until.tv_sec += until.tv_nsec / 1000000000;
    until.tv_nsec %= 1000000000;
    pthread_cond_timedwait(&gate->left, &gate->lock, &until);
}

attune_status attune_memory_gate_enter(attune_memory_gate *gate, int64_t bytes,
                                       attune_status (*stop)(void *user, attune_error *error),
                                       void *user, attune_error *error)
{
    attune_status status = ATTUNE_OK;
    if (gate->most > 0 && bytes > gate->most)
        return refuse(gate, bytes, error);
    pthread_mutex_lock(&gate->lock);
    while (gate->most > 0 && gate->n > 0 && bytes > gate->room - gate->used && !status) {
        wait_a_little(gate);
        status = stop ? stop(user, error) : ATTUNE_OK;
    }
    if (!status) {
        gate->used += bytes;
        gate->n++;
    }
    pthread_mutex_unlock(&gate->lock);
    return status;
}

void attune_memory_gate_leave(attune_memory_gate *gate, int64_t bytes)
{
    pthread_mutex_lock(&gate->lock);
    gate->used -= bytes;
    gate->n--;
    pthread_cond_broadcast(&gate->left);
    pthread_mutex_unlock(&gate->lock);
}

/* search/loop/queue.c - configurations put into a study from outside, while it goes on.
 *
 * Each becomes a trial that waits, with the values it was queued with in the attribute that Optuna
 * has for them; whoever looks for work next runs it. */
#include "search/loop/parts.h"

#include <stdlib.h>
#include <string.h>

static const char key_of_values[] = "fixed_params";

/* Whether these very values were queued before: a command that is given again queues nothing twice.
 */
static attune_status find(struct loop *loop, const char *values, int64_t *number,
                          attune_error *error)
{
    const attune_storage *storage = loop->options->storage;
    attune_status status = ATTUNE_OK;
    *number = -1;
    for (int64_t i = 0; i < loop->jobs.n && *number < 0 && !status; i++) {
        char *stored = NULL;
        status = storage->type->get_attribute(storage->self, loop->options->study->id, i,
                                              key_of_values, &stored, error);
        json_t *json = stored ? attune_json_parse(stored) : NULL;
        char *canonical = json ? attune_json_write(json, NULL) : NULL;
        if (canonical && strcmp(canonical, values) == 0)
            *number = i;
        free(canonical);
        free(stored);
        json_decref(json);
    }
    return status;
}

static attune_status put(struct loop *loop, json_t *values, const char *text, int64_t *number,
                         attune_error *error)
{
    const attune_storage *storage = loop->options->storage;
    attune_loop_job *job = NULL;
    int64_t j = loop->jobs.n;
    attune_status status = attune_loop_new_job(loop, values, &job, error);
    if (status || !job)
        return status;
    status = storage->type->set_attribute(storage->self, loop->options->study->id, j, key_of_values,
                                          text, error);
    if (!status)
        status = storage->type->release(storage->self, loop->options->study->id, j, error);
    job->claimed = false;
    *number = j;
    return status;
}

attune_status attune_loop_enqueue(struct loop *loop, json_t *values, int64_t *number,
                                  attune_error *error)
{
    char *text = attune_json_write(values, error);
    attune_status status = text ? find(loop, text, number, error) : ATTUNE_MEMORY;
    while (!status && *number < 0) { /* another process may be quicker: the next number then */
        attune_jobs_publish(&loop->jobs,
                            attune_lookahead_known(loop->options->lookahead, loop->jobs.n));
        status = put(loop, values, text, number, error);
    }
    free(text);
    return status;
}

attune_status attune_loop_enqueue_all(struct loop *loop, attune_error *error)
{
    attune_status status = ATTUNE_OK;
    const json_t *queue = loop->options->enqueue;
    for (size_t i = 0; i < json_array_size(queue) && !status; i++) {
        int64_t number = -1;
        status = attune_loop_enqueue(loop, json_array_get(queue, i), &number, error);
    }
    return status;
}

/* search/queue.h - configurations that a person wants tried, whole or in part.
 *
 * An entry is {"name": value, ...}: what it leaves open is the sampler's to say. "default" stands
 * for the configuration of the plan as it is written.
 * Thread class: one per thread; the loop's lock for what belongs to a loop. */
#ifndef ATTUNE_SEARCH_QUEUE_H
#define ATTUNE_SEARCH_QUEUE_H

#include "search/sampler.h"

/* One entry, or what a plan has fixed. INVALID: an unknown name, no value of it, or one that is
 * never active with the others. */
attune_status attune_queue_check(const attune_space *space, json_t *entry, const attune_at *at,
                                 attune_error *error);

/* A list of entries, each checked at its place (INVALID) against the space, with "default" replaced
 * by the_default (an object; NULL: the middle of the space). *queue is a new reference. */
attune_status attune_queue_read(const attune_space *space, json_t *list, const attune_at *at,
                                json_t *the_default, json_t **queue, attune_error *error);

/* The point that a job with these values is given: as attune_sampler_ask, with the values held, and
 * although it may have been tried. The sampler itself is only read. UNFIT: as there. */
attune_status attune_queue_ask(const attune_sampler *sampler, json_t *values,
                               const attune_history *history, attune_stream *stream, double *unit,
                               attune_sample *sample, attune_error *error);

#endif

/* spaces/base/stream.h - keyed random streams: the same key gives the same numbers anywhere.
 *
 *     attune_stream stream = attune_stream_new(attune_key_integer(key, fold));
 *     double u = attune_stream_uniform(&stream);
 *
 * Counter-based: there is no state but the key and how many words were taken, so a stream can be
 * written down as (key, counter) and replayed. Source: Threefry-2x64-20, Salmon et al. 2011
 * (Random123). Thread class: one per thread; make as many as needed, they cost nothing. */
#ifndef ATTUNE_SPACES_BASE_STREAM_H
#define ATTUNE_SPACES_BASE_STREAM_H

#include "spaces/base/key.h"

typedef struct attune_stream {
    attune_key key;
    uint64_t counter; /* words taken so far */
    uint64_t spare;   /* the second word of the last block, when counter is odd */
} attune_stream;

attune_stream attune_stream_new(attune_key key);
/* The stream of key as it is after counter words. */
attune_stream attune_stream_at(attune_key key, uint64_t counter);

uint64_t attune_stream_bits(attune_stream *stream);
double attune_stream_uniform(attune_stream *stream); /* in (0, 1), never an end; 52 bits */
double attune_stream_normal(attune_stream *stream);  /* mean 0, variance 1; takes two words */

/* Without bias in [0, n), n >= 1. Source: Lemire 2019. */
uint64_t attune_stream_below(attune_stream *stream, uint64_t n);

/* Fisher-Yates, in place. */
void attune_stream_shuffle(attune_stream *stream, int64_t *items, int64_t n);

#endif

/* spaces/base/stream.c - keyed random streams on Threefry-2x64-20. */
#include "spaces/base/stream.h"

#include <Random123/threefry.h>
#include <math.h>

attune_stream attune_stream_new(attune_key key)
{
    return (attune_stream){.key = key};
}

attune_stream attune_stream_at(attune_key key, uint64_t counter)
{
    attune_stream stream = {.key = key, .counter = counter & ~UINT64_C(1)};
    if (counter & 1)
        attune_stream_bits(&stream); /* the block that holds the next word */
    return stream;
}

uint64_t attune_stream_bits(attune_stream *stream)
{
    uint64_t taken = stream->counter++;
    if (taken & 1)
        return stream->spare;
    threefry2x64_ctr_t block = {{taken / 2, 0}};
    threefry2x64_key_t key = {{stream->key.low, stream->key.high}};
    block = threefry2x64(block, key);
    stream->spare = block.v[1];
    return block.v[0];
}

double attune_stream_uniform(attune_stream *stream)
{
    /* The middle of one of 2^52 equal cells: exact, symmetric, and never 0 or 1. */
    return ((double)(attune_stream_bits(stream) >> 12) + 0.5) * 0x1p-52;
}

double attune_stream_normal(attune_stream *stream)
{
    double radius = sqrt(-2 * log(attune_stream_uniform(stream)));
    return radius * cos(6.283185307179586477 * attune_stream_uniform(stream));
}

uint64_t attune_stream_below(attune_stream *stream, uint64_t n)
{
    __extension__ typedef unsigned __int128 wide;
    wide product = (wide)attune_stream_bits(stream) * n;
    if ((uint64_t)product < n) {
        uint64_t least = -n % n;
        while ((uint64_t)product < least)
            product = (wide)attune_stream_bits(stream) * n;
    }
    return (uint64_t)(product >> 64);
}

void attune_stream_shuffle(attune_stream *stream, int64_t *items, int64_t n)
{
    for (int64_t i = n - 1; i > 0; i--) {
        int64_t j = (int64_t)attune_stream_below(stream, (uint64_t)i + 1);
        int64_t swap = items[i];
        items[i] = items[j];
        items[j] = swap;
    }
}

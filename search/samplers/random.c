/* search/samplers/random.c - every job drawn by itself from the space's distributions. */
#include "search/sampler.h"

struct random_search {
    char unused;
};

static const attune_field fields[] = {ATTUNE_FIELDS_END};

static attune_status ask(void *self, const attune_history *history, attune_stream *stream,
                         double *unit, attune_answer *answer, attune_error *error)
{
    (void)self;
    (void)error;
    for (int64_t i = 0; i < history->space->n; i++)
        unit[i] = attune_stream_uniform(stream);
    *answer = ATTUNE_ANSWER_POINT;
    return ATTUNE_OK;
}

const attune_sampler_type attune_sampler_random = {
    .name = "random",
    .doc = "Draws every trial by itself; needs no history.",
    .size = sizeof(struct random_search),
    .fields = fields,
    .able = ATTUNE_ABLE_OBJECTIVES | ATTUNE_ABLE_CONSTRAINTS,
    .ask = ask,
};

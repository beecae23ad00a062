/* search/samplers/sobol.c - scrambled Sobol points: random search without its gaps and clusters. */
#include "search/samplers/low_discrepancy.h"
#include "search/sampler.h"

#include <string.h>

struct sobol_search {
    attune_sobol sobol; /* cache: of this seed and number of dimensions */
    attune_key seed;
};

static const attune_field fields[] = {ATTUNE_FIELDS_END};

static attune_status ask(void *self, const attune_history *history, attune_stream *stream,
                         double *unit, attune_answer *answer, attune_error *error)
{
    struct sobol_search *s = self;
    attune_status status = ATTUNE_OK;
    (void)stream;
    if (s->sobol.n_dimensions != history->space->n || !attune_key_same(s->seed, history->seed)) {
        attune_sobol_clear(&s->sobol);
        status = attune_sobol_init(&s->sobol, history->space->n, history->seed, error);
        s->seed = history->seed;
    }
    /* Another attempt takes a point from far ahead, which no other job comes to. */
    if (!status)
        attune_sobol_point(&s->sobol, (uint32_t)history->n + ((uint32_t)history->attempt << 21),
                           unit);
    *answer = ATTUNE_ANSWER_POINT;
    return status;
}

static void clear(void *self)
{
    attune_sobol_clear(&((struct sobol_search *)self)->sobol);
}

const attune_sampler_type attune_sampler_sobol = {
    .name = "sobol",
    .doc = "Scrambled Sobol points, which fill the space evenly; needs no history.",
    .size = sizeof(struct sobol_search),
    .fields = fields,
    .able = ATTUNE_ABLE_OBJECTIVES | ATTUNE_ABLE_CONSTRAINTS,
    .ask = ask,
    .clear = clear,
};

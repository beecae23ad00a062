/* search/samplers/halton.c - scrambled Halton points, a prime base a dimension. */
#include "search/samplers/low_discrepancy.h"
#include "search/sampler.h"

#include <stdlib.h>

struct halton_search {
    uint32_t *primes; /* cache */
    int64_t n;
};

static const attune_field fields[] = {ATTUNE_FIELDS_END};

static bool is_prime(uint32_t x, const uint32_t *primes, int64_t n)
{
    for (int64_t i = 0; i < n && primes[i] * primes[i] <= x; i++)
        if (x % primes[i] == 0)
            return false;
    return true;
}

static attune_status find_primes(struct halton_search *s, int64_t n, attune_error *error)
{
    uint32_t *primes = attune_realloc(s->primes, n ? n : 1, sizeof *primes, error);
    if (!primes)
        return ATTUNE_MEMORY;
    s->primes = primes;
    for (uint32_t x = s->n ? primes[s->n - 1] + 1 : 2; s->n < n; x++)
        if (is_prime(x, primes, s->n))
            primes[s->n++] = x;
    return ATTUNE_OK;
}

static attune_status ask(void *self, const attune_history *history, attune_stream *stream,
                         double *unit, attune_answer *answer, attune_error *error)
{
    struct halton_search *s = self;
    attune_status status =
        s->n < history->space->n ? find_primes(s, history->space->n, error) : ATTUNE_OK;
    uint64_t index = (uint64_t)history->n + ((uint64_t)history->attempt << 32);
    (void)stream;
    for (int64_t i = 0; i < history->space->n && !status; i++)
        unit[i] = attune_halton(history->seed, i, s->primes[i], index);
    *answer = ATTUNE_ANSWER_POINT;
    return status;
}

static void clear(void *self)
{
    free(((struct halton_search *)self)->primes);
}

const attune_sampler_type attune_sampler_halton = {
    .name = "halton",
    .doc = "Scrambled Halton points, which fill the space evenly; needs no history.",
    .size = sizeof(struct halton_search),
    .fields = fields,
    .able = ATTUNE_ABLE_OBJECTIVES | ATTUNE_ABLE_CONSTRAINTS,
    .ask = ask,
    .clear = clear,
};

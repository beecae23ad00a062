/* search/samplers/auto.c - the right sampler for the space, the history and the budget.
 *
 * The space's centre and scrambled Sobol points first. Then a Gaussian process, and for every
 * eighth job a Parzen estimator, which keeps to where good trials are dense and so does not share
 * the process's mistakes. The last quarter of the planned jobs is the process's alone, of which
 * more end near the best. With many hyperparameters or a long history the estimator takes over: its
 * cost does not grow. (Of several objectives it is evolution that takes these parts: it is ahead of
 * the estimator there from some hundred trials on.) Which one a job gets depends on its number, the
 * space and the number of jobs planned alone. */
#include "search/sampler.h"

#include <math.h>
#include <stdlib.h>

enum { most_dimensions = 40, short_history = 300, long_history = 1000 };

struct auto_search {
    attune_sampler *gp, *tpe, *nsga2; /* caches */
};

static const attune_field fields[] = {ATTUNE_FIELDS_END};

static int64_t n_free(const attune_history *history)
{
    int64_t n = 0;
    for (int64_t i = 0; i < history->space->n; i++)
        n += attune_distribution_count(history->space->dimensions[i].distribution) != 1 &&
             !(history->held && !isnan(history->held[i]));
    return n;
}

static bool wants_gp(const attune_history *history)
{
    int64_t job = history->n;
    if (n_free(history) > most_dimensions || job >= long_history)
        return false;
    return job < short_history ? job % 8 != 7 || attune_history_ends(history) : job % 2 == 0;
}

static attune_status ask(void *self, const attune_history *history, attune_stream *stream,
                         double *unit, attune_answer *answer, attune_error *error)
{
    struct auto_search *s = self;
    bool gp = wants_gp(history), several = history->n_objectives > 1;
    attune_sampler **child = gp ? &s->gp : several ? &s->nsga2 : &s->tpe;
    attune_status status = ATTUNE_OK;
    if (!*child)
        status = attune_sampler_new(child, gp ? "gp" : several ? "nsga2" : "tpe", error);
    return status ? status
                  : (*child)->type->ask((*child)->self, history, stream, unit, answer, error);
}

static void clear(void *self)
{
    struct auto_search *s = self;
    attune_sampler_free(s->gp);
    attune_sampler_free(s->tpe);
    attune_sampler_free(s->nsga2);
}

const attune_sampler_type attune_sampler_auto = {
    .name = "auto",
    .doc = "Starts evenly, then the model that suits the space and the number of trials.",
    .size = sizeof(struct auto_search),
    .fields = fields,
    .able = ATTUNE_ABLE_OBJECTIVES | ATTUNE_ABLE_CONSTRAINTS | ATTUNE_ABLE_PRIOR,
    .ask = ask,
    .clear = clear,
};

/* search/samplers/auto.c - the right sampler for the space, the history and the budget.
 *
 * The space's centre and scrambled Sobol points first. Then a Gaussian process, and for every
 * eighth job a Parzen estimator, which keeps to where good trials are dense and so does not share
 * the process's mistakes. The last quarter of the planned jobs is the process's alone, of which
 * more end near the best. With many hyperparameters or a long history the estimator takes over: its
 * cost does not grow. Of several objectives it is evolution that takes these parts: it is ahead of
 * the estimator there from some hundred trials on. And where every hyperparameter is a number on a
 * line and always there, a distribution evolves from the best of the first 40 jobs a
 * hyperparameter: it then gets nearer than either model. Which one a job gets depends on its
 * number, the space and the number of jobs planned alone. */
#include "search/sampler.h"

#include <math.h>
#include <stdlib.h>

enum { most_dimensions = 40, short_history = 300, long_history = 1000 };
enum { evolution_from = 40, evolution_least = 150, least_values = 64 };

enum child { GP, TPE, NSGA2, CMAES, CHILDREN };
static const char *const names[] = {"gp", "tpe", "nsga2", "cmaes"};

struct auto_search {
    attune_sampler *children[CHILDREN]; /* caches */
};

static const attune_field fields[] = {ATTUNE_FIELDS_END};

static bool is_free(const attune_history *history, int64_t i)
{
    return attune_distribution_count(history->space->dimensions[i].distribution) != 1 &&
           !(history->held && !isnan(history->held[i]));
}

static int64_t n_free(const attune_history *history)
{
    int64_t n = 0;
    for (int64_t i = 0; i < history->space->n; i++)
        n += is_free(history, i);
    return n;
}

/* Numbers with as good as no gaps, none of which depends on another. */
static bool is_smooth(const attune_history *history)
{
    for (int64_t i = 0; i < history->space->n; i++) {
        const attune_dimension *d = &history->space->dimensions[i];
        int64_t count = attune_distribution_count(d->distribution);
        bool gaps = d->distribution->type->kind == ATTUNE_DISTRIBUTION_NOMINAL ||
                    (count > 0 && count < least_values);
        if (is_free(history, i) && (gaps || d->branch.dimension >= 0 || d->when))
            return false;
    }
    return true;
}

/* The first row of the history that evolution is asked for: what is before it is its start. Rows of
 * an older study do not count: its lowest point may be elsewhere. */
static int64_t first_evolved(const attune_history *history)
{
    int64_t jobs = evolution_from * n_free(history);
    return history->n_prior + (jobs > evolution_least ? jobs : evolution_least);
}

static enum child child_for(const attune_history *history)
{
    int64_t job = history->n;
    bool several = history->n_objectives > 1;
    if (!several && history->n_known >= first_evolved(history) && n_free(history) > 0 &&
        is_smooth(history))
        return CMAES;
    bool gp = job < short_history ? job % 8 != 7 || attune_history_ends(history) : job % 2 == 0;
    if (gp && job < long_history && n_free(history) <= most_dimensions)
        return GP;
    return several ? NSGA2 : TPE;
}

static attune_status ask(void *self, const attune_history *history, attune_stream *stream,
                         double *unit, attune_answer *answer, attune_error *error)
{
    struct auto_search *s = self;
    enum child which = child_for(history);
    attune_sampler **child = &s->children[which];
    attune_history shown = *history;
    attune_status status = *child ? ATTUNE_OK : attune_sampler_new(child, names[which], error);
    if (which == CMAES)
        shown.n_prior = first_evolved(history);
    return status ? status
                  : (*child)->type->ask((*child)->self, &shown, stream, unit, answer, error);
}

static void clear(void *self)
{
    struct auto_search *s = self;
    for (int i = 0; i < CHILDREN; i++)
        attune_sampler_free(s->children[i]);
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

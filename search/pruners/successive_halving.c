/* search/pruners/successive_halving.c - a budget that grows by a factor for the best of each rung.
 *
 * Asynchronous successive halving (Li et al., "A system for massively parallel hyperparameter
 * tuning", 2020), in the form that stops: a trial that comes to a rung goes on when it is among the
 * best 1 / factor of those that came there. Trials are compared on one rung only. */
#include "search/pruners/curves.h"

struct successive_halving {
    int64_t min_resource, reduction_factor, min_early_stopping_rate;
};

static const attune_field fields[] = {
    ATTUNE_INTEGER(struct successive_halving, min_resource, 1, "step of the lowest rung", .low = 1,
                   .high = 1000000),
    ATTUNE_INTEGER(struct successive_halving, reduction_factor, 3,
                   "rungs lie this factor apart, and one of so many goes on", .low = 2,
                   .high = 100),
    ATTUNE_INTEGER(struct successive_halving, min_early_stopping_rate, 0,
                   "so many of the lowest rungs are left out", .low = 0, .high = 20),
    ATTUNE_FIELDS_END,
};

static attune_verdict at_report(void *self, const attune_pruner_view *view)
{
    const struct successive_halving *s = self;
    int64_t from = s->min_resource, step = attune_curve_step(view);
    for (int64_t i = 0; i < s->min_early_stopping_rate && from <= step; i++)
        from *= s->reduction_factor;
    return (attune_verdict){.prune =
                                attune_curve_falls(view, from, s->reduction_factor, NULL, NULL)};
}

const attune_pruner_type attune_pruner_successive_halving = {
    .abi = ATTUNE_PRUNER_ABI,
    .name = "successive_halving",
    .doc = "Lets the best of each rung of a growing budget go on (ASHA).",
    .size = sizeof(struct successive_halving),
    .fields = fields,
    .at_report = at_report,
};

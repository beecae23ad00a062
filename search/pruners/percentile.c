/* search/pruners/percentile.c - a trial stops when it is not among the best share by then. */
#include "search/pruners/curves.h"

#include <math.h>

struct percentile {
    double percentile;
    int64_t startup_trials, warmup_steps;
};

static const attune_field fields[] = {
    ATTUNE_REAL(struct percentile, percentile, 25, "per cent of trials, the best, that go on",
                .low = 0, .high = 100),
    ATTUNE_INTEGER(struct percentile, startup_trials, 5, "complete trials before any is stopped",
                   .low = 1, .no_high = true),
    ATTUNE_INTEGER(struct percentile, warmup_steps, 0, "steps of a trial before it may be stopped",
                   .low = 0, .no_high = true),
    ATTUNE_FIELDS_END,
};

static attune_verdict at_report(void *self, const attune_pruner_view *view)
{
    const struct percentile *p = self;
    if (attune_curve_step(view) < p->warmup_steps)
        return (attune_verdict){0};
    double better = attune_curve_share_better(view, p->startup_trials);
    return (attune_verdict){.prune = better > p->percentile / 100}; /* not with a NaN */
}

const attune_pruner_type attune_pruner_percentile = {
    .abi = ATTUNE_PRUNER_ABI,
    .name = "percentile",
    .doc = "Stops a trial that is not among the best per cent of the complete ones by its step.",
    .size = sizeof(struct percentile),
    .fields = fields,
    .at_report = at_report,
};

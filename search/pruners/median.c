/* search/pruners/median.c - a trial stops when half of the others were better by then. */
#include "search/pruners/curves.h"

#include <math.h>

struct median {
    int64_t startup_trials, warmup_steps;
};

static const attune_field fields[] = {
    ATTUNE_INTEGER(struct median, startup_trials, 5, "complete trials before any is stopped",
                   .low = 1, .no_high = true),
    ATTUNE_INTEGER(struct median, warmup_steps, 0, "steps of a trial before it may be stopped",
                   .low = 0, .no_high = true),
    ATTUNE_FIELDS_END,
};

static attune_verdict at_report(void *self, const attune_pruner_view *view)
{
    const struct median *m = self;
    if (attune_curve_step(view) < m->warmup_steps)
        return (attune_verdict){0};
    double better = attune_curve_share_better(view, m->startup_trials);
    return (attune_verdict){.prune = better > 0.5}; /* not with a NaN */
}

const attune_pruner_type attune_pruner_median = {
    .abi = ATTUNE_PRUNER_ABI,
    .name = "median",
    .doc = "Stops a trial when more than half of the complete ones were better by the same step.",
    .size = sizeof(struct median),
    .fields = fields,
    .at_report = at_report,
};

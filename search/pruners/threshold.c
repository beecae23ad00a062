/* search/pruners/threshold.c - a trial stops when what it reports leaves its bounds. */
#include "search/pruners/curves.h"

#include <math.h>

struct threshold {
    double lower, upper;
    int64_t warmup_steps;
};

static const attune_field fields[] = {
    ATTUNE_REAL(struct threshold, lower, NAN, "least value that goes on; null: any",
                .nullable = true, .no_low = true, .no_high = true),
    ATTUNE_REAL(struct threshold, upper, NAN, "largest value that goes on; null: any",
                .nullable = true, .no_low = true, .no_high = true),
    ATTUNE_INTEGER(struct threshold, warmup_steps, 0, "steps of a trial before it may be stopped",
                   .low = 0, .no_high = true),
    ATTUNE_FIELDS_END,
};

static const char *check(const void *self)
{
    const struct threshold *t = self;
    return t->lower > t->upper ? "need lower <= upper" : NULL;
}

static attune_verdict at_report(void *self, const attune_pruner_view *view)
{
    const struct threshold *t = self;
    double value = view->sign * attune_curve_loss(view);
    bool out = isnan(value) || value < t->lower || value > t->upper;
    return (attune_verdict){.prune = out && attune_curve_step(view) >= t->warmup_steps};
}

const attune_pruner_type attune_pruner_threshold = {
    .abi = ATTUNE_PRUNER_ABI,
    .name = "threshold",
    .doc = "Stops a trial that reports a value out of bounds, or no number.",
    .size = sizeof(struct threshold),
    .fields = fields,
    .check = check,
    .at_report = at_report,
};

/* search/pruners/patient.c - a trial stops when it has not got better for a while. */
#include "search/pruner.h"

#include <math.h>

struct patient {
    int64_t patience;
    double min_delta;
};

static const attune_field fields[] = {
    ATTUNE_INTEGER(struct patient, patience, 10, "reports without progress that are borne",
                   .low = 1, .no_high = true),
    ATTUNE_REAL(struct patient, min_delta, 0, "what counts as progress", .low = 0, .no_high = true),
    ATTUNE_FIELDS_END,
};

static double least(const attune_report *reports, int64_t n)
{
    double best = NAN;
    for (int64_t i = 0; i < n; i++)
        best = fmin(best, reports[i].value); /* fmin passes over a NaN */
    return best;
}

static attune_verdict at_report(void *self, const attune_pruner_view *view)
{
    const struct patient *p = self;
    int64_t n_before = view->own.n_reports - p->patience;
    if (n_before < 1)
        return (attune_verdict){0};
    double before = least(view->own.reports, n_before);
    double since = least(view->own.reports + n_before, p->patience);
    /* A NaN since is no progress; one before is no ground to stop on. */
    bool progress = isnan(before) || since < before - p->min_delta;
    return (attune_verdict){.prune = !progress};
}

const attune_pruner_type attune_pruner_patient = {
    .abi = ATTUNE_PRUNER_ABI,
    .name = "patient",
    .doc = "Stops a trial whose reports have not got better for a while; looks at no other trial.",
    .size = sizeof(struct patient),
    .fields = fields,
    .at_report = at_report,
};

/* spaces/stages.c - dimensions that are not drawn, because one run shows what each value gives. */
#include "spaces/space.h"

#include <math.h>

static bool speaks_of(const int64_t *names, int64_t n, int64_t i)
{
    for (int64_t k = 0; k < n; k++)
        if (names[k] == i)
            return true;
    return false;
}

bool attune_space_may_stage(const attune_space *space, int64_t i)
{
    const attune_distribution *distribution = space->dimensions[i].distribution;
    double low, high;
    attune_distribution_support(distribution, &low, &high);
    bool may = distribution->type->kind == ATTUNE_DISTRIBUTION_INTEGER && isfinite(low) &&
               isfinite(high) && low >= 1 && low < high;
    for (int64_t k = 0; k < space->n && may; k++) {
        const attune_dimension *other = &space->dimensions[k];
        bool needs =
            other->when && speaks_of(other->when_names, attune_expression_n_names(other->when), i);
        may = !needs && other->branch.dimension != i;
    }
    for (int64_t k = 0; k < space->n_relations && may; k++) {
        const attune_relation *relation = &space->relations[k];
        may = !speaks_of(relation->names, attune_expression_n_names(relation->expression), i);
    }
    return may;
}

double attune_space_held(const attune_space *space, int64_t i)
{
    const attune_dimension *dimension = &space->dimensions[i];
    return dimension->staged ? attune_distribution_quantile(dimension->distribution, 1) : NAN;
}

int64_t attune_sample_staged(const attune_space *space, const attune_sample *sample)
{
    for (int64_t i = 0; i < space->n; i++)
        if (space->dimensions[i].staged && sample->active[i])
            return i;
    return -1;
}

int64_t attune_space_stages(const attune_space *space, int64_t i, int64_t most, int64_t *stages)
{
    const attune_distribution *distribution = space->dimensions[i].distribution;
    int64_t n = 0;
    for (int64_t k = 0; k < most; k++) {
        double u = most > 1 ? (double)k / (double)(most - 1) : 1;
        int64_t stage = (int64_t)attune_distribution_quantile(distribution, u);
        if (n == 0 || stage > stages[n - 1])
            stages[n++] = stage;
    }
    return n;
}

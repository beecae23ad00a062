/* search/samplers/cmaes_categories.c - probabilities of categories that learn from the better half.
 */
#include "search/samplers/cmaes_categories.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Every category keeps its share of the margin; the rest is scaled to what is left. */
static void keep_margin(attune_cma_categories *c, int64_t k)
{
    int64_t first = c->first[k], end = c->first[k + 1];
    double least = c->margin / (double)(end - first - 1), sum = 0, above = 0;
    for (int64_t i = first; i < end; i++) {
        c->chances[i] = fmax(c->chances[i], least);
        sum += c->chances[i];
        above += c->chances[i] - least;
    }
    for (int64_t i = first; i < end; i++)
        c->chances[i] += above > 0 ? (1 - sum) * (c->chances[i] - least) / above : 0;
}

attune_status attune_cma_categories_init(attune_cma_categories *c, const attune_space *space,
                                         const int64_t *dimensions, int64_t n, double margin,
                                         attune_error *error)
{
    *c = (attune_cma_categories){.n = n, .margin = margin, .step = 1};
    c->first = attune_alloc(n + 1, sizeof *c->first, error);
    c->values = attune_alloc(n, sizeof *c->values, error);
    if (!c->first || !c->values)
        return ATTUNE_MEMORY;
    for (int64_t k = 0; k < n; k++)
        c->first[k + 1] =
            c->first[k] + attune_distribution_count(space->dimensions[dimensions[k]].distribution);
    c->chances = attune_alloc(c->first[n], sizeof *c->chances, error);
    c->gradient = attune_alloc(c->first[n], sizeof *c->gradient, error);
    c->path = attune_alloc(c->first[n], sizeof *c->path, error);
    if (!c->chances || !c->gradient || !c->path)
        return ATTUNE_MEMORY;
    for (int64_t k = 0; k < n; k++)
        for (int64_t i = c->first[k]; i < c->first[k + 1]; i++)
            c->chances[i] = attune_distribution_pdf(space->dimensions[dimensions[k]].distribution,
                                                    (double)(i - c->first[k]));
    for (int64_t k = 0; k < n; k++)
        keep_margin(c, k);
    return ATTUNE_OK;
}

void attune_cma_categories_clear(attune_cma_categories *c)
{
    free(c->first);
    free(c->values);
    free(c->chances);
    free(c->gradient);
    free(c->path);
    *c = (attune_cma_categories){0};
}

void attune_cma_categories_draw(const attune_cma_categories *c, attune_stream *stream,
                                int64_t *values)
{
    for (int64_t k = 0; k < c->n; k++) {
        int64_t i = c->first[k], last = c->first[k + 1] - 1;
        double u = attune_stream_uniform(stream);
        while (i < last && u >= c->chances[i])
            u -= c->chances[i++];
        values[k] = i - c->first[k];
    }
}

void attune_cma_categories_begin(attune_cma_categories *c)
{
    if (c->n)
        memset(c->gradient, 0, (size_t)c->first[c->n] * sizeof *c->gradient);
}

void attune_cma_categories_add(attune_cma_categories *c, const int64_t *values, double weight)
{
    for (int64_t k = 0; k < c->n; k++)
        for (int64_t i = c->first[k]; i < c->first[k + 1] && values[k] >= 0; i++)
            c->gradient[i] += weight * ((i - c->first[k] == values[k]) - c->chances[i]);
}

/* Longer steps while moves point the same way, shorter ones where they undo one another. */
static void adapt_step(attune_cma_categories *c, double norm)
{
    static const double threshold = 1.5;
    int64_t size = c->first[c->n];
    double pace = c->step / sqrt((double)(size - c->n)), squared = 0;
    for (int64_t i = 0; i < size; i++) {
        double move = c->gradient[i] / sqrt(c->chances[i]) / norm;
        c->path[i] = (1 - pace) * c->path[i] + sqrt(pace * (2 - pace)) * move;
        squared += c->path[i] * c->path[i];
    }
    c->gain = (1 - pace) * (1 - pace) * c->gain + pace * (2 - pace);
    c->step *= exp(pace * (squared / threshold - c->gain));
    c->step = fmin(c->step, 1);
}

void attune_cma_categories_end(attune_cma_categories *c)
{
    int64_t size = c->n ? c->first[c->n] : 0;
    double squared = 0;
    for (int64_t i = 0; i < size; i++)
        squared += c->gradient[i] * c->gradient[i] / c->chances[i];
    if (!(squared > 0))
        return;
    double norm = sqrt(squared), step = c->step / norm;
    adapt_step(c, norm);
    for (int64_t i = 0; i < size; i++)
        c->chances[i] += step * c->gradient[i];
    for (int64_t k = 0; k < c->n; k++)
        keep_margin(c, k);
}

void attune_cma_categories_lean(attune_cma_categories *c, double share)
{
    for (int64_t i = 0; c->n && i < c->first[c->n]; i++)
        c->chances[i] += share * c->gradient[i];
    for (int64_t k = 0; k < c->n; k++)
        keep_margin(c, k);
}

/* search/pruners/hyperband.c - successive halving, some trials hastily, some patiently.
 *
 * Hyperband (Li et al., JMLR 2018): each trial belongs to a bracket, drawn by its number. Bracket b
 * leaves out the b lowest rungs, so that what starts slowly has a chance; trials of one bracket are
 * compared with each other only. Hasty brackets get more trials, so that all cost about the same.
 */
#include "search/pruners/curves.h"
#include "spaces/base/stream.h"

#include <math.h>

struct hyperband {
    int64_t min_resource, max_resource, reduction_factor;
};

enum { most_brackets = 24 };

static const attune_field fields[] = {
    ATTUNE_INTEGER(struct hyperband, min_resource, 1, "step of the lowest rung", .low = 1,
                   .high = 1000000),
    ATTUNE_INTEGER(struct hyperband, max_resource, 100, "step that a whole trial comes to",
                   .low = 1, .high = 1000000),
    ATTUNE_INTEGER(struct hyperband, reduction_factor, 3,
                   "rungs lie this factor apart, and one of so many goes on", .low = 2,
                   .high = 100),
    ATTUNE_FIELDS_END,
};

static const char *check(const void *self)
{
    const struct hyperband *h = self;
    return h->min_resource <= h->max_resource ? NULL : "need min_resource <= max_resource";
}

static int64_t count_brackets(const struct hyperband *h)
{
    int64_t n = 1;
    for (int64_t step = h->max_resource / h->reduction_factor;
         step >= h->min_resource && n < most_brackets; step /= h->reduction_factor)
        n++;
    return n;
}

static int64_t bracket_of(const struct hyperband *h, int64_t job)
{
    int64_t n = count_brackets(h), b = 0;
    double weights[most_brackets], all = 0;
    for (int64_t i = 0; i < n; i++) {
        double s = (double)(n - 1 - i);
        weights[i] = ceil((double)n * pow((double)h->reduction_factor, s) / (s + 1));
        all += weights[i];
    }
    attune_stream stream = attune_stream_new(attune_key_integer(attune_key_start("bracket"), job));
    double left = attune_stream_uniform(&stream) * all;
    while (b < n - 1 && left >= weights[b])
        left -= weights[b++];
    return b;
}

struct bracket {
    const struct hyperband *h;
    int64_t number;
};

static bool is_same(const void *user, int64_t job)
{
    const struct bracket *bracket = user;
    return bracket_of(bracket->h, job) == bracket->number;
}

static attune_verdict at_report(void *self, const attune_pruner_view *view)
{
    const struct hyperband *h = self;
    struct bracket bracket = {h, bracket_of(h, view->job)};
    int64_t from = h->min_resource;
    for (int64_t i = 0; i < bracket.number; i++)
        from *= h->reduction_factor;
    return (attune_verdict){
        .prune = attune_curve_falls(view, from, h->reduction_factor, is_same, &bracket)};
}

const attune_pruner_type attune_pruner_hyperband = {
    .abi = ATTUNE_PRUNER_ABI,
    .name = "hyperband",
    .doc = "Successive halving in several brackets, from hasty to patient.",
    .size = sizeof(struct hyperband),
    .fields = fields,
    .check = check,
    .at_report = at_report,
};

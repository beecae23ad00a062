/* steps/splitters/groups.c - rows that must stay together, and where to put them. */
#include "steps/splitters/groups.h"

#include "steps/data/distinct.h"

#include <stdlib.h>
#include <string.h>

/* The first position of the set that i is in; halves the way there as it goes. */
static int64_t first_of(int64_t *parent, int64_t i)
{
    while (parent[i] != i)
        i = parent[i] = parent[parent[i]];
    return i;
}

static void unite(int64_t *parent, int64_t a, int64_t b)
{
    a = first_of(parent, a);
    b = first_of(parent, b);
    if (a < b)
        parent[b] = a;
    else
        parent[a] = b;
}

/* Joins every position with the first one of the same value. values and firsts are scratch. */
static attune_status unite_column(int64_t *parent, const attune_column *column,
                                  const attune_rows *rows, int64_t *values, int64_t *firsts,
                                  attune_error *error)
{
    int64_t n_values = 0;
    attune_status status = attune_distinct(column, rows, values, &n_values, error);
    int64_t seen = 0; /* values are numbered in the order in which they appear */
    for (int64_t i = 0; i < rows->n && !status; i++) {
        if (values[i] < 0)
            continue;
        if (values[i] == seen)
            firsts[seen++] = i;
        unite(parent, firsts[values[i]], i);
    }
    return status;
}

static void fill_members(attune_groups *groups, int64_t n_rows)
{
    for (int64_t i = 0; i < n_rows; i++)
        groups->start[groups->of[i] + 1]++;
    for (int64_t g = 0; g < groups->n; g++)
        groups->start[g + 1] += groups->start[g];
    /* start[g] runs to the end of its group, which is where the next one starts. */
    for (int64_t i = 0; i < n_rows; i++)
        groups->members[groups->start[groups->of[i]]++] = i;
    memmove(groups->start + 1, groups->start, (size_t)groups->n * sizeof *groups->start);
    groups->start[0] = 0;
}

attune_status attune_groups_make(attune_groups *groups, const attune_data *data,
                                 const attune_rows *rows, attune_error *error)
{
    int64_t n = rows->n;
    memset(groups, 0, sizeof *groups);
    int64_t *parent = attune_alloc(n, sizeof *parent, error);
    int64_t *values = attune_alloc(n, sizeof *values, error);
    groups->start = attune_alloc(n + 1, sizeof *groups->start, error);
    groups->members = attune_alloc(n, sizeof *groups->members, error);
    groups->of = attune_alloc(n, sizeof *groups->of, error);
    attune_status status = ATTUNE_OK;
    if (!parent || !values || !groups->start || !groups->members || !groups->of)
        status = ATTUNE_MEMORY;
    for (int64_t i = 0; i < n && !status; i++)
        parent[i] = i;
    for (int64_t c = 0; c < data->n_columns && !status; c++)
        if (data->roles[c] == ATTUNE_GROUP)
            status = unite_column(parent, data->columns[c], rows, values, groups->members, error);
    for (int64_t i = 0; i < n && !status; i++) {
        int64_t first = first_of(parent, i); /* never after i, so it has its number */
        groups->of[i] = first == i ? groups->n++ : groups->of[first];
    }
    if (!status)
        fill_members(groups, n);
    else
        attune_groups_clear(groups);
    free(parent);
    free(values);
    return status;
}

void attune_groups_clear(attune_groups *groups)
{
    free(groups->start);
    free(groups->members);
    free(groups->of);
    memset(groups, 0, sizeof *groups);
}

/* What is in the bins so far. Columns are the classes and, last, all rows: a rare class weighs as
 * much as a common one, and the sizes of the bins as much as a class. */
struct deal {
    const attune_groups *groups;
    const int32_t *classes;
    int32_t n_columns;
    double *part;    /* what one row is of its column */
    double *surplus; /* bin x column: its share so far less the share it shall have */
    int64_t *counts; /* groups in each bin */
};

/* How much too full a bin is of the columns of a group's rows. */
static double fullness(const struct deal *deal, int64_t group, int64_t bin)
{
    const double *surplus = deal->surplus + bin * deal->n_columns;
    int32_t all = deal->n_columns - 1;
    double sum = 0;
    for (int64_t m = deal->groups->start[group]; m < deal->groups->start[group + 1]; m++) {
        int32_t class = deal->classes[deal->groups->members[m]];
        sum += surplus[class] * deal->part[class] + surplus[all] * deal->part[all];
    }
    return sum;
}

static void put(struct deal *deal, int64_t group, int64_t bin)
{
    double *surplus = deal->surplus + bin * deal->n_columns;
    int32_t all = deal->n_columns - 1;
    for (int64_t m = deal->groups->start[group]; m < deal->groups->start[group + 1]; m++) {
        int32_t class = deal->classes[deal->groups->members[m]];
        surplus[class] += deal->part[class];
        surplus[all] += deal->part[all];
    }
    deal->counts[bin]++;
}

/* Adding a group changes the sum of squared surpluses by 2 x fullness and a term that is the same
 * for every bin: the least full bin is the best place. */
static int64_t best_bin(const struct deal *deal, int64_t group, int64_t n_bins, bool empty_only)
{
    int64_t best = -1;
    double least = 0;
    for (int64_t bin = 0; bin < n_bins; bin++) {
        if (empty_only && deal->counts[bin])
            continue;
        double full = fullness(deal, group, bin);
        if (best < 0 || full < least) {
            best = bin;
            least = full;
        }
    }
    return best;
}

static void prepare(struct deal *deal, const double *shares, int64_t n_bins)
{
    int64_t n_rows = deal->groups->start[deal->groups->n];
    for (int64_t i = 0; i < n_rows; i++)
        deal->part[deal->classes[i]]++;
    deal->part[deal->n_columns - 1] = (double)n_rows;
    for (int32_t c = 0; c < deal->n_columns; c++)
        deal->part[c] = deal->part[c] > 0 ? 1 / deal->part[c] : 0;
    for (int64_t bin = 0; bin < n_bins; bin++)
        for (int32_t c = 0; c < deal->n_columns; c++)
            deal->surplus[bin * deal->n_columns + c] = -shares[bin];
}

attune_status attune_groups_deal(const attune_groups *groups, const int64_t *order,
                                 const int32_t *classes, int32_t n_classes, const double *shares,
                                 int64_t n_bins, int64_t *bins, attune_error *error)
{
    struct deal deal = {.groups = groups, .classes = classes, .n_columns = n_classes + 1};
    deal.part = attune_alloc(deal.n_columns, sizeof *deal.part, error);
    deal.surplus = attune_alloc(n_bins * deal.n_columns, sizeof *deal.surplus, error);
    deal.counts = attune_alloc(n_bins, sizeof *deal.counts, error);
    attune_status status = deal.part && deal.surplus && deal.counts ? ATTUNE_OK : ATTUNE_MEMORY;
    int64_t n_empty = n_bins;
    if (!status)
        prepare(&deal, shares, n_bins);
    for (int64_t i = 0; i < groups->n && !status; i++) {
        int64_t bin = best_bin(&deal, order[i], n_bins, n_empty && n_empty >= groups->n - i);
        n_empty -= deal.counts[bin] == 0;
        put(&deal, order[i], bin);
        bins[order[i]] = bin;
    }
    free(deal.part);
    free(deal.surplus);
    free(deal.counts);
    return status;
}

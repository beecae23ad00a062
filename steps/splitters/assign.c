/* steps/splitters/assign.c - which fold each row is tested in. */
#include "steps/splitters/assign.h"

#include "steps/splitters/groups.h"
#include "steps/numeric/sort.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Scratch of one split; every array has a place for each position. */
struct work {
    const attune_assign *request;
    int64_t n;
    int32_t n_classes;
    int32_t *classes; /* of each position */
    int64_t *order;   /* positions, or groups */
    int64_t *spare;
    int64_t *fold; /* the answer: of each position */
};

static attune_status work_make(struct work *work, const attune_assign *request,
                               const attune_data *data, const attune_rows *rows,
                               attune_error *error)
{
    *work = (struct work){.request = request, .n = rows->n, .n_classes = 1};
    work->classes = attune_alloc(rows->n, sizeof *work->classes, error);
    work->order = attune_alloc(rows->n, sizeof *work->order, error);
    work->spare = attune_alloc(rows->n, sizeof *work->spare, error);
    work->fold = attune_alloc(rows->n, sizeof *work->fold, error);
    if (!work->classes || !work->order || !work->spare || !work->fold)
        return ATTUNE_MEMORY;
    const attune_column *target = attune_data_target(data);
    int32_t n_classes = attune_data_n_classes(data);
    if (!request->stratify || !target || target->kind != ATTUNE_NOMINAL_COLUMN || n_classes < 1)
        return ATTUNE_OK;
    work->n_classes = n_classes + 1; /* rows without a known class are spread evenly, too */
    for (int64_t i = 0; i < rows->n; i++) {
        int32_t code = target->codes[rows->index[i] * target->stride];
        work->classes[i] = code >= 0 && code < n_classes ? code : n_classes;
    }
    return ATTUNE_OK;
}

static void work_clear(struct work *work)
{
    free(work->classes);
    free(work->order);
    free(work->spare);
    free(work->fold);
}

static void make_order(struct work *work, int64_t n, attune_key seed)
{
    attune_stream stream = attune_stream_new(seed);
    for (int64_t i = 0; i < n; i++)
        work->order[i] = i;
    if (work->request->shuffle)
        attune_stream_shuffle(&stream, work->order, n);
}

/* Sorts the order by class, stably; ends[c] is where class c ends in it. */
static void sort_by_class(struct work *work, int64_t *ends)
{
    for (int64_t i = 0; i < work->n; i++)
        if (work->classes[i] + 1 < work->n_classes)
            ends[work->classes[i] + 1]++;
    for (int32_t c = 1; c < work->n_classes; c++)
        ends[c] += ends[c - 1];
    for (int64_t i = 0; i < work->n; i++)
        work->spare[ends[work->classes[work->order[i]]]++] = work->order[i];
    memcpy(work->order, work->spare, (size_t)work->n * sizeof *work->order);
}

static int64_t n_bins(const attune_assign *request)
{
    return request->n_folds > 1 ? request->n_folds : 2;
}

/* How many rows a holdout tests. */
static int64_t n_tested(const struct work *work)
{
    int64_t tested = llround((double)work->n * work->request->share);
    return tested < 1 ? 1 : tested > work->n - 1 ? work->n - 1 : tested;
}

/* The bin of place i in the order: dealt out in turn, or every so many-th to the holdout's test
 * (bin 1). Any run of places gets the shares of the whole within one row: so does every class. */
static int64_t bin_of(const struct work *work, int64_t i, int64_t tested)
{
    if (work->request->n_folds > 1)
        return i % work->request->n_folds;
    return (i + 1) * tested / work->n - i * tested / work->n;
}

/* One class: places from..to of the order. Not shuffled, each bin's rows are a run. */
static void deal_rows(struct work *work, int64_t from, int64_t to, int64_t *counts)
{
    int64_t tested = n_tested(work), at = from;
    memset(counts, 0, (size_t)n_bins(work->request) * sizeof *counts);
    for (int64_t i = from; i < to; i++) {
        int64_t bin = bin_of(work, i, tested);
        counts[bin]++;
        work->fold[work->order[i]] = bin;
    }
    if (work->request->shuffle)
        return;
    for (int64_t bin = 0; bin < n_bins(work->request); bin++)
        for (int64_t left = counts[bin]; left > 0; left--)
            work->fold[work->order[at++]] = bin;
}

static attune_status assign_rows(struct work *work, attune_key seed, attune_error *error)
{
    int64_t bins = n_bins(work->request);
    if (work->n < bins && work->request->n_folds > 1)
        return attune_fail(error, ATTUNE_INVALID,
                           "validation: %lld folds need at least %lld rows, the data have %lld",
                           (long long)bins, (long long)bins, (long long)work->n);
    if (work->n < bins)
        return attune_fail(error, ATTUNE_INVALID,
                           "validation: a holdout needs at least 2 rows, the data have %lld",
                           (long long)work->n);
    int64_t *ends = attune_alloc(work->n_classes, sizeof *ends, error);
    int64_t *counts = attune_alloc(bins, sizeof *counts, error);
    attune_status status = ends && counts ? ATTUNE_OK : ATTUNE_MEMORY;
    if (!status) {
        make_order(work, work->n, seed);
        sort_by_class(work, ends);
        for (int32_t c = 0; c < work->n_classes; c++)
            deal_rows(work, c ? ends[c - 1] : 0, ends[c], counts);
    }
    free(ends);
    free(counts);
    return status;
}

/* Large groups first, where they still fit: for folds, each of which is tested in its turn. A
 * holdout takes groups as they come, or it would test small ones only. */
static attune_status sort_by_size(struct work *work, const attune_groups *groups,
                                  attune_error *error)
{
    attune_sort_item *items = attune_alloc(groups->n, sizeof *items, error);
    if (!items)
        return ATTUNE_MEMORY;
    for (int64_t i = 0; i < groups->n; i++) {
        int64_t g = work->order[i];
        int64_t size = groups->start[g + 1] - groups->start[g];
        items[i] = (attune_sort_item){~attune_sort_key_integer(size), g};
    }
    attune_status status = attune_sort_items(items, groups->n, error);
    for (int64_t i = 0; i < groups->n && !status; i++)
        work->order[i] = items[i].row;
    free(items);
    return status;
}

static attune_status assign_groups(struct work *work, const attune_groups *groups, attune_key seed,
                                   attune_error *error)
{
    int64_t bins = n_bins(work->request), folds = work->request->n_folds;
    double *shares = attune_alloc(bins, sizeof *shares, error);
    attune_status status = shares ? ATTUNE_OK : ATTUNE_MEMORY;
    for (int64_t bin = 0; bin < bins && !status; bin++)
        shares[bin] = folds > 1 ? 1 / (double)folds
                      : bin     ? work->request->share
                                : 1 - work->request->share;
    make_order(work, groups->n, seed);
    if (!status && folds > 1)
        status = sort_by_size(work, groups, error);
    if (!status)
        status = attune_groups_deal(groups, work->order, work->classes, work->n_classes, shares,
                                    bins, work->spare, error);
    for (int64_t i = 0; i < work->n && !status; i++)
        work->fold[i] = work->spare[groups->of[i]];
    free(shares);
    return status;
}

static attune_status split_groups(struct work *work, const attune_data *data,
                                  const attune_rows *rows, const attune_column *column,
                                  attune_key seed, attune_error *error)
{
    attune_groups groups;
    int64_t bins = n_bins(work->request);
    attune_status status = attune_groups_make(&groups, data, rows, error);
    if (!status && groups.n < bins && work->request->n_folds > 1)
        status = attune_fail(error, ATTUNE_INVALID,
                             "validation: %lld folds need at least %lld groups, \"%s\" has %lld",
                             (long long)bins, (long long)bins, column->name, (long long)groups.n);
    else if (!status && groups.n < bins)
        status = attune_fail(error, ATTUNE_INVALID,
                             "validation: a holdout needs at least 2 groups, \"%s\" has %lld",
                             column->name, (long long)groups.n);
    if (!status)
        status = assign_groups(work, &groups, seed, error);
    attune_groups_clear(&groups);
    return status;
}

attune_status attune_assign_split(const attune_assign *request, const attune_data *data,
                                  const attune_rows *rows, attune_key seed, attune_folds *folds,
                                  attune_error *error)
{
    struct work work;
    const attune_column *group = attune_data_role(data, ATTUNE_GROUP);
    attune_status status = work_make(&work, request, data, rows, error);
    if (!status)
        status = group ? split_groups(&work, data, rows, group, seed, error)
                       : assign_rows(&work, seed, error);
    if (!status && request->n_folds == 1)
        for (int64_t i = 0; i < work.n; i++)
            work.fold[i]--; /* bin 1 is fold 0, bin 0 is in no test */
    if (!status)
        status = attune_folds_make(rows, work.fold, request->n_folds, folds, error);
    work_clear(&work);
    return status;
}

static attune_status make_fold(const attune_rows *rows, const int64_t *fold, int64_t number,
                               attune_fold *made, attune_error *error)
{
    int64_t n_test = 0, n_train = 0;
    for (int64_t i = 0; i < rows->n; i++)
        n_test += fold[i] == number;
    int64_t *test = attune_alloc(n_test, sizeof *test, error);
    int64_t *train = attune_alloc(rows->n - n_test, sizeof *train, error);
    if (!test || !train) {
        free(test);
        free(train);
        return ATTUNE_MEMORY;
    }
    n_test = 0;
    for (int64_t i = 0; i < rows->n; i++)
        if (fold[i] == number)
            test[n_test++] = rows->index[i];
        else
            train[n_train++] = rows->index[i];
    made->test = attune_rows_new_take(test, n_test, error);
    made->train = attune_rows_new_take(train, n_train, error);
    return made->test && made->train ? ATTUNE_OK : ATTUNE_MEMORY;
}

attune_status attune_folds_make(const attune_rows *rows, const int64_t *fold, int64_t n_folds,
                                attune_folds *folds, attune_error *error)
{
    *folds = (attune_folds){attune_alloc(n_folds, sizeof *folds->items, error), n_folds};
    attune_status status = folds->items ? ATTUNE_OK : ATTUNE_MEMORY;
    for (int64_t f = 0; f < n_folds && !status; f++)
        status = make_fold(rows, fold, f, &folds->items[f], error);
    if (status)
        attune_folds_clear(folds);
    return status;
}

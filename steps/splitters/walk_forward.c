/* steps/splitters/walk_forward.c - fitted on the past, tested on what came next, fold after fold.
 *
 * The last fold's test ends at the last time, and each fold's test ends where the next one's
 * begins. Rows of one time stamp are on one side, so a panel (several rows a time) is split by
 * time; groups are not kept together: the past of each may tell its future.
 *
 * Lengths are counts of distinct times, or durations when the time column has dates. A test of
 * duration d has the times after its end less d; a train ends before the first tested time less
 * the gap; a window of duration w has the times after the last fitted one less w. */
#include "steps/splitter.h"

#include "spaces/base/clock.h"
#include "spaces/base/number.h"
#include "steps/numeric/sort.h"
#include "steps/data/table.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { EXPANDING, ROLLING };

struct walk_forward {
    int64_t folds;
    char *test, *gap;
    int train;
    char *window;
};

static const char *const trains[] = {"expanding", "rolling", NULL};

static const attune_field fields[] = {
    ATTUNE_INTEGER(struct walk_forward, folds, 5, "number of folds", .low = 1,
                   .high = ATTUNE_MOST_FOLDS),
    ATTUNE_TEXT(struct walk_forward, test, NULL,
                "length of a test, as a count of times (28) or a duration (\"28d\"); "
                "null: the times shared out evenly",
                .nullable = true),
    ATTUNE_TEXT(struct walk_forward, gap, "0", "what is left out between train and test"),
    ATTUNE_ENUM(struct walk_forward, train, trains, EXPANDING,
                "fitted on all that came before, or on a window that moves along"),
    ATTUNE_TEXT(struct walk_forward, window, NULL, "length of a rolling train", .nullable = true),
    ATTUNE_FIELDS_END,
};

/* A length in time: so many distinct times, or microseconds. */
struct span {
    bool given, is_duration;
    int64_t amount;
};

static bool span_read(const char *text, struct span *span)
{
    const double longest = 1e11; /* seconds: three thousand years */
    double seconds = 0;
    memset(span, 0, sizeof *span);
    if (!text)
        return true;
    span->given = true;
    if (strspn(text, "0123456789") == strlen(text))
        return attune_integer_read(text, (int64_t)strlen(text), &span->amount);
    span->is_duration = true;
    if (strspn(text, "0123456789.") == strlen(text) || !attune_duration_read(text, &seconds) ||
        seconds > longest)
        return false;
    span->amount = llround(seconds * 1e6);
    return true;
}

static const char *check(const void *self)
{
    const struct walk_forward *s = self;
    struct span test, gap, window;
    if (!span_read(s->test, &test) || (test.given && test.amount < 1))
        return "test: need a count of times (28) or a duration (\"28d\"), above 0";
    if (!span_read(s->gap, &gap))
        return "gap: need a count of times (7) or a duration (\"7d\")";
    if (!span_read(s->window, &window) || (window.given && window.amount < 1))
        return "window: need a count of times (90) or a duration (\"90d\"), above 0";
    if (s->train == ROLLING && !window.given)
        return "a rolling train needs a window: \"window\": \"90d\"";
    if (s->train == EXPANDING && window.given)
        return "a window is for \"train\": \"rolling\"";
    return NULL;
}

/* The distinct times, ascending, and which of them each position has. */
struct steps {
    int64_t n;
    int64_t *stamps; /* microseconds; of a datetime column only */
    int64_t *of;     /* of each position */
};

static void steps_clear(struct steps *steps)
{
    free(steps->stamps);
    free(steps->of);
}

static attune_status sort_times(const attune_column *time, const attune_rows *rows,
                                attune_sort_item *items, attune_error *error)
{
    bool dates = time->kind == ATTUNE_DATETIME_COLUMN;
    for (int64_t i = 0; i < rows->n; i++) {
        int64_t at = rows->index[i] * time->stride;
        if (attune_column_missing(time, rows->index[i]))
            return attune_fail(error, ATTUNE_INVALID,
                               "validation: the time \"%s\" is missing in row %lld, so it is not "
                               "known whether it comes before or after the others",
                               time->name, (long long)rows->index[i] + 1);
        items[i].key = dates ? attune_sort_key_integer(time->times[at])
                             : attune_sort_key_real(time->reals[at]);
        items[i].row = i;
    }
    return attune_sort_items(items, rows->n, error);
}

static attune_status steps_make(struct steps *steps, const attune_column *time,
                                const attune_rows *rows, attune_error *error)
{
    attune_sort_item *items = attune_alloc(rows->n, sizeof *items, error);
    steps->stamps = attune_alloc(rows->n, sizeof *steps->stamps, error);
    steps->of = attune_alloc(rows->n, sizeof *steps->of, error);
    attune_status status = items && steps->stamps && steps->of ? ATTUNE_OK : ATTUNE_MEMORY;
    if (!status)
        status = sort_times(time, rows, items, error);
    for (int64_t i = 0; i < rows->n && !status; i++) {
        int64_t position = items[i].row;
        if (i == 0 || items[i].key != items[i - 1].key)
            steps->n++;
        steps->of[position] = steps->n - 1;
        if (time->kind == ATTUNE_DATETIME_COLUMN)
            steps->stamps[steps->n - 1] = time->times[rows->index[position] * time->stride];
    }
    free(items);
    return status;
}

static int64_t minus(int64_t time, int64_t duration)
{
    return time < INT64_MIN + duration ? INT64_MIN : time - duration;
}

/* The first step whose time is at least (after: above) a stamp; n when there is none. */
static int64_t first_step(const struct steps *steps, int64_t stamp, bool after)
{
    int64_t low = 0, high = steps->n;
    while (low < high) {
        int64_t middle = low + (high - low) / 2;
        if (steps->stamps[middle] < stamp || (after && steps->stamps[middle] == stamp))
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* One fold in steps, half-open. */
typedef struct range {
    int64_t train_from, train_to, test_from, test_to;
} range;

static range find_train(const struct steps *steps, range fold, const struct span *gap,
                        const struct span *window)
{
    if (gap->is_duration)
        fold.train_to = first_step(steps, minus(steps->stamps[fold.test_from], gap->amount), false);
    else
        fold.train_to = gap->amount < fold.test_from ? fold.test_from - gap->amount : 0;
    fold.train_from = 0;
    if (!window->given || fold.train_to < 1)
        return fold;
    if (window->is_duration)
        fold.train_from =
            first_step(steps, minus(steps->stamps[fold.train_to - 1], window->amount), true);
    else if (window->amount < fold.train_to)
        fold.train_from = fold.train_to - window->amount;
    return fold;
}

static attune_status too_short(const struct walk_forward *self, const struct steps *steps,
                               int64_t fold, const char *lack, const attune_column *time,
                               attune_error *error)
{
    char from[64] = "", to[64] = "";
    bool dates = time->kind == ATTUNE_DATETIME_COLUMN;
    if (dates) {
        attune_datetime_text(steps->stamps[0], from, sizeof from);
        attune_datetime_text(steps->stamps[steps->n - 1], to, sizeof to);
    }
    return attune_fail(error, ATTUNE_INVALID,
                       "validation: fold %lld of %lld has nothing to %s (test %s, gap %s): \"%s\" "
                       "has %lld distinct times%s%s%s%s; take fewer folds or shorter ones",
                       (long long)fold + 1, (long long)self->folds, lack,
                       self->test ? self->test : "even", self->gap, time->name, (long long)steps->n,
                       dates ? " from " : "", from, dates ? " to " : "", to);
}

/* Every fold's ranges, from the last fold back. */
static attune_status find_ranges(const struct walk_forward *self, const struct steps *steps,
                                 const attune_column *time, range *ranges, attune_error *error)
{
    struct span test, gap, window;
    span_read(self->test, &test);
    span_read(self->gap, &gap);
    span_read(self->window, &window);
    if (!test.given)
        test.amount = steps->n / (self->folds + 1);
    int64_t to = steps->n, end = steps->stamps[steps->n - 1];
    for (int64_t f = self->folds - 1; f >= 0; f--) {
        int64_t from = test.amount < to ? to - test.amount : 0;
        end = minus(end, test.amount);
        if (test.is_duration)
            from = first_step(steps, end, true);
        if (from >= to)
            return too_short(self, steps, f, "test", time, error);
        ranges[f] = find_train(steps, (range){0, 0, from, to}, &gap, &window);
        if (ranges[f].train_to <= ranges[f].train_from)
            return too_short(self, steps, f, "fit", time, error);
        to = from;
    }
    return ATTUNE_OK;
}

/* The rows whose step is in from..to. */
static attune_rows *select_rows(const attune_rows *rows, const struct steps *steps, int64_t from,
                                int64_t to, attune_error *error)
{
    int64_t n = 0;
    for (int64_t i = 0; i < rows->n; i++)
        n += steps->of[i] >= from && steps->of[i] < to;
    int64_t *index = attune_alloc(n, sizeof *index, error);
    if (!index)
        return NULL;
    n = 0;
    for (int64_t i = 0; i < rows->n; i++)
        if (steps->of[i] >= from && steps->of[i] < to)
            index[n++] = rows->index[i];
    return attune_rows_new_take(index, n, error);
}

static attune_status make_folds(const attune_rows *rows, const struct steps *steps,
                                const range *ranges, int64_t n, attune_folds *folds,
                                attune_error *error)
{
    *folds = (attune_folds){attune_alloc(n, sizeof *folds->items, error), n};
    attune_status status = folds->items ? ATTUNE_OK : ATTUNE_MEMORY;
    for (int64_t f = 0; f < n && !status; f++) {
        attune_fold *fold = &folds->items[f];
        const range *r = &ranges[f];
        fold->train = select_rows(rows, steps, r->train_from, r->train_to, error);
        fold->test = select_rows(rows, steps, r->test_from, r->test_to, error);
        status = fold->train && fold->test ? ATTUNE_OK : ATTUNE_MEMORY;
    }
    if (status)
        attune_folds_clear(folds);
    return status;
}

/* The time column; INVALID when there is none that these lengths make sense for. */
static attune_status find_time(const struct walk_forward *self, const attune_data *data,
                               const attune_column **time, attune_error *error)
{
    struct span test, gap, window;
    *time = attune_data_role(data, ATTUNE_TIME);
    if (!*time)
        return attune_fail(error, ATTUNE_INVALID,
                           "validation: walk_forward needs a time column: name it as \"time\" in "
                           "\"data\"");
    if ((*time)->kind != ATTUNE_DATETIME_COLUMN && (*time)->kind != ATTUNE_REAL_COLUMN)
        return attune_fail(error, ATTUNE_INVALID,
                           "validation: walk_forward needs dates or numbers as time, \"%s\" is %s",
                           (*time)->name, attune_kind_word((*time)->kind));
    span_read(self->test, &test);
    span_read(self->gap, &gap);
    span_read(self->window, &window);
    const char *duration = test.is_duration     ? self->test
                           : gap.is_duration    ? self->gap
                           : window.is_duration ? self->window
                                                : NULL;
    if (duration && (*time)->kind != ATTUNE_DATETIME_COLUMN)
        return attune_fail(error, ATTUNE_INVALID,
                           "validation: %s is a duration, but the time \"%s\" has no dates: give a "
                           "count of times, such as 28",
                           duration, (*time)->name);
    return ATTUNE_OK;
}

static attune_status split(const void *self, const attune_data *data, const attune_rows *rows,
                           attune_key seed, attune_folds *folds, attune_error *error)
{
    (void)seed;
    const struct walk_forward *s = self;
    const attune_column *time = NULL;
    attune_status status = find_time(s, data, &time, error);
    if (status)
        return status;
    struct steps steps = {0};
    range *ranges = attune_alloc(s->folds, sizeof *ranges, error);
    status = ranges ? steps_make(&steps, time, rows, error) : ATTUNE_MEMORY;
    if (!status)
        status = find_ranges(s, &steps, time, ranges, error);
    if (!status)
        status = make_folds(rows, &steps, ranges, s->folds, folds, error);
    steps_clear(&steps);
    free(ranges);
    return status;
}

const attune_splitter_type attune_splitter_walk_forward = {
    .name = "walk_forward",
    .doc = "Fitted on the past, tested on what came next; needs a time column.",
    .size = sizeof(struct walk_forward),
    .fields = fields,
    .check = check,
    .split = split,
};

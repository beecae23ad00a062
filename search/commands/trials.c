/* search/commands/trials.c - `attune trials`: the trials of a study, by rank or by a query. */
#include "search/command.h"
#include "search/grid.h"
#include "search/trial_cells.h"
#include "trials/query.h"

#include <stdlib.h>
#include <string.h>

static const attune_option options[] = {
    {"where", "SQL", "only these: --where \"value < 0.3 and penalty = 'l1'\""},
    {"sort", "COL", "by this column; -COL for the largest first"},
    {"top", "N", "only the first N"},
    {"columns", "A,B,C", "which columns; `attune help trials` lists them"},
    {"format", "WORD", "table (for people), csv or jsonl"},
    {"study", "NAME", "which study of the store; the newest when not given"},
    {"store", "FILE", "the same as STORE"},
    {NULL, NULL, NULL},
};

/* What is shown: the chosen trials in their order, by index into the study's. */
struct listing {
    const attune_stored *stored;
    int64_t *index;
    int64_t n;
    attune_texts columns, titles;
    attune_format format;
};

static attune_status keep_row(void *user, const attune_value *values, int64_t n,
                              attune_error *error)
{
    struct listing *listing = user;
    (void)n;
    (void)error;
    /* Trials that came since the study was read are left for the next look. */
    for (int64_t i = 0; i < listing->stored->n; i++)
        if (listing->n < listing->stored->n &&
            listing->stored->trials[i].number == values[0].integer)
            listing->index[listing->n++] = i;
    return ATTUNE_OK;
}

static attune_status read_query(struct listing *listing, const attune_arguments *arguments,
                                attune_error *error)
{
    const char *sort = attune_option_value(arguments, "sort");
    attune_query query = {.study = listing->stored->study.name,
                          .where = attune_option_value(arguments, "where")};
    attune_query_rows rows = {.row = keep_row, .user = listing};
    query.descending = sort && *sort == '-';
    query.sort = query.descending ? sort + 1 : sort;
    attune_status status = attune_texts_add(&query.columns, "number", error);
    if (!status)
        status = attune_query_run(listing->stored->storage, &query, &rows, error);
    attune_texts_clear(&query.columns);
    return status;
}

/* Those that can be the answer before those that cannot (behind the front, or outside of the
 * constraints), complete ones by value, best first; then the others by number. */
static bool before(const attune_stored *stored, int64_t a, int64_t b)
{
    const attune_trial *x = &stored->trials[a], *y = &stored->trials[b];
    bool scored_x = x->state == ATTUNE_TRIAL_COMPLETE && x->n_values > 0;
    bool scored_y = y->state == ATTUNE_TRIAL_COMPLETE && y->n_values > 0;
    if (scored_x != scored_y)
        return scored_x;
    if (stored->marks[a] != stored->marks[b])
        return stored->marks[a];
    if (scored_x && attune_better(stored->direction, x->values[0], y->values[0]))
        return true;
    if (scored_x && attune_better(stored->direction, y->values[0], x->values[0]))
        return false;
    return x->number < y->number;
}

/* Merge sort: stable, no globals for the comparison. */
static void rank(const attune_stored *stored, int64_t *index, int64_t *scratch, int64_t n)
{
    int64_t half = n / 2, i = 0, j = half;
    if (n < 2)
        return;
    rank(stored, index, scratch, half);
    rank(stored, index + half, scratch, n - half);
    for (int64_t k = 0; k < n; k++)
        scratch[k] =
            i < half && (j == n || !before(stored, index[j], index[i])) ? index[i++] : index[j++];
    memcpy(index, scratch, (size_t)n * sizeof *index);
}

static attune_status choose_trials(struct listing *listing, const attune_arguments *arguments,
                                   attune_error *error)
{
    int64_t n = listing->stored->n, top = 0;
    bool sorted = attune_option_given(arguments, "sort");
    int64_t *scratch = attune_alloc(n, sizeof *scratch, error);
    listing->index = attune_alloc(n, sizeof *listing->index, error);
    attune_status status = scratch && listing->index ? ATTUNE_OK : ATTUNE_MEMORY;
    if (!status)
        status = attune_option_integer(arguments, "top", 1, INT64_MAX, &top, error);
    if (!status && (sorted || attune_option_given(arguments, "where")))
        status = read_query(listing, arguments, error);
    else
        for (; !status && listing->n < n; listing->n++)
            listing->index[listing->n] = listing->n;
    if (!status && !sorted && listing->format == ATTUNE_FORMAT_TABLE)
        rank(listing->stored, listing->index, scratch, listing->n);
    if (top && listing->n > top)
        listing->n = top;
    free(scratch);
    return status;
}

static attune_status add_column(struct listing *listing, const char *name, attune_error *error)
{
    bool is_verdict = strcmp(name, "against_best") == 0;
    const char *title = is_verdict ? "against best" : name;
    attune_status status = attune_trial_column_check(listing->stored, name, error);
    if (!status)
        status = attune_texts_add(&listing->columns, name, error);
    if (!status)
        status = attune_texts_add(&listing->titles, title, error);
    return status;
}

/* Of a command or a function: no folds, no model; what was tried says more. */
static attune_status add_own_columns(struct listing *listing, attune_error *error)
{
    enum { most_shown = 8 };
    const attune_stored *s = listing->stored;
    attune_status status = add_column(listing, "number", error);
    for (int64_t k = 0; k < s->goals.n_objectives && !status; k++)
        status = add_column(listing, k ? s->metrics.items[k] : "value", error);
    for (int64_t i = 0; i < s->space->n && i < most_shown && !status; i++)
        status = add_column(listing, attune_space_short_name(s->space, i), error);
    if (!status)
        status = add_column(listing, "fit", error);
    return status ? status : add_column(listing, "against_best", error);
}

static attune_status add_default_columns(struct listing *listing, attune_error *error)
{
    static const char *const shown[] = {"number", "value", "se", "model", "fit", "against_best"};
    const attune_stored *s = listing->stored;
    attune_status status = ATTUNE_OK;
    if (listing->format == ATTUNE_FORMAT_TABLE && !s->pipeline)
        return add_own_columns(listing, error);
    if (listing->format == ATTUNE_FORMAT_TABLE) {
        for (size_t i = 0; i < sizeof shown / sizeof *shown && !status; i++) {
            status = add_column(listing, shown[i], error);
            for (int64_t k = 1; i == 1 && k < s->goals.n_objectives && !status; k++)
                status = add_column(listing, s->metrics.items[k], error);
        }
        return status;
    }
    for (size_t i = 0; i < 2 && !status; i++)
        status = add_column(listing, i ? "state" : "number", error);
    for (int64_t i = 0; i < s->metrics.n && !status; i++)
        status = add_column(listing, i ? s->metrics.items[i] : "value", error);
    for (int64_t i = 0; i < s->space->n && !status; i++)
        status = add_column(listing, s->space->dimensions[i].name, error);
    return status;
}

static attune_status read_columns(struct listing *listing, const attune_arguments *arguments,
                                  attune_error *error)
{
    const char *at = attune_option_value(arguments, "columns");
    attune_status status = ATTUNE_OK;
    if (!at)
        return add_default_columns(listing, error);
    while (!status) {
        size_t length = strcspn(at, ",");
        char *name = strndup(at, length);
        status = name ? add_column(listing, name, error)
                      : attune_fail(error, ATTUNE_MEMORY, "out of memory");
        free(name);
        if (!at[length])
            break;
        at += length + 1;
    }
    return status;
}

static attune_status print(const struct listing *listing, attune_error *error)
{
    attune_grid grid = {0};
    attune_status status = attune_texts_copy(
        &grid.names, listing->format == ATTUNE_FORMAT_TABLE ? &listing->titles : &listing->columns,
        error);
    for (int64_t r = 0; r < listing->n && !status; r++) {
        attune_value *row = attune_grid_row(&grid, error);
        status = row ? ATTUNE_OK : ATTUNE_MEMORY;
        for (int64_t c = 0; c < listing->columns.n && !status; c++)
            status = attune_trial_cell(listing->stored, &listing->stored->trials[listing->index[r]],
                                       listing->columns.items[c],
                                       listing->format == ATTUNE_FORMAT_TABLE, &row[c], error);
    }
    if (!status)
        status = attune_grid_print(&grid, listing->format, stdout, error);
    attune_grid_clear(&grid);
    return status;
}

static void print_counts(const attune_stored *stored)
{
    attune_text counts = {0};
    char n[32];
    attune_stored_counts(stored, &counts);
    printf("%s: %s\n", attune_count_text(stored->n, n), counts.bytes ? counts.bytes : "");
    attune_text_clear(&counts);
}

static attune_status run(const attune_arguments *arguments, attune_error *error)
{
    const char *store = attune_arguments_at(arguments, 0);
    attune_stored stored = {0};
    struct listing listing = {.stored = &stored};
    if (!store)
        store = attune_option_value(arguments, "store");
    attune_status status =
        attune_format_read(attune_option_value(arguments, "format"), &listing.format, error);
    if (!status)
        status = attune_stored_open(&stored, store ? store : "attune.db",
                                    attune_option_value(arguments, "study"), error);
    if (!status)
        status = read_columns(&listing, arguments, error);
    if (!status)
        status = choose_trials(&listing, arguments, error);
    if (!status)
        status = print(&listing, error);
    if (!status && listing.format == ATTUNE_FORMAT_TABLE)
        print_counts(&stored);
    free(listing.index);
    attune_texts_clear(&listing.columns);
    attune_texts_clear(&listing.titles);
    attune_stored_clear(&stored);
    return status;
}

const attune_command_type attune_command_trials = {
    .name = "trials",
    .usage = "[STORE]  [options]",
    .doc = "List the trials of a study, the best first.",
    .more =
        "Columns: number, state, value (what is optimised), every metric by its name, se "
        "(standard\n"
        "error of value over the folds), model, fit (processor seconds of all folds), "
        "against_best,\n"
        "started, finished, crashes, reason, hyperparams (one JSON object), and every\n"
        "hyperparameter by its name: C will do for model__logistic_regression__C where no other\n"
        "ends so.\n"
        "In the table, a tie is a trial within one standard error of the best; of those the\n"
        "simplest is named. Of several objectives, the front is what no other beats in all of "
        "them.\n"
        " csv and jsonl give every digit and come by number.\n"
        "--where is an SQL condition over number, state, value, the metrics, se, cost, started,\n"
        "finished, crashes, reason and the hyperparameters.",
    .options = options,
    .least = 0,
    .most = 1,
    .run = run,
};

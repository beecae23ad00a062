/* steps/splitter.c - the registry of splitters, and what every split has in common. */
#include "steps/splitter.h"

#include "steps/numeric/sort.h"

#include <stdlib.h>
#include <string.h>

#define ATTUNE_SPLITTER(name) extern const attune_splitter_type attune_splitter_##name;
#include "steps/splitters.def"
#undef ATTUNE_SPLITTER

const attune_splitter_type *const attune_splitter_types[] = {
#define ATTUNE_SPLITTER(name) &attune_splitter_##name,
#include "steps/splitters.def"
#undef ATTUNE_SPLITTER
    NULL,
};

const attune_splitter_type *attune_splitter_type_find(const char *name)
{
    for (const attune_splitter_type *const *type = attune_splitter_types; *type; type++)
        if (strcmp((*type)->name, name) == 0)
            return *type;
    return NULL;
}

attune_status attune_splitter_new(attune_splitter **splitter, const attune_splitter_type *type,
                                  attune_error *error)
{
    attune_splitter *made = attune_alloc(1, sizeof *made, error);
    *splitter = NULL;
    if (!made)
        return ATTUNE_MEMORY;
    *made = (attune_splitter){type, attune_alloc(1, type->size, error), 1};
    if (!made->self || attune_fields_init(type->fields, made->self, error)) {
        attune_splitter_free(made);
        return ATTUNE_MEMORY;
    }
    *splitter = made;
    return ATTUNE_OK;
}

void attune_splitter_free(attune_splitter *splitter)
{
    if (!splitter)
        return;
    if (splitter->self)
        attune_fields_clear(splitter->type->fields, splitter->self, ATTUNE_ALL);
    free(splitter->self);
    free(splitter);
}

void attune_folds_clear(attune_folds *folds)
{
    for (int64_t i = 0; folds->items && i < folds->n; i++) {
        attune_rows_free(folds->items[i].train);
        attune_rows_free(folds->items[i].test);
    }
    free(folds->items);
    memset(folds, 0, sizeof *folds);
}

attune_key attune_folds_key(const attune_folds *folds)
{
    attune_key key = attune_key_integer(attune_key_start("folds"), folds->n);
    for (int64_t i = 0; i < folds->n; i++) {
        key = attune_key_join(key, folds->items[i].train->id);
        key = attune_key_join(key, folds->items[i].test->id);
    }
    return key;
}

/* Whether rows ascend without a repeat; INTERNAL when one is not a row of the data. */
static attune_status look_at(const attune_rows *rows, const attune_data *data, bool *ascending,
                             attune_error *error)
{
    *ascending = true;
    if (rows->n < 1)
        return attune_fail(error, ATTUNE_INVALID, "validation: there are no rows to divide");
    for (int64_t i = 0; i < rows->n; i++) {
        if (rows->index[i] < 0 || rows->index[i] >= data->n_rows)
            return attune_fail(error, ATTUNE_INTERNAL, "row %lld of data of %lld rows",
                               (long long)rows->index[i], (long long)data->n_rows);
        *ascending = *ascending && (i == 0 || rows->index[i - 1] < rows->index[i]);
    }
    return ATTUNE_OK;
}

/* The rows sorted (all), and each of them once (once). New shares. */
static attune_status sort_rows(const attune_rows *rows, attune_rows **all, attune_rows **once,
                               attune_error *error)
{
    attune_sort_item *items = attune_alloc(rows->n, sizeof *items, error);
    int64_t *sorted = attune_alloc(rows->n, sizeof *sorted, error);
    int64_t *distinct = attune_alloc(rows->n, sizeof *distinct, error);
    attune_status status = items && sorted && distinct ? ATTUNE_OK : ATTUNE_MEMORY;
    int64_t n = 0;
    for (int64_t i = 0; i < rows->n && !status; i++)
        items[i] = (attune_sort_item){(uint64_t)rows->index[i], rows->index[i]};
    if (!status)
        status = attune_sort_items(items, rows->n, error);
    for (int64_t i = 0; i < rows->n && !status; i++) {
        sorted[i] = items[i].row;
        if (n == 0 || distinct[n - 1] != items[i].row)
            distinct[n++] = items[i].row;
    }
    free(items);
    if (status) {
        free(sorted);
        free(distinct);
        return status;
    }
    *all = attune_rows_new_take(sorted, rows->n, error);
    *once = attune_rows_new_take(distinct, n, error);
    return *all && *once ? ATTUNE_OK : ATTUNE_MEMORY;
}

/* Exchanges part, of distinct rows, for the same with as many copies as all has. */
static attune_status expand(attune_rows **part, const attune_rows *all, attune_error *error)
{
    int64_t *index = attune_alloc(all->n, sizeof *index, error);
    int64_t n = 0, at = 0;
    if (!index)
        return ATTUNE_MEMORY;
    for (int64_t i = 0; i < all->n; i++) {
        while (at < (*part)->n && (*part)->index[at] < all->index[i])
            at++;
        if (at < (*part)->n && (*part)->index[at] == all->index[i])
            index[n++] = all->index[i];
    }
    attune_rows *expanded = attune_rows_new_take(index, n, error);
    if (!expanded)
        return ATTUNE_MEMORY;
    attune_rows_free(*part);
    *part = expanded;
    return ATTUNE_OK;
}

/* Moves the folds of one repeat to the end of folds. */
static attune_status append_folds(attune_folds *folds, attune_folds *more, attune_error *error)
{
    attune_fold *grown = attune_realloc(folds->items, folds->n + more->n, sizeof *grown, error);
    if (!grown) {
        attune_folds_clear(more);
        return ATTUNE_MEMORY;
    }
    memcpy(grown + folds->n, more->items, (size_t)more->n * sizeof *grown);
    folds->items = grown;
    folds->n += more->n;
    free(more->items);
    return ATTUNE_OK;
}

static attune_status split_repeats(const attune_splitter *splitter, const attune_data *data,
                                   const attune_rows *rows, attune_key seed, attune_folds *folds,
                                   attune_error *error)
{
    attune_status status = ATTUNE_OK;
    attune_key key = attune_key_text(seed, "split");
    for (int64_t repeat = 0; repeat < splitter->repeats && !status; repeat++) {
        attune_folds more = {0};
        status = splitter->type->split(splitter->self, data, rows, attune_key_integer(key, repeat),
                                       &more, error);
        if (!status)
            status = append_folds(folds, &more, error);
    }
    return status;
}

attune_status attune_splitter_split(const attune_splitter *splitter, const attune_data *data,
                                    const attune_rows *rows, attune_key seed, attune_folds *folds,
                                    attune_error *error)
{
    bool ascending = false;
    attune_rows *all = NULL, *once = NULL;
    memset(folds, 0, sizeof *folds);
    attune_status status = look_at(rows, data, &ascending, error);
    if (!status && !ascending)
        status = sort_rows(rows, &all, &once, error);
    if (!status)
        status = split_repeats(splitter, data, once ? once : rows, seed, folds, error);
    for (int64_t i = 0; i < folds->n && !status && once && once->n < all->n; i++) {
        status = expand(&folds->items[i].train, all, error);
        if (!status)
            status = expand(&folds->items[i].test, all, error);
    }
    if (status)
        attune_folds_clear(folds);
    attune_rows_free(all);
    attune_rows_free(once);
    return status;
}

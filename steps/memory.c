/* steps/memory.c - the walk over the steps of a pipeline that says what a fit will need. */
#include "steps/memory.h"

#include <stdlib.h>

/* What the next step would be given: columns of the data that are still there, and numbers that
 * steps before it made. */
struct walk {
    const attune_data *data;
    int64_t n;
    uint8_t *there; /* one a column of the data */
    int64_t *index; /* scratch, one a column */
    double numbers; /* columns made so far, one double a row each */
    attune_memory_need *need;
    double most;
};

static double inputs_of(const struct walk *w)
{
    double n = w->numbers;
    for (int64_t c = 0; c < w->data->n_columns; c++)
        n += w->there[c] && w->data->roles[c] == ATTUNE_INPUT;
    return n;
}

static double capped(double x)
{
    return x < 9e18 ? x : 9e18;
}

/* How many columns a touched one becomes; 0: it stays. */
static double becomes(const struct walk *w, const attune_step *step, attune_kind kind,
                      const attune_levels *levels)
{
    int64_t n = levels ? levels->n : 0;
    if (step->type->widen) /* rows cannot have more levels than there are rows */
        return (double)step->type->widen(step->self, kind, n < w->n ? n : w->n);
    return kind == ATTUNE_REAL_COLUMN;
}

/* Takes out what a transform replaces; returns how many columns of numbers it makes. */
static double transform(struct walk *w, const attune_step *step)
{
    attune_context root = attune_context_root(NULL, (attune_key){0, 0});
    root.columns = &step->columns;
    int64_t n = attune_context_select(&root, w->data, (1u << ATTUNE_KINDS) - 1, w->index);
    double per_number = becomes(w, step, ATTUNE_REAL_COLUMN, NULL), made = 0;
    for (int64_t i = 0; i < n; i++) {
        const attune_column *column = w->data->columns[w->index[i]];
        if (!w->there[w->index[i]])
            continue;
        double more = becomes(w, step, column->kind, column->levels);
        w->there[w->index[i]] = more == 0;
        made += more;
    }
    if (per_number > 0) {
        made += per_number * w->numbers;
        w->numbers = 0;
    }
    return made;
}

static void note_peak(struct walk *w, const attune_step *step, double bytes, double columns)
{
    if (bytes < w->most)
        return;
    w->most = bytes;
    w->need->step = step;
    w->need->columns = (int64_t)capped(columns);
}

static void walk(struct walk *w, const attune_step *step)
{
    const attune_children *children = attune_step_children(step);
    for (int64_t i = 0; children && i < children->n; i++)
        if (!step->type->uses || step->type->uses(step->self, i))
            walk(w, children->items[i]);
    if (children)
        return;
    double row = 8.0 * (double)w->data->n_rows, held = row * w->numbers, p = inputs_of(w);
    double own = step->type->estimate_memory
                     ? (double)step->type->estimate_memory(step->self, w->n, (int64_t)capped(p))
                     : 0;
    double made = step->type->transform ? transform(w, step) : 0;
    note_peak(w, step, held + row * made + own, p > made ? p : made);
    w->numbers += made;
}

attune_status attune_step_need(const attune_step *step, const attune_data *data, int64_t n,
                               attune_memory_need *need, attune_error *error)
{
    struct walk w = {.data = data, .n = n, .need = need};
    *need = (attune_memory_need){.step = step};
    w.there = attune_alloc(data->n_columns, 1, error);
    w.index = attune_alloc(data->n_columns, sizeof *w.index, error);
    attune_status status = w.there && w.index ? ATTUNE_OK : ATTUNE_MEMORY;
    for (int64_t c = 0; c < data->n_columns && !status; c++)
        w.there[c] = 1;
    if (!status)
        walk(&w, step);
    need->bytes = w.most < 9e18 ? (int64_t)w.most : INT64_MAX;
    free(w.there);
    free(w.index);
    return status;
}

int64_t attune_data_bytes(const attune_data *data)
{
    int64_t bytes = 0;
    for (int64_t c = 0; c < data->n_columns; c++)
        bytes += data->n_rows * (data->columns[c]->kind == ATTUNE_NOMINAL_COLUMN ? 4 : 8);
    return bytes;
}

void attune_bytes_print(attune_text *text, int64_t bytes)
{
    static const char *const units[] = {"KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
    double amount = (double)bytes / 1024;
    int unit = 0;
    for (; amount >= 1000 && unit < 5; unit++)
        amount /= 1024;
    attune_text_printf(text, amount < 10 ? "%.1f %s" : "%.0f %s", amount, units[unit]);
}

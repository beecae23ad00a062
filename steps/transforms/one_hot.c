/* steps/transforms/one_hot.c - a 0/1 column for each level of a nominal column.
 *
 * Only levels that come in the training rows get a column, the most frequent max_levels of them;
 * the rest share "NAME=other". Missing values get "NAME=missing" when the training rows have some,
 * else all columns are 0. The default of max_levels bounds memory: a column of 1,000 levels and
 * 100,000 rows would be 800 MB, and 50 hold most of what there is to learn. */
#include "steps/step.h"
#include "steps/transforms/touch.h"

#include <stdlib.h>
#include <string.h>

enum drop { DROP_NONE, DROP_FIRST, DROP_IF_BINARY };
enum unseen { UNSEEN_IGNORE, UNSEEN_ERROR };

static const char *const drops[] = {"none", "first", "if_binary", NULL};
static const char *const unseens[] = {"ignore", "error", NULL};

/* What a level's place in `outputs` is when it has none. */
enum { NEVER_SEEN = -1, DROPPED = -2, SHARED = -3 /* in fit only: that of "other" */ };

struct one_hot {
    int64_t max_levels, min_frequency;
    int drop, unseen;
    attune_texts names, outputs;
    attune_array starts;  /* i64, one a name and one more: where its part of levels begins */
    attune_array levels;  /* i32: the output of each level of each name, or one of the above */
    attune_array missing; /* i32, one a name: the same for missing values */
};

static const attune_field fields[] = {
    ATTUNE_INTEGER(struct one_hot, max_levels, 50,
                   "how many levels get a column of their own, the most frequent; null: all",
                   .low = 1, .no_high = true, .nullable = true),
    ATTUNE_INTEGER(struct one_hot, min_frequency, 1,
                   "how many training rows a level needs for a column of its own", .low = 1,
                   .no_high = true),
    ATTUNE_ENUM(struct one_hot, drop, drops, DROP_NONE,
                "whether to leave out the first column of each: none, first, or if_binary, where "
                "there are two"),
    ATTUNE_ENUM(struct one_hot, unseen, unseens, UNSEEN_IGNORE,
                "a level that training rows did not have: ignore makes all columns 0"),
    ATTUNE_FITTED_TEXTS(struct one_hot, names, "columns that are encoded"),
    ATTUNE_FITTED_TEXTS(struct one_hot, outputs, "columns that are made"),
    ATTUNE_FITTED_ARRAY(struct one_hot, starts, "where each column's part of levels begins"),
    ATTUNE_FITTED_ARRAY(struct one_hot, levels,
                        "the output of each level, -1 never seen, -2 dropped"),
    ATTUNE_FITTED_ARRAY(struct one_hot, missing, "the same for missing values, one a column"),
    ATTUNE_FIELDS_END,
};

/* A level and how often training rows have it. */
struct tally {
    int64_t count;
    int32_t code;
};

static int more_frequent(const void *a, const void *b)
{
    const struct tally *x = a, *y = b;
    if (x->count != y->count)
        return x->count > y->count ? -1 : 1;
    return (x->code > y->code) - (x->code < y->code);
}

static int64_t tally_levels(const attune_column *column, const attune_rows *rows,
                            struct tally *tallies)
{
    int64_t missing = 0;
    int32_t n = column->levels->n;
    for (int32_t code = 0; code < n; code++)
        tallies[code] = (struct tally){0, code};
    for (int64_t i = 0; i < rows->n; i++) {
        int32_t code = column->codes[rows->index[i] * column->stride];
        if (code >= 0 && code < n)
            tallies[code].count++;
        missing += code == ATTUNE_CODE_MISSING;
    }
    return missing;
}

static attune_status add_output(struct one_hot *s, const char *column, const char *level,
                                int32_t *place, attune_error *error)
{
    attune_text name = {0};
    attune_text_printf(&name, "%s=%s", column, level);
    attune_status status = name.failed ? attune_fail(error, ATTUNE_MEMORY, "out of memory: a name")
                                       : attune_texts_add(&s->outputs, name.bytes, error);
    attune_text_clear(&name);
    *place = (int32_t)(s->outputs.n - 1);
    return status;
}

/* Marks in place which levels are kept; returns whether any level has to share a column. */
static bool choose_levels(const struct one_hot *s, struct tally *tallies, int32_t n,
                          int32_t *places)
{
    bool others = false;
    int64_t most = s->max_levels < 0 ? n : s->max_levels;
    qsort(tallies, (size_t)n, sizeof *tallies, more_frequent);
    for (int32_t rank = 0; rank < n && tallies[rank].count > 0; rank++) {
        bool kept = rank < most && tallies[rank].count >= s->min_frequency;
        places[tallies[rank].code] = kept ? 1 : 0;
        others |= !kept;
    }
    return others;
}

/* The first of the new columns is left out: its place becomes DROPPED, others move down. */
static void drop_first(struct one_hot *s, int64_t first, int32_t *places, int32_t n,
                       int32_t *missing)
{
    int64_t made = s->outputs.n - first;
    if (s->drop == DROP_NONE || made == 0 || (s->drop == DROP_IF_BINARY && made != 2))
        return;
    free(s->outputs.items[first]);
    memmove(s->outputs.items + first, s->outputs.items + first + 1,
            (size_t)(made - 1) * sizeof *s->outputs.items);
    s->outputs.n--;
    for (int32_t i = 0; i <= n; i++) {
        int32_t *place = i < n ? &places[i] : missing;
        if (*place >= 0)
            *place = *place == first ? DROPPED : *place - 1;
    }
}

/* Outputs stand in the order of the levels, then other, then missing. */
static attune_status learn_column(struct one_hot *s, const attune_column *column,
                                  const attune_rows *rows, int32_t *places, int32_t *missing,
                                  attune_error *error)
{
    int32_t n = column->levels->n, other = NEVER_SEEN;
    int64_t first = s->outputs.n;
    struct tally *tallies = attune_alloc(n, sizeof *tallies, error);
    if (!tallies)
        return ATTUNE_MEMORY;
    for (int32_t code = 0; code < n; code++)
        places[code] = NEVER_SEEN;
    *missing = NEVER_SEEN;
    int64_t n_missing = tally_levels(column, rows, tallies);
    bool others = choose_levels(s, tallies, n, places);
    free(tallies);
    attune_status status = ATTUNE_OK;
    for (int32_t code = 0; code < n && !status; code++)
        if (places[code] == 1)
            status = add_output(s, column->name, column->levels->names[code], &places[code], error);
        else if (places[code] == 0)
            places[code] = SHARED;
    if (others && !status)
        status = add_output(s, column->name, "other", &other, error);
    for (int32_t code = 0; code < n; code++)
        if (places[code] == SHARED)
            places[code] = other;
    if (n_missing && !status)
        status = add_output(s, column->name, "missing", missing, error);
    if (!status)
        drop_first(s, first, places, n, missing);
    return status;
}

static attune_status make_room(struct one_hot *s, const attune_touched *touched,
                               attune_error *error)
{
    int64_t total = 0;
    attune_status status =
        attune_array_make_1d(&s->starts, ATTUNE_ARRAY_I64, touched->n + 1, error);
    for (int64_t i = 0; i < touched->n && !status; i++) {
        s->starts.i64[i] = total;
        total += attune_touched_column(touched, i)->levels->n;
    }
    if (!status)
        s->starts.i64[touched->n] = total;
    if (!status)
        status = attune_array_make_1d(&s->levels, ATTUNE_ARRAY_I32, total, error);
    return status ? status : attune_array_make_1d(&s->missing, ATTUNE_ARRAY_I32, touched->n, error);
}

static attune_status fit(void *self, const attune_data *data, const attune_rows *rows,
                         const attune_context *context, attune_error *error)
{
    struct one_hot *s = self;
    attune_touched touched = {0};
    attune_status status = attune_touched_select(&touched, data, 1u << ATTUNE_NOMINAL_COLUMN,
                                                 context, &s->names, error);
    if (!status)
        status = make_room(s, &touched, error);
    for (int64_t i = 0; i < touched.n && !status; i++) {
        status = learn_column(s, attune_touched_column(&touched, i), rows,
                              s->levels.i32 + s->starts.i64[i], &s->missing.i32[i], error);
        if (!status && s->outputs.n > INT32_MAX / 2)
            status = attune_fail(error, ATTUNE_UNFIT, "%s: too many levels", context->name);
        if (!status)
            status = attune_context_stop(context, error);
    }
    if (!status)
        status = attune_names_make_unique(&s->outputs, data, error);
    attune_touched_clear(&touched);
    return status;
}

static attune_status refuse_unseen(const attune_column *column, int64_t row, int32_t code,
                                   const attune_context *context, attune_error *error)
{
    bool named = code >= 0 && code < column->levels->n;
    return attune_fail(error, ATTUNE_INVALID,
                       "%s: column \"%s\", row %lld: the level %s%s%s was not in the training data "
                       "(unseen: \"ignore\" accepts it)",
                       context->name, column->name, (long long)row + 1, named ? "\"" : "there",
                       named ? column->levels->names[code] : "", named ? "\"" : "");
}

static attune_status encode(const struct one_hot *s, const attune_column *column, int64_t i,
                            const attune_block *block, const attune_context *context,
                            attune_error *error)
{
    const int32_t *places = s->levels.i32 + s->starts.i64[i];
    int64_t n = s->starts.i64[i + 1] - s->starts.i64[i];
    for (int64_t r = 0; r < block->n_rows; r++) {
        int32_t code = column->codes[r * column->stride];
        int32_t place = code == ATTUNE_CODE_MISSING ? s->missing.i32[i]
                        : code >= 0 && code < n     ? places[code]
                                                    : NEVER_SEEN;
        if (place >= 0)
            block->values[r * block->stride + place] = 1;
        else if (place == NEVER_SEEN && code != ATTUNE_CODE_MISSING && s->unseen == UNSEEN_ERROR)
            return refuse_unseen(column, r, code, context, error);
    }
    return attune_context_stop(context, error);
}

/* The last output of each column is the largest place it has; those before it are its own too. */
static int64_t outputs_end(const struct one_hot *s, int64_t i, int64_t first)
{
    int64_t end = first, place = s->missing.i32[i];
    end = place >= end ? place + 1 : end;
    for (int64_t k = s->starts.i64[i]; k < s->starts.i64[i + 1]; k++) {
        place = s->levels.i32[k];
        end = place >= end ? place + 1 : end;
    }
    return end;
}

static attune_status add_columns(const struct one_hot *s, const attune_touched *touched,
                                 const attune_block *block, const attune_context *context,
                                 attune_change *change, attune_error *error)
{
    attune_status status = ATTUNE_OK;
    for (int64_t i = 0, k = 0; i < touched->n && !status; i++) {
        attune_key source = attune_touched_column(touched, i)->id;
        int64_t first = k, end = outputs_end(s, i, first);
        change->drop[touched->index[i]] = 1;
        for (; k < end && !status; k++) {
            attune_key id = attune_context_derive(context, source, k - first);
            status = attune_change_add_take(
                change, attune_block_column(block, k, s->outputs.items[k], id, error));
        }
    }
    return status;
}

static attune_status transform(const void *self, const attune_data *data,
                               const attune_context *context, attune_data **out,
                               attune_error *error)
{
    const struct one_hot *s = self;
    attune_touched touched = {0};
    attune_block block = {0};
    attune_change change = {0};
    attune_status status =
        attune_touched_find(&touched, data, ATTUNE_NOMINAL_COLUMN, &s->names, context, error);
    if (!status)
        status = attune_block_make(&block, data->n_rows, s->outputs.n, error);
    for (int64_t i = 0; i < touched.n && !status; i++)
        status = encode(s, attune_touched_column(&touched, i), i, &block, context, error);
    if (!status)
        status = attune_change_begin(&change, data, s->outputs.n, error);
    if (!status)
        status = add_columns(s, &touched, &block, context, &change, error);
    if (!status)
        status = attune_change_finish(&change, out, error);
    attune_change_clear(&change);
    attune_block_clear(&block);
    attune_touched_clear(&touched);
    return status;
}

static bool starts_are_right(const struct one_hot *s)
{
    int64_t n = s->names.n;
    if (s->starts.type != ATTUNE_ARRAY_I64 || attune_array_count(&s->starts) != n + 1 ||
        s->starts.i64[0] != 0 || s->starts.i64[n] != attune_array_count(&s->levels))
        return false;
    for (int64_t i = 0; i < n; i++)
        if (s->starts.i64[i] > s->starts.i64[i + 1])
            return false;
    return true;
}

/* Every output belongs to one column, in the order of the columns. */
static bool outputs_are_right(const struct one_hot *s)
{
    int64_t first = 0;
    for (int64_t i = 0; i < s->names.n; i++) {
        int64_t end = outputs_end(s, i, first);
        if (s->missing.i32[i] < DROPPED || (s->missing.i32[i] >= 0 && s->missing.i32[i] < first))
            return false;
        for (int64_t k = s->starts.i64[i]; k < s->starts.i64[i + 1]; k++)
            if (s->levels.i32[k] < DROPPED || (s->levels.i32[k] >= 0 && s->levels.i32[k] < first))
                return false;
        first = end;
    }
    return first == s->outputs.n;
}

static const char *check_fitted(const void *self)
{
    const struct one_hot *s = self;
    if (s->levels.type != ATTUNE_ARRAY_I32 || s->missing.type != ATTUNE_ARRAY_I32 ||
        attune_array_count(&s->missing) != s->names.n || !starts_are_right(s))
        return "starts, levels and missing do not go together";
    return outputs_are_right(s) ? NULL : "a level is encoded as a column that is not its own";
}

/* Warns of levels that lose their column, and of columns that look like an id. */
static void validate(const void *self, const attune_data *data, const attune_rows *rows,
                     const attune_context *context, attune_texts *notes)
{
    const struct one_hot *s = self;
    attune_touched touched = {0};
    attune_texts names = {0};
    attune_text note = {0};
    if (!attune_touched_select(&touched, data, 1u << ATTUNE_NOMINAL_COLUMN, context, &names, NULL))
        for (int64_t i = 0; i < touched.n; i++) {
            const attune_column *column = attune_touched_column(&touched, i);
            int32_t n = column->levels->n;
            if (s->max_levels < 0 || n <= s->max_levels)
                continue;
            struct tally *tallies = attune_alloc(n, sizeof *tallies, NULL);
            int64_t once = 0;
            if (tallies)
                tally_levels(column, rows, tallies);
            for (int32_t code = 0; tallies && code < n; code++)
                once += tallies[code].count == 1;
            free(tallies);
            attune_text_clear(&note);
            attune_text_printf(&note, "%s: %d levels, %lld of them once; %s keeps %lld",
                               column->name, (int)n, (long long)once, context->name,
                               (long long)s->max_levels);
            if (!note.failed)
                attune_texts_add(notes, note.bytes, NULL);
        }
    attune_text_clear(&note);
    attune_texts_clear(&names);
    attune_touched_clear(&touched);
}

static void describe(const void *self, attune_text *text)
{
    const struct one_hot *s = self;
    attune_text_printf(text, "%lld nominal columns to %lld columns of 0 and 1",
                       (long long)s->names.n, (long long)s->outputs.n);
}

/* One a level that is kept, "other", "missing". */
static int64_t widen(const void *self, attune_kind kind, int64_t levels)
{
    const struct one_hot *s = self;
    if (kind != ATTUNE_NOMINAL_COLUMN)
        return 0;
    return (s->max_levels > 0 && s->max_levels < levels ? s->max_levels + 1 : levels) + 1;
}

const attune_step_type attune_step_one_hot = {
    .name = "one_hot",
    .doc = "Turns nominal columns into a column of 0 and 1 for each level.",
    .version = 1,
    .size = sizeof(struct one_hot),
    .fields = fields,
    .fit = fit,
    .widen = widen,
    .transform = transform,
    .check_fitted = check_fitted,
    .validate = validate,
    .describe = describe,
};

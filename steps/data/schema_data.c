/* steps/data/schema_data.c - typing a table by a schema: columns found by name, fields read by
 * kind.
 *
 * A column with a dictionary has each of its words read once; rows then look the value up. */
#include "steps/data/schema_parts.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { most_named = 5, shown_bytes = 60 };

/* Levels that fit did not see: the first few by name. */
struct unseen {
    attune_texts names;
    int64_t rows[most_named], more_rows;
};

struct typing {
    const attune_schema *schema;
    const attune_table *table;
    bool need_target;
    attune_texts *notes;
    attune_error *error;
    attune_column **columns; /* owned shares */
    attune_role *roles;
    int64_t n;
};

/* One column on its way from the table into a buffer. */
struct filling {
    const attune_schema_column *column;
    const attune_table *table;
    int64_t c, n_rows;
    const uint16_t *codes; /* NULL: no dictionary */
    int32_t n_words;
    attune_buffer *buffer;
    struct unseen unseen;
    attune_error *error;
};

static attune_status fail_row(const struct filling *f, int64_t row, const char *text,
                              int64_t length, const char *why)
{
    return attune_fail_in(f->error, ATTUNE_INVALID, attune_table_source(f->table),
                          (int)attune_table_line(f->table, row), 0, "column \"%s\": \"%.*s\" %s",
                          f->column->name, length < shown_bytes ? (int)length : shown_bytes, text,
                          why);
}

static int64_t first_row(const struct filling *f, int32_t word)
{
    int64_t row = 0;
    while (f->codes[row] != word)
        row++;
    return row;
}

/* A level's code; *name is scratch that grows. */
static attune_status find_level(struct filling *f, const char *text, int64_t length,
                                attune_text *name, int32_t *code)
{
    name->length = 0;
    attune_text_append_bytes(name, text, length);
    if (name->failed)
        return attune_fail(f->error, ATTUNE_MEMORY, "out of memory: a level");
    *code = attune_levels_find(f->column->levels, name->bytes);
    return ATTUNE_OK;
}

static attune_status note_unseen(struct filling *f, const char *name, int64_t rows)
{
    struct unseen *unseen = &f->unseen;
    int64_t at = attune_texts_find(&unseen->names, name);
    if (at < 0 && unseen->names.n == most_named) {
        unseen->more_rows += rows;
        return ATTUNE_OK;
    }
    if (at < 0) {
        at = unseen->names.n;
        if (attune_texts_add(&unseen->names, name, f->error))
            return ATTUNE_MEMORY;
    }
    unseen->rows[at] += rows;
    return ATTUNE_OK;
}

/* One field of each kind into item `at`. */
static attune_status read_real(const struct filling *f, int64_t row, const char *text,
                               int64_t length, double *value)
{
    if (!attune_table_real(text, length, value))
        return fail_row(f, row, text, length,
                        "is not a number; mend it, or add it to the missing tokens");
    if (isinf(*value))
        return fail_row(f, row, text, length,
                        "is not finite; mend it, or add it to the missing tokens");
    return ATTUNE_OK;
}

static attune_status read_time(const struct filling *f, int64_t row, const char *text,
                               int64_t length, int64_t *value)
{
    if (attune_table_time(text, length, value))
        return ATTUNE_OK;
    return fail_row(f, row, text, length, "is not an ISO 8601 date (2026-11-22, 2026-11-22 07:30)");
}

static attune_status fill_reals(struct filling *f)
{
    attune_status status = ATTUNE_OK;
    double *values = attune_buffer_bytes(f->buffer);
    double *words = attune_alloc(f->n_words, sizeof *words, f->error);
    int64_t length = 0;
    if (!words)
        return ATTUNE_MEMORY;
    for (int32_t i = 0; i < f->n_words && !status; i++) {
        const char *text = attune_table_word(f->table, f->c, i, &length);
        double value = 0;
        bool plain = attune_table_real(text, length, &value) && !isinf(value);
        status = plain ? ATTUNE_OK : read_real(f, first_row(f, i), text, length, &value);
        words[i] = value;
    }
    for (int64_t i = 0; i < f->n_rows && !status; i++) {
        if (f->codes) {
            values[i] = f->codes[i] == ATTUNE_WORD_MISSING ? NAN : words[f->codes[i]];
            continue;
        }
        const char *text = attune_table_field(f->table, i, f->c, &length);
        values[i] = NAN;
        if (length >= 0)
            status = read_real(f, i, text, length, &values[i]);
    }
    free(words);
    return status;
}

static attune_status fill_times(struct filling *f)
{
    attune_status status = ATTUNE_OK;
    int64_t *values = attune_buffer_bytes(f->buffer), length = 0;
    int64_t *words = attune_alloc(f->n_words, sizeof *words, f->error);
    if (!words)
        return ATTUNE_MEMORY;
    for (int32_t i = 0; i < f->n_words && !status; i++) {
        const char *text = attune_table_word(f->table, f->c, i, &length);
        if (!attune_table_time(text, length, &words[i]))
            status = read_time(f, first_row(f, i), text, length, &words[i]);
    }
    for (int64_t i = 0; i < f->n_rows && !status; i++) {
        if (f->codes) {
            values[i] =
                f->codes[i] == ATTUNE_WORD_MISSING ? ATTUNE_TIME_MISSING : words[f->codes[i]];
            continue;
        }
        const char *text = attune_table_field(f->table, i, f->c, &length);
        values[i] = ATTUNE_TIME_MISSING;
        if (length >= 0)
            status = read_time(f, i, text, length, &values[i]);
    }
    free(words);
    return status;
}

/* With a dictionary: the level of each word, and in how many rows it is when it has none. */
static attune_status word_levels(struct filling *f, attune_text *name, int32_t *levels)
{
    attune_status status = ATTUNE_OK;
    int64_t length = 0;
    for (int32_t i = 0; i < f->n_words && !status; i++) {
        const char *text = attune_table_word(f->table, f->c, i, &length);
        status = find_level(f, text, length, name, &levels[i]);
        if (status || levels[i] >= 0)
            continue;
        int64_t rows = 0;
        for (int64_t row = 0; row < f->n_rows; row++)
            rows += f->codes[row] == i;
        status = note_unseen(f, name->bytes, rows);
    }
    return status;
}

static attune_status fill_levels(struct filling *f)
{
    int32_t *values = attune_buffer_bytes(f->buffer);
    int32_t *words = attune_alloc(f->n_words, sizeof *words, f->error);
    attune_text name = {0};
    int64_t length = 0;
    attune_status status = words ? word_levels(f, &name, words) : ATTUNE_MEMORY;
    for (int64_t i = 0; i < f->n_rows && !status; i++) {
        if (f->codes) {
            values[i] =
                f->codes[i] == ATTUNE_WORD_MISSING ? ATTUNE_CODE_MISSING : words[f->codes[i]];
            continue;
        }
        const char *text = attune_table_field(f->table, i, f->c, &length);
        values[i] = ATTUNE_CODE_MISSING;
        if (length < 0)
            continue;
        status = find_level(f, text, length, &name, &values[i]);
        if (!status && values[i] == ATTUNE_CODE_UNSEEN)
            status = note_unseen(f, name.bytes, 1);
    }
    attune_text_clear(&name);
    free(words);
    return status;
}

/* Pointers first, then the bytes that they point to. */
static attune_status fill_texts(struct filling *f)
{
    char **values = attune_buffer_bytes(f->buffer);
    char *to = (char *)(values + f->n_rows);
    for (int64_t i = 0; i < f->n_rows; i++) {
        int64_t length = 0;
        const char *text = attune_table_field(f->table, i, f->c, &length);
        values[i] = NULL;
        if (length < 0)
            continue;
        memcpy(to, text, (size_t)length);
        to[length] = '\0';
        values[i] = to;
        to += length + 1;
    }
    return ATTUNE_OK;
}

static attune_status fill(struct filling *f)
{
    static attune_status (*const fills[ATTUNE_KINDS])(struct filling *) = {
        [ATTUNE_REAL_COLUMN] = fill_reals,
        [ATTUNE_NOMINAL_COLUMN] = fill_levels,
        [ATTUNE_DATETIME_COLUMN] = fill_times,
        [ATTUNE_TEXT_COLUMN] = fill_texts,
    };
    static const int64_t sizes[ATTUNE_KINDS] = {sizeof(double), sizeof(int32_t), sizeof(int64_t),
                                                sizeof(char *)};
    attune_kind kind = f->column->kind;
    int64_t bytes = f->n_rows * sizes[kind];
    if (kind == ATTUNE_TEXT_COLUMN)
        bytes += attune_table_summary(f->table, f->c)->bytes + f->n_rows;
    f->buffer = attune_buffer_new(bytes, f->error);
    return f->buffer ? fills[kind](f) : ATTUNE_MEMORY;
}

/* A role may ask for more than its kind: a target and a time in every row, weights of at least 0.
 */
static attune_status check_role(const struct typing *t, const struct filling *f)
{
    attune_role role = f->column->role;
    if (!t->need_target || (role != ATTUNE_TARGET && role != ATTUNE_TIME && role != ATTUNE_WEIGHT))
        return ATTUNE_OK;
    const char *word = attune_role_word(role);
    int64_t row = attune_schema_first_missing(f->table, f->c);
    if (row >= 0)
        return attune_fail_in(f->error, ATTUNE_INVALID, attune_table_source(f->table),
                              (int)attune_table_line(f->table, row), 0,
                              "%s \"%s\" is missing here, and in %lld rows in all; remove them",
                              word, f->column->name,
                              (long long)attune_table_summary(f->table, f->c)->n_missing);
    if (role == ATTUNE_TARGET && f->unseen.names.n)
        return attune_fail_in(f->error, ATTUNE_INVALID, attune_table_source(f->table), 0, 0,
                              "target \"%s\" has \"%s\" in %lld rows, a class that the training "
                              "data did not have",
                              f->column->name, f->unseen.names.items[0],
                              (long long)f->unseen.rows[0]);
    const double *weights = attune_buffer_bytes(f->buffer);
    for (int64_t i = 0; role == ATTUNE_WEIGHT && i < f->n_rows; i++)
        if (f->column->kind == ATTUNE_REAL_COLUMN && weights[i] < 0)
            return attune_fail_in(f->error, ATTUNE_INVALID, attune_table_source(f->table),
                                  (int)attune_table_line(f->table, i), 0,
                                  "weight \"%s\" is negative", f->column->name);
    return ATTUNE_OK;
}

static attune_status note_levels(const struct typing *t, const struct filling *f)
{
    const struct unseen *unseen = &f->unseen;
    attune_status status = ATTUNE_OK;
    attune_text note = {0};
    for (int64_t i = 0; t->notes && i <= unseen->names.n && !status; i++) {
        bool last = i == unseen->names.n;
        int64_t rows = last ? unseen->more_rows : unseen->rows[i];
        if (rows == 0)
            continue;
        note.length = 0;
        if (last)
            attune_text_printf(&note, "and more unknown levels of %s", f->column->name);
        else
            attune_text_printf(&note, "unknown level %s=\"%.*s\"", f->column->name, shown_bytes,
                               unseen->names.items[i]);
        attune_text_printf(&note, " in %lld row%s", (long long)rows, rows == 1 ? "" : "s");
        status = note.failed ? attune_fail(t->error, ATTUNE_MEMORY, "out of memory: a note")
                             : attune_texts_add(t->notes, note.bytes, t->error);
    }
    attune_text_clear(&note);
    return status;
}

/* Neither fit nor predict reads it: when it cannot be typed it is left out. */
static bool is_optional(const struct typing *t, attune_role role)
{
    return role == ATTUNE_IGNORE ||
           (!t->need_target && (role == ATTUNE_TARGET || role == ATTUNE_WEIGHT ||
                                role == ATTUNE_GROUP || role == ATTUNE_ID));
}

static attune_status type_column(struct typing *t, const attune_schema_column *column, int64_t c)
{
    attune_error problem = {0};
    bool optional = is_optional(t, column->role);
    struct filling f = {.column = column,
                        .table = t->table,
                        .c = c,
                        .n_rows = attune_table_n_rows(t->table),
                        .error = optional ? &problem : t->error};
    f.codes = attune_table_codes(t->table, c, &f.n_words);
    attune_status status = fill(&f);
    if (!status)
        status = check_role(t, &f);
    if (!status)
        status = note_levels(t, &f);
    if (!status) {
        const void *values = attune_buffer_bytes(f.buffer);
        attune_key id = attune_column_content(column->kind, f.n_rows, values, 1, column->levels);
        attune_column *made = attune_column_new(column->name, column->kind, id, f.n_rows, f.buffer,
                                                values, 1, column->levels, f.error);
        status = made ? ATTUNE_OK : ATTUNE_MEMORY;
        t->columns[t->n] = made;
        t->roles[t->n] = column->role;
        t->n += made != NULL;
    }
    attune_buffer_free(f.buffer);
    attune_texts_clear(&f.unseen.names);
    if (status == ATTUNE_INVALID && optional)
        return ATTUNE_OK;
    return status ? attune_fail(t->error, status, "%s", problem.message) : ATTUNE_OK;
}

/* Names all columns that are needed and not there, up to a few. */
static attune_status fail_absent(const struct typing *t)
{
    attune_text names = {0};
    int64_t n = 0;
    for (int64_t i = 0; i < t->schema->n; i++) {
        const attune_schema_column *column = &t->schema->columns[i];
        if (is_optional(t, column->role) || attune_table_find(t->table, column->name) >= 0)
            continue;
        if (n++ < most_named)
            attune_text_printf(&names, "%s\"%s\"", n > 1 ? ", " : "", column->name);
    }
    if (n > most_named)
        attune_text_printf(&names, " and %lld more", (long long)n - most_named);
    if (n)
        attune_fail_in(t->error, ATTUNE_INVALID, attune_table_source(t->table), 0, 0,
                       "column%s %s missing: %s", n == 1 ? "" : "s", n == 1 ? "is" : "are",
                       names.bytes ? names.bytes : "");
    attune_text_clear(&names);
    return n ? ATTUNE_INVALID : ATTUNE_OK;
}

attune_status attune_schema_data(const attune_schema *schema, const attune_table *table,
                                 bool need_target, attune_data **data, attune_texts *notes,
                                 attune_error *error)
{
    struct typing t = {.schema = schema,
                       .table = table,
                       .need_target = need_target,
                       .notes = notes,
                       .error = error};
    attune_status status = fail_absent(&t);
    if (status)
        return status;
    t.columns = attune_alloc(schema->n, sizeof *t.columns, error);
    t.roles = attune_alloc(schema->n, sizeof *t.roles, error);
    if (!t.columns || !t.roles)
        status = ATTUNE_MEMORY;
    for (int64_t i = 0; i < schema->n && !status; i++) {
        int64_t c = attune_table_find(table, schema->columns[i].name);
        if (c >= 0)
            status = type_column(&t, &schema->columns[i], c);
    }
    attune_data *made = status
                            ? NULL
                            : attune_data_new(t.columns, t.roles, t.n, attune_table_n_rows(table),
                                              schema->task, schema->positive, error);
    for (int64_t i = 0; i < t.n; i++)
        attune_column_free(t.columns[i]);
    free(t.columns);
    free(t.roles);
    if (!made)
        return status ? status : ATTUNE_MEMORY;
    *data = made;
    return ATTUNE_OK;
}

attune_key attune_data_fingerprint(const attune_data *data)
{
    attune_key key = attune_key_integer(attune_key_start("fingerprint"), data->n_rows);
    for (int64_t i = 0; i < data->n_columns; i++) {
        if (data->roles[i] == ATTUNE_IGNORE)
            continue;
        key = attune_key_text(key, data->columns[i]->name);
        key = attune_key_integer(key, data->roles[i]);
        key = attune_key_join(key, data->columns[i]->id); /* kind, levels and values */
    }
    return key;
}

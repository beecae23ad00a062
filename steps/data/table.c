/* steps/data/table.c - reading a table from beginning to end, and the calls that look into it. */
#include "steps/data/table.h"

#include "spaces/base/number.h"
#include "steps/data/table_parts.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

static const char *const default_missing[] = {"", "NA", "N/A", "NaN", "nan", "null", "NULL", "?"};

/* The empty field is always missing; it stands first in the tokens. */
static attune_status set_missing(attune_table *table, const attune_texts *missing,
                                 attune_error *error)
{
    attune_status status = ATTUNE_OK;
    int64_t n = missing ? missing->n : (int64_t)(sizeof default_missing / sizeof *default_missing);
    if (missing && attune_texts_find(missing, "") < 0)
        status = attune_texts_add(&table->missing, "", error);
    for (int64_t i = 0; i < n && !status; i++)
        status = attune_texts_add(&table->missing, missing ? missing->items[i] : default_missing[i],
                                  error);
    return status;
}

static attune_status set_delimiter(attune_table *table, char delimiter, attune_error *error)
{
    table->delimiter = delimiter ? delimiter : attune_table_delimiter(table);
    if (table->delimiter == '"' || table->delimiter == '\n' || table->delimiter == '\r' ||
        (unsigned char)table->delimiter >= 0x80)
        return attune_fail(error, ATTUNE_INVALID,
                           "delimiter: must be one ASCII character, no quote and no line end");
    return ATTUNE_OK;
}

static size_t name_slot(const attune_table *table, const char *name)
{
    return (size_t)(XXH3_64bits(name, strlen(name)) & (uint64_t)(table->n_names - 1));
}

static attune_status check_name(const attune_table *table, int64_t column, const char *at,
                                attune_error *error)
{
    const char *name = table->columns[column].name;
    int64_t place = at - table->bytes;
    if (*name == '\0' && column == 0)
        return attune_table_fail(table, place, error,
                                 "column 1 has no name; is it the index that pandas writes? Name "
                                 "it, or write the file with index=False");
    if (*name == '\0')
        return attune_table_fail(table, place, error, "column %lld has no name; name it",
                                 (long long)column + 1);
    if (strchr(name, '\r'))
        return attune_table_fail(table, place, error,
                                 "lines end in CR alone; convert the file to LF or CRLF");
    int64_t other = attune_table_find(table, name);
    if (other >= 0)
        return attune_table_fail(table, place, error,
                                 "columns %lld and %lld are both called \"%s\"; rename one",
                                 (long long)other + 1, (long long)column + 1, name);
    return ATTUNE_OK;
}

static attune_status read_names(attune_table *table, attune_error *error)
{
    attune_status status = ATTUNE_OK;
    for (table->n_names = 16; table->n_names < 2 * table->n_columns;)
        table->n_names *= 2;
    table->columns = attune_alloc(table->n_columns, sizeof *table->columns, error);
    table->names = attune_alloc(table->n_names, sizeof *table->names, error);
    if (!table->columns || !table->names)
        return ATTUNE_MEMORY;
    for (int64_t i = 0; i < table->n_columns && !status; i++) {
        int64_t length;
        const char *text = attune_table_raw(table, 0, i, &length), *at = text;
        attune_trim(&text, &length);
        char *name = table->columns[i].name = attune_alloc(length + 1, 1, error);
        if (!name)
            return ATTUNE_MEMORY;
        memcpy(name, text, (size_t)length);
        status = check_name(table, i, at, error);
        size_t slot = name_slot(table, name);
        while (table->names[slot])
            slot = (slot + 1) & (size_t)(table->n_names - 1);
        table->names[slot] = i + 1;
    }
    return status;
}

static void drop_mark(char *bytes, int64_t *length)
{
    if (*length < 3 || memcmp(bytes, "\xef\xbb\xbf", 3) != 0)
        return;
    *length -= 3;
    memmove(bytes, bytes + 3, (size_t)*length);
}

/* Takes bytes, which have padding behind them. */
static attune_status make(attune_table **table, const char *source, char *bytes, int64_t length,
                          const attune_table_options *options, attune_error *error)
{
    attune_table *made = attune_alloc(1, sizeof *made, error);
    if (!made) {
        free(bytes);
        return ATTUNE_MEMORY;
    }
    drop_mark(bytes, &length);
    memset(bytes + length, 0, attune_table_padding);
    bytes[length] = '\n';
    made->bytes = bytes;
    made->length = length;
    made->source = attune_copy_text(source, error);
    attune_status status = made->source ? ATTUNE_OK : ATTUNE_MEMORY;
    if (!status)
        status = set_missing(made, options ? options->missing : NULL, error);
    if (!status)
        status = attune_table_check(made, error);
    if (!status)
        status = set_delimiter(made, options ? options->delimiter : 0, error);
    if (!status)
        status = attune_table_scan(made, error);
    if (!status)
        status = read_names(made, error);
    if (!status)
        status = attune_table_summarise(made, error);
    if (status) {
        attune_table_free(made);
        return status;
    }
    *table = made;
    return ATTUNE_OK;
}

attune_status attune_table_read(attune_table **table, const char *path,
                                const attune_table_options *options, attune_error *error)
{
    char *bytes = NULL;
    int64_t length = 0;
    attune_status status = attune_table_load(path, &bytes, &length, error);
    const char *source = strcmp(path, "-") == 0 ? "standard input" : path;
    return status ? status : make(table, source, bytes, length, options, error);
}

attune_status attune_table_parse(attune_table **table, const char *source, const char *bytes,
                                 int64_t length, const attune_table_options *options,
                                 attune_error *error)
{
    char *copy = attune_alloc(length + attune_table_padding, 1, error);
    if (!copy)
        return ATTUNE_MEMORY;
    memcpy(copy, bytes, (size_t)length);
    attune_status status = attune_table_unpack(source, &copy, &length, error);
    if (!status)
        return make(table, source, copy, length, options, error);
    free(copy);
    return status;
}

void attune_table_free(attune_table *table)
{
    if (!table)
        return;
    for (int64_t i = 0; table->columns && i < table->n_columns; i++) {
        free(table->columns[i].name);
        free(table->columns[i].codes);
        free(table->columns[i].words);
    }
    attune_texts_clear(&table->missing);
    free(table->columns);
    free(table->names);
    free(table->starts);
    free(table->ends);
    free(table->bytes);
    free(table->source);
    free(table);
}

const char *attune_table_source(const attune_table *table)
{
    return table->source;
}

int64_t attune_table_n_rows(const attune_table *table)
{
    return table->n_rows;
}

int64_t attune_table_n_columns(const attune_table *table)
{
    return table->n_columns;
}

const char *attune_table_name(const attune_table *table, int64_t column)
{
    return table->columns[column].name;
}

const attune_texts *attune_table_missing(const attune_table *table)
{
    return &table->missing;
}

int64_t attune_table_find(const attune_table *table, const char *name)
{
    size_t slot = name_slot(table, name);
    for (; table->names[slot]; slot = (slot + 1) & (size_t)(table->n_names - 1))
        if (strcmp(table->columns[table->names[slot] - 1].name, name) == 0)
            return table->names[slot] - 1;
    return -1;
}

const attune_summary *attune_table_summary(const attune_table *table, int64_t column)
{
    return &table->columns[column].summary;
}

const char *attune_table_field(const attune_table *table, int64_t row, int64_t column,
                               int64_t *length)
{
    const char *text = attune_table_raw(table, row + 1, column, length), *bare = text;
    const uint16_t *codes = table->columns[column].codes;
    int64_t n = *length;
    if (codes) {
        *length = codes[row] == ATTUNE_WORD_MISSING ? -1 : n;
        return text;
    }
    attune_trim(&bare, &n);
    for (int64_t i = 0; i < table->missing.n && *length >= 0; i++) {
        const char *token = table->missing.items[i];
        bool begins = n == 0 || *token == *bare; /* seldom: most fields are done with here */
        if (begins && strncmp(token, bare, (size_t)n) == 0 && token[n] == '\0')
            *length = -1;
    }
    return text;
}

const uint16_t *attune_table_codes(const attune_table *table, int64_t column, int32_t *n_words)
{
    *n_words = table->columns[column].n_words;
    return table->columns[column].codes;
}

const char *attune_table_word(const attune_table *table, int64_t column, int32_t word,
                              int64_t *length)
{
    const attune_table_span *found = &table->columns[column].words[word];
    *length = found->length;
    return table->bytes + found->at;
}

int64_t attune_table_line(const attune_table *table, int64_t row)
{
    int64_t line = 1;
    const char *end = table->bytes + table->starts[row + 1];
    for (const char *c = table->bytes; (c = memchr(c, '\n', (size_t)(end - c))); c++)
        line++;
    return line;
}

bool attune_table_real(const char *text, int64_t length, double *value)
{
    attune_trim(&text, &length);
    return attune_real_read(text, length, value) && !isnan(*value);
}

bool attune_table_time(const char *text, int64_t length, int64_t *microseconds)
{
    attune_trim(&text, &length);
    return attune_datetime_read(text, length, microseconds);
}

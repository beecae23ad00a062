/* steps/data/schema_levels.c - the different texts of a column, in an order that rows do not
 * change. */
#include "steps/data/schema_parts.h"

#include <stdlib.h>
#include <string.h>

bool attune_schema_levels_fit(const attune_summary *summary, int64_t n_rows)
{
    int64_t n = summary->n_distinct;
    return n <= attune_schema_few_levels || (n <= attune_schema_most_levels && 2 * n <= n_rows);
}

int64_t attune_schema_first_missing(const attune_table *table, int64_t column)
{
    if (attune_table_summary(table, column)->n_missing == 0)
        return -1;
    int64_t row = 0, length = 0;
    while (attune_table_field(table, row, column, &length), length >= 0)
        row++;
    return row;
}

struct names {
    char *bytes; /* all of them, each terminated */
    char **items;
    int64_t n;
};

static void names_add(struct names *names, char **to, const char *text, int64_t length)
{
    memcpy(*to, text, (size_t)length);
    (*to)[length] = '\0';
    names->items[names->n++] = *to;
    *to += length + 1;
}

static int64_t gathered_bytes(const attune_table *table, int64_t column, bool words, int64_t n)
{
    int64_t bytes = n, length = 0; /* an end for each */
    if (!words)
        return bytes + attune_table_summary(table, column)->bytes;
    for (int64_t i = 0; i < n; i++) {
        attune_table_word(table, column, (int32_t)i, &length);
        bytes += length;
    }
    return bytes;
}

/* The words of the dictionary; without one, every field. */
static attune_status gather(const attune_table *table, int64_t column, struct names *names,
                            attune_error *error)
{
    int32_t n_words = 0;
    const uint16_t *codes = attune_table_codes(table, column, &n_words);
    int64_t n = codes ? n_words : attune_table_n_rows(table), length = 0;
    names->bytes = attune_alloc(gathered_bytes(table, column, codes != NULL, n), 1, error);
    names->items = attune_alloc(n, sizeof *names->items, error);
    if (!names->bytes || !names->items)
        return ATTUNE_MEMORY;
    char *to = names->bytes;
    for (int64_t i = 0; i < n; i++) {
        const char *text = codes ? attune_table_word(table, column, (int32_t)i, &length)
                                 : attune_table_field(table, i, column, &length);
        if (length >= 0)
            names_add(names, &to, text, length);
    }
    return ATTUNE_OK;
}

static int compare(const void *a, const void *b)
{
    return attune_level_order(*(char *const *)a, *(char *const *)b);
}

attune_status attune_schema_levels(const attune_table *table, int64_t column,
                                   attune_levels **levels, attune_error *error)
{
    struct names names = {0};
    attune_status status = gather(table, column, &names, error);
    int64_t n = 0;
    if (!status) {
        qsort(names.items, (size_t)names.n, sizeof *names.items, compare);
        for (int64_t i = 0; i < names.n; i++)
            if (n == 0 || strcmp(names.items[i], names.items[n - 1]) != 0)
                names.items[n++] = names.items[i];
        if (n > INT32_MAX)
            status = attune_fail(error, ATTUNE_INVALID, "column \"%s\" has over 2^31 levels",
                                 attune_table_name(table, column));
    }
    if (!status) {
        *levels = attune_levels_new((const char *const *)names.items, (int32_t)n, error);
        status = *levels ? ATTUNE_OK : ATTUNE_MEMORY;
    }
    free(names.items);
    free(names.bytes);
    return status;
}

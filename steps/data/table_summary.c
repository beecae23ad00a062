/* steps/data/table_summary.c - what each column could be, in one pass.
 *
 * A column of up to 10,000 different fields gets a dictionary: a code of two bytes a row. Each
 * different text is then classified once, and typing the column later is a look-up a row. Columns
 * with more give the dictionary up and are read field by field. */
#include "spaces/base/number.h"
#include "spaces/base/pages.h"
#include "steps/data/table_parts.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

enum { group_size = 16, block_rows = 1024, first_bits = 6 };

struct slot {
    uint64_t key;    /* the text itself up to 8 bytes, else its hash */
    uint32_t length; /* + 1; 0: free */
    uint16_t code;   /* or ATTUNE_WORD_MISSING */
};

/* A column while its rows are looked through. */
struct work {
    const attune_table *table;
    int64_t column;
    attune_table_column *result;
    struct slot *slots; /* NULL: no dictionary, or no more */
    int bits;           /* log2 of the number of slots */
    int32_t used;       /* slots taken: words and missing tokens */
    int64_t words_room;
    uint8_t *word_real; /* one a word */
    bool starts_missing[256];
};

static bool is_missing(const struct work *w, const char *text, int64_t length)
{
    if (length == 0)
        return true;
    if (!w->starts_missing[(unsigned char)*text])
        return false;
    const attune_texts *missing = &w->table->missing;
    for (int64_t i = 0; i < missing->n; i++)
        if (strncmp(missing->items[i], text, (size_t)length) == 0 &&
            missing->items[i][length] == '\0')
            return true;
    return false;
}

/* What a text that is not missing tells about its column; returns whether it is a number. */
static bool classify(struct work *w, int64_t row, const char *text, int64_t length)
{
    attune_summary *summary = &w->result->summary;
    double value = 0;
    int64_t time;
    bool real = attune_real_read(text, length, &value) && !isnan(value);
    if (!real && summary->first_text < 0)
        summary->first_text = row;
    summary->real &= real;
    summary->integer &= real && value == trunc(value) && !isinf(value);
    summary->datetime = summary->datetime && !real && attune_datetime_read(text, length, &time);
    return real;
}

static uint64_t text_key(const char *text, int64_t length)
{
    if (length > 8)
        return XXH3_64bits(text, (size_t)length);
    uint64_t word;
    memcpy(&word, text, sizeof word); /* the table is padded, and holds no NUL */
    return length == 0 ? 0 : word & (UINT64_MAX >> (64 - 8 * length));
}

static size_t slot_of(const struct work *w, uint64_t key)
{
    return (size_t)((key * 0x9e3779b97f4a7c15u) >> (64 - w->bits)); /* Fibonacci hashing */
}

static bool grow_slots(struct work *w, attune_error *error)
{
    struct slot *old = w->slots;
    size_t n = old ? (size_t)1 << w->bits : 0;
    int bits = old ? w->bits + 2 : first_bits;
    struct slot *slots = attune_alloc((int64_t)1 << bits, sizeof *slots, error);
    if (!slots)
        return false;
    w->slots = slots;
    w->bits = bits;
    for (size_t i = 0; i < n; i++) {
        size_t at = slot_of(w, old[i].key);
        if (!old[i].length)
            continue;
        while (slots[at].length)
            at = (at + 1) & (((size_t)1 << bits) - 1);
        slots[at] = old[i];
    }
    free(old);
    return true;
}

static bool add_word(struct work *w, const char *text, int64_t length, bool real,
                     attune_error *error)
{
    attune_table_column *result = w->result;
    if (result->n_words == w->words_room) {
        int64_t room = w->words_room ? 4 * w->words_room : 32;
        attune_table_span *words = attune_realloc(result->words, room, sizeof *words, error);
        if (!words)
            return false;
        result->words = words;
        uint8_t *reals = attune_realloc(w->word_real, room, 1, error);
        if (!reals)
            return false;
        w->word_real = reals;
        w->words_room = room;
    }
    w->word_real[result->n_words] = real;
    result->words[result->n_words++] = (attune_table_span){text - w->table->bytes, length};
    return true;
}

static attune_status fill_slot(struct work *w, size_t at, uint64_t key, int64_t row,
                               const char *text, int64_t length, attune_error *error)
{
    const char *bare = text;
    int64_t bare_length = length;
    attune_trim(&bare, &bare_length);
    uint16_t code = ATTUNE_WORD_MISSING;
    if (!is_missing(w, bare, bare_length)) {
        code = (uint16_t)w->result->n_words;
        if (!add_word(w, text, length, classify(w, row, bare, bare_length), error))
            return ATTUNE_MEMORY;
    }
    w->slots[at] = (struct slot){key, (uint32_t)length + 1, code};
    w->result->codes[row] = code;
    w->used++;
    return 4 * (int64_t)w->used <= (int64_t)3 << (w->bits - 1) || grow_slots(w, error)
               ? ATTUNE_OK
               : ATTUNE_MEMORY;
}

/* Whether a text over 8 bytes long is what a slot of its hash stands for. */
static bool same_text(const struct work *w, uint16_t code, const char *text, int64_t length)
{
    if (code != ATTUNE_WORD_MISSING)
        return memcmp(w->table->bytes + w->result->words[code].at, text, (size_t)length) == 0;
    attune_trim(&text, &length);
    return is_missing(w, text, length);
}

/* The code of a field through the dictionary, which grows by it when it is new. */
static attune_status note_word(struct work *w, int64_t row, const char *text, int64_t length,
                               attune_error *error)
{
    uint64_t key = text_key(text, length);
    size_t mask = ((size_t)1 << w->bits) - 1, at = slot_of(w, key);
    for (; w->slots[at].length; at = (at + 1) & mask) {
        const struct slot *slot = &w->slots[at];
        if (slot->key != key || slot->length != (uint32_t)length + 1)
            continue;
        if (length > 8 && !same_text(w, slot->code, text, length))
            continue;
        w->result->codes[row] = slot->code;
        return ATTUNE_OK;
    }
    return fill_slot(w, at, key, row, text, length, error);
}

/* Counts, from the codes of the rows so far, what is missing and what is a number. */
static void count_codes(struct work *w, int64_t n_rows)
{
    attune_summary *summary = &w->result->summary;
    const uint16_t *codes = w->result->codes;
    for (int64_t i = 0; i < n_rows; i++)
        if (codes[i] == ATTUNE_WORD_MISSING)
            summary->n_missing++;
        else
            summary->n_numbers += w->word_real[codes[i]];
}

static void drop_dictionary(struct work *w)
{
    free(w->result->codes);
    free(w->result->words);
    w->result->codes = NULL;
    w->result->words = NULL;
    w->result->n_words = 0;
}

static void note_plain(struct work *w, int64_t row, const char *text, int64_t length)
{
    attune_trim(&text, &length);
    if (is_missing(w, text, length))
        w->result->summary.n_missing++;
    else
        w->result->summary.n_numbers += classify(w, row, text, length);
}

static attune_status note_rows(struct work *w, int64_t first, int64_t last, attune_error *error)
{
    attune_status status = ATTUNE_OK;
    int64_t bytes = 0, row = first;
    for (; row < last && w->slots && !status; row++) {
        int64_t length;
        const char *text = attune_table_raw(w->table, row + 1, w->column, &length);
        bytes += length;
        status = note_word(w, row, text, length, error);
        if (w->result->n_words <= attune_table_most_words)
            continue;
        w->result->summary.n_distinct = w->result->n_words;
        count_codes(w, row + 1);
        drop_dictionary(w);
        free(w->slots);
        w->slots = NULL;
    }
    for (; row < last && !status; row++) {
        int64_t length;
        const char *text = attune_table_raw(w->table, row + 1, w->column, &length);
        bytes += length;
        note_plain(w, row, text, length);
    }
    w->result->summary.bytes += bytes;
    return status;
}

static attune_status begin(struct work *w, attune_table *table, int64_t column, attune_error *error)
{
    *w = (struct work){.table = table, .column = column, .result = &table->columns[column]};
    w->result->summary =
        (attune_summary){.real = true, .integer = true, .datetime = true, .first_text = -1};
    for (int64_t i = 0; i < table->missing.n; i++)
        w->starts_missing[(unsigned char)table->missing.items[i][0]] = true;
    w->result->codes = attune_alloc(table->n_rows, sizeof *w->result->codes, error);
    attune_pages_touch(w->result->codes, table->n_rows * (int64_t)sizeof *w->result->codes);
    return w->result->codes && grow_slots(w, error) ? ATTUNE_OK : ATTUNE_MEMORY;
}

static void finish(struct work *w)
{
    attune_table_column *result = w->result;
    attune_summary *summary = &result->summary;
    int64_t n_rows = w->table->n_rows;
    if (result->codes) {
        summary->n_distinct = result->n_words;
        count_codes(w, n_rows);
    }
    bool any = summary->n_missing < n_rows;
    summary->real &= any;
    summary->integer &= any;
    summary->datetime &= any;
    /* A dictionary of nearly as many words as rows would only cost memory. */
    if (2 * (int64_t)result->n_words > n_rows)
        drop_dictionary(w);
}

/* Rows go in blocks, so that a block's bytes are in the cache for each of the group's columns. */
static attune_status summarise_group(attune_table *table, struct work *group, int64_t first,
                                     int64_t n, attune_error *error)
{
    attune_status status = ATTUNE_OK;
    for (int64_t i = 0; i < n && !status; i++)
        status = begin(&group[i], table, first + i, error);
    for (int64_t row = 0; row < table->n_rows && !status; row += block_rows) {
        int64_t last = row + block_rows < table->n_rows ? row + block_rows : table->n_rows;
        for (int64_t i = 0; i < n && !status; i++)
            status = note_rows(&group[i], row, last, error);
    }
    for (int64_t i = 0; i < n; i++) {
        if (!status)
            finish(&group[i]);
        free(group[i].slots);
        free(group[i].word_real);
    }
    return status;
}

attune_status attune_table_summarise(attune_table *table, attune_error *error)
{
    attune_status status = ATTUNE_OK;
    struct work *group = attune_alloc(group_size, sizeof *group, error);
    if (!group)
        return ATTUNE_MEMORY;
    for (int64_t first = 0; first < table->n_columns && !status; first += group_size) {
        int64_t n = table->n_columns - first < group_size ? table->n_columns - first : group_size;
        memset(group, 0, group_size * sizeof *group);
        status = summarise_group(table, group, first, n, error);
    }
    free(group);
    return status;
}

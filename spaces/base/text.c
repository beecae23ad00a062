/* spaces/base/text.c - a growing string, lists of strings, nearest names, patterns. */
#include "spaces/base/text.h"

#include "spaces/base/locale.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool reserve(attune_text *text, int64_t more)
{
    if (text->failed)
        return false;
    int64_t need = text->length + more + 1;
    if (need <= text->capacity)
        return true;
    int64_t capacity = text->capacity ? text->capacity : 64;
    while (capacity < need)
        capacity *= 2;
    char *grown = realloc(text->bytes, (size_t)capacity);
    if (!grown) {
        text->failed = true;
        return false;
    }
    text->bytes = grown;
    text->capacity = capacity;
    return true;
}

void attune_text_append_bytes(attune_text *text, const void *bytes, int64_t length)
{
    if (!reserve(text, length))
        return;
    if (length)
        memcpy(text->bytes + text->length, bytes, (size_t)length);
    text->length += length;
    text->bytes[text->length] = '\0';
}

void attune_text_append(attune_text *text, const char *words)
{
    attune_text_append_bytes(text, words, (int64_t)strlen(words));
}

void attune_text_printf(attune_text *text, const char *format, ...)
{
    va_list values, again;
    va_start(values, format);
    va_copy(again, values);
    int length = attune_locale_format(NULL, 0, format, values);
    va_end(values);
    if (length < 0)
        text->failed = true;
    else if (reserve(text, length)) {
        attune_locale_format(text->bytes + text->length, (size_t)length + 1, format, again);
        text->length += length;
    }
    va_end(again);
}

void attune_text_clear(attune_text *text)
{
    free(text->bytes);
    memset(text, 0, sizeof *text);
}

char *attune_text_take(attune_text *text, attune_error *error)
{
    char *bytes = NULL;
    if (text->failed)
        attune_fail(error, ATTUNE_MEMORY, "out of memory: a text of %lld bytes",
                    (long long)text->length);
    else if (text->bytes)
        bytes = text->bytes;
    else
        bytes = attune_copy_text("", error);
    if (bytes != text->bytes)
        free(text->bytes);
    memset(text, 0, sizeof *text);
    return bytes;
}

attune_status attune_texts_add(attune_texts *texts, const char *item, attune_error *error)
{
    char *copy = attune_copy_text(item, error);
    if (!copy)
        return ATTUNE_MEMORY;
    /* The capacity is the next power of two, so that it needs no field of its own. */
    if ((texts->n & (texts->n - 1)) == 0) {
        char **grown =
            attune_realloc(texts->items, texts->n ? 2 * texts->n : 1, sizeof *grown, error);
        if (!grown) {
            free(copy);
            return ATTUNE_MEMORY;
        }
        texts->items = grown;
    }
    texts->items[texts->n++] = copy;
    return ATTUNE_OK;
}

attune_status attune_texts_copy(attune_texts *to, const attune_texts *from, attune_error *error)
{
    attune_texts copy = {0};
    for (int64_t i = 0; i < from->n; i++)
        if (attune_texts_add(&copy, from->items[i], error)) {
            attune_texts_clear(&copy);
            return ATTUNE_MEMORY;
        }
    attune_texts_clear(to);
    *to = copy;
    return ATTUNE_OK;
}

int64_t attune_texts_find(const attune_texts *texts, const char *item)
{
    for (int64_t i = 0; i < texts->n; i++)
        if (strcmp(texts->items[i], item) == 0)
            return i;
    return -1;
}

void attune_texts_clear(attune_texts *texts)
{
    for (int64_t i = 0; i < texts->n; i++)
        free(texts->items[i]);
    free(texts->items);
    memset(texts, 0, sizeof *texts);
}

enum { longest_word = 64 };

static char small_letter(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c + ('a' - 'A')) : c; /* whatever the locale */
}

static bool same_letter(char a, char b)
{
    return small_letter(a) == small_letter(b);
}

static int least(int a, int b, int c)
{
    int smaller = a < b ? a : b;
    return smaller < c ? smaller : c;
}

/* Edits from a to b: a letter put in, left out, changed, or swapped with its neighbour. Letter
 * case is free; both at most longest_word bytes. Source: optimal string alignment, Boytsov 2011. */
static int edit_distance(const char *a, const char *b)
{
    int rows[3][longest_word + 1];
    int n = (int)strlen(b), i = 0;
    for (int j = 0; j <= n; j++)
        rows[0][j] = j;
    for (i = 1; a[i - 1]; i++) {
        int *row = rows[i % 3];
        const int *last = rows[(i + 2) % 3], *before = rows[(i + 1) % 3];
        row[0] = i;
        for (int j = 1; j <= n; j++) {
            bool same = same_letter(a[i - 1], b[j - 1]);
            row[j] = least(last[j - 1] + !same, last[j] + 1, row[j - 1] + 1);
            bool swapped = i > 1 && j > 1 && same_letter(a[i - 1], b[j - 2]) &&
                           same_letter(a[i - 2], b[j - 1]);
            if (swapped && before[j - 2] + 1 < row[j])
                row[j] = before[j - 2] + 1;
        }
    }
    return rows[(i - 1) % 3][n];
}

const char *attune_nearest(const char *word, const char *const *names, int64_t n)
{
    size_t length = strlen(word);
    if (length > longest_word)
        return NULL;
    const char *nearest = NULL;
    int best = length < 4 ? 2 : 1 + (int)length / 3;
    for (int64_t i = 0; i < n; i++) {
        if (strlen(names[i]) > longest_word)
            continue;
        int distance = edit_distance(word, names[i]);
        if (distance < best) {
            best = distance;
            nearest = names[i];
        }
    }
    return nearest;
}

const char *attune_did_you_mean(const char *word, const char *const *names, int64_t n, char *buffer,
                                size_t size)
{
    const char *nearest = attune_nearest(word, names, n);
    buffer[0] = '\0';
    if (nearest)
        snprintf(buffer, size, ", did you mean \"%s\"?", nearest);
    return buffer;
}

const char *attune_last_part(const char *name)
{
    const char *last = name;
    for (const char *p = name; (p = strstr(p, "__")) && p[2]; p++)
        last = p + 2;
    return last;
}

bool attune_matches(const char *pattern, const char *text)
{
    const char *star = NULL, *resume = NULL;
    while (*text) {
        if (*pattern == '*') {
            star = pattern++;
            resume = text;
        } else if (*pattern == '?' || *pattern == *text) {
            pattern++;
            text++;
        } else if (star) {
            pattern = star + 1;
            text = ++resume;
        } else {
            return false;
        }
    }
    while (*pattern == '*')
        pattern++;
    return *pattern == '\0';
}

/* Source: Unicode 15, table 3-7. */
int attune_utf8_size(const char *bytes)
{
    const unsigned char *text = (const unsigned char *)bytes;
    unsigned char a = text[0];
    unsigned char low = a == 0xe0 ? 0xa0 : a == 0xf0 ? 0x90 : 0x80;
    unsigned char high = a == 0xed ? 0x9f : a == 0xf4 ? 0x8f : 0xbf;
    int size = a < 0x80 ? 1 : a < 0xc2 ? 0 : a < 0xe0 ? 2 : a < 0xf0 ? 3 : a < 0xf5 ? 4 : 0;
    if (a == 0)
        return 0;
    if (size > 1 && (text[1] < low || text[1] > high))
        return 0;
    for (int i = 2; i < size; i++)
        if ((text[i] & 0xc0) != 0x80)
            return 0;
    return size;
}

/* spaces/base/json_write.c - the one canonical writer: sorted keys, shortest numbers. */
#include "spaces/base/json.h"

#include "spaces/base/number.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

struct writer {
    attune_text text;
    bool pretty;
    int depth;
};

static void write_value(struct writer *w, const json_t *value);

static void write_string(struct writer *w, const char *string, size_t length)
{
    attune_text_append(&w->text, "\"");
    for (size_t i = 0; i < length; i++) {
        unsigned char c = (unsigned char)string[i];
        if (c == '"' || c == '\\')
            attune_text_printf(&w->text, "\\%c", c);
        else if (c == '\n')
            attune_text_append(&w->text, "\\n");
        else if (c == '\t')
            attune_text_append(&w->text, "\\t");
        else if (c < 0x20 || c == 0x7f)
            attune_text_printf(&w->text, "\\u%04x", c);
        else
            attune_text_append_bytes(&w->text, &string[i], 1);
    }
    attune_text_append(&w->text, "\"");
}

static void break_line(struct writer *w)
{
    if (!w->pretty)
        return;
    attune_text_append(&w->text, "\n");
    for (int i = 0; i < w->depth; i++)
        attune_text_append(&w->text, "  ");
}

/* A list of plain values stays on one line, however long: diff then shows one change a line. */
static bool is_flat(const json_t *array)
{
    for (size_t i = 0; i < json_array_size(array); i++) {
        const json_t *item = json_array_get(array, i);
        if (json_is_array(item) || json_is_object(item))
            return false;
    }
    return true;
}

static void write_array(struct writer *w, const json_t *array)
{
    bool flat = is_flat(array);
    attune_text_append(&w->text, "[");
    w->depth++;
    for (size_t i = 0; i < json_array_size(array); i++) {
        if (i)
            attune_text_append(&w->text, flat && w->pretty ? ", " : ",");
        if (!flat)
            break_line(w);
        write_value(w, json_array_get(array, i));
    }
    w->depth--;
    if (!flat)
        break_line(w);
    attune_text_append(&w->text, "]");
}

static int by_bytes(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static void write_object(struct writer *w, const json_t *object)
{
    size_t n = json_object_size(object), used = 0;
    const char **keys = malloc((n ? n : 1) * sizeof *keys);
    const char *key;
    json_t *value;
    if (!keys) {
        w->text.failed = true;
        return;
    }
    json_object_foreach((json_t *)(uintptr_t)object, key, value) keys[used++] = key;
    qsort(keys, n, sizeof *keys, by_bytes);
    attune_text_append(&w->text, "{");
    w->depth++;
    for (size_t i = 0; i < n; i++) {
        if (i)
            attune_text_append(&w->text, ",");
        break_line(w);
        write_string(w, keys[i], strlen(keys[i]));
        attune_text_append(&w->text, w->pretty ? ": " : ":");
        write_value(w, json_object_get(object, keys[i]));
    }
    w->depth--;
    if (n)
        break_line(w);
    attune_text_append(&w->text, "}");
    free(keys);
}

static void write_value(struct writer *w, const json_t *value)
{
    char number[ATTUNE_NUMBER_SIZE];
    switch (json_typeof(value)) {
    case JSON_OBJECT:
        write_object(w, value);
        break;
    case JSON_ARRAY:
        write_array(w, value);
        break;
    case JSON_STRING:
        write_string(w, json_string_value(value), json_string_length(value));
        break;
    case JSON_INTEGER:
        attune_text_printf(&w->text, "%" JSON_INTEGER_FORMAT, json_integer_value(value));
        break;
    case JSON_REAL: /* -0 would come back as the integer 0: the two are one */
        attune_text_append(&w->text, attune_real_text(json_real_value(value) + 0.0, number));
        break;
    case JSON_TRUE:
        attune_text_append(&w->text, "true");
        break;
    case JSON_FALSE:
        attune_text_append(&w->text, "false");
        break;
    case JSON_NULL:
        attune_text_append(&w->text, "null");
        break;
    }
}

char *attune_json_write(const json_t *value, attune_error *error)
{
    struct writer w = {.pretty = false};
    write_value(&w, value);
    return attune_text_take(&w.text, error);
}

char *attune_json_write_pretty(const json_t *value, attune_error *error)
{
    struct writer w = {.pretty = true};
    write_value(&w, value);
    attune_text_append(&w.text, "\n");
    return attune_text_take(&w.text, error);
}

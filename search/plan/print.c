/* search/plan/print.c - a plan as a person would write it. */
#include "search/plan/print.h"

#include <stdlib.h>
#include <string.h>

enum { line_width = 98, indent_width = 2 };

/* What comes first, wherever it stands; all other keys follow in the order of their bytes. */
static const char *const order[] = {
    "name",     "step",    "data",        "file",   "test",        "target",
    "positive", "id",      "group",       "time",   "weight",      "ignore",
    "columns",  "missing", "metric",      "also",   "constraints", "validation",
    "pipeline", "when",    "hyperparams", "space",  "require",     "steps",
    "fixed",    "search",  "sampler",     "pruner", "trials",      "seed",
};

enum { n_order = sizeof order / sizeof *order };

static int place(const char *key)
{
    for (int i = 0; i < n_order; i++)
        if (strcmp(order[i], key) == 0)
            return i;
    return n_order;
}

static int by_place(const void *a, const void *b)
{
    const char *x = *(const char *const *)a, *y = *(const char *const *)b;
    int difference = place(x) - place(y);
    return difference ? difference : strcmp(x, y);
}

/* The keys in their order; the caller frees the array. A step is named after what it is. */
static const char **sorted_keys(const json_t *object)
{
    size_t n = json_object_size(object), used = 0;
    const char **keys = malloc((n ? n : 1) * sizeof *keys);
    const char *key;
    json_t *value;
    if (!keys)
        return NULL;
    json_object_foreach((json_t *)(uintptr_t)object, key, value) keys[used++] = key;
    qsort(keys, n, sizeof *keys, by_place);
    if (n > 1 && strcmp(keys[0], "name") == 0 && strcmp(keys[1], "step") == 0) {
        keys[0] = keys[1];
        keys[1] = "name";
    }
    return keys;
}

static void append_scalar(attune_text *text, const json_t *value)
{
    char *words = attune_json_write(value, NULL);
    if (words)
        attune_text_append(text, words);
    else
        text->failed = true;
    free(words);
}

static void append_key(attune_text *text, const char *key)
{
    json_t *name = json_string(key);
    append_scalar(text, name);
    json_decref(name);
    attune_text_append(text, ": ");
}

/* indent -1: all on one line. */
static void append_value(attune_text *text, const json_t *value, int indent);

static void append_break(attune_text *text, int indent)
{
    if (indent < 0)
        return;
    attune_text_printf(text, "\n%*s", indent, "");
}

static void append_items(attune_text *text, const json_t *value, int indent)
{
    bool object = json_is_object(value);
    size_t n = object ? json_object_size(value) : json_array_size(value);
    const char **keys = object ? sorted_keys(value) : NULL;
    int inner = indent < 0 ? -1 : indent + indent_width;
    if (object && !keys) {
        text->failed = true;
        return;
    }
    attune_text_append(text, object ? "{" : "[");
    for (size_t i = 0; i < n; i++) {
        attune_text_append(text, i == 0 ? "" : indent < 0 ? ", " : ",");
        append_break(text, inner);
        if (object)
            append_key(text, keys[i]);
        append_value(text, object ? json_object_get(value, keys[i]) : json_array_get(value, i),
                     inner);
    }
    append_break(text, n ? indent : -1);
    attune_text_append(text, object ? "}" : "]");
    free(keys);
}

static bool is_plain(const json_t *value)
{
    return !json_is_object(value) && !json_is_array(value);
}

/* Nested too deep to be read on one line: steps within steps. */
static bool holds_steps(const json_t *value)
{
    return json_is_object(value) && json_object_get(value, "steps");
}

static void append_value(attune_text *text, const json_t *value, int indent)
{
    if (is_plain(value)) {
        append_scalar(text, value);
        return;
    }
    attune_text flat = {0};
    if (indent >= 0 && !holds_steps(value))
        append_items(&flat, value, -1);
    const char *line = flat.bytes ? strrchr(text->bytes ? text->bytes : "", '\n') : NULL;
    int64_t used = !text->bytes ? 0 : line ? (int64_t)strlen(line + 1) : text->length;
    if (flat.bytes && indent > 0 && used + flat.length + 1 <= line_width)
        attune_text_append(text, flat.bytes);
    else
        append_items(text, value, indent);
    attune_text_clear(&flat);
}

char *attune_plan_print(const json_t *plan, attune_error *error)
{
    attune_text text = {0};
    append_value(&text, plan, 0);
    attune_text_append(&text, "\n");
    return attune_text_take(&text, error);
}

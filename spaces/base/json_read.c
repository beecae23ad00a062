/* spaces/base/json_read.c - text to JSON, by the grammar of RFC 8259.
 *
 * Of our own: jansson's reader takes the decimal mark of the locale, calls a text wrong when memory
 * is out, and ends the process when that happens inside a text. */
#include "spaces/base/json.h"

#include "spaces/base/number.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

struct reader {
    const char *at, *end;
    bool unique; /* no key twice */
    int depth;   /* that may still be opened */
    attune_json_problem *problem;
    const char *start;
};

static json_t *read_value(struct reader *r);

/* The first problem counts: what comes after it is its consequence. */
static bool refuse(struct reader *r, const char *place, const char *words)
{
    if (!r->problem->words && !r->problem->starved)
        *r->problem = (attune_json_problem){.words = words, .at = place - r->start};
    return false;
}

static bool starve(struct reader *r)
{
    if (!r->problem->words)
        r->problem->starved = true;
    return false;
}

static void pass_space(struct reader *r)
{
    while (r->at < r->end && (*r->at == ' ' || *r->at == '\t' || *r->at == '\r' || *r->at == '\n'))
        r->at++;
}

static bool pass(struct reader *r, char c)
{
    if (r->at == r->end || *r->at != c)
        return false;
    r->at++;
    return true;
}

static bool pass_digits(struct reader *r)
{
    const char *first = r->at;
    while (r->at < r->end && '0' <= *r->at && *r->at <= '9')
        r->at++;
    return r->at > first;
}

static bool pass_exponent(struct reader *r)
{
    if (!pass(r, 'e') && !pass(r, 'E'))
        return true;
    if (!pass(r, '+'))
        pass(r, '-');
    return pass_digits(r);
}

static json_t *read_number(struct reader *r)
{
    const char *first = r->at;
    int64_t integer = 0;
    double real = 0;
    pass(r, '-');
    const char *digits = r->at;
    bool good = pass_digits(r) && !(*digits == '0' && r->at - digits > 1);
    const char *whole = r->at;
    good = good && (!pass(r, '.') || pass_digits(r)) && pass_exponent(r);
    if (!good)
        return refuse(r, first, "this is no number"), NULL;
    if (r->at == whole && !attune_integer_read(first, r->at - first, &integer))
        return refuse(r, first, "a whole number of more than 64 bits"), NULL;
    if (r->at != whole && (!attune_real_read(first, r->at - first, &real) || !isfinite(real)))
        return refuse(r, first, "a number that is too large"), NULL;
    return r->at == whole ? json_integer(integer) : json_real(real);
}

static bool read_four(struct reader *r, uint32_t *code)
{
    static const char all[] = "0123456789abcdef0123456789ABCDEF";
    *code = 0;
    for (int i = 0; i < 4; i++) {
        const char *found = r->at < r->end && *r->at ? strchr(all, *r->at) : NULL;
        if (!found)
            return false;
        *code = *code * 16 + (uint32_t)(found - all) % 16;
        r->at++;
    }
    return true;
}

static void append_character(attune_text *text, uint32_t code)
{
    unsigned char bytes[4] = {0};
    int n = code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
    for (int i = n - 1; i > 0; i--, code >>= 6)
        bytes[i] = (unsigned char)(0x80 | (code & 0x3f));
    bytes[0] = (unsigned char)(n == 1 ? code : (0xf00u >> n & 0xf0) | code);
    attune_text_append_bytes(text, bytes, n);
}

/* Behind \u; a character beyond 16 bits comes as a pair. */
static bool read_code(struct reader *r, attune_text *text, const char *place)
{
    uint32_t code = 0, low = 0;
    if (!read_four(r, &code))
        return refuse(r, place, "\\u needs four hexadecimal digits");
    if (code >= 0xd800 && code < 0xdc00) {
        if (!pass(r, '\\') || !pass(r, 'u') || !read_four(r, &low) || low < 0xdc00 || low > 0xdfff)
            return refuse(r, place, "the first half of a pair, without its second half");
        code = 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00);
    } else if (code >= 0xdc00 && code < 0xe000) {
        return refuse(r, place, "the second half of a pair, without its first half");
    }
    if (code == 0)
        return refuse(r, place, "a NUL, which no text of ours may hold");
    append_character(text, code);
    return true;
}

static bool read_escape(struct reader *r, attune_text *text)
{
    static const char names[] = "\"\\/bfnrt", meant[] = "\"\\/\b\f\n\r\t";
    const char *place = r->at - 1;
    char c = r->at < r->end ? *r->at++ : '\0';
    if (c == 'u')
        return read_code(r, text, place);
    const char *found = c ? strchr(names, c) : NULL;
    if (!found)
        return refuse(r, place, "a backslash in front of what needs none");
    attune_text_append_bytes(text, &meant[found - names], 1);
    return true;
}

/* Decoded and terminated; the caller frees. NULL: refused, or no memory. */
static char *read_text(struct reader *r)
{
    const char *open = r->at;
    attune_text text = {0};
    bool good = pass(r, '"') || refuse(r, open, "a text in \"quotes\" is missing here");
    while (good && !(r->at < r->end && *r->at == '"')) {
        int size = attune_utf8_size(r->at);
        if (r->at + size > r->end || r->at == r->end)
            good = refuse(r, open, "the quote that opens here is never closed");
        else if (size == 0)
            good = refuse(r, r->at, "this is not UTF-8");
        else if ((unsigned char)*r->at < 0x20)
            good = refuse(r, r->at, "a control character in a text: write \\n, \\t or \\u...");
        else if (*r->at == '\\')
            r->at++, good = read_escape(r, &text);
        else
            attune_text_append_bytes(&text, r->at, size), r->at += size;
    }
    r->at += good;
    char *word = good ? attune_text_take(&text, NULL) : NULL;
    if (good && !word)
        starve(r);
    attune_text_clear(&text);
    return word;
}

static bool read_member(struct reader *r, json_t *object)
{
    pass_space(r);
    const char *place = r->at;
    char *key = read_text(r);
    bool good = key != NULL;
    pass_space(r);
    if (good && r->unique && json_object_get(object, key))
        good = refuse(r, place, "this key is there twice");
    if (good && !pass(r, ':'))
        good = refuse(r, r->at, "a colon is missing here");
    json_t *value = good ? read_value(r) : NULL;
    good = value && (json_object_set_new_nocheck(object, key, value) == 0 || starve(r));
    free(key);
    return good;
}

static bool read_item(struct reader *r, json_t *array)
{
    json_t *value = read_value(r);
    return value && (json_array_append_new(array, value) == 0 || starve(r));
}

/* An object, or a list. */
static json_t *read_many(struct reader *r, bool keyed)
{
    json_t *many = keyed ? json_object() : json_array();
    const char *open = r->at++;
    bool good = many || starve(r);
    if (r->depth-- == 0)
        good = refuse(r, open, "nested too deep");
    pass_space(r);
    bool more = good && !pass(r, keyed ? '}' : ']');
    while (good && more) {
        good = keyed ? read_member(r, many) : read_item(r, many);
        pass_space(r);
        more = good && pass(r, ',');
        if (good && !more && !pass(r, keyed ? '}' : ']'))
            good = refuse(r, r->at,
                          keyed ? "a comma or } is missing here" : "a comma or ] is missing here");
    }
    r->depth++;
    return attune_json_whole(many, good);
}

static json_t *read_word(struct reader *r)
{
    static const char *const words[] = {"true", "false", "null"};
    for (int i = 0; i < 3; i++) {
        size_t length = strlen(words[i]);
        if ((size_t)(r->end - r->at) >= length && memcmp(r->at, words[i], length) == 0) {
            r->at += length;
            return i == 2 ? json_null() : json_boolean(i == 0);
        }
    }
    refuse(r, r->at,
           r->at == r->end ? "it ends where a value should be" : "a value is missing here");
    return NULL;
}

static json_t *read_value(struct reader *r)
{
    pass_space(r);
    char c = r->at < r->end ? *r->at : '\0';
    if (c == '{' || c == '[')
        return read_many(r, c == '{');
    json_t *value = NULL;
    if (c == '"') {
        char *text = read_text(r);
        value = text ? json_string_nocheck(text) : NULL;
        free(text);
    } else if (c == '-' || ('0' <= c && c <= '9')) {
        value = read_number(r);
    } else {
        value = read_word(r);
    }
    if (!value)
        starve(r); /* unless it was refused */
    return value;
}

json_t *attune_json_read(const char *text, int64_t length, bool unique,
                         attune_json_problem *problem)
{
    enum { deepest = 2000 };
    struct reader r = {text, text + length, unique, deepest, problem, text};
    *problem = (attune_json_problem){0};
    json_t *root = read_value(&r);
    pass_space(&r);
    bool whole = root && (r.at == r.end || refuse(&r, r.at, "something follows the end of it"));
    return attune_json_whole(root, whole);
}

json_t *attune_json_parse(const char *text)
{
    attune_json_problem problem;
    return text ? attune_json_read(text, (int64_t)strlen(text), false, &problem) : NULL;
}

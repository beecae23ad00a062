/* spaces/base/json.c - documents with places, and checked members. */
#include "spaces/base/json.h"

#include "spaces/base/file.h"
#include "spaces/base/locale.h"
#include "spaces/base/number.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { longest_document = 64 << 20, deepest = 200 };

/* Who walks the tree recurses: its depth is counted first. */
static bool too_deep(const char *text, int64_t length)
{
    int depth = 0;
    bool quoted = false;
    for (int64_t i = 0; i < length; i++) {
        char c = text[i];
        if (quoted && c == '\\')
            i++;
        else if (c == '"')
            quoted = !quoted;
        else if (!quoted && (c == '{' || c == '['))
            depth++;
        else if (!quoted && (c == '}' || c == ']'))
            depth--;
        if (depth > deepest)
            return true;
    }
    return false;
}

static void count_place(const attune_document *document, const char *place, int *line, int *column);

static attune_status refuse(const attune_document *document, const char *text,
                            const attune_json_problem *problem, attune_error *error)
{
    int line = 0, column = 0;
    if (problem->starved)
        return attune_fail_in(error, ATTUNE_MEMORY, document->source, 0, 0,
                              "out of memory: reading JSON of %lld bytes",
                              (long long)document->length);
    count_place(document, text + problem->at, &line, &column);
    return attune_fail_in(error, ATTUNE_INVALID, document->source, line, column, "not JSON: %s",
                          problem->words);
}

static attune_status parse_taken(attune_document *document, attune_error *error)
{
    attune_json_problem problem;
    const char *text = document->text;
    size_t length = (size_t)document->length;
    size_t mark = length >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0 ? 3 : 0;
    attune_status status = ATTUNE_OK;
    if (too_deep(text, document->length))
        status = attune_fail_in(error, ATTUNE_INVALID, document->source, 0, 0,
                                "nested more than %d deep", deepest);
    else if (memchr(text, '\0', length)) /* our places end here */
        status = attune_fail_in(error, ATTUNE_INVALID, document->source, 0, 0,
                                "not JSON: there is a NUL byte in it");
    else if (!(document->root =
                   attune_json_read(text + mark, (int64_t)(length - mark), true, &problem)))
        status = refuse(document, text + mark, &problem, error);
    if (status)
        attune_document_clear(document);
    return status;
}

attune_status attune_document_read(attune_document *document, const char *path, attune_error *error)
{
    memset(document, 0, sizeof *document);
    attune_status status =
        attune_file_read(path, longest_document, &document->text, &document->length, error);
    if (status)
        return status;
    document->source = attune_copy_text(path, error);
    if (!document->source) {
        attune_document_clear(document);
        return ATTUNE_MEMORY;
    }
    return parse_taken(document, error);
}

attune_status attune_document_parse(attune_document *document, const char *source, const char *text,
                                    int64_t length, attune_error *error)
{
    memset(document, 0, sizeof *document);
    if (length > longest_document)
        return attune_fail_in(error, ATTUNE_INVALID, source, 0, 0, "too long: %lld bytes",
                              (long long)length);
    document->source = attune_copy_text(source, error);
    document->text = attune_alloc(length + 1, 1, error);
    if (!document->source || !document->text) {
        attune_document_clear(document);
        return ATTUNE_MEMORY;
    }
    memcpy(document->text, text, (size_t)length);
    document->length = length;
    return parse_taken(document, error);
}

void attune_document_clear(attune_document *document)
{
    json_decref(document->root);
    free(document->source);
    free(document->text);
    memset(document, 0, sizeof *document);
}

attune_at attune_at_top(const attune_document *document)
{
    return (attune_at){.document = document};
}

attune_at attune_at_key(const attune_at *parent, const char *key)
{
    return (attune_at){.document = parent->document, .parent = parent, .key = key};
}

attune_at attune_at_item(const attune_at *parent, int64_t index)
{
    return (attune_at){.document = parent->document, .parent = parent, .index = index};
}

static const char *skip_space(const char *at)
{
    return at + strspn(at, " \t\r\n");
}

/* The end of a string whose opening quote is at `at`. The text is known to be valid JSON. */
static const char *skip_string(const char *at)
{
    for (at++; *at != '"'; at++)
        at += *at == '\\';
    return at + 1;
}

static const char *skip_value(const char *at)
{
    int depth = 0;
    do {
        at = skip_space(at);
        if (*at == '"') {
            at = skip_string(at);
        } else if (*at == '{' || *at == '[') {
            depth++;
            at++;
        } else if (*at == '}' || *at == ']') {
            depth--;
            at++;
        } else if (*at == ',' || *at == ':') {
            at++;
        } else {
            at += strcspn(at, " \t\r\n,:]}");
        }
    } while (depth > 0);
    return at;
}

/* Whether the string at quoted, with its quotes and escapes, is key. */
static bool key_is(const char *quoted, const char *key)
{
    size_t length = (size_t)(skip_string(quoted) - quoted);
    if (!memchr(quoted, '\\', length))
        return strlen(key) == length - 2 && memcmp(quoted + 1, key, length - 2) == 0;
    attune_json_problem problem;
    json_t *plain = attune_json_read(quoted, (int64_t)length, false, &problem);
    bool same = plain && strcmp(json_string_value(plain), key) == 0;
    json_decref(plain);
    return same;
}

/* The key of a member (that is what a complaint is about), or the start of an item. */
static const char *find_member(const char *at, const attune_at *step, const char **value)
{
    const char *item = skip_space(at + 1);
    for (int64_t i = 0; *item && *item != '}' && *item != ']'; i++) {
        const char *start = item;
        if (step->key)
            item = skip_space(skip_space(skip_string(item)) + 1);
        if (step->key ? key_is(start, step->key) : i == step->index) {
            *value = item;
            return start;
        }
        item = skip_space(skip_value(item));
        item = *item == ',' ? skip_space(item + 1) : item;
    }
    return NULL;
}

static const char *skip_mark(const char *text)
{
    return strncmp(text, "\xef\xbb\xbf", 3) == 0 ? text + 3 : text;
}

/* Where in the text a value stands, or what it would stand in: a default, an override and a
 * missing key are not in the text. value: where the value itself begins, NULL then. */
static const char *locate(const attune_at *at, const char **value)
{
    const char *parent = NULL;
    if (!at->parent) {
        *value = skip_space(skip_mark(at->document->text));
        return *value;
    }
    const char *place = locate(at->parent, &parent);
    const char *found = NULL;
    *value = NULL;
    if (parent && *parent == (at->key ? '{' : '['))
        found = find_member(parent, at, value);
    return found ? found : place;
}

static void count_place(const attune_document *document, const char *place, int *line, int *column)
{
    *line = *column = 1;
    for (const char *c = skip_mark(document->text); c < place; c++) {
        bool inside = ((unsigned char)*c & 0xC0) == 0x80; /* a further byte of one character */
        *column = *c == '\n' ? 1 : *column + !inside;
        *line += *c == '\n';
    }
}

attune_status attune_fail_at(attune_error *error, const attune_at *at, const char *format, ...)
{
    char message[900];
    va_list values;
    va_start(values, format);
    attune_locale_format(message, sizeof message, format, values);
    va_end(values);
    const attune_at *named = at;
    while (named && named->parent && !named->key)
        named = named->parent;
    const attune_document *document = at ? at->document : NULL;
    int line = 0, column = 0;
    const char *value = NULL;
    if (document && document->root && document->text)
        count_place(document, locate(at, &value), &line, &column);
    const char *key = named ? named->key : NULL;
    return attune_fail_in(error, ATTUNE_INVALID, document ? document->source : NULL, line, column,
                          "%s%s%s", key ? key : "", key ? ": " : "", message);
}

attune_status attune_fail_for(attune_error *error, const attune_at *at, const attune_error *problem)
{
    if (problem->status == ATTUNE_MEMORY)
        return attune_fail(error, ATTUNE_MEMORY, "%s", problem->message);
    return attune_fail_at(error, at, "%s", problem->message);
}

bool attune_json_is_comment(const char *key)
{
    return key[0] == '/' && key[1] == '/';
}

attune_status attune_json_check_keys(json_t *object, const attune_at *at, const char *const *names,
                                     int64_t n, attune_error *error)
{
    const char *key;
    json_t *value;
    if (!json_is_object(object))
        return attune_fail_at(error, at, "must be an object, { ... }");
    json_object_foreach(object, key, value)
    {
        bool known = attune_json_is_comment(key);
        for (int64_t i = 0; i < n && !known; i++)
            known = strcmp(names[i], key) == 0;
        if (known)
            continue;
        char hint[128];
        attune_at place = attune_at_key(at, key);
        return attune_fail_at(error, &place, "unknown key%s",
                              attune_did_you_mean(key, names, n, hint, sizeof hint));
    }
    return ATTUNE_OK;
}

static json_t *member(json_t *object, const char *key)
{
    json_t *value = json_object_get(object, key);
    return json_is_null(value) ? NULL : value;
}

attune_status attune_json_text(json_t *object, const attune_at *at, const char *key,
                               const char **value, attune_error *error)
{
    json_t *found = member(object, key);
    attune_at place = attune_at_key(at, key);
    if (found && !json_is_string(found))
        return attune_fail_at(error, &place, "must be a text");
    if (found)
        *value = json_string_value(found);
    return ATTUNE_OK;
}

attune_status attune_json_integer(json_t *object, const attune_at *at, const char *key,
                                  int64_t *value, attune_error *error)
{
    json_t *found = member(object, key);
    attune_at place = attune_at_key(at, key);
    double real = json_is_real(found) ? json_real_value(found) : 0;
    if (found && (!json_is_number(found) || real != trunc(real)))
        return attune_fail_at(error, &place, "must be a whole number");
    if (fabs(real) >= 0x1p63)
        return attune_fail_at(error, &place, "must be a whole number of at most 64 bits");
    if (found)
        *value = json_is_integer(found) ? (int64_t)json_integer_value(found) : (int64_t)real;
    return ATTUNE_OK;
}

attune_status attune_json_real(json_t *object, const attune_at *at, const char *key, double *value,
                               attune_error *error)
{
    json_t *found = member(object, key);
    attune_at place = attune_at_key(at, key);
    if (found && !json_is_number(found))
        return attune_fail_at(error, &place, "must be a number");
    if (found)
        *value = json_number_value(found);
    return ATTUNE_OK;
}

attune_status attune_json_boolean(json_t *object, const attune_at *at, const char *key, bool *value,
                                  attune_error *error)
{
    json_t *found = member(object, key);
    attune_at place = attune_at_key(at, key);
    if (found && !json_is_boolean(found))
        return attune_fail_at(error, &place, "must be true or false");
    if (found)
        *value = json_is_true(found);
    return ATTUNE_OK;
}

attune_status attune_json_texts(json_t *object, const attune_at *at, const char *key,
                                attune_texts *values, attune_error *error)
{
    json_t *found = member(object, key);
    attune_at place = attune_at_key(at, key);
    attune_status status = ATTUNE_OK;
    if (!found)
        return ATTUNE_OK;
    if (json_is_string(found))
        return attune_texts_add(values, json_string_value(found), error);
    if (!json_is_array(found))
        return attune_fail_at(error, &place, "must be a text or a list of texts");
    for (size_t i = 0; i < json_array_size(found) && !status; i++) {
        attune_at item = attune_at_item(&place, (int64_t)i);
        const char *text = json_string_value(json_array_get(found, i));
        status = text ? attune_texts_add(values, text, error)
                      : attune_fail_at(error, &item, "must be a text");
    }
    return status;
}

/* spaces/base/json.h - reading JSON with places, writing it in one canonical form.
 *
 * A document keeps its text, so that a complaint about any value can name its line and column:
 * whoever walks the tree carries an attune_at that says how it got there.
 *
 *     attune_document document;
 *     attune_document_read(&document, "plan.json", error);
 *     attune_at top = attune_at_top(&document);
 *     attune_at folds = attune_at_key(&top, "folds");
 *     if (...) return attune_fail_at(error, &folds, "need at least 2, got %d", n);
 *
 * Keys that begin with // are comments (attune_json_is_comment): readers pass over them.
 * Canonical text: sorted keys, no white space, shortest round-trip numbers, UTF-8, no locale.
 * Thread class: one per thread; a json_t never crosses threads. */
#ifndef ATTUNE_SPACES_BASE_JSON_H
#define ATTUNE_SPACES_BASE_JSON_H

#include "spaces/base/text.h"

#include <jansson.h>

typedef struct attune_document {
    char *source; /* a path, or what stands for one in messages */
    char *text;
    int64_t length;
    json_t *root;
} attune_document;

/* How a value was reached; lives on the walker's stack. */
typedef struct attune_at {
    const attune_document *document; /* nullable: no text, so no line */
    const struct attune_at *parent;  /* NULL at the top */
    const char *key;                 /* of an object's member; NULL for an item */
    int64_t index;                   /* of an array's item */
} attune_at;

/* Columns count characters, from 1. INVALID with line and column when the text is not JSON, repeats
 * a key, nests over 200 deep, or is over 64 MiB. */
attune_status attune_document_read(attune_document *document, const char *path,
                                   attune_error *error);
attune_status attune_document_parse(attune_document *document, const char *source, const char *text,
                                    int64_t length, attune_error *error);
void attune_document_clear(attune_document *document);

/* Why a text was not read: words and the byte they are about, or memory was out. */
typedef struct attune_json_problem {
    const char *words;
    int64_t at;
    bool starved;
} attune_json_problem;

/* Text of length bytes and a NUL behind them; unique: a key that comes twice is refused. New
 * reference; NULL with problem filled. */
json_t *attune_json_read(const char *text, int64_t length, bool unique,
                         attune_json_problem *problem);

/* Text of our own, which needs no places: NULL when it is NULL, not JSON, or memory is out. A new
 * reference. */
json_t *attune_json_parse(const char *text);

/* The place of the whole, of a member and of an item; each borrows what it is given. */
attune_at attune_at_top(const attune_document *document);
attune_at attune_at_key(const attune_at *parent, const char *key);
attune_at attune_at_item(const attune_at *parent, int64_t index);

/* INVALID, naming source, line, column and the last key on the way: "C: need low < high". */
attune_status attune_fail_at(attune_error *error, const attune_at *at, const char *format, ...)
    ATTUNE_FORMAT(3, 4);

/* Tells a problem at its place: INVALID as attune_fail_at, but memory that was out stays that. */
attune_status attune_fail_for(attune_error *error, const attune_at *at,
                              const attune_error *problem);

/* Refuses every key of object (but comments) that is not one of n names, with the nearest one. */
attune_status attune_json_check_keys(json_t *object, const attune_at *at, const char *const *names,
                                     int64_t n, attune_error *error);

/* A deep copy, whole or NULL (of NULL, and when memory is out). New reference. */
json_t *attune_json_copy(const json_t *json);
/* The same without comments, at any depth. */
json_t *attune_json_copy_plain(const json_t *json);

/* json, or NULL when it was not made whole: it is then given back, as is what NULL stands for. */
static inline json_t *attune_json_whole(json_t *json_take, bool whole)
{
    if (whole)
        return json_take;
    json_decref(json_take);
    return NULL;
}

/* Whether a key begins with //. */
bool attune_json_is_comment(const char *key);

/* Typed members of an object; a missing or null one leaves *value as it was. The text is borrowed
 * from the tree. A wrong type is INVALID at its place. */
attune_status attune_json_text(json_t *object, const attune_at *at, const char *key,
                               const char **value, attune_error *error);
attune_status attune_json_integer(json_t *object, const attune_at *at, const char *key,
                                  int64_t *value, attune_error *error);
attune_status attune_json_real(json_t *object, const attune_at *at, const char *key, double *value,
                               attune_error *error);
attune_status attune_json_boolean(json_t *object, const attune_at *at, const char *key, bool *value,
                                  attune_error *error);
/* One text or a list of them. */
attune_status attune_json_texts(json_t *object, const attune_at *at, const char *key,
                                attune_texts *values, attune_error *error);

/* Canonical text; the caller frees. NULL with error set when memory is out. */
char *attune_json_write(const json_t *value, attune_error *error);
/* The same order and numbers, indented for people and for files that are read by diff. */
char *attune_json_write_pretty(const json_t *value, attune_error *error);

/* A number as JSON holds it: integral values below 2^53 as integers; NaN and infinities as the
 * texts "nan", "inf", "-inf", which attune_json_number reads back. New reference, or NULL. */
json_t *attune_json_from_real(double value);
bool attune_json_number(const json_t *value, double *number);

#endif

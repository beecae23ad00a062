/* spaces/base/text.h - a growing string, and help with misspelt names.
 *
 *     attune_text text = {0};
 *     attune_text_printf(&text, "%d trials", n);
 *     ...text.bytes...
 *     attune_text_clear(&text);
 *
 * A failed append leaves what was there and sets `failed`; check it once at the end.
 * Thread class: one per thread. */
#ifndef ATTUNE_SPACES_BASE_TEXT_H
#define ATTUNE_SPACES_BASE_TEXT_H

#include "spaces/base/status.h"

typedef struct attune_text {
    char *bytes; /* terminated once anything was appended; NULL before */
    int64_t length, capacity;
    bool failed; /* an append ran out of memory */
} attune_text;

/* Each appends; the arguments may not point into the text itself. */
void attune_text_append(attune_text *text, const char *words);
void attune_text_append_bytes(attune_text *text, const void *bytes, int64_t length);
void attune_text_printf(attune_text *text, const char *format, ...) ATTUNE_FORMAT(2, 3);
void attune_text_clear(attune_text *text);

/* Gives the bytes away (never NULL: "" when nothing was appended) and leaves text empty; NULL with
 * error set when an append had failed. The caller frees. */
char *attune_text_take(attune_text *text, attune_error *error);

/* A list of strings, owned. */
typedef struct attune_texts {
    char **items;
    int64_t n;
} attune_texts;

attune_status attune_texts_add(attune_texts *texts, const char *item, attune_error *error);
attune_status attune_texts_copy(attune_texts *to, const attune_texts *from, attune_error *error);
int64_t attune_texts_find(const attune_texts *texts, const char *item); /* -1: not there */
void attune_texts_clear(attune_texts *texts);

/* The one of n names nearest to word by edit distance (letter case is free), or NULL when none is
 * near enough to be what was meant. O(n * length^2). */
const char *attune_nearest(const char *word, const char *const *names, int64_t n);

/* ", did you mean "x"?" into a buffer, or "" when nothing is near; returns the buffer. */
const char *attune_did_you_mean(const char *word, const char *const *names, int64_t n, char *buffer,
                                size_t size);

/* Whether text matches a shell pattern of * and ?; bytes, no classes. */
bool attune_matches(const char *pattern, const char *text);

/* What stands behind the last "__" of a flat name: "c" of "a__b__c". */
const char *attune_last_part(const char *name);

/* Bytes of the UTF-8 character at text, 0 when it is none (a NUL is none). Bytes are looked at
 * until one does not belong to it: a NUL at the end will do. */
int attune_utf8_size(const char *text);

#endif

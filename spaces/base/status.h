/* spaces/base/status.h - what went wrong, where, and what to do.
 *
 * Every call that can fail returns an attune_status; the message goes to an attune_error that the
 * caller owns and may leave out (NULL). Make one with attune_fail and return its value:
 *
 *     if (n < 1)
 *         return attune_fail(error, ATTUNE_INVALID, "folds: need at least 2, got %d", n);
 *
 * A message names the thing, says what is wrong with it and, where it can, what to do.
 * Thread class: an attune_error belongs to one thread; the functions are pure. */
#ifndef ATTUNE_SPACES_BASE_STATUS_H
#define ATTUNE_SPACES_BASE_STATUS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ATTUNE_FORMAT(text, values) __attribute__((format(printf, text, values)))

/* The public header has this block written out, so that it stands alone; whichever is read first
 * counts, and spaces/base/status_layout.h holds the two to one layout. */
#ifndef ATTUNE_STATUS_TYPES
#define ATTUNE_STATUS_TYPES

#define ATTUNE_API __attribute__((visibility("default")))

typedef enum attune_status {
#define ATTUNE_STATUS(name, word, exit_code) ATTUNE_##name,
#include "spaces/base/status.def"
#undef ATTUNE_STATUS
} attune_status;

typedef struct attune_error {
    attune_status status;
    int line, column;   /* from 1; 0 when not known */
    char source[256];   /* the file it is about, or "" */
    char message[1024]; /* one sentence, no newline at its end */
} attune_error;
#endif

/* Fills error (nullable) with a formatted message and returns status. Keeps the first failure:
 * an error that is already set is left alone, so that a cause is not hidden by its consequence. */
attune_status attune_fail(attune_error *error, attune_status status, const char *format, ...)
    ATTUNE_FORMAT(3, 4);

/* The same, about a place in a file: source nullable, line and column from 1 or 0. */
attune_status attune_fail_in(attune_error *error, attune_status status, const char *source,
                             int line, int column, const char *format, ...) ATTUNE_FORMAT(6, 7);

/* Puts "words: " in front of the message of an error that is set; returns its status. */
attune_status attune_error_prefix(attune_error *error, const char *format, ...) ATTUNE_FORMAT(2, 3);

ATTUNE_API void attune_error_clear(attune_error *error);

/* "source:line:column: message" as far as they are known, into a buffer; always terminated. */
ATTUNE_API void attune_error_text(const attune_error *error, char *text, size_t size);

/* The status's word ("invalid"), its exit code, and back from a word (false: no such word). */
ATTUNE_API const char *attune_status_word(attune_status status);
int attune_status_exit_code(attune_status status);
bool attune_status_from_word(const char *word, attune_status *status);

/* Zeroed memory for count items of size bytes, or NULL with error set; count may be 0. */
void *attune_alloc(int64_t count, size_t size, attune_error *error);

/* realloc with the same checks; on failure the old block stays valid and NULL is returned. */
void *attune_realloc(void *block, int64_t count, size_t size, attune_error *error);

/* A copy of text, or NULL with error set; text may be NULL (gives NULL, no error). */
char *attune_copy_text(const char *text, attune_error *error);

#endif

/* spaces/base/status.c - statuses, errors and checked allocation. */
#include "spaces/base/status.h"

#include "spaces/base/locale.h"
#include "spaces/base/status_layout.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct {
    const char *word;
    int exit_code;
} statuses[] = {
#define ATTUNE_STATUS(name, word, exit_code) {word, exit_code},
#include "spaces/base/status.def"
#undef ATTUNE_STATUS
};

enum { n_statuses = sizeof statuses / sizeof *statuses };

static ATTUNE_FORMAT(6, 0) void fill(attune_error *error, attune_status status, const char *source,
                                     int line, int column, const char *format, va_list values)
{
    if (!error || error->status != ATTUNE_OK)
        return;
    error->status = status;
    error->line = line;
    error->column = column;
    snprintf(error->source, sizeof error->source, "%s", source ? source : "");
    attune_locale_format(error->message, sizeof error->message, format, values);
}

attune_status attune_fail(attune_error *error, attune_status status, const char *format, ...)
{
    va_list values;
    va_start(values, format);
    fill(error, status, NULL, 0, 0, format, values);
    va_end(values);
    return status;
}

attune_status attune_fail_in(attune_error *error, attune_status status, const char *source,
                             int line, int column, const char *format, ...)
{
    va_list values;
    va_start(values, format);
    fill(error, status, source, line, column, format, values);
    va_end(values);
    return status;
}

attune_status attune_error_prefix(attune_error *error, const char *format, ...)
{
    if (!error || !error->status)
        return error ? ATTUNE_OK : ATTUNE_INTERNAL;
    char old[sizeof error->message];
    memcpy(old, error->message, sizeof old);
    va_list values;
    va_start(values, format);
    int used = attune_locale_format(error->message, sizeof error->message, format, values);
    va_end(values);
    size_t at = used < 0 ? 0 : (size_t)used;
    if (at < sizeof error->message)
        snprintf(error->message + at, sizeof error->message - at, ": %s", old);
    return error->status;
}

void attune_error_clear(attune_error *error)
{
    if (error)
        memset(error, 0, sizeof *error);
}

void attune_error_text(const attune_error *error, char *text, size_t size)
{
    if (error->source[0] && error->line && error->column)
        snprintf(text, size, "%s:%d:%d: %s", error->source, error->line, error->column,
                 error->message);
    else if (error->source[0] && error->line)
        snprintf(text, size, "%s:%d: %s", error->source, error->line, error->message);
    else if (error->source[0])
        snprintf(text, size, "%s: %s", error->source, error->message);
    else
        snprintf(text, size, "%s", error->message);
}

const char *attune_status_word(attune_status status)
{
    return (unsigned)status < n_statuses ? statuses[status].word : "unknown";
}

int attune_status_exit_code(attune_status status)
{
    return (unsigned)status < n_statuses ? statuses[status].exit_code : 1;
}

bool attune_status_from_word(const char *word, attune_status *status)
{
    for (unsigned i = 0; i < n_statuses; i++)
        if (strcmp(statuses[i].word, word) == 0) {
            *status = (attune_status)i;
            return true;
        }
    return false;
}

void *attune_alloc(int64_t count, size_t size, attune_error *error)
{
    size_t bytes = 0;
    bool fits = count >= 0 && !__builtin_mul_overflow((size_t)count, size, &bytes);
    void *block = fits ? calloc(bytes ? bytes : 1, 1) : NULL;
    if (!block)
        attune_fail(error, ATTUNE_MEMORY, "out of memory: %lld items of %zu bytes",
                    (long long)count, size);
    return block;
}

void *attune_realloc(void *block, int64_t count, size_t size, attune_error *error)
{
    size_t bytes = 0;
    bool fits = count >= 0 && !__builtin_mul_overflow((size_t)count, size, &bytes);
    void *grown = fits ? realloc(block, bytes ? bytes : 1) : NULL;
    if (!grown)
        attune_fail(error, ATTUNE_MEMORY, "out of memory: %lld items of %zu bytes",
                    (long long)count, size);
    return grown;
}

char *attune_copy_text(const char *text, attune_error *error)
{
    if (!text)
        return NULL;
    size_t size = strlen(text) + 1;
    char *copy = attune_alloc((int64_t)size, 1, error);
    return copy ? memcpy(copy, text, size) : NULL;
}

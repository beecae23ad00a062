/* search/named.c - what a word on the command line names. */
#include "search/named.h"

#include "spaces/base/file.h"
#include "spaces/base/number.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

static bool ends_with(const char *text, const char *end)
{
    size_t n = strlen(text), m = strlen(end);
    return n >= m && strcmp(text + n - m, end) == 0;
}

static bool begins_as_store(const char *path)
{
    static const char magic[] = "SQLite format 3";
    char bytes[sizeof magic] = "";
    FILE *file = attune_file_exists(path) ? fopen(path, "re") : NULL;
    bool same = file && fread(bytes, 1, sizeof bytes, file) == sizeof bytes &&
                memcmp(bytes, magic, sizeof magic) == 0;
    if (file)
        fclose(file);
    return same;
}

static bool is_number(const char *what, int64_t *number)
{
    int64_t value = 0;
    size_t length = strlen(what);
    if (strspn(what, "0123456789") != length || access(what, F_OK) == 0 ||
        !attune_integer_read(what, (int64_t)length, &value))
        return false;
    if (number)
        *number = value;
    return true;
}

attune_named attune_named_of(const char *what, int64_t *number)
{
    if (is_number(what, number))
        return ATTUNE_NAMED_TRIAL;
    if (attune_folder_exists(what))
        return ATTUNE_NAMED_DUMP;
    if (ends_with(what, ".json"))
        return ATTUNE_NAMED_PLAN;
    if (ends_with(what, ".db") || begins_as_store(what))
        return ATTUNE_NAMED_STORE;
    return ATTUNE_NAMED_DATA;
}

attune_status attune_named_check(const char *what, attune_error *error)
{
    if (strcmp(what, "-") == 0 || attune_named_of(what, NULL) == ATTUNE_NAMED_TRIAL ||
        access(what, F_OK) == 0)
        return ATTUNE_OK;
    return attune_fail(error, ATTUNE_NOT_FOUND,
                       "%s: there is no such file or folder (in the folder you are in)", what);
}

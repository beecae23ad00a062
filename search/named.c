/* search/named.c - what a word on the command line names. */
#include "search/named.h"

#include "spaces/base/file.h"
#include "spaces/base/number.h"

#include <stdio.h>
#include <stdlib.h>
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

static attune_status check_place(const char *path, attune_error *error)
{
    attune_texts names = {0};
    if (access(path, F_OK) != 0)
        return ATTUNE_OK;
    if (!attune_folder_exists(path))
        return attune_fail(error, ATTUNE_CONFLICT,
                           "--out: %s is a file; name a folder for the dump", path);
    attune_status status = attune_folder_list(path, &names, error);
    if (!status && names.n && attune_texts_find(&names, "manifest.json") < 0)
        status = attune_fail(error, ATTUNE_CONFLICT,
                             "--out: %s is there and is not a dump (it holds %.100s%s); name "
                             "another folder",
                             path, names.items[0], names.n > 1 ? " and more" : "");
    attune_texts_clear(&names);
    return status;
}

attune_status attune_named_check_out(const char *path, attune_error *error)
{
    char *folder = attune_path_folder(path, error);
    attune_status status = folder ? ATTUNE_OK : ATTUNE_MEMORY;
    if (!status && *folder && !attune_folder_exists(folder))
        status = attune_fail(error, ATTUNE_NOT_FOUND, "--out: there is no folder %s; make it first",
                             folder);
    if (!status)
        status = check_place(path, error);
    free(folder);
    return status;
}

/* spaces/base/beside.c - what is written beside a path before it takes its place. */
#define _GNU_SOURCE /* flock, getentropy */
#include "spaces/base/beside.h"

#include "spaces/base/file.h"
#include "spaces/base/key.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

enum { n_drawn = 8, n_digits = 16, most_tries = 100 };

/* Where the last part of a path begins and ends: "best" of "a/best/". */
static size_t last_part(const char *path, size_t *end)
{
    size_t length = strlen(path);
    while (length > 1 && path[length - 1] == '/')
        length--;
    *end = length;
    while (length > 0 && path[length - 1] != '/')
        length--;
    return length;
}

/* The digits that follow from the drawn ones and a name. */
static void follow(char digits[n_digits + 1], const char *name, size_t length)
{
    char text[ATTUNE_KEY_TEXT_SIZE];
    attune_key key = attune_key_bytes(attune_key_start("beside"), name, (int64_t)length);
    attune_key_name(attune_key_bytes(key, digits, n_drawn), text);
    memcpy(digits + n_drawn, text, n_digits - n_drawn);
    digits[n_digits] = '\0';
}

attune_status attune_beside_name(const char *path, const char *ending, char **name,
                                 attune_error *error)
{
    attune_text text = {0};
    unsigned char bytes[n_drawn / 2] = {0};
    char digits[n_digits + 1];
    size_t end = 0, start = last_part(path, &end);
    if (getentropy(bytes, sizeof bytes) != 0)
        return attune_fail_errno(error, "write beside", path);
    for (size_t i = 0; i < sizeof bytes; i++)
        snprintf(digits + 2 * i, 3, "%02x", bytes[i]);
    follow(digits, path + start, end - start);
    attune_text_printf(&text, "%.*s.%s.%s", (int)end, path, digits, ending);
    *name = attune_text_take(&text, error);
    return *name ? ATTUNE_OK : ATTUNE_MEMORY;
}

/* Whether the open file is what a path names. */
static bool is_at(int file, const char *path)
{
    struct stat open, there;
    return fstat(file, &open) == 0 && lstat(path, &there) == 0 && open.st_ino == there.st_ino &&
           open.st_dev == there.st_dev;
}

static int make_file(const char *path)
{
    return open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
}

static int make_folder(const char *path)
{
    if (mkdir(path, 0777) != 0)
        return -1;
    int file = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (file >= 0)
        return file;
    int code = errno;
    rmdir(path);
    errno = code == ENOENT ? EAGAIN : code;
    return -1;
}

/* Somebody may sweep it between its making and its lock: then it is made again, under another name.
 * A file system without locks has no sweepers either. */
static attune_status make(attune_beside *made, int (*maker)(const char *), const char *path,
                          attune_error *error)
{
    *made = (attune_beside){.file = -1};
    attune_status status = ATTUNE_OK;
    for (int i = 0; i < most_tries && !status; i++) {
        status = attune_beside_name(path, "tmp", &made->path, error);
        if (!status && (made->file = maker(made->path)) < 0 && errno != EAGAIN)
            status = attune_fail_errno(error, "write beside", path);
        while (made->file >= 0 && flock(made->file, LOCK_EX) != 0 && errno == EINTR)
            continue;
        if (made->file >= 0 && is_at(made->file, made->path))
            return ATTUNE_OK;
        attune_beside_end(made);
    }
    return status ? status
                  : attune_fail(error, ATTUNE_IO, "cannot write beside %s: it vanishes", path);
}

attune_status attune_beside_file(attune_beside *made, const char *path, attune_error *error)
{
    return make(made, make_file, path, error);
}

attune_status attune_beside_folder(attune_beside *made, const char *path, attune_error *error)
{
    return make(made, make_folder, path, error);
}

void attune_beside_end(attune_beside *made)
{
    if (made->file >= 0)
        close(made->file);
    free(made->path);
    *made = (attune_beside){.file = -1};
}

/* Whether a writer of a name would have called a file so: name.<16 digits>.tmp. */
static bool is_ours(const char *file, const char *name, size_t length)
{
    char digits[n_digits + 1];
    if (strlen(file) != length + n_digits + 5 || memcmp(file, name, length) != 0 ||
        file[length] != '.' || strcmp(file + length + 1 + n_digits, ".tmp") != 0)
        return false;
    memcpy(digits, file + length + 1, n_drawn);
    follow(digits, name, length);
    return memcmp(digits, file + length + 1, n_digits) == 0;
}

/* Removes it under its lock, which a living writer would hold. */
static void sweep_one(const char *path)
{
    int file = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    if (file < 0)
        return;
    if (flock(file, LOCK_EX | LOCK_NB) == 0 && is_at(file, path))
        attune_folder_remove(path, NULL);
    close(file);
}

void attune_beside_sweep(const char *path)
{
    attune_texts files = {0};
    size_t end = 0, start = last_part(path, &end);
    char *folder = attune_path_folder(path, NULL);
    const char *place = folder && *folder ? folder : ".";
    if (folder && !attune_path_is_shared(place) &&
        attune_folder_list(place, &files, NULL) == ATTUNE_OK)
        for (int64_t i = 0; i < files.n; i++) {
            char *file = is_ours(files.items[i], path + start, end - start)
                             ? attune_path_join(place, files.items[i], NULL)
                             : NULL;
            if (file)
                sweep_one(file);
            free(file);
        }
    attune_texts_clear(&files);
    free(folder);
}

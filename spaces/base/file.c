/* spaces/base/file.c - whole files and folders: written to the side, synced, then renamed. */
#define _GNU_SOURCE /* renameat2, getentropy */
#include "spaces/base/file.h"

#include "spaces/base/sync.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static attune_status fail_errno(attune_error *error, const char *verb, const char *path)
{
    int code = errno;
    attune_status status = code == ENOENT || code == ENOTDIR ? ATTUNE_NOT_FOUND
                           : code == ENOMEM                  ? ATTUNE_MEMORY
                                                             : ATTUNE_IO;
    char reason[128];
    const char *words = strerror_r(code, reason, sizeof reason);
    return attune_fail(error, status, "cannot %s %s: %s", verb, path, words);
}

attune_status attune_file_read(const char *path, int64_t limit, char **bytes, int64_t *length,
                               attune_error *error)
{
    attune_status status = ATTUNE_OK;
    char *block = NULL;
    int64_t used = 0;
    struct stat info;
    int file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK); /* a pipe must not hold us */
    if (file < 0)
        return fail_errno(error, "open", path);
    if (fstat(file, &info) != 0)
        status = fail_errno(error, "read", path);
    else if (!S_ISREG(info.st_mode))
        status = attune_fail(error, ATTUNE_INVALID, "%s is not a regular file", path);
    else if (info.st_size > limit)
        status = attune_fail(error, ATTUNE_INVALID, "%s is too long: %lld bytes, at most %lld",
                             path, (long long)info.st_size, (long long)limit);
    else if (!(block = attune_alloc(info.st_size + 1, 1, error)))
        status = ATTUNE_MEMORY;
    while (!status && used < info.st_size) {
        ssize_t got = read(file, block + used, (size_t)(info.st_size - used));
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            status = fail_errno(error, "read", path);
        if (got <= 0)
            break;
        used += got;
    }
    close(file);
    if (status) {
        free(block);
        return status;
    }
    *bytes = block;
    *length = used;
    return ATTUNE_OK;
}

static attune_status write_all(int file, const char *path, const char *bytes, int64_t length,
                               attune_error *error)
{
    for (int64_t used = 0; used < length;) {
        ssize_t put = write(file, bytes + used, (size_t)(length - used));
        if (put < 0 && errno == EINTR)
            continue;
        if (put < 0)
            return fail_errno(error, "write", path);
        used += put;
    }
    return ATTUNE_OK;
}

static attune_status write_new(const char *path, const void *bytes, int64_t length, bool sync,
                               attune_error *error)
{
    int file = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    if (file < 0)
        return fail_errno(error, "create", path);
    attune_status status = write_all(file, path, bytes, length, error);
    if (!status && sync && fsync(file) != 0)
        status = fail_errno(error, "write", path);
    if (close(file) != 0 && !status)
        status = fail_errno(error, "write", path);
    if (status)
        unlink(path);
    return status;
}

attune_status attune_file_write_new(const char *path, const void *bytes, int64_t length,
                                    attune_error *error)
{
    return write_new(path, bytes, length, false, error);
}

static attune_status sync_folder(const char *path, attune_error *error)
{
    int folder = open(*path ? path : ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (folder < 0)
        return fail_errno(error, "open folder", path);
    /* Some file systems cannot sync a folder (EINVAL); they then order the rename themselves. */
    bool synced = fsync(folder) == 0 || errno == EINVAL;
    attune_status status = synced ? ATTUNE_OK : fail_errno(error, "sync folder", path);
    close(folder);
    return status;
}

static attune_status sync_parent(const char *path, attune_error *error)
{
    char *folder = attune_path_folder(path, error);
    attune_status status = folder ? sync_folder(folder, error) : ATTUNE_MEMORY;
    free(folder);
    return status;
}

/* "path.<random>.tmp": no other thread, process or machine writes there. The caller frees. */
static char *name_beside(const char *path, attune_error *error)
{
    attune_text name = {0};
    unsigned char bytes[6] = {0};
    size_t length = strlen(path);
    while (length > 1 && path[length - 1] == '/')
        length--;
    if (getentropy(bytes, sizeof bytes) != 0) {
        fail_errno(error, "draw a temporary name beside", path);
        return NULL;
    }
    attune_text_append_bytes(&name, path, (int64_t)length);
    attune_text_append(&name, ".");
    for (size_t i = 0; i < sizeof bytes; i++)
        attune_text_printf(&name, "%02x", bytes[i]);
    attune_text_append(&name, ".tmp");
    return attune_text_take(&name, error);
}

attune_status attune_file_write(const char *path, const void *bytes, int64_t length,
                                attune_error *error)
{
    char *temporary = name_beside(path, error);
    if (!temporary)
        return ATTUNE_IO;
    attune_status status = write_new(temporary, bytes, length, true, error);
    if (!status && rename(temporary, path) != 0) {
        status = fail_errno(error, "write", path);
        unlink(temporary);
    }
    if (!status)
        status = sync_parent(path, error);
    free(temporary);
    return status;
}

bool attune_file_exists(const char *path)
{
    struct stat info;
    return stat(path, &info) == 0 && S_ISREG(info.st_mode);
}

bool attune_folder_exists(const char *path)
{
    struct stat info;
    return stat(path, &info) == 0 && S_ISDIR(info.st_mode);
}

attune_status attune_folder_begin(const char *path, char **temporary, attune_error *error)
{
    char *folder = name_beside(path, error);
    if (!folder)
        return ATTUNE_IO;
    if (mkdir(folder, 0777) != 0) {
        attune_status status = fail_errno(error, "make a folder beside", path);
        free(folder);
        return status;
    }
    *temporary = folder;
    return ATTUNE_OK;
}

/* Where the file system cannot exchange two names: what stood at path steps aside first. */
static attune_status replace_in_two(const char *temporary, const char *path, attune_error *error)
{
    char *aside = name_beside(path, error);
    if (!aside)
        return ATTUNE_IO;
    attune_status status = ATTUNE_OK;
    if (rename(path, aside) != 0) {
        status = fail_errno(error, "replace", path);
    } else if (rename(temporary, path) != 0) {
        status = fail_errno(error, "replace", path);
        rename(aside, path);
    }
    if (!status)
        status = sync_parent(path, error);
    if (!status)
        status = attune_folder_remove(aside, error);
    free(aside);
    return status;
}

attune_status attune_folder_commit(const char *temporary, const char *path, attune_error *error)
{
    attune_status status = attune_tree_sync(temporary, error);
    if (status)
        return status;
    if (rename(temporary, path) == 0)
        return sync_parent(path, error);
    if (errno != ENOTEMPTY && errno != EEXIST)
        return fail_errno(error, "write", path);
    if (renameat2(AT_FDCWD, temporary, AT_FDCWD, path, RENAME_EXCHANGE) != 0) {
        if (errno == EINVAL || errno == ENOSYS)
            return replace_in_two(temporary, path, error);
        return fail_errno(error, "replace", path);
    }
    status = sync_parent(path, error);
    return status ? status : attune_folder_remove(temporary, error);
}

/* Removes name in the open folder parent; path is what messages say. Nothing of ours is allocated:
 * it cleans up behind what ran out of memory. */
static attune_status remove_in(int parent, const char *name, const char *path, attune_error *error)
{
    struct stat info;
    if (fstatat(parent, name, &info, AT_SYMLINK_NOFOLLOW) != 0)
        return errno == ENOENT ? ATTUNE_OK : fail_errno(error, "remove", path);
    if (!S_ISDIR(info.st_mode))
        return unlinkat(parent, name, 0) == 0 ? ATTUNE_OK : fail_errno(error, "remove", path);
    int file = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    DIR *folder = file < 0 ? NULL : fdopendir(file);
    if (!folder) {
        attune_status status = fail_errno(error, "remove", path);
        if (file >= 0)
            close(file);
        return status;
    }
    attune_status status = ATTUNE_OK;
    for (struct dirent *entry; !status && (entry = readdir(folder));)
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
            status = remove_in(file, entry->d_name, path, error);
    closedir(folder);
    if (!status && unlinkat(parent, name, AT_REMOVEDIR) != 0)
        status = fail_errno(error, "remove", path);
    return status;
}

attune_status attune_folder_remove(const char *path, attune_error *error)
{
    return remove_in(AT_FDCWD, path, path, error);
}

attune_status attune_folder_make(const char *path, attune_error *error)
{
    if (mkdir(path, 0777) == 0 || (errno == EEXIST && attune_folder_exists(path)))
        return ATTUNE_OK;
    return fail_errno(error, "make folder", path);
}

static int by_bytes(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

attune_status attune_folder_list(const char *path, attune_texts *names, attune_error *error)
{
    DIR *folder = opendir(path);
    if (!folder)
        return fail_errno(error, "read folder", path);
    attune_status status = ATTUNE_OK;
    errno = 0;
    for (struct dirent *entry; !status && (entry = readdir(folder)); errno = 0)
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
            status = attune_texts_add(names, entry->d_name, error);
    if (!status && errno)
        status = fail_errno(error, "read folder", path);
    closedir(folder);
    if (names->n)
        qsort(names->items, (size_t)names->n, sizeof *names->items, by_bytes);
    return status;
}

char *attune_path_join(const char *folder, const char *name, attune_error *error)
{
    attune_text path = {0};
    if (*folder && *name != '/') {
        attune_text_append(&path, folder);
        if (folder[strlen(folder) - 1] != '/')
            attune_text_append(&path, "/");
    }
    attune_text_append(&path, name);
    return attune_text_take(&path, error);
}

char *attune_path_folder(const char *path, attune_error *error)
{
    attune_text folder = {0};
    int64_t length = (int64_t)strlen(path);
    while (length > 1 && path[length - 1] == '/')
        length--;
    while (length > 0 && path[length - 1] != '/')
        length--;
    while (length > 1 && path[length - 1] == '/')
        length--;
    attune_text_append_bytes(&folder, path, length);
    return attune_text_take(&folder, error);
}

char *attune_path_stem(const char *path, attune_error *error)
{
    attune_text stem = {0};
    const char *slash = strrchr(path, '/');
    const char *name = slash ? slash + 1 : path;
    int64_t length = (int64_t)strlen(name);
    if (length > 3 && strcmp(name + length - 3, ".gz") == 0)
        length -= 3;
    int64_t dot = length - 1;
    while (dot > 0 && name[dot] != '.')
        dot--;
    attune_text_append_bytes(&stem, name, dot > 0 ? dot : length);
    return attune_text_take(&stem, error);
}

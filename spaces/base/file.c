/* spaces/base/file.c - whole files and folders: written to the side, synced, then renamed. */
#define _GNU_SOURCE /* renameat2, statfs */
#include "spaces/base/file.h"

#include "spaces/base/beside.h"
#include "spaces/base/sync.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

attune_status attune_fail_errno(attune_error *error, const char *verb, const char *path)
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
        return attune_fail_errno(error, "open", path);
    if (fstat(file, &info) != 0)
        status = attune_fail_errno(error, "read", path);
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
            status = attune_fail_errno(error, "read", path);
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
            return attune_fail_errno(error, "write", path);
        used += put;
    }
    return ATTUNE_OK;
}

attune_status attune_file_write_new(const char *path, const void *bytes, int64_t length,
                                    attune_error *error)
{
    int file = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    if (file < 0)
        return attune_fail_errno(error, "create", path);
    attune_status status = write_all(file, path, bytes, length, error);
    if (close(file) != 0 && !status)
        status = attune_fail_errno(error, "write", path);
    if (status)
        unlink(path);
    return status;
}

static attune_status sync_folder(const char *path, attune_error *error)
{
    int folder = open(*path ? path : ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (folder < 0)
        return attune_fail_errno(error, "open folder", path);
    /* Some file systems cannot sync a folder (EINVAL); they then order the rename themselves. */
    bool synced = fsync(folder) == 0 || errno == EINVAL;
    attune_status status = synced ? ATTUNE_OK : attune_fail_errno(error, "sync folder", path);
    close(folder);
    return status;
}

/* Writes and puts in its place what was made beside path, in the folder parent. */
static attune_status fill_beside(const attune_beside *made, const char *path, const char *parent,
                                 const char *bytes, int64_t length, attune_error *error)
{
    attune_status status = write_all(made->file, path, bytes, length, error);
    if (!status && (fsync(made->file) != 0 || rename(made->path, path) != 0))
        status = attune_fail_errno(error, "write", path);
    if (status)
        unlink(made->path);
    return status ? status : sync_folder(parent, error);
}

attune_status attune_file_write(const char *path, const void *bytes, int64_t length,
                                attune_error *error)
{
    attune_beside made;
    char *parent = attune_path_folder(path, error);
    attune_status status = parent ? attune_beside_file(&made, path, error) : ATTUNE_MEMORY;
    if (!status) {
        status = fill_beside(&made, path, parent, bytes, length, error);
        attune_beside_end(&made);
    }
    if (!status)
        attune_beside_sweep(path);
    free(parent);
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

bool attune_path_is_shared(const char *path)
{
    static const uint32_t shared[] = {0x6969 /* NFS */,
                                      0x517B /* SMB */,
                                      0xFF534D42 /* CIFS */,
                                      0xFE534D42 /* SMB2 */,
                                      0x65735546 /* FUSE */,
                                      0x01021997 /* 9P */,
                                      0x00C36400 /* Ceph */,
                                      0x5346414F /* AFS */,
                                      0x0BD00BD0 /* Lustre */,
                                      0x47504653 /* GPFS */,
                                      0x73757245 /* Coda */,
                                      0x20030528 /* OrangeFS */,
                                      0x19830326 /* BeeGFS */};
    struct statfs info;
    if (statfs(path, &info))
        return false;
    for (size_t i = 0; i < sizeof shared / sizeof *shared; i++)
        if ((uint32_t)info.f_type == shared[i])
            return true;
    return false;
}

/* Where the file system cannot exchange two names: what stood at path steps aside first. Its name
 * there is one that no sweep takes: for a moment it is all there is. */
static attune_status replace_in_two(const char *temporary, const char *path, const char *parent,
                                    attune_error *error)
{
    char *aside = NULL;
    attune_status status = attune_beside_name(path, "old", &aside, error);
    if (status)
        return status;
    if (rename(path, aside) != 0) {
        status = attune_fail_errno(error, "replace", path);
    } else if (rename(temporary, path) != 0) {
        status = attune_fail_errno(error, "replace", path);
        rename(aside, path);
    }
    if (!status)
        status = sync_folder(parent, error);
    if (!status)
        status = attune_folder_remove(aside, error);
    free(aside);
    return status;
}

static attune_status put_in_place(const char *temporary, const char *path, const char *parent,
                                  attune_error *error)
{
    if (rename(temporary, path) == 0)
        return sync_folder(parent, error);
    if (errno != ENOTEMPTY && errno != EEXIST)
        return attune_fail_errno(error, "write", path);
    if (renameat2(AT_FDCWD, temporary, AT_FDCWD, path, RENAME_EXCHANGE) != 0) {
        if (errno == EINVAL || errno == ENOSYS)
            return replace_in_two(temporary, path, parent, error);
        return attune_fail_errno(error, "replace", path);
    }
    attune_status status = sync_folder(parent, error);
    return status ? status : attune_folder_remove(temporary, error);
}

attune_status attune_folder_commit(const char *temporary, const char *path, attune_error *error)
{
    char *parent = attune_path_folder(path, error); /* before anything is moved */
    attune_status status = parent ? attune_tree_sync(temporary, error) : ATTUNE_MEMORY;
    if (!status)
        status = put_in_place(temporary, path, parent, error);
    free(parent);
    return status;
}

/* After a call that removes: gone is gone, whoever did it. */
static attune_status removed(int result, const char *path, attune_error *error)
{
    return result == 0 || errno == ENOENT ? ATTUNE_OK : attune_fail_errno(error, "remove", path);
}

/* Removes name in the open folder parent; path is what messages say. Nothing of ours is allocated:
 * it cleans up behind what ran out of memory. */
static attune_status remove_in(int parent, const char *name, const char *path, attune_error *error)
{
    struct stat info;
    if (fstatat(parent, name, &info, AT_SYMLINK_NOFOLLOW) != 0)
        return removed(-1, path, error);
    if (!S_ISDIR(info.st_mode))
        return removed(unlinkat(parent, name, 0), path, error);
    int file = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    DIR *folder = file < 0 ? NULL : fdopendir(file);
    if (!folder) {
        attune_status status = removed(-1, path, error);
        if (file >= 0)
            close(file);
        return status;
    }
    attune_status status = ATTUNE_OK;
    for (struct dirent *entry; !status && (entry = readdir(folder));)
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
            status = remove_in(file, entry->d_name, path, error);
    closedir(folder);
    return status ? status : removed(unlinkat(parent, name, AT_REMOVEDIR), path, error);
}

attune_status attune_folder_remove(const char *path, attune_error *error)
{
    return remove_in(AT_FDCWD, path, path, error);
}

attune_status attune_folder_make(const char *path, attune_error *error)
{
    if (mkdir(path, 0777) == 0 || (errno == EEXIST && attune_folder_exists(path)))
        return ATTUNE_OK;
    return attune_fail_errno(error, "make folder", path);
}

static int by_bytes(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

attune_status attune_folder_list(const char *path, attune_texts *names, attune_error *error)
{
    DIR *folder = opendir(path);
    if (!folder)
        return attune_fail_errno(error, "read folder", path);
    attune_status status = ATTUNE_OK;
    errno = 0;
    for (struct dirent *entry; !status && (entry = readdir(folder)); errno = 0)
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
            status = attune_texts_add(names, entry->d_name, error);
    if (!status && errno)
        status = attune_fail_errno(error, "read folder", path);
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

/* steps/dump/bundle.c - the files of a folder, held in memory. */
#include "steps/dump/bundle.h"

#include "spaces/base/beside.h"
#include "spaces/base/file.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static const int64_t longest_file = (int64_t)4 << 30, longest_bundle = (int64_t)16 << 30;

enum { longest_part = 255, longest_path = 3000 };

static bool part_ok(const char *part, size_t length)
{
    bool dots = (length == 1 || length == 2) && strspn(part, ".") >= length;
    return length > 0 && length <= longest_part && !dots;
}

bool attune_bundle_path_ok(const char *path)
{
    static const char allowed[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.-/";
    size_t length = strlen(path);
    if (length > longest_path || strspn(path, allowed) != length)
        return false;
    for (int depth = 0; depth < ATTUNE_BUNDLE_DEPTH; depth++) {
        size_t part = strcspn(path, "/");
        if (!part_ok(path, part))
            return false;
        if (path[part] == '\0')
            return true;
        path += part + 1;
    }
    return false;
}

/* Where path is, or belongs. */
static int64_t place_of(const attune_bundle *bundle, const char *path, bool *found)
{
    int64_t low = 0, high = bundle->n;
    *found = false;
    while (low < high && !*found) {
        int64_t middle = low + (high - low) / 2;
        int order = strcmp(bundle->files[middle].path, path);
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
        if (order == 0) {
            *found = true;
            low = middle;
        }
    }
    return low;
}

static attune_status make_room(attune_bundle *bundle, attune_error *error)
{
    if (bundle->n == ATTUNE_BUNDLE_FILES)
        return attune_fail(error, ATTUNE_INVALID, "more than %d files in one folder tree",
                           ATTUNE_BUNDLE_FILES);
    if (bundle->n < bundle->capacity)
        return ATTUNE_OK;
    int64_t capacity = bundle->capacity ? 2 * bundle->capacity : 16;
    attune_bundle_file *grown = attune_realloc(bundle->files, capacity, sizeof *grown, error);
    if (!grown)
        return ATTUNE_MEMORY;
    bundle->files = grown;
    bundle->capacity = capacity;
    return ATTUNE_OK;
}

static attune_status insert(attune_bundle *bundle, int64_t at, const char *path, char *bytes,
                            int64_t length, attune_error *error)
{
    attune_status status = make_room(bundle, error);
    if (status)
        return status;
    char *copy = attune_copy_text(path, error);
    if (!copy)
        return ATTUNE_MEMORY;
    attune_bundle_file *file = &bundle->files[at];
    memmove(file + 1, file, (size_t)(bundle->n - at) * sizeof *file);
    *file = (attune_bundle_file){copy, bytes, length};
    bundle->n++;
    return ATTUNE_OK;
}

static attune_status place(attune_bundle *bundle, const char *path, char *bytes, int64_t length,
                           bool replace, attune_error *error)
{
    bool found = false;
    if (!attune_bundle_path_ok(path))
        return attune_fail(error, ATTUNE_INVALID,
                           "\"%.200s\" is not a path that a dump may hold: letters, digits, "
                           "_ . - and / only, and never out of its folder",
                           path);
    int64_t at = place_of(bundle, path, &found);
    if (!found)
        return insert(bundle, at, path, bytes, length, error);
    if (!replace)
        return attune_fail(error, ATTUNE_CONFLICT, "two files of one name: %s", path);
    free(bundle->files[at].bytes);
    bundle->files[at].bytes = bytes;
    bundle->files[at].length = length;
    return ATTUNE_OK;
}

attune_status attune_bundle_add_take(attune_bundle *bundle, const char *path, char *bytes,
                                     int64_t length, attune_error *error)
{
    attune_status status = place(bundle, path, bytes, length, false, error);
    if (status)
        free(bytes);
    return status;
}

attune_status attune_bundle_put_take(attune_bundle *bundle, const char *path, char *bytes,
                                     int64_t length, attune_error *error)
{
    attune_status status = place(bundle, path, bytes, length, true, error);
    if (status)
        free(bytes);
    return status;
}

attune_status attune_bundle_add_text_take(attune_bundle *bundle, const char *path, char *text,
                                          attune_error *error)
{
    if (!text)
        return attune_fail(error, ATTUNE_MEMORY, "out of memory: %s", path);
    return attune_bundle_add_take(bundle, path, text, (int64_t)strlen(text), error);
}

const attune_bundle_file *attune_bundle_find(const attune_bundle *bundle, const char *path)
{
    bool found = false;
    int64_t at = place_of(bundle, path, &found);
    return found ? &bundle->files[at] : NULL;
}

bool attune_bundle_same(const attune_bundle *a, const attune_bundle *b)
{
    bool same = a->n == b->n;
    for (int64_t i = 0; i < a->n && same; i++) {
        const attune_bundle_file *x = &a->files[i], *y = &b->files[i];
        same = strcmp(x->path, y->path) == 0 && x->length == y->length &&
               (x->length == 0 || memcmp(x->bytes, y->bytes, (size_t)x->length) == 0);
    }
    return same;
}

void attune_bundle_clear(attune_bundle *bundle)
{
    for (int64_t i = 0; i < bundle->n; i++) {
        free(bundle->files[i].path);
        free(bundle->files[i].bytes);
    }
    free(bundle->files);
    memset(bundle, 0, sizeof *bundle);
}

/* The folders on the way to folder/path. */
static attune_status make_folders(const char *folder, const char *path, attune_error *error)
{
    attune_status status = ATTUNE_OK;
    for (const char *slash = path; !status && (slash = strchr(slash, '/')); slash++) {
        attune_text part = {0};
        attune_text_printf(&part, "%s/%.*s", folder, (int)(slash - path), path);
        char *made = attune_text_take(&part, error);
        status = made ? attune_folder_make(made, error) : ATTUNE_MEMORY;
        free(made);
    }
    return status;
}

static attune_status write_file(const attune_bundle_file *file, const char *folder,
                                attune_error *error)
{
    attune_status status = make_folders(folder, file->path, error);
    if (status)
        return status;
    char *path = attune_path_join(folder, file->path, error);
    if (!path)
        return ATTUNE_MEMORY;
    status = attune_file_write_new(path, file->bytes, file->length, error);
    free(path);
    return status;
}

attune_status attune_bundle_write(const attune_bundle *bundle, const char *path,
                                  attune_error *error)
{
    attune_beside made;
    attune_status status = attune_beside_folder(&made, path, error);
    if (status)
        return status;
    for (int64_t i = 0; i < bundle->n && !status; i++)
        status = write_file(&bundle->files[i], made.path, error);
    if (!status)
        status = attune_folder_commit(made.path, path, error);
    if (status)
        attune_folder_remove(made.path, NULL);
    attune_beside_end(&made);
    return status;
}

/* A walk over a folder tree. */
struct reading {
    attune_bundle *bundle;
    const char *top;
    int64_t total; /* bytes so far */
};

static attune_status read_folder(struct reading *r, const char *relative, attune_error *error);

static attune_status read_file(struct reading *r, const char *path, const char *relative,
                               attune_error *error)
{
    char *bytes = NULL;
    int64_t length = 0;
    int64_t left = longest_bundle - r->total;
    attune_status status =
        attune_file_read(path, left < longest_file ? left : longest_file, &bytes, &length, error);
    if (status)
        return status;
    r->total += length;
    return attune_bundle_add_take(r->bundle, relative, bytes, length, error);
}

static attune_status read_entry(struct reading *r, const char *relative, attune_error *error)
{
    struct stat info;
    attune_status status = ATTUNE_OK;
    char *path = attune_path_join(r->top, relative, error);
    if (!path)
        return ATTUNE_MEMORY;
    if (!attune_bundle_path_ok(relative))
        status = attune_fail(error, ATTUNE_CORRUPT,
                             "%s does not belong to a dump: its name is not one of ours", path);
    else if (lstat(path, &info) != 0)
        status = attune_fail(error, ATTUNE_IO, "%s cannot be looked at", path);
    else if (S_ISDIR(info.st_mode))
        status = read_folder(r, relative, error);
    else if (S_ISREG(info.st_mode))
        status = read_file(r, path, relative, error);
    else
        status = attune_fail(error, ATTUNE_CORRUPT,
                             "%s is %s: a dump holds plain files and folders only", path,
                             S_ISLNK(info.st_mode) ? "a link" : "a special file");
    free(path);
    return status;
}

/* relative is "" at the top. */
static attune_status read_folder(struct reading *r, const char *relative, attune_error *error)
{
    attune_texts names = {0};
    char *folder = attune_path_join(r->top, relative, error);
    attune_status status = folder ? attune_folder_list(folder, &names, error) : ATTUNE_MEMORY;
    if (!status && names.n == 0 && *relative)
        status =
            attune_fail(error, ATTUNE_CORRUPT, "%s is empty: a dump has no empty folders", folder);
    for (int64_t i = 0; i < names.n && !status; i++) {
        char *child = attune_path_join(relative, names.items[i], error);
        status = child ? read_entry(r, child, error) : ATTUNE_MEMORY;
        free(child);
    }
    attune_texts_clear(&names);
    free(folder);
    return status;
}

attune_status attune_bundle_read(attune_bundle *bundle, const char *path, attune_error *error)
{
    memset(bundle, 0, sizeof *bundle);
    if (attune_file_exists(path))
        return attune_fail(error, ATTUNE_INVALID, "%s is a file; a dump is a folder", path);
    struct reading r = {.bundle = bundle, .top = path};
    attune_status status = read_folder(&r, "", error);
    if (status)
        attune_bundle_clear(bundle);
    return status;
}

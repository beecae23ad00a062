/* steps/data/table_source.c - where a table's bytes come from: a path, standard input, gzip. */
#include "spaces/base/pages.h"
#include "steps/data/table_parts.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

/* More than this out of gzip is taken for a bomb: 1 GB of zeros packs into 1 MB. */
static const int64_t longest_unpacked = (int64_t)64 << 30;

struct block {
    char *bytes;
    int64_t length, capacity;
};

static attune_status reserve(struct block *block, int64_t capacity, attune_error *error)
{
    char *grown = attune_realloc(block->bytes, capacity + attune_table_padding, 1, error);
    if (!grown)
        return ATTUNE_MEMORY;
    block->bytes = grown;
    block->capacity = capacity;
    attune_pages_touch(grown + block->length, capacity - block->length);
    return ATTUNE_OK;
}

static attune_status fail_errno(attune_error *error, const char *verb, const char *path)
{
    int code = errno;
    char words[128];
    if (strerror_r(code, words, sizeof words) != 0)
        words[0] = '\0';
    return attune_fail(error, code == ENOENT || code == ENOTDIR ? ATTUNE_NOT_FOUND : ATTUNE_IO,
                       "cannot %s %s: %s", verb, path, words);
}

static attune_status read_all(int file, const char *path, struct block *block, attune_error *error)
{
    struct stat info;
    if (fstat(file, &info) != 0)
        return fail_errno(error, "read", path);
    if (S_ISDIR(info.st_mode))
        return attune_fail(error, ATTUNE_INVALID, "%s is a folder, not a data file", path);
    int64_t expected = S_ISREG(info.st_mode) ? info.st_size : 0;
    attune_status status = reserve(block, expected > 0 ? expected + 1 : 1 << 16, error);
    while (!status) {
        if (block->length == block->capacity &&
            (status = reserve(block, 2 * block->capacity, error)))
            break;
        ssize_t got =
            read(file, block->bytes + block->length, (size_t)(block->capacity - block->length));
        if (got == 0)
            break;
        if (got < 0 && errno != EINTR)
            status = fail_errno(error, "read", path);
        if (got > 0)
            block->length += got;
    }
    return status;
}

attune_status attune_table_load(const char *path, char **bytes, int64_t *length,
                                attune_error *error)
{
    bool standard = strcmp(path, "-") == 0;
    int file = standard ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0)
        return fail_errno(error, "open", path);
    struct block block = {0};
    attune_status status = read_all(file, path, &block, error);
    if (!standard)
        close(file);
    if (!status)
        status = attune_table_unpack(path, &block.bytes, &block.length, error);
    if (status) {
        free(block.bytes);
        return status;
    }
    *bytes = block.bytes;
    *length = block.length;
    return ATTUNE_OK;
}

/* One call of inflate into what room there is; the room is doubled first when there is none. */
static attune_status inflate_some(z_stream *stream, struct block *out, const char *source,
                                  int *result, attune_error *error)
{
    if (out->length == out->capacity) {
        if (out->capacity >= longest_unpacked)
            return attune_fail_in(error, ATTUNE_INVALID, source, 0, 0,
                                  "unpacks to over %lld GiB; unpack it and cut it to size",
                                  (long long)(longest_unpacked >> 30));
        attune_status status = reserve(out, 2 * out->capacity, error);
        if (status)
            return status;
    }
    int64_t room = out->capacity - out->length;
    stream->next_out = (Bytef *)out->bytes + out->length;
    stream->avail_out = (uInt)(room < (1 << 30) ? room : 1 << 30);
    uInt before = stream->avail_out;
    *result = inflate(stream, Z_NO_FLUSH);
    out->length += before - stream->avail_out;
    return ATTUNE_OK;
}

/* A gzip file may be several members one after another. */
static attune_status inflate_all(z_stream *stream, const struct block *in, struct block *out,
                                 const char *source, attune_error *error)
{
    int64_t fed = 0;
    attune_status status = ATTUNE_OK;
    for (int result = Z_OK; !status;) {
        if (stream->avail_in == 0 && fed < in->length) {
            int64_t some = in->length - fed < (1 << 30) ? in->length - fed : 1 << 30;
            stream->next_in = (Bytef *)in->bytes + fed;
            stream->avail_in = (uInt)some;
            fed += some;
        }
        bool dry = stream->avail_in == 0;
        if (result == Z_STREAM_END && (dry || *stream->next_in == 0))
            break; /* the end, or zeros that pad a tape block */
        if (result == Z_STREAM_END)
            inflateReset(stream);
        status = inflate_some(stream, out, source, &result, error);
        if (!status && result != Z_OK && result != Z_STREAM_END && !(result == Z_BUF_ERROR && !dry))
            status = attune_fail_in(error, ATTUNE_INVALID, source, 0, 0,
                                    dry ? "the gzip data are cut short; copy the file again"
                                        : "the gzip data are damaged; copy the file again");
    }
    return status;
}

attune_status attune_table_unpack(const char *source, char **bytes, int64_t *length,
                                  attune_error *error)
{
    if (*length < 2 || memcmp(*bytes, "\x1f\x8b", 2) != 0)
        return ATTUNE_OK;
    struct block in = {*bytes, *length, *length}, out = {0};
    z_stream stream = {0};
    if (inflateInit2(&stream, 16 + MAX_WBITS) != Z_OK)
        return attune_fail(error, ATTUNE_MEMORY, "out of memory: unpacking %s", source);
    attune_status status = reserve(&out, 4 * in.length + 4096, error);
    if (!status)
        status = inflate_all(&stream, &in, &out, source, error);
    inflateEnd(&stream);
    if (status) {
        free(out.bytes);
        return status;
    }
    free(in.bytes);
    *bytes = out.bytes;
    *length = out.length;
    return ATTUNE_OK;
}

/* steps/data/table_check.c - before a table is scanned: is it text, and what separates its fields.
 */
#include "steps/data/table_parts.h"

#include "spaces/base/locale.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

attune_status attune_table_fail(const attune_table *table, int64_t at, attune_error *error,
                                const char *format, ...)
{
    int64_t line = 1, start = 0;
    for (const char *c = table->bytes; (c = memchr(c, '\n', (size_t)(table->bytes + at - c)));
         c++) {
        line++;
        start = c + 1 - table->bytes;
    }
    char message[900];
    va_list values;
    va_start(values, format);
    attune_locale_format(message, sizeof message, format, values);
    va_end(values);
    return attune_fail_in(error, ATTUNE_INVALID, table->source, (int)line, (int)(at - start + 1),
                          "%s", message);
}

enum { plain_size = 64 };

/* Whether the next 64 bytes are ASCII without NUL; a NUL borrows, which sets a top bit. */
static bool all_plain(const char *bytes)
{
    const uint64_t ones = 0x0101010101010101u, tops = 0x8080808080808080u;
    uint64_t words[plain_size / 8], bad = 0;
    memcpy(words, bytes, sizeof words);
    for (int i = 0; i < plain_size / 8; i++)
        bad |= words[i] | (words[i] - ones);
    return (bad & tops) == 0;
}

/* The first byte that is NUL or no UTF-8; length when all is text. */
static int64_t first_bad_byte(const char *bytes, int64_t length)
{
    int64_t at = 0, checked = 0; /* below: known not to be plain as a whole */
    while (at < length) {
        if (at >= checked) {
            if (all_plain(bytes + at)) {
                at += plain_size;
                continue;
            }
            checked = at + plain_size;
        }
        int size = attune_utf8_size(bytes + at);
        if (size == 0)
            return at;
        at += size;
    }
    return length;
}

/* What a file that is no text may be, by how it begins. */
static const char *binary_kind(const char *bytes, int64_t length)
{
    static const struct {
        const char *mark;
        int64_t size;
        const char *advice;
    } kinds[] = {
        {"\xff\xfe", 2, "it looks like UTF-16; save it as UTF-8"},
        {"\xfe\xff", 2, "it looks like UTF-16; save it as UTF-8"},
        {"PK\x03\x04", 4, "it looks like a zip archive or a spreadsheet; save it as CSV"},
        {"PAR1", 4, "it looks like Parquet; save it as CSV"},
        {"BZh", 3, "it looks like bzip2; unpack it, or use gzip"},
        {"\xfd"
         "7zXZ",
         5, "it looks like xz; unpack it, or use gzip"},
        {"\x28\xb5\x2f\xfd", 4, "it looks like zstd; unpack it, or use gzip"},
        {"SQLite format 3", 15, "it is an SQLite database; export a table as CSV"},
    };
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (length >= kinds[i].size && memcmp(bytes, kinds[i].mark, (size_t)kinds[i].size) == 0)
            return kinds[i].advice;
    return NULL;
}

attune_status attune_table_check(const attune_table *table, attune_error *error)
{
    const char *advice = binary_kind(table->bytes, table->length);
    if (advice)
        return attune_fail_in(error, ATTUNE_INVALID, table->source, 0, 0, "not a text file: %s",
                              advice);
    int64_t bad = first_bad_byte(table->bytes, table->length);
    if (bad >= table->length)
        return ATTUNE_OK;
    unsigned byte = (unsigned char)table->bytes[bad];
    if (byte == 0)
        return attune_table_fail(table, bad, error,
                                 "not a text file: there is a NUL byte; save it as CSV in UTF-8");
    return attune_table_fail(table, bad, error,
                             "not UTF-8: the byte 0x%02X; convert the file, for example with "
                             "iconv -f latin1 -t utf-8",
                             byte);
}

/* Fields of the record at *at if delimiter is what separates them; moves *at past it. */
static int64_t count_fields(const char **at, const char *end, char delimiter)
{
    int64_t n = 1;
    bool fresh = true, quoting = false, open = false;
    for (; *at < end; ++*at) {
        char c = **at;
        quoting = quoting || (fresh && c == '"');
        open ^= quoting && c == '"';
        fresh = false;
        if (open || (c != delimiter && c != '\n'))
            continue;
        if (c == '\n')
            break;
        n++;
        fresh = true;
        quoting = false;
    }
    *at += *at < end;
    return n;
}

/* How many fields the first record has when the next records have as many, negative when not. */
static int64_t fields_by(const char *text, const char *end, char delimiter)
{
    enum { records = 20 };
    const char *at = text;
    int64_t first = count_fields(&at, end, delimiter);
    for (int i = 0; i < records && at < end; i++) {
        bool blank = *at == '\n' || *at == '\r';
        if (count_fields(&at, end, delimiter) != first && !blank && at < end)
            return -first;
    }
    return first;
}

char attune_table_delimiter(const attune_table *table)
{
    static const char candidates[] = {',', ';', '\t', '|'};
    enum { sample = 1 << 16 };
    const char *text = table->bytes;
    text += strspn(text, "\r\n");
    const char *last = table->bytes + table->length;
    const char *end = last - text > sample ? text + sample : last;
    char steady = 0, loose = ',';
    int64_t most = 1, most_loose = 1;
    for (size_t i = 0; i < sizeof candidates; i++) {
        int64_t n = fields_by(text, end, candidates[i]);
        if (n > most) {
            most = n;
            steady = candidates[i];
        }
        if (-n > most_loose) {
            most_loose = -n;
            loose = candidates[i];
        }
    }
    return steady ? steady : loose;
}

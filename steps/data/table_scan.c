/* steps/data/table_scan.c - finding where each field ends: one pass over the bytes, RFC 4180.
 *
 * Delimiters, line feeds and quotes are found 64 bytes at a time as bits of a word (the idea of
 * Langdale and Lemire 2019), so that short fields do not cost a mispredicted branch each. */
#include "spaces/base/pages.h"
#include "steps/data/table_parts.h"

#include <stdlib.h>
#include <string.h>
#ifdef __SSE2__
#include <emmintrin.h>
#endif

struct scanner {
    attune_table *table;
    attune_error *error;
    char *bytes;
    int64_t block;  /* where the 64 bytes start */
    uint64_t marks; /* the bytes of the block that are special and not yet seen */
    char delimiter;
    uint32_t *row;    /* the ends of the record at hand */
    int64_t row_room; /* n_columns once the header is known */
    int64_t records;  /* there is room for */
};

#ifdef __SSE2__
static uint64_t find_marks(const char *block, char delimiter)
{
    const __m128i feed = _mm_set1_epi8('\n'), quote = _mm_set1_epi8('"');
    const __m128i split = _mm_set1_epi8(delimiter);
    uint64_t marks = 0;
    for (int i = 0; i < 4; i++) {
        __m128i c = _mm_loadu_si128((const __m128i *)(const void *)(block + 16 * i));
        __m128i hit = _mm_or_si128(_mm_cmpeq_epi8(c, split), _mm_cmpeq_epi8(c, feed));
        hit = _mm_or_si128(hit, _mm_cmpeq_epi8(c, quote));
        marks |= (uint64_t)(uint32_t)_mm_movemask_epi8(hit) << (16 * i);
    }
    return marks;
}
#else
static uint64_t find_marks(const char *block, char delimiter)
{
    uint64_t marks = 0;
    for (int i = 0; i < 64; i++) {
        char c = block[i];
        marks |= (uint64_t)(c == delimiter || c == '\n' || c == '"') << i;
    }
    return marks;
}
#endif

/* The next special byte; there always is one, because a line feed ends the text. */
static inline int64_t next_mark(struct scanner *s)
{
    while (s->marks == 0) {
        s->block += 64;
        s->marks = find_marks(s->bytes + s->block, s->delimiter);
    }
    int64_t at = s->block + __builtin_ctzll(s->marks);
    s->marks &= s->marks - 1;
    return at;
}

static void seek(struct scanner *s, int64_t at)
{
    s->block = at;
    s->marks = find_marks(s->bytes + at, s->delimiter);
}

/* Makes the doubled quotes between open and close single; NULs fill the room that this leaves. */
static void undouble(char *open, char *close)
{
    char *to = open + 1;
    for (const char *from = open + 1; from < close; from++) {
        *to++ = *from;
        from += *from == '"';
    }
    *to = '"';
    memset(to + 1, 0, (size_t)(close - to));
}

/* From an opening quote to the delimiter or line feed after the closing one. */
static attune_status skip_quoted(struct scanner *s, int64_t open, int64_t *next)
{
    const attune_table *table = s->table;
    bool doubled = false;
    char *close = s->bytes + open + 1;
    for (;; close += 2) {
        close = memchr(close, '"', (size_t)(s->bytes + table->length - close));
        if (!close)
            return attune_table_fail(table, open, s->error,
                                     "the quote that opens here is never closed");
        if (close[1] != '"')
            break;
        doubled = true;
    }
    int64_t at = close + 1 - s->bytes;
    at += s->bytes[at] == '\r' && s->bytes[at + 1] == '\n';
    if (s->bytes[at] != s->delimiter && s->bytes[at] != '\n')
        return attune_table_fail(table, at, s->error,
                                 "text after a closing quote; a quote inside a quoted field is "
                                 "written twice (\"\")");
    if (doubled)
        undouble(s->bytes + open, close);
    seek(s, at + 1);
    *next = at;
    return ATTUNE_OK;
}

static attune_status reserve_row(struct scanner *s, int64_t fields)
{
    uint32_t *row = attune_realloc(s->row, fields, sizeof *row, s->error);
    if (!row)
        return ATTUNE_MEMORY;
    s->row = row;
    s->row_room = fields;
    return ATTUNE_OK;
}

static attune_status reserve_records(struct scanner *s, int64_t records)
{
    attune_table *table = s->table;
    int64_t fields = 0;
    if (__builtin_mul_overflow(records, table->n_columns, &fields))
        return attune_fail(s->error, ATTUNE_MEMORY, "out of memory: too many fields");
    int64_t *starts = attune_realloc(table->starts, records, sizeof *starts, s->error);
    if (!starts)
        return ATTUNE_MEMORY;
    table->starts = starts;
    int64_t size = table->wide ? sizeof(uint32_t) : sizeof(uint16_t);
    void *ends = attune_realloc(table->ends, fields, (size_t)size, s->error);
    if (!ends)
        return ATTUNE_MEMORY;
    table->ends = ends;
    if (records > s->records) {
        int64_t old = s->records * table->n_columns;
        attune_pages_touch(starts + s->records, (records - s->records) * (int64_t)sizeof *starts);
        attune_pages_touch((char *)ends + old * size, (fields - old) * size);
    }
    s->records = records;
    return ATTUNE_OK;
}

/* Once it is known how long records are, room for all of them is taken at once. */
static attune_status grow_records(struct scanner *s, int64_t record, int64_t at)
{
    enum { sample = 1024 };
    double left = (double)(s->table->length - at) / (double)at;
    int64_t more = 64 + (int64_t)(1.02 * left * (double)record);
    if (record < sample && more > sample)
        more = sample;
    return reserve_records(s, record + more);
}

/* Ends of two bytes become ends of four. */
static attune_status widen(struct scanner *s, int64_t records)
{
    attune_table *table = s->table;
    uint16_t *narrow = table->ends;
    uint32_t *ends = attune_alloc(s->records * table->n_columns, sizeof *ends, s->error);
    if (!ends)
        return ATTUNE_MEMORY;
    for (int64_t i = 0; i < records * table->n_columns; i++)
        ends[i] = narrow[i];
    free(narrow);
    table->ends = ends;
    table->wide = true;
    return ATTUNE_OK;
}

static attune_status keep_record(struct scanner *s, int64_t record, int64_t start)
{
    attune_table *table = s->table;
    const int64_t n = table->n_columns;
    attune_status status = ATTUNE_OK;
    if (record == s->records)
        status = grow_records(s, record, start);
    if (!status && !table->wide && s->row[n - 1] > UINT16_MAX)
        status = widen(s, record);
    if (status)
        return status;
    table->starts[record] = start;
    if (table->wide) {
        memcpy((uint32_t *)table->ends + record * n, s->row, (size_t)n * sizeof *s->row);
        return ATTUNE_OK;
    }
    uint16_t *ends = (uint16_t *)table->ends + record * n;
    for (int64_t i = 0; i < n; i++)
        ends[i] = (uint16_t)s->row[i];
    return ATTUNE_OK;
}

/* The record at *at goes to s->row; *at moves past its line feed. n_fields counts those that have
 * no room too, and is 0 for a blank line. */
static attune_status scan_record(struct scanner *s, int64_t *at, int64_t *n_fields)
{
    const int64_t start = *at;
    int64_t field = start, n = 0, mark = 0;
    attune_status status = ATTUNE_OK;
    do {
        mark = next_mark(s);
        if (s->bytes[mark] == '"') {
            if (mark != field)
                continue; /* inside an unquoted field it is a letter as any other */
            if ((status = skip_quoted(s, mark, &mark)))
                return status;
        }
        if (n == s->row_room && s->table->n_columns == 0 && (status = reserve_row(s, 2 * n)))
            return status;
        if (n < s->row_room)
            s->row[n] = (uint32_t)(mark - start);
        n++;
        field = mark + 1;
    } while (s->bytes[mark] != '\n');
    if (mark - start > UINT32_MAX)
        return attune_table_fail(s->table, start, s->error, "a record of over 4 GiB");
    uint32_t *row = s->row;
    if (n <= s->row_room && row[n - 1] > (n > 1 ? row[n - 2] + 1 : 0) && s->bytes[mark - 1] == '\r')
        row[n - 1]--;
    *n_fields = n == 1 && row[0] == 0 ? 0 : n;
    *at = mark + 1;
    return ATTUNE_OK;
}

/* The first line that is not blank names the columns, and so says how many there are. */
static attune_status scan_header(struct scanner *s, int64_t *at)
{
    enum { room = 64 };
    int64_t n = 0, start = 0;
    attune_status status = reserve_row(s, room);
    while (!status && n == 0 && *at < s->table->length) {
        start = *at;
        status = scan_record(s, at, &n);
    }
    if (!status && n == 0)
        status = attune_fail_in(s->error, ATTUNE_INVALID, s->table->source, 0, 0,
                                "the file is empty; it needs a line of column names, then rows");
    if (status)
        return status;
    s->table->n_columns = n;
    s->row_room = n;
    status = reserve_records(s, 1);
    return status ? status : keep_record(s, 0, start);
}

static attune_status scan_rows(struct scanner *s, int64_t at)
{
    attune_table *table = s->table;
    attune_status status = ATTUNE_OK;
    int64_t record = 1, kept = 1;
    while (at < table->length) {
        int64_t start = at, n = 0;
        if ((status = scan_record(s, &at, &n)))
            return status;
        if (n == 0 && table->n_columns > 1)
            continue;
        if (n != table->n_columns && n != 0)
            return attune_table_fail(table, start, s->error,
                                     "%lld field%s here, but the header names %lld column%s",
                                     (long long)n, n == 1 ? "" : "s", (long long)table->n_columns,
                                     table->n_columns == 1 ? "" : "s");
        if ((status = keep_record(s, record, start)))
            return status;
        record++;
        kept = n ? record : kept; /* blank lines at the end are no rows */
    }
    table->n_rows = kept - 1;
    return reserve_records(s, kept);
}

attune_status attune_table_scan(attune_table *table, attune_error *error)
{
    struct scanner s = {
        .table = table, .error = error, .bytes = table->bytes, .delimiter = table->delimiter};
    int64_t at = 0;
    seek(&s, 0);
    attune_status status = scan_header(&s, &at);
    if (!status)
        status = scan_rows(&s, at);
    free(s.row);
    return status;
}

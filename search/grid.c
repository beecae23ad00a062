/* search/grid.c - rows and columns printed aligned, as CSV or as JSON lines. */
#include "search/grid.h"

#include "spaces/base/number.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

attune_status attune_format_read(const char *word, attune_format *format, attune_error *error)
{
    static const char *const words[] = {"table", "csv", "jsonl"};
    char hint[64];
    if (!word)
        return ATTUNE_OK;
    for (int i = 0; i < 3; i++)
        if (strcmp(word, words[i]) == 0) {
            *format = (attune_format)i;
            return ATTUNE_OK;
        }
    attune_did_you_mean(word, words, 3, hint, sizeof hint);
    return attune_fail(error, ATTUNE_INVALID, "--format: table, csv or jsonl, not \"%s\"%s", word,
                       hint);
}

attune_status attune_grid_column(attune_grid *grid, const char *name, attune_error *error)
{
    return attune_texts_add(&grid->names, name, error);
}

attune_value *attune_grid_row(attune_grid *grid, attune_error *error)
{
    int64_t width = grid->names.n;
    if (grid->n_rows == grid->capacity) {
        int64_t capacity = grid->capacity ? 2 * grid->capacity : 64;
        attune_value *cells =
            attune_realloc(grid->cells, capacity * width, sizeof *grid->cells, error);
        if (!cells)
            return NULL;
        grid->cells = cells;
        grid->capacity = capacity;
    }
    attune_value *row = grid->cells + grid->n_rows++ * width;
    memset(row, 0, (size_t)width * sizeof *row);
    return row;
}

void attune_grid_clear(attune_grid *grid)
{
    for (int64_t i = 0; i < grid->n_rows * grid->names.n; i++)
        attune_value_clear(&grid->cells[i]);
    free(grid->cells);
    attune_texts_clear(&grid->names);
    memset(grid, 0, sizeof *grid);
}

void attune_csv_append(attune_text *text, const char *field, bool alone)
{
    bool plain = !strpbrk(field, ",\"\r\n") && (*field || !alone);
    if (plain) {
        attune_text_append(text, field);
        return;
    }
    attune_text_append_bytes(text, "\"", 1);
    for (const char *c = field; *c; c++)
        attune_text_append_bytes(text, *c == '"' ? "\"\"" : c, *c == '"' ? 2 : 1);
    attune_text_append_bytes(text, "\"", 1);
}

const char *attune_score_text(double score, char text[32])
{
    double size = fabs(score);
    bool plain = score == 0 || (size >= 0.001 && size < 1e9);
    attune_text words = {0};
    attune_text_printf(&words, plain ? "%.4f" : "%.4g", score);
    snprintf(text, 32, "%s", words.bytes ? words.bytes : "");
    attune_text_clear(&words);
    return text;
}

const char *attune_count_text(int64_t count, char text[32])
{
    char digits[24];
    int n = snprintf(digits, sizeof digits, "%lld", (long long)count), k = 0;
    for (int i = 0; i < n && k < 30; i++) {
        text[k++] = digits[i];
        if (i + 1 < n && (n - i - 1) % 3 == 0 && digits[i] != '-')
            text[k++] = ',';
    }
    text[k] = '\0';
    return text;
}

/* Characters, not bytes: what follows the first byte of one in UTF-8 is passed over. */
static int64_t width_of(const char *text)
{
    int64_t width = 0;
    for (; text && *text; text++)
        width += (*text & 0xC0) != 0x80;
    return width;
}

static bool is_numeric(const char *text)
{
    return !*text || (*text >= '0' && *text <= '9') || ((*text == '-' || *text == '+') && text[1]);
}

/* The cells as texts, row-major; the caller clears. */
static attune_status write_cells(const attune_grid *grid, attune_texts *texts, attune_error *error)
{
    attune_text words = {0};
    attune_status status = ATTUNE_OK;
    for (int64_t i = 0; i < grid->n_rows * grid->names.n && !status; i++) {
        words.length = 0;
        attune_text_append(&words, "");
        attune_value_append(&words, &grid->cells[i]);
        status = attune_texts_add(texts, words.bytes ? words.bytes : "", error);
    }
    attune_text_clear(&words);
    return status;
}

static void pad(FILE *file, int64_t n)
{
    while (n-- > 0)
        fputc(' ', file);
}

static void print_cell(FILE *file, const char *text, int64_t width, bool right, bool last)
{
    int64_t space = width - width_of(text);
    if (right)
        pad(file, space);
    fputs(text, file);
    if (!right && !last)
        pad(file, space);
    fputs(last ? "\n" : "  ", file);
}

static attune_status print_table(const attune_grid *grid, FILE *file, attune_error *error)
{
    int64_t n = grid->names.n;
    attune_texts cells = {0};
    int64_t *widths = attune_alloc(n, sizeof *widths, error);
    bool *right = attune_alloc(n, sizeof *right, error);
    attune_status status = widths && right ? write_cells(grid, &cells, error)
                                           : attune_fail(error, ATTUNE_MEMORY, "out of memory");
    for (int64_t c = 0; c < n && !status; c++) {
        widths[c] = width_of(grid->names.items[c]);
        right[c] = grid->n_rows > 0;
        for (int64_t r = 0; r < grid->n_rows; r++) {
            int64_t width = width_of(cells.items[r * n + c]);
            widths[c] = width > widths[c] ? width : widths[c];
            right[c] = right[c] && is_numeric(cells.items[r * n + c]);
        }
    }
    for (int64_t c = 0; c < n && !status; c++)
        print_cell(file, grid->names.items[c], widths[c], right[c], c == n - 1);
    for (int64_t i = 0; i < cells.n && !status; i++)
        print_cell(file, cells.items[i], widths[i % n], right[i % n], i % n == n - 1);
    attune_texts_clear(&cells);
    free(widths);
    free(right);
    return status;
}

static attune_status print_csv(const attune_grid *grid, FILE *file, attune_error *error)
{
    int64_t n = grid->names.n;
    attune_text line = {0}, words = {0};
    for (int64_t r = -1; r < grid->n_rows; r++) {
        line.length = 0;
        for (int64_t c = 0; c < n; c++) {
            words.length = 0;
            attune_text_append(&words, "");
            if (r >= 0)
                attune_value_append(&words, &grid->cells[r * n + c]);
            attune_text_append(&line, c ? "," : "");
            attune_csv_append(&line, r < 0 ? grid->names.items[c] : words.bytes, n == 1);
        }
        attune_text_append(&line, "\n");
        if (line.failed || words.failed)
            break;
        fputs(line.bytes, file);
    }
    bool failed = line.failed || words.failed;
    attune_text_clear(&line);
    attune_text_clear(&words);
    return failed ? attune_fail(error, ATTUNE_MEMORY, "out of memory: a line") : ATTUNE_OK;
}

/* {"name": value, ...} in the order of the columns. */
static attune_status print_jsonl(const attune_grid *grid, FILE *file, attune_error *error)
{
    int64_t n = grid->names.n;
    attune_status status = ATTUNE_OK;
    for (int64_t i = 0; i < grid->n_rows * n && !status; i++) {
        json_t *name = json_string(grid->names.items[i % n]);
        json_t *value = attune_value_to_json(&grid->cells[i]);
        char *key = name ? attune_json_write(name, error) : NULL;
        char *text = value ? attune_json_write(value, error) : NULL;
        if (key && text)
            fprintf(file, "%s%s:%s%s", i % n ? "," : "{", key, text, i % n == n - 1 ? "}\n" : "");
        else
            status = attune_fail(error, ATTUNE_MEMORY, "out of memory: a line");
        free(key);
        free(text);
        json_decref(name);
        json_decref(value);
    }
    return status;
}

attune_status attune_grid_print(const attune_grid *grid, attune_format format, FILE *file,
                                attune_error *error)
{
    if (format == ATTUNE_FORMAT_TABLE)
        return print_table(grid, file, error);
    return format == ATTUNE_FORMAT_CSV ? print_csv(grid, file, error)
                                       : print_jsonl(grid, file, error);
}

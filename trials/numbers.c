/* trials/numbers.c - numbers as the compact JSON arrays that a store keeps. */
#include "trials/numbers.h"

#include "spaces/base/number.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static void write_number(attune_text *text, double value)
{
    char number[ATTUNE_NUMBER_SIZE];
    attune_real_text(value, number);
    bool quoted = !isfinite(value);
    if (quoted)
        attune_text_append_bytes(text, "\"", 1);
    attune_text_append(text, number);
    if (quoted)
        attune_text_append_bytes(text, "\"", 1);
}

void attune_numbers_write(attune_text *text, const double *values, int64_t n)
{
    attune_text_append_bytes(text, "[", 1);
    for (int64_t i = 0; i < n; i++) {
        if (i)
            attune_text_append_bytes(text, ",", 1);
        write_number(text, values[i]);
    }
    attune_text_append_bytes(text, "]", 1);
}

void attune_reports_write(attune_text *text, const attune_report *reports, int64_t n)
{
    attune_text_append_bytes(text, "[", 1);
    for (int64_t i = 0; i < n; i++) {
        attune_text_printf(text, "%s[%lld,", i ? "," : "", (long long)reports[i].step);
        write_number(text, reports[i].value);
        attune_text_append_bytes(text, "]", 1);
    }
    attune_text_append_bytes(text, "]", 1);
}

/* Reads one number at *at, which moves behind it. A bare nan is not JSON, so it needs quotes. */
static bool read_number(const char **at, double *value)
{
    const char *start = *at + (**at == '"');
    size_t length = strcspn(start, "\",[] ");
    bool quoted = **at == '"';
    if (length == 0 || (quoted && start[length] != '"') ||
        !attune_real_read(start, (int64_t)length, value) || quoted == isfinite(*value))
        return false;
    *at = start + length + quoted;
    return true;
}

static int64_t count_commas(const char *text)
{
    int64_t n = 0;
    for (const char *c = strchr(text, ','); c; c = strchr(c + 1, ','))
        n++;
    return n;
}

bool attune_numbers_read(const char *text, double **values, int64_t *n)
{
    const char *at = text + 1;
    *values = NULL;
    *n = 0;
    if (*text != '[')
        return false;
    if (strcmp(text, "[]") == 0)
        return true;
    double *items = attune_alloc(count_commas(text) + 1, sizeof *items, NULL);
    int64_t count = 0;
    bool good = items && read_number(&at, &items[count++]);
    while (good && *at == ',') {
        at++;
        good = read_number(&at, &items[count++]);
    }
    if (!good || strcmp(at, "]") != 0) {
        free(items);
        return false;
    }
    *values = items;
    *n = count;
    return true;
}

/* [step,value] at *at, which moves behind it. */
static bool read_report(const char **at, attune_report *report)
{
    size_t length = **at == '[' ? strcspn(*at + 1, ",]") : 0;
    if (!length || (*at)[1 + length] != ',' ||
        !attune_integer_read(*at + 1, (int64_t)length, &report->step))
        return false;
    *at += length + 2;
    if (!read_number(at, &report->value) || **at != ']')
        return false;
    (*at)++;
    return true;
}

bool attune_reports_read(const char *text, attune_report **reports, int64_t *n)
{
    const char *at = text + 1;
    *reports = NULL;
    *n = 0;
    if (*text != '[')
        return false;
    if (strcmp(text, "[]") == 0)
        return true;
    attune_report *items = attune_alloc(count_commas(text) + 1, sizeof *items, NULL);
    int64_t count = 0;
    bool good = items && read_report(&at, &items[count++]);
    while (good && *at == ',') {
        at++;
        good = read_report(&at, &items[count++]);
    }
    if (!good || strcmp(at, "]") != 0) {
        free(items);
        return false;
    }
    *reports = items;
    *n = count;
    return true;
}

static bool skip_hyperparam(const char **at)
{
    double value = 0;
    if (strncmp(*at, "null", 4) == 0) {
        *at += 4;
        return true;
    }
    return **at != '"' && read_number(at, &value);
}

int64_t attune_hyperparams_count(const char *text)
{
    if (*text != '[')
        return -1;
    if (strcmp(text, "[]") == 0)
        return 0;
    const char *at = text + 1;
    int64_t n = 1;
    bool good = skip_hyperparam(&at);
    for (; good && *at == ','; n++) {
        at++;
        good = skip_hyperparam(&at);
    }
    return good && strcmp(at, "]") == 0 ? n : -1;
}

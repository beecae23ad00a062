/* steps/transforms/date_parts.c - numbers that a model can use, out of datetime columns.
 *
 * Parts that are the same in all training rows (the hour of plain dates) are left out, unless
 * keep_constant. A missing datetime gives missing parts, so impute comes after. */
#include "steps/step.h"
#include "steps/transforms/touch.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

struct date_parts {
    bool year, month, day, weekday, day_of_year, hour, minute, second, days;
    bool cyclic, keep_constant;
    attune_texts names, outputs;
    attune_array sources; /* i32, one an output: the place in names */
    attune_array parts;   /* i32, one an output: 3 * part + form */
};

static const attune_field fields[] = {
    ATTUNE_BOOLEAN(struct date_parts, year, true, "1970"),
    ATTUNE_BOOLEAN(struct date_parts, month, true, "1 to 12"),
    ATTUNE_BOOLEAN(struct date_parts, day, true, "of the month, 1 to 31"),
    ATTUNE_BOOLEAN(struct date_parts, weekday, true, "1 (Monday) to 7"),
    ATTUNE_BOOLEAN(struct date_parts, day_of_year, false, "1 to 366"),
    ATTUNE_BOOLEAN(struct date_parts, hour, true, "0 to 23"),
    ATTUNE_BOOLEAN(struct date_parts, minute, true, "0 to 59"),
    ATTUNE_BOOLEAN(struct date_parts, second, false, "0 to 59, with its fraction"),
    ATTUNE_BOOLEAN(struct date_parts, days, true, "since 1970-01-01, with the fraction of the day"),
    ATTUNE_BOOLEAN(struct date_parts, cyclic, false,
                   "whether parts that come round are given as sine and cosine"),
    ATTUNE_BOOLEAN(struct date_parts, keep_constant, false,
                   "whether parts that are the same in all training rows are kept"),
    ATTUNE_FITTED_TEXTS(struct date_parts, names, "columns that are taken apart"),
    ATTUNE_FITTED_TEXTS(struct date_parts, outputs, "columns that are made"),
    ATTUNE_FITTED_ARRAY(struct date_parts, sources, "the place in names, one an output"),
    ATTUNE_FITTED_ARRAY(struct date_parts, parts,
                        "3 times the part (in the order above) plus 0, 1 sine or 2 cosine"),
    ATTUNE_FIELDS_END,
};

enum part { YEAR, MONTH, DAY, WEEKDAY, DAY_OF_YEAR, HOUR, MINUTE, SECOND, DAYS, N_PARTS };
enum form { PLAIN, SINE, COSINE, N_FORMS };

/* A cycle of 0 does not come round; first is the part's smallest value. */
static const struct {
    const char *word;
    double first, cycle;
} parts[N_PARTS] = {
    {"year", 0, 0},    {"month", 1, 12},        {"day", 1, 31},
    {"weekday", 1, 7}, {"day_of_year", 1, 366}, {"hour", 0, 24},
    {"minute", 0, 60}, {"second", 0, 60},       {"days", 0, 0},
};

static const char *const forms[N_FORMS] = {"", "_sin", "_cos"};

static bool wanted(const struct date_parts *s, int part)
{
    const bool all[N_PARTS] = {s->year, s->month,  s->day,    s->weekday, s->day_of_year,
                               s->hour, s->minute, s->second, s->days};
    return all[part];
}

static int64_t floor_divide(int64_t a, int64_t b)
{
    return a / b - (a % b < 0);
}

/* The Gregorian calendar, also before it was made: years begin in March here, so that the day that
 * is sometimes there comes last, and 400 of them are 146,097 days. Source: Hinnant,
 * chrono-compatible low-level date algorithms. */
static void civil(int64_t days, int64_t *year, int64_t *month, int64_t *day)
{
    int64_t since = days + 719468; /* 0000-03-01 */
    int64_t era = floor_divide(since, 146097), of_era = since - era * 146097;
    int64_t year_of_era = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
    int64_t of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    int64_t from_march = (5 * of_year + 2) / 153;
    *day = of_year - (153 * from_march + 2) / 5 + 1;
    *month = from_march < 10 ? from_march + 3 : from_march - 9;
    *year = year_of_era + era * 400 + (*month <= 2);
}

static double day_of_year(int64_t year, int64_t month, int64_t day)
{
    static const int before[] = {0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334};
    bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    return (double)(before[month - 1] + day + (leap && month > 2));
}

static double part_of(int64_t time, int part)
{
    static const int64_t second = 1000000, whole_day = 86400 * second;
    int64_t days = floor_divide(time, whole_day), rest = time - days * whole_day;
    int64_t year = 0, month = 0, day = 0;
    civil(days, &year, &month, &day);
    switch ((enum part)part) {
    case YEAR:
        return (double)year;
    case MONTH:
        return (double)month;
    case DAY:
        return (double)day;
    case WEEKDAY: /* 1970-01-01 was a Thursday */
        return (double)(days + 3 - 7 * floor_divide(days + 3, 7) + 1);
    case DAY_OF_YEAR:
        return day_of_year(year, month, day);
    case HOUR:
        return (double)(rest / (3600 * second));
    case MINUTE:
        return (double)(rest / (60 * second) % 60);
    case SECOND:
        return (double)(rest % (60 * second)) / (double)second;
    case DAYS:
    case N_PARTS:
        break;
    }
    return (double)days + (double)rest / (double)whole_day;
}

static double output_of(int64_t time, int32_t code)
{
    static const double turn = 6.283185307179586476925286766559;
    int part = code / N_FORMS, form = code % N_FORMS;
    if (time == ATTUNE_TIME_MISSING)
        return NAN;
    double value = part_of(time, part);
    if (form == PLAIN)
        return value;
    double angle = turn * (value - parts[part].first) / parts[part].cycle;
    return form == SINE ? sin(angle) : cos(angle);
}

static bool varies(const attune_column *column, const attune_rows *rows, int part)
{
    bool any = false;
    double first = 0;
    for (int64_t i = 0; i < rows->n; i++) {
        int64_t time = column->times[rows->index[i] * column->stride];
        if (time == ATTUNE_TIME_MISSING)
            continue;
        double value = part_of(time, part);
        if (any && value != first)
            return true;
        first = value;
        any = true;
    }
    return false;
}

static attune_status add_output(struct date_parts *s, const char *name, int64_t source, int part,
                                int form, attune_error *error)
{
    attune_text text = {0};
    attune_text_printf(&text, "%s_%s%s", name, parts[part].word, forms[form]);
    attune_status status = text.failed ? attune_fail(error, ATTUNE_MEMORY, "out of memory: a name")
                                       : attune_texts_add(&s->outputs, text.bytes, error);
    attune_text_clear(&text);
    if (!status) {
        s->sources.i32[s->outputs.n - 1] = (int32_t)source;
        s->parts.i32[s->outputs.n - 1] = part * N_FORMS + form;
    }
    return status;
}

static attune_status learn_column(struct date_parts *s, const attune_column *column, int64_t source,
                                  const attune_rows *rows, attune_error *error)
{
    attune_status status = ATTUNE_OK;
    for (int part = 0; part < N_PARTS && !status; part++) {
        if (!wanted(s, part) || !(s->keep_constant || varies(column, rows, part)))
            continue;
        bool round = s->cyclic && parts[part].cycle > 0;
        for (int form = round ? SINE : PLAIN; form <= (round ? COSINE : PLAIN) && !status; form++)
            status = add_output(s, column->name, source, part, form, error);
    }
    return status;
}

static attune_status fit(void *self, const attune_data *data, const attune_rows *rows,
                         const attune_context *context, attune_error *error)
{
    struct date_parts *s = self;
    attune_touched touched = {0};
    attune_status status = attune_touched_select(&touched, data, 1u << ATTUNE_DATETIME_COLUMN,
                                                 context, &s->names, error);
    int64_t most = touched.n * N_PARTS * 2;
    if (!status)
        status = attune_array_make_1d(&s->sources, ATTUNE_ARRAY_I32, most, error);
    if (!status)
        status = attune_array_make_1d(&s->parts, ATTUNE_ARRAY_I32, most, error);
    for (int64_t i = 0; i < touched.n && !status; i++) {
        status = learn_column(s, attune_touched_column(&touched, i), i, rows, error);
        if (!status)
            status = attune_context_stop(context, error);
    }
    if (!status) {
        s->sources.shape[0] = s->parts.shape[0] = s->outputs.n;
        status = attune_names_make_unique(&s->outputs, data, error);
    }
    attune_touched_clear(&touched);
    return status;
}

static attune_status add_columns(const struct date_parts *s, const attune_touched *touched,
                                 const attune_block *block, const attune_context *context,
                                 attune_change *change, attune_error *error)
{
    attune_status status = ATTUNE_OK;
    for (int64_t k = 0; k < block->n && !status; k++) {
        const attune_column *column = attune_touched_column(touched, s->sources.i32[k]);
        for (int64_t r = 0; r < block->n_rows; r++)
            block->values[r * block->stride + k] =
                output_of(column->times[r * column->stride], s->parts.i32[k]);
        attune_key id = attune_context_derive(context, column->id, s->parts.i32[k]);
        status = attune_change_add_take(
            change, attune_block_column(block, k, s->outputs.items[k], id, error));
        if (!status)
            status = attune_context_stop(context, error);
    }
    return status;
}

static attune_status transform(const void *self, const attune_data *data,
                               const attune_context *context, attune_data **out,
                               attune_error *error)
{
    const struct date_parts *s = self;
    attune_touched touched = {0};
    attune_block block = {0};
    attune_change change = {0};
    attune_status status =
        attune_touched_find(&touched, data, ATTUNE_DATETIME_COLUMN, &s->names, context, error);
    if (!status)
        status = attune_block_make(&block, data->n_rows, s->outputs.n, error);
    if (!status)
        status = attune_change_begin(&change, data, s->outputs.n, error);
    for (int64_t i = 0; i < touched.n && !status; i++)
        change.drop[touched.index[i]] = 1;
    if (!status)
        status = add_columns(s, &touched, &block, context, &change, error);
    if (!status)
        status = attune_change_finish(&change, out, error);
    attune_change_clear(&change);
    attune_block_clear(&block);
    attune_touched_clear(&touched);
    return status;
}

static const char *check_fitted(const void *self)
{
    const struct date_parts *s = self;
    if (s->sources.type != ATTUNE_ARRAY_I32 || s->parts.type != ATTUNE_ARRAY_I32 ||
        attune_array_count(&s->sources) != s->outputs.n ||
        attune_array_count(&s->parts) != s->outputs.n)
        return "sources and parts must be integers, one an output";
    for (int64_t k = 0; k < s->outputs.n; k++) {
        int32_t source = s->sources.i32[k], code = s->parts.i32[k];
        if (source < 0 || source >= s->names.n || code < 0 || code >= N_PARTS * N_FORMS)
            return "an output is of no column, or no part";
        if (code % N_FORMS != PLAIN && !(parts[code / N_FORMS].cycle > 0))
            return "an output is the sine of a part that does not come round";
    }
    return NULL;
}

static void describe(const void *self, attune_text *text)
{
    const struct date_parts *s = self;
    attune_text_printf(text, "%lld datetime columns to %lld numbers", (long long)s->names.n,
                       (long long)s->outputs.n);
}

static int64_t widen(const void *self, attune_kind kind, int64_t levels)
{
    (void)levels;
    const struct date_parts *s = self;
    int64_t n = 0;
    for (int part = 0; part < N_PARTS && kind == ATTUNE_DATETIME_COLUMN; part++)
        n += wanted(s, part) ? (s->cyclic && parts[part].cycle > 0 ? 2 : 1) : 0;
    return n;
}

const attune_step_type attune_step_date_parts = {
    .name = "date_parts",
    .doc = "Turns datetime columns into year, month, day, weekday, hour and so on.",
    .version = 1,
    .size = sizeof(struct date_parts),
    .fields = fields,
    .fit = fit,
    .widen = widen,
    .transform = transform,
    .check_fitted = check_fitted,
    .describe = describe,
};

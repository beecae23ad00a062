/* search/commands/predict.c - `attune predict`: a dump's predictions of the rows of a file. */
#include "search/command.h"
#include "search/grid.h"
#include "search/predicted.h"
#include "spaces/base/file.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static const attune_option options[] = {
    {"out", "FILE", "where the CSV goes, also -o FILE; standard output when not given"},
    {NULL, NULL, NULL},
};

static void append_header(attune_text *csv, const attune_predicted *p)
{
    const attune_schema *schema = p->dump->schema;
    const attune_schema_column *target = attune_schema_target_column(schema);
    attune_text name = {0};
    for (int64_t i = 0; i < schema->n; i++)
        if (schema->columns[i].role == ATTUNE_ID &&
            attune_table_find(p->table, schema->columns[i].name) >= 0) {
            attune_csv_append(csv, schema->columns[i].name, false);
            attune_text_append(csv, ",");
        }
    attune_text_append(csv, "prediction");
    for (int32_t c = 0; c < p->predictions.n_classes && target; c++) {
        name.length = 0;
        attune_text_printf(&name, "probability_%s", target->levels->names[c]);
        attune_text_append(csv, ",");
        attune_csv_append(csv, name.bytes ? name.bytes : "", false);
    }
    attune_text_append(csv, "\n");
    csv->failed = csv->failed || name.failed;
    attune_text_clear(&name);
}

/* Ids as they came: the bytes of the file, whatever they look like. */
static void append_ids(attune_text *csv, const attune_predicted *p, int64_t row, attune_text *field)
{
    const attune_schema *schema = p->dump->schema;
    for (int64_t i = 0; i < schema->n; i++) {
        int64_t length = 0;
        if (schema->columns[i].role != ATTUNE_ID)
            continue;
        int64_t column = attune_table_find(p->table, schema->columns[i].name);
        if (column < 0)
            continue;
        const char *bytes = attune_table_field(p->table, row, column, &length);
        field->length = 0;
        attune_text_append_bytes(field, bytes, length < 0 ? 0 : length);
        if (!field->failed)
            attune_csv_append(csv, field->bytes, false);
        attune_text_append(csv, ",");
    }
}

static void append_row(attune_text *csv, const attune_predicted *p,
                       const attune_schema_column *target, int64_t row)
{
    char number[ATTUNE_NUMBER_SIZE];
    const attune_predictions *said = &p->predictions;
    const double *values = said->values + row * said->width;
    if (said->n_classes == 0)
        attune_text_append(csv, attune_real_text(values[0], number));
    else
        attune_csv_append(csv, target->levels->names[attune_predictions_class(said, row)], false);
    for (int32_t c = 0; c < said->n_classes; c++) {
        attune_text_append(csv, ",");
        attune_text_append(csv, attune_real_text(values[c], number));
    }
    attune_text_append(csv, "\n");
}

static attune_status write_csv(const attune_predicted *p, attune_text *csv, attune_error *error)
{
    const attune_schema_column *target = attune_schema_target_column(p->dump->schema);
    int32_t classes = p->predictions.n_classes;
    attune_text field = {0};
    if (classes > 0 && (!target || !target->levels || target->levels->n != classes))
        return attune_fail(error, ATTUNE_CORRUPT,
                           "the dump predicts %d classes, its schema has others", (int)classes);
    append_header(csv, p);
    for (int64_t row = 0; row < p->predictions.n && !csv->failed && !field.failed; row++) {
        append_ids(csv, p, row, &field);
        append_row(csv, p, target, row);
    }
    bool failed = csv->failed || field.failed;
    attune_text_clear(&field);
    return failed ? attune_fail(error, ATTUNE_MEMORY, "out of memory: predictions as text")
                  : ATTUNE_OK;
}

/* Asked before anything is computed: a folder, or the very file that is read. */
static attune_status check_out(const char *out, const char *file, attune_error *error)
{
    struct stat there, read;
    if (!out || strcmp(out, "-") == 0 || stat(out, &there) != 0)
        return ATTUNE_OK;
    if (S_ISDIR(there.st_mode))
        return attune_fail(error, ATTUNE_CONFLICT, "--out: %s is a folder; name a file", out);
    if (stat(file, &read) == 0 && read.st_dev == there.st_dev && read.st_ino == there.st_ino &&
        S_ISREG(there.st_mode))
        return attune_fail(error, ATTUNE_CONFLICT,
                           "--out: %s is the file that is read; give the predictions another name",
                           out);
    return ATTUNE_OK;
}

/* A file is written whole or not at all; a pipe or a device is simply written to. */
static attune_status deliver(const attune_text *csv, const char *out, attune_error *error)
{
    struct stat info;
    if (!out || strcmp(out, "-") == 0) {
        fwrite(csv->bytes, 1, (size_t)csv->length, stdout);
        return ATTUNE_OK; /* whether it was written is asked once, at the end */
    }
    if (stat(out, &info) != 0 || S_ISREG(info.st_mode))
        return attune_file_write(out, csv->bytes, csv->length, error);
    FILE *file = fopen(out, "we");
    bool written = file && fwrite(csv->bytes, 1, (size_t)csv->length, file) == (size_t)csv->length;
    if (file && fclose(file) != 0)
        written = false;
    return written ? ATTUNE_OK
                   : attune_fail(error, ATTUNE_IO, "cannot write %s: %s", out, strerror(errno));
}

static attune_status run(const attune_arguments *arguments, attune_error *error)
{
    const char *out = attune_option_value(arguments, "out");
    const char *file = attune_arguments_at(arguments, 1);
    attune_predicted predicted = {0};
    attune_text csv = {0};
    attune_status status = check_out(out, file, error);
    if (!status)
        status = attune_predicted_make(&predicted, attune_arguments_at(arguments, 0), file, false,
                                       error);
    for (int64_t i = 0; i < predicted.notes.n && !status; i++)
        fprintf(stderr, "%s\n", predicted.notes.items[i]);
    if (!status)
        status = write_csv(&predicted, &csv, error);
    if (!status)
        status = deliver(&csv, out, error);
    attune_text_clear(&csv);
    attune_predicted_clear(&predicted);
    return status;
}

const attune_command_type attune_command_predict = {
    .name = "predict",
    .usage = "DUMP DATA.csv [-o OUT.csv]",
    .doc = "Predict the rows of a file by a dump.",
    .more =
        "CSV: the id columns as they came, prediction, and for classes probability_CLASS of each.\n"
        "Columns are matched by name: their order, and others beside them, do not matter; the\n"
        "target need not be there. DATA may be - for standard input, and gzip. A row alone gives\n"
        "the same bits as in a file. What a person should know goes to standard error.",
    .options = options,
    .least = 2,
    .most = 2,
    .run = run,
};

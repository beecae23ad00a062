/* steps/data/schema_target.c - is the target classes or a number, and which class is the positive
 * one.
 */
#include "steps/data/schema_parts.h"

#include <string.h>

enum { most_number_classes = 20 };

static attune_status check_missing(const attune_schema_work *work, int64_t c)
{
    int64_t row = attune_schema_first_missing(work->table, c);
    int64_t n = attune_table_summary(work->table, c)->n_missing;
    if (row < 0)
        return ATTUNE_OK;
    return attune_schema_fail(work, "target",
                              "\"%s\" is missing in %lld row%s of %s, first in line "
                              "%lld; remove these rows",
                              work->schema->columns[c].name, (long long)n, n == 1 ? "" : "s",
                              attune_table_source(work->table),
                              (long long)attune_table_line(work->table, row));
}

/* Whether the target is classes: the plan's kind and the metric decide, else the file. */
static attune_status decide(const attune_schema_work *work, int64_t c, bool *classes)
{
    const char *name = work->schema->columns[c].name;
    const attune_summary *summary = attune_table_summary(work->table, c);
    const char *declared = attune_schema_declared(work->request, name);
    attune_task task = work->request->task;
    bool real = declared && strcmp(declared, "real") == 0;
    bool nominal = declared && strcmp(declared, "nominal") == 0;
    if (declared && !real && !nominal)
        return attune_schema_fail(work, "columns",
                                  "%s is the target: it can be \"real\" or "
                                  "\"nominal\", not \"%s\"",
                                  name, declared);
    if ((nominal && task == ATTUNE_REGRESSION) || (real && task && task != ATTUNE_REGRESSION))
        return attune_schema_fail(work, "columns", "%s is declared %s, but the metric is for %s",
                                  name, declared, nominal ? "numbers" : "classes");
    *classes =
        nominal || (task && task != ATTUNE_REGRESSION) ||
        (!real && !task &&
         (!summary->real || (summary->integer && summary->n_distinct <= most_number_classes)));
    if (*classes || summary->real)
        return ATTUNE_OK;
    int64_t length = 0;
    const char *text = attune_table_field(work->table, summary->first_text, c, &length);
    return attune_schema_fail(
        work, "target",
        "\"%s\" is to be predicted as a number, but line %lld "
        "of %s has \"%.*s\"; choose a metric for classes, or clean the column",
        name, (long long)attune_table_line(work->table, summary->first_text),
        attune_table_source(work->table), length < 40 ? (int)length : 40, text);
}

static attune_status check_classes(const attune_schema_work *work, int64_t c)
{
    const char *name = work->schema->columns[c].name;
    const attune_summary *summary = attune_table_summary(work->table, c);
    int64_t n_rows = attune_table_n_rows(work->table);
    if (summary->n_distinct == 1) {
        int64_t length = 0;
        const char *text = attune_table_field(work->table, 0, c, &length);
        return attune_schema_fail(work, "target",
                                  "\"%s\" has one class only, \"%.*s\"; there is "
                                  "nothing to tell apart",
                                  name, length < 40 ? (int)length : 40, text);
    }
    if (attune_schema_levels_fit(summary, n_rows))
        return ATTUNE_OK;
    bool many = summary->n_distinct > 10000;
    return attune_schema_fail(work, "target",
                              "\"%s\" has %s%lld different values in %lld rows, too "
                              "many to be classes; %s",
                              name, many ? "over " : "",
                              many ? 10000LL : (long long)summary->n_distinct, (long long)n_rows,
                              summary->real ? "choose a metric for numbers, such as rmse"
                                            : "is it the right column?");
}

static attune_status choose_positive(attune_schema_work *work, int64_t c)
{
    attune_schema *schema = work->schema;
    const attune_levels *levels = schema->columns[c].levels;
    const char *wanted = work->request->positive;
    char hint[200];
    schema->task = levels->n == 2 ? ATTUNE_BINARY : ATTUNE_MULTICLASS;
    schema->positive = levels->n == 2 ? 1 : -1;
    if (wanted && levels->n != 2)
        return attune_schema_fail(work, "positive", "is for two classes, but \"%s\" has %d",
                                  schema->columns[c].name, (int)levels->n);
    if (wanted)
        schema->positive = attune_levels_find(levels, wanted);
    if (wanted && schema->positive < 0)
        return attune_schema_fail(work, "positive",
                                  "\"%s\" is no class of \"%s\"%s; they are "
                                  "\"%s\" and \"%s\"",
                                  wanted, schema->columns[c].name,
                                  attune_did_you_mean(wanted, (const char *const *)levels->names,
                                                      levels->n, hint, sizeof hint),
                                  levels->names[0], levels->names[1]);
    return ATTUNE_OK;
}

static attune_status note_classes(const attune_schema_work *work, int64_t c)
{
    const attune_schema *schema = work->schema;
    const attune_schema_column *column = &schema->columns[c];
    const attune_summary *summary = attune_table_summary(work->table, c);
    bool asked = work->request->task || attune_schema_declared(work->request, column->name);
    attune_status status = ATTUNE_OK;
    if (summary->real && !asked)
        status = attune_schema_note(work,
                                    "%s: %d different whole numbers, taken as classes; a "
                                    "metric for numbers (rmse) makes it a regression",
                                    column->name, (int)column->levels->n);
    if (!status && schema->task == ATTUNE_BINARY && !work->request->positive)
        status = attune_schema_note(work, "%s: the positive class is \"%s\" (the other is \"%s\")",
                                    column->name, column->levels->names[schema->positive],
                                    column->levels->names[1 - schema->positive]);
    return status;
}

attune_status attune_schema_target(attune_schema_work *work, int64_t c)
{
    attune_schema_column *column = &work->schema->columns[c];
    bool classes = false;
    attune_status status = check_missing(work, c);
    if (!status)
        status = decide(work, c, &classes);
    if (!status && !classes) {
        column->kind = ATTUNE_REAL_COLUMN;
        work->schema->task = ATTUNE_REGRESSION;
        return work->request->positive
                   ? attune_schema_fail(work, "positive", "\"%s\" is a number and has no classes",
                                        column->name)
                   : ATTUNE_OK;
    }
    column->kind = ATTUNE_NOMINAL_COLUMN;
    if (!status)
        status = check_classes(work, c);
    if (!status)
        status = attune_schema_levels(work->table, c, &column->levels, work->error);
    if (!status)
        status = choose_positive(work, c);
    return status ? status : note_classes(work, c);
}

/* search/source.c - from what stands on a command line to a plan. */
#include "search/source.h"

#include "search/named.h"
#include "search/stored.h"
#include "spaces/base/file.h"

#include <stdlib.h>
#include <string.h>

/* The default plan needs to know the columns: the data are read here, and once more to be used. */
static attune_status plan_from_data(const char *path, const attune_arguments *arguments,
                                    json_t **plan, attune_texts *notes, attune_error *error)
{
    const char *target = attune_option_value(arguments, "target");
    const char *name = attune_option_value(arguments, "metric");
    const attune_metric_type *metric = name ? attune_metric_find(name) : NULL;
    attune_schema_request request = {.target = target};
    attune_table *table = NULL;
    attune_schema *schema = NULL;
    if (!target)
        return attune_fail(error, ATTUNE_INVALID,
                           "%s is data: say which column is to be predicted, --target COL "
                           "(a plan's name ends in .json)",
                           path);
    if (strcmp(path, "-") == 0)
        return attune_fail(error, ATTUNE_INVALID,
                           "data from standard input need a plan: attune plan FILE makes one");
    if (metric)
        request.task = metric->tasks & ATTUNE_FOR_CLASSES ? ATTUNE_BINARY : ATTUNE_REGRESSION;
    attune_status status = attune_table_read(&table, path, NULL, error);
    if (!status)
        status = attune_schema_infer(&schema, table, &request, notes, error);
    if (!status && !(*plan = attune_plan_default(schema, attune_table_n_rows(table), path, error)))
        status = ATTUNE_MEMORY;
    attune_schema_free(schema);
    attune_table_free(table);
    return status;
}

static attune_status plan_from_trial(int64_t number, const attune_arguments *arguments,
                                     json_t **plan, attune_error *error)
{
    const char *store = attune_option_value(arguments, "store");
    const attune_trial *trial = NULL;
    attune_stored stored = {0};
    attune_status status = attune_stored_open(&stored, store ? store : "attune.db",
                                              attune_option_value(arguments, "study"), error);
    if (!status)
        status = attune_stored_trial(&stored, number, &trial, error);
    if (!status)
        status = attune_stored_plan(&stored, trial, plan, error);
    attune_stored_clear(&stored);
    return status;
}

/* Options that stand for a key of the plan. */
static attune_status override(json_t *plan, const attune_arguments *arguments, attune_error *error)
{
    static const struct {
        const char *option, *path;
    } keys[] = {{"target", "data.target"},     {"metric", "metric"},
                {"seed", "search.seed"},       {"trials", "search.trials"},
                {"time", "search.time"},       {"lookahead", "search.lookahead"},
                {"sampler", "search.sampler"}, {"pruner", "search.pruner"},
                {"from", "search.from"},       {"study", "name"}};
    attune_status status = ATTUNE_OK;
    for (size_t i = 0; i < sizeof keys / sizeof *keys && !status; i++) {
        const char *value = attune_option_value(arguments, keys[i].option);
        attune_text assignment = {0};
        if (!value)
            continue;
        attune_text_printf(&assignment, "%s=%s", keys[i].path, value);
        status = assignment.failed ? attune_fail(error, ATTUNE_MEMORY, "out of memory")
                                   : attune_plan_override(plan, assignment.bytes, error);
        attune_text_clear(&assignment);
    }
    if (!status && attune_option_given(arguments, "stop-rule"))
        status = attune_plan_override(plan, "search.stop_rule=true", error);
    for (int64_t i = 0; i < attune_option_n(arguments, "set") && !status; i++)
        status = attune_plan_override(plan, attune_option_nth(arguments, "set", i), error);
    return status;
}

/* Checked here, so that the complaint names the option and not a key the person did not write. */
static attune_status check_options(const attune_arguments *arguments, attune_error *error)
{
    int64_t number = 0;
    double seconds = 0;
    attune_status status = attune_option_integer(arguments, "trials", 1, INT64_MAX, &number, error);
    if (!status)
        status = attune_option_integer(arguments, "lookahead", 1, 4096, &number, error);
    if (!status)
        status = attune_option_integer(arguments, "seed", INT64_MIN, INT64_MAX, &number, error);
    if (!status)
        status = attune_option_seconds(arguments, "time", &seconds, error);
    return status;
}

static attune_status read_dump_plan(attune_document *document, const char *folder,
                                    attune_error *error)
{
    char *path = attune_path_join(folder, "plan.json", error);
    attune_status status = path ? ATTUNE_OK : ATTUNE_MEMORY;
    if (!status && !attune_file_exists(path))
        status = attune_fail(error, ATTUNE_INVALID,
                             "%s is a folder, but no dump: there is no plan.json in it", folder);
    if (!status)
        status = attune_document_read(document, path, error);
    free(path);
    return status;
}

attune_status attune_source_read(attune_document *document, const char *what,
                                 const attune_arguments *arguments, attune_texts *notes,
                                 attune_error *error)
{
    attune_status status = attune_named_check(what, error);
    if (!status)
        status = check_options(arguments, error);
    if (status)
        return status;
    int64_t number = 0;
    switch (attune_named_of(what, &number)) {
    case ATTUNE_NAMED_TRIAL:
        status = plan_from_trial(number, arguments, &document->root, error);
        break;
    case ATTUNE_NAMED_DUMP:
        status = read_dump_plan(document, what, error);
        break;
    case ATTUNE_NAMED_PLAN:
        status = attune_document_read(document, what, error);
        break;
    case ATTUNE_NAMED_STORE:
        status = attune_fail(error, ATTUNE_INVALID,
                             "%s is a store: name one of its trials by its number (--store %s), or "
                             "the plan or data",
                             what, what);
        break;
    case ATTUNE_NAMED_DATA:
        status = plan_from_data(what, arguments, &document->root, notes, error);
        break;
    }
    if (!status && !json_is_object(document->root)) {
        attune_at top = attune_at_top(document);
        status = attune_fail_at(error, &top, "a plan is an object, { ... }");
    }
    return status ? status : override(document->root, arguments, error);
}

attune_status attune_source_plan(const char *what, const attune_arguments *arguments, json_t **plan,
                                 attune_texts *notes, attune_error *error)
{
    attune_document document = {0};
    attune_status status = attune_source_read(&document, what, arguments, notes, error);
    if (!status)
        *plan = json_incref(document.root);
    attune_document_clear(&document);
    return status;
}

attune_status attune_source_open(attune_source *source, const char *what, const char *data,
                                 const attune_arguments *arguments, attune_error *error)
{
    memset(source, 0, sizeof *source);
    bool is_plan = attune_named_of(what, NULL) == ATTUNE_NAMED_PLAN;
    char *folder = is_plan && !data ? attune_path_folder(what, error) : attune_copy_text("", error);
    char *stem = is_plan ? attune_path_stem(what, error) : attune_copy_text("", error);
    attune_status status = folder && stem ? ATTUNE_OK : ATTUNE_MEMORY;
    if (!status)
        status = attune_source_read(&source->document, what, arguments, &source->notes, error);
    if (!status && data) {
        json_t *section = json_object_get(source->document.root, "data");
        if (json_is_object(section) && json_object_set_new(section, "file", json_string(data)))
            status = attune_fail(error, ATTUNE_MEMORY, "out of memory: a plan");
    }
    if (!status)
        status = attune_plan_read(&source->plan, &source->document, folder, stem, error);
    free(folder);
    free(stem);
    if (status)
        attune_source_clear(source);
    return status;
}

void attune_source_clear(attune_source *source)
{
    attune_plan_clear(&source->plan);
    attune_document_clear(&source->document);
    attune_texts_clear(&source->notes);
}

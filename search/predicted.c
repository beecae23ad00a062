/* search/predicted.c - a dump applied to a file. */
#include "search/predicted.h"

#include "search/named.h"
#include "spaces/base/file.h"

#include <stdlib.h>
#include <string.h>

const attune_schema_column *attune_schema_target_column(const attune_schema *schema)
{
    for (int64_t i = 0; i < schema->n; i++)
        if (schema->columns[i].role == ATTUNE_TARGET)
            return &schema->columns[i];
    return NULL;
}

attune_status attune_dump_open(const char *path, attune_dump **dump, attune_texts *notes,
                               attune_error *error)
{
    attune_status status = attune_named_check(path, error);
    if (!status && !attune_folder_exists(path))
        status =
            attune_fail(error, ATTUNE_INVALID,
                        "%s is no dump: a dump is a folder, as `attune search` makes it", path);
    char *manifest = status ? NULL : attune_path_join(path, "manifest.json", error);
    if (!status && !manifest)
        status = ATTUNE_MEMORY;
    if (!status && !attune_file_exists(manifest))
        status = attune_fail(error, ATTUNE_INVALID,
                             "%s is a folder, but no dump: there is no manifest.json in it", path);
    free(manifest);
    return status ? status : attune_dump_load(path, NULL, dump, notes, error);
}

/* The common delimiters are found out from the file; any other is as it was in training. */
static char delimiter_of(const attune_dump *dump)
{
    json_t *plan = attune_json_parse(dump->plan);
    const char *text =
        json_string_value(json_object_get(json_object_get(plan, "data"), "delimiter"));
    char delimiter = text && text[0] && !text[1] && !strchr(",;\t|", text[0]) ? text[0] : '\0';
    json_decref(plan);
    return delimiter;
}

attune_status attune_predicted_make(attune_predicted *predicted, const char *dump, const char *file,
                                    bool need_target, attune_error *error)
{
    attune_predicted *p = predicted;
    memset(p, 0, sizeof *p);
    attune_context context = attune_context_root(NULL, attune_key_start("predict"));
    attune_status status = attune_dump_open(dump, &p->dump, &p->notes, error);
    context.phase = ATTUNE_PHASE_EVALUATE;
    if (!status && !attune_step_is_model(p->dump->pipeline))
        status =
            attune_fail(error, ATTUNE_INVALID, "%s transforms data; it predicts nothing", dump);
    if (!status) {
        attune_table_options how = {.delimiter = delimiter_of(p->dump),
                                    .missing = &p->dump->schema->missing};
        status = attune_table_read(&p->table, file, &how, error);
    }
    if (!status)
        status =
            attune_schema_data(p->dump->schema, p->table, need_target, &p->data, &p->notes, error);
    if (!status && !(p->rows = attune_rows_all(p->data->n_rows, error)))
        status = ATTUNE_MEMORY;
    if (!status)
        status = attune_step_predict(p->dump->pipeline, p->data, p->rows, &context, &p->predictions,
                                     error);
    if (status)
        attune_predicted_clear(p);
    return status;
}

void attune_predicted_clear(attune_predicted *predicted)
{
    attune_predictions_clear(&predicted->predictions);
    attune_rows_free(predicted->rows);
    attune_data_free(predicted->data);
    attune_table_free(predicted->table);
    attune_dump_free(predicted->dump);
    attune_texts_clear(&predicted->notes);
    memset(predicted, 0, sizeof *predicted);
}

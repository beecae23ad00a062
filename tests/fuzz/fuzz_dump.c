/* tests/fuzz/fuzz_dump.c - a dump with one file replaced by any bytes: refused, never a crash.
 *
 * The first byte picks the file, the rest is its content. The manifest is made to fit again, so
 * that what stands behind it is reached; when the manifest itself is replaced it is left so. A
 * dump that is accepted must write and load again. */
#include "steps/blueprint.h"
#include "steps/dump/dump.h"
#include "steps/dump/manifest.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

static const char csv[] = "a,b,town,day,y\n1.5,2,Oslo,2026-01-02,yes\n,0.1,\"Pa,ris\",,no\n";

static void make_data(attune_schema **schema, attune_data **data)
{
    attune_table *table = NULL;
    attune_schema_request request = {.target = "y"};
    if (attune_table_parse(&table, "csv", csv, (int64_t)strlen(csv), NULL, NULL) ||
        attune_schema_infer(schema, table, &request, NULL, NULL) ||
        attune_schema_data(*schema, table, true, data, NULL, NULL))
        abort();
    attune_table_free(table);
}

/* Steps that learn arrays of indices, of numbers and lists of names. */
static const char plan[] =
    "{\"name\": \"box\", \"steps\": [{\"step\": \"date_parts\"}, {\"step\": \"impute\"},"
    " {\"step\": \"one_hot\"}, {\"step\": \"min_max_scale\"}, {\"step\": \"standard_scale\"},"
    " {\"step\": \"choose\", \"steps\": [{\"step\": \"logistic_regression\"},"
    " {\"step\": \"dummy\"}]}]}";

static void make_base(attune_bundle *bundle)
{
    attune_schema *schema = NULL;
    attune_data *data = NULL;
    attune_document document;
    attune_blueprint blueprint = {0};
    attune_context context = attune_context_root(NULL, attune_key_start("fuzz"));
    make_data(&schema, &data);
    attune_rows *rows = attune_rows_all(data->n_rows, NULL);
    if (attune_document_parse(&document, "plan", plan, (int64_t)strlen(plan), NULL))
        abort();
    attune_at top = attune_at_top(&document);
    if (attune_blueprint_read(&blueprint, document.root, &top, NULL) ||
        attune_step_fit(blueprint.pipeline, data, rows, &context, NULL))
        abort();
    json_t *facts = json_pack("{s:s}", "study", "fuzz");
    attune_dump_content content = {.pipeline = blueprint.pipeline,
                                   .schema = schema,
                                   .plan = "{}",
                                   .facts = facts,
                                   .data = data};
    if (attune_dump_make(&content, bundle, NULL))
        abort();
    json_decref(facts);
    attune_blueprint_clear(&blueprint);
    attune_document_clear(&document);
    attune_rows_free(rows);
    attune_data_free(data);
    attune_schema_free(schema);
}

static void copy_file(attune_bundle *to, const char *path, const void *bytes, size_t size)
{
    char *copy = malloc(size + 1);
    if (!copy)
        abort();
    memcpy(copy, bytes, size);
    if (attune_bundle_add_take(to, path, copy, (int64_t)size, NULL))
        abort();
}

static attune_bundle replaced(const attune_bundle *base, int64_t which, const uint8_t *bytes,
                              size_t size)
{
    attune_bundle bundle = {0};
    bool keep_seal = strcmp(base->files[which].path, "manifest.json") == 0;
    for (int64_t i = 0; i < base->n; i++) {
        const attune_bundle_file *file = &base->files[i];
        if (i == which)
            copy_file(&bundle, file->path, bytes, size);
        else if (keep_seal || strcmp(file->path, "manifest.json") != 0)
            copy_file(&bundle, file->path, file->bytes, (size_t)file->length);
    }
    if (!keep_seal && attune_manifest_seal(&bundle, "box", NULL, NULL))
        abort();
    return bundle;
}

static void write_again(const attune_dump *dump)
{
    attune_bundle bundle = {0};
    attune_dump *again = NULL;
    json_t *facts = attune_manifest_facts(dump->manifest, NULL);
    attune_dump_content content = attune_dump_contents(dump, facts);
    if (attune_dump_make(&content, &bundle, NULL) ||
        attune_dump_load_bundle(&bundle, NULL, &again, NULL, NULL))
        abort();
    attune_dump_free(again);
    attune_bundle_clear(&bundle);
    json_decref(facts);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    static attune_bundle base; /* made once: a fuzzer has one thread */
    attune_dump *dump = NULL;
    if (size < 1)
        return 0;
    if (!base.n)
        make_base(&base);
    attune_bundle bundle = replaced(&base, bytes[0] % base.n, bytes + 1, size - 1);
    if (attune_dump_load_bundle(&bundle, NULL, &dump, NULL, NULL) == ATTUNE_OK)
        write_again(dump);
    attune_dump_free(dump);
    attune_bundle_clear(&bundle);
    return 0;
}

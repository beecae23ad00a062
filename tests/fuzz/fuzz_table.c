/* tests/fuzz/fuzz_table.c - any bytes as a data file: refused with a reason, or read and typed. */
#include "steps/data/schema.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

/* Every field of every column is looked at, so that a wrong end is seen by the sanitizer. */
static int64_t sum_fields(const attune_table *table)
{
    int64_t sum = 0;
    for (int64_t c = 0; c < attune_table_n_columns(table); c++)
        for (int64_t r = 0; r < attune_table_n_rows(table); r++) {
            int64_t length = 0;
            const char *text = attune_table_field(table, r, c, &length);
            for (int64_t i = 0; i < length; i++)
                sum += text[i];
        }
    return sum;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
    attune_table *table = NULL;
    attune_schema *schema = NULL;
    attune_data *data = NULL;
    attune_texts notes = {0};
    attune_schema_request request = {0};
    if (attune_table_parse(&table, "fuzz", (const char *)bytes, (int64_t)length, NULL, NULL))
        return 0;
    request.target = attune_table_name(table, attune_table_n_columns(table) - 1);
    volatile int64_t seen = sum_fields(table);
    (void)seen;
    if (attune_schema_infer(&schema, table, &request, &notes, NULL) == ATTUNE_OK)
        attune_schema_data(schema, table, true, &data, &notes, NULL);
    attune_data_free(data);
    attune_schema_free(schema);
    attune_texts_clear(&notes);
    attune_table_free(table);
    return 0;
}

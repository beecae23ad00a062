/* search/bench/read_csv.c - reads and types a data file, and prints the seconds that it took. */
#include "spaces/base/clock.h"
#include "steps/data/schema.h"

#include <stdio.h>

int main(int count, char **words)
{
    attune_error error = {0};
    attune_table *table = NULL;
    attune_schema *schema = NULL;
    attune_data *data = NULL;
    attune_schema_request request = {.target = count > 2 ? words[2] : NULL};
    if (count < 2)
        return fputs("usage: read_csv FILE [TARGET]\n", stderr), 2;
    double start = attune_clock_seconds();
    attune_status status = attune_table_read(&table, words[1], NULL, &error);
    if (!status)
        status = attune_schema_infer(&schema, table, &request, NULL, &error);
    if (!status)
        status = attune_schema_data(schema, table, request.target != NULL, &data, NULL, &error);
    if (status)
        fprintf(stderr, "%s\n", error.message);
    else
        printf("%.6f\n", attune_clock_seconds() - start);
    attune_data_free(data);
    attune_schema_free(schema);
    attune_table_free(table);
    return attune_status_exit_code(status);
}

/* search/examples/predict.c - serves a dump: says what it needs, predicts rows of this program.
 *
 *     cc predict.c $(pkg-config --cflags --libs attune) -o predict && ./predict best
 *
 * A real program has its own columns; this one makes two rows that any model can take: every number
 * missing in the first row and 1 in the second, every level missing and then the first. */
#include <attune.h>

#include <stdio.h>
#include <stdlib.h>

enum { n_rows = 2, most_inputs = 1000 };

static const double numbers[n_rows] = {0, 1};
static const int32_t codes[n_rows] = {0, 0}, offsets[n_rows + 1] = {0, 0, 0};
static const int64_t times[n_rows] = {0, 0};
static const uint8_t first_is_missing[] = {0x02};

static attune_column_view view_of(const attune_model *model, int64_t input)
{
    attune_column_view view = {.name = attune_model_input(model, input),
                               .validity = first_is_missing};
    switch (attune_model_input_kind(model, input)) {
    case ATTUNE_INPUT_REAL:
        view.layout = ATTUNE_LAYOUT_F64;
        view.values = numbers;
        break;
    case ATTUNE_INPUT_NOMINAL:
        view.layout = ATTUNE_LAYOUT_I32;
        view.values = codes;
        break;
    case ATTUNE_INPUT_DATETIME:
        view.layout = ATTUNE_LAYOUT_I64;
        view.values = times;
        break;
    case ATTUNE_INPUT_TEXT:
        view.layout = ATTUNE_LAYOUT_UTF8;
        view.offsets = offsets;
        break;
    }
    return view;
}

static void print_row(const attune_model *model, const double *row)
{
    for (int64_t k = 0; k < attune_model_n_outputs(model); k++) {
        const char *name = attune_model_class(model, k);
        printf("%s%s %.6f", k ? ", " : "  ", name ? name : "prediction", row[k]);
    }
    printf("\n");
}

int main(int argc, char **argv)
{
    static attune_column_view columns[most_inputs];
    attune_model *model = NULL;
    attune_error error = {0};
    attune_status status = attune_model_open(&model, argc > 1 ? argv[1] : "best", &error);
    int64_t n = attune_model_n_inputs(model), width = attune_model_n_outputs(model);
    double *out = calloc((size_t)(width * n_rows + 1), sizeof *out);
    for (int64_t i = 0; i < n && n <= most_inputs; i++)
        columns[i] = view_of(model, i);
    if (!status && out)
        status = attune_model_predict(model, columns, n, n_rows, out, 0, &error);
    if (status)
        fprintf(stderr, "%s\n", error.message);
    else
        printf("%lld inputs, %lld numbers a row\n", (long long)n, (long long)width);
    for (int64_t row = 0; out && !status && row < n_rows; row++)
        print_row(model, out + row * width);
    free(out);
    attune_model_close(model);
    return status != ATTUNE_OK;
}

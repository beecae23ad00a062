/* tests/fuzz/fuzz_expression.c - any bytes as a condition: refused with a column, or tested. */
#include "spaces/expression.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

/* Names take turns at being unknown, a number, a text, a boolean and nothing. */
static attune_kleene test(const attune_expression *expression)
{
    static const attune_value kinds[] = {
        {.kind = ATTUNE_VALUE_REAL, .real = 0.5},
        {.kind = ATTUNE_VALUE_TEXT, .text = (char *)"sgd"},
        {.kind = ATTUNE_VALUE_BOOLEAN, .boolean = true},
        {.kind = ATTUNE_VALUE_NULL},
    };
    const attune_value *values[ATTUNE_EXPRESSION_NAMES];
    for (int64_t i = 0; i < attune_expression_n_names(expression); i++)
        values[i] = i % 5 < 4 ? &kinds[i % 5] : NULL;
    return attune_expression_test(expression, values);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
    attune_expression *expression = NULL;
    attune_error error = {0};
    attune_text text = {0};
    attune_text_append_bytes(&text, bytes, (int64_t)length);
    char *words = attune_text_take(&text, NULL);
    if (words && attune_expression_read(&expression, words, &error)) {
        if (!error.message[0])
            abort(); /* refused without a reason */
    } else if (words && test(expression) > ATTUNE_UNKNOWN) {
        abort();
    }
    attune_expression_free(expression);
    free(words);
    return 0;
}

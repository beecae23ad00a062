/* tests/fuzz/fuzz_npy.c - any bytes as a .npy file: refused, or an array that writes and reads to
 * itself. */
#include "steps/dump/npy.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    attune_array array = {0}, again = {0};
    char *written = NULL;
    int64_t length = 0;
    attune_error error = {0};
    if (attune_npy_read("fuzz", bytes, (int64_t)size, &array, &error) == ATTUNE_OK &&
        attune_npy_write(&array, &written, &length, &error) == ATTUNE_OK) {
        int64_t items = attune_array_count(&array) * (int64_t)attune_array_item_size(array.type);
        if (attune_npy_read("again", written, length, &again, &error) != ATTUNE_OK ||
            again.type != array.type || again.n_dims != array.n_dims ||
            memcmp(again.data, array.data, (size_t)items) != 0)
            abort();
    }
    attune_array_clear(&array);
    attune_array_clear(&again);
    free(written);
    return 0;
}

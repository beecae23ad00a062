/* tests/fuzz/fuzz_space.c - any bytes as a space, of a plan (an object) or of a store (a list):
 * refused with a reason, or written the same again, and its samples read back to the bit. */
#include "spaces/space.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

static char *write(const attune_space *space)
{
    json_t *json = attune_space_to_json(space, NULL);
    char *text = json ? attune_json_write(json, NULL) : NULL;
    json_decref(json);
    if (!text)
        abort();
    return text;
}

static attune_space *read(const char *text, int64_t length)
{
    attune_document document;
    attune_space *space = NULL;
    attune_error error = {0};
    if (attune_document_parse(&document, "fuzz", text, length, NULL))
        return NULL;
    attune_at top = attune_at_top(&document);
    attune_status status = ATTUNE_OK;
    if (json_is_object(document.root)) {
        space = attune_space_new(NULL);
        status = attune_space_add_json(space, document.root, &top, "m__", ATTUNE_NO_BRANCH, &error);
    } else {
        status = attune_space_from_json(&space, document.root, &top, &error);
    }
    if (status && !error.message[0])
        abort();
    if (status && json_is_object(document.root)) {
        attune_space_free(space);
        space = NULL;
    }
    attune_document_clear(&document);
    return space;
}

static void check_stored(const attune_space *space)
{
    char *text = write(space);
    attune_space *back = read(text, (int64_t)strlen(text));
    char *again = back ? write(back) : NULL;
    if (!again || strcmp(text, again) != 0)
        abort();
    attune_space_free(back);
    free(again);
    free(text);
}

static void check_sample(const attune_space *space, double u)
{
    attune_sample sample, back;
    double *unit = attune_alloc(space->n, sizeof *unit, NULL);
    if (!unit || attune_sample_init(&sample, space, NULL) || attune_sample_init(&back, space, NULL))
        abort();
    for (int64_t i = 0; i < space->n; i++)
        unit[i] = u;
    attune_space_decode(space, unit, &sample);
    attune_space_broken(space, &sample);
    char *text = attune_sample_write(space, &sample, NULL);
    if (!text || attune_sample_read(space, text, &back, NULL) ||
        !attune_key_same(attune_sample_key(&sample), attune_sample_key(&back)))
        abort();
    attune_space_encode(space, &back, unit);
    for (int64_t i = 0; i < space->n; i++)
        if (!(unit[i] >= 0 && unit[i] <= 1))
            abort();
    free(text);
    free(unit);
    attune_sample_clear(&sample);
    attune_sample_clear(&back);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
    static const double units[] = {0, 1e-12, 0.3, 0.5, 0.9999999, 1};
    attune_space *space = read((const char *)bytes, (int64_t)length);
    if (!space)
        return 0;
    check_stored(space);
    for (size_t i = 0; i < sizeof units / sizeof *units; i++)
        check_sample(space, units[i]);
    attune_space_free(space);
    return 0;
}

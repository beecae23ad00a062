/* tests/fuzz/fuzz_json.c - any bytes are JSON or refused; what was written reads back the same. */
#include "spaces/base/json.h"
#include "spaces/base/number.h"
#include "spaces/value.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool holds)
{
    if (!holds)
        abort();
}

/* Complains at every place of the tree: whoever does so must stay inside the text. */
static void visit(const json_t *json, const attune_at *at)
{
    attune_error error = {0};
    attune_fail_at(&error, at, "here");
    must(error.line > 0 && error.column > 0);
    const char *key;
    json_t *value;
    for (size_t i = 0; i < json_array_size(json) && i < 8; i++) {
        attune_at item = attune_at_item(at, (int64_t)i);
        visit(json_array_get(json, i), &item);
    }
    json_object_foreach((json_t *)(uintptr_t)json, key, value)
    {
        attune_at member = attune_at_key(at, key);
        visit(value, &member);
    }
}

static void write_twice(const json_t *json)
{
    attune_document again;
    char *once = attune_json_write(json, NULL);
    must(once && attune_document_parse(&again, "", once, (int64_t)strlen(once), NULL) == ATTUNE_OK);
    char *twice = attune_json_write(again.root, NULL);
    must(twice && strcmp(once, twice) == 0);
    free(once);
    free(twice);
    attune_document_clear(&again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    attune_document document;
    attune_value value = {0};
    double real = 0;
    int64_t integer = 0;
    attune_real_read((const char *)data, (int64_t)size, &real);
    attune_integer_read((const char *)data, (int64_t)size, &integer);
    if (attune_document_parse(&document, "fuzz", (const char *)data, (int64_t)size, NULL))
        return 0;
    if (size < 4096) { /* a place is found by reading from the start */
        attune_at top = attune_at_top(&document);
        visit(document.root, &top);
    }
    write_twice(document.root);
    must(attune_value_from_json(&value, document.root, NULL) == ATTUNE_OK);
    attune_value_clear(&value);
    attune_document_clear(&document);
    return 0;
}

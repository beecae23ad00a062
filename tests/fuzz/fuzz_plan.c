/* tests/fuzz/fuzz_plan.c - any bytes as a plan, of data or of a command: refused with a reason, or
 * written the same again once it is read from what was written. */
#include "search/plan/ask.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

static char *read_data_plan(attune_document *document, attune_error *error)
{
    attune_plan plan;
    char *text = NULL;
    if (attune_plan_read(&plan, document, "", "fuzz", error) == ATTUNE_OK)
        text = attune_json_write(plan.json, NULL);
    attune_plan_clear(&plan);
    return text;
}

/* As `attune search PLAN` reads it. */
static char *read_command_plan(attune_document *document, attune_error *error)
{
    char *words[] = {"plan.json"};
    attune_arguments *arguments = NULL;
    attune_ask_plan plan;
    char *text = NULL;
    if (attune_arguments_read(&arguments, attune_command_find("search"), 1, words, NULL))
        abort();
    if (attune_ask_plan_take(&plan, document, "plan.json", arguments, error) == ATTUNE_OK) {
        text = strdup(plan.text ? plan.text : "");
        attune_ask_plan_clear(&plan);
    }
    attune_arguments_free(arguments);
    return text;
}

/* NULL: refused. */
static char *read(const char *text, int64_t length)
{
    attune_document document;
    attune_error error = {0};
    if (attune_document_parse(&document, "fuzz", text, length, NULL))
        return NULL;
    char *read = json_object_get(document.root, "objective") ? read_command_plan(&document, &error)
                                                             : read_data_plan(&document, &error);
    if (!read && !error.message[0])
        abort();
    attune_document_clear(&document);
    return read;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
    char *text = read((const char *)bytes, (int64_t)length);
    char *again = text && *text ? read(text, (int64_t)strlen(text)) : NULL;
    if (text && *text && (!again || strcmp(text, again) != 0))
        abort();
    free(text);
    free(again);
    return 0;
}

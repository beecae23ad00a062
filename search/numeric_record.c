/* search/numeric_record.c - what a study's trials were computed with. */
#include "search/numeric_record.h"

#include "spaces/base/text.h"
#include "steps/dump/numeric_class.h"

#include <stdlib.h>

static const char attribute[] = "numeric_class";

static attune_status store_class(const attune_storage *storage, int64_t study, json_t *here,
                                 attune_error *error)
{
    char *text = attune_json_write(here, error);
    attune_status status =
        text ? storage->type->set_attribute(storage->self, study, -1, attribute, text, error)
             : ATTUNE_MEMORY;
    free(text);
    return status;
}

/* "cpu baseline there, avx2 fma here", a part for each member that differs. */
static void append_differences(attune_text *text, json_t *there, json_t *here)
{
    const char *key;
    json_t *value;
    json_object_foreach(here, key, value)
    {
        const char *was = json_string_value(json_object_get(there, key));
        if (json_equal(json_object_get(there, key), value))
            continue;
        attune_text_printf(text, "%s%s %s there, %s here", text->length ? "; " : "", key,
                           was ? was : "not told", json_string_value(value));
    }
}

static attune_status compare(const char *stored, json_t *here, char **note, attune_error *error)
{
    json_t *there = attune_json_parse(stored);
    attune_text parts = {0}, text = {0};
    append_differences(&parts, there, here);
    json_decref(there);
    char *differences = attune_text_take(&parts, error);
    if (differences && *differences)
        attune_text_printf(&text,
                           "the study was begun by another build or on another machine, so new "
                           "trials can differ from what they would have been there in their last "
                           "digits (%s)",
                           differences);
    attune_status status = differences ? ATTUNE_OK : ATTUNE_MEMORY;
    if (text.length && !(*note = attune_text_take(&text, error)))
        status = ATTUNE_MEMORY;
    free(differences);
    return status;
}

attune_status attune_numeric_record(const attune_storage *storage, int64_t study, char **note,
                                    attune_error *error)
{
    char *stored = NULL;
    *note = NULL;
    json_t *here = attune_numeric_class(error);
    attune_status status =
        here ? storage->type->get_attribute(storage->self, study, -1, attribute, &stored, error)
             : ATTUNE_MEMORY;
    if (!status)
        status =
            stored ? compare(stored, here, note, error) : store_class(storage, study, here, error);
    free(stored);
    json_decref(here);
    return status;
}

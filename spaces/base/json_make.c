/* spaces/base/json_make.c - JSON made in memory: copies and numbers. */
#include "spaces/base/json.h"

#include "spaces/base/number.h"

#include <math.h>
#include <string.h>

/* jansson's own copies leave out members when memory runs out, and do not say so. */
static json_t *copy(const json_t *json, bool comments)
{
    const char *key;
    json_t *value, *made;
    bool whole = true;
    if (json_is_array(json)) {
        made = json_array();
        for (size_t i = 0; i < json_array_size(json) && whole; i++)
            whole = !json_array_append_new(made, copy(json_array_get(json, i), comments));
        return attune_json_whole(made, whole);
    }
    if (!json_is_object(json))
        return json ? json_deep_copy(json) : NULL;
    made = json_object();
    json_object_foreach((json_t *)(uintptr_t)json, key, value)
    {
        if (whole && (comments || !attune_json_is_comment(key)))
            whole = !json_object_set_new(made, key, copy(value, comments));
    }
    return attune_json_whole(made, whole);
}

json_t *attune_json_copy(const json_t *json)
{
    return copy(json, true);
}

json_t *attune_json_copy_plain(const json_t *json)
{
    return copy(json, false);
}

json_t *attune_json_from_real(double value)
{
    char text[ATTUNE_NUMBER_SIZE];
    if (!isfinite(value))
        return json_string(attune_real_text(value, text));
    if (value == trunc(value) && fabs(value) < 0x1p53)
        return json_integer((json_int_t)value);
    return json_real(value);
}

bool attune_json_number(const json_t *value, double *number)
{
    const char *text = json_string_value(value);
    if (json_is_number(value))
        *number = json_number_value(value);
    else if (text &&
             (strcmp(text, "nan") == 0 || strcmp(text, "inf") == 0 || strcmp(text, "-inf") == 0))
        return attune_real_read(text, (int64_t)strlen(text), number);
    else
        return false;
    return true;
}

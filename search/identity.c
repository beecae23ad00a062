/* search/identity.c - what is frozen in a study, compared when it is opened again. */
#include "search/identity.h"

#include "search/loop/lookahead.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The first place where two JSON values differ, as a path: "plan.search.sampler". */
static bool find_difference(json_t *a, json_t *b, attune_text *path, json_t **left, json_t **right);

static bool differs_at(json_t *a, json_t *b, const char *key, attune_text *path, json_t **left,
                       json_t **right)
{
    int64_t length = path->length;
    attune_text_printf(path, "%s%s", length ? "." : "", key);
    if (find_difference(a, b, path, left, right))
        return true;
    path->length = length;
    if (path->bytes)
        path->bytes[length] = '\0';
    return false;
}

static bool find_difference(json_t *a, json_t *b, attune_text *path, json_t **left, json_t **right)
{
    const char *key;
    char number[24];
    json_t *value;
    *left = a;
    *right = b;
    if (json_is_array(a) && json_is_array(b) && json_array_size(a) == json_array_size(b)) {
        for (size_t i = 0; i < json_array_size(a); i++) {
            snprintf(number, sizeof number, "%zu", i);
            if (differs_at(json_array_get(a, i), json_array_get(b, i), number, path, left, right))
                return true;
        }
        return false;
    }
    if (!json_is_object(a) || !json_is_object(b))
        return a != b && !(a && b && json_equal(a, b)); /* neither is there: the same */
    for (int side = 0; side < 2; side++)
        json_object_foreach(side ? b : a, key,
                            value) if (differs_at(json_object_get(a, key), json_object_get(b, key),
                                                  key, path, left, right)) return true;
    return false;
}

static char *shown(const json_t *json)
{
    char *text = json ? attune_json_write(json, NULL) : attune_copy_text("nothing", NULL);
    if (text && strlen(text) > 120)
        memcpy(text + 116, "...", 4);
    return text;
}

int64_t attune_identity_lookahead(const attune_study *stored)
{
    json_t *json = attune_json_parse(stored->identity);
    int64_t lookahead = attune_lookahead_from_json(json_object_get(json, "lookahead"));
    json_decref(json);
    return lookahead;
}

static attune_status name_difference(const attune_study *stored, const char *location, json_t *here,
                                     const char *advice, attune_error *error)
{
    json_t *there = attune_json_parse(stored->identity), *left = NULL, *right = NULL;
    attune_text path = {0};
    attune_status status = ATTUNE_OK;
    /* The plan first: another target makes other data too, and it is the target that was changed.
     */
    bool differs = differs_at(json_object_get(there, "plan"), json_object_get(here, "plan"), "plan",
                              &path, &left, &right);
    if (differs || find_difference(there, here, &path, &left, &right)) {
        char *was = shown(left), *is = shown(right);
        status = attune_fail(error, ATTUNE_CONFLICT,
                             "study \"%s\" is in %s already, made with another %s: %s there, %s "
                             "here; %s",
                             stored->name, location, path.length ? path.bytes : "identity",
                             was ? was : "", is ? is : "", advice);
        free(was);
        free(is);
    }
    attune_text_clear(&path);
    json_decref(there);
    return status;
}

attune_status attune_identity_compare_take(const attune_study *stored, const char *location,
                                           json_t *identity_take, const char *advice,
                                           attune_error *error)
{
    /* Through text, as the stored one went: 10.0 and 10 are then the same number. */
    char *text = attune_json_write(identity_take, error);
    json_t *here = text ? attune_json_parse(text) : NULL;
    attune_status status = here ? name_difference(stored, location, here, advice, error)
                                : attune_fail(error, ATTUNE_MEMORY, "out of memory: an identity");
    json_decref(here);
    json_decref(identity_take);
    free(text);
    return status;
}

/* spaces/space_plan.c - the space that a plan writes: names, distributions, when, require. */
#include "spaces/space.h"

#include <stdlib.h>
#include <string.h>

struct member {
    const char *name;   /* borrowed from the tree */
    json_t *json;       /* borrowed */
    const char *when;   /* borrowed; nullable */
    attune_texts waits; /* the names of when */
    bool added;
};

struct members {
    struct member *items;
    int64_t n;
    const attune_at *at;
};

static void clear_members(struct members *members)
{
    for (int64_t i = 0; members->items && i < members->n; i++)
        attune_texts_clear(&members->items[i].waits);
    free(members->items);
}

static int by_name(const void *a, const void *b)
{
    return strcmp(((const struct member *)a)->name, ((const struct member *)b)->name);
}

static bool is_require(const char *key)
{
    return strcmp(key, "require") == 0;
}

/* The names that the `when` of a member speaks of; where it stands in error messages. */
static attune_status read_when(struct member *member, const attune_at *at, attune_error *error)
{
    attune_at place = attune_at_key(at, member->name), at_when = attune_at_key(&place, "when");
    attune_expression *expression = NULL;
    attune_error problem = {0};
    attune_status status = attune_json_text(member->json, &place, "when", &member->when, error);
    if (status || !member->when)
        return status;
    status = attune_expression_read(&expression, member->when, &problem);
    if (status)
        return attune_fail_for(error, &at_when, &problem);
    for (int64_t i = 0; i < attune_expression_n_names(expression) && !status; i++)
        status = attune_texts_add(&member->waits, attune_expression_name(expression, i), error);
    attune_expression_free(expression);
    return status;
}

static attune_status list_members(struct members *members, json_t *json, attune_error *error)
{
    const char *key;
    json_t *value;
    members->items = attune_alloc((int64_t)json_object_size(json), sizeof *members->items, error);
    if (!members->items)
        return ATTUNE_MEMORY;
    json_object_foreach(json, key, value) if (!attune_json_is_comment(key) && !is_require(key))
        members->items[members->n++] = (struct member){.name = key, .json = value};
    qsort(members->items, (size_t)members->n, sizeof *members->items, by_name);
    attune_status status = ATTUNE_OK;
    for (int64_t i = 0; i < members->n && !status; i++)
        if (json_is_object(members->items[i].json))
            status = read_when(&members->items[i], members->at, error);
    return status;
}

/* Whether a sibling that a member speaks of is not there yet. */
static const char *waits_for(const struct members *members, const struct member *member)
{
    for (int64_t i = 0; i < member->waits.n; i++) {
        struct member wanted = {.name = member->waits.items[i]};
        const struct member *sibling =
            bsearch(&wanted, members->items, (size_t)members->n, sizeof wanted, by_name);
        if (sibling && !sibling->added)
            return sibling->name;
    }
    return NULL;
}

/* Without its `when`, which stands beside the distribution's name. */
static attune_status read_distribution(attune_distribution **distribution,
                                       const struct member *member, const attune_at *place,
                                       attune_error *error)
{
    json_t *json = json_incref(member->json);
    if (json_is_object(json) && json_object_get(json, "when")) {
        json_decref(json);
        json = attune_json_copy(member->json);
        json_object_del(json, "when");
    }
    attune_status status = json ? attune_distribution_from_json(distribution, json, place, error)
                                : attune_fail(error, ATTUNE_MEMORY, "out of memory: a space");
    json_decref(json);
    return status;
}

static attune_status add_member(attune_space *space, struct member *member, const attune_at *at,
                                const char *prefix, attune_branch branch, attune_error *error)
{
    attune_at place = attune_at_key(at, member->name);
    attune_distribution *distribution = NULL;
    attune_error problem = {0};
    attune_text name = {0};
    attune_status status = read_distribution(&distribution, member, &place, error);
    if (status)
        return status;
    member->added = true;
    attune_text_printf(&name, "%s%s", prefix, member->name);
    char *flat = attune_text_take(&name, error);
    if (!flat) {
        attune_distribution_free(distribution);
        return ATTUNE_MEMORY;
    }
    status = attune_space_add(space, flat, distribution, branch, member->when, &problem);
    if (status)
        status = attune_fail_for(error, &place, &problem);
    free(flat);
    return status;
}

/* In rounds: each adds, by name, what waits for nothing any more. */
static attune_status add_members(attune_space *space, struct members *members, const char *prefix,
                                 attune_branch branch, attune_error *error)
{
    int64_t left = members->n;
    while (left > 0) {
        int64_t before = left;
        const struct member *stuck = NULL;
        for (int64_t i = 0; i < members->n; i++) {
            struct member *member = &members->items[i];
            if (member->added)
                continue;
            if (waits_for(members, member)) {
                stuck = member;
                continue;
            }
            attune_status status = add_member(space, member, members->at, prefix, branch, error);
            if (status)
                return status;
            left--;
        }
        if (left == before && stuck) {
            attune_at place = attune_at_key(members->at, stuck->name);
            return attune_fail_at(error, &place,
                                  "its when speaks of %s, which comes no earlier than it",
                                  waits_for(members, stuck));
        }
    }
    return ATTUNE_OK;
}

static attune_status add_relation(attune_space *space, const char *text, const attune_at *at,
                                  const char *prefix, attune_error *error)
{
    attune_error problem = {0};
    if (!text)
        return attune_fail_at(error, at, "must be a text or a list of texts");
    attune_status status = attune_space_require(space, text, prefix, NULL, NULL, NULL, &problem);
    if (status == ATTUNE_MEMORY)
        return attune_fail(error, status, "%s", problem.message);
    const char *words =
        strncmp(problem.message, "require: ", 9) == 0 ? problem.message + 9 : problem.message;
    return status ? attune_fail_at(error, at, "%s", words) : ATTUNE_OK;
}

static attune_status add_relations(attune_space *space, json_t *json, const attune_at *at,
                                   const char *prefix, attune_error *error)
{
    attune_at place = attune_at_key(at, "require");
    attune_status status = ATTUNE_OK;
    if (!json_is_array(json))
        return add_relation(space, json_string_value(json), &place, prefix, error);
    for (size_t i = 0; i < json_array_size(json) && !status; i++) {
        attune_at item = attune_at_item(&place, (int64_t)i);
        status =
            add_relation(space, json_string_value(json_array_get(json, i)), &item, prefix, error);
    }
    return status;
}

attune_status attune_space_add_json(attune_space *space, json_t *json, const attune_at *at,
                                    const char *prefix, attune_branch branch, attune_error *error)
{
    struct members members = {.at = at};
    if (!json_is_object(json))
        return attune_fail_at(error, at, "must be an object, {\"name\": distribution, ...}");
    attune_status status = list_members(&members, json, error);
    if (!status)
        status = add_members(space, &members, prefix, branch, error);
    clear_members(&members);
    json_t *require = json_object_get(json, "require");
    if (!status && require)
        status = add_relations(space, require, at, prefix, error);
    return status;
}

/* spaces/space_json.c - a space as it is stored with a study, and back. */
#include "spaces/space.h"

#include <string.h>

static attune_status no_memory(attune_error *error)
{
    return attune_fail(error, ATTUNE_MEMORY, "out of memory: a space as JSON");
}

static attune_status put(json_t *object, const char *key, json_t *value, attune_error *error)
{
    return json_object_set_new(object, key, value) == 0 ? ATTUNE_OK : no_memory(error);
}

static attune_status put_branch(const attune_space *space, const attune_branch *branch,
                                json_t *object, attune_error *error)
{
    const attune_dimension *of = &space->dimensions[branch->dimension];
    attune_value value = {0};
    json_t *json = json_object();
    attune_status status = put(json, "dimension", json_string(of->name), error);
    if (!status)
        status = attune_distribution_value(of->distribution, branch->x, &value, error);
    if (!status)
        status = put(json, "value", attune_value_to_json(&value), error);
    attune_value_clear(&value);
    if (status) {
        json_decref(json);
        return status;
    }
    return put(object, "branch", json, error);
}

static attune_status put_dimension(const attune_space *space, int64_t i, json_t *object,
                                   attune_error *error)
{
    const attune_dimension *dimension = &space->dimensions[i];
    attune_status status = put(object, "name", json_string(dimension->name), error);
    if (!status)
        status = put(object, "distribution",
                     attune_distribution_to_json(dimension->distribution, error), error);
    if (!status && dimension->branch.dimension >= 0)
        status = put_branch(space, &dimension->branch, object, error);
    if (!status && dimension->when)
        status = put(object, "when", json_string(attune_expression_text(dimension->when)), error);
    if (!status && dimension->staged)
        status = put(object, "staged", json_true(), error);
    return status;
}

/* Every name of a relation: the flat name it means, or the constant it is. */
static attune_status put_names(const attune_space *space, const attune_relation *relation,
                               json_t *object, attune_error *error)
{
    json_t *names = json_object(), *constants = json_object();
    attune_status status = ATTUNE_OK;
    for (int64_t i = 0; i < attune_expression_n_names(relation->expression) && !status; i++) {
        const char *name = attune_expression_name(relation->expression, i);
        int64_t of = relation->names[i];
        if (of >= 0)
            status = put(names, name, json_string(space->dimensions[of].name), error);
        else
            status = put(constants, name, attune_value_to_json(&relation->constants[i]), error);
    }
    if (!status)
        status = put(object, "names", json_incref(names), error);
    if (!status && json_object_size(constants))
        status = put(object, "constants", json_incref(constants), error);
    json_decref(names);
    json_decref(constants);
    return status;
}

static attune_status put_relation(const attune_space *space, int64_t i, json_t *object,
                                  attune_error *error)
{
    const attune_relation *relation = &space->relations[i];
    attune_status status =
        put(object, "require", json_string(attune_expression_text(relation->expression)), error);
    if (!status && relation->reason)
        status = put(object, "reason", json_string(relation->reason), error);
    return status ? status : put_names(space, relation, object, error);
}

json_t *attune_space_to_json(const attune_space *space, attune_error *error)
{
    json_t *list = json_array();
    attune_status status = list ? ATTUNE_OK : no_memory(error);
    for (int64_t i = 0; i < space->n + space->n_relations && !status; i++) {
        json_t *object = json_object();
        status = i < space->n ? put_dimension(space, i, object, error)
                              : put_relation(space, i - space->n, object, error);
        if (status)
            json_decref(object);
        else if (json_array_append_new(list, object) != 0)
            status = no_memory(error);
    }
    if (status) {
        json_decref(list);
        return NULL;
    }
    return list;
}

static attune_status read_branch(const attune_space *space, json_t *json, const attune_at *at,
                                 attune_branch *branch, attune_error *error)
{
    static const char *const keys[] = {"dimension", "value"};
    const char *name = NULL;
    attune_value value = {0};
    attune_error problem = {0};
    attune_status status = attune_json_check_keys(json, at, keys, 2, error);
    if (!status)
        status = attune_json_text(json, at, "dimension", &name, error);
    if (status)
        return status;
    branch->dimension = name ? attune_space_find(space, name, &problem) : -1;
    if (branch->dimension < 0)
        return name ? attune_fail_for(error, at, &problem)
                    : attune_fail_at(error, at, "needs a dimension");
    status = attune_value_from_json(&value, json_object_get(json, "value"), error);
    if (!status && !attune_distribution_x(space->dimensions[branch->dimension].distribution, &value,
                                          &branch->x))
        status = attune_fail_at(error, at, "not one of the values of %s", name);
    attune_value_clear(&value);
    return status;
}

static attune_status read_dimension(attune_space *space, json_t *json, const attune_at *at,
                                    attune_error *error)
{
    static const char *const keys[] = {"name", "distribution", "branch", "when", "staged"};
    const char *name = NULL, *when = NULL;
    attune_branch branch = ATTUNE_NO_BRANCH;
    attune_distribution *distribution = NULL;
    attune_error problem = {0};
    attune_at at_branch = attune_at_key(at, "branch");
    attune_at at_distribution = attune_at_key(at, "distribution");
    attune_status status = attune_json_check_keys(json, at, keys, 5, error);
    if (!status)
        status = attune_json_text(json, at, "name", &name, error);
    if (!status)
        status = attune_json_text(json, at, "when", &when, error);
    if (!status && (!name || !json_object_get(json, "distribution")))
        return attune_fail_at(error, at, "needs a name and a distribution");
    if (!status && json_object_get(json, "branch"))
        status = read_branch(space, json_object_get(json, "branch"), &at_branch, &branch, error);
    if (!status)
        status = attune_distribution_from_json(&distribution, json_object_get(json, "distribution"),
                                               &at_distribution, error);
    if (status)
        return status;
    status = attune_space_add(space, name, distribution, branch, when, &problem);
    if (status)
        return attune_fail_for(error, at, &problem);
    space->dimensions[space->n - 1].staged = json_is_true(json_object_get(json, "staged"));
    return ATTUNE_OK;
}

/* Once all is read: what is staged is so by right. */
static attune_status check_stages(const attune_space *space, const attune_at *at,
                                  attune_error *error)
{
    for (int64_t i = 0; i < space->n; i++)
        if (space->dimensions[i].staged && !attune_space_may_stage(space, i))
            return attune_fail_at(error, at, "%s cannot be staged", space->dimensions[i].name);
    return ATTUNE_OK;
}

/* What the names of a stored relation mean. */
struct meaning {
    json_t *names, *constants;
};

static attune_status constant_of(void *user, const char *name, attune_value *value)
{
    const struct meaning *meaning = user;
    if (json_object_get(meaning->names, name))
        return ATTUNE_OK; /* point_names says which */
    json_t *json = json_object_get(meaning->constants, name);
    return json ? attune_value_from_json(value, json, NULL) : ATTUNE_NOT_FOUND;
}

/* After the relation was read: its names point where the file says, whatever else is near. */
static attune_status point_names(const attune_space *space, const struct meaning *meaning,
                                 const attune_at *at, attune_error *error)
{
    attune_relation *relation = &space->relations[space->n_relations - 1];
    for (int64_t i = 0; i < attune_expression_n_names(relation->expression); i++) {
        const char *name = attune_expression_name(relation->expression, i);
        const char *flat = json_string_value(json_object_get(meaning->names, name));
        attune_error problem = {0};
        attune_status status = ATTUNE_OK;
        if (flat) {
            attune_value_clear(&relation->constants[i]);
            relation->names[i] = attune_space_find(space, flat, &problem);
            if (relation->names[i] < 0)
                status = attune_fail_for(error, at, &problem);
        } else if (json_object_get(meaning->constants, name)) {
            relation->names[i] = -1;
            status = attune_value_from_json(&relation->constants[i],
                                            json_object_get(meaning->constants, name), error);
        }
        if (status)
            return status;
    }
    return ATTUNE_OK;
}

static attune_status read_relation(attune_space *space, json_t *json, const attune_at *at,
                                   attune_error *error)
{
    static const char *const keys[] = {"require", "reason", "names", "constants"};
    const char *text = NULL, *reason = NULL;
    struct meaning meaning = {json_object_get(json, "names"), json_object_get(json, "constants")};
    attune_error problem = {0};
    attune_status status = attune_json_check_keys(json, at, keys, 4, error);
    if (!status)
        status = attune_json_text(json, at, "require", &text, error);
    if (!status)
        status = attune_json_text(json, at, "reason", &reason, error);
    if (status)
        return status;
    if (!text)
        return attune_fail_at(error, at, "require must be a text");
    status = attune_space_require(space, text, "", reason, constant_of, &meaning, &problem);
    if (status)
        return attune_fail_for(error, at, &problem);
    return point_names(space, &meaning, at, error);
}

attune_status attune_space_from_json(attune_space **space, json_t *json, const attune_at *at,
                                     attune_error *error)
{
    attune_space *made = NULL;
    if (!json_is_array(json))
        return attune_fail_at(error, at, "a stored space is a list");
    made = attune_space_new(error);
    attune_status status = made ? ATTUNE_OK : ATTUNE_MEMORY;
    for (size_t i = 0; i < json_array_size(json) && !status; i++) {
        attune_at place = attune_at_item(at, (int64_t)i);
        json_t *item = json_array_get(json, i);
        status = json_object_get(item, "require") ? read_relation(made, item, &place, error)
                                                  : read_dimension(made, item, &place, error);
    }
    if (!status)
        status = check_stages(made, at, error);
    if (status)
        attune_space_free(made);
    else
        *space = made;
    return status;
}

/* steps/blueprint.c - the pipeline part of a plan, read into steps and a space. */
#include "steps/blueprint.h"

#include <string.h>

/* Where a step stands: its JSON and place in the plan, the prefix of its flat names ("" at the top,
 * "model__svc__"), and what must be chosen for it to be active. */
struct place {
    json_t *json;
    const attune_at *at;
    attune_space *space;
    const char *prefix;
    attune_branch branch;
};

static attune_status read_step(attune_step **step, const struct place *place,
                               const char *default_type, attune_error *error);

/* A complaint that does not know its place in the plan gets this one. */
static attune_status put_at(attune_status status, const attune_at *at, const attune_error *problem,
                            attune_error *error)
{
    if (status == ATTUNE_INVALID && !problem->line)
        return attune_fail_at(error, at, "%s", problem->message);
    if (status && error && !error->status)
        *error = *problem;
    return status;
}

static attune_status check_keys(const struct place *place, attune_error *error)
{
    static const char *const keys[] = {"step",  "name",    "columns", "hyperparams",
                                       "space", "require", "steps"};
    return attune_json_check_keys(place->json, place->at, keys, sizeof keys / sizeof *keys, error);
}

static attune_status new_step(attune_step **step, const struct place *place,
                              const char *default_type, attune_error *error)
{
    const char *type_name = default_type, *name = NULL;
    attune_error problem = {0};
    attune_at type_at = attune_at_key(place->at, "step");
    attune_at name_at = attune_at_key(place->at, "name");
    attune_status status = check_keys(place, error);
    if (!status)
        status = attune_json_text(place->json, place->at, "step", &type_name, error);
    if (!status)
        status = attune_json_text(place->json, place->at, "name", &name, error);
    if (status)
        return status;
    if (!type_name)
        return attune_fail_at(error, place->at,
                              "a step needs its type: {\"step\": \"standard_scale\"}");
    const attune_step_type *type = attune_step_type_find(type_name);
    if (!type)
        return put_at(attune_step_type_unknown(type_name, &problem), &type_at, &problem, error);
    status = attune_step_new(step, type, name ? name : type->name, &problem);
    return put_at(status, &name_at, &problem, error);
}

static attune_status check_member(const attune_step *step, const struct place *place,
                                  const char *key, json_t *value, const attune_at *at,
                                  attune_error *error)
{
    const attune_field *field = attune_field_find(step->type->fields, key);
    attune_error problem = {0};
    if (!field || field->fitted || field->kind == ATTUNE_FIELD_CHILDREN)
        return put_at(attune_field_unknown(step->type->fields, key, step->type->name, &problem), at,
                      &problem, error);
    /* With a condition, the fixed value is what holds while the condition does not. */
    if (json_object_get(json_object_get(place->json, "hyperparams"), key) &&
        !json_object_get(value, "when"))
        return attune_fail_at(error, at, "is both fixed in hyperparams and searched");
    return ATTUNE_OK;
}

static attune_status add_space(const attune_step *step, const struct place *place,
                               attune_error *error)
{
    json_t *space = json_object_get(place->json, "space");
    attune_at at = attune_at_key(place->at, "space");
    const char *key;
    json_t *value;
    if (!space || json_is_null(space))
        return ATTUNE_OK;
    if (!json_is_object(space))
        return attune_fail_at(error, &at, "must be an object: {\"C\": {\"uniform\": [0, 1]}}");
    json_object_foreach(space, key, value)
    {
        attune_at key_at = attune_at_key(&at, key);
        attune_status status = attune_json_is_comment(key)
                                   ? ATTUNE_OK
                                   : check_member(step, place, key, value, &key_at, error);
        if (status)
            return status;
    }
    return attune_space_add_json(place->space, space, &at, place->prefix, place->branch, error);
}

/* Every value of a small discrete dimension, or both ends of another, must be one that the step
 * takes: said before the search begins, not by its first failed trial. */
static attune_status try_values(attune_step *step, const attune_distribution *distribution,
                                const char *name, attune_error *error)
{
    int64_t count = attune_distribution_count(distribution);
    bool all = count > 0 && count <= 64;
    int64_t n = all ? count : 2;
    attune_value value = {0}, kept = {0};
    attune_status status = attune_step_get(step, name, &kept, error);
    for (int64_t i = 0; i < n && !status; i++) {
        double u = all ? ((double)i + 0.5) / (double)n : (double)i;
        double x = attune_distribution_quantile(distribution, u);
        status = attune_distribution_value(distribution, x, &value, error);
        if (!status)
            status = attune_step_set(step, name, &value, error);
    }
    if (!status)
        status = attune_step_set(step, name, &kept, error);
    attune_value_clear(&value);
    attune_value_clear(&kept);
    return status;
}

static attune_status check_dimensions(attune_step *step, const struct place *place, int64_t from,
                                      attune_error *error)
{
    attune_status status = ATTUNE_OK;
    attune_at at = attune_at_key(place->at, "space");
    for (int64_t i = from; i < place->space->n && !status; i++) {
        const attune_dimension *dimension = &place->space->dimensions[i];
        const char *name = dimension->name + strlen(place->prefix);
        attune_at key_at = attune_at_key(&at, name);
        attune_error problem = {0};
        status = try_values(step, dimension->distribution, name, &problem);
        status = put_at(status, &key_at, &problem, error);
    }
    return status;
}

/* Of a step of which nothing is searched, what is fixed must go together: also said before. */
static attune_status check_fixed(const attune_step *step, const struct place *place, int64_t from,
                                 attune_error *error)
{
    bool all = place->space->n == from && !attune_step_children(step);
    const char *complaint = all && step->type->check ? step->type->check(step->self) : NULL;
    attune_at at = attune_at_key(place->at, "hyperparams");
    return complaint ? attune_fail_at(error, &at, "%s", complaint) : ATTUNE_OK;
}

static attune_status constant_of(void *user, const char *name, attune_value *value)
{
    return attune_step_get(user, name, value, NULL);
}

static attune_status add_requires(attune_step *step, const struct place *place, attune_error *error)
{
    attune_texts texts = {0};
    attune_error problem = {0};
    attune_at at = attune_at_key(place->at, "require");
    attune_status status = attune_json_texts(place->json, place->at, "require", &texts, error);
    for (int64_t i = 0; i < texts.n && !status; i++) {
        status = attune_space_require(place->space, texts.items[i], place->prefix, NULL,
                                      constant_of, step, &problem);
        status = put_at(status, &at, &problem, error);
    }
    attune_texts_clear(&texts);
    return status;
}

static attune_status add_impossible(attune_step *step, const struct place *place,
                                    attune_error *error)
{
    const attune_impossible *row = step->type->impossible;
    attune_status status = ATTUNE_OK;
    for (; row && row->expression && !status; row++) {
        attune_text text = {0};
        attune_text_printf(&text, "not (%s)", row->expression);
        status = text.failed ? attune_fail(error, ATTUNE_MEMORY, "out of memory")
                             : attune_space_require(place->space, text.bytes, place->prefix,
                                                    row->reason, constant_of, step, error);
        attune_text_clear(&text);
    }
    return status;
}

/* The name a child's JSON gives it; "" when it gives none (reading it will complain). */
static const char *child_name(const json_t *child)
{
    const char *name = json_string_value(json_object_get(child, "name"));
    if (!name)
        name = json_string_value(json_object_get(child, "step"));
    return name ? name : "";
}

/* The dimension that chooses among a container's children, when nothing else decides. */
static attune_status add_selector(const attune_step *step, const struct place *place,
                                  attune_error *error)
{
    const char *selector = step->type->selector;
    json_t *children = json_object_get(place->json, "steps"), *child;
    size_t i;
    bool decided = !selector || json_array_size(children) < 2 ||
                   attune_field_find(step->type->fields, selector)->kind != ATTUNE_FIELD_TEXT ||
                   json_object_get(json_object_get(place->json, "hyperparams"), selector) ||
                   json_object_get(json_object_get(place->json, "space"), selector);
    if (decided)
        return ATTUNE_OK;
    json_t *names = json_array();
    bool failed = false;
    json_array_foreach(children, i, child) failed |=
        json_array_append_new(names, json_string(child_name(child))) != 0;
    names = attune_json_whole(names, !failed);
    json_t *space = json_pack("{s:{s:o}}", selector, "choice", names);
    attune_at nowhere = {0};
    attune_status status = space ? attune_space_add_json(place->space, space, &nowhere,
                                                         place->prefix, place->branch, error)
                                 : attune_fail(error, ATTUNE_MEMORY, "out of memory");
    json_decref(space);
    return status;
}

static int64_t exact_dimension(const struct place *place, const char *name)
{
    size_t length = strlen(place->prefix);
    for (int64_t i = 0; i < place->space->n; i++) {
        const char *flat = place->space->dimensions[i].name;
        if (strncmp(flat, place->prefix, length) == 0 && strcmp(flat + length, name) == 0)
            return i;
    }
    return -1;
}

/* What must be chosen for a child to be active. *dead: it never is. */
static attune_status child_branch(const attune_step *step, const struct place *place,
                                  const char *child, attune_branch *branch, bool *dead,
                                  attune_error *error)
{
    const char *selector = step->type->selector;
    attune_value value = {0}, present = {0};
    *branch = place->branch;
    *dead = false;
    if (!selector)
        return ATTUNE_OK;
    bool by_name = attune_field_find(step->type->fields, selector)->kind == ATTUNE_FIELD_TEXT;
    value = attune_value_boolean(true);
    attune_status status = by_name ? attune_value_set_text(&value, child, error) : ATTUNE_OK;
    int64_t dimension = exact_dimension(place, selector);
    if (!status && dimension >= 0) {
        double x = 0;
        const attune_distribution *d = place->space->dimensions[dimension].distribution;
        *dead = !attune_distribution_x(d, &value, &x);
        *branch = (attune_branch){dimension, x};
    } else if (!status) {
        status = attune_step_get(step, selector, &present, error);
        *dead =
            !status && present.kind != ATTUNE_VALUE_NULL && !attune_value_same(&present, &value);
    }
    attune_value_clear(&value);
    attune_value_clear(&present);
    return status;
}

/* "when" of a step: it is put in an `optional` of its own whose `enabled` follows the condition. */
static json_t *wrap_conditional(json_t *json)
{
    json_t *inside = attune_json_copy(json); /* NULL: then there is nothing to pack either */
    json_t *when = json_incref(json_object_get(json, "when"));
    json_object_del(inside, "when");
    return json_pack("{s:s, s:o, s:{s:b}, s:{s:{s:b, s:o}}, s:[o]}", "step", "optional", "name",
                     json_sprintf("%s_when", child_name(json)), "hyperparams", "enabled", 0,
                     "space", "enabled", "fixed", 1, "when", when, "steps", inside);
}

static attune_status read_child(attune_step *step, const struct place *place, json_t *json,
                                const attune_at *at, attune_error *error)
{
    attune_step *child = NULL;
    attune_text prefix = {0};
    attune_error problem = {0};
    bool dead = false;
    struct place inside = {json, at, place->space, NULL, place->branch};
    attune_space *scratch = attune_space_new(error);
    attune_text_printf(&prefix, "%s%s__", place->prefix, child_name(json));
    inside.prefix = prefix.bytes;
    attune_status status =
        prefix.failed || !scratch ? attune_fail(error, ATTUNE_MEMORY, "out of memory") : ATTUNE_OK;
    if (!status)
        status = child_branch(step, place, child_name(json), &inside.branch, &dead, error);
    if (!status && dead) { /* read for its complaints, not for its dimensions */
        inside.space = scratch;
        inside.branch = ATTUNE_NO_BRANCH;
    }
    if (!status)
        status = read_step(&child, &inside, NULL, error);
    if (!status)
        status = put_at(attune_step_add_take(step, child, &problem), at, &problem, error);
    attune_space_free(scratch);
    attune_text_clear(&prefix);
    return status;
}

static attune_status read_children(attune_step *step, const struct place *place,
                                   attune_error *error)
{
    json_t *children = json_object_get(place->json, "steps");
    attune_at steps_at = attune_at_key(place->at, "steps");
    attune_status status = ATTUNE_OK;
    if (!attune_step_children(step))
        return children ? attune_fail_at(error, &steps_at, "%s takes no steps", step->type->name)
                        : ATTUNE_OK;
    if (!json_is_array(children) || json_array_size(children) == 0)
        return attune_fail_at(error, children ? &steps_at : place->at,
                              "%s needs \"steps\": a list of at least one step", step->type->name);
    for (size_t i = 0; i < json_array_size(children) && !status; i++) {
        attune_at item = attune_at_item(&steps_at, (int64_t)i);
        json_t *json = json_array_get(children, i);
        bool conditional = json_object_get(json, "when") != NULL;
        json = conditional ? wrap_conditional(json) : json_incref(json);
        status = json ? read_child(step, place, json, &item, error)
                      : attune_fail(error, ATTUNE_MEMORY, "out of memory");
        json_decref(json);
    }
    return status;
}

static attune_status fill_step(attune_step *step, const struct place *place, attune_error *error)
{
    json_t *hyperparams = json_object_get(place->json, "hyperparams");
    attune_at at = attune_at_key(place->at, "hyperparams");
    int64_t from = place->space->n;
    attune_status status =
        attune_json_texts(place->json, place->at, "columns", &step->columns, error);
    if (!status && hyperparams)
        status = attune_fields_from_json(step->type->fields, step->self, hyperparams, &at,
                                         step->type->name, error);
    if (!status)
        status = add_space(step, place, error);
    if (!status)
        status = check_dimensions(step, place, from, error);
    if (!status)
        status = check_fixed(step, place, from, error);
    if (!status)
        status = add_selector(step, place, error);
    if (!status)
        status = read_children(step, place, error);
    if (!status)
        status = add_requires(step, place, error);
    if (!status)
        status = add_impossible(step, place, error);
    return status;
}

static attune_status read_step(attune_step **step, const struct place *place,
                               const char *default_type, attune_error *error)
{
    attune_step *made = NULL;
    attune_status status = new_step(&made, place, default_type, error);
    if (!status)
        status = fill_step(made, place, error);
    if (!status)
        *step = made;
    else
        attune_step_free(made);
    return status;
}

attune_status attune_blueprint_read(attune_blueprint *blueprint, json_t *json, const attune_at *at,
                                    attune_error *error)
{
    memset(blueprint, 0, sizeof *blueprint);
    blueprint->space = attune_space_new(error);
    if (!blueprint->space)
        return ATTUNE_MEMORY;
    struct place top = {json, at, blueprint->space, "", ATTUNE_NO_BRANCH};
    bool is_pipeline = json_is_object(json) && json_object_get(json, "steps");
    attune_status status =
        read_step(&blueprint->pipeline, &top, is_pipeline ? "pipeline" : NULL, error);
    if (!status && !attune_step_is_model(blueprint->pipeline))
        status = attune_fail_at(error, at, "the last step must be a model, such as \"dummy\"");
    if (status)
        attune_blueprint_clear(blueprint);
    return status;
}

/* Whether a flat name is a budget of a step that, as all around it, predicts in stages. */
static bool is_staged_budget(attune_step *pipeline, const char *flat)
{
    char path[256];
    attune_step *step = pipeline;
    const char *name = flat;
    for (const char *p = flat; step && step->type->predict_stages && (p = strstr(p, "__"));
         p += 2) {
        size_t length = (size_t)(p - flat);
        if (length >= sizeof path)
            return false;
        memcpy(path, flat, length);
        path[length] = '\0';
        step = attune_step_find(pipeline, path);
        name = p + 2;
    }
    const attune_field *field =
        step && step->type->predict_stages ? attune_field_find(step->type->fields, name) : NULL;
    return field && field->budget;
}

void attune_blueprint_stage(attune_blueprint *blueprint, const json_t *fixed)
{
    attune_space *space = blueprint->space;
    const char *name;
    json_t *value;
    for (int64_t i = 0; i < space->n; i++)
        space->dimensions[i].staged =
            is_staged_budget(blueprint->pipeline, space->dimensions[i].name) &&
            attune_space_may_stage(space, i);
    json_object_foreach((json_t *)(uintptr_t)fixed, name, value)
    {
        int64_t i = attune_space_find(space, name, NULL);
        if (i >= 0)
            space->dimensions[i].staged = false;
    }
}

void attune_blueprint_clear(attune_blueprint *blueprint)
{
    attune_step_free(blueprint->pipeline);
    attune_space_free(blueprint->space);
    memset(blueprint, 0, sizeof *blueprint);
}

json_t *attune_blueprint_of(const attune_step *step, attune_error *error)
{
    json_t *hyperparams =
        attune_fields_to_json(step->type->fields, step->self, ATTUNE_HYPERPARAMS, error);
    if (!hyperparams)
        return NULL;
    json_t *json = json_pack("{s:s, s:s, s:o}", "step", step->type->name, "name", step->name,
                             "hyperparams", hyperparams);
    json_t *columns = json_array(), *steps = json_array();
    bool ok = json && columns && steps;
    for (int64_t i = 0; i < step->columns.n && ok; i++)
        ok = !json_array_append_new(columns, json_string(step->columns.items[i]));
    const attune_children *children = attune_step_children(step);
    for (int64_t i = 0; children && ok && i < children->n; i++) {
        json_t *child = attune_blueprint_of(children->items[i], error);
        ok = child && json_array_append_new(steps, child) == 0;
    }
    ok = ok && (step->columns.n == 0 || json_object_set(json, "columns", columns) == 0) &&
         (!children || json_object_set(json, "steps", steps) == 0);
    json_decref(columns);
    json_decref(steps);
    if (ok)
        return json;
    json_decref(json);
    attune_fail(error, ATTUNE_MEMORY, "out of memory: a pipeline as JSON");
    return NULL;
}

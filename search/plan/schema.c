/* search/plan/schema.c - a JSON schema of the plan, derived from the tables. */
#include "search/plan/schema.h"

#include <string.h>

static json_t *ref(const char *name)
{
    return json_pack("{s:o}", "$ref", json_sprintf("#/$defs/%s", name));
}

static json_t *typed(const char *type, const char *doc)
{
    return doc ? json_pack("{s:s, s:s}", "type", type, "description", doc)
               : json_pack("{s:s}", "type", type);
}

static json_t *one_or_list(const char *doc)
{
    return json_pack("{s:[{s:s}, {s:s, s:{s:s}}], s:s}", "anyOf", "type", "string", "type", "array",
                     "items", "type", "string", "description", doc);
}

static void add_range(json_t *schema, const attune_field *field)
{
    bool none = field->low == 0 && field->high == 0 && !field->above_low && !field->no_low &&
                !field->no_high;
    if (none)
        return;
    if (!field->no_low)
        json_object_set_new(schema, field->above_low ? "exclusiveMinimum" : "minimum",
                            attune_json_from_real(field->low));
    if (!field->no_high && field->high != 0)
        json_object_set_new(schema, "maximum", attune_json_from_real(field->high));
}

static json_t *choices_of(const attune_field *field)
{
    json_t *list = json_array();
    for (const char *const *choice = field->choices; choice && *choice; choice++)
        json_array_append_new(list, json_string(*choice));
    if (field->nullable)
        json_array_append_new(list, json_null());
    return list;
}

/* What a field takes; {} where it takes anything. */
static json_t *field_schema(const attune_field *field)
{
    static const char *const words[] = {
        [ATTUNE_FIELD_REAL] = "number",     [ATTUNE_FIELD_INTEGER] = "integer",
        [ATTUNE_FIELD_BOOLEAN] = "boolean", [ATTUNE_FIELD_TEXT] = "string",
        [ATTUNE_FIELD_REALS] = "array",     [ATTUNE_FIELD_VALUES] = "array",
        [ATTUNE_FIELD_TEXTS] = "array",     [ATTUNE_FIELD_VALUE] = NULL};
    json_t *schema = json_object();
    const char *word = field->kind < sizeof words / sizeof *words ? words[field->kind] : NULL;
    if (field->kind == ATTUNE_FIELD_ENUM)
        json_object_set_new(schema, "enum", choices_of(field));
    else if (word && field->nullable)
        json_object_set_new(schema, "type", json_pack("[s, s]", word, "null"));
    else if (word)
        json_object_set_new(schema, "type", json_string(word));
    if (field->kind == ATTUNE_FIELD_REAL || field->kind == ATTUNE_FIELD_INTEGER)
        add_range(schema, field);
    json_object_set_new(schema, "description", json_string(field->doc));
    return schema;
}

static bool is_plain(const attune_field *field)
{
    return attune_field_is(field, ATTUNE_HYPERPARAMS) && field->kind != ATTUNE_FIELD_CHILDREN;
}

/* An object by name, or a list in the order of the table. */
static json_t *fields_schema(const attune_field *fields)
{
    json_t *properties = json_object();
    for (const attune_field *field = fields; field && field->kind; field++)
        if (is_plain(field))
            json_object_set_new(properties, field->name, field_schema(field));
    return json_pack("{s:[{s:s, s:o, s:b}, {s:s}]}", "anyOf", "type", "object", "properties",
                     properties, "additionalProperties", 0, "type", "array");
}

static json_t *distribution_schema(void)
{
    json_t *any =
        json_pack("[{s:[s,s,s,s,s]}]", "type", "string", "number", "boolean", "null", "array");
    for (int64_t i = 0; attune_distribution_types[i]; i++) {
        const attune_distribution_type *type = attune_distribution_types[i];
        json_t *arguments = fields_schema(type->fields);
        /* One argument may stand without a list: {"fixed": 3}. */
        json_array_append_new(json_object_get(arguments, "anyOf"),
                              json_pack("{s:[s,s,s]}", "type", "number", "string", "boolean"));
        json_t *schema =
            json_pack("{s:s, s:s, s:[s], s:{s:o, s:{s:s}}, s:b}", "type", "object", "description",
                      type->doc, "required", type->name, "properties", type->name, arguments,
                      "when", "type", "string", "additionalProperties", 0);
        json_array_append_new(any, schema);
    }
    return json_pack("{s:o}", "anyOf", any);
}

static json_t *space_schema(const attune_field *fields)
{
    json_t *properties = json_pack("{s:{}}", "require");
    for (const attune_field *field = fields; field && field->kind; field++)
        if (is_plain(field))
            json_object_set_new(properties, field->name, ref("distribution"));
    return json_pack("{s:s, s:o}", "type", "object", "properties", properties);
}

static json_t *step_schema(const attune_step_type *type)
{
    json_t *properties = json_pack(
        "{s:{s:s}, s:{s:s}, s:o, s:{s:s}, s:{}, s:o, s:o}", "step", "const", type->name, "name",
        "type", "string", "columns", one_or_list("columns it touches"), "when", "type", "string",
        "require", "hyperparams", fields_schema(type->fields), "space", space_schema(type->fields));
    for (const attune_field *field = type->fields; field && field->kind; field++)
        if (field->kind == ATTUNE_FIELD_CHILDREN)
            json_object_set_new(properties, "steps",
                                json_pack("{s:s, s:o}", "type", "array", "items", ref("step")));
    return json_pack("{s:s, s:s, s:[s], s:o}", "type", "object", "description", type->doc,
                     "required", "step", "properties", properties);
}

static json_t *steps_schema(void)
{
    json_t *any = json_array();
    for (int64_t i = 0; attune_step_types[i]; i++)
        json_array_append_new(any, step_schema(attune_step_types[i]));
    return json_pack("{s:o}", "anyOf", any);
}

static json_t *metric_names(void)
{
    json_t *names = json_array();
    for (int64_t i = 0; attune_metric_types[i]; i++)
        json_array_append_new(names, json_string(attune_metric_types[i]->name));
    return json_pack("{s:o}", "enum", names);
}

static json_t *validation_schema(void)
{
    json_t *properties = json_pack("{s:{s:s, s:i}}", "repeats", "type", "integer", "minimum", 1);
    const attune_splitter_type *k_fold = attune_splitter_type_find("k_fold");
    for (const attune_field *field = k_fold ? k_fold->fields : NULL; field && field->kind; field++)
        json_object_set_new(properties, field->name, field_schema(field));
    for (int64_t i = 0; attune_splitter_types[i]; i++)
        json_object_set_new(properties, attune_splitter_types[i]->name,
                            json_pack("{s:s}", "description", attune_splitter_types[i]->doc));
    return json_pack("{s:[s,s], s:o}", "type", "object", "null", "properties", properties);
}

static json_t *pruner_schema(void)
{
    json_t *names = json_pack("[s]", "none"), *properties = json_object();
    for (int64_t i = 0; attune_pruner_types[i]; i++) {
        const attune_pruner_type *type = attune_pruner_types[i];
        json_array_append_new(names, json_string(type->name));
        json_object_set_new(properties, type->name, fields_schema(type->fields));
    }
    return json_pack("{s:[{s:o}, {s:s, s:o, s:b}]}", "anyOf", "enum", names, "type", "object",
                     "properties", properties, "additionalProperties", 0);
}

static json_t *sampler_schema(void)
{
    json_t *names = json_array(), *properties = json_object();
    for (int64_t i = 0; attune_sampler_types[i]; i++) {
        const attune_sampler_type *type = attune_sampler_types[i];
        json_array_append_new(names, json_string(type->name));
        json_object_set_new(properties, type->name, fields_schema(type->fields));
    }
    return json_pack("{s:[{s:o}, {s:s, s:o, s:b}]}", "anyOf", "enum", names, "type", "object",
                     "properties", properties, "additionalProperties", 0);
}

/* The doc of a key, from the table that people read. */
static const char *doc_of(const char *path)
{
    for (const attune_plan_key *key = attune_plan_keys; key->path; key++)
        if (strcmp(key->path, path) == 0)
            return key->doc;
    return NULL;
}

/* The direct members of a section ("data", "search"), typed by what their row says. */
static json_t *section_schema(const char *section)
{
    static const struct {
        const char *takes, *type;
    } types[] = {{"path", "string"},      {"column", "string"},     {"class", "string"},
                 {"character", "string"}, {"object", "object"},     {"list", "array"},
                 {"boolean", "boolean"},  {"1 or more", "integer"}, {"whole number", "integer"},
                 {"1 to 4096", "integer"}};
    json_t *properties = json_object();
    size_t length = strlen(section);
    for (const attune_plan_key *key = attune_plan_keys; key->path; key++) {
        const char *name = key->path + length + 1;
        json_t *schema = NULL;
        if (strncmp(key->path, section, length) != 0 || key->path[length] != '.')
            continue;
        for (size_t i = 0; i < sizeof types / sizeof *types && !schema; i++)
            if (strcmp(types[i].takes, key->takes) == 0)
                schema = typed(types[i].type, key->doc);
        if (!schema && strcmp(key->takes, "column or list") == 0)
            schema = one_or_list(key->doc);
        if (!schema)
            schema = json_pack("{s:s}", "description", key->doc);
        json_object_set_new(properties, name, schema);
    }
    return json_pack("{s:s, s:s, s:o, s:{s:{}}, s:b}", "type", "object", "description",
                     doc_of(section), "properties", properties, "patternProperties", "^//",
                     "additionalProperties", 0);
}

static json_t *names_schema(void)
{
    return json_pack("{s:[o, {s:s, s:o}]}", "anyOf", ref("metric"), "type", "array", "items",
                     ref("metric"));
}

static json_t *constraints_schema(void)
{
    json_t *bound = json_pack("{s:s, s:{s:{s:s}, s:{s:s}}, s:i, s:b}", "type", "object",
                              "properties", "min", "type", "number", "max", "type", "number",
                              "minProperties", 1, "additionalProperties", 0);
    return json_pack("{s:s, s:s?, s:o, s:o}", "type", "object", "description",
                     doc_of("constraints"), "propertyNames", ref("metric"), "additionalProperties",
                     bound);
}

/* Names are the person's own. */
static json_t *free_space_schema(void)
{
    return json_pack("{s:s, s:s, s:{s:{}}, s:{s:{}}, s:o}", "type", "object", "description",
                     doc_of("space"), "properties", "require", "patternProperties", "^//",
                     "additionalProperties", ref("distribution"));
}

json_t *attune_plan_schema(attune_error *error)
{
    json_t *data = section_schema("data"), *search = section_schema("search");
    json_t *objective = section_schema("objective");
    json_object_set_new(objective, "required", json_pack("[s]", "command"));
    json_object_set_new(data, "required", json_pack("[s, s]", "file", "target"));
    json_object_set_new(json_object_get(search, "properties"), "sampler", sampler_schema());
    json_object_set_new(json_object_get(search, "properties"), "pruner", pruner_schema());
    json_t *pipeline = json_pack("{s:[o, {s:s, s:[s]}]}", "anyOf", ref("step"), "type", "object",
                                 "required", "steps");
    json_t *properties = json_pack(
        "{s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "name",
        typed("string", doc_of("name")), "objective", objective, "space", free_space_schema(),
        "data", data, "metric", names_schema(), "also", names_schema(), "constraints",
        constraints_schema(), "validation", validation_schema(), "pipeline", pipeline, "fixed",
        typed("object", doc_of("fixed")), "search", search);
    json_t *schema = json_pack(
        "{s:s, s:s, s:s, s:[{s:[s, s]}, {s:[s, s]}], s:o, s:{s:{}}, s:b, s:{s:o, s:o, s:o}}",
        "$schema", "https://json-schema.org/draft/2020-12/schema", "title", "A plan of attune",
        "type", "object", "anyOf", "required", "data", "pipeline", "required", "objective", "space",
        "properties", properties, "patternProperties", "^//", "additionalProperties", 0, "$defs",
        "distribution", distribution_schema(), "metric", metric_names(), "step", steps_schema());
    if (!schema)
        attune_fail(error, ATTUNE_MEMORY, "out of memory: the schema of a plan");
    return schema;
}

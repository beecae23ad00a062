/* spaces/space.c - a space built dimension by dimension, and dimensions found by name. */
#include "spaces/space.h"

#include <stdlib.h>
#include <string.h>

enum { most_dimensions = 10000, most_relations = 10000 };

attune_space *attune_space_new(attune_error *error)
{
    return attune_alloc(1, sizeof(attune_space), error);
}

static void clear_dimension(attune_dimension *dimension)
{
    free(dimension->name);
    attune_distribution_free(dimension->distribution);
    attune_expression_free(dimension->when);
    free(dimension->when_names);
}

static void clear_relation(attune_relation *relation)
{
    if (relation->constants)
        for (int64_t i = 0; i < attune_expression_n_names(relation->expression); i++)
            attune_value_clear(&relation->constants[i]);
    free(relation->constants);
    free(relation->names);
    free(relation->reason);
    attune_expression_free(relation->expression);
}

void attune_space_free(attune_space *space)
{
    if (!space)
        return;
    for (int64_t i = 0; i < space->n; i++)
        clear_dimension(&space->dimensions[i]);
    for (int64_t i = 0; i < space->n_relations; i++)
        clear_relation(&space->relations[i]);
    free(space->dimensions);
    free(space->relations);
    free(space);
}

static int64_t find_exact(const attune_space *space, const char *name)
{
    for (int64_t i = 0; i < space->n; i++)
        if (strcmp(space->dimensions[i].name, name) == 0)
            return i;
    return -1;
}

static bool is_suffix(const char *suffix, const char *name)
{
    size_t length = strlen(name), end = strlen(suffix);
    return end > 0 && length > end + 2 && memcmp(name + length - end - 2, "__", 2) == 0 &&
           strcmp(name + length - end, suffix) == 0;
}

static attune_status fail_several(const attune_space *space, const char *name, attune_error *error)
{
    attune_text list = {0};
    int64_t n = 0;
    for (int64_t i = 0; i < space->n; i++)
        if (is_suffix(name, space->dimensions[i].name))
            attune_text_printf(&list, "%s%s", n++ ? ", " : "", space->dimensions[i].name);
    attune_fail(error, ATTUNE_INVALID, "\"%s\" is the end of %lld names; write one of %.700s", name,
                (long long)n, list.bytes ? list.bytes : "");
    attune_text_clear(&list);
    return ATTUNE_INVALID;
}

/* Nearest among the flat names and their last parts, which is what people type. */
static attune_status fail_none(const attune_space *space, const char *name, attune_error *error)
{
    const char **names = attune_alloc(2 * space->n, sizeof *names, error);
    if (!names)
        return ATTUNE_MEMORY;
    for (int64_t i = 0; i < space->n; i++) {
        names[2 * i] = attune_last_part(space->dimensions[i].name);
        names[2 * i + 1] = space->dimensions[i].name;
    }
    char hint[128];
    attune_did_you_mean(name, names, 2 * space->n, hint, sizeof hint);
    free(names);
    return attune_fail(error, ATTUNE_NOT_FOUND, "no hyperparameter \"%s\" in the space%s", name,
                       hint);
}

int64_t attune_space_find(const attune_space *space, const char *name, attune_error *error)
{
    int64_t found = find_exact(space, name), n = 0;
    if (found >= 0)
        return found;
    for (int64_t i = 0; i < space->n; i++)
        if (is_suffix(name, space->dimensions[i].name)) {
            found = i;
            n++;
        }
    if (n == 1)
        return found;
    if (n > 1)
        fail_several(space, name, error);
    else
        fail_none(space, name, error);
    return -1;
}

static bool names_others(const attune_space *space, const char *name, int64_t i)
{
    for (int64_t k = 0; k < space->n; k++) {
        const char *other = space->dimensions[k].name;
        if (k != i && (strcmp(name, other) == 0 || is_suffix(name, other)))
            return true;
    }
    return false;
}

static bool chooses_branch(const attune_space *space, int64_t i)
{
    for (int64_t k = i + 1; k < space->n; k++)
        if (space->dimensions[k].branch.dimension == i)
            return true;
    return false;
}

const char *attune_space_short_name(const attune_space *space, int64_t i)
{
    const char *flat = space->dimensions[i].name, *name = attune_last_part(flat);
    bool longer = chooses_branch(space, i) || names_others(space, name, i);
    while (name > flat && longer) {
        name -= 2;
        while (name > flat && (name < flat + 2 || memcmp(name - 2, "__", 2) != 0))
            name--;
        longer = names_others(space, name, i);
    }
    return name;
}

/* prefix + name first, then as attune_space_find. */
static int64_t find_near(const attune_space *space, const char *prefix, int64_t prefix_length,
                         const char *name, attune_error *error)
{
    size_t length = (size_t)prefix_length;
    for (int64_t i = 0; i < space->n; i++) {
        const char *flat = space->dimensions[i].name;
        if (strncmp(flat, prefix, length) == 0 && strcmp(flat + length, name) == 0)
            return i;
    }
    return attune_space_find(space, name, error);
}

/* How much of a flat name stands before its own part: "a__b__" of "a__b__c". */
static int64_t prefix_length(const char *name)
{
    return attune_last_part(name) - name;
}

static attune_status check_new(const attune_space *space, const char *name, attune_branch branch,
                               attune_error *error)
{
    if (!*name)
        return attune_fail(error, ATTUNE_INVALID, "a hyperparameter needs a name");
    if (find_exact(space, name) >= 0)
        return attune_fail(error, ATTUNE_INVALID, "%s: there is one of this name already", name);
    if (space->n >= most_dimensions)
        return attune_fail(error, ATTUNE_INVALID, "%s: a space has at most 10,000 dimensions",
                           name);
    if (branch.dimension == -1)
        return ATTUNE_OK;
    if (branch.dimension < -1 || branch.dimension >= space->n)
        return attune_fail(error, ATTUNE_INVALID, "%s: its branch is no dimension before it", name);
    const attune_dimension *of = &space->dimensions[branch.dimension];
    if (!attune_distribution_is_discrete(of->distribution) ||
        !attune_distribution_has(of->distribution, branch.x))
        return attune_fail(error, ATTUNE_INVALID, "%s: its branch is no value of %s", name,
                           of->name);
    return ATTUNE_OK;
}

static attune_status resolve_when(const attune_space *space, attune_dimension *made,
                                  const char *when, attune_error *error)
{
    attune_status status = attune_expression_read(&made->when, when, error);
    if (status)
        return attune_error_prefix(error, "%s: when", made->name), status;
    int64_t n = attune_expression_n_names(made->when), length = prefix_length(made->name);
    made->when_names = attune_alloc(n, sizeof *made->when_names, error);
    if (!made->when_names)
        return ATTUNE_MEMORY;
    for (int64_t i = 0; i < n; i++) {
        const char *name = attune_expression_name(made->when, i);
        made->when_names[i] = find_near(space, made->name, length, name, error);
        if (made->when_names[i] < 0) {
            attune_error_prefix(error, "%s: when", made->name);
            return error && error->status ? error->status : ATTUNE_INVALID;
        }
    }
    return ATTUNE_OK;
}

static attune_status append(attune_space *space, const attune_dimension *made, attune_error *error)
{
    attune_dimension *grown = attune_realloc(space->dimensions, space->n + 1, sizeof *grown, error);
    if (!grown)
        return ATTUNE_MEMORY;
    space->dimensions = grown;
    grown[space->n++] = *made;
    return ATTUNE_OK;
}

attune_status attune_space_add(attune_space *space, const char *name,
                               attune_distribution *distribution_take, attune_branch branch,
                               const char *when, attune_error *error)
{
    attune_dimension made = {.distribution = distribution_take, .branch = branch};
    attune_status status = check_new(space, name, branch, error);
    if (!status && !(made.name = attune_copy_text(name, error)))
        status = ATTUNE_MEMORY;
    if (!status && when)
        status = resolve_when(space, &made, when, error);
    if (!status)
        status = append(space, &made, error);
    if (status)
        clear_dimension(&made);
    return status;
}

static attune_status resolve_relation(const attune_space *space, attune_relation *made,
                                      const char *prefix, attune_constant_of constant, void *user,
                                      attune_error *error)
{
    int64_t n = attune_expression_n_names(made->expression);
    made->names = attune_alloc(n, sizeof *made->names, error);
    made->constants = attune_alloc(n, sizeof *made->constants, error);
    if (!made->names || !made->constants)
        return ATTUNE_MEMORY;
    for (int64_t i = 0; i < n; i++) {
        const char *name = attune_expression_name(made->expression, i);
        attune_error problem = {0};
        made->names[i] = find_near(space, prefix, (int64_t)strlen(prefix), name, &problem);
        attune_status status = made->names[i] >= 0 ? ATTUNE_OK : problem.status;
        if (status && constant)
            status = constant(user, name, &made->constants[i]);
        if (status == ATTUNE_MEMORY || problem.status == ATTUNE_MEMORY)
            return attune_fail(error, ATTUNE_MEMORY, "require: out of memory");
        if (status)
            return attune_fail(error, ATTUNE_INVALID, "require: %s", problem.message);
    }
    return ATTUNE_OK;
}

attune_status attune_space_require(attune_space *space, const char *text, const char *prefix,
                                   const char *reason, attune_constant_of constant, void *user,
                                   attune_error *error)
{
    attune_relation made = {0};
    if (space->n_relations >= most_relations)
        return attune_fail(error, ATTUNE_INVALID, "a space has at most 10,000 relations");
    attune_status status = attune_expression_read(&made.expression, text, error);
    if (status)
        return attune_error_prefix(error, "require"), status;
    status = resolve_relation(space, &made, prefix, constant, user, error);
    if (!status && reason && !(made.reason = attune_copy_text(reason, error)))
        status = ATTUNE_MEMORY;
    attune_relation *grown =
        status ? NULL
               : attune_realloc(space->relations, space->n_relations + 1, sizeof *grown, error);
    if (!grown) {
        clear_relation(&made);
        return status ? status : ATTUNE_MEMORY;
    }
    space->relations = grown;
    grown[space->n_relations++] = made;
    return ATTUNE_OK;
}

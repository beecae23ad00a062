/* search/program/template.c - words of a command with names in braces. */
#include "search/program/template.h"

#include <stdlib.h>
#include <string.h>

/* The next piece of a text: bytes as they are, or a name. */
struct piece {
    const char *start;
    int64_t length;
    bool is_name;
};

static const char *const own_names[] = {"dir", "trial", "seed", "slot"};
enum { n_own_names = sizeof own_names / sizeof *own_names };
enum { longest_name = 256 };

/* False at the end, and with piece->start at a brace that is not closed. */
static bool next_piece(const char **text, struct piece *piece)
{
    const char *at = *text, *end = NULL;
    *piece = (struct piece){.start = at};
    if (!*at)
        return false;
    if (*at != '{') {
        piece->length = (int64_t)strcspn(at, "{");
    } else if (at[1] == '{') {
        piece->length = 1;
        *text = at + 2;
        return true;
    } else if (!(end = strchr(at, '}'))) {
        return false;
    } else {
        *piece = (struct piece){at + 1, end - at - 1, true};
        *text = end + 1;
        return true;
    }
    *text = at + piece->length;
    return true;
}

static void name_of(const struct piece *piece, char name[longest_name])
{
    int64_t n = piece->length < longest_name - 1 ? piece->length : longest_name - 1;
    memset(name, 0, longest_name); /* what compares it may look at several bytes at once */
    memcpy(name, piece->start, (size_t)n);
}

static bool is_own(const char *name)
{
    for (int i = 0; i < n_own_names; i++)
        if (strcmp(name, own_names[i]) == 0)
            return true;
    return false;
}

static attune_status check_name(const char *name, const attune_space *space, const attune_at *at,
                                attune_template_names *names, attune_error *error)
{
    attune_error problem = {0};
    names->dir |= strcmp(name, "dir") == 0;
    if (is_own(name))
        return ATTUNE_OK;
    int64_t d = attune_space_find(space, name, &problem);
    if (d >= 0) {
        names->hyperparams[d] = 1;
        return ATTUNE_OK;
    }
    return attune_fail_at(error, at,
                          "in braces stands a hyperparameter, dir, trial, seed or slot ({{ writes "
                          "a brace): %s",
                          problem.message);
}

attune_status attune_template_check(const char *text, const attune_space *space,
                                    const attune_at *at, attune_template_names *names,
                                    attune_error *error)
{
    struct piece piece;
    char name[longest_name];
    attune_status status = ATTUNE_OK;
    while (!status && next_piece(&text, &piece))
        if (piece.is_name) {
            name_of(&piece, name);
            status = check_name(name, space, at, names, error);
        }
    if (!status && *text)
        status = attune_fail_at(error, at, "\"%s\": this { is not closed; {{ writes a brace", text);
    return status;
}

attune_status attune_template_check_space(const attune_space *space, attune_error *error)
{
    for (int64_t i = 0; i < space->n; i++)
        if (is_own(space->dimensions[i].name))
            return attune_fail(error, ATTUNE_INVALID,
                               "a hyperparameter cannot be called \"%s\": in a command {%s} stands "
                               "for that of the trial; call it otherwise",
                               space->dimensions[i].name, space->dimensions[i].name);
    return ATTUNE_OK;
}

static attune_status fill_hyperparam(const char *name, const attune_program_facts *facts,
                                     attune_text *to, bool *left_out, attune_error *error)
{
    attune_value value = {0};
    int64_t d = attune_space_find(facts->space, name, error);
    if (d < 0)
        return ATTUNE_INVALID;
    attune_status status = ATTUNE_OK;
    if (facts->sample->active[d])
        status = attune_sample_value(facts->space, facts->sample, d, &value, error);
    if (!status && value.kind == ATTUNE_VALUE_NULL)
        *left_out = true;
    else if (!status)
        attune_value_append(to, &value);
    attune_value_clear(&value);
    return status;
}

static attune_status fill_name(const char *name, const attune_program_facts *facts, attune_text *to,
                               bool *left_out, attune_error *error)
{
    if (strcmp(name, "dir") == 0)
        attune_text_append(to, facts->dir);
    else if (strcmp(name, "slot") == 0)
        attune_text_append(to, facts->slot);
    else if (strcmp(name, "trial") == 0)
        attune_text_printf(to, "%lld", (long long)facts->trial);
    else if (strcmp(name, "seed") == 0)
        attune_text_printf(to, "%lld", (long long)facts->seed);
    else
        return fill_hyperparam(name, facts, to, left_out, error);
    return ATTUNE_OK;
}

attune_status attune_template_fill(const char *text, const attune_program_facts *facts,
                                   attune_text *to, bool *left_out, attune_error *error)
{
    struct piece piece;
    char name[longest_name];
    attune_status status = ATTUNE_OK;
    while (!status && next_piece(&text, &piece))
        if (piece.is_name) {
            name_of(&piece, name);
            status = fill_name(name, facts, to, left_out, error);
        } else {
            attune_text_append_bytes(to, piece.start, piece.length);
        }
    return status;
}

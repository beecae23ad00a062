/* search/command.c - the verbs, and what stands behind one on the command line. */
#include "search/command.h"

#include "spaces/base/clock.h"
#include "spaces/base/number.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ATTUNE_COMMAND(name) extern const attune_command_type attune_command_##name;
#include "search/commands.def"
#undef ATTUNE_COMMAND

const attune_command_type *const attune_command_types[] = {
#define ATTUNE_COMMAND(name) &attune_command_##name,
#include "search/commands.def"
#undef ATTUNE_COMMAND
    NULL};

struct given {
    const attune_option *option;
    const char *value; /* borrowed from argv; "" of a flag */
};

struct attune_arguments {
    const attune_command_type *type;
    struct given *given;
    const char **positional;
    int64_t n_given, n_positional;
};

const attune_command_type *attune_command_find(const char *name)
{
    for (int64_t i = 0; attune_command_types[i]; i++)
        if (strcmp(attune_command_types[i]->name, name) == 0)
            return attune_command_types[i];
    return NULL;
}

static const attune_option *find_option(const attune_command_type *type, const char *name,
                                        size_t length)
{
    for (const attune_option *option = type->options; option && option->name; option++)
        if (strlen(option->name) == length && strncmp(option->name, name, length) == 0)
            return option;
    return NULL;
}

static attune_status unknown_option(const attune_command_type *type, const char *name,
                                    size_t length, attune_error *error)
{
    enum { most = 64 };
    const char *names[most] = {NULL};
    char word[64], hint[128];
    int64_t n = 0;
    for (const attune_option *option = type->options; option && option->name && n < most; option++)
        names[n++] = option->name;
    snprintf(word, sizeof word, "%.*s", (int)length, name);
    const char *nearest = attune_nearest(word, names, n);
    snprintf(hint, sizeof hint, nearest ? ", did you mean --%s?" : "; see `attune help %s`",
             nearest ? nearest : type->name);
    return attune_fail(error, ATTUNE_INVALID, "%s has no option --%s%s", type->name, word, hint);
}

/* One option at argv[*i]; moves *i over its value. */
static attune_status read_option(attune_arguments *arguments, int argc, char **argv, int *i,
                                 attune_error *error)
{
    const char *word = argv[*i];
    bool is_short = strcmp(word, "-o") == 0;
    const char *name = is_short ? "out" : word + 2;
    size_t length = strcspn(name, "=");
    const attune_option *option =
        is_short || strncmp(word, "--", 2) == 0 ? find_option(arguments->type, name, length) : NULL;
    if (!option)
        return unknown_option(arguments->type, word[1] == '-' ? name : word + 1,
                              word[1] == '-' ? length : strlen(word + 1), error);
    struct given *given = &arguments->given[arguments->n_given];
    *given = (struct given){option, ""};
    if (name[length] == '=' && !option->takes)
        return attune_fail(error, ATTUNE_INVALID, "--%s takes no value", option->name);
    if (name[length] == '=')
        given->value = name + length + 1;
    else if (option->takes && *i + 1 >= argc)
        return attune_fail(error, ATTUNE_INVALID, "--%s needs a value: --%s %s", option->name,
                           option->name, option->takes);
    else if (option->takes)
        given->value = argv[++*i];
    arguments->n_given++;
    return ATTUNE_OK;
}

/* A dash before a letter begins an option; "-" alone and a negative number do not. */
static bool is_option(const char *word)
{
    double number = 0;
    return word[0] == '-' && word[1] && !attune_real_read(word, (int64_t)strlen(word), &number);
}

static attune_status check_count(const attune_arguments *arguments, attune_error *error)
{
    const attune_command_type *type = arguments->type;
    int64_t n = arguments->n_positional;
    if (n < type->least)
        return attune_fail(error, ATTUNE_INVALID, "%s needs more: attune %s %s", type->name,
                           type->name, type->usage);
    if (type->most >= 0 && n > type->most)
        return attune_fail(error, ATTUNE_INVALID, "%s: \"%s\" is one too many: attune %s %s",
                           type->name, arguments->positional[type->most], type->name, type->usage);
    return ATTUNE_OK;
}

attune_status attune_arguments_read(attune_arguments **arguments, const attune_command_type *type,
                                    int argc, char **argv, attune_error *error)
{
    attune_arguments *made = attune_alloc(1, sizeof *made, error);
    attune_status status = made ? ATTUNE_OK : ATTUNE_MEMORY;
    bool only_positional = false;
    if (status)
        return status;
    made->type = type;
    made->given = attune_alloc(argc, sizeof *made->given, error);
    made->positional = attune_alloc(argc, sizeof *made->positional, error);
    if (!made->given || !made->positional)
        status = ATTUNE_MEMORY;
    for (int i = 0; i < argc && !status; i++) {
        if (!only_positional && strcmp(argv[i], "--") == 0)
            only_positional = true;
        else if (!only_positional && is_option(argv[i]))
            status = read_option(made, argc, argv, &i, error);
        else
            made->positional[made->n_positional++] = argv[i];
    }
    if (!status)
        status = check_count(made, error);
    if (status)
        attune_arguments_free(made);
    else
        *arguments = made;
    return status;
}

void attune_arguments_free(attune_arguments *arguments)
{
    if (!arguments)
        return;
    free(arguments->given);
    free(arguments->positional);
    free(arguments);
}

int64_t attune_arguments_n(const attune_arguments *arguments)
{
    return arguments->n_positional;
}

const char *attune_arguments_at(const attune_arguments *arguments, int64_t i)
{
    return i < arguments->n_positional ? arguments->positional[i] : NULL;
}

const char *attune_option_value(const attune_arguments *arguments, const char *name)
{
    for (int64_t i = arguments->n_given - 1; i >= 0; i--)
        if (strcmp(arguments->given[i].option->name, name) == 0)
            return arguments->given[i].value;
    return NULL;
}

bool attune_option_given(const attune_arguments *arguments, const char *name)
{
    return attune_option_value(arguments, name) != NULL;
}

int64_t attune_option_n(const attune_arguments *arguments, const char *name)
{
    int64_t n = 0;
    for (int64_t i = 0; i < arguments->n_given; i++)
        n += strcmp(arguments->given[i].option->name, name) == 0;
    return n;
}

const char *attune_option_nth(const attune_arguments *arguments, const char *name, int64_t i)
{
    for (int64_t k = 0; k < arguments->n_given; k++)
        if (strcmp(arguments->given[k].option->name, name) == 0 && i-- == 0)
            return arguments->given[k].value;
    return NULL;
}

attune_status attune_option_integer(const attune_arguments *arguments, const char *name,
                                    int64_t low, int64_t high, int64_t *value, attune_error *error)
{
    const char *words = attune_option_value(arguments, name);
    int64_t number = 0;
    if (!words)
        return ATTUNE_OK;
    if (!attune_integer_read(words, (int64_t)strlen(words), &number))
        return attune_fail(error, ATTUNE_INVALID, "--%s: need a whole number, got \"%s\"", name,
                           words);
    if (number < low && high == INT64_MAX)
        return attune_fail(error, ATTUNE_INVALID, "--%s: need at least %lld, got %lld", name,
                           (long long)low, (long long)number);
    if (number < low || number > high)
        return attune_fail(error, ATTUNE_INVALID, "--%s: need %lld to %lld, got %lld", name,
                           (long long)low, (long long)high, (long long)number);
    *value = number;
    return ATTUNE_OK;
}

attune_status attune_option_seconds(const attune_arguments *arguments, const char *name,
                                    double *value, attune_error *error)
{
    const char *words = attune_option_value(arguments, name);
    double seconds = 0;
    if (!words)
        return ATTUNE_OK;
    if (!attune_duration_read(words, &seconds) || seconds <= 0)
        return attune_fail(error, ATTUNE_INVALID,
                           "--%s: need a duration such as 8h, 90m or 45s, got \"%s\"", name, words);
    *value = seconds;
    return ATTUNE_OK;
}

void attune_say(const char *format, ...)
{
    va_list values;
    va_start(values, format);
    fputs("attune: ", stderr);
    vfprintf(stderr, format, values);
    fputc('\n', stderr);
    va_end(values);
}

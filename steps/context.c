/* steps/context.c - where a step runs, and the doors to what a run offers. */
#include "steps/context.h"

#include "spaces/base/locale.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

attune_context attune_context_root(const attune_services *services, attune_key seed)
{
    return (attune_context){
        .services = services, .name = "", .seed = seed, .key = seed, .stream = seed};
}

attune_context attune_context_enter(const attune_context *parent, const char *name)
{
    attune_context child = *parent;
    child.parent = parent;
    child.name = name;
    child.columns = NULL;
    return child;
}

void attune_context_path(const attune_context *context, attune_text *path)
{
    if (!context->parent)
        return;
    attune_context_path(context->parent, path);
    attune_text_printf(path, "%s%s", path->length ? "__" : "", context->name);
}

attune_status attune_context_stop(const attune_context *context, attune_error *error)
{
    const attune_services *services = context->services;
    return services && services->stop ? services->stop(services->user, error) : ATTUNE_OK;
}

void attune_context_log(const attune_context *context, attune_log_level level, const char *format,
                        ...)
{
    char words[512];
    attune_text text = {0};
    if (!context->services || !context->services->log)
        return;
    va_list values;
    va_start(values, format);
    attune_locale_format(words, sizeof words, format, values);
    va_end(values);
    attune_context_path(context, &text);
    attune_text_printf(&text, "%s%s", text.length ? ": " : "", words);
    if (!text.failed)
        context->services->log(context->services->user, level, text.bytes);
    attune_text_clear(&text);
}

attune_stream attune_context_stream(const attune_context *context, const char *purpose)
{
    return attune_stream_new(attune_key_text(context->stream, purpose));
}

attune_key attune_context_derive(const attune_context *context, attune_key source, int64_t k)
{
    attune_key key = attune_key_join(attune_key_start("derived"), context->key);
    return attune_key_integer(attune_key_join(key, source), k);
}

attune_status attune_shared_get(const attune_context *context, attune_key key,
                                const attune_shared_kind *kind, attune_shared_build build,
                                void *user, void **value, attune_error *error)
{
    const attune_services *services = context->services;
    if (services && services->shared)
        return services->shared(services->user, key, kind, build, user, value, error);
    return build(user, value, error);
}

attune_status attune_context_report(const attune_context *context, int64_t step, double value,
                                    attune_error *error)
{
    const attune_services *services = context->services;
    return services && services->report ? services->report(services->user, step, value, error)
                                        : ATTUNE_OK;
}

static bool selected(const attune_context *context, const attune_column *column)
{
    const attune_texts *wanted = context->columns;
    if (!wanted || wanted->n == 0)
        return true;
    for (int64_t i = 0; i < wanted->n; i++) {
        attune_kind kind;
        /* A column may be called "text": its name goes before the kind. */
        if (attune_matches(wanted->items[i], column->name) ||
            (attune_kind_from_word(wanted->items[i], &kind) && kind == column->kind))
            return true;
    }
    return false;
}

int64_t attune_context_select(const attune_context *context, const attune_data *data,
                              unsigned kinds, int64_t *index)
{
    int64_t n = 0;
    for (int64_t i = 0; i < data->n_columns; i++)
        if (data->roles[i] == ATTUNE_INPUT && (kinds >> data->columns[i]->kind & 1) &&
            selected(context, data->columns[i]))
            index[n++] = i;
    return n;
}

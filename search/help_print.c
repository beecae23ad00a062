/* search/help_print.c - names beside words, and field tables for people. */
#include "search/help_print.h"

#include <stdlib.h>
#include <string.h>

void attune_help_item(FILE *file, const char *name, const char *words, int indent)
{
    int at = fprintf(file, "  %s", name);
    bool first = true;
    if (at > indent - 2) {
        fputc('\n', file);
        at = 0;
    }
    while (*words) {
        int length = (int)strcspn(words, " ");
        if (!first && at + 1 + length > ATTUNE_HELP_WIDTH) {
            fputc('\n', file);
            at = 0;
            first = true;
        }
        at += fprintf(file, "%*s%.*s", first ? indent - at : 1, "", length, words);
        first = false;
        words += length + (words[length] == ' ');
    }
    fputc('\n', file);
}

static attune_status append_default(const attune_field *field, attune_text *text,
                                    attune_error *error)
{
    attune_value value = {0};
    attune_status status = attune_field_default(field, &value, error);
    if (!status && value.kind == ATTUNE_VALUE_NULL)
        attune_text_append(text, "null");
    else if (!status)
        attune_value_append(text, &value);
    attune_value_clear(&value);
    return status;
}

static bool has_default(const attune_field *field)
{
    return field->kind != ATTUNE_FIELD_CHILDREN && field->kind != ATTUNE_FIELD_VALUES &&
           field->kind != ATTUNE_FIELD_TEXTS && field->kind != ATTUNE_FIELD_REALS &&
           field->kind != ATTUNE_FIELD_VALUE;
}

attune_status attune_help_fields(FILE *file, const attune_field *fields, const char *title,
                                 attune_error *error)
{
    attune_status status = ATTUNE_OK;
    attune_text words = {0};
    for (const attune_field *field = fields; field && field->kind && !status; field++) {
        if (!attune_field_is(field, ATTUNE_HYPERPARAMS))
            continue;
        if (title)
            fprintf(file, "\n%s\n", title);
        title = NULL;
        words.length = 0;
        attune_text_append(&words, "");
        if (field->kind == ATTUNE_FIELD_CHILDREN)
            attune_text_append(&words, "list of steps");
        else
            attune_field_describe(field, &words);
        if (has_default(field)) {
            attune_text_append(&words, "; default ");
            status = append_default(field, &words, error);
        }
        attune_text_printf(&words, ". %c%s.",
                           (field->doc[0] >= 'a' && field->doc[0] <= 'z') ? field->doc[0] - 32
                                                                          : field->doc[0],
                           field->doc + 1);
        if (!status && !words.failed)
            attune_help_item(file, field->name, words.bytes, 20);
    }
    attune_text_clear(&words);
    return status;
}

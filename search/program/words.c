/* search/program/words.c - the words of a command in one trial. */
#include "search/program/words.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static attune_status fill_word(const char *word, const attune_program_facts *facts,
                               attune_texts *to, bool *left_out, attune_error *error)
{
    attune_text text = {0};
    attune_status status = attune_template_fill(word, facts, &text, left_out, error);
    char *filled = status ? NULL : attune_text_take(&text, error);
    if (!status)
        status = filled ? attune_texts_add(to, filled, error) : ATTUNE_MEMORY;
    free(filled);
    attune_text_clear(&text);
    return status;
}

static void cut_texts(attune_texts *texts, int64_t n)
{
    while (texts->n > n)
        free(texts->items[--texts->n]);
}

/* The words of a group stand or fall together. */
attune_status attune_program_words(const attune_program_plan *plan,
                                   const attune_program_facts *facts, attune_texts *words,
                                   attune_error *error)
{
    attune_status status = ATTUNE_OK;
    for (int64_t i = 0; i < plan->command.n && !status;) {
        int64_t group = plan->groups[i], begun = words->n;
        bool left_out = false;
        for (; i < plan->command.n && plan->groups[i] == group && !status; i++)
            status = fill_word(plan->command.items[i], facts, words, &left_out, error);
        if (left_out)
            cut_texts(words, begun);
    }
    if (!status && words->n == 0)
        status = attune_fail(error, ATTUNE_UNFIT, "nothing is left of the command");
    return status;
}

attune_status attune_program_variables(const attune_program_plan *plan,
                                       const attune_program_facts *facts, attune_texts *variables,
                                       attune_error *error)
{
    attune_status status = ATTUNE_OK;
    for (int64_t i = 0; i < plan->env.n && !status; i++) {
        int64_t begun = variables->n;
        bool left_out = false;
        status = fill_word(plan->env.items[i], facts, variables, &left_out, error);
        if (left_out)
            cut_texts(variables, begun);
    }
    return status;
}

int64_t attune_program_seed(attune_key study, int64_t trial)
{
    attune_key key = attune_key_join(attune_key_start("program"), study);
    return (int64_t)(attune_key_integer(key, trial).low & 0x7fffffff);
}

const char *attune_program_slot(const attune_program_plan *plan, int64_t slot, char text[24])
{
    if (slot < plan->slots.n)
        return plan->slots.items[slot];
    snprintf(text, 24, "%lld", (long long)slot);
    return text;
}

/* As a shell reads it: in single quotes unless it is plain. */
static void append_quoted(attune_text *line, const char *word)
{
    bool plain = *word && !word[strspn(word, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                             "0123456789_-+=./:,@%")];
    if (plain) {
        attune_text_append(line, word);
        return;
    }
    attune_text_append(line, "'");
    for (const char *at = word; *at; at++)
        attune_text_append_bytes(line, *at == '\'' ? "'\\''" : at, *at == '\'' ? 4 : 1);
    attune_text_append(line, "'");
}

attune_status attune_program_line(const attune_program_plan *plan,
                                  const attune_program_facts *facts, attune_text *line,
                                  attune_error *error)
{
    attune_texts words = {0}, variables = {0};
    attune_status status = attune_program_variables(plan, facts, &variables, error);
    if (!status)
        status = attune_program_words(plan, facts, &words, error);
    for (int64_t i = 0; i < variables.n && !status; i++) {
        size_t name = strcspn(variables.items[i], "=") + 1;
        attune_text_append_bytes(line, variables.items[i], (int64_t)name);
        append_quoted(line, variables.items[i] + name);
        attune_text_append(line, " ");
    }
    for (int64_t i = 0; i < words.n && !status; i++) {
        attune_text_append(line, i ? " " : "");
        append_quoted(line, words.items[i]);
    }
    attune_texts_clear(&words);
    attune_texts_clear(&variables);
    return status;
}

/* spaces/expression.c - the language of `when` and `require` read into operations.
 *
 * One function a level of precedence: or, and, not, comparison, sum, product, sign, operand. Each
 * gives the type of what it has read, so that a condition where a number belongs is found here
 * and not silently unknown later. */
#include "spaces/expression_code.h"

#include "spaces/base/number.h"

#include <stdlib.h>
#include <string.h>

enum { most_nesting = 100, longest_text = 65536 };

/* What is known of an operand before there are values; that of a name is not. */
enum type { ANY, CONDITION, NUMBER, TEXT, NOTHING, FAILED };

struct reader {
    attune_expression *made;
    const char *at; /* the next character */
    int64_t capacity;
    int nesting, stack; /* operands on the stack at this point */
    attune_status status;
    attune_error *error;
};

static enum type fail(struct reader *r, const char *at, const char *words)
{
    if (!r->status)
        r->status = attune_fail_in(r->error, ATTUNE_INVALID, NULL, 0, (int)(at - r->made->text) + 1,
                                   "column %d of \"%.200s\": %s", (int)(at - r->made->text) + 1,
                                   r->made->text, words);
    return FAILED;
}

static void emit(struct reader *r, attune_operation operation, int64_t index, double number)
{
    attune_expression *made = r->made;
    if (r->status)
        return;
    if (made->n_code == r->capacity) {
        int64_t capacity = r->capacity ? 2 * r->capacity : 16;
        attune_instruction *grown = attune_realloc(made->code, capacity, sizeof *grown, r->error);
        if (!grown) {
            r->status = ATTUNE_MEMORY;
            return;
        }
        made->code = grown;
        r->capacity = capacity;
    }
    made->code[made->n_code++] = (attune_instruction){operation, (int32_t)index, number};
    if (operation <= ATTUNE_PUSH_NULL || operation == ATTUNE_IN_BEGIN)
        r->stack++;
    else if (operation != ATTUNE_NEGATE && operation != ATTUNE_NOT)
        r->stack--;
    if (r->stack > ATTUNE_EXPRESSION_STACK)
        fail(r, r->at, "too long: too many operands wait for one another");
}

/* ASCII alone, whatever the locale. */
static bool is_digit(char c)
{
    return '0' <= c && c <= '9';
}

static bool in_name(char c)
{
    return ('a' <= c && c <= 'z') || ('A' <= c && c <= 'Z') || is_digit(c) || c == '_';
}

static const char *skip_space(struct reader *r)
{
    while (*r->at == ' ' || *r->at == '\t' || *r->at == '\n' || *r->at == '\r')
        r->at++;
    return r->at;
}

/* Passes over a word or a sign when it comes next. */
static bool take(struct reader *r, const char *token)
{
    size_t length = strlen(token);
    skip_space(r);
    if (strncmp(r->at, token, length) != 0 || (in_name(token[0]) && in_name(r->at[length])))
        return false;
    r->at += length;
    return true;
}

static enum type read_or(struct reader *r);
static enum type read_sum(struct reader *r);

static enum type read_number(struct reader *r)
{
    const char *start = r->at, *end = start;
    double number = 0;
    while (is_digit(*end) || *end == '.')
        end++;
    if ((*end == 'e' || *end == 'E') &&
        (is_digit(end[1]) || ((end[1] == '-' || end[1] == '+') && is_digit(end[2])))) {
        end += 2;
        while (is_digit(*end))
            end++;
    }
    if (in_name(*end) || !attune_real_read(start, end - start, &number))
        return fail(r, start, "not a number (a name begins with a letter or _)");
    r->at = end;
    emit(r, ATTUNE_PUSH_NUMBER, 0, number);
    return NUMBER;
}

/* The index of a word in a list, added when it is new; -1 when memory is out. */
static int64_t intern(struct reader *r, attune_texts *texts, const char *word)
{
    int64_t index = attune_texts_find(texts, word);
    if (index >= 0)
        return index;
    r->status = attune_texts_add(texts, word, r->error);
    return r->status ? -1 : texts->n - 1;
}

static enum type read_text(struct reader *r)
{
    const char *start = r->at++;
    attune_text text = {0};
    while (*r->at && (*r->at != '\'' || r->at[1] == '\'')) {
        attune_text_append_bytes(&text, r->at, 1);
        r->at += *r->at == '\'' ? 2 : 1;
    }
    if (*r->at != '\'') {
        attune_text_clear(&text);
        return fail(r, start, "the quote that opens here is never closed");
    }
    r->at++;
    char *word = attune_text_take(&text, r->error);
    if (!word)
        r->status = ATTUNE_MEMORY;
    else
        emit(r, ATTUNE_PUSH_TEXT, intern(r, &r->made->texts, word), 0);
    free(word);
    return TEXT;
}

static enum type read_name(struct reader *r)
{
    const char *start = r->at;
    while (in_name(*r->at))
        r->at++;
    char *name = strndup(start, (size_t)(r->at - start));
    if (!name) {
        r->status = attune_fail(r->error, ATTUNE_MEMORY, "out of memory: an expression");
        return FAILED;
    }
    static const char *const reserved[] = {"and", "or", "not", "in"};
    bool word = false;
    for (size_t i = 0; i < sizeof reserved / sizeof *reserved; i++)
        word |= strcmp(name, reserved[i]) == 0;
    if (word)
        fail(r, start, "a name, a number or a 'text' is missing here");
    else
        emit(r, ATTUNE_PUSH_NAME, intern(r, &r->made->names, name), 0);
    if (r->made->names.n > ATTUNE_EXPRESSION_NAMES)
        fail(r, start, "more than 64 names");
    free(name);
    return ANY;
}

static enum type read_group(struct reader *r)
{
    const char *start = r->at++;
    if (++r->nesting > most_nesting)
        return fail(r, start, "nested more than 100 deep");
    enum type type = read_or(r);
    r->nesting--;
    if (!r->status && !take(r, ")"))
        return fail(r, r->at,
                    *r->at ? "expected and, or, a comparison or )" : "a ( is never closed");
    return type;
}

static enum type read_operand(struct reader *r)
{
    const char *start = skip_space(r);
    if (*start == '(')
        return read_group(r);
    if (*start == '\'')
        return read_text(r);
    if (is_digit(*start) || *start == '.')
        return read_number(r);
    if (take(r, "true") || take(r, "false")) {
        emit(r, ATTUNE_PUSH_TRUTH, *start == 't', 0);
        return CONDITION;
    }
    if (take(r, "null")) {
        emit(r, ATTUNE_PUSH_NULL, 0, 0);
        return NOTHING;
    }
    if (in_name(*start))
        return read_name(r);
    if (*start == '"')
        return fail(r, start, "a text stands in single quotes, 'like this'");
    return fail(r, start,
                *start ? "a name, a number or a 'text' is missing here"
                       : "something is missing at the end");
}

static bool is_number(enum type type)
{
    return type == NUMBER || type == ANY;
}

static enum type read_sign(struct reader *r)
{
    int signs = 0;
    const char *start = skip_space(r);
    while (take(r, "-"))
        if (++signs > most_nesting)
            return fail(r, start, "nested more than 100 deep");
    enum type type = read_operand(r);
    if (signs && !r->status && !is_number(type))
        return fail(r, start, "- needs a number");
    for (int i = 0; i < signs % 2; i++)
        emit(r, ATTUNE_NEGATE, 0, 0);
    return signs ? NUMBER : type;
}

static enum type read_product(struct reader *r)
{
    enum type type = read_sign(r);
    while (!r->status) {
        const char *start = skip_space(r);
        bool times = take(r, "*");
        if (!times && !take(r, "/"))
            break;
        bool numbers = is_number(type);
        numbers &= is_number(read_sign(r));
        if (!r->status && !numbers)
            return fail(r, start, "* and / need a number on both sides");
        emit(r, times ? ATTUNE_MULTIPLY : ATTUNE_DIVIDE, 0, 0);
        type = NUMBER;
    }
    return type;
}

static enum type read_sum(struct reader *r)
{
    enum type type = read_product(r);
    while (!r->status) {
        const char *start = skip_space(r);
        bool plus = take(r, "+");
        if (!plus && !take(r, "-"))
            break;
        bool numbers = is_number(type);
        numbers &= is_number(read_product(r));
        if (!r->status && !numbers)
            return fail(r, start, "+ and - need a number on both sides");
        emit(r, plus ? ATTUNE_ADD : ATTUNE_SUBTRACT, 0, 0);
        type = NUMBER;
    }
    return type;
}

static enum type read_list(struct reader *r, bool negated)
{
    if (!take(r, "("))
        return fail(r, r->at, "in needs a list, ('a', 'b')");
    emit(r, ATTUNE_IN_BEGIN, 0, 0);
    do {
        read_sum(r);
        emit(r, ATTUNE_IN_ITEM, 0, 0);
    } while (!r->status && take(r, ","));
    if (!r->status && !take(r, ")"))
        return fail(r, r->at, *r->at ? "expected , or )" : "the list is never closed");
    emit(r, ATTUNE_IN_END, 0, 0);
    if (negated)
        emit(r, ATTUNE_NOT, 0, 0);
    return CONDITION;
}

/* The comparison that comes next; -1: none. Longer signs stand first. */
static int take_comparison(struct reader *r)
{
    static const struct {
        const char *sign;
        attune_operation operation;
    } signs[] = {
        {"<=", ATTUNE_LESS_EQUAL}, {">=", ATTUNE_GREATER_EQUAL}, {"!=", ATTUNE_UNEQUAL},
        {"<", ATTUNE_LESS},        {">", ATTUNE_GREATER},        {"=", ATTUNE_EQUAL},
    };
    const char *start = skip_space(r);
    for (size_t i = 0; i < sizeof signs / sizeof *signs; i++)
        if (take(r, signs[i].sign)) {
            if (*r->at == '=' && signs[i].operation == ATTUNE_EQUAL)
                fail(r, start, "write = for \"the same as\", not ==");
            else if (*r->at == '>' && signs[i].operation == ATTUNE_LESS)
                fail(r, start, "write != for \"another than\", not <>");
            return (int)signs[i].operation;
        }
    return -1;
}

static enum type read_comparison(struct reader *r)
{
    enum type left = read_sum(r);
    const char *start = skip_space(r);
    if (r->status)
        return FAILED;
    if (take(r, "in"))
        return read_list(r, false);
    if (take(r, "not"))
        return take(r, "in") ? read_list(r, true) : fail(r, skip_space(r), "expected in after not");
    int operation = take_comparison(r);
    if (operation < 0)
        return left;
    enum type right = read_sum(r);
    bool order = operation != ATTUNE_EQUAL && operation != ATTUNE_UNEQUAL;
    bool texts = (left == TEXT || left == ANY) && (right == TEXT || right == ANY);
    if (!r->status && order && !texts && !(is_number(left) && is_number(right)))
        return fail(r, start, "an order needs two numbers or two texts");
    if (!r->status && left != right && left != ANY && right != ANY && left != NOTHING &&
        right != NOTHING)
        return fail(r, start, "these two can never be the same: a text, a number, a condition");
    emit(r, (attune_operation)operation, 0, 0);
    const char *next = skip_space(r);
    if (!r->status && take_comparison(r) >= 0)
        return fail(r, next, "comparisons do not chain: write a < b and b < c");
    return CONDITION;
}

static bool is_condition(enum type type)
{
    return type == CONDITION || type == ANY;
}

static enum type read_not(struct reader *r)
{
    const char *start = skip_space(r);
    if (!take(r, "not"))
        return read_comparison(r);
    if (++r->nesting > most_nesting)
        return fail(r, start, "nested more than 100 deep");
    enum type type = read_not(r);
    r->nesting--;
    if (!r->status && !is_condition(type))
        return fail(r, start, "not needs a condition, such as not (a = 1)");
    emit(r, ATTUNE_NOT, 0, 0);
    return CONDITION;
}

static enum type read_and(struct reader *r)
{
    enum type type = read_not(r);
    for (const char *start = skip_space(r); !r->status && take(r, "and"); start = skip_space(r)) {
        bool conditions = is_condition(type);
        conditions &= is_condition(read_not(r));
        if (!r->status && !conditions)
            return fail(r, start, "and needs a condition on both sides, such as a = 1");
        emit(r, ATTUNE_AND, 0, 0);
        type = CONDITION;
    }
    return type;
}

static enum type read_or(struct reader *r)
{
    enum type type = read_and(r);
    for (const char *start = skip_space(r); !r->status && take(r, "or"); start = skip_space(r)) {
        bool conditions = is_condition(type);
        conditions &= is_condition(read_and(r));
        if (!r->status && !conditions)
            return fail(r, start, "or needs a condition on both sides, such as a = 1");
        emit(r, ATTUNE_OR, 0, 0);
        type = CONDITION;
    }
    return type;
}

static attune_status read_all(struct reader *r)
{
    enum type type = read_or(r);
    if (!r->status && *skip_space(r))
        fail(r, r->at, "expected and, or, or a comparison");
    if (!r->status && !is_condition(type))
        fail(r, r->made->text, "not a condition, such as a = 1");
    return r->status;
}

attune_status attune_expression_read(attune_expression **expression, const char *text,
                                     attune_error *error)
{
    if (strlen(text) > longest_text)
        return attune_fail(error, ATTUNE_INVALID, "an expression of more than 65,536 characters");
    attune_expression *made = attune_alloc(1, sizeof *made, error);
    attune_status status = made ? ATTUNE_OK : ATTUNE_MEMORY;
    if (made && !(made->text = attune_copy_text(text, error)))
        status = ATTUNE_MEMORY;
    if (!status) {
        struct reader reader = {.made = made, .at = made->text, .error = error};
        status = read_all(&reader);
    }
    if (status)
        attune_expression_free(made);
    else
        *expression = made;
    return status;
}

void attune_expression_free(attune_expression *expression)
{
    if (!expression)
        return;
    attune_texts_clear(&expression->names);
    attune_texts_clear(&expression->texts);
    free(expression->code);
    free(expression->text);
    free(expression);
}

const char *attune_expression_text(const attune_expression *expression)
{
    return expression->text;
}

int64_t attune_expression_n_names(const attune_expression *expression)
{
    return expression->names.n;
}

const char *attune_expression_name(const attune_expression *expression, int64_t i)
{
    return expression->names.items[i];
}

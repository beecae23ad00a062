/* spaces/expression_evaluate.c - expressions evaluated in Kleene's three values. */
#include "spaces/expression_code.h"

#include <math.h>
#include <string.h>

enum kind { UNKNOWN, NOTHING, TRUTH, NUMBER, TEXT, LIST };

struct operand {
    enum kind kind;
    bool truth;
    double number;
    const char *text; /* of TEXT, and the canonical text of LIST */
};

static struct operand from_truth(attune_kleene truth)
{
    if (truth == ATTUNE_UNKNOWN)
        return (struct operand){.kind = UNKNOWN};
    return (struct operand){.kind = TRUTH, .truth = truth == ATTUNE_TRUE};
}

static attune_kleene to_truth(const struct operand *a)
{
    if (a->kind != TRUTH)
        return ATTUNE_UNKNOWN;
    return a->truth ? ATTUNE_TRUE : ATTUNE_FALSE;
}

static struct operand from_number(double number)
{
    if (isnan(number))
        return (struct operand){.kind = UNKNOWN};
    return (struct operand){.kind = NUMBER, .number = number};
}

static struct operand from_value(const attune_value *value)
{
    if (!value)
        return (struct operand){.kind = UNKNOWN};
    switch (value->kind) {
    case ATTUNE_VALUE_BOOLEAN:
        return (struct operand){.kind = TRUTH, .truth = value->boolean};
    case ATTUNE_VALUE_INTEGER:
        return from_number((double)value->integer);
    case ATTUNE_VALUE_REAL:
        return from_number(value->real);
    case ATTUNE_VALUE_TEXT:
        return (struct operand){.kind = TEXT, .text = value->text};
    case ATTUNE_VALUE_JSON:
        return (struct operand){.kind = LIST, .text = value->text};
    case ATTUNE_VALUE_NULL:
        break;
    }
    return (struct operand){.kind = NOTHING};
}

static attune_kleene equal(const struct operand *a, const struct operand *b)
{
    if (a->kind == UNKNOWN || b->kind == UNKNOWN)
        return ATTUNE_UNKNOWN;
    if (a->kind != b->kind)
        return ATTUNE_FALSE;
    bool same = true;
    if (a->kind == TRUTH)
        same = a->truth == b->truth;
    else if (a->kind == NUMBER)
        same = a->number == b->number;
    else if (a->kind == TEXT || a->kind == LIST)
        same = strcmp(a->text, b->text) == 0;
    return same ? ATTUNE_TRUE : ATTUNE_FALSE;
}

static attune_kleene ordered(attune_operation operation, const struct operand *a,
                             const struct operand *b)
{
    int order = 0;
    if (a->kind != b->kind || (a->kind != NUMBER && a->kind != TEXT))
        return ATTUNE_UNKNOWN;
    if (a->kind == NUMBER)
        order = (a->number > b->number) - (a->number < b->number);
    else
        order = strcmp(a->text, b->text);
    bool holds = operation == ATTUNE_LESS         ? order < 0
                 : operation == ATTUNE_LESS_EQUAL ? order <= 0
                 : operation == ATTUNE_GREATER    ? order > 0
                                                  : order >= 0;
    return holds ? ATTUNE_TRUE : ATTUNE_FALSE;
}

static attune_kleene negated(attune_kleene a)
{
    return a == ATTUNE_UNKNOWN ? a : a == ATTUNE_TRUE ? ATTUNE_FALSE : ATTUNE_TRUE;
}

static attune_kleene either(attune_kleene a, attune_kleene b)
{
    if (a == ATTUNE_TRUE || b == ATTUNE_TRUE)
        return ATTUNE_TRUE;
    return a == ATTUNE_FALSE ? b : a;
}

static struct operand arithmetic(attune_operation operation, const struct operand *a,
                                 const struct operand *b)
{
    if (a->kind != NUMBER || b->kind != NUMBER)
        return (struct operand){.kind = UNKNOWN};
    if (operation == ATTUNE_ADD)
        return from_number(a->number + b->number);
    if (operation == ATTUNE_SUBTRACT)
        return from_number(a->number - b->number);
    if (operation == ATTUNE_MULTIPLY)
        return from_number(a->number * b->number);
    return from_number(b->number == 0 ? NAN : a->number / b->number);
}

static struct operand binary(attune_operation operation, const struct operand *a,
                             const struct operand *b)
{
    switch (operation) {
    case ATTUNE_EQUAL:
        return from_truth(equal(a, b));
    case ATTUNE_UNEQUAL:
        return from_truth(negated(equal(a, b)));
    case ATTUNE_OR:
        return from_truth(either(to_truth(a), to_truth(b)));
    case ATTUNE_AND:
        return from_truth(negated(either(negated(to_truth(a)), negated(to_truth(b)))));
    case ATTUNE_ADD:
    case ATTUNE_SUBTRACT:
    case ATTUNE_MULTIPLY:
    case ATTUNE_DIVIDE:
        return arithmetic(operation, a, b);
    default:
        return from_truth(ordered(operation, a, b));
    }
}

static struct operand unary(attune_operation operation, const struct operand *a)
{
    if (operation == ATTUNE_NOT)
        return from_truth(negated(to_truth(a)));
    return a->kind == NUMBER ? from_number(-a->number) : (struct operand){.kind = UNKNOWN};
}

/* Puts what an instruction pushes on top; false when it takes operands instead. */
static bool push(const attune_expression *expression, const attune_instruction *step,
                 const attune_value *const values[], struct operand *top)
{
    switch (step->operation) {
    case ATTUNE_PUSH_NUMBER:
        *top = from_number(step->number);
        return true;
    case ATTUNE_PUSH_TEXT:
        *top = (struct operand){.kind = TEXT, .text = expression->texts.items[step->index]};
        return true;
    case ATTUNE_PUSH_NAME:
        *top = from_value(values[step->index]);
        return true;
    case ATTUNE_PUSH_TRUTH:
    case ATTUNE_IN_BEGIN:
        *top = (struct operand){.kind = TRUTH, .truth = step->index != 0};
        return true;
    case ATTUNE_PUSH_NULL:
        *top = (struct operand){.kind = NOTHING};
        return true;
    default:
        return false;
    }
}

attune_kleene attune_expression_test(const attune_expression *expression,
                                     const attune_value *const values[])
{
    struct operand stack[ATTUNE_EXPRESSION_STACK];
    int64_t n = 0;
    for (int64_t i = 0; i < expression->n_code; i++) {
        const attune_instruction *step = &expression->code[i];
        if (push(expression, step, values, &stack[n])) {
            n++;
        } else if (step->operation == ATTUNE_IN_ITEM) {
            attune_kleene found = equal(&stack[n - 3], &stack[n - 1]);
            stack[n - 2] = from_truth(either(to_truth(&stack[n - 2]), found));
            n--;
        } else if (step->operation == ATTUNE_IN_END) {
            stack[n - 2] = stack[n - 1];
            n--;
        } else if (step->operation == ATTUNE_NOT || step->operation == ATTUNE_NEGATE) {
            stack[n - 1] = unary(step->operation, &stack[n - 1]);
        } else {
            stack[n - 2] = binary(step->operation, &stack[n - 2], &stack[n - 1]);
            n--;
        }
    }
    return to_truth(&stack[0]);
}

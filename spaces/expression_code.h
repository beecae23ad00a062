/* spaces/expression_code.h - what an expression is read into: operations for a small stack.
 *
 * Postfix order: an operation takes its operands from the stack and puts its result there. `in`
 * keeps the answer so far above the value that is looked for. Private to spaces/expression*.c. */
#ifndef ATTUNE_SPACES_EXPRESSION_CODE_H
#define ATTUNE_SPACES_EXPRESSION_CODE_H

#include "spaces/expression.h"

enum { ATTUNE_EXPRESSION_STACK = 256 }; /* deeper ones are refused when read */

typedef enum attune_operation {
    ATTUNE_PUSH_NUMBER,
    ATTUNE_PUSH_TEXT,  /* texts[index] */
    ATTUNE_PUSH_NAME,  /* values[index] */
    ATTUNE_PUSH_TRUTH, /* index 0 or 1 */
    ATTUNE_PUSH_NULL,
    ATTUNE_EQUAL,
    ATTUNE_UNEQUAL,
    ATTUNE_LESS,
    ATTUNE_LESS_EQUAL,
    ATTUNE_GREATER,
    ATTUNE_GREATER_EQUAL,
    ATTUNE_ADD,
    ATTUNE_SUBTRACT,
    ATTUNE_MULTIPLY,
    ATTUNE_DIVIDE,
    ATTUNE_NEGATE,
    ATTUNE_NOT,
    ATTUNE_AND,
    ATTUNE_OR,
    ATTUNE_IN_BEGIN, /* x to x, false */
    ATTUNE_IN_ITEM,  /* x, so far, item to x, so far or x = item */
    ATTUNE_IN_END    /* x, so far to so far */
} attune_operation;

typedef struct attune_instruction {
    attune_operation operation;
    int32_t index;
    double number;
} attune_instruction;

struct attune_expression {
    char *text; /* as it was written */
    attune_instruction *code;
    int64_t n_code;
    attune_texts names, texts;
};

#endif

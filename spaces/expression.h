/* spaces/expression.h - the small language of `when` and `require`.
 *
 *     opt = 'sgd' and momentum < 0.9        not (dual and penalty = 'l1')
 *     num_leaves <= 64 or learning_rate < 0.1   solver in ('a', 'b')   2 * low + 1 < high
 *
 * Names, numbers, 'texts' ('' inside for a quote), true, false, null; = != < <= > >=, in (...),
 * not in (...), and, or, not, + - * /.
 * A name that has no value (an inactive hyperparameter) makes what it touches unknown, in
 * Kleene's three values: `when` asks for true, `require` refuses false.
 * Thread class: shared read-only once read. */
#ifndef ATTUNE_SPACES_EXPRESSION_H
#define ATTUNE_SPACES_EXPRESSION_H

#include "spaces/value.h"

/* So that whoever tests one can hold its values on the stack; more are refused. */
enum { ATTUNE_EXPRESSION_NAMES = 64 };

typedef struct attune_expression attune_expression;
typedef enum attune_kleene { ATTUNE_FALSE, ATTUNE_TRUE, ATTUNE_UNKNOWN } attune_kleene;

/* INVALID with the column in the text; nesting is limited to 100. */
attune_status attune_expression_read(attune_expression **expression, const char *text,
                                     attune_error *error);
void attune_expression_free(attune_expression *expression);
const char *attune_expression_text(const attune_expression *expression); /* as it was written */

/* The distinct names it uses; resolve each to an index once, before evaluating. */
int64_t attune_expression_n_names(const attune_expression *expression);
const char *attune_expression_name(const attune_expression *expression, int64_t i);

/* values[i] is the value of name i, borrowed, NULL when it has none. Comparing a text with a
 * number is false for = and unknown for an order; a text used as a number, a number as a condition
 * and a division by zero are unknown. No allocation. O(length). */
attune_kleene attune_expression_test(const attune_expression *expression,
                                     const attune_value *const values[]);

#endif

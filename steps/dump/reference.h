/* steps/dump/reference.h - a few made rows and their predictions, by which a loaded model proves
 * itself.
 *
 * reference/rows.csv holds 8 rows. Each column is drawn by itself from the training column, so
 * that no real row leaves; ids, groups, weights, ignored columns and the target stay out, and free
 * text is made up. reference/predictions.npy holds what the model said of them, read back through
 * the schema as any file is.
 * Thread class: pure. */
#ifndef ATTUNE_STEPS_DUMP_REFERENCE_H
#define ATTUNE_STEPS_DUMP_REFERENCE_H

#include "steps/dump/bundle.h"
#include "steps/data/schema.h"
#include "steps/step.h"

#define ATTUNE_REFERENCE_ROWS "reference/rows.csv"
#define ATTUNE_REFERENCE_PREDICTIONS "reference/predictions.npy"

/* Adds both files, drawn from data (typed by schema, at least a row); none where the pipeline is
 * no model or has no inputs. */
attune_status attune_reference_make(const attune_step *pipeline, const attune_schema *schema,
                                    const attune_data *data, attune_bundle *bundle,
                                    attune_error *error);

/* Predicts the rows again. Equal bits: fine. Within 1e-9 of the largest: fine, and notes (nullable)
 * get a line that says so. Else, or when a file is missing: CORRUPT. */
attune_status attune_reference_check(const attune_step *pipeline, const attune_schema *schema,
                                     const attune_bundle *bundle, attune_texts *notes,
                                     attune_error *error);

#endif

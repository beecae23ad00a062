/* search/plan/keys.c - every key of a plan, for people. */
#include "search/plan/plan.h"

const attune_plan_key attune_plan_keys[] = {
    {"name", "text", "name of the study; the plan's file name without .json when not given"},
    {"data", "object", "what is learnt from"},
    {"data.file", "path", "a CSV, gzip or plain, relative to the plan; \"-\" is standard input"},
    {"data.target", "column", "what is predicted: text or few whole numbers are classes"},
    {"data.test", "path",
     "a held-out file: the best is scored on it at the end, each look counted"},
    {"data.positive", "class", "of two classes, the one whose probability counts"},
    {"data.id", "column or list", "kept out of the model, given back beside each prediction"},
    {"data.group", "column or list", "rows of a group (a customer, a patient) stay in one fold"},
    {"data.time", "column", "when a row happened; use it with validation.walk_forward"},
    {"data.weight", "column", "how much a row counts, 0 or more"},
    {"data.ignore", "column or list", "left out"},
    {"data.columns", "object",
     "kinds that are not as they seem: {\"zip\": \"nominal\"}; real, "
     "nominal, datetime or text"},
    {"data.missing", "list",
     "fields that mean missing; \"\", NA, N/A, NaN, nan, null, NULL and ? "
     "when not given"},
    {"data.delimiter", "character", "found out from the first lines when not given"},
    {"metric", "name or list",
     "what is optimised; log_loss or rmse when not given (`attune help metrics`). A list: several "
     "objectives; the answer is a front of trials, and the best of it by the first one is dumped"},
    {"also", "name or list", "metrics that are recorded beside it"},
    {"constraints", "object",
     "bounds that the answer keeps, by metric: {\"accuracy\": {\"min\": 0.9}}; also max"},
    {"validation", "object",
     "how rows are divided; 5 folds, shuffled, stratified for classes, "
     "grouped where there is a group (`attune help splitters`)"},
    {"validation.folds", "2 to 1000",
     "k-fold: every row is tested once; with shuffle and stratify, "
     "both true when not given"},
    {"validation.holdout", "share or object", "one part is tested, once"},
    {"validation.walk_forward", "object", "test rows always come after the rows that are fitted"},
    {"validation.column", "column", "a column that says which fold a row is tested in"},
    {"validation.repeats", "1 or more", "the same again with other draws"},
    {"pipeline", "step", "what is fitted: {\"name\": ..., \"steps\": [...]} (`attune help steps`)"},
    {"pipeline.steps[].step", "name", "which step"},
    {"pipeline.steps[].name", "text",
     "what it is called in hyperparameters; the step's own name "
     "when not given"},
    {"pipeline.steps[].columns", "list",
     "which columns a transform touches: names, kinds or "
     "patterns with * and ?; all that it can when not given"},
    {"pipeline.steps[].hyperparams", "object or list", "values that are not searched"},
    {"pipeline.steps[].space", "object",
     "what is searched: {\"C\": {\"log_uniform\": [0.01, 10]}} "
     "(`attune help distributions`); a member \"require\" "
     "is a condition that holds for every trial"},
    {"pipeline.steps[].when", "condition", "the step is used only then: \"scale = true\""},
    {"pipeline.steps[].require", "condition or list", "a relation that every trial keeps"},
    {"pipeline.steps[].steps", "list of steps",
     "of a pipeline, choose, optional or another step "
     "that holds steps"},
    {"objective", "object",
     "in place of data and pipeline: a command that is run for each trial. Exit code 0 and a value "
     "on standard output (the last line that is a number, or {\"value\": 0.25}), or the trial "
     "fails; "
     "{\"step\": 3, \"value\": 0.31} reports a value on the way, and the last report is the value "
     "where there is no other"},
    {"objective.command", "list",
     "the program and its arguments; no shell reads them, the plan's folder is where it runs. In "
     "braces stands what differs from trial to trial: each {hyperparameter}, {dir} (a new folder, "
     "with hyperparams.json in it), {trial}, {seed}, {slot}; {{ writes a brace. An argument that "
     "names a hyperparameter without a value in a trial is left out, and with it those in the same "
     "inner list: [\"--momentum\", \"{momentum}\"]"},
    {"objective.direction", "word", "minimize (when not given) or maximize"},
    {"objective.files", "list",
     "what results depend on (the script): when one changes, it is another study"},
    {"objective.env", "object",
     "variables it gets beside ours: {\"CUDA_VISIBLE_DEVICES\": \"{slot}\"}"},
    {"objective.slots", "list or number",
     "what {slot} stands for, one for each command that runs at once: [\"0\", \"1\"], or 2 for the "
     "same; without them --jobs run at once, one when not given"},
    {"objective.timeout", "duration",
     "of one trial: a command that runs longer is ended and fails"},
    {"objective.steps", "1 or more",
     "the last step that is reported, max_resource of hyperband; a later one is a fault"},
    {"objective.keep", "whole number",
     "the folders of so many of the best trials stay in --out; 5 when not given"},
    {"space", "object", "what is searched for a command: {\"lr\": {\"log_uniform\": [1e-5, 0.1]}}"},
    {"fixed", "object",
     "hyperparameters by name that are held at a value: {\"model__C\": 1}; a "
     "dump's plan fixes all of them"},
    {"search", "object", "how it is searched"},
    {"search.sampler", "name or object", "who decides what is tried next (`attune help samplers`)"},
    {"search.pruner", "name or object",
     "who stops trials early, part of the study; fold_racing with 3 or more folds, else none, when "
     "not given (`attune help pruners`)"},
    {"search.queue", "list",
     "configurations that are tried first, in this order: [\"default\", {\"C\": 0.1}]; what one "
     "leaves open is drawn"},
    {"search.from", "path or object",
     "a store with an older study, whose results the sampler is shown; {\"store\": ..., \"study\": "
     "...} names it. Copied into the new study. Optuna's stores too. random, sobol, halton and "
     "grid "
     "are not shown it"},
    {"search.stop_rule", "boolean",
     "true: end when less is left to win than the error of the best score over its folds; false "
     "when not given"},
    {"search.trials", "1 or more", "total of the study; 100 when there is no other budget"},
    {"search.time", "duration", "of one run: \"8h\", \"90m\", \"45s\""},
    {"search.timeout", "duration", "of one trial: one that takes longer fails"},
    {"search.seed", "whole number", "of every draw; 0 when not given"},
    {"search.lookahead", "1 to 4096",
     "most trials in flight at once; part of the study. Not given: 8, one more for every 12 "
     "trials, "
     "at most 32"},
    {"search.stages", "0 to 64",
     "a searched number of trees is not drawn: one fit is scored at so many sizes, and the best is "
     "taken; 0: drawn like the rest, as they are with several objectives or constraints; 12 when "
     "not given"},
    {NULL, NULL, NULL},
};

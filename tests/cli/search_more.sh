#!/bin/sh
# tests/cli/search_more.sh PROGRAM DATA - what a person may add to a search: configurations to try
# first, an older study to learn from, a rule that ends it.
set -eu
attune=$1
data=$2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"

fail() { echo "search_more: $*" >&2; exit 1; }
expect() { # CODE COMMAND...: the exit code is this
    wanted=$1; shift
    code=0; "$@" >out 2>err || code=$?
    [ "$code" = "$wanted" ] || { cat out err >&2; fail "$* ended with $code, not $wanted"; }
}
said() { cat out err | grep -q -- "$1" || { cat out err >&2; fail "it did not say: $1"; }; }
list() { "$attune" trials "$1" --format csv --columns number,state,value,hyperparams; }

cp "$data/penguins.csv" .
plan() { # SPACE NAME
    cat >"$2.json" <<PLAN
{"data": {"file": "penguins.csv", "target": "species"}, "validation": {"folds": 3},
 "pipeline": {"steps": [{"step": "impute"}, {"step": "one_hot"}, {"step": "standard_scale"},
   {"step": "logistic_regression", "space": {"C": $1}}]},
 "search": {"trials": 30, "pruner": "none", "queue": ["default", {"C": 5}]}}
PLAN
}
plan '{"log_uniform": [0.001, 100]}' wide
plan '{"log_uniform": [1, 1000]}' high
plan '[1, 5, 7]' few

# Queued ones come first; enqueued ones as soon as the command is given, and once.
expect 0 "$attune" search wide.json --store wide.db --out wide --trials 4 --enqueue '{"C": 2}'
expect 0 "$attune" search wide.json --store wide.db --out wide --trials 6 --enqueue '{"C": 2}' \
    --enqueue '{"C": 3}'
list wide.db | cut -d, -f1,4- >got
[ "$(grep -c '""logistic_regression__C"":2}' got)" = 1 ] || fail "enqueued twice: $(cat got)"
[ "$(grep -c '""logistic_regression__C"":3}' got)" = 1 ] || fail "not enqueued: $(cat got)"
grep -q '^1,.*:5}' got || grep -q '^0,.*:2}' got || fail "the queue did not come first: $(cat got)"
expect 2 "$attune" search wide.json --store wide.db --out wide --enqueue '{"C": 200}'
said "not one of the values"

# A space that is used up says so.
expect 0 "$attune" search few.json --store few.db --out few
said "every configuration of this space was tried"
[ "$(list few.db | wc -l)" = 4 ] || fail "three values made $(list few.db)"

# An older study: copied, so that the new one goes on without it, to the same trials.
for store in one two; do
    expect 0 "$attune" search high.json --store $store.db --out $store --trials 4 --from wide.db
    said "the sampler is shown"
done
expect 0 "$attune" search high.json --store one.db --out one --trials 8 --from wide.db
mv wide.db gone.db
expect 0 "$attune" search high.json --store two.db --out two --trials 8 --from wide.db
list one.db >one.csv
list two.db >two.csv
cmp one.csv two.csv || fail "without the older study, a warm start made other trials"
cmp one/manifest.json two/manifest.json || fail "and another dump"
expect 2 "$attune" search high.json --store three.db --out three --from wide.db
[ ! -e three ] || fail "a search without its older study left a dump"

# The rule: stops before the budget, at the same trial for one job and two, and again there.
expect 0 "$attune" search wide.json --store r1.db --out r1 --trials 60 --stop-rule --jobs 1
said "is left to win"
expect 0 "$attune" search wide.json --store r2.db --out r2 --trials 60 --stop-rule --jobs 2
list r1.db >r1.csv
list r2.db >r2.csv
cmp r1.csv r2.csv || fail "the rule depends on the jobs"
expect 0 "$attune" search wide.json --store r1.db --out r1 --trials 60 --stop-rule
list r1.db | cmp - r1.csv || fail "the rule does not hold when started again"
expect 2 "$attune" search wide.json --store r3.db --out r3 --stop-rule \
    --set 'validation={"holdout": 0.2}'
said "at least two folds"
expect 2 "$attune" search wide.json --store r4.db --out r4 --stop-rule \
    --set 'metric=["log_loss", "accuracy"]'
said "needs one objective"

# A night that was too short for one trial has nothing to dump, and says so.
expect 1 "$attune" search wide.json --store night.db --out night --trials 2 --time 0.000001s
said "no trial was complete when the time was up"
[ ! -e night ] || fail "a dump of nothing"
expect 0 "$attune" search wide.json --store night.db --out night --trials 2
echo "search with more: all as it should be"

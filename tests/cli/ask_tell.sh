#!/bin/sh
# tests/cli/ask_tell.sh PROGRAM - asking and telling, as a script in any language does it.
set -eu
attune=$1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"

fail() { echo "ask_tell: $*" >&2; exit 1; }
expect() { # CODE COMMAND...: the exit code is this
    wanted=$1; shift
    code=0; "$@" >out 2>err || code=$?
    [ "$code" = "$wanted" ] || { cat out err >&2; fail "$* ended with $code, not $wanted"; }
}
number_of() { sed 's/.*"number":\([0-9]*\).*/\1/'; }
lr_of() { sed 's/.*"lr":\([-0-9.e]*\).*/\1/'; }

cat >train.json <<'PLAN'
{"space": {"lr": {"log_uniform": [1e-5, 0.1]}, "opt": ["adam", "sgd"],
           "momentum": {"uniform": [0.8, 0.99], "when": "opt = 'sgd'"}},
 "objective": {"direction": "minimize"}, "search": {"pruner": "median", "lookahead": 4}}
PLAN

# As many as the lookahead allows, then nothing now; what was given back comes again.
for i in 0 1 2 3; do
    expect 0 "$attune" ask train.json
    [ "$(number_of <out)" = $i ] || fail "trial $i came as $(cat out)"
done
cp out third
expect 4 "$attune" ask train.json
expect 0 "$attune" tell 3 --give-back
expect 0 "$attune" ask
cmp -s out third || fail "what was given back came otherwise"

# What came of them, each kind of end.
expect 0 "$attune" tell 0 -0.5
expect 0 "$attune" tell 1 --fail "loss is NaN"
expect 0 "$attune" tell 2 --report 1=0.4 --report 2=0.3
expect 0 "$attune" tell 2 --prune
expect 2 "$attune" tell 2 1
expect 2 "$attune" tell 9 1
expect 2 "$attune" tell 3 1 2
expect 2 "$attune" tell 3 one
expect 2 "$attune" tell 3
expect 0 "$attune" trials --format csv --columns number,state,value
printf 'number,state,value\n0,COMPLETE,-0.5\n1,FAIL,\n2,PRUNED,0.3\n3,RUNNING,\n' | cmp - out ||
    fail "the trials are $(cat out)"
expect 0 "$attune" show 2

# The trials of two workers are those of one, whoever came first.
worker() {
    while :; do
        code=0; line=$("$attune" ask train.json --trials 9 --store "$1" 2>>log) || code=$?
        [ $code = 4 ] && continue
        [ $code = 0 ] || fail "ask ended with $code"
        [ -n "$line" ] || break
        "$attune" tell "$(echo "$line" | number_of)" "$(echo "$line" | lr_of)" --store "$1"
    done
}
list() { "$attune" trials "$1" --format csv --columns number,state,value,hyperparams; }
worker one.db
for i in 1 2; do worker two.db & done
wait
list one.db >one.csv
list two.db >two.csv
cmp one.csv two.csv || fail "two workers made other trials than one"
[ "$(wc -l <one.csv)" = 10 ] || fail "not 9 trials"

# A small space ends; a study without a plan, a plan that is none.
echo '{"k": [1, 2]}' >k.json
for i in 0 1; do
    expect 0 "$attune" ask --space k.json --store k.db
    expect 0 "$attune" tell $i 1 --store k.db
done
expect 0 "$attune" ask --space k.json --store k.db
[ ! -s out ] && grep -q "no new point" err || fail "an exhausted space: $(cat out err)"
expect 2 "$attune" ask --store none.db
expect 2 "$attune" ask train.json --seed 9
expect 2 "$attune" ask --seed 9
expect 2 "$attune" ask train.json --space k.json
[ ! -e none.db ] || fail "a store was made for a question"
echo "ask and tell: all as it should be"

#!/bin/sh
# tests/cli/bad_input.sh PROGRAM DATA - what is wrong with data, a plan, a store or a dump is said in
# one message that names it, with the exit code for it, and nothing is left behind.
set -u
program=$1 data=$2
folder=$(mktemp -d) || exit 1
trap 'rm -rf "$folder"' EXIT
cd "$folder" || exit 1
failures=0

# expect CODE WORDS COMMAND...: the exit code, the words on standard error, nothing else there is.
expect() {
    code=$1 words=$2
    shift 2
    "$@" >../out.$$ 2>../err.$$ </dev/null
    was=$?
    if [ $was -ne "$code" ] || [ -s ../out.$$ ] || ! grep -qF -- "$words" ../err.$$ ||
        [ "$(ls -A)" != "$there" ]; then
        echo "FAILED: $* gave $was, expected $code with \"$words\", in $(ls -A | tr '\n' ' '):"
        cat ../out.$$ ../err.$$
        failures=$((failures + 1))
    fi
    rm -f ../out.$$ ../err.$$
}
attune() { "$program" "$@"; }

# Data.
mkdir files && cd files || exit 1
cp "$data/penguins.csv" .
: >empty.csv
echo a,b,y >header.csv
printf 'a,b,y\n1,2,x\n2,3,x\n3,4,x\n4,1,x\n5,5,x\n' >one_class.csv
printf 'a,a,y\n1,2,x\n2,3,z\n' >twice.csv
printf 'a,b,y\n1,2,2.385\n' >one_row.csv
printf 'a,b,y\n1,2,x\n2,3,z\n3,4,x\n' >few_rows.csv
printf 'a,b,y\n1,2,x\n2,3\n3,4,x\n' >ragged.csv
printf 'a,b,y\n1,"2,x\n2,3,z\n3,4,x\n' >quote.csv
printf 'a,b,y\n1,2,\n2,3,\n3,4,\n' >no_target.csv
printf 'a,b,y\n1,\2772,x\n' >latin.csv
cp "$program" program.csv
there=$(ls -A)
search() { attune search "$@" --trials 2 --quiet; }
expect 2 "empty.csv: the file is empty" search empty.csv --target y
expect 2 "header.csv: no data rows" search header.csv --target y
expect 2 "\"y\" has one class only, \"x\"" search one_class.csv --target y
expect 2 "twice.csv:1:3: columns 1 and 2 are both called \"a\"" search twice.csv --target y
expect 2 "5 folds need at least 5 rows, the data have 1" search one_row.csv --target y
expect 2 "5 folds need at least 5 rows, the data have 3" search few_rows.csv --target y
expect 2 "ragged.csv:3:1: 2 fields here, but the header names 3 columns" search ragged.csv --target y
expect 2 "quote.csv:2:3: the quote that opens here is never closed" search quote.csv --target y
expect 2 "\"y\" is missing in 3 rows of no_target.csv" search no_target.csv --target y
expect 2 "latin.csv:2:3: not UTF-8: the byte 0xBF" search latin.csv --target y
expect 2 "not a text file: there is a NUL byte" search program.csv --target y
expect 2 "has no column \"nope\"; it has island" search penguins.csv --target nope
expect 2 "no/where.csv: there is no such file" search no/where.csv --target y
expect 2 ". is a folder: name a file" search . --target y
expect 2 "--target COL" search penguins.csv
expect 2 "--jobs: need 1 to 1024, got 0" search penguins.csv --target species --jobs 0
expect 2 "there is no folder no/where" search penguins.csv --target species --out no/where/best
expect 2 "there is no folder no/where" search penguins.csv --target species --store no/where/a.db

# A plan with one thing wrong: the file, the line, the column, the key, and what to write.
cat >plan.json <<'PLAN'
{"data": {"file": "penguins.csv", "target": "species"},
 "metric": "log_loss", "also": ["accuracy"],
 "validation": {"folds": 5, "shuffle": true},
 "pipeline": {"name": "seed", "steps": [
   {"step": "impute"}, {"step": "one_hot"}, {"step": "standard_scale"},
   {"step": "logistic_regression", "hyperparams": {"tol": 0.001}, "space": {
      "C": {"log_uniform": [0.01, 10]}, "max_iter": {"rand_int": [20, 200]}}}]},
 "search": {"sampler": "random", "trials": 2, "seed": 1, "lookahead": 16}}
PLAN
cp plan.json bad.json
there=$(ls -A)
bad() { # SED WORDS
    sed "$1" plan.json >bad.json
    cmp -s plan.json bad.json && echo "FAILED: $1 changes nothing" && failures=$((failures + 1))
    expect 2 "$2" attune search bad.json --quiet
}
for key in data file target metric also validation folds shuffle pipeline name steps step hyperparams \
    space log_uniform rand_int search sampler trials seed lookahead; do
    bad "1,/\"$key\":/s/\"$key\":/\"x$key\":/" "did you mean \"$key\"?"
done
for member in tol C max_iter; do
    bad "s/\"$member\":/\"x$member\":/" "logistic_regression has no \"x$member\", did you mean \"$member\"?"
done
bad 's/0.01, 10\]/10, 0.01]/' "bad.json:7:13: log_uniform: need 0 < low < high"
bad 's/0.01, 10\]/0, 10]/' "bad.json:7:13: log_uniform: need 0 < low < high"
bad 's/20, 200/200, 20/' "rand_int: need low < high"
bad 's/20, 200/20.5, 200/' "low: need a whole number"
bad 's/20, 200/20, 200, 3, 4/' "rand_int takes 2 values, got 4"
bad 's/"C": {"log_uniform": \[0.01, 10\]}, //;s/"tol": 0.001/"C": 0/' "C: need a number above 0, got 0"
bad 's/"folds": 5/"folds": 500/' "500 folds need at least 500 rows"
bad 's/"folds": 5/"folds": 1/' "folds: need a whole number from 2 to 1000, got 1"
bad 's/"trials": 2/"trials": 0/' "trials: need at least 1, got 0"
bad 's/"trials": 2/"trials": "two"/' "trials: must be a whole number"
bad 's/"random"/"randon"/' "unknown sampler \"randon\", did you mean \"random\"?"
bad 's/"log_loss"/"log_los"/' "unknown metric \"log_los\", did you mean \"log_loss\"?"
bad 's/"impute"/"imputee"/' "unknown step \"imputee\", did you mean \"impute\"?"
bad 's/"species"/"specie"/' "has no column \"specie\", did you mean \"species\"?"
bad 's/penguins.csv/penguin.csv/' "data.file, relative to the plan: cannot open penguin.csv"
bad 's/"shuffle": true/"shuffle": "yes"/' "shuffle: need true or false, got \"yes\""
bad 's/"seed": 1,/"seed": 1, "seed": 2,/' "this key is there twice"
bad 's/}}$//' "bad.json:9:1: not JSON: a comma or } is missing here"

# A plan that has a command, with one thing wrong.
cp plan.json pipeline.json
cat >plan.json <<'PLAN'
{"objective": {"command": ["sh", "-c", "echo {x}", "{y}"], "direction": "minimize", "steps": 9,
               "files": ["plan.json"], "env": {"A": "{slot}"}, "slots": ["a"], "timeout": "9s"},
 "space": {"x": {"uniform": [0, 1]}, "y": {"uniform": [0, 1]}},
 "search": {"trials": 2, "seed": 1}}
PLAN
there=$(ls -A)
for key in objective command direction files env slots steps timeout space search trials seed; do
    bad "1,/\"$key\":/s/\"$key\":/\"x$key\":/" "did you mean \"$key\"?"
done
bad 's/{y}/{z}/' 'bad.json:1:52: command: in braces stands a hyperparameter, dir, trial, seed or slot'
bad 's/{y}/{y/' 'this { is not closed; {{ writes a brace'
bad 's/, "{y}"//' 'command: it is not told y: name it ("--y={y}"), or {dir}'
bad 's/"sh", /"no-such-program", /' 'objective.command: there is no program "no-such-program" in PATH'
bad 's/"sh", /".\/plan.json", /' './plan.json may not be run: chmod +x'
bad 's/\["sh".*"{y}"\]/"sh {x} {y}"/' 'command: must be a list, the program and its arguments'
bad 's/"minimize"/"lowest"/' 'direction: must be "minimize" or "maximize", not "lowest"'
bad 's/"minimize"/["minimize", "maximize"]/' 'a command has one value, so one direction'
bad 's/"plan.json"/"none.json"/' 'objective.files, relative to the plan: cannot open none.json'
bad 's/"a"\]/"a", 3]/' 'slots: must be a text'
bad 's/\["a"\]/0/' 'slots: need 1 to 1024 slots, got 0'
bad 's/"y": {/"seed": {/;s/{y}/{seed}/' 'a hyperparameter cannot be called "seed"'
bad 's/"seed": 1/"pruner": "fold_racing"/' 'decides between folds, and there are none here'
bad 's/"space"/"data": {}, "space"/' 'or a "space" and an "objective", not of both'
expect 2 "--target is for a pipeline over data" attune search plan.json --target y
expect 2 ". is a folder with other things in it" attune search plan.json --out .
expect 2 "there is no folder no/where" attune search plan.json --out no/where/trials
expect 2 "this plan has a command (\"objective\")" attune fit plan.json --out fitted
mv pipeline.json plan.json

# A store that is none, and one that is cut short.
attune search plan.json --store whole.db --out dump --quiet >out.txt 2>&1 || cat out.txt
head -c 9000 whole.db >cut.db
head -c 3000 "$program" >program.db
there=$(ls -A)
expect 2 "penguins.csv: this file is not an attune store" search plan.json --store penguins.csv
expect 2 "program.db: this file is not an attune store" search plan.json --store program.db
expect 2 "this is a folder: --store needs a file" attune trials .
expect 2 "empty.csv: this file is empty" attune trials empty.csv
expect 2 "no.db: there is no store" attune trials no.db
attune trials cut.db >out.txt 2>err.txt
[ $? -eq 3 ] && grep -q damaged err.txt || { echo "FAILED: a store cut short"; failures=$((failures + 1)); }
rm -f cut.db* out.txt err.txt
there=$(ls -A)

# A question over trials: a name that several have, a name that none has.
sed 's/"step": "logistic_regression", "hyperparams": {"tol": 0.001}, "space": {/"step": "choose", "name": "m", "steps": [{"step": "svm", "space": {"C": [1, 2]}}, {"step": "logistic_regression", "space": {/;s/200\]}}}\]}/200]}}}]}]}/' \
    plan.json >two.json
attune search two.json --store two.db --out two --quiet >out.txt 2>&1 || cat out.txt
there=$(ls -A)
several="\"C\" is the end of"
for words in "m__svm__C" "m__logistic_regression__C" "$several"; do
    expect 2 "$words" attune trials two.db --where "C > 0"
    expect 2 "$words" attune trials two.db --sort C
    expect 2 "$words" attune trials two.db --columns number,C
done
expect 2 "no column \"max_itre\", did you mean \"max_iter\"?" attune trials two.db --where "max_itre > 1"
expect 2 "no column \"max_itre\", did you mean \"max_iter\"?" attune trials two.db --columns max_itre

# One bit of any file of a dump, wherever it is.
refuses() { # FILE AT
    byte=$(od -An -tu1 -j"$2" -N1 "dump/$1" | tr -d ' ')
    rm -rf flipped
    cp -r dump flipped
    printf "$(printf '\\%03o' $((byte ^ 4)))" |
        dd of="flipped/$1" bs=1 seek="$2" conv=notrunc 2>/dev/null
    attune predict flipped penguins.csv >out.txt 2>err.txt
    was=$?
    if [ $was -ne 3 ] || [ -s out.txt ] || ! [ -s err.txt ]; then
        echo "FAILED: a flipped bit in $1 at $2: $was, $(cat err.txt)"
        failures=$((failures + 1))
    fi
}
for file in $(cd dump && find . -type f); do
    length=$(wc -c <"dump/$file")
    for part in 0 3 8; do
        refuses "$file" $(((length - 1) * part / 8))
    done
done
for file in $(cd dump && find . -type f); do
    rm -rf flipped
    cp -r dump flipped
    rm "flipped/$file"
    attune predict flipped penguins.csv >out.txt 2>err.txt
    was=$?
    { [ $was -eq 3 ] || [ $was -eq 2 ]; } && ! [ -s out.txt ] && [ -s err.txt ] ||
        { echo "FAILED: $file is not there: $was"; failures=$((failures + 1)); }
done

[ $failures -eq 0 ] && echo "bad input: ok"
[ $failures -eq 0 ]

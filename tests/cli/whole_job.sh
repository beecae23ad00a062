#!/bin/sh
# tests/cli/whole_job.sh PROGRAM DATA - the job of a night, in seconds, by the built program:
# search, look, fit, predict, score, reproduce; the same bits for any number of threads and after a
# kill; every bad input its message and its exit code.
set -u
program=$1
data=$2
folder=$(mktemp -d) || exit 1
trap 'rm -rf "$folder"' EXIT
cd "$folder" || exit 1
failures=0

# expect CODE WORDS COMMAND...: the exit code, and words in what is said (either stream).
expect() {
    code=$1 words=$2
    shift 2
    "$@" >out.txt 2>err.txt
    was=$?
    if [ $was -ne "$code" ] || { [ -n "$words" ] && ! cat out.txt err.txt | grep -qF -- "$words"; }; then
        echo "FAILED: $* gave $was, expected $code with \"$words\":"
        cat out.txt err.txt
        failures=$((failures + 1))
    fi
}

same() {
    if ! diff -r "$1" "$2" >diff.txt 2>&1; then
        echo "FAILED: $1 and $2 differ ($3):"
        head -5 diff.txt
        failures=$((failures + 1))
    fi
}

attune() { "$program" "$@"; }
list() { attune trials "$1" --format csv --columns number,state,value,hyperparams; }

cp "$data/penguins.csv" "$data/credit.csv" .

# A search, twice, with other threads and caches.
expect 0 "12 trials:" attune search penguins.csv --target species --trials 12 --jobs 1
expect 0 "12 trials:" attune search penguins.csv --target species --trials 12 --jobs 5 \
    --cache off --store five.db --out five
list attune.db >one.csv
list five.db >five.csv
same one.csv five.csv "one thread and five"
same best five "one thread and five"
[ "$(wc -l <one.csv)" -eq 13 ] || { echo "FAILED: not 12 trials"; failures=$((failures + 1)); }
expect 0 "12 trials:" attune search penguins.csv --target species --trials 12
same best five "the same command again"

# Killed in the middle, and gone on with.
cat >quick.json <<'PLAN'
{"data": {"file": "credit.csv", "target": "Status"}, "name": "credit",
 "pipeline": {"steps": [{"step": "impute"}, {"step": "one_hot"}, {"step": "standard_scale"},
   {"step": "choose", "name": "model", "steps": [
     {"step": "logistic_regression", "space": {"C": {"log_uniform": [0.001, 100]}}},
     {"step": "extra_trees", "space": {"n_estimators": {"log_int": [10, 60]}}},
     {"step": "lda"}]}]}}
PLAN
attune search quick.json --trials 40 --store whole.db --out whole --quiet \
    >out.txt 2>&1
"$program" search quick.json --trials 40 --store cut.db --out cut --quiet \
    >cut.txt 2>&1 & # not the function: its shell would die in place of the search
sleep 0.4
kill -9 $!
wait $! 2>wait.txt
expect 0 "40 trials:" attune search quick.json --trials 40 --store cut.db --out cut
list whole.db >whole.csv
list cut.db >cut.csv
same whole.csv cut.csv "never killed and killed"
same whole cut "never killed and killed"

# Looking.
expect 0 "against best" attune trials --top 3
expect 0 "12: " attune trials --where "logistic_regression__C > 0" \
    --sort -logistic_regression__C
expect 2 "did you mean \"number\"" attune trials --columns nmber
expect 0 "species: nominal, target of Adelie, Chinstrap, Gentoo" attune show best
expect 0 "log_loss" attune show 3
expect 0 "1 study" attune show attune.db
expect 2 "there is no trial 12" attune show 12
attune trials | head -1 >head.txt
grep -q number head.txt || { echo "FAILED: trials | head"; failures=$((failures + 1)); }

# A plan goes out and comes back.
attune plan penguins.csv --target species >plan.json
expect 0 "one fold fitted" attune check plan.json
expect 0 "log_uniform" attune show plan.json
expect 0 "is sound" attune check best
expect 0 "is sound" attune check attune.db

# The best again: by its number, to the byte; and on fewer rows.
number=$(attune trials --top 1 --columns number | sed -n 2p | tr -d ' ')
expect 0 "dumped to again" attune fit "$number" --out again
same best again "the search's dump and the fit's"
expect 0 "reproduced: same bits" attune reproduce best
expect 0 "reproduced: same bits" attune reproduce 3
head -300 penguins.csv >fewer.csv
expect 3 "not the data it was fitted on" attune reproduce best fewer.csv
expect 0 "dumped to fewer" attune fit 3 fewer.csv --out fewer
expect 0 "reproduced: same bits" attune reproduce fewer

# Predictions: columns permuted and others beside, no target, each row alone, from another folder.
attune predict best penguins.csv >all.csv
awk -F, -v OFS=, '{print "x", $7, $6, $5, $4, $3, $2, $1}' penguins.csv |
    sed '1s/^x/extra/' >permuted.csv
expect 0 "" attune predict best permuted.csv -o permuted_out.csv
same all.csv permuted_out.csv "columns permuted"
for row in 2 57 344; do
    sed -n "1p;${row}p" penguins.csv >alone.csv
    attune predict best alone.csv | tail -1 >alone_out.csv
    sed -n "${row}p" all.csv >row.csv
    same alone_out.csv row.csv "row $row alone"
done
mkdir elsewhere
(cd elsewhere && attune predict ../best - <../penguins.csv >out.csv)
same all.csv elsewhere/out.csv "standard input, another folder"
expect 0 "accuracy" attune score best penguins.csv --min accuracy=0.9 --max log_loss=1
expect 3 "gate not met: accuracy" attune score best penguins.csv --min accuracy=1.1
expect 2 "METRIC=NUMBER" attune score best penguins.csv --min accuracy

# What is wrong is named, and nothing is left behind.
cut -d, -f1-5,7 penguins.csv >missing.csv
expect 2 "column is missing: \"sex\"" attune predict best missing.csv
sed '5s/,[0-9.]*,/,wide,/' penguins.csv >text.csv
expect 2 "text.csv:5" attune predict best text.csv
sed 's/female/robot/' penguins.csv >unseen.csv
expect 0 'unknown level sex="robot"' attune predict best unseen.csv
before=$(ls)
expect 2 "is a folder" attune predict best penguins.csv -o elsewhere
expect 2 "is the file that is read" attune predict best penguins.csv -o penguins.csv
expect 2 "is a file" attune search penguins.csv --target species --out penguins.csv --overwrite
expect 2 "is not a dump" attune search penguins.csv --target species --out . --overwrite
expect 2 "no folder" attune search penguins.csv --target species --store new.db --out no/where
expect 2 "need 1 to 1024" attune search penguins.csv --target species --jobs 0
expect 2 "need at least 1" attune search penguins.csv --target species --trials 0
expect 2 "did you mean --trials" attune search penguins.csv --target species --trails 3
expect 2 "unknown sampler" attune search penguins.csv --target species --sampler nothing
expect 2 "no column" attune search penguins.csv --target spices
expect 2 "no such file" attune search nothing.csv --target species
expect 2 "search takes data or a plan" attune search best
expect 2 "did you mean \"search\"" attune serch
expect 2 "fit needs --out" attune fit 3
expect 2 "not an attune store" attune trials penguins.csv
expect 2 "no such file" attune predict nothing penguins.csv
expect 2 "no dump" attune predict elsewhere penguins.csv
expect 2 "need a size" attune search penguins.csv --target species --memory much
expect 2 "no column" attune importance best penguins.csv --partial isle
expect 2 "need permutation or model" attune importance best penguins.csv --by magic
[ "$before" = "$(ls)" ] || { echo "FAILED: something was left behind"; failures=$((failures + 1)); }

# One bit of each file of a dump.
for file in $(cd best && find . -type f); do
    rm -rf flipped
    cp -r best flipped
    byte=$(od -An -tu1 -j9 -N1 "best/$file" | tr -d ' ')
    printf "$(printf '\\%03o' $((byte ^ 1)))" |
        dd of="flipped/$file" bs=1 seek=9 conv=notrunc 2>/dev/null
    attune predict flipped penguins.csv >out.txt 2>err.txt
    was=$?
    if [ $was -eq 0 ] || [ $was -gt 3 ] || [ -s out.txt ] || ! [ -s err.txt ]; then
        echo "FAILED: a flipped bit in $file: $was"
        failures=$((failures + 1))
    fi
done

expect 0 "gets worse" attune importance best penguins.csv --repeats 1
expect 0 "probability_Gentoo" attune importance best penguins.csv --partial island
expect 0 "Commands:" attune
expect 0 "--trials N" attune search --help
expect 0 "a number above 0; default 1" attune help step logistic_regression
expect 0 "json-schema.org" attune help plan --format json-schema
expect 2 "did you mean" attune help stepp

[ $failures -eq 0 ] && echo "all as expected"
[ $failures -eq 0 ]

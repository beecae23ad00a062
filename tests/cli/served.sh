#!/bin/sh
# tests/cli/served.sh PROGRAM DATA - what a default search finds, served: for the best of each model
# there is, predictions of a row do not depend on what stands beside it; what does not fit is named.
set -u
program=$1 data=$2
folder=$(mktemp -d) || exit 1
trap 'rm -rf "$folder"' EXIT
cd "$folder" || exit 1
failures=0 served=0

fault() {
    echo "FAILED: $*"
    failures=$((failures + 1))
}
attune() { "$program" "$@"; }
same() { cmp -s "$1" "$2" || { fault "$3: $1 and $2 differ"; diff "$1" "$2" | head -4; }; }
refused() { # FILE WORDS WHAT: no prediction, exit code 2, words
    attune predict dump "$1" >out.txt 2>err.txt
    was=$?
    { [ $was -eq 2 ] && ! [ -s out.txt ] && grep -qF -- "$2" err.txt; } ||
        fault "$3, $1: $was, expected 2 with \"$2\": $(cat err.txt)"
}

# serve WHAT: the dump of this folder on the files that were made.
serve() {
    served=$((served + 1))
    attune predict dump plain.csv >plain.out 2>plain.err || fault "$1: $(cat plain.err)"
    attune predict dump permuted.csv >permuted.out 2>&1
    same plain.out permuted.out "$1, columns permuted, others beside"
    for row in 58 301; do
        sed -n "1p;${row}p" plain.csv >alone.csv
        sed -n "1p;${row}p" plain.out >expected.out
        attune predict dump alone.csv >alone.out 2>&1
        same expected.out alone.out "$1, row $row alone"
    done
    refused lacking.csv "column is missing: \"$number_column\"" "$1"
    refused worded.csv "worded.csv:7" "$1"
    attune predict dump unseen.csv >unseen.out 2>unseen.err || fault "$1, a level never seen"
    grep -qF "unknown level $level_column=\"never seen\"" unseen.err ||
        fault "$1: nothing is said of a level never seen"
    sed 3d plain.out >rest.out
    sed 3d unseen.out >unseen_rest.out
    same rest.out unseen_rest.out "$1, rows beside one of a level never seen"
}

# search FILE TARGET, then every model that it tried.
search() {
    attune search "$1" --target "$2" --trials 20 --seed 2 --quiet --store "$2.db" --out "best_$2" \
        >out.txt 2>&1 || fault "search $1: $(cat out.txt)"
    awk -F, -v OFS=, -v from="$number_column" 'NR == 1 { for (i = 1; i <= NF; i++) at[$i] = i }
        { $at[from] = ""; print }' "$1" | sed "1s/,,/,other,/;1s/,\$/,other/;1s/^,/other,/" >lacking.csv
    awk -F, -v OFS=, -v from="$number_column" 'NR == 1 { for (i = 1; i <= NF; i++) at[$i] = i }
        NR == 7 { $at[from] = "wide" } { print }' "$1" >worded.csv
    awk -F, -v OFS=, -v from="$level_column" 'NR == 1 { for (i = 1; i <= NF; i++) at[$i] = i }
        NR == 3 { $at[from] = "never seen" } { print }' "$1" >unseen.csv
    awk -F, -v OFS=, '{ line = NR == 1 ? "beside" : "x"; for (i = NF; i > 0; i--) line = line OFS $i
        print line }' "$1" >permuted.csv
    cp "$1" plain.csv
    for model in $(attune trials "$2.db" --columns model --format csv | sed 1d | sort -u); do
        number=$(attune trials "$2.db" --sort number --columns number,model --format csv |
            awk -F, -v model="$model" '$2 == model { print $1; exit }')
        rm -rf dump
        attune fit "$number" --store "$2.db" --out dump >out.txt 2>&1 || fault "fit $number"
        serve "$2, $model"
    done
}

cp "$data/penguins.csv" .
sed '/,,,/d;320q' penguins.csv >weighed.csv
sed 400q "$data/credit.csv" >credit.csv
number_column=bill_length_mm level_column=island
search penguins.csv species
search weighed.csv body_mass_g
number_column=Amount level_column=Home
search credit.csv Status

[ $served -ge 15 ] || fault "only $served models were tried"
[ $failures -eq 0 ] && echo "served: ok, $served models"
[ $failures -eq 0 ]

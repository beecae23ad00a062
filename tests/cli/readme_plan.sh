#!/bin/sh
# tests/cli/readme_plan.sh PROGRAM README - the plan that the README shows, taken out of it and run
# on made data with the columns that it names.
set -eu
program=$1
readme=$2
example=$(dirname "$readme")/search/examples/train.json
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"

# The indented block from the line that begins the plan to the first empty one.
awk '/^    \{"data": \{"file": "churn.csv"/ { on = 1 } on && /^$/ { exit } on' "$readme" >plan.json
[ -s plan.json ] || { echo "FAILED: the README shows no plan for churn.csv"; exit 1; }

# Three rows a customer, who stays or leaves by what he pays; a number that is 17 i mod m is enough.
awk 'BEGIN {
    print "row_id,customer_id,signup,zip,plan,fee,notes,churned"
    for (i = 0; i < 360; i++) {
        c = int(i / 3)
        fee = i % 19 == 0 ? -999 : 10 + 17 * i % 90 # -999: missing, says the plan
        plan = i % 23 == 0 ? "NA" : c % 3 == 0 ? "basic" : c % 3 == 1 ? "family" : "office"
        printf "r%04d,c%03d,20%02d-%02d-%02d,%05d,%s,%s,\"said: \"\"%d\"\"\",%s\n", i, c,
            10 + c % 9, 1 + c % 12, 1 + c % 28, 10000 + 17 * c % 61, plan, fee, i,
            (fee > 60) != (i % 11 == 0) ? "yes" : "no"
    }
}' >churn.csv

"$program" check plan.json >check.txt 2>&1 || { echo "FAILED: check"; cat check.txt; exit 1; }
grep -q '360 rows, 120 groups' check.txt || { echo "FAILED: what check says"; cat check.txt; exit 1; }
"$program" search plan.json --trials 8 --quiet >search.txt 2>&1 ||
    { echo "FAILED: search"; cat search.txt; exit 1; }
grep -q '8 trials' search.txt || { echo "FAILED: what search says"; cat search.txt; exit 1; }
"$program" predict best churn.csv -o out.csv
head -1 out.csv | grep -qx 'row_id,prediction,probability_no,probability_yes' ||
    { echo "FAILED: columns of a prediction:"; head -1 out.csv; exit 1; }
[ "$(wc -l <out.csv)" -eq 361 ]
"$program" reproduce best >reproduce.txt 2>&1 || { echo "FAILED: reproduce"; cat reproduce.txt; exit 1; }

# The plan with a command is that of the example, and can be read.
awk '/^    \{"objective": / { on = 1 } on && /^$/ { exit } on' "$readme" | sed 's/^    //' >train.json
cmp train.json "$example" || { echo "FAILED: the plan of the README is not $example"; exit 1; }
"$program" show "$example" >show.txt 2>&1 || { echo "FAILED: show"; cat show.txt; exit 1; }

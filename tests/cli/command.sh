#!/bin/sh
# tests/cli/command.sh PROGRAM - a search whose objective is a command: what is tried and kept is
# the same for any number of jobs and after a kill, and what is wrong is said.
set -eu
attune=$1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"

fail() { echo "command: $*" >&2; exit 1; }
expect() { # CODE COMMAND...: the exit code is this
    wanted=$1; shift
    code=0; "$@" >out 2>err || code=$?
    [ "$code" = "$wanted" ] || { cat out err >&2; fail "$* ended with $code, not $wanted"; }
}
says() { grep -qF -- "$1" "$2" || { cat "$2" >&2; fail "$2 does not say: $1"; }; }
list() { "$attune" trials "$1" --format csv --columns number,state,value,hyperparams; }

# A script that prints more than its value, in a folder that is not the one it is searched from.
mkdir lab
cat >lab/train.sh <<'SCRIPT'
#!/bin/sh
echo "epoch 1 of 1"
awk "BEGIN { print ($1 - 0.3) ^ 2 + ${2:-0.5} }"
echo "done" >"$DIR/model"
SCRIPT
chmod +x lab/train.sh
cat >lab/train.json <<'PLAN'
{"objective": {"command": ["./train.sh", "{x}", "{rate}"], "env": {"DIR": "{dir}"}, "keep": 2,
               "files": ["train.sh"]},
 "space": {"x": {"uniform": [0, 1]}, "how": ["fixed", "free"],
           "rate": {"log_uniform": [0.001, 1], "when": "how = 'free'"}},
 "search": {"trials": 12, "seed": 1}}
PLAN

# One at a time, four at a time: the same trials, the same folders.
expect 0 "$attune" search lab/train.json --store one.db --out one --quiet
says "12 trials: 12 complete" out
says "what it wrote: one/best" out
expect 0 "$attune" search lab/train.json --store four.db --out four --jobs 4 --quiet
list one.db >one.csv
list four.db >four.csv
cmp -s one.csv four.csv || fail "four jobs try other trials"
[ "$(ls one)" = "$(ls four)" ] || fail "four jobs keep other folders"
[ "$(ls one | wc -l)" = 4 ] || fail "in one there is: $(ls one)"
[ "$(cat one/best/model)" = done ] || fail "the best trial's folder lacks what it wrote"
says '"how": "f' one/best/hyperparams.json

# What failed, and why; nothing is left of the folder but what explains it.
sed 's|"./train.sh", "{x}", "{rate}"|"sh", "-c", "echo bad luck >\&2; exit 3", "{x}", "{rate}", "{how}"|
     s/"files".*/"direction": "maximize"},/' lab/train.json >lab/broken.json
expect 1 "$attune" search lab/broken.json --out broken --quiet
says "the first reason: unfit: exit code 3: bad luck" err
[ "$(ls broken/0 | tr '\n' ' ')" = "hyperparams.json stderr stdout " ] || fail "$(ls broken/0)"

# Another script is another study.
echo "# changed" >>lab/train.sh
expect 2 "$attune" search lab/train.json --store one.db --out one --quiet
says "objective.files.train.sh" err

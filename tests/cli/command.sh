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
LC_ALL=C awk "BEGIN { print ($1 - 0.3) ^ 2 + ${2:-0.5} }"
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
says "kept in one/" out
expect 0 "$attune" search lab/train.json --store four.db --out four --jobs 4 --quiet
list one.db >one.csv
list four.db >four.csv
cmp -s one.csv four.csv || fail "four jobs try other trials"
[ "$(ls one)" = "$(ls four)" ] || fail "four jobs keep other folders"
[ "$(ls one | wc -l)" = 4 ] || fail "in one there is: $(ls one)"
[ "$(cat one/best/model)" = done ] || fail "the best trial's folder lacks what it wrote"
says '"how": "f' one/best/hyperparams.json

# Looked at before and after; asking gives configurations of the same study.
expect 0 "$attune" check lab/train.json
says "DIR=DIR ./train.sh 0.5" out
expect 0 "$attune" show lab/train.json
says "how = 'free'" out
best=$(readlink one/best)
expect 0 "$attune" show "$best" --store one.db
says "kept in one/$best" out
says "run as: DIR=$(pwd -P)/one/$best ./train.sh " out
expect 0 "$attune" ask lab/train.json --store one.db --trials 13
says '{"number":12,' out
expect 0 "$attune" tell 12 9.5 --store one.db
expect 0 "$attune" trials one.db --top 1
says "number" out
says "rate" out

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

# Reports on the way: what is pruned is the same for any number of jobs, and its folder is gone.
cat >epochs.sh <<'SCRIPT'
LC_ALL=C awk -v x="$1" 'BEGIN { for (step = 1; step <= 4; step++)
    printf "{\"step\": %d, \"value\": %.6f}\n", step, (x - 0.3) ^ 2 + 1 / step }'
[ "$1" != 0.5 ] || echo '{"step": 5, "value": oops}'
SCRIPT
cat >epochs.json <<'PLAN'
{"objective": {"command": ["sh", "epochs.sh", "{x}"], "steps": 4, "keep": 1},
 "space": {"x": {"uniform": [0, 1]}},
 "search": {"trials": 24, "seed": 2, "lookahead": 4, "pruner": "median", "queue": [{"x": 0.5}]}}
PLAN
expect 0 "$attune" search epochs.json --store one.db --out e1 --quiet
says "pruned, 1 failed (1 unfit)" out
expect 0 "$attune" search epochs.json --store four.db --out e4 --jobs 4 --quiet
list one.db >one.csv
list four.db >four.csv
cmp -s one.csv four.csv || fail "four jobs prune other trials"
[ "$(ls e1 | tr -d '\n')" = "$(ls e4 | tr -d '\n')" ] || fail "four jobs keep other folders"
[ "$(ls e1 | wc -l)" = 4 ] || fail "in e1 there is: $(ls e1)"
says '{"step": 5, "value": oops}' e1/0/stdout
expect 0 "$attune" show 0 --store one.db
says 'line 5 of its output is not as in {"value": 0.25}' out

# Too long: the command and what it started are ended. Slots, and what is left of one in the other.
gone() { # FILE: the process whose number it holds ends; nobody may have reaped it yet
    for i in 1 2 3 4 5 6 7 8 9 10; do
        case $(sed 's/.*) //' "/proc/$(cat "$1")/stat" 2>/dev/null) in '' | Z*) return 0 ;; esac
        sleep 0.1
    done
    fail "the process in $1 still runs"
}
cat >slow.sh <<'SCRIPT'
sleep 60 & echo $! >"child.$2"
wait
SCRIPT
cat >slow.json <<'PLAN'
{"objective": {"command": ["sh", "slow.sh", "{x}", "{slot}"], "timeout": 0.4, "slots": ["a", "b"]},
 "space": {"x": {"uniform": [0, 1]}}, "search": {"trials": 2}}
PLAN
expect 1 "$attune" search slow.json --quiet
says "2 failed (2 timeout)" out
gone child.a
gone child.b

# SIGTERM: the command is ended too, and its trial waits.
sed 's/"timeout": 0.4, //' slow.json >long.json
rm child.*
"$attune" search long.json --store long.db --quiet >out 2>err &
while [ ! -s child.b ] || [ ! -s child.a ]; do sleep 0.05; done
kill -TERM $!
code=0; wait $! || code=$?
[ $code = 143 ] || fail "SIGTERM ended it with $code"
gone child.a
gone child.b
[ "$(list long.db | grep -c WAITING)" = 2 ] || fail "after SIGTERM: $(list long.db)"

# Killed outright: the next run ends what was left running, and comes to what one run comes to.
cat >block.sh <<'SCRIPT'
if [ "$2" = 5 ] && [ -e block ]; then
    echo $$ >blocked
    exec sleep 60
fi
echo "$1"
SCRIPT
cat >block.json <<'PLAN'
{"objective": {"command": ["sh", "block.sh", "{x}", "{trial}"]},
 "space": {"x": {"uniform": [0, 1]}}, "search": {"trials": 12, "lookahead": 3, "seed": 3}}
PLAN
expect 0 "$attune" search block.json --store whole.db --out whole --quiet
: >block
"$attune" search block.json --store killed.db --out killed --jobs 2 --quiet >out 2>err &
while [ ! -s blocked ]; do sleep 0.05; done
kill -9 $!
wait $! 2>/dev/null || true
kill -0 "$(cat blocked)" || fail "the command did not outlive attune: there is nothing to test"
rm block
expect 0 "$attune" search block.json --store killed.db --out killed --jobs 2 --quiet
gone blocked
list whole.db >whole.csv
list killed.db >killed.csv
cmp -s whole.csv killed.csv || fail "after a kill the trials are others"
[ "$(ls whole)" = "$(ls killed)" ] || fail "after a kill other folders are kept: $(ls killed)"

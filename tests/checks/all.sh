#!/bin/sh
# tests/checks/all.sh - every gate, and the proof that each can fail. One line a gate.
here=$(cd "$(dirname "$0")" && pwd)
failed=
for gate in selftest includes registries banned clones size format words headers readme; do
    if faults=$(sh "$here/$gate.sh" 2>&1); then
        echo "ok   $gate"
    else
        printf '%s\n' "$faults" | sed 's/^/    /'
        echo "FAIL $gate ($(printf '%s\n' "$faults" | wc -l) faults)"
        failed="$failed $gate"
    fi
done
[ -z "$failed" ] || {
    echo "checks: failed:$failed"
    exit 1
}

#!/bin/sh
# tests/checks/format.sh - the layout is clang-format's, so that nobody argues about it.
. "$(dirname "$0")/common.sh"

command -v clang-format-14 >/dev/null 2>&1 || {
    echo "clang-format-14 is missing: sh tests/install.sh ci"
    exit 1
}
sources spaces steps trials search tests | xargs clang-format-14 -style=file --dry-run 2>&1 |
    awk -F: '/: warning: code should be clang-formatted/ && !seen[$1]++ {
        print $1 ":" $2 ": not laid out; run clang-format-14 -i " $1 }' | report

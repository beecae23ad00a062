#!/bin/sh
# tests/checks/size.sh - a file has at most 600 lines, a function 60, nesting 3 levels.
. "$(dirname "$0")/common.sh"

sources spaces steps trials search tests | while read -r file; do
    awk -v file="$file" -f "$here/strip.awk" -f "$here/size.awk" "$file"
done | report

#!/bin/sh
# tests/checks/headers.sh - a file says what it is; a header is guarded and says what its calls do.
. "$(dirname "$0")/common.sh"

sources spaces steps trials search tests | while read -r file; do
    case $file in
    tests/*.h | *.c) is_header=0 ;;
    *) is_header=1 ;;
    esac
    awk -v file="$file" -v is_header=$is_header -f "$here/headers.awk" "$file"
done | report

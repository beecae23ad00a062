#!/bin/sh
# tests/checks/includes.sh - includes follow the arrows, and are spelled from the root.
#     spaces <- steps <- search, spaces <- trials <- search; nothing includes tests.
. "$(dirname "$0")/common.sh"

sources spaces steps trials search tests | while read -r file; do
    awk -v file="$file" '
        BEGIN {
            may["spaces"] = " spaces "
            may["steps"] = " spaces steps "
            may["trials"] = " spaces trials "
            may["search"] = " spaces steps trials search "
            may["tests"] = " spaces steps trials search tests "
            split(file, part, "/")
            folder = part[1]
        }
        /^[ \t]*#[ \t]*include[ \t]*"/ {
            split($0, quoted, "\"")
            path = quoted[2]
            split(path, to, "/")
            where = file ":" FNR ": "
            if (path ~ /(^|\/)\.\.?\// || !(to[1] in may))
                print where "\"" path "\" is not spelled from the root; write \"folder/file.h\""
            else if (index(may[folder], " " to[1] " ") == 0)
                print where folder " may not include " to[1] "; pass what is needed as a callback," \
                    " or move the code to where both may see it"
        }' "$file"
done | report

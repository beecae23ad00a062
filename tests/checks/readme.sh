#!/bin/sh
# tests/checks/readme.sh - a file that a README names in backquotes, or links to, is there.
. "$(dirname "$0")/common.sh"

tracked | grep -E '(^|/)[A-Z]+\.md$' | while read -r file; do
    folder=$(dirname "$file")
    awk '{
        line = $0
        while (match(line, /`[^`]+`|\]\([^)#]+/)) {
            word = substr(line, RSTART, RLENGTH)
            line = substr(line, RSTART + RLENGTH)
            gsub(/^(`|\]\()|`$/, "", word)
            n = split(word, parts, /[ \t]/)
            for (i = 1; i <= n; i++)
                print FNR, parts[i]
        }
    }' "$file" | while read -r line word; do
        case $word in
        *://* | *[*\<\>{}\$=]* | build/* | /* | -*) continue ;;
        spaces/* | steps/* | trials/* | search/* | tests/* | .ci/*) ;;
        [A-Z]*.md | *.txt | LICENSE) ;;
        *) continue ;;
        esac
        [ -e "$word" ] || [ -e "$folder/$word" ] ||
            echo "$file:$line: there is no $word; mend the name, or take it out"
    done
done | report

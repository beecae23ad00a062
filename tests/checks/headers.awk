# tests/checks/headers.awk - the head of one file; in a header also its guard and its comments.
# Declarations that stand together share one comment: above them, between them or behind a line.
function fault(line, what) {
    print file ":" line ": " what
}

# The end of a paragraph: it had a declaration, and a comment or none.
function end_paragraph() {
    if (declared && !commented)
        fault(declared, name " has no comment; say what it gives, takes and refuses")
    declared = 0
    commented = in_block
}

FNR == 1 && /^#define _(GNU|DEFAULT)_SOURCE/ {
    next
}

!first {
    first = 1
    if (index($0, "/* " file " - ") != 1)
        fault(FNR, "begin the file with /* " file " - what it is. */")
}

/^#ifndef ATTUNE_[A-Z0-9_]+_H$/ {
    guarded = 1
}

/\/\*/ {
    commented = 1
    in_block = 1
}

/\*\// {
    in_block = 0
}

/^$/ && !in_block {
    end_paragraph()
}

is_header && !declared && !/^(typedef|#|static|\/| )/ && match($0, /attune_[a-z0-9_]+\(/) {
    name = substr($0, RSTART, RLENGTH - 1)
    # These verbs mean the same everywhere.
    declared = name ~ /_(init|clear|free|same)$/ ? 0 : FNR
}

END {
    end_paragraph()
    if (is_header && !guarded)
        fault(1, "no include guard; add #ifndef ATTUNE_..._H")
}

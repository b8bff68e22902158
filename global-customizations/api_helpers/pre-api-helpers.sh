#!/bin/bash
# AFT runs this in every account, before the global Terraform: sourced since AFT 1.20, as a program before. Both must
# work, so the work is a child process and nothing here sets a variable or an option, or changes the folder.
#
# Access is converged here too, because a broken Terraform must not block a revocation. Its failure is recorded (this
# log, the audit, AFT's failure topic) and does not stop the baseline: post does the same again, and post's exit code
# is the build's. PYTHONPATH replaces AFT's own, and -P keeps the working folder out: only our code is found.
#
# Then this account's guardrails. Their failure ends the build: without them nobody is let in for the first time.
PYTHONPATH="$(dirname "${BASH_SOURCE[0]}")/python" python3 -P -m aft_access apply --phase pre ||
    echo "access: failed before the baseline (exit code $?); post tries again and decides the build" >&2
PYTHONPATH="$(dirname "${BASH_SOURCE[0]}")/python" python3 -P -m aft_guardrails apply ||
    return 1 2>/dev/null || exit 1

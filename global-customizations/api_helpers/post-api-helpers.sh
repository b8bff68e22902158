#!/bin/bash
# AFT runs this in every account, after the global Terraform: sourced since AFT 1.20, as a program before. Both must
# work, so the work is a child process and nothing here sets a variable or an option, or changes the folder. Sourced,
# `set -e` would be ignored anyway: a step's failure is a failure only because of what follows its ||.
#
# PYTHONPATH replaces AFT's own, which has AFT's Lambda code in it by now, and -P keeps the working folder out.
PYTHONPATH="$(dirname "${BASH_SOURCE[0]}")/python" python3 -P -m aft_access apply --phase post ||
    return 1 2>/dev/null || exit 1

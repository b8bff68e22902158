#!/bin/bash
# AFT runs this before the Terraform beside it: sourced since AFT 1.20, as a program before. Both must work, so the
# work is a child process and nothing here sets a variable or an option, or changes the folder. Sourced, `set -e`
# would be ignored anyway: a step's failure is a failure only because of what follows its ||.
python3 "$(dirname "${BASH_SOURCE[0]}")/python/set_regional_defaults.py" || return 1 2>/dev/null || exit 1

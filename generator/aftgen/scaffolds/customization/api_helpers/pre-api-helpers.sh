#!/bin/bash
# AFT runs this before the Terraform beside it: sourced since AFT 1.20, as a program before. Both must work, so nothing
# here may set a variable or an option, or change the folder. Run a step as a child process, and end it so that its
# failure fails the build in both ways:
#
#   python3 "$(dirname "${BASH_SOURCE[0]}")/python/step.py" || return 1 2>/dev/null || exit 1
echo "Executing pre-API helpers: none are defined"

#!/bin/bash
# AFT runs this after the Terraform beside it: sourced since AFT 1.20, as a program before. Both must work, so nothing
# here may set a variable or an option, or change the folder.
echo "Executing sandbox post-API helpers: none are defined"

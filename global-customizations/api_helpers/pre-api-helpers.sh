#!/bin/bash
# AFT runs this in every account, before the global Terraform: sourced since AFT 1.20, as a program before. Both must
# work, so nothing here may set a variable or an option, or change the folder.
echo "Executing global pre-API helpers: none are defined"

#!/bin/bash
# AFT runs this after the Terraform beside it, and not at all when that failed: sourced since AFT 1.20, as a program
# before. Both must work: pre-api-helpers.sh says how a step is written.
echo "Executing post-API helpers: none are defined"

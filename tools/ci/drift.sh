#!/usr/bin/env bash
# Compares who can enter which account with what is declared, in the whole organization.
#   drift.sh REPORT
# REPORT has what differs afterwards, and is empty when nothing does. Only reads.
set -euo pipefail

report=$1
: >"$report"

ended=0
aftgen access report --drift >"$report.part" || ended=$?
# 1 with a list says that something differs. Any other failure is that nobody could look, and then an empty
# report would be a lie.
if [ "$ended" -gt 1 ] || { [ "$ended" -eq 1 ] && [ ! -s "$report.part" ]; }; then
  rm -f "$report.part"
  exit "$ended"
fi
if [ "$ended" -eq 1 ]; then
  cat "$report.part" >"$report"
fi
rm -f "$report.part"

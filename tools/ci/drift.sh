#!/usr/bin/env bash
# Compares what is declared with what is there, in every account, and writes what differs.
#   drift.sh REPORT
# REPORT is empty afterwards when nothing differs. Only reads. ACCOUNTS, ids with spaces between them, is for a
# version of aftgen whose 'access' has no report of the whole organization.
set -euo pipefail

report=$1
: >"$report"

# 1 says that something differs or is refused; above that nobody looked, and an empty report would be a lie.
look() {
  local ended=0
  "$@" >"$report.part" || ended=$?
  if [ "$ended" -gt 1 ]; then
    rm -f "$report.part"
    exit "$ended"
  fi
  if [ "$ended" -eq 1 ]; then
    cat "$report.part" >>"$report"
  fi
  rm -f "$report.part"
}

if aftgen access report --help >/dev/null 2>&1; then
  look aftgen access report --drift
else
  for account in ${ACCOUNTS:-}; do
    echo "$account" >&2
    look aftgen access plan --account "$account" --drift
  done
fi

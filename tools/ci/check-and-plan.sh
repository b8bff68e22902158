#!/usr/bin/env bash
# Judges a change: 'aftgen check' as annotations, 'aftgen plan' as text for a comment.
#   check-and-plan.sh CHANGE REPORT
# CHANGE is a clone with the change in its working tree; it is read, nothing in it is run. REPORT is a folder
# for plan.md (and check.json, GitLab's code quality report). BASE is the commit to compare with, FORMAT the
# form of the findings: github, gitlab or text. Ends with 1 when something is refused.
set -euo pipefail

change=$1 report=$2
mkdir -p "$report"
report=$(cd "$report" && pwd)
cd "$change"

checked=0
case ${FORMAT:-text} in
  gitlab)
    aftgen check --format gitlab --output "$report/check.json" || checked=$?
    # The report above is for the machine; this is for who reads the log.
    [ "$checked" -eq 0 ] || aftgen check --quiet --exit-zero
    ;;
  *) aftgen check --format "${FORMAT:-text}" || checked=$? ;;
esac

planned=0
if aftgen plan --help >/dev/null 2>&1; then
  aftgen plan ${BASE:+--base "$BASE"} --format markdown >"$report/plan.md" || planned=$?
else
  echo "This version of aftgen has no plan." >"$report/plan.md"
fi
if [ "$checked" -ne 0 ]; then
  printf '\n**aftgen check refuses this change**: see its findings, or run it locally.\n' >>"$report/plan.md"
fi
cat "$report/plan.md" >>"${GITHUB_STEP_SUMMARY:-/dev/null}"

# 1 is a refusal; anything above it is a failure of its own and is shown as it is.
[ "$checked" -le 1 ] || exit "$checked"
[ "$planned" -le 1 ] || exit "$planned"
[ "$checked" -eq 0 ] && [ "$planned" -eq 0 ]

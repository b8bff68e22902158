#!/usr/bin/env bash
# Publishes what was merged, and where there are credentials for it follows AFT to the end and says on the pull
# request what became of each account.
#   publish.sh [OPTION]...            options of 'aftgen publish'
# ALLOW_REMOVAL names accounts that may go, ALLOW_LOSS what else may, with commas between them: a person starts the
# workflow with it.
set -euo pipefail

options=()
allow() {
  local name
  while IFS= read -r name; do
    if [ -n "$name" ]; then
      options+=("$1" "$name")
    fi
  done < <(tr "," "\n" <<<"$2" | sed "s/^ *//; s/ *$//")
}
allow --allow-removal "${ALLOW_REMOVAL:-}"
allow --allow-loss "${ALLOW_LOSS:-}"
if [ -n "${AWS_ROLE:-}" ]; then
  options+=(--follow)
  if command -v gh >/dev/null; then
    options+=(--comment merged)
  fi
fi

fence="\`\`\`"
log=$(mktemp)
trap 'rm -f "$log"' EXIT
ended=0
aftgen publish ${options[@]+"${options[@]}"} "$@" 2>&1 | tee "$log" || ended=$?
{
  echo "$fence"
  cat "$log"
  echo "$fence"
} >>"${GITHUB_STEP_SUMMARY:-/dev/null}"
exit "$ended"

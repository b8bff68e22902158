#!/usr/bin/env bash
# Keeps one issue about drift up to date: opened, rewritten, and closed when there is none.
#   github-issue.sh FILE
# FILE is what drift.sh wrote; empty means that nothing differs. The repository is GH_REPOSITORY.
set -euo pipefail

file=$1
here=$(cd "$(dirname "$0")" && pwd)
marker=aftgen-drift
fence="\`\`\`"

issue=$(gh api --paginate --method GET "repos/$GH_REPOSITORY/issues" -f state=open -f labels="$marker" \
  --jq ".[] | select(.user.login == \"github-actions[bot]\" and ((.body // \"\") | startswith(\"<!-- $marker -->\"))) | .number" |
  head -n 1)
if [ ! -s "$file" ]; then
  if [ -n "$issue" ]; then
    gh api --method PATCH "repos/$GH_REPOSITORY/issues/$issue" -f state=closed -f state_reason=completed --silent
  fi
  exit 0
fi
body=$(mktemp)
fenced=$(mktemp)
trap 'rm -f "$body" "$fenced"' EXIT
{
  echo 'What is there differs from what is declared:'
  echo "$fence"
  sed "s/$fence/' ' '/g" "$file"
  echo "$fence"
} >"$fenced"
python3 "$here/comment_body.py" "$marker" "$fenced" 'Access differs from what is declared' >"$body"
if [ -n "$issue" ]; then
  gh api --method PATCH "repos/$GH_REPOSITORY/issues/$issue" --input "$body" --silent
else
  number=$(gh api --method POST "repos/$GH_REPOSITORY/issues" --input "$body" --jq .number)
  gh api --method POST "repos/$GH_REPOSITORY/issues/$number/labels" -f "labels[]=$marker" --silent
fi

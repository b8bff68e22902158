#!/usr/bin/env bash
# Keeps one comment with the plan on a pull request up to date.
#   github-comment.sh FILE
# FILE comes out of a run of the change's own workflow, so it is data and nothing in it is believed: the pull
# request is found by GH_REPOSITORY, HEAD_OWNER, HEAD_BRANCH and HEAD_SHA, which GitHub itself says.
set -euo pipefail

file=$1
here=$(cd "$(dirname "$0")" && pwd)
marker=aftgen-plan

case $HEAD_SHA in
  *[!0-9a-f]* | '')
    echo "HEAD_SHA is no commit" >&2
    exit 1
    ;;
esac
number=$(gh api --method GET "repos/$GH_REPOSITORY/pulls" -f state=open -f "head=$HEAD_OWNER:$HEAD_BRANCH" \
  --jq "map(select(.head.sha == \"$HEAD_SHA\"))[0].number // empty")
if [ -z "$number" ]; then
  echo "no open pull request is at $HEAD_SHA: a newer run comments" >&2
  exit 0
fi

body=$(mktemp)
trap 'rm -f "$body"' EXIT
python3 "$here/comment_body.py" "$marker" "$file" >"$body"
comment=$(gh api --paginate "repos/$GH_REPOSITORY/issues/$number/comments" \
  --jq ".[] | select(.user.login == \"github-actions[bot]\" and (.body | startswith(\"<!-- $marker -->\"))) | .id" |
  head -n 1)
if [ -n "$comment" ]; then
  gh api --method PATCH "repos/$GH_REPOSITORY/issues/comments/$comment" --input "$body" --silent
else
  gh api --method POST "repos/$GH_REPOSITORY/issues/$number/comments" --input "$body" --silent
fi

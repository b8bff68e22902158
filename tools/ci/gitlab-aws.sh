#!/usr/bin/env bash
# Puts GitLab's identity token where AWS's libraries read it.
#   gitlab-aws.sh FILE
# The libraries assume AWS_ROLE_ARN with it by themselves.
set -euo pipefail

umask 077
printf '%s' "${AWS_TOKEN:?GitLab gives it with id_tokens}" >"$1"

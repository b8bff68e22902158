#!/usr/bin/env bash
# Lets git push to this project with the deploy key, in this job's clone only.
# AFTGEN_PUSH_KEY and AFTGEN_KNOWN_HOSTS are file variables; the project is CI_SERVER_HOST and CI_PROJECT_PATH.
set -euo pipefail

key=$(mktemp)
# ssh refuses a key that others can read, and one without its last line end.
(cat "${AFTGEN_PUSH_KEY:?a protected file variable}" && echo) >"$key"
chmod 600 "$key"
git config core.sshCommand \
  "ssh -i $key -o IdentitiesOnly=yes -o BatchMode=yes -o UserKnownHostsFile=${AFTGEN_KNOWN_HOSTS:?a file variable}"
git remote set-url origin "git@$CI_SERVER_HOST:$CI_PROJECT_PATH.git"

#!/usr/bin/env bash
# Installs aftgen into a virtual environment and puts it on PATH for the steps that follow.
#   install.sh ROOT ENVIRONMENT
# ROOT is the repository whose aftgen is installed: the program where it is in it, else what
# .github/aftgen-requirements.txt names. In a pull request that is the base branch's, never the change's.
set -euo pipefail

root=$1 environment=$2
python3 -m venv "$environment"
pip=("$environment/bin/python" -m pip install --quiet --disable-pip-version-check)
if [ -d "$root/generator/aftgen" ]; then
  "${pip[@]}" --constraint "$root/constraints.txt" "$root"
else
  "${pip[@]}" --requirement "$root/.github/aftgen-requirements.txt"
fi
if [ -n "${GITHUB_PATH:-}" ]; then
  echo "$environment/bin" >>"$GITHUB_PATH"
fi

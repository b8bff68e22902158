"""``make demo``: the main job on the embedded example organization, in a scratch copy of this repository.

Asks for accounts, checks the requests and rehearses them: what AFT would make of them, and who could sign in
with what. Runs the real commands, prints them with what they print, and leaves the files in ``build/demo`` to
look at. The README shows the same run; a test compares the two.
"""

import os
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
COPIED = (
    "aftgen.yaml",
    "account-requests",
    "account-customizations",
    "account-provisioning-customizations",
    "global-customizations",
    "examples",
)
#: Characters of a line, whoever looks at it: the README shows the same ones.
WIDTH = 116
REHEARSE = "aftgen rehearse"
COMMANDS = (
    "aftgen new search-prod --ou Workloads/Prod --tag cost-center=441207 \\\n"
    "    --grant ReadOnlyAccess=group:auditors --reason 'Search gets its own account'",
    "aftgen new --from examples/requests.yaml",
    "aftgen check",
    REHEARSE,
)

#: The person who asks, whoever runs the demo: git's own way to set a value for one command.
_AS_ADA = {
    "GIT_CONFIG_COUNT": "2",
    "GIT_CONFIG_KEY_0": "user.name",
    "GIT_CONFIG_VALUE_0": "Ada Lovelace",
    "GIT_CONFIG_KEY_1": "user.email",
    "GIT_CONFIG_VALUE_1": "ada@example.com",
}


def main() -> int:
    target = Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "build" / "demo"
    prepare(target)
    for command in COMMANDS:
        code = run(command, target)
        if code != 0:
            print(f"the demo stopped: '{command}' ended with {code}", file=sys.stderr)
            return code
    shown = target.relative_to(ROOT) if target.is_relative_to(ROOT) else target
    print(f"\nThe requests are in {shown}/account-requests/terraform/")
    return 0


def prepare(target: Path) -> None:
    """A fresh copy of what a request repository holds, without requests."""
    shutil.rmtree(target, ignore_errors=True)
    target.mkdir(parents=True)
    for name in COPIED:
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, target / name, ignore=shutil.ignore_patterns("__pycache__", ".terraform"))
        else:
            shutil.copy2(source, target / name)
    for request in (target / "account-requests" / "terraform").glob("*.tf"):
        request.unlink()


def run(command: str, folder: Path) -> int:
    """One command, printed and run as a person would run it there.

    How far a rehearsal has come is not part of what it prints in the end: it goes where it always goes.
    """
    print(f"\n$ {command}", flush=True)
    environment = {**os.environ, "AFTGEN_NO_INPUT": "1", "COLUMNS": str(WIDTH), **_AS_ADA}
    errors = None if command == REHEARSE else subprocess.STDOUT
    done = subprocess.run(arguments(command), cwd=folder, env=environment, stderr=errors, check=False)
    return done.returncode


def arguments(command: str) -> list[str]:
    """A command line as this interpreter runs it."""
    return [sys.executable, "-m", "aftgen", *shlex.split(command.replace("\\\n", ""))[1:]]


if __name__ == "__main__":
    sys.exit(main())

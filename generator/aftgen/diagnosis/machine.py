"""What this machine has: programs and their versions, and what GitHub says of branches through ``gh``."""

import json
import platform
import re
import subprocess
from collections.abc import Sequence
from shutil import which
from typing import Any, Final

from aftgen.diagnosis.installation import Program, Protection

_SECONDS: Final = 20
_VERSION: Final = re.compile(r"\d+\.\d+(?:\.\d+)?")
_PROGRAMS: Final = (
    ("git", ("git", "--version"), True, "publishing and planning need it"),
    ("terraform", ("terraform", "version"), False, "requests that are not plain text are evaluated with it"),
    ("aws", ("aws", "--version"), False, "'aws sso login' signs in with it"),
)


def programs() -> list[Program]:
    """Git, Terraform, Python and the AWS CLI."""
    found = [Program(name="python", version=platform.python_version(), needed=True)]
    for name, command, needed, use in _PROGRAMS:
        found.append(Program(name=name, version=_version(command), needed=needed, use=use))
    return found


def _version(command: Sequence[str]) -> str:
    binary = which(command[0])
    if binary is None:
        return ""
    _, said = _run([binary, *command[1:]])
    match = _VERSION.search(said)
    return match[0] if match else "of an unknown version"


def protections(repository: str, branches: Sequence[str], *, host: str = "github.com") -> list[Protection]:
    """Who may push to branches of a GitHub repository (``Org/Repo``), by the server's own answer."""
    binary = which("gh")
    if binary is None:
        return [Protection(branch=each, why="gh is not on PATH") for each in branches]
    if repository.count("/") != 1:
        why = f"{repository or 'the remote'} is no repository on GitHub"
        return [Protection(branch=each, why=why) for each in branches]
    api = (binary, "api", "--hostname", host)
    return [_protection(api, repository, each) for each in branches]


def _protection(api: Sequence[str], repository: str, branch: str) -> Protection:
    """Rulesets first, which anybody may read, then the older branch protection, which takes an admin."""
    code, said = _run([*api, f"repos/{repository}/rules/branches/{branch}"])
    rules = _parsed(said) if code == 0 else None
    updates = [each for each in rules if each.get("type") == "update"] if isinstance(rules, list) else []
    if updates:
        ruleset = f"repos/{repository}/rulesets/{updates[0].get('ruleset_id')}"
        code, said = _run([*api, ruleset])
        return Protection(branch=branch, who=_passing(_parsed(said) if code == 0 else None))
    code, said = _run([*api, f"repos/{repository}/branches/{branch}/protection"])
    shown = _parsed(said)
    if code == 0 and isinstance(shown, dict):
        return _restricted(branch, shown)
    message = str(shown.get("message", "")) if isinstance(shown, dict) else ""
    if "not protected" in message.lower() or "not protected" in said.lower():
        return Protection(branch=branch)
    why = " ".join((message or said or f"gh ended with {code}").split())[:200]
    return Protection(branch=branch, why=f"gh: {why}")


def _passing(ruleset: Any) -> tuple[str, ...]:
    """Whom a ruleset lets pass. GitHub names them by kind and number, and only to whoever may write."""
    actors = ruleset.get("bypass_actors") if isinstance(ruleset, dict) else None
    if not isinstance(actors, list):
        return ("those that the ruleset lets pass",)
    return tuple(f"{each.get('actor_type')} {each.get('actor_id') or ''}".strip() for each in actors)


def _restricted(branch: str, shown: dict[str, Any]) -> Protection:
    restrictions = shown.get("restrictions")
    if not isinstance(restrictions, dict):
        return Protection(branch=branch)
    users = [str(each.get("login")) for each in restrictions.get("users", ())]
    others = [str(each.get("slug")) for kind in ("teams", "apps") for each in restrictions.get(kind, ())]
    return Protection(branch=branch, who=(*users, *others))


def _parsed(text: str) -> Any:
    try:
        return json.JSONDecoder().raw_decode(text.strip())[0]
    except ValueError:
        return None


def _run(command: Sequence[str]) -> tuple[int, str]:
    """The exit code and everything that was printed; a program that hangs or cannot start has failed."""
    try:
        done = subprocess.run(
            list(command),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=_SECONDS,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return 1, str(error)
    return done.returncode, done.stdout.decode("utf-8", "replace")

"""The shell of one build, command by command, as CodeBuild's agent runs a buildspec.

Each command of a buildspec is a script of its own for `bash --posix`. What passes from one to the next is
what CodeBuild carries over: variables, exported or not, and the working folder; not options, functions or
arrays. A script that calls `exit` carries nothing over. All commands of a build live in one session, so a
daemon that one of them starts is there for the next, and gone after the build.

Reference: AFT reference §3.3 (sourced semantics, what persists).
"""

import os
import re
import select
import shlex
import shutil
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from aftgen.errors import UsageError
from aftgen.rehearsal.processes import OutOfTime

if TYPE_CHECKING:
    from aftgen.rehearsal.processes import Child, Workspace

#: AFT's `global_codebuild_timeout`, whose default is 60 minutes.
TIMEOUT_SECONDS: Final = 3600.0
#: More than this in one build's log is a loop that prints.
MAX_LOG_BYTES: Final = 64 * 1024 * 1024
_AGENT: Final = r"""
while IFS= read -r script; do
  eval "env -i \"\$BASH\" --posix \"\$script\" </dev/null $1>&-"
  printf '%s\n' "$?" >&"$1"
done
"""
_CARRY_OVER: Final = r"""
aftgen_status=$?
set +o posix +e +u
declare -p | while IFS= read -r aftgen_line; do
  case $aftgen_line in
    "declare -- BASH"* | "declare -- aftgen_"* | "declare -- EPOCH"*) ;;
    "declare -"?" _="* | "declare -x PWD="*) ;;
    "declare -x "*=* | "declare -- "*=*) printf '%s\n' "$aftgen_line" ;;
  esac
done >{state}
printf 'cd %q\n' "$PWD" >>{state}
exit $aftgen_status
"""
_EXPORTED = re.compile(r"^declare -x (?P<name>[A-Za-z_]\w*)=", re.MULTILINE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ran:
    """One command's exit status, and where in the log what it printed begins."""

    code: int
    start: int


class BuildEnded(Exception):
    """The build's shell is gone: something in the build killed it."""


class BuildShell:
    """One build's commands; `close` ends whatever they left running. One thread uses it."""

    def __init__(
        self,
        processes: "Workspace",
        *,
        folder: Path,
        start_in: Path,
        environment: Mapping[str, str],
        timeout: float = TIMEOUT_SECONDS,
    ) -> None:
        """`folder` is for the shell's own files; `environment` is all that the build sees of one."""
        bash = shutil.which("bash")
        if bash is None:
            raise UsageError("bash is not on PATH", hint="AFT's builds run in bash; install it")
        folder.mkdir(parents=True, exist_ok=True)
        self.log = folder / "build.log"
        self.log.touch()
        self._script, self._state = folder / "script.sh", folder / "state.sh"
        self._processes = processes
        self._timeout = timeout
        self._deadline = time.monotonic() + timeout
        assigned = (f"declare -x {name}={shlex.quote(value)}\n" for name, value in environment.items())
        self._state.write_text("".join(assigned) + f"cd {shlex.quote(str(start_in))}\n", encoding="utf-8")
        self._replies, replies = os.pipe()
        try:
            self._agent: Child = processes.start(
                [bash, "-c", _AGENT, "codebuild", str(replies)],
                cwd=start_in,
                environment={"PATH": environment.get("PATH", os.defpath)},
                output=self.log,
                with_input=True,
                pass_fds=(replies,),
            )
        except BaseException:
            os.close(self._replies)
            raise
        finally:
            os.close(replies)

    def close(self) -> None:
        self._agent.end()
        if self._replies >= 0:
            os.close(self._replies)
            self._replies = -1

    def run(self, command: str) -> Ran:
        """One command of the buildspec. Raises OutOfTime, BuildEnded, and what a stopped workspace raises."""
        start = self.size()
        carry_over = _CARRY_OVER.replace("{state}", shlex.quote(str(self._state)))
        # As the buildspec has it, on lines of its own: a script's messages name their lines.
        self._script.write_text(
            f". {shlex.quote(str(self._state))}\n{command}\n{carry_over}", encoding="utf-8"
        )
        assert self._agent.process.stdin is not None
        try:
            os.write(self._agent.process.stdin.fileno(), f"{self._script}\n".encode())
            code = int(self._reply())
        except (BrokenPipeError, ValueError):
            self._processes.check()
            raise BuildEnded("the build's shell was killed") from None
        return Ran(code=code, start=start)

    def assign(self, variables: Mapping[str, str], *, export: bool = False) -> None:
        """Variables for the commands that follow, as the buildspec's own assignments make them."""
        kind = "-x" if export else "--"
        lines = [f"declare {kind} {name}={shlex.quote(value)}\n" for name, value in variables.items()]
        with self._state.open("a", encoding="utf-8") as state:
            state.writelines(lines)

    def exported(self) -> frozenset[str]:
        """The names that the next command finds in its environment."""
        text = self._state.read_text(encoding="utf-8", errors="replace")
        return frozenset(match["name"] for match in _EXPORTED.finditer(text))

    def say(self, text: str) -> None:
        """A line in the build's log."""
        with self.log.open("a", encoding="utf-8") as log:
            log.write(text if text.endswith("\n") else f"{text}\n")

    def size(self) -> int:
        """The log's length so far, in bytes."""
        return self.log.stat().st_size

    def printed(self, start: int = 0) -> str:
        return self._agent.printed(start).decode("utf-8", "replace")

    def _reply(self) -> str:
        reply = b""
        while not reply.endswith(b"\n"):
            ready, _, _ = select.select([self._replies], [], [], 1.0)
            if ready:
                data = os.read(self._replies, 16)
                if not data:
                    break
                reply += data
            elif time.monotonic() > self._deadline:
                raise OutOfTime(f"the build took longer than {self._timeout / 60:g} minutes")
            elif self.size() > MAX_LOG_BYTES:
                raise OutOfTime(f"the build printed more than {MAX_LOG_BYTES // 1024**2} MB")
        return reply.decode()

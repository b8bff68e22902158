"""Processes and temporary folders, and that nothing of them is left however a rehearsal ends.

- Every child runs in a session of its own, so it ends together with what it started, and it has no terminal
  to ask on, as in a build.
- SIGINT, SIGTERM and SIGHUP kill every child at once, in the handler: a thread that waits for one goes on
  and finds the workspace stopped. The main thread gets `Interrupted`, never while a child is being started.
- A watchdog process knows every child before that child runs its first instruction (it waits at a gate for
  that), and kills them when this process dies in whatever way.
- The workspace's folder holds a lock that this process has: a folder whose lock is free is a dead one's, and
  the next rehearsal removes it.
"""

import atexit
import os
import shutil
import stat
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType
from typing import Any, Final

from aftgen.errors import UsageError
from aftgen.rehearsal import watchdog
from aftgen.rehearsal.interruption import Interrupted, handle, restore
from aftgen.rehearsal.watchdog import MARK, kill_group, kill_marked

PREFIX: Final = "aftgen-rehearsal-"
_LOCK: Final = "lock"
#: A folder without a lock file is being made, or its maker died within that instant.
_YOUNG_SECONDS: Final = 600
#: The gate: a child waits for a line on its standard input before it becomes the command.
_GATE: Final = 'read -r go && exec "$@" </dev/null'
_GATE_WITH_INPUT: Final = 'read -r go && exec "$@"'


class WorkspaceClosed(Exception):
    """The workspace was stopped by a signal, or closed, while another thread worked in it."""


class OutOfTime(Exception):
    """A command took longer than it may; it was killed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finished:
    """How a command ended: its exit code (negative: the signal that ended it) and all that it printed."""

    code: int
    output: str


@dataclass(eq=False, slots=True)
class Child:
    """A running command. `output` is the file that it prints into."""

    process: "subprocess.Popen[bytes]"
    output: Path
    workspace: "Workspace" = field(repr=False)

    def wait(self) -> int:
        """Its exit code. Raises WorkspaceClosed or Interrupted when the workspace stopped meanwhile."""
        if hasattr(os, "waitid"):
            # Not reaped yet: its number cannot become another process's while its group is killed.
            with suppress(ChildProcessError):
                os.waitid(os.P_PID, self.process.pid, os.WEXITED | os.WNOWAIT)
        else:
            self.process.wait()
        self.end()
        self.workspace.check()
        return self.process.returncode

    def end(self) -> None:
        """Kill whatever is left of it, and of what it started; harmless when it has ended."""
        if self.workspace.forget(self):
            kill_group(self.process.pid)
        self.process.wait()
        if self.process.stdin and not self.process.stdin.closed:
            with suppress(BrokenPipeError):
                self.process.stdin.close()

    def printed(self, start: int = 0) -> bytes:
        """What it has printed so far, from a byte on."""
        with self.output.open("rb") as file:
            file.seek(start)
            return file.read()


class Workspace:
    """A temporary folder and every process that works for it: `with Workspace.open() as workspace:`.

    Signals are handled where it is opened in the main thread. `folder` is there inside the `with` only.
    """

    def __init__(self) -> None:
        self.folder = Path()
        self._lock = -1
        self._watchdog: subprocess.Popen[bytes] | None = None
        self._children: set[Child] = set()
        self._counter = 0
        self._signal = 0
        self._closed = False
        self._owner = threading.get_ident()
        #: Above 0 while the main thread does what a signal must not cut in two.
        self._undisturbed_depth = 1
        self._handlers: dict[int, Any] = {}

    @classmethod
    def open(cls) -> "Workspace":
        """A workspace to enter. Entering also removes what dead rehearsals left behind."""
        return cls()

    def __enter__(self) -> "Workspace":
        if sys.platform == "win32":
            raise UsageError("a rehearsal runs bash scripts, which Windows cannot", hint="use WSL")
        try:
            self._handlers = handle(self._on_signal)
            atexit.register(self._close)
            sweep()
            self.folder, self._lock = _make_folder()
            (self.folder / "tmp").mkdir()
            self._start_watchdog()
        except BaseException:
            self._close()
            raise
        if self._signal:
            self._close()
            raise Interrupted(self._signal)
        self._undisturbed_depth = 0
        return self

    def __exit__(self, kind: object, *raised: object) -> None:
        self._undisturbed_depth += 1
        self._close()
        if self._signal and kind is not Interrupted:
            raise Interrupted(self._signal)

    def check(self) -> None:
        """Raises Interrupted (main thread) or WorkspaceClosed (others) once a signal or the end has come."""
        if self._signal and threading.get_ident() == self._owner:
            raise Interrupted(self._signal)
        if self._signal or self._closed:
            raise WorkspaceClosed

    def run(
        self,
        command: Sequence[str],
        *,
        cwd: Path | None = None,
        environment: Mapping[str, str] | None = None,
        timeout: float | None = None,
    ) -> Finished:
        """One command to its end, with output and errors together. From any thread.

        `environment` is all that it sees of one (default: PATH and a home in the workspace), beside TMPDIR
        and the workspace's mark. Raises OutOfTime; a command that cannot be found ends with 127, as in a
        shell.
        """
        child = self.start(command, cwd=cwd, environment=environment)
        expired = threading.Event()

        def expire() -> None:
            expired.set()
            kill_group(child.process.pid)

        timer = threading.Timer(timeout, expire) if timeout is not None else None
        if timer:
            timer.daemon = True
            timer.start()
        try:
            code = child.wait()
        finally:
            child.end()
            if timer:
                timer.cancel()
        if expired.is_set():
            raise OutOfTime(f"{Path(command[0]).name} took longer than {timeout:g} s")
        text = child.printed().decode("utf-8", "replace")
        child.output.unlink()
        return Finished(code=code, output=text)

    def start(
        self,
        command: Sequence[str],
        *,
        cwd: Path | None = None,
        environment: Mapping[str, str] | None = None,
        output: Path | None = None,
        with_input: bool = False,
        pass_fds: Sequence[int] = (),
    ) -> Child:
        """A command under way, which `end()` of what is returned must end. It prints into a file, because a
        pipe would stay open as long as any daemon that it leaves behind."""
        if environment is None:
            environment = {"PATH": os.environ.get("PATH", os.defpath), "HOME": str(self.folder)}
        with self._undisturbed():
            self.check()
            self._counter += 1
            output = output or self.folder / f"output-{self._counter}-{threading.get_ident()}"
            with output.open("ab") as sink:
                process = subprocess.Popen(
                    ["/bin/sh", "-c", _GATE_WITH_INPUT if with_input else _GATE, "sh", *command],
                    cwd=cwd or self.folder,
                    env={"TMPDIR": str(self.folder / "tmp"), **environment, MARK: str(self.folder)},
                    stdin=subprocess.PIPE,
                    stdout=sink,
                    stderr=subprocess.STDOUT,
                    start_new_session=True,
                    pass_fds=pass_fds,
                )
            child = Child(process, output, self)
            self._children.add(child)
            self._tell_watchdog(f"+{process.pid}\n")
            if self._signal or self._closed:
                # The handler ran before it could see this one.
                child.end()
                self.check()
            assert process.stdin is not None
            with suppress(BrokenPipeError):
                os.write(process.stdin.fileno(), b"go\n")
                if not with_input:
                    process.stdin.close()
        return child

    def forget(self, child: Child) -> bool:
        """Whether it was still to be ended: whoever asks first ends it."""
        try:
            self._children.remove(child)
        except KeyError:
            return False
        self._tell_watchdog(f"-{child.process.pid}\n")
        return True

    # --- signals
    # ----------------------------------------------------------------------------------------------

    @contextmanager
    def _undisturbed(self) -> Iterator[None]:
        """The main thread does not get Interrupted inside, but right behind it."""
        mine = threading.get_ident() == self._owner
        if mine:
            self._undisturbed_depth += 1
        try:
            yield
        finally:
            if mine:
                self._undisturbed_depth -= 1
                if self._signal and self._undisturbed_depth == 0:
                    raise Interrupted(self._signal)

    def _on_signal(self, number: int, frame: FrameType | None) -> None:
        first = not self._signal
        self._signal = self._signal or number
        self._kill_all()
        # A second signal must not cut short the clearing up after the first.
        if first and not self._undisturbed_depth:
            raise Interrupted(number)

    def _kill_all(self) -> None:
        for child in list(self._children):
            kill_group(child.process.pid)

    # --- the end
    # ----------------------------------------------------------------------------------------------

    def _close(self) -> None:
        if self._closed:
            return
        self._closed = True
        atexit.unregister(self._close)
        for child in list(self._children):
            child.end()
        if self._watchdog and self._watchdog.stdin:
            # It kills what has left its group, and ends.
            self._watchdog.stdin.close()
            self._watchdog.wait()
        if self._lock >= 0:
            _remove(self.folder)
            os.close(self._lock)
        restore(self._handlers)

    # --- the watchdog
    # ----------------------------------------------------------------------------------------------

    def _start_watchdog(self) -> None:
        self._watchdog = subprocess.Popen(
            [sys.executable, "-I", "-S", watchdog.__file__, str(self.folder)],
            cwd="/",
            env={},
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )

    def _tell_watchdog(self, line: str) -> None:
        if self._watchdog and self._watchdog.stdin and not self._watchdog.stdin.closed:
            # Somebody killed it: the handlers still work.
            with suppress(BrokenPipeError):
                os.write(self._watchdog.stdin.fileno(), line.encode())


def sweep() -> None:
    """Remove the folders of rehearsals that died, and kill what is left of their processes."""
    import fcntl

    for folder in Path(tempfile.gettempdir()).glob(f"{PREFIX}*"):
        with suppress(OSError):
            info = folder.lstat()
            if not stat.S_ISDIR(info.st_mode) or info.st_uid != os.getuid():
                continue
            try:
                lock = os.open(folder / _LOCK, os.O_RDWR)
            except FileNotFoundError:
                if time.time() - info.st_mtime > _YOUNG_SECONDS:
                    _remove(folder)
                continue
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                kill_marked(str(folder))
                _remove(folder)
            except BlockingIOError:
                continue  # alive
            finally:
                os.close(lock)


def _make_folder() -> tuple[Path, int]:
    """A new folder and the descriptor of its lock, which is ours as long as this process lives."""
    import fcntl

    while True:
        folder = Path(tempfile.mkdtemp(prefix=PREFIX)).resolve()
        path = folder / _LOCK
        lock = -1
        try:
            lock = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
            fcntl.flock(lock, fcntl.LOCK_EX)
            if os.fstat(lock).st_ino == path.stat().st_ino:
                return folder, lock
        except FileNotFoundError:
            pass  # another rehearsal took the folder for a dead one's before the lock was ours
        if lock >= 0:
            os.close(lock)


def _remove(folder: Path) -> None:
    """A folder that processes killed a moment ago may still have written into, or made read-only."""
    for _ in range(3):
        shutil.rmtree(folder, onerror=_make_writable)
        if not folder.exists():
            return


def _make_writable(function: Any, path: str, _: object) -> None:
    with suppress(OSError):
        parent = Path(path).parent
        for each in (parent, Path(path)):
            if not each.is_symlink():
                each.chmod(0o700)
        function(path)

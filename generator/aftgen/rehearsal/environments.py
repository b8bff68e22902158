"""The helpers' virtual environments: what AFT installs for them in every build, kept between builds.

AFT makes a virtual environment in each build and installs requirements.txt into it, nothing else. Here that
is done once per distinct requirements file and Python, in the user's cache; a build gets an environment of
its own (`Environment.place`) that finds the cached packages behind its own empty folder, so that a helper
that forgets a requirement fails, and one that installs something more changes nothing for the next build.

A cached environment is built beside its name and renamed: there is never half of one. A lock per environment
keeps other builders out and carries, as its time, when the environment was last used.
"""

import hashlib
import os
import platform
import re
import shutil
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from aftgen.errors import AftgenError, UsageError

if TYPE_CHECKING:
    from aftgen.rehearsal.processes import Workspace

CACHE_VARIABLE: Final = "AFTGEN_CACHE_DIR"
#: An environment that nobody has used for so long is removed.
UNUSED_SECONDS: Final = 30 * 24 * 3600
_PROMPT: Final = "api-helpers-venv"
_BUILDING, _LOCK, _PIP_LOG = ".building", ".lock", "pip.log"
_INCLUDE = re.compile(r"^\s*(?:-r|-c|--requirement|--constraint)(?:\s*=?\s*)(?P<file>[^\s=].*?)\s*(?:#.*)?$")
_LOCAL = re.compile(r"^\s*(?:-e\b|--editable\b|\.{0,2}/|file:|\S+\s*@\s*file:)")
#: Settings of pip and Python that would lead the installation elsewhere than into the environment.
_LEADS_AWAY = ("PYTHON", "VIRTUAL", "AWS_", "TMPDIR", "PIP_USER", "PIP_TARGET", "PIP_PREFIX", "PIP_ROOT")
_PIP_ERROR = re.compile(r"^ERROR: (?P<text>.+)$", re.MULTILINE)
_REQUIREMENT = re.compile(
    r"No matching distribution found for (?P<a>\S+)|satisfies the requirement (?P<b>\S+)|"
    r"Invalid requirement: '?(?P<c>[^':]+)|^\s+(?P<d>\S+) from (?:http|file)",
    re.MULTILINE,
)
_NO_NETWORK = re.compile(
    r"NewConnectionError|NameResolutionError|ConnectTimeoutError|ProxyError|Network is unreachable|"
    r"Temporary failure in name resolution|Connection (?:refused|reset)"
)


class PipFailed(AftgenError):
    """pip could not install a requirements file; `log` is what it printed."""

    exit_code = 1

    def __init__(self, message: str, *, hint: str, log: str) -> None:
        super().__init__(message, hint=hint)
        self.log = log


@dataclass(frozen=True, slots=True, kw_only=True)
class Environment:
    """A cached environment. `log` is what pip printed when it was made; `is_new`: just now."""

    folder: Path
    log: str
    is_new: bool

    def place(self, folder: Path) -> None:
        """A virtual environment at `folder`, which must not exist: empty, with the cached one's packages.

        What is installed into it shadows them and stays in it; they themselves are never written to.
        """
        made_at = str(self.folder.with_name(self.folder.name + _BUILDING)).encode()
        packages = next(self.folder.glob("lib/python*/site-packages"))
        own_packages = folder / packages.relative_to(self.folder)
        own_packages.mkdir(parents=True)
        line = f"import site; site.addsitedir({str(packages)!r})\n"
        (own_packages / "cached_environment.pth").write_text(line, encoding="utf-8")
        (folder / "bin").mkdir()
        for path in (*self.folder.iterdir(), *(self.folder / "bin").iterdir()):
            target = folder / path.relative_to(self.folder)
            if target.exists() or path.name == _PIP_LOG:
                continue
            if path.is_symlink():
                target.symlink_to(path.readlink())
            elif path.is_dir():
                target.symlink_to(path)
            elif made_at in (data := path.read_bytes()):
                target.write_bytes(data.replace(made_at, str(folder).encode()))
                shutil.copymode(path, target)
            else:
                target.symlink_to(path)


class Environments:
    """The environments of this machine's cache; made once per rehearsal, used by all its threads."""

    def __init__(
        self, processes: "Workspace", *, folder: Path | None = None, python: str | None = None
    ) -> None:
        """`folder` is the cache: AFTGEN_CACHE_DIR, else the user's cache folder, else (none that could be
        written to) the workspace. `python` is the interpreter that environments are made with and for."""
        self._processes = processes
        base = folder or _cache_folder() or processes.folder / "cache"
        self.folder = base / "environments"
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise UsageError(
                f"the cache folder {base} cannot be made: {error.strerror}",
                hint=f"name another one in {CACHE_VARIABLE}",
            ) from None
        self._python = python or _base_python()
        self._prune()

    def of(self, requirements: Path) -> Environment:
        """The environment of a requirements file, from the cache or made now; {} for a missing file is empty.

        Raises PipFailed. From any thread; threads and processes that want the same one wait for each other.
        """
        text, is_local = _everything(requirements) if requirements.is_file() else (b"", False)
        key = hashlib.sha256(b"\0".join((text, *_interpreter(self._python)))).hexdigest()[:24]
        if not is_local:
            return self._from(self.folder / key, requirements if text.strip() else None)
        # A requirement that lies beside the file has no content that a name could stand for.
        folder = self._processes.folder / "environments" / f"{key}-{time.monotonic_ns()}"
        folder.parent.mkdir(exist_ok=True)
        return self._from(folder, requirements)

    def _from(self, folder: Path, requirements: Path | None) -> Environment:
        with self._locked(folder):
            os.utime(_lock_of(folder))
            log = folder / _PIP_LOG
            if log.is_file() and (folder / "bin/python3").exists():
                return Environment(folder=folder, log=log.read_text(encoding="utf-8"), is_new=False)
            building = folder.with_name(folder.name + _BUILDING)
            for leftover in (building, folder):
                shutil.rmtree(leftover, ignore_errors=True)
            try:
                text = self._build(building, requirements)
                (building / _PIP_LOG).write_text(text, encoding="utf-8")
                building.rename(folder)
            finally:
                shutil.rmtree(building, ignore_errors=True)
            return Environment(folder=folder, log=text, is_new=True)

    def _build(self, folder: Path, requirements: Path | None) -> str:
        """As AFT's buildspecs: `python3 -m venv`, then `pip install -r`; answers what pip printed."""
        environment = {name: value for name, value in os.environ.items() if not name.startswith(_LEADS_AWAY)}
        environment |= {"PIP_NO_INPUT": "1", "PIP_DISABLE_PIP_VERSION_CHECK": "1", "PIP_USER": "0"}
        environment.setdefault("PIP_RETRIES", "1")
        made = self._processes.run(
            [self._python, "-m", "venv", "--prompt", _PROMPT, str(folder)], environment=environment
        )
        if made.code != 0:
            raise PipFailed(
                f"'{self._python} -m venv' ended with {made.code}: {_last_line(made.output)}",
                hint="install Python's venv module (Debian and Ubuntu: python3-venv)",
                log=made.output,
            )
        if requirements is None:
            return ""
        installed = self._processes.run(
            [str(folder / "bin/pip"), "install", "-r", str(requirements)],
            cwd=requirements.parent,
            environment=environment,
        )
        if installed.code != 0:
            raise _pip_failed(installed.output)
        return installed.output

    @contextmanager
    def _locked(self, folder: Path) -> Iterator[None]:
        """Alone with one environment. Raises WorkspaceClosed or Interrupted when a signal ends the wait."""
        import fcntl

        path = _lock_of(folder)
        while True:
            lock = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
            try:
                self._wait_for(lock)
                # Who pruned the environment meanwhile removed the lock's file as well.
                if path.exists() and os.fstat(lock).st_ino == path.stat().st_ino:
                    yield
                    return
            finally:
                fcntl.flock(lock, fcntl.LOCK_UN)
                os.close(lock)

    def _wait_for(self, lock: int) -> None:
        import fcntl

        while True:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                self._processes.check()
                time.sleep(0.05)
            else:
                return

    def _prune(self) -> None:
        """Remove what nobody has used for long, and is not being used now."""
        import fcntl

        before = time.time() - UNUSED_SECONDS
        for path in self.folder.glob(f"*{_LOCK}"):
            with suppress(OSError):
                if path.stat().st_mtime >= before:
                    continue
                lock = os.open(path, os.O_RDWR)
                try:
                    fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    folder = path.with_name(path.name.removesuffix(_LOCK))
                    shutil.rmtree(folder, ignore_errors=True)
                    shutil.rmtree(folder.with_name(folder.name + _BUILDING), ignore_errors=True)
                    path.unlink()
                finally:
                    os.close(lock)


def _lock_of(folder: Path) -> Path:
    return folder.with_name(folder.name + _LOCK)


def _cache_folder() -> Path | None:
    from aftgen.readback import private_cache_folder

    named = os.environ.get(CACHE_VARIABLE)
    return Path(named).absolute() if named else private_cache_folder()


def _base_python() -> str:
    """The interpreter below aftgen's own virtual environment: a new environment starts from that one."""
    found: str = getattr(sys, "_base_executable", "") or sys.executable
    return found


def _interpreter(python: str) -> tuple[bytes, ...]:
    return tuple(part.encode() for part in (sys.version, platform.machine(), python, sys.base_prefix))


def _everything(requirements: Path) -> tuple[bytes, bool]:
    """A requirements file with those that it includes, and whether a requirement is a file or folder."""
    texts: dict[Path, bytes] = {}
    waiting = [requirements]
    is_local = False
    while waiting:
        path = waiting.pop()
        if path in texts or not path.is_file():
            continue
        texts[path] = path.read_bytes()
        for line in texts[path].decode("utf-8", "replace").splitlines():
            is_local = is_local or _LOCAL.match(line) is not None
            if (include := _INCLUDE.match(line)) and "://" not in include["file"]:
                waiting.append((path.parent / include["file"]).resolve())
    return b"\0".join(texts.values()), is_local


def _pip_failed(output: str) -> PipFailed:
    found = _REQUIREMENT.search(output)
    requirement = next(filter(None, found.groups()), "") if found else ""
    errors = [match["text"] for match in _PIP_ERROR.finditer(output)]
    said = errors[-1] if errors else _last_line(output)
    if _NO_NETWORK.search(output):
        what = requirement or "the requirements"
        return PipFailed(
            f"pip reached no package index to install {what}",
            hint="a rehearsal needs a network until its virtual environments are in the cache; then none",
            log=output,
        )
    if requirement and requirement not in said:
        said = f"{requirement}: {said}"
    return PipFailed(
        f"pip install failed: {said}",
        hint="correct requirements.txt: AFT installs it in every build",
        log=output,
    )


def _last_line(text: str) -> str:
    return next((line.strip() for line in reversed(text.splitlines()) if line.strip()), "no message")

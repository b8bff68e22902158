"""Runs Terraform in the sandbox: without the user's environment, without a network, and never for long.

It gets its own process group, so that it and whatever it starts end together, however the evaluation ends.
"""

import json
import os
import re
import selectors
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any

#: What Terraform may print in one step; the plan of 10,000 requests has about 60 MB.
MAX_OUTPUT = 256 * 1024 * 1024
#: What Terraform may keep in memory, where the system can limit it.
_MAX_MEMORY = 3 * 1024 * 1024 * 1024
_MAX_FILE = 512 * 1024 * 1024
_COLOUR = re.compile(r"\x1b\[[0-9;]*m")


def terraform_path() -> str | None:
    """The terraform on PATH, or None."""
    return shutil.which("terraform")


class Stopped(Exception):
    """Terraform was stopped, or gave no usable answer; the text says why.

    ``final``: nothing is left to try with fewer requests.
    """

    def __init__(self, reason: str, *, final: bool = False) -> None:
        super().__init__(reason)
        self.final = final


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """An error in Terraform's words, with byte offsets; ``path`` is relative to where it ran, or ""."""

    summary: str
    detail: str
    path: str = ""
    start: int = 0
    end: int = 0

    @property
    def message(self) -> str:
        return f"{self.summary}: {self.detail}" if self.detail else self.summary


@dataclass(frozen=True, slots=True)
class Outcome:
    """A plan as ``terraform show -json`` gives it, or the errors for which there is none."""

    plan: Mapping[str, Any] | None = None
    errors: tuple[Diagnostic, ...] = ()


@dataclass(slots=True)
class Terraform:
    """One sandbox's Terraform: ``folder`` is where it runs, ``base`` where its own files go.

    ``deadline`` is a time of :func:`time.monotonic`; ``hidden`` are paths that its messages do not show.
    """

    binary: str
    folder: Path
    base: Path
    deadline: float
    hidden: tuple[str, ...] = field(default=())

    def plan(self) -> Outcome:
        """Evaluate the folder. Raises Stopped on a timeout, too much output, or an answer that is none."""
        planned = str(self.base / "plan.bin")
        text = self._run(
            "plan",
            "-json",
            "-refresh=false",
            "-input=false",
            "-lock=false",
            "-compact-warnings",
            f"-out={planned}",
        )
        errors = self._errors(text)
        if errors:
            return Outcome(errors=tuple(errors))
        text = self._run("show", "-json", "-no-color", planned)
        try:
            plan = json.loads(text, parse_float=Decimal, parse_int=Decimal)
        except (ValueError, RecursionError):
            raise Stopped("Terraform's plan cannot be read") from None
        return Outcome(plan=plan)

    def _errors(self, text: bytes) -> list[Diagnostic]:
        """The errors among what ``plan -json`` printed, an object per line."""
        found: list[Any] = []
        for line in text.splitlines():
            try:
                found.append(json.loads(line).get("diagnostic"))
            except (ValueError, AttributeError):
                continue
        return [
            self._diagnostic(item)
            for item in found
            if isinstance(item, dict) and item.get("severity") == "error"
        ]

    def _diagnostic(self, item: Mapping[str, Any]) -> Diagnostic:
        place = item.get("range") or {}
        return Diagnostic(
            self._clean(str(item.get("summary", ""))),
            self._clean(str(item.get("detail", ""))),
            str(place.get("filename", "")),
            int(place.get("start", {}).get("byte", 0)),
            int(place.get("end", {}).get("byte", 0)),
        )

    def _clean(self, text: str) -> str:
        """Terraform's words without colours and without the names of temporary folders."""
        for name in self.hidden:
            text = text.replace(name + "/", "").replace(name, ".")
        return _COLOUR.sub("", text).strip()

    def _run(self, *arguments: str) -> bytes:
        """What one command prints, as far as it is meant for machines."""
        process = subprocess.Popen(
            [self.binary, *arguments],
            cwd=self.folder,
            env=environment(self.base),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            process_group=0,
        )
        try:
            _limit(process.pid)
            output, errors = self._collect(process)
            code = process.wait(max(0.1, self.deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            raise Stopped(_TOO_LONG, final=True) from None
        finally:
            _kill(process)
        if code != 0 and b"out of memory" in errors:
            raise Stopped("Terraform needed more memory than it may have")
        if code != 0 and b'"@level":"error"' not in output:
            message = _first_line(self._clean((errors or output).decode("utf-8", "replace")))
            raise Stopped(f"'terraform {arguments[0]}' failed: {message}")
        return output

    def _collect(self, process: "subprocess.Popen[bytes]") -> tuple[bytes, bytes]:
        streams: dict[Any, bytearray] = {process.stdout: bytearray(), process.stderr: bytearray()}
        with selectors.DefaultSelector() as selector:
            for stream in streams:
                selector.register(stream, selectors.EVENT_READ)
            while selector.get_map():
                left = self.deadline - time.monotonic()
                if left <= 0:
                    raise Stopped(_TOO_LONG, final=True)
                for key, _ in selector.select(min(left, 1.0)):
                    data = os.read(key.fd, 1 << 16)
                    if not data:
                        selector.unregister(key.fileobj)
                        continue
                    streams[key.fileobj] += data
                    if sum(map(len, streams.values())) > MAX_OUTPUT:
                        raise Stopped(f"Terraform printed more than {MAX_OUTPUT // 1024**2} MB")
        output, errors = streams.values()
        return bytes(output), bytes(errors)


_TOO_LONG = "Terraform took too long and was stopped"


def environment(base: Path) -> dict[str, str]:
    """All that Terraform sees of the environment: nothing that could change a result or hold a secret.

    Also writes the settings that it names: providers come from an empty folder, so none is ever downloaded.
    """
    home = base / "home"
    home.mkdir(exist_ok=True)
    settings = home / "terraform.rc"
    mirror = json.dumps(str(home / "no-providers"))
    providers = f"provider_installation {{\n  filesystem_mirror {{\n    path = {mirror}\n  }}\n}}\n"
    settings.write_text(f"disable_checkpoint = true\n{providers}", encoding="utf-8")
    return {
        "PATH": os.defpath,
        "HOME": str(home),
        "TMPDIR": str(home),
        "LANG": "C.UTF-8",
        "TF_CLI_CONFIG_FILE": str(settings),
        "TF_DATA_DIR": str(base / "data"),
        "TF_IN_AUTOMATION": "1",
        "TF_INPUT": "0",
        "CHECKPOINT_DISABLE": "1",
        "GOMEMLIMIT": str(_MAX_MEMORY // 2),
    }


def _limit(pid: int) -> None:
    if sys.platform != "linux":
        return
    import resource

    try:
        resource.prlimit(pid, resource.RLIMIT_DATA, (_MAX_MEMORY, _MAX_MEMORY))
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (_MAX_FILE, _MAX_FILE))
        resource.prlimit(pid, resource.RLIMIT_CORE, (0, 0))
    except (OSError, ValueError):
        # A process that has already ended, or a container that forbids it: the timeout still holds.
        return


def _kill(process: "subprocess.Popen[bytes]") -> None:
    """End a process with everything that it started."""
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    for stream in (process.stdout, process.stderr):
        if stream is not None:
            stream.close()


def _first_line(text: str) -> str:
    lines = [line.strip(" │╷╵") for line in text.splitlines()]
    return next((line for line in lines if line), "no message")

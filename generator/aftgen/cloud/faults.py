"""Disturbances that a test orders, in process or over HTTP (`control.py`).

A fault names an operation ("CreateAccountAssignment", "identitystore:*"), how often it strikes and after
how many undisturbed calls. `executed` tells the two halves of a lost answer apart: the call never arrived,
or it took effect and only its answer was lost; a client cannot know which, so a reconciler must survive
both.
"""

import os
import signal
import socket
import threading
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, fields
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any, Literal, get_args

Kind = Literal[
    "throttle",  # ThrottlingException and its names in other services
    "conflict",  # ConflictException and its names in other services
    "internal",  # HTTP 500
    "denied",  # AccessDeniedException
    "expired",  # the caller's credentials are expired from now on
    "timeout",  # no answer for `seconds`
    "disconnect",  # the connection is closed without an answer
    "kill",  # the calling process dies before it can read the answer (in process: `Killed` is raised)
    "failed",  # an asynchronous request ends FAILED with `reason`
    "stuck",  # an asynchronous request never ends
]


class Killed(BaseException):
    """In process, a `kill` fault raises this where a subprocess would die."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    operation: str
    kind: Kind
    times: int = 1
    skip: int = 0
    executed: bool = False
    reason: str = ""
    seconds: float = 60.0
    parameters: Mapping[str, str] | None = None  # strikes only calls with these top-level parameters

    def __post_init__(self) -> None:
        if self.kind not in get_args(Kind):
            raise ValueError(f"unknown fault kind {self.kind!r}; known: {', '.join(get_args(Kind))}")

    @classmethod
    def from_mapping(cls, values: Mapping[str, Any]) -> "Fault":
        unknown = sorted(set(values) - {field.name for field in fields(cls)})
        if unknown:
            raise ValueError(f"unknown fault field {', '.join(unknown)}")
        return cls(**values)

    def strikes(self, service: str, operation: str, parameters: Mapping[str, Any]) -> bool:
        pattern = self.operation if ":" in self.operation else f"*:{self.operation}"
        return fnmatchcase(f"{service}:{operation}", pattern) and all(
            parameters.get(name) == value for name, value in (self.parameters or {}).items()
        )


Hook = Callable[[str, str, Mapping[str, Any]], None]


class FaultBook:
    """What is ordered and not yet spent, in order; the first fault that strikes a call is used up by it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._ordered: list[tuple[Fault, int, int]] = []  # fault, still to skip, still to strike
        self._hooks: list[tuple[str, Hook]] = []
        self._released = threading.Event()

    def add(self, fault: Fault) -> None:
        with self._lock:
            self._ordered.append((fault, fault.skip, fault.times))

    def order(self, operation: str, kind: Kind, **settings: Any) -> None:
        self.add(Fault(operation=operation, kind=kind, **settings))

    def clear(self) -> None:
        """Forgets every fault and wakes up the calls that hang."""
        with self._lock:
            self._ordered.clear()
            self._hooks.clear()
            self._released.set()
            self._released = threading.Event()

    def take(self, service: str, operation: str, parameters: Mapping[str, Any]) -> Fault | None:
        with self._lock:
            for index, (fault, skip, times) in enumerate(self._ordered):
                if not fault.strikes(service, operation, parameters):
                    continue
                if skip:
                    self._ordered[index] = (fault, skip - 1, times)
                    continue
                if times > 1:
                    self._ordered[index] = (fault, 0, times - 1)
                else:
                    del self._ordered[index]
                return fault
        return None

    def after(self, operation: str, hook: Hook) -> None:
        """Calls the hook after each matching call took effect; for tests in the server's process."""
        with self._lock:
            self._hooks.append((operation if ":" in operation else f"*:{operation}", hook))

    def run_hooks(self, service: str, operation: str, parameters: Mapping[str, Any]) -> None:
        with self._lock:
            hooks = [hook for pattern, hook in self._hooks if fnmatchcase(f"{service}:{operation}", pattern)]
        for hook in hooks:
            hook(service, operation, parameters)

    def hang(self, seconds: float) -> None:
        self._released.wait(seconds)

    def as_json(self) -> list[dict[str, Any]]:
        with self._lock:
            return [asdict(fault) | {"skip": skip, "times": times} for fault, skip, times in self._ordered]


def close_connection(environ: Mapping[str, Any]) -> None:
    """The client sees a connection that ends without an answer."""
    connection = environ.get("werkzeug.socket")
    if isinstance(connection, socket.socket):
        try:
            connection.shutdown(socket.SHUT_RDWR)
        except OSError:
            return  # the client was faster


def kill_caller(environ: Mapping[str, Any]) -> None:
    """SIGKILL to the process at the other end of this loopback connection, and to no other.

    A process cannot be named from outside: the server looks up who owns the connection, so an HTTP client
    of the control endpoint can never kill anything but the process that makes the disturbed call. Linux
    only.
    """
    process = _peer_process(int(environ["REMOTE_PORT"]), int(environ["SERVER_PORT"]))
    if process is None or process == os.getpid():
        raise RuntimeError("cannot tell which process made the call, so it was not killed")
    os.kill(process, signal.SIGKILL)


def _peer_process(client_port: int, server_port: int) -> int | None:
    inode = next(
        (
            columns[9]
            for columns in map(str.split, Path("/proc/net/tcp").read_text().splitlines()[1:])
            if int(columns[1].split(":")[1], 16) == client_port
            and int(columns[2].split(":")[1], 16) == server_port
        ),
        None,
    )
    if inode is None:
        return None
    for process in Path("/proc").iterdir():
        if not process.name.isdigit():
            continue
        try:
            if any(str(handle.readlink()) == f"socket:[{inode}]" for handle in (process / "fd").iterdir()):
                return int(process.name)
        except OSError:
            continue  # ended meanwhile, or another user's
    return None

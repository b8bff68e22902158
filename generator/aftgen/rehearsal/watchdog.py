"""Ends the processes of a rehearsal whose own process is gone. Runs as a program of its own, stdlib only.

It reads lines from standard input, `+GROUP` when a process group begins and `-GROUP` when it has ended, until
the other side of the pipe is closed: by the rehearsal's end, or by its death, SIGKILL included. Then it kills
the groups that are left, and, where the system shows environments (Linux), every process that left its group
and still carries the workspace's mark.
"""

import os
import signal
import sys
from contextlib import suppress

MARK = "AFTGEN_WORKSPACE"
_ROUNDS = 50


def main(arguments: list[str]) -> None:
    """`arguments`: the folder of the workspace."""
    groups: set[int] = set()
    for line in sys.stdin:
        kind, group = line[0], int(line[1:])
        if kind == "+":
            groups.add(group)
        else:
            groups.discard(group)
    for group in groups:
        kill_group(group)
    kill_marked(arguments[0])


def kill_group(group: int) -> None:
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(group, signal.SIGKILL)


def kill_marked(folder: str) -> None:
    """Kill every process whose environment names this workspace, those they start meanwhile included."""
    mark = f"{MARK}={folder}".encode()
    for _ in range(_ROUNDS):
        found = _marked(mark)
        for process in found:
            with suppress(ProcessLookupError, PermissionError):
                os.kill(process, signal.SIGKILL)
        if not found:
            return


def _marked(mark: bytes) -> list[int]:
    try:
        names = [name for name in os.listdir("/proc") if name.isdigit()]  # noqa: PTH208 - quick to start
    except OSError:
        return []
    found = []
    for name in names:
        # Another user's process, one that has just ended, or a zombie, whose environment is empty.
        with suppress(OSError), open(f"/proc/{name}/environ", "rb") as file:  # noqa: PTH123 - quick to start
            if mark in file.read().split(b"\0"):
                found.append(int(name))
    return found


if __name__ == "__main__":
    main(sys.argv[1:])

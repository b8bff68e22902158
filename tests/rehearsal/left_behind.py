"""What is still there of a rehearsal: processes that carry a workspace's mark, and folders."""

import time
from collections.abc import Callable
from pathlib import Path

from aftgen.rehearsal.processes import PREFIX
from aftgen.rehearsal.watchdog import MARK

SYSTEM = Path("/proc")


def processes(temporary: Path) -> list[int]:
    """Processes of every workspace below a folder for temporary files; zombies are none."""
    mark = f"{MARK}={temporary.resolve()}/{PREFIX}".encode()
    found = []
    for each in SYSTEM.iterdir():
        if each.name.isdigit():
            try:
                variables = (each / "environ").read_bytes().split(b"\0")
            except OSError:
                continue
            if any(variable.startswith(mark) for variable in variables):
                found.append(int(each.name))
    return found


def folders(temporary: Path) -> list[str]:
    return [path.name for path in temporary.glob(f"{PREFIX}*")]


def becomes(expected: object, ask: Callable[[], object], *, seconds: float = 5) -> object:
    """The answer once it is the expected one, else the last one within that time."""
    until = time.monotonic() + seconds
    while (answer := ask()) != expected and time.monotonic() < until:
        time.sleep(0.05)
    return answer

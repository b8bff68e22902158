"""Runs, from the published tree, what is written once for the whole organization.

The programs are those of the pipeline, ``aft_access`` and ``aft_guardrails``, in this process and with this
program's connections; they decide by the tree's revision whether it may be written.
"""

from collections.abc import Callable
from contextlib import redirect_stderr, redirect_stdout
from io import StringIO
from pathlib import Path

from aftgen.aws.connections import Connections


class AwsConvergence:
    """The port ``Convergence``; ``tree`` is the published tree of global customizations, exported."""

    def __init__(self, connections: Connections, tree: Path) -> None:
        self._connections = connections
        self._tree = tree

    def catalogue(self) -> tuple[int, str] | None:
        if not (self._tree / "identity-center").is_dir():
            return None
        from aft_access.cli import main

        line = ["--tree", str(self._tree), "catalogue", "apply"]
        return _heard(lambda: main(line, make=lambda tree, _: self._connections.access(tree)))

    def guardrails(self) -> tuple[int, str] | None:
        if not (self._tree / "service-control-policies").is_dir():
            return None
        from aft_guardrails.cli import main

        line = ["--tree", str(self._tree), "apply", "--organization"]
        return _heard(lambda: main(line, make=self._connections.guardrails))


def _heard(run: Callable[[], int]) -> tuple[int, str]:
    """The exit code, and what was printed: results first."""
    out, err = StringIO(), StringIO()
    with redirect_stdout(out), redirect_stderr(err):
        code = run()
    return code, out.getvalue() + err.getvalue()

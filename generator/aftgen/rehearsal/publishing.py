"""What `aftgen publish --follow` writes once for the whole organization, before the accounts' pipelines run:
permission sets and groups (`aft_access catalogue apply`), contents of policies and their attachments to OUs
(`aft_guardrails apply --organization`).

The publishing workflow's own code (`aftgen.aws.convergence`) runs on the published tree with credentials for
AFT's management account, in a process of its own: it ends with the workspace like every other, and what it
prints comes between nobody's lines.
"""

import json
import os
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from aftgen.rehearsal.pipeline import StageResult
from aftgen.rehearsal.trees import GLOBAL

if TYPE_CHECKING:
    from aftgen.cloud import LandingZone
    from aftgen.rehearsal.processes import Workspace
    from aftgen.rehearsal.trees import Trees

#: The stage's name, and the folder of the published tree without which it has nothing to do.
STAGES: Final = {"access catalogue": "identity-center", "guardrails": "service-control-policies"}
_TELLING: Final = ("! ", "FAILED ", "aft_access: ", "aft_guardrails: ")
_MODULE: Final = "aftgen.rehearsal.publishing"


@dataclass(frozen=True, slots=True, kw_only=True)
class Publishing:
    """What is written once for one revision of the trees."""

    trees: "Trees"
    zone: "LandingZone"
    workspace: "Workspace"

    @property
    def stages(self) -> tuple[str, ...]:
        """The stages that this tree has something for."""
        tree = self.trees.folder / GLOBAL
        return tuple(name for name, folder in STAGES.items() if (tree / folder).is_dir())

    def run(self) -> tuple[StageResult, ...]:
        """All of them. What fails is in the result."""
        if not self.stages:
            return ()
        began = time.monotonic()
        done = self.workspace.run(
            [sys.executable, "-P", "-m", _MODULE, str(self.trees.folder / GLOBAL)],
            environment=_environment(self.zone, self.workspace),
        )
        answer = done.output.rstrip().rpartition("\n")[2]
        if done.code != 0 or not answer.startswith("["):
            reason = answer or f"it ended with {done.code}"
            seconds = time.monotonic() - began
            return tuple(
                StageResult(name=name, ok=False, seconds=seconds, log=done.output, reason=reason)
                for name in self.stages[:1]
            )
        return tuple(
            StageResult(
                name=name, ok=code == 0, seconds=spent, log=text, reason=_reason(text) if code else ""
            )
            for name, code, spent, text in json.loads(answer)
        )


def _environment(zone: "LandingZone", workspace: "Workspace") -> dict[str, str]:
    """A workflow's: credentials for AFT's management account, and the programs of this installation."""
    import aft_access

    import aftgen

    keys = zone.administrator(zone.plan.aft_management.id)
    places = {str(Path(str(package.__file__)).parents[1]): None for package in (aftgen, aft_access)}
    return {
        "PATH": os.environ.get("PATH", os.defpath),
        "HOME": str(workspace.folder),
        "PYTHONPATH": os.pathsep.join(places),
        "AWS_ENDPOINT_URL": zone.cloud.endpoint or "",
        "AWS_REGION": zone.plan.home_region,
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_ACCESS_KEY_ID": keys.access_key,
        "AWS_SECRET_ACCESS_KEY": keys.secret_key,
        "AWS_SESSION_TOKEN": keys.token,
        "AFT_ACCESS_CALLS_PER_SECOND": "1000",
    }


def _reason(text: str) -> str:
    """What the program says is wrong; its last line where it says so in another way."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    telling = [line.removeprefix("! ") for line in lines if line.startswith(_TELLING)]
    return "; ".join(telling) or (lines[-1] if lines else "it printed nothing")


def main(arguments: Sequence[str]) -> None:
    """`arguments`: the published tree. Prints `[[stage, exit code, seconds, text], …]` as its last line."""
    sys.stdout.write("\n" + json.dumps(list(_converged(Path(arguments[0])))) + "\n")


def _converged(tree: Path) -> Iterator[list[Any]]:
    from aftgen.aws.connections import Connections
    from aftgen.aws.convergence import AwsConvergence

    convergence = AwsConvergence(Connections(tree=tree), tree)
    runs = (convergence.catalogue, convergence.guardrails)
    for name, run in zip(STAGES, runs, strict=True):
        began = time.monotonic()
        if (ended := run()) is not None:
            code, text = ended
            yield [name, code, time.monotonic() - began, text]


if __name__ == "__main__":
    main(sys.argv[1:])

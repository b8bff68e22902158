"""Runs of `aft_access` against the embedded AWS in this process, with time that moves only when it sleeps.

The command line, wiring, gateways and botocore are the real ones; only the socket is missing. Where HTTP,
bash or the virtual environment is the point, see `builds.py`.
"""

import copy
import os
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass
from io import StringIO
from itertools import count
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from unittest.mock import patch

import botocore.loaders
from aft_access import cli
from aft_access.wiring import Wiring
from aftgen.cloud import Behaviour, Cloud, LandingZone, LandingZonePlan, in_process, write_profiles
from aftgen.cloud.clock import Clock
from aftgen.cloud.faults import Killed

SHARED = ("sso-admin", "identitystore")
_LOADER = botocore.loaders.create_loader(None)  # reading botocore's models is most of what a run would take


@dataclass(frozen=True, slots=True, kw_only=True)
class Ran:
    """How a run ended; `code` is None when the process was killed."""

    code: int | None
    out: str = ""
    err: str = ""

    @property
    def text(self) -> str:
        return self.out + self.err


class Inside:
    """The landing zone, and runs for its accounts, each like a process of its own."""

    def __init__(self, cloud: Cloud, zone: LandingZone, tree: Path, folder: Path) -> None:
        self.cloud = cloud
        self.zone = zone
        self.tree = tree
        self._folder = folder
        self._builds = count(1)

    def now(self) -> float:
        return self.cloud.clock.now()

    def sleep(self, seconds: float) -> None:
        self.cloud.clock.advance(seconds)

    def run(self, *arguments: str, account: str, build: str = "") -> Ran:
        """One command in a build of the account (a new one, unless one is named), with profiles as creds.sh
        makes them just now."""
        environment = write_profiles(self.zone, account=account, directory=self._folder / account)
        own = self.zone.build_credentials()
        keys = {
            "AWS_ACCESS_KEY_ID": own.access_key,
            "AWS_SECRET_ACCESS_KEY": own.secret_key,
            "AWS_SESSION_TOKEN": own.token,
            "CODEBUILD_BUILD_ID": build or f"aft-global-customizations-terraform:{next(self._builds)}",
        }
        out, err = StringIO(), StringIO()

        def wiring(tree: Path, of: str | None) -> Wiring:
            return Wiring(tree=tree, account_id=of, environment={**environment, **keys}, clock=self)

        with (
            patch.dict(os.environ, environment | keys),
            patch("botocore.endpoint.time", SimpleNamespace(sleep=self.sleep, time=time.time)),
            redirect_stdout(out),
            redirect_stderr(err),
        ):
            try:
                code: int | None = cli.main(["--tree", str(self.tree), *arguments], make=wiring)
            except Killed:
                code = None
        return Ran(code=code, out=out.getvalue(), err=err.getvalue())

    def apply(self, account: str, phase: str = "post", *, build: str = "") -> Ran:
        return self.run("apply", "--phase", phase, account=account, build=build)

    def writes(self) -> list[str]:
        """Operations that were asked to change Identity Center since the log was cleared."""
        return [call.operation for call in self.cloud.log.select(*SHARED, write=True)]

    def rows(self, prefix: str = "") -> list[dict[str, Any]]:
        """Rows of `aftgen-access` whose sort key begins so, as plain texts."""
        dynamodb = self.zone.backstage("dynamodb", self.zone.plan.aft_management.id)
        items = dynamodb.scan(TableName="aftgen-access")["Items"]
        rows = [{key: next(iter(value.values())) for key, value in item.items()} for item in items]
        return [row for row in rows if row["sk"].startswith(prefix)]


def _snapshot(table: Any, _: Any) -> Any:
    """moto copies the whole table for each action of a transaction, to be able to take it back. Ours put and
    delete whole items, so what there was can be kept as it is."""
    kept = copy.copy(table)
    kept.items = table.items.copy()
    for key, items in table.items.items():
        kept.items[key] = items.copy()
    return kept


@contextmanager
def inside(plan: LandingZonePlan, behaviour: Behaviour, folder: Path) -> Iterator[Inside]:
    """An embedded AWS with this landing zone; `folder` takes the tree and the profiles."""
    with ExitStack() as stack:
        stack.enter_context(patch("botocore.session.create_loader", lambda *_: _LOADER))
        stack.enter_context(patch("moto.dynamodb.models.table.Table.__deepcopy__", _snapshot, create=True))
        cloud = stack.enter_context(in_process(behaviour, clock=Clock(frozen=True), seed=7))
        zone = LandingZone.build(cloud, plan)
        tree = folder / "tree"
        tree.mkdir(parents=True)
        yield Inside(cloud, zone, tree, folder / "profiles")

"""One account after the other, created, edited, moved, refused and removed: both orders reach the same end.

The requests are written to the table, delivered and provisioned; no customization runs. Every kind of row of
the AFT reference §2.1 is among them, and the values that fail late (§2.3).
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from aftgen.cloud import LandingZone, LandingZonePlan, serve
from aftgen.cloud.aft_management import REQUEST_TABLE
from aftgen.rehearsal.builtin import BuiltIn
from aftgen.rehearsal.chain import Change, Delivery, Framework, Outcome, Provisioned, Setting
from aftgen.rehearsal.environments import Environments
from aftgen.rehearsal.framework import load
from aftgen.rehearsal.processes import Workspace
from aftgen.rehearsal.run import BEHAVIOUR
from aftgen.request_row import RequestRow

from .checkouts import Judge
from .snapshots import everything

pytestmark = pytest.mark.slow


def row(name: str, *, email: str = "", ou: str = "Sandbox", **settings: Any) -> RequestRow:
    email = email or f"aws+{name.replace(' ', '-')}@example.com"
    sso_user = settings.pop("sso_user", "owner@example.com")
    return RequestRow(
        id=email,
        control_tower_parameters={
            "AccountEmail": email,
            "AccountName": name,
            "ManagedOrganizationalUnit": ou,
            "SSOUserEmail": sso_user,
            "SSOUserFirstName": "Ada",
            "SSOUserLastName": "Lovelace",
        },
        change_management_parameters={"change_requested_by": "Ada", "change_reason": "because"},
        **{
            "account_tags": '{"env":"dev","team":"core"}',
            "custom_fields": '{"budget":"50"}',
            "account_customizations_name": "workload",
            **settings,
        },
    )


PAY, DEV = row("pay one"), row("dev", ou="Dev (ou-ab12-workdev01)")
AUDIT = row("Audit", email="Audit@example.com", ou="Security")
MOVED = row("pay one", ou="Prod (ou-ab12-workprod1)")
RETAGGED = replace(MOVED, account_tags='{"team":"core","tier":"1"}', custom_fields='{"other":"x"}')
FIELDLESS = replace(RETAGGED, custom_fields="{}", account_tags="{}")

CHANGES: list[Change] = [
    Change(new=PAY),
    Change(new=DEV),
    Change(old=PAY, new=MOVED),
    Change(old=MOVED, new=RETAGGED),
    Change(old=RETAGGED, new=FIELDLESS),
    Change(old=DEV, new=replace(DEV, account_customizations_name="")),
    # immutable parameters; a change of reason only
    Change(old=DEV, new=row("dev two", email=DEV.id, ou=DEV.ou)),
    Change(old=DEV, new=row("dev", ou="Sandbox", sso_user="other@example.com")),
    Change(
        old=DEV,
        new=replace(DEV, change_management_parameters={"change_requested_by": "Bob", "change_reason": "x"}),
    ),
    # names and emails that are taken, in the letters that Organizations compares
    Change(new=row("dev", email="aws+other@example.com")),
    Change(new=row("DEV", email="aws+upper@example.com")),
    Change(new=row("third", email="AWS+third@example.com")),
    Change(old=None, new=row("fourth", email="aws+Third@example.com")),
    # units
    Change(new=row("nowhere", ou="Nowhere")),
    Change(new=row("nested", ou="Prod")),
    Change(new=row("path", ou="Workloads/Prod")),
    Change(new=row("wrong id", ou="Dev (ou-ab12-workprod1)")),
    Change(
        old=FIELDLESS,
        new=replace(FIELDLESS, control_tower_parameters=row("pay one", ou="Gone").control_tower_parameters),
    ),
    # what Service Catalog and Control Tower refuse
    Change(new=row("a+b")),
    Change(new=row("long", email="a" * 60 + "@example.com")),
    Change(new=row("nobody", sso_user="nobody")),
    # what fails after the account exists
    Change(new=row("numbered", account_tags='{"a":1}')),
    Change(new=row("bad tag", account_tags='{"a":"b*c"}')),
    Change(new=row("listed", custom_fields='{"a":["b"]}')),
    Change(new=row("spaced field", custom_fields='{"a b":"c"}')),
    Change(new=row("empty field", custom_fields='{"a":""}')),
    Change(new=row("large field", custom_fields='{"a":"' + "x" * 5000 + '"}')),
    # Control Tower's own accounts
    Change(new=AUDIT),
    Change(old=AUDIT, new=replace(AUDIT, account_tags='{"env":"shared"}')),
    Change(new=row("Audit", email="aws+else@example.com", ou="Security")),
    Change(new=row("Else", email="log-archive@example.com", ou="Security")),
    Change(new=row("Log Archive", email="log-archive@example.com", ou="Security (ou-ab12-security1)")),
    Change(new=row("Management", email="management@example.com", ou="Root")),
    # removal, of accounts that are there and of one that is not; the account that comes back
    Change(old=DEV),
    Change(old=row("never", email="aws+never@example.com")),
    Change(old=row("pay one", email="aws+renamed@example.com")),
    Change(new=DEV),
]


@dataclass(frozen=True, slots=True)
class Step:
    """What one change came to, and what stood there afterwards."""

    outcome: Outcome
    account: str
    provisioned: tuple[bool, bool, tuple[str, ...]] | None
    stands: dict[str, Any]
    reasons: tuple[str, ...] = ()
    failed: str = ""

    def compared(self) -> tuple[Any, ...]:
        return self.outcome, self.account, self.provisioned, self.stands


@contextmanager
def setting(workspace: Workspace, cache: Path, version: str) -> Iterator[Setting]:
    with serve(BEHAVIOUR, seed=7) as server:
        zone = LandingZone.build(server.cloud, LandingZonePlan(aft_version=version))
        yield Setting(zone=zone, workspace=workspace, environments=Environments(workspace, folder=cache))


def followed(framework: Framework, zone: LandingZone) -> list[Step]:
    table = zone.backstage("dynamodb", zone.plan.aft_management.id)
    steps = []
    for change in CHANGES:
        if change.new is None:
            table.delete_item(TableName=REQUEST_TABLE, Key={"id": {"S": change.row.id}})
        else:
            table.put_item(TableName=REQUEST_TABLE, Item=change.new.item())
        delivery = framework.deliver(change)
        goes_on = delivery.outcome not in (Outcome.REFUSED, Outcome.REMOVED)
        provisioned = framework.provision(delivery) if goes_on else None
        steps.append(_step(delivery, provisioned, zone))
    return steps


#: States of the built-in order; a release has more, of features, choices and notifications.
STATES = ("persist_metadata", "create_role", "tag_account", "account_metadata_ssm", "create_pipeline")


def _step(delivery: Delivery, provisioned: Provisioned | None, zone: LandingZone) -> Step:
    ended = provisioned and (
        provisioned.ok,
        provisioned.pipeline_started,
        tuple(name for name in provisioned.steps if name in STATES),
    )
    return Step(
        delivery.outcome,
        delivery.account,
        ended or None,
        everything(zone),
        delivery.reasons,
        provisioned.reason if provisioned else "",
    )


def test_every_change_ends_alike(release: Judge, workspace: Workspace, cache: Path) -> None:
    with setting(workspace, cache, release.version) as there:
        ours = followed(BuiltIn(there), there.zone)
    with setting(workspace, cache, release.version) as there:
        theirs = followed(load(release.folder, there), there.zone)
    different = []
    for change, mine, own in zip(CHANGES, ours, theirs, strict=True):
        print(f"{release.version} {change.event:6} {change.row.name:14} {own.outcome.value}")
        if mine.compared() != own.compared():
            different.append((change.event, change.row.name, _differences(mine, own)))
        elif mine.outcome is Outcome.REFUSED and not _same_words(mine.reasons, own.reasons):
            different.append((change.event, change.row.name, [mine.reasons, own.reasons]))
        elif bool(mine.failed) != bool(own.failed) or own.failed.splitlines()[:1] not in _lines(mine.failed):
            different.append((change.event, change.row.name, [mine.failed, own.failed]))
    assert not different, "\n\n".join("\n".join(map(str, [*each[:2], *each[2]])) for each in different)


def _differences(mine: Step, own: Step) -> list[Any]:
    found: list[Any] = [
        (one, other)
        for one, other in zip(mine.compared()[:3], own.compared()[:3], strict=True)
        if one != other
    ]
    found += [
        (key, mine.stands[key], own.stands[key]) for key in mine.stands if mine.stands[key] != own.stands[key]
    ]
    return [*found, mine.reasons, own.reasons, mine.failed, own.failed]


def _same_words(mine: tuple[str, ...], own: tuple[str, ...]) -> bool:
    """What the release raised or logged stands in our reasons; botocore's words around AWS's do not."""
    said = " ".join(mine)
    return any(
        words and words.partition(" operation: ")[2] in said for words in own if " operation: " in words
    ) or any(words and words in said for words in own)


def _lines(text: str) -> list[list[str]]:
    return [[], *([line] for line in text.partition(": ")[2].splitlines())]

"""An organization in which everything happened that an access report must tell apart, and who may ask."""

import json
import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any
from unittest.mock import patch

import botocore.loaders
import pytest
from aftgen.cloud import Account, Behaviour, LandingZone, LandingZonePlan, aft_management, in_process
from aftgen.cloud.clock import Clock
from pipeline.inside import Inside
from pipeline.small import SETS
from pipeline.trees import Tree, declaration

_LOADER = botocore.loaders.create_loader(None)
UNITS = {
    "Infrastructure": "ou-ab12-infrastr1",
    "Sandbox": "ou-ab12-sandbox01",
    "Security": "ou-ab12-security1",
    "Workloads": "ou-ab12-workload1",
    "Workloads/Prod": "ou-ab12-workprod1",
}
PAYMENTS, LEDGER, OLD, FOREIGN, LEFT = (digit * 12 for digit in "56789")
MANAGEMENT = "111111111111"
PLAN = LandingZonePlan(
    organizational_units=UNITS,
    accounts=(
        Account(
            id=PAYMENTS, name="payments", email="payments@x.com", ou="Workloads/Prod", sso_user="owner@x.com"
        ),
        Account(id=LEDGER, name="ledger", email="ledger@x.com", ou="Workloads"),
        Account(id=OLD, name="old", email="old@x.com", ou="Sandbox"),
        Account(id=FOREIGN, name="foreign", email="foreign@x.com", ou="Sandbox"),
        Account(id=LEFT, name="left", email="left@x.com", ou="Workloads"),
    ),
    users=("ann@x.com", "bob@x.com", "oncall@x.com"),
    groups={"builders": ("ann@x.com", "bob@x.com"), "auditors": ("ann@x.com",), "former": ()},
)
RULE = {"name": "audit", "match": {"ous": ["Workloads"]}, "grants": {"Reading": ["group:auditors"]}}
#: What a role for the report needs in AFT's management account, and no more (docs/adopt.md).
ASKING = (
    {"Effect": "Allow", "Action": ["dynamodb:Query", "dynamodb:Scan", "ssm:GetParameters"], "Resource": "*"},
    {"Effect": "Allow", "Action": "sts:AssumeRole", "Resource": "arn:aws:iam::444444444444:role/AWSAFTAdmin"},
)


def tree(**settings: Any) -> Tree:
    given = {"more": {"rules": [RULE]}, **settings}
    return Tree(
        revision=1, sets=SETS, principals=("group:builders", "group:auditors", "user:oncall@x.com"), **given
    )


def settle(cloud: Inside) -> None:
    """Requests are merged, pipelines have run, and then other hands were at work."""
    zone = cloud.zone
    grants = {"Building": ["group:builders"], "Reading": ["user:oncall@x.com"]}
    zone.put_request(PAYMENTS, custom_fields=declaration(grants), sso_user="owner@x.com")
    for account in (LEDGER, OLD, LEFT):
        zone.put_request(account, custom_fields=declaration({}), sso_user="nobody@x.com")
    zone.put_request(
        OLD, custom_fields=declaration({"Building": ["group:builders"]}), sso_user="nobody@x.com"
    )
    zone.put_request(
        LEFT, custom_fields=declaration({"Building": ["group:builders"]}), sso_user="nobody@x.com"
    )
    for account in (PAYMENTS, LEDGER, OLD, LEFT):
        done = cloud.apply(account)
        assert done.code == 0, done.text
    zone.assign(PAYMENTS, "Reading", "group:former")  # by the console
    zone.assign(FOREIGN, "Building", "user:bob@x.com")  # an account that nobody requested
    zone.assign(MANAGEMENT, "AWSReadOnlyAccess", "user:bob@x.com")
    zone.unassign(LEDGER, "Reading", "group:auditors")  # declared by the rule, taken away by hand
    zone.add_user("gone@x.com")
    zone.assign(LEDGER, "Building", "user:gone@x.com")
    zone.remove_principal("user:gone@x.com")
    zone.suspend(OLD)
    dynamodb = zone.backstage("dynamodb", zone.plan.aft_management.id)
    dynamodb.delete_item(TableName="aft-request", Key={"id": {"S": "left@x.com"}})


def sign_in(zone: LandingZone, monkeypatch: pytest.MonkeyPatch, *statements: dict[str, Any]) -> None:
    """New credentials of a role that may do what `statements` allow."""
    for name in [name for name in os.environ if name.startswith(("AWS_", "GITHUB_", "CI", "CODEBUILD"))]:
        monkeypatch.delenv(name)
    account = zone.plan.aft_management.id
    role = f"asks-{os.urandom(4).hex()}"
    with zone.cloud.lock, zone.cloud.backstage():
        trust = aft_management.trust(service="sts.amazonaws.com")
        arn = aft_management.make_role(account, role, trust, *statements)
    keys = zone.cloud.sessions.issue(arn, role, now=zone.cloud.clock.now())
    for name, value in {
        "AWS_ACCESS_KEY_ID": keys.access_key,
        "AWS_SECRET_ACCESS_KEY": keys.secret_key,
        "AWS_SESSION_TOKEN": keys.token,
        "AWS_REGION": zone.plan.home_region,
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_CONFIG_FILE": "/nonexistent",
        "AWS_SHARED_CREDENTIALS_FILE": "/nonexistent",
    }.items():
        monkeypatch.setenv(name, value)


@contextmanager
def organization(root: Path, plan: LandingZonePlan = PLAN, **settings: Any) -> Iterator[Inside]:
    """A repository at `root` and its organization, in process; nothing happened yet."""
    (root / "aftgen.yaml").write_text("")
    (root / "account-requests" / "terraform").mkdir(parents=True)
    published = tree(**settings).write(root / "global-customizations")
    with ExitStack() as stack:
        stack.enter_context(patch("botocore.session.create_loader", lambda *_: _LOADER))
        behaviour = Behaviour(polls_until_done=0, calls_per_second=None)
        cloud = stack.enter_context(in_process(behaviour, clock=Clock(frozen=True), seed=7))
        zone = LandingZone.build(cloud, plan)
        made = Inside(cloud, zone, published, root / "profiles")
        stack.enter_context(patch("aft_access.wiring.RealClock", lambda: made))
        yield made


def of_json(text: str) -> list[tuple[str, ...]]:
    """Account name, permission set, principal and judgement of each standing."""
    shown = json.loads(text)
    names = {one["id"]: one["name"] for one in shown["accounts"]}
    return [
        (names[one["account_id"]], one["permission_set"], one["principal"], one["judgement"])
        for one in shown["standings"]
    ]


def judgements(text: str) -> dict[str, set[tuple[str, ...]]]:
    """Account, permission set and principal of each standing that is not Control Tower's, by judgement."""
    found: dict[str, set[tuple[str, ...]]] = {}
    for *standing, judgement in of_json(text):
        found.setdefault(judgement, set()).add(tuple(standing))
    found.pop("Control Tower", None)
    return found

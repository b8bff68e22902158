"""Whole commands of `aft_guardrails` on the embedded AWS, in this process; time moves when it sleeps."""

import json
import os
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from io import StringIO
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from unittest.mock import patch

from aft_guardrails import cli
from aft_guardrails.protection import ROLES
from aft_guardrails.wiring import Wiring
from aftgen.cloud import Account, Behaviour, LandingZonePlan, write_profiles
from aftgen.cloud.faults import Killed
from pipeline.inside import Inside, Ran, inside
from pipeline.trees import UNITS

ROOT = "r-ab12"
WORKLOADS, SANDBOX = UNITS["Workloads"], UNITS["Sandbox"]
PAYMENTS, LEDGER = "555555555555", "666666666666"
SCP = "SERVICE_CONTROL_POLICY"
SPARED = {"ArnNotLike": {"aws:PrincipalArn": [f"arn:aws:iam::*:role/{name}" for name in ROLES]}}
QUICK = Behaviour(polls_until_done=0, calls_per_second=None)


def deny(*actions: str, sid: str = "One", condition: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """A document with one Deny that spares the protected roles."""
    statement = {
        "Sid": sid,
        "Effect": "Deny",
        "Action": list(actions),
        "Resource": "*",
        "Condition": SPARED if condition is None else condition,
    }
    return {"Version": "2012-10-17", "Statement": [statement]}


def allow(*actions: str) -> dict[str, Any]:
    statement = {"Effect": "Allow", "Action": list(actions), "Resource": "*"}
    return {"Version": "2012-10-17", "Statement": [statement]}


def entry(*attach: Mapping[str, Any], **more: Any) -> dict[str, Any]:
    return {"description": "What it is for", "attach": list(attach), **more}


def write_tree(
    folder: Path,
    policies: Mapping[str, Mapping[str, Any]],
    documents: Mapping[str, Any] | None = None,
    *,
    revision: int = 1,
    **front: Any,
) -> Path:
    """A published tree; policies without a document get one of their own."""
    scps = folder / "service-control-policies"
    scps.mkdir(parents=True, exist_ok=True)
    for old in scps.iterdir():
        old.unlink()
    (scps / "guardrails.yaml").write_text(json.dumps({"policies": policies, **front}, default=str))
    for name in policies:
        content = (documents or {}).get(name, deny("s3:DeleteBucket", sid=name.capitalize()))
        text = content if isinstance(content, str) else json.dumps(content, indent=2)
        (scps / f"{name}.json").write_text(text)
    (folder / "organization.yaml").write_text(json.dumps({"organizational_units": UNITS}))
    (folder / "revision.json").write_text(json.dumps({"revision": revision, "commit": f"{revision:040x}"}))
    return folder


class Guarded:
    """A landing zone, and runs of `aft_guardrails` in it, each like a process of its own."""

    def __init__(self, at: Inside, folder: Path) -> None:
        self.at, self.zone, self.cloud, self.tree = at, at.zone, at.cloud, at.tree
        self._folder = folder
        self.organizations = self.zone.backstage("organizations", self.zone.plan.management.id)

    def run(
        self, *arguments: str, account: str = PAYMENTS, vended: bool = True, build: str = "embedded"
    ) -> Ran:
        """One command in a build of the account ("": in none), or without one where nothing is `vended`."""
        self.at.sleep(1)  # so that audit records of two runs have an order
        environment = write_profiles(self.zone, account=account, directory=self._folder / account)
        own = self.zone.build_credentials()
        keys = {
            "AWS_ACCESS_KEY_ID": own.access_key,
            "AWS_SECRET_ACCESS_KEY": own.secret_key,
            "AWS_SESSION_TOKEN": own.token,
            "CODEBUILD_BUILD_ID": f"aft-global-customizations-terraform:{build}" if build else "",
        }
        out, err = StringIO(), StringIO()

        def wiring(tree: Path) -> Wiring:
            return Wiring(tree=tree, environment={**environment, **keys}, clock=self.at)

        with (
            patch.dict(os.environ, environment | keys),
            patch("botocore.endpoint.time", SimpleNamespace(sleep=self.at.sleep, time=time.time)),
            redirect_stdout(out),
            redirect_stderr(err),
        ):
            if not vended:
                os.environ.pop("VENDED_ACCOUNT_ID", None)
            try:
                code: int | None = cli.main(["--tree", str(self.tree), *arguments], make=wiring)
            except Killed:
                code = None
        return Ran(code=code, out=out.getvalue(), err=err.getvalue())

    def publish(self, policies: Mapping[str, Any], documents: Any = None, **front: Any) -> None:
        write_tree(self.tree, policies, documents, **front)

    def writes(self) -> list[str]:
        """Changes of the organization that were asked for since the log was cleared."""
        return [call.operation for call in self.cloud.log.select("organizations", write=True)]

    def policies(self) -> dict[str, str]:
        """Policies of other than AWS's making: name to id."""
        listed = self._pages("list_policies", "Policies", Filter=SCP)
        return {one["Name"]: one["Id"] for one in listed if not one["AwsManaged"]}

    def content(self, name: str) -> str:
        found = self.organizations.describe_policy(PolicyId=self.policies()[name])["Policy"]["Content"]
        return str(found)

    def on(self, target: str) -> list[str]:
        """Names of what is attached to a target, AWS's own left out."""
        listed = self._pages("list_policies_for_target", "Policies", TargetId=target, Filter=SCP)
        return sorted(one["Name"] for one in listed if one["Name"] != "FullAWSAccess")

    def by_hand(self, name: str, content: Any = None, *targets: str, **tags: str) -> str:
        """A policy that somebody made in the console."""
        made = self.organizations.create_policy(
            Name=name,
            Description="by hand",
            Type=SCP,
            Content=json.dumps(content or deny("s3:*")),
            Tags=[{"Key": key, "Value": value} for key, value in tags.items()],
        )["Policy"]["PolicySummary"]["Id"]
        for target in targets:
            self.organizations.attach_policy(PolicyId=made, TargetId=target)
        return str(made)

    def asked(self) -> list[str]:
        """Every call that was made since the log was cleared, but for those that only get credentials."""
        return [call.operation for call in self.cloud.log if call.service != "sts"]

    def _pages(self, operation: str, key: str, **arguments: Any) -> list[dict[str, Any]]:
        pages = self.organizations.get_paginator(operation).paginate(**arguments)
        return [one for page in pages for one in page[key]]

    def rows(self, prefix: str) -> list[dict[str, Any]]:
        return self.at.rows(prefix)

    def records(self, book: str) -> list[tuple[str, str]]:
        """Audit records of an account or of the organization, oldest first."""
        found = [row for row in self.at.rows() if row["pk"] == f"audit#{book}"]
        return [(row["what"], row["subject"]) for row in sorted(found, key=lambda row: str(row["sk"]))]


ACCOUNTS = (
    Account(id=PAYMENTS, name="payments", email="payments@x.com", ou="Workloads"),
    Account(id=LEDGER, name="ledger", email="ledger@x.com", ou="Sandbox"),
)


@contextmanager
def guarded(folder: Path, behaviour: Behaviour = QUICK, **plan: Any) -> Iterator[Guarded]:
    settings: dict[str, Any] = {"organizational_units": UNITS, "accounts": ACCOUNTS, **plan}
    with inside(LandingZonePlan(**settings), behaviour, folder) as at:
        yield Guarded(at, folder / "aws")


SET: dict[str, Any] = {
    "everywhere": entry({"ous": ["Root"]}, tags={"purpose": "x"}),
    "workloads": entry({"ous": ["Workloads", "Sandbox"]}),
    "payments": entry({"names": ["pay*"]}, {"accounts": [LEDGER]}),
}
MANAGEMENT = LandingZonePlan().management.id


def organization(cloud: Guarded, *more: str) -> tuple[int | None, str]:
    cloud.cloud.log.clear()
    done = cloud.run("apply", "--organization", *more)
    return done.code, done.text


def converged(cloud: Guarded, policies: dict[str, Any] = SET, documents: Any = None, **front: Any) -> None:
    cloud.publish(policies, documents, **front)
    code, text = organization(cloud)
    assert code == 0, text


def account(cloud: Guarded, number: str = PAYMENTS) -> tuple[int | None, str]:
    cloud.cloud.log.clear()
    done = cloud.run("apply", "--account", number, account=number)
    return done.code, done.text

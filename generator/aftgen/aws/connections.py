"""Connections to AFT's management account and the organization's, for what is done from a workstation or
workflow.

The credentials are boto3's own default chain, for AFT's management account. Where the organization's
management account must be asked, AFT's roles lead there, as in the pipeline (``aft_access.identity_center``):
the hub AWSAFTAdmin under AFT's one session name, then AWSAFTExecution, narrowed by a session policy to
reading.
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, Final

import boto3
from aft_access import wiring as access
from aft_access.catalogue import Catalogue
from aft_access.errors import NO_CREDENTIALS, AccessError, AwsError
from aft_access.identity_center import Caller, Credentials
from aft_access.pace import Pace
from aft_guardrails import wiring as guardrails

from aftgen.config_file import load_config
from aftgen.errors import AftgenError, Refused, UsageError
from aftgen.repository import Repository

_EXPIRED: Final = frozenset({"ExpiredToken", "ExpiredTokenException", "RequestExpired"})
_READS: Final = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Allow",
            "Action": [
                "organizations:Describe*",
                "organizations:List*",
                "servicecatalog:SearchProvisionedProducts",
            ],
            "Resource": "*",
        }
    ],
}


class NoCredentials(UsageError):
    """There are no AWS credentials here."""


class Stopped(Refused):
    """AWS does not let this go on: expired credentials, or a call that failed for good."""


def explained(error: AccessError) -> AftgenError:
    """An error of the connections in this program's words."""
    if isinstance(error, AwsError):
        if error.code in NO_CREDENTIALS:
            return NoCredentials(
                f"there are no AWS credentials for AFT's management account ({error.code})",
                hint=error.next_step,
            )
        if error.code in _EXPIRED:
            return Stopped(
                "the AWS credentials expired; what AFT runs goes on without this program",
                hint="get new credentials and run the same command again: it goes on where this one stopped",
            )
        return Stopped(str(error), hint=error.next_step or None)
    return Refused(str(error), hint=error.next_step or None)


def connect(repository: Repository | None) -> "Connections":
    """Connections with the tree and AFT's region of a repository, or with the environment alone."""
    if repository is None:
        return Connections(tree=Path())
    return Connections(
        tree=repository.organization.parent, home_region=load_config(repository).aft.home_region or ""
    )


class _Default(Credentials):
    """boto3's default chain, profiles that a person chose included."""

    def aft(self) -> boto3.Session:
        return self.ambient()

    def ambient(self) -> boto3.Session:
        return boto3.Session(region_name=self._region)


def _region(environment: Mapping[str, str], configured: str) -> str:
    given = configured or environment.get("AWS_REGION") or environment.get("AWS_DEFAULT_REGION")
    try:
        return given or boto3.Session().region_name or ""
    except Exception:  # noqa: BLE001 - a profile that is not there; the first call says so
        return ""


@dataclass
class _Access(access.Wiring):
    @cached_property
    def credentials(self) -> Credentials:
        region = self.environment["AWS_REGION"] or self.catalogue.access.identity_center.region
        return _Default(region=region, partition=self.partition)


@dataclass
class _OneOfMany(_Access):
    """One account's, of many in this process: what is the same for all is the whole fleet's."""

    fleet: access.Wiring = field(kw_only=True)

    @cached_property
    def catalogue(self) -> Catalogue:
        return self.fleet.catalogue

    @cached_property
    def published(self) -> access.Published:
        return self.fleet.published

    @cached_property
    def parameters(self) -> dict[str, str]:
        return self.fleet.parameters

    @cached_property
    def pace(self) -> Pace:
        return self.fleet.pace


@dataclass
class _Guardrails(guardrails.Wiring):
    @cached_property
    def credentials(self) -> Credentials:
        return _Default(region=self.environment["AWS_REGION"], partition=self.partition)


@dataclass
class Connections:
    """One process's. ``tree`` is one of global customizations; ``home_region`` AFT's, where it is known."""

    tree: Path
    clock: Any = field(default_factory=lambda: access.RealClock())
    home_region: str = ""

    @cached_property
    def environment(self) -> dict[str, str]:
        """The process's, with AFT's region and, in a workflow, the run that audit records name."""
        found = dict(os.environ)
        found["AWS_REGION"] = _region(found, self.home_region)
        run = found.get("GITHUB_RUN_ID") or found.get("CI_PIPELINE_ID")
        if run:
            found.setdefault("CODEBUILD_BUILD_ID", f"publish:{run}")
        return found

    @cached_property
    def wiring(self) -> access.Wiring:
        return _Access(tree=self.tree, environment=self.environment, clock=self.clock)

    def access(self, tree: Path, account: str | None = None) -> access.Wiring:
        """What ``aft_access.cli`` works with, for a published tree."""
        return _Access(tree=tree, account_id=account, environment=self.environment, clock=self.clock)

    def one_of_many(self, account: str) -> _OneOfMany:
        """What one account's run works with beside others in threads; the pace is one for all."""
        fleet = self.wiring
        return _OneOfMany(
            tree=fleet.tree, account_id=account, environment=self.environment, clock=self.clock, fleet=fleet
        )

    def guardrails(self, tree: Path) -> guardrails.Wiring:
        """What ``aft_guardrails.cli`` works with."""
        return _Guardrails(tree=tree, environment=self.environment, clock=self.clock)

    @property
    def region(self) -> str:
        return self.environment["AWS_REGION"]

    @cached_property
    def aft(self) -> Caller:
        """Calls to AFT's management account."""
        return self.wiring.aft

    @cached_property
    def management(self) -> Caller:
        """Reading calls to the organization's management account."""
        target = self.wiring.management_account_id
        return Caller(
            lambda: self.wiring.credentials.execution(target, policy=_READS, hub=self.wiring.hub), self.clock
        )

    def check(self) -> str:
        """The id of AFT's management account. Raises NoCredentials, or UsageError where they are others'."""
        if not self.region:
            raise NoCredentials(
                "nothing says in which region AFT is",
                hint="set AWS_REGION, or aft.home_region in aftgen.yaml",
            )
        identity = self.aft.call("sts", "GetCallerIdentity")["Account"]
        expected = "/aft/account/aft-management/account-id"
        found = self.aft.call("ssm", "GetParameters", Names=[expected])["Parameters"]
        if not found or found[0]["Value"] != identity:
            raise UsageError(
                f"the AWS credentials are for account {identity} and {self.region}, where AFT is not",
                hint="take those of AFT's management account and its home region (AWS_PROFILE, AWS_REGION)",
            )
        return str(identity)

    @cached_property
    def limit(self) -> int:
        """How many accounts AFT customizes at once (default 5: its variable of the same name)."""
        name = "/aft/config/customizations/maximum_concurrent_customizations"
        found = self.aft.call("ssm", "GetParameters", Names=[name])["Parameters"]
        text = str(found[0]["Value"]) if found else ""
        return max(1, int(text)) if text.isdigit() else 5

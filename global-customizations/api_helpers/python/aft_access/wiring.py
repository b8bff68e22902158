"""Puts the parts of a run together on AWS: credentials, gateways, ledger, reader.

Everything that costs a call is made at its first use. Where Identity Center is managed from a
delegated administrator, one session is that account's and another the management account's, which
is asked about the organization and written through for sets that only it may touch.
"""

import json
import os
import time
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, Final

from . import session_policy
from .apply import AccountRun
from .authoring import DirectoryWriter, PermissionSetGateway
from .catalogue import Catalogue, CatalogueError, load
from .errors import UsageError
from .gateway import AssignmentGateway, DirectoryGateway, OrganizationGateway
from .identity_center import Caller, Credentials, Hub
from .ledger import Ledger
from .models import Limits
from .notify import Topics
from .organization import Organization
from .pace import Pace
from .requests import Requests
from .situation import Reader
from .values import Account, Stamp

PARAMETERS: Final = {
    "aft_account": "/aft/account/aft-management/account-id",
    "management_account": "/aft/account/ct-management/account-id",
    "admin_role": "/aft/resources/iam/aft-administrator-role-name",
    "execution_role": "/aft/resources/iam/aft-execution-role-name",
    "session_name": "/aft/resources/iam/aft-session-name",
    "request_table": "/aft/resources/ddb/aft-request-table-name",
    "metadata_table": "/aft/resources/ddb/aft-request-metadata-table-name",
    "success_topic": "/aft/account/aft-management/sns/topic-arn",
    "failure_topic": "/aft/account/aft-management/sns/failure-topic-arn",
}
"""AFT's own parameters; GetParameters takes ten names in one call."""

RATE_VARIABLE: Final = "AFT_ACCESS_CALLS_PER_SECOND"
"""Calls a second to Identity Center, a whole number, instead of what access.yaml says."""

REVISION_FILE: Final = "revision.json"
"""Written by `aftgen publish` at the top of the published tree: {"revision": 12, "commit": "..."}."""


class RealClock:
    """The machine's clock."""

    def now(self) -> float:
        return time.time()

    def sleep(self, seconds: float) -> None:
        time.sleep(seconds)


@dataclass(frozen=True, slots=True, kw_only=True)
class Published:
    """Which version of the tree this is. Revision 0: nobody published it."""

    revision: int = 0
    commit: str = ""


def published(tree: Path) -> Published:
    """The tree's revision. Raises UsageError when its file is damaged."""
    path = tree / REVISION_FILE
    if not path.exists():
        return Published()
    try:
        content = json.loads(path.read_text("utf-8"))
        return Published(revision=int(content["revision"]), commit=str(content.get("commit", "")))
    except (ValueError, KeyError, TypeError, OSError) as error:
        raise UsageError(f"{REVISION_FILE} cannot be read: {error}") from None


@dataclass
class Wiring:
    """One process's connections. `account_id` is None for what concerns the whole organization."""

    tree: Path
    account_id: str | None = None
    environment: Mapping[str, str] = field(default_factory=lambda: dict(os.environ))
    clock: Any = field(default_factory=RealClock)

    @cached_property
    def catalogue(self) -> Catalogue:
        """The published decisions. Raises CatalogueError."""
        return load(self.tree)

    @cached_property
    def published(self) -> Published:
        """Which version of the tree this is."""
        return published(self.tree)

    @property
    def calls_per_second(self) -> float:
        """The rate that access.yaml allows; the default's when it cannot be read, to say so all the same.

        A rehearsal says another one (RATE_VARIABLE): nobody shares its AWS, and every run would wait in vain.
        """
        if self.environment.get(RATE_VARIABLE, "").isdigit():
            return max(1.0, float(self.environment[RATE_VARIABLE]))
        try:
            return self.catalogue.access.limits.calls_per_second
        except CatalogueError:
            return Limits().calls_per_second

    @property
    def partition(self) -> str:
        """The AWS partition, as AFT's project has it."""
        return self.environment.get("AWS_PARTITION", "aws")

    @cached_property
    def stamp(self) -> Stamp:
        """Who makes the changes of this run."""
        build = self.environment.get("CODEBUILD_BUILD_ID", "")
        try:
            tree = self.published
        except UsageError:  # the run fails because of it, and its record needs a stamp
            tree = Published()
        commit = tree.commit or self.environment.get("CODEBUILD_RESOLVED_SOURCE_VERSION", "")
        run = f"{build or 'local'}/{uuid.uuid4().hex[:8]}"
        return Stamp(run=run, build=build, commit=commit, revision=tree.revision)

    @cached_property
    def credentials(self) -> Credentials:
        """AFT's home region is the environment's; Identity Center may be in another one."""
        region = self.environment.get("AWS_REGION") or self.environment.get("AWS_DEFAULT_REGION") or ""
        return Credentials(
            region=region or self.catalogue.access.identity_center.region, partition=self.partition
        )

    @cached_property
    def parameters(self) -> dict[str, str]:
        """AFT's parameters, in one call. Raises UsageError for a missing one that is needed."""
        calls = self._caller(_first_then(self.credentials.aft, self.credentials.ambient))
        answer = calls.call("ssm", "GetParameters", Names=list(PARAMETERS.values()))
        values = {one["Name"]: one["Value"] for one in answer["Parameters"]}
        found = {key: values[name] for key, name in PARAMETERS.items() if name in values}
        missing = [name for key, name in PARAMETERS.items() if key not in found and "topic" not in key]
        if missing:
            raise UsageError(f"AFT's parameters are missing: {', '.join(missing)}")
        return found

    @cached_property
    def pace(self) -> Pace:
        """What all sessions of this process keep to together."""
        return Pace(self.clock, self.calls_per_second)

    @cached_property
    def hub(self) -> Hub:
        """AFT's roles."""
        found = self.parameters
        return Hub(
            aft_account_id=found["aft_account"],
            admin_role=found["admin_role"],
            execution_role=found["execution_role"],
            session_name=found["session_name"],
        )

    @property
    def management_account_id(self) -> str:
        """The organization's management account."""
        return self.parameters["management_account"]

    @cached_property
    def aft(self) -> Caller:
        """Calls to AFT's management account: tables and topics."""

        def again() -> Any:
            return self.credentials.execution(self.hub.aft_account_id, policy=None, hub=self.hub)

        return self._caller(_first_then(self.credentials.aft, again))

    @cached_property
    def management(self) -> Caller:
        """Calls to the management account, narrowed to this run's account."""
        return self._caller(self._narrowed(self.management_account_id))

    @cached_property
    def identity(self) -> Caller:
        """Calls to Identity Center: the delegated administrator's, or the management account's own."""
        delegate = self.catalogue.access.identity_center.delegated_administrator
        if delegate in (None, self.management_account_id):
            return self.management
        return self._caller(self._narrowed(delegate))

    @cached_property
    def author(self) -> Caller:
        """Calls that write organization-wide objects, through the management account: it may write all."""
        policy = session_policy.for_authoring()
        return self._caller(
            lambda: self.credentials.execution(self.management_account_id, policy=policy, hub=self.hub)
        )

    @cached_property
    def ledger(self) -> Ledger:
        """Our table."""
        return Ledger(self.aft, self.clock, self.stamp)

    @cached_property
    def requests(self) -> Requests:
        """AFT's own tables."""
        return Requests(self.aft, self.parameters["request_table"], self.parameters["metadata_table"])

    @cached_property
    def assignments(self) -> AssignmentGateway:
        """Who has what."""
        delegated = self.identity is not self.management
        return AssignmentGateway(
            _InRegion(self.identity, self._region),
            _InRegion(self.management, self._region) if delegated else None,
            self.management_account_id,
        )

    @cached_property
    def directory(self) -> DirectoryGateway:
        """Groups and users."""
        return DirectoryGateway(_InRegion(self.identity, self._region), self.assignments)

    @cached_property
    def sets(self) -> PermissionSetGateway:
        """Permission sets, to read and write."""
        return PermissionSetGateway(_InRegion(self.author, self._region), self.assignments.instance())

    @cached_property
    def writer(self) -> DirectoryWriter:
        """Groups and users, to write."""
        return DirectoryWriter(_InRegion(self.author, self._region), self.assignments.instance())

    @cached_property
    def provisioning(self) -> AssignmentGateway:
        """Re-provisioning everywhere, with the session that may write organization-wide objects."""
        return AssignmentGateway(_InRegion(self.author, self._region), None, self.management_account_id)

    @cached_property
    def topics(self) -> Topics:
        """AFT's notification topics."""
        found = self.parameters
        return Topics(self.aft, found.get("success_topic", ""), found.get("failure_topic", ""))

    @cached_property
    def organization(self) -> Organization:
        """Writes organization-wide objects."""
        return Organization(
            catalogue=self.catalogue,
            ledger=self.ledger,
            directory=self.directory,
            sets=lambda: self.sets,
            writes=lambda: self.writer,
            revision=self.published.revision,
            patience=self.patience,
        )

    @property
    def patience(self) -> float:
        """Seconds to wait for a lease: as long as a dead run may hold one, and a little more."""
        return self.catalogue.access.limits.lease_seconds * 1.5 + 30

    def account(self, above: tuple[str, ...] = ()) -> Account | None:
        """The run's account, as Organizations has it; `above` are the OUs that were above it before."""
        assert self.account_id is not None
        return OrganizationGateway(self.management).account(self.account_id, above)

    def run(self) -> AccountRun:
        """The run of one account."""
        assert self.account_id is not None
        return AccountRun(
            account_id=self.account_id,
            management_account_id=self.management_account_id,
            reader=Reader(
                catalogue=self.catalogue,
                ledger=self.ledger,
                assignments=self.assignments,
                directory=self.directory,
                sets=lambda: self.sets,
                clock=self.clock,
                revision=self.published.revision,
            ),
            ledger=self.ledger,
            organization=self.organization,
            account=self.account,
            request=self.requests.of,
            patience=self.patience,
        )

    def counts(self) -> dict[str, int]:
        """Calls by operation that this process made so far, with those that were repeated."""
        total: dict[str, int] = {"AssumeRole": self.credentials.assumed}
        for caller in self._callers:
            for operation, count in caller.counts.items():
                total[operation] = total.get(operation, 0) + count
        return total

    def _caller(self, session: Callable[[], Any]) -> Caller:
        caller = Caller(session, self.clock, self.pace)
        self._callers.append(caller)
        return caller

    @cached_property
    def _callers(self) -> list[Caller]:
        return []

    @property
    def _region(self) -> str:
        return self.catalogue.access.identity_center.region

    def _narrowed(self, target: str | None) -> Callable[[], Any]:
        policy = session_policy.for_account(self.partition, self.account_id or "*")
        return lambda: self.credentials.execution(str(target), policy=policy, hub=self.hub)


class _InRegion:
    """Sends every call to Identity Center's region, whatever region the session is for."""

    def __init__(self, calls: Caller, region: str) -> None:
        self._calls, self._region = calls, region

    def call(self, service: str, operation: str, **arguments: Any) -> dict[str, Any]:
        return self._calls.call(service, operation, region=self._region, **arguments)

    def pages(self, service: str, operation: str, key: str, **arguments: Any) -> Any:
        return self._calls.pages(service, operation, key, region=self._region, **arguments)


def _first_then(first: Callable[[], Any], later: Callable[[], Any]) -> Callable[[], Any]:
    """AFT's profile while it is valid; once AWS calls it expired, what can be renewed."""
    made: list[bool] = []

    def make() -> Any:
        made.append(True)
        return first() if len(made) == 1 else later()

    return make

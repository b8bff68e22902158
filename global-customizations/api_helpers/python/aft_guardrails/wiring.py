"""Puts the parts of a run together on AWS, over the connections of `aft_access`.

The files of `identity-center/` are not read: guardrails do not depend on them.
"""

from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

from aft_access import wiring as access
from aft_access.gateway import OrganizationGateway
from aft_access.identity_center import Caller, Credentials
from aft_access.notify import Topics

from . import session_policy
from .account import AccountRun
from .declarations import Guardrails, load
from .gateway import PolicyGateway
from .ledger import Records
from .organization import OrganizationRun

_REGION: Final = "us-east-1"
"""Where nothing else says; Organizations has one endpoint whatever the region."""


@dataclass
class Wiring(access.Wiring):
    """One process's connections. Each account of a run has a session of its own."""

    @cached_property
    def guardrails(self) -> Guardrails:
        """What is declared. Raises DeclarationError."""
        return load(self.tree)

    @cached_property
    def credentials(self) -> Credentials:
        """AFT's home region is the environment's."""
        region = self.environment.get("AWS_REGION") or self.environment.get("AWS_DEFAULT_REGION") or _REGION
        return Credentials(region=region, partition=self.partition)

    @cached_property
    def records(self) -> Records:
        """Our table."""
        return Records(self.aft, self.clock, self.stamp)

    @cached_property
    def topics(self) -> Topics:
        """AFT's notification topics."""
        found = self.parameters
        success, failure = found.get("success_topic", ""), found.get("failure_topic", "")
        return Topics(self.aft, success, failure, about="Guardrails")

    @property
    def calls_per_second(self) -> float:
        """Organizations has no budget of ours."""
        return 20.0

    @property
    def patience(self) -> float:
        """Seconds to wait for a lease: as long as a dead run may hold one, and a little more."""
        return self.guardrails.limits.lease_seconds * 1.5 + 30

    def organization_run(self) -> OrganizationRun:
        """The run of the organization's policies."""
        policy = session_policy.for_organization(self.partition, self.management_account_id)
        return OrganizationRun(
            guardrails=self.guardrails,
            records=self.records,
            policies=PolicyGateway(self._management(policy), self.clock),
            management_account_id=self.management_account_id,
            revision=self.published.revision,
            patience=self.patience,
        )

    def account_run(self, account_id: str) -> AccountRun:
        """The run of one account."""
        policy = session_policy.for_account(self.partition, self.management_account_id, account_id)
        calls = self._management(policy)
        return AccountRun(
            account_id=account_id,
            management_account_id=self.management_account_id,
            guardrails=self.guardrails,
            records=self.records,
            policies=PolicyGateway(calls, self.clock),
            account=lambda: OrganizationGateway(calls).account(account_id),
            request=self.requests.of,
            revision=self.published.revision,
            patience=self.patience,
        )

    def _management(self, policy: dict[str, Any]) -> Caller:
        target = self.management_account_id
        return self._caller(lambda: self.credentials.execution(target, policy=policy, hub=self.hub))

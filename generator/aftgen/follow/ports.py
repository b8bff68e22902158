"""What following needs from the outside. The gateways in ``aftgen.aws`` are these on AWS."""

from collections.abc import Sequence
from typing import Protocol

from aftgen.follow.values import Execution, Failure, FrameworkRun, Vended


class NoPipeline(Exception):
    """There is no pipeline of that name."""


class Clock(Protocol):
    """Time that can be waited for."""

    def now(self) -> float: ...

    def sleep(self, seconds: float) -> None: ...


class Pipelines(Protocol):
    """AFT's pipelines."""

    def executions(self, pipeline: str) -> Sequence[Execution]:
        """The latest ones, newest first. Raises NoPipeline."""
        ...

    def start(self, pipeline: str) -> str:
        """Starts one; its id. Raises NoPipeline."""
        ...

    def failure(self, pipeline: str, execution: str) -> Failure:
        """Why a failed execution failed, as far as AWS says."""
        ...


class Framework(Protocol):
    """AFT's state machine ``aft-account-provisioning-framework``."""

    def runs(self, since: float) -> Sequence[FrameworkRun]:
        """Those that were started at or after a time, newest first."""
        ...

    def failure(self, run: FrameworkRun) -> Failure:
        """The state that failed and its cause."""
        ...


class Accounts(Protocol):
    """The accounts that AFT manages."""

    def managed(self) -> Sequence[Vended]:
        """Every one, with the key of its request; ``status`` is not asked."""
        ...

    def with_status(self, accounts: Sequence[Vended]) -> Sequence[Vended]:
        """The same accounts with Organizations' status."""
        ...

    def below(self, ou_id: str) -> frozenset[str]:
        """Ids of the accounts in an organizational unit and the units below it."""
        ...

    def units_below(self, ou_id: str) -> Sequence[tuple[str, str]]:
        """The unit and those below it: name and id."""
        ...

    def tags(self, account_id: str) -> dict[str, str]:
        """The account's tags in Organizations."""
        ...


class Refusals(Protocol):
    """Where AFT leaves the reason why a request went no further (reference: AFT reference §2.2)."""

    def product_failure(self, name: str) -> str:
        """What Service Catalog says about a failed product of an account of this name, or ""."""
        ...

    def logged(self, name: str, email: str, since: float) -> str:
        """What AFT's processor logged about a request, or ""."""
        ...


class Convergence(Protocol):
    """What is written once for the whole organization."""

    def catalogue(self) -> tuple[int, str] | None:
        """Exit code and text of applying permission sets, groups and users; None: nothing is declared."""
        ...

    def guardrails(self) -> tuple[int, str] | None:
        """The same of service control policies."""
        ...

"""What AFT does with a change of requests, in AFT's order, as steps that two implementations share.

`builtin.py` does the steps as the AFT reference describes them; `framework/` does the same steps by running a
release's own lambda code and buildspecs. The order between the steps is in `rehearsal.py`, once, for both:

    framework.publish(trees)     AFT's branches hold these trees from now on
    changes(before, after)       Terraform's apply: one INSERT, MODIFY or REMOVE for each row that differs
    the row is written           into the table aft-request, before the change is delivered
    framework.deliver(change)    action trigger, queue, processor, Control Tower: the account is in its OU
    framework.provision(...)     aft-account-provisioning-framework: roles, metadata, tags, fields, pipeline
    framework.customize(id)      aft-global-customizations-terraform, then aft-account-…-terraform

`framework.load(checkout, setting)` of the package `aftgen.rehearsal.framework` makes the one that runs a
checkout; `builtin.BuiltIn(setting)` makes the other.

Reference: AFT reference §1.3, §1.4, §2.1, §3.2, §7.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from aftgen.cloud import LandingZone
    from aftgen.rehearsal.environments import Environments
    from aftgen.rehearsal.pipeline import Distribution, PipelineResult, StageResult
    from aftgen.rehearsal.processes import Workspace
    from aftgen.rehearsal.trees import Trees
    from aftgen.request_row import RequestRow


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """What either implementation works with. The landing zone is built, and nobody has been vended yet.

    `has_state_machine`: the repository has (or is not asked for) aft-account-provisioning-customizations.
    """

    zone: "LandingZone"
    workspace: "Workspace"
    environments: "Environments"
    distribution: "Distribution" = "oss"
    has_state_machine: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One record of the stream of `aft-request`; exactly as Terraform's provider causes it."""

    old: "RequestRow | None" = None
    new: "RequestRow | None" = None

    @property
    def event(self) -> str:
        """INSERT, MODIFY or REMOVE."""
        if self.old is None:
            return "INSERT"
        return "MODIFY" if self.new is not None else "REMOVE"

    @property
    def row(self) -> "RequestRow":
        """The new row, or the one that goes."""
        row = self.new or self.old
        assert row is not None
        return row

    def record(self) -> dict[str, Any]:
        """The record as the lambdas get it: `{"Records": [this]}` (StreamViewType NEW_AND_OLD_IMAGES)."""
        images = {"OldImage": self.old, "NewImage": self.new}
        return {
            "eventName": self.event,
            "eventSource": "aws:dynamodb",
            "eventVersion": "1.1",
            "dynamodb": {
                "Keys": {"id": {"S": self.row.id}},
                "StreamViewType": "NEW_AND_OLD_IMAGES",
                **{name: row.item() for name, row in images.items() if row is not None},
            },
        }


class Outcome(Enum):
    """What became of one delivered change."""

    CREATED = "created"  # a new account, which goes on to `provision`
    UPDATED = "updated"  # Control Tower updated the account (moved it); goes on to `provision`
    CUSTOMIZED = "customized"  # nothing for Control Tower to do; goes on to `provision`
    REMOVED = "removed"  # no longer AFT's: pipeline and metadata row are gone, the account stays
    REFUSED = "refused"  # AFT said no: `reasons`


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """Where a change ended. `account` is the account's id, "" where there is none (a refused creation).

    `reasons` are AFT's own words, what it raises last and what it only logs before it. `log` is the text
    of whatever ran.
    """

    change: Change
    outcome: Outcome
    account: str = ""
    reasons: tuple[str, ...] = ()
    log: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Provisioned:
    """How one run of the state machine aft-account-provisioning-framework ended for one account.

    `steps` are the states that finished, by AFT's names (persist_metadata, create_role, tag_account,
    account_metadata_ssm, …). `pipeline_started`: AFT's pipeline starts itself only when it is first created.
    `reason` is the error of the state that failed, "" when none did.
    """

    account: str
    ok: bool
    steps: tuple[str, ...] = ()
    pipeline_started: bool = False
    reason: str = ""
    log: str = ""


class Framework(Protocol):
    """The steps that the built-in order and a framework checkout both implement.

    `deliver` and `provision` are called by one thread, account after account, as AFT's processor takes one
    message at a time. `customize` is called by several threads at once, one account each; AFT's own limit is
    `maximum_concurrent_customizations`. Nothing here raises for what AFT refuses or what fails in a build:
    that is a result. An exception is a bug or a broken machine.
    """

    @property
    def release(self) -> str:
        """The AFT release whose behaviour this is, such as 1.20.1."""
        ...

    def publish(self, trees: "Trees") -> None:
        """The branches that AFT's pipelines read hold these trees from now on. Called before everything."""
        ...

    def deliver(self, change: Change) -> Delivery:
        """One stream record, followed to where it ends: refused, removed, or the account in its OU.

        The row is in the table already. Accounts are made and moved through
        `aftgen.cloud.account_factory.AccountFactory`, whoever calls it.
        """
        ...

    def provision(self, delivery: Delivery) -> Provisioned:
        """The provisioning framework's effects after a CREATED, UPDATED or CUSTOMIZED delivery."""
        ...

    def customize(
        self, account: str, on_stage: "Callable[[StageResult], None] | None" = None
    ) -> "PipelineResult":
        """The account's customizations pipeline, global then account; `on_stage` hears each stage's end."""
        ...


def changes(before: Sequence["RequestRow"], after: Sequence["RequestRow"]) -> tuple[Change, ...]:
    """What `terraform apply` does to the table: removed rows first, then the others in the order of `after`.

    Rows are matched by `id`, the table's key: another e-mail address is a REMOVE and an INSERT. A row that is
    equal in every attribute causes nothing.
    """
    old = {row.id: row for row in before}
    new = {row.id: row for row in after}
    removed = [Change(old=row) for row in before if row.id not in new]
    rest = [
        Change(old=old.get(row.id), new=row)
        for row in after
        if row.id not in old or old[row.id].item() != row.item()
    ]
    return (*removed, *rest)

"""What happens to AFT's rows when one tree of account requests follows another: :func:`compare`.

Terraform's part of it is :mod:`aftgen.changes.terraform`. Nothing that cannot be evaluated is compared: it is
refused, because what is not seen would look like an account that is gone.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from aftgen.changes.access import Policy
from aftgen.changes.decision import same_image
from aftgen.changes.load import side
from aftgen.changes.plan import Side
from aftgen.changes.terraform import RESOURCE, Hazard, HazardKind, apply
from aftgen.errors import Problems
from aftgen.evaluate import evaluate
from aftgen.organization import Organization
from aftgen.reader.folder import is_override, read
from aftgen.reader.model import EvaluatedBy, Request, RequestFolder
from aftgen.repository import Repository
from aftgen.request_row import RequestRow

#: Access is not compared here; `aftgen plan` does.
_NO_POLICY = Policy(organization=Organization())
NOTHING = Side(rows={}, policy=_NO_POLICY)


@dataclass(frozen=True, slots=True)
class Change:
    """A row before and after."""

    before: RequestRow
    after: RequestRow


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountChanges:
    """The accounts that differ, by email: AFT's key. ``hazards`` are what no flag allows."""

    added: tuple[RequestRow, ...] = ()
    changed: tuple[Change, ...] = ()
    removed: tuple[RequestRow, ...] = ()
    hazards: tuple[Hazard, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.added or self.changed or self.removed)


def of(repository: Repository, what: str) -> Side:
    """The requests of an exported tree. ``what`` names it in messages. Raises Problems for one that cannot be
    read whole."""
    folder = read(repository)
    problems = _unreadable(folder)
    if problems:
        raise Problems(
            f"the account requests of {what} cannot be read",
            problems,
            hint="'aftgen check' in a clone of it says more; correct it there first",
        )
    because = ""
    if any(request.evaluated_by is EvaluatedBy.NOTHING for request in folder.requests):
        evaluation = evaluate(repository, folder)
        folder, because = evaluation.folder, evaluation.reason
    unknown = [
        f"{_where(one)}: {one.address} is not evaluated: {because or one.reason}"
        for one in folder.requests
        if one.evaluated_by is EvaluatedBy.NOTHING
    ]
    found = side(repository, folder, name=what, policy_of=_NO_POLICY)
    unknown = unknown or [f"{one.place}: {one.address}: {one.reason}" for one in found.unevaluated]
    if unknown:
        raise Problems(
            f"the account requests of {what} cannot be compared",
            unknown,
            hint="put terraform on PATH, or write the values out",
        )
    return found


def compare(before: Side, after: Side) -> AccountChanges:
    """What AFT would see. An email that changes in place is a removal: the row's key is the email."""
    applied = apply(before.rows, after.rows, after.moves)
    old = {row.id: row for row in before.rows.values()}
    new = {row.id: row for row in after.rows.values()}
    return AccountChanges(
        added=tuple(row for id, row in new.items() if id not in old),
        changed=tuple(
            Change(old[id], row) for id, row in new.items() if id in old and not same_image(old[id], row)
        ),
        removed=tuple(row for id, row in old.items() if id not in new),
        hazards=tuple(one for one in applied.hazards if one.kind is not HazardKind.EMAIL_CHANGED),
    )


def not_allowed(changes: AccountChanges, allowed: Sequence[str]) -> list[RequestRow]:
    """The removals that nobody named, by the account's name or email."""
    return [row for row in changes.removed if row.name not in allowed and row.email not in allowed]


def explain(hazard: Hazard) -> str:
    """A hazard in words."""
    old, new = (address.removesuffix(f".{RESOURCE}") for address in (hazard.old_address, hazard.new_address))
    return f"{hazard.id} {_WORDS[hazard.kind].format(old=old, new=new, other=hazard.other)}"


_WORDS = {
    HazardKind.READDRESSED: (
        "changes its address from {old} to {new}: Terraform destroys its row and makes it again, and AFT "
        "removes the account"
    ),
    HazardKind.EMAIL_CHANGED: "takes the place of {other}",
    HazardKind.OVERWRITES: "at {new} writes over the row of another request",
    HazardKind.DUPLICATE: "at {new} has a row already: the apply fails",
    HazardKind.LOST: "at {new} ends without a row in AFT's table",
    HazardKind.STILL_DECLARED: "is moved from {old} to {new}, and {old} is still declared: the apply fails",
}


def _where(request: Request) -> str:
    return f"{request.path}:{request.file.source.position(request.block.start).line}"


def _unreadable(folder: RequestFolder) -> list[str]:
    problems = [f"{item.path}: {item.why}" for item in folder.unreadable]
    for file in folder.files:
        path = file.source.path
        problems += [f"{path} is not valid Terraform"] if file.problems else []
        if is_override(path.rsplit("/", 1)[-1]):
            problems.append(f"{path}: what an override file changes cannot be compared")
    return problems

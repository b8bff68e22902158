"""What is dangerous in a change although every tool does what it was told: in words, with what to do."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import Enum

from aft_access import sso_user

from aftgen.changes import terraform
from aftgen.changes.decision import Decision, Verdict
from aftgen.changes.terraform import Hazard, HazardKind
from aftgen.request_row import RequestRow

#: From so many removals on a plan says that they are many.
MANY_REMOVALS = 3


class DangerKind(Enum):
    """What loses accounts or access although every tool does what it was told."""

    READDRESSED = "address changed"
    EMAIL_CHANGED = "email changed"
    OVERWRITES = "overwrites another request"
    DUPLICATE = "email used twice"
    LOST = "row lost"
    STILL_DECLARED = "moved but still declared"
    DECLARATION_GONE = "access declaration disappeared"
    EMPTIED = "every request is gone"
    MANY_REMOVALS = "many removals"
    SSO_UNKNOWN = "SSO user unknown"


@dataclass(frozen=True, slots=True)
class Danger:
    """``refused``: a plan that holds it must not be merged as it is."""

    kind: DangerKind
    text: str
    refused: bool = True


def of_rows(
    hazards: tuple[Hazard, ...], decisions: Mapping[str, tuple[Decision, ...]]
) -> dict[str, tuple[Danger, ...]]:
    """The dangers of each row, by its id."""
    found: dict[str, tuple[Danger, ...]] = {}
    for hazard in hazards:
        if hazard.kind is not HazardKind.EMAIL_CHANGED or not _followed(hazard, decisions):
            found[hazard.id] = (*found.get(hazard.id, ()), _danger(hazard))
    return found


def of_declaration(grants: int) -> Danger:
    """An access declaration that is not there any more, with so many grants in it."""
    stood = "1 grant" if grants == 1 else f"{grants:,} grants"
    return Danger(
        DangerKind.DECLARATION_GONE,
        f"the request declares no access any more and {stood} stood in it: the pipeline refuses; write "
        "grants = {} to revoke them",
    )


def of_unknown_sso_user(new: RequestRow, decisions: Iterable[Decision]) -> Danger | None:
    """AFT would send an SSO user that nobody knows to Control Tower, with an order of any kind.

    Going back to the OU that the account is held in is allowed: that is where it is.
    """
    stays = sso_user.stays_in(new.control_tower_parameters["SSOUserEmail"])
    verdicts = {decision.verdict for decision in decisions}
    if stays is None or not verdicts & {Verdict.CREATE, Verdict.UPDATE}:
        return None
    if Verdict.CREATE not in verdicts and new.ou == stays:
        return None
    return Danger(
        DangerKind.SSO_UNKNOWN,
        "the account's SSO user is not known, and AFT would send what stands there to Control Tower, which "
        f"makes an SSO user an administrator of the account: leave it in {stays}",
    )


def of_tree(before: int, after: int, removed: int) -> Iterator[Danger]:
    """The dangers of the whole: requests before and after, and those that go."""
    if before and not after:
        yield Danger(
            DangerKind.EMPTIED,
            f"no request is left: AFT would remove all {before:,} accounts from its management",
        )
    elif removed >= MANY_REMOVALS:
        yield Danger(
            DangerKind.MANY_REMOVALS, f"{removed:,} accounts leave AFT's management at once", refused=False
        )


def _followed(hazard: Hazard, decisions: Mapping[str, tuple[Decision, ...]]) -> bool:
    """Whether the account's own email changed first: it is taken over, and the old email names nobody."""
    new, old = decisions.get(hazard.id, ()), decisions.get(hazard.other, ())
    return all(decision.verdict is Verdict.CUSTOMIZE for decision in new) and all(
        decision.verdict is Verdict.NOTHING for decision in old
    )


def _danger(hazard: Hazard) -> Danger:
    texts = {
        HazardKind.READDRESSED: (
            f"{module_of(hazard.old_address)} becomes {module_of(hazard.new_address)} without a moved block: "
            "Terraform deletes the live account's row and puts it again, in no fixed order, so that AFT "
            "removes the account or the apply fails; write moved { from = "
            f"{module_of(hazard.old_address, hazard.new_address)} "
            f"to = {module_of(hazard.new_address, hazard.old_address)} }}"
        ),
        HazardKind.EMAIL_CHANGED: (
            f"AccountEmail changed in place from {hazard.other}: AFT removes that live account and takes "
            "this for another one; change the root email in Organizations first, or write a second request"
        ),
        HazardKind.OVERWRITES: (
            f"AccountEmail changed in place from {hazard.other} to one that another request has: "
            "Terraform writes over that request's row"
        ),
        HazardKind.DUPLICATE: "another request has this email: the apply fails, after the merge",
        HazardKind.LOST: "after the apply AFT's table does not hold this request",
        HazardKind.STILL_DECLARED: (
            f"a moved block moves {module_of(hazard.old_address)}, which is still declared: "
            "Terraform refuses the whole apply"
        ),
    }
    return Danger(DangerKind[hazard.kind.name], texts[hazard.kind])


def module_of(address: str, other: str = "") -> str:
    """The module of a resource's address, or the whole address where only the resource differs."""
    module = address.removesuffix(f".{terraform.RESOURCE}")
    if module == address:
        return address
    return module if not other or other.endswith(f".{terraform.RESOURCE}") else address

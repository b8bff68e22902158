"""Which step repairs a request, from what is known of it: AFT's rules (reference §2.1), as one decision.

A failed new request is not retried by changing it. It is removed and added again, in two merged pull
requests, or its dead letter is sent again; and before either, the errored provisioned product must be gone,
because its name is taken ("A stack named X already exists"). The request of an account that AFT manages is
never removed: AFT would forget the account.
"""

from dataclasses import dataclass
from enum import Enum
from shlex import quote

from aftgen.diagnosis.diagnose import Diagnosis
from aftgen.diagnosis.evidence import PRODUCT_BUSY, Evidence, Part, Product
from aftgen.diagnosis.known import Way
from aftgen.diagnosis.progress import State
from aftgen.errors import Refused


class Step(Enum):
    """What to do next."""

    TERMINATE = "terminate its errored provisioned product"
    REDRIVE = "send its dead letter again"
    REMOVE = "remove its request (1 of 2)"
    ADD = "add its request again (2 of 2)"
    RERUN = "run its customizations pipeline again"


@dataclass(frozen=True, slots=True, kw_only=True)
class Merged:
    """Where the request is: in the files here, and on the default branch; ``why`` the branch is not known."""

    here: bool
    on_base: bool
    why: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What the person asked for."""

    redrive: bool = False
    terminate: bool = False


def next_step(evidence: Evidence, diagnosis: Diagnosis, merged: Merged, wish: Wish) -> Step:
    """The one step that comes next. Raises Refused where there is none, or not all is known that must be."""
    unread = [part for part in (Part.REQUEST, Part.ACCOUNT, Part.PRODUCT) if part in evidence.unreadable]
    if unread:
        why = "; ".join(f"{part}: {evidence.unreadable[part]}" for part in unread)
        raise Refused(
            f"whether an account exists already is not known ({why})",
            hint="removing the request of a live account would take it out of AFT: get these rights first",
        )
    if evidence.member is not None and not _never_managed(evidence):
        return _of_an_account(evidence, diagnosis, wish)
    if evidence.product is not None and evidence.product.status in PRODUCT_BUSY:
        raise Refused("Control Tower is still at work on it", hint="'aftgen status NAME --watch' follows it")
    if evidence.product is not None and evidence.product.is_healthy:
        raise Refused(
            "its provisioned product is healthy, and Organizations shows no account: nothing is retried",
            hint="see the product in Service Catalog",
        )
    if evidence.product is not None:
        return Step.TERMINATE
    if wish.terminate:
        raise Refused(
            "there is no provisioned product of it to terminate", hint="leave --terminate-product out"
        )
    if wish.redrive:
        return _redrive(evidence)
    return _two_merges(evidence, diagnosis, merged)


def _never_managed(evidence: Evidence) -> bool:
    """An account that exists, has the request's email, and that AFT has never done anything for."""
    traces = (evidence.has_metadata, evidence.has_pipeline, evidence.product, evidence.runs)
    return not any(traces) and evidence.can(Part.FRAMEWORK, Part.CUSTOMIZATIONS)


def _of_an_account(evidence: Evidence, diagnosis: Diagnosis, wish: Wish) -> Step:
    if diagnosis.way is Way.RERUN and evidence.has_pipeline and not wish.redrive and not wish.terminate:
        return Step.RERUN
    assert evidence.member is not None
    what = "its request is not removed, because AFT would forget the account"
    if wish.redrive and evidence.letters and evidence.letters[-1].operation == "UPDATE":
        return _redrive(evidence)
    if diagnosis.state in (State.OK, State.RUNNING):
        raise Refused(f"nothing is to be retried: {diagnosis.now}", hint="'aftgen status' shows all of it")
    repair = (*diagnosis.finding.repair, "'aftgen status' shows the cause") if diagnosis.finding else ()
    raise Refused(
        f"the account {evidence.member.id} exists, so {what}; {diagnosis.now}",
        hint="; ".join(repair) or "'aftgen status' shows the evidence",
    )


def _redrive(evidence: Evidence) -> Step:
    if Part.LETTERS in evidence.unreadable:
        raise Refused(f"the dead letters are not readable: {evidence.unreadable[Part.LETTERS]}")
    if not evidence.letters:
        raise Refused(
            "there is no dead letter of this account: a request that AFT's rules refuse is deleted",
            hint="remove the request and add it again: leave --redrive out",
        )
    return Step.REDRIVE


def _two_merges(evidence: Evidence, diagnosis: Diagnosis, merged: Merged) -> Step:
    if merged.why:
        raise Refused(f"what is merged is not known: {merged.why}")
    if merged.on_base and evidence.row is not None:
        if diagnosis.state is State.RUNNING:
            raise Refused(f"it is under way: {diagnosis.now}", hint="'aftgen status NAME --watch' follows it")
        if diagnosis.state not in (State.FAILED, State.UNKNOWN):
            raise Refused(
                f"nothing failed that could be seen: {diagnosis.now}", hint="'aftgen status' shows it"
            )
        if not merged.here:
            raise Refused(
                "its request is removed here, and that is not merged yet",
                hint="merge and publish the removal, and run this again",
            )
        return Step.REMOVE
    if merged.on_base:
        raise Refused(
            "its request is merged, and AFT's table does not have it yet",
            hint="publish it; then 'aftgen status NAME --watch' follows it",
        )
    if evidence.row is not None:
        raise Refused(
            "the removal of its request is merged, and AFT's table still has the row",
            hint="publish it ('aftgen publish --allow-removal NAME'), and run this again when it is gone",
        )
    if merged.here:
        raise Refused(
            "its request is here again, and not merged yet",
            hint="merge and publish it; then 'aftgen status NAME --watch' follows it",
        )
    return Step.ADD


def termination(product: Product) -> str:
    """The command that terminates a product, for the organization's management account."""
    return f"aws servicecatalog terminate-provisioned-product --provisioned-product-id {quote(product.id)}"

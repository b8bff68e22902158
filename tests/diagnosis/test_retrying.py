"""Which step comes next, from plain values: AFT's rules of a retry (AFT reference §2.1)."""

from dataclasses import replace

import pytest
from aftgen.diagnosis.diagnose import diagnose
from aftgen.diagnosis.evidence import Evidence, Part
from aftgen.diagnosis.retrying import Merged, Step, Wish, next_step, termination
from aftgen.errors import Refused
from diagnosis_evidence import (
    EMAIL,
    HEALTHY,
    MEMBER,
    customizations,
    errored,
    framework,
    letter,
    new,
    processor,
    standing,
)

_FAILED = processor(f"Account Email: {EMAIL} already used in Organizations")
_BOTH, _HERE, _BASE, _GONE = (
    Merged(here=here, on_base=base)
    for here, base in ((True, True), (True, False), (False, True), (False, False))
)
_REMOVED = replace(_FAILED, row=None, audit=(*_FAILED.audit, replace(_FAILED.audit[0], event="REMOVE")))


def _step(evidence: Evidence, merged: Merged = _BOTH, **wish: bool) -> Step:
    return next_step(evidence, diagnose(evidence), merged, Wish(**wish))


@pytest.mark.parametrize(
    ("evidence", "merged", "wish", "step"),
    [
        (_FAILED, _BOTH, {}, Step.REMOVE),
        (_REMOVED, _GONE, {}, Step.ADD),
        (errored("EMAIL_ALREADY_EXISTS"), _BOTH, {}, Step.TERMINATE),
        (errored("EMAIL_ALREADY_EXISTS"), _BOTH, {"redrive": True}, Step.TERMINATE),
        (new(letters=(letter(),)), _BOTH, {"redrive": True}, Step.REDRIVE),
        (new(letters=(letter(),)), _BOTH, {}, Step.REMOVE),
        (customizations("BUILD", "x"), _BOTH, {}, Step.RERUN),
        (replace(_FAILED, member=MEMBER), _BOTH, {}, Step.REMOVE),
        (standing(letters=(letter("UPDATE"),)), _BOTH, {"redrive": True}, Step.REDRIVE),
    ],
)
def test_the_next_step(evidence: Evidence, merged: Merged, wish: dict[str, bool], step: Step) -> None:
    assert _step(evidence, merged, **wish) is step


@pytest.mark.parametrize(
    ("evidence", "merged", "wish", "says"),
    [
        (_FAILED, _BASE, {}, "removed here, and that is not merged yet"),
        (_FAILED, _HERE, {}, "AFT's table still has the row"),
        (_FAILED, _GONE, {}, "AFT's table still has the row"),
        (_REMOVED, _BOTH, {}, "AFT's table does not have it yet"),
        (_REMOVED, _HERE, {}, "here again, and not merged yet"),
        (_FAILED, Merged(here=True, on_base=False, why="no git"), {}, "what is merged is not known: no git"),
        (_FAILED, _BOTH, {"redrive": True}, "there is no dead letter of this account"),
        (_FAILED, _BOTH, {"terminate": True}, "there is no provisioned product of it"),
        (new(), _BOTH, {}, "it is under way: the order waits for AFT"),
        (new(product=replace(HEALTHY, status="UNDER_CHANGE")), _BOTH, {}, "Control Tower is still at work"),
        (new(product=HEALTHY), _BOTH, {}, "its provisioned product is healthy"),
        (standing(), _BOTH, {}, "nothing is to be retried"),
        (framework("create_role", "x"), _BOTH, {}, "its request is not removed"),
        (customizations("BUILD", "x"), _BOTH, {"terminate": True}, "its request is not removed"),
        (standing(letters=(letter("ADD"),)), _BOTH, {"redrive": True}, "nothing is to be retried"),
    ],
)
def test_what_is_refused(evidence: Evidence, merged: Merged, wish: dict[str, bool], says: str) -> None:
    with pytest.raises(Refused) as refused:
        _step(evidence, merged, **wish)
    assert says in refused.value.message


def test_a_refusal_says_what_repairs_the_account() -> None:
    with pytest.raises(Refused) as refused:
        _step(framework("tag_account", "TagResource: InvalidInputException"))
    assert refused.value.hint == (
        "correct the tag, merge and publish: AFT runs its framework again by itself; "
        "'aftgen status' shows the cause"
    )


@pytest.mark.parametrize("part", [Part.REQUEST, Part.ACCOUNT, Part.PRODUCT])
def test_what_is_not_known_is_not_removed(part: Part) -> None:
    with pytest.raises(Refused) as refused:
        _step(replace(_FAILED, unreadable={part: "denied"}))
    assert refused.value.message == f"whether an account exists already is not known ({part}: denied)"


@pytest.mark.parametrize("part", [Part.FRAMEWORK, Part.CUSTOMIZATIONS])
def test_an_account_of_which_traces_could_not_be_read_counts_as_live(part: Part) -> None:
    with pytest.raises(Refused) as refused:
        _step(replace(_FAILED, member=MEMBER, unreadable={part: "denied"}))
    assert "its request is not removed" in refused.value.message


def test_the_command_that_terminates() -> None:
    assert termination(HEALTHY) == (
        "aws servicecatalog terminate-provisioned-product --provisioned-product-id pp-1"
    )

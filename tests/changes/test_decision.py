"""What AFT decides: against an independent transcription of its handlers, and case by case."""

from collections import Counter

import pytest
from aftgen.changes.decision import (
    Account,
    Decision,
    Known,
    Parameter,
    Product,
    Release,
    SharedAccount,
    Verdict,
    decide,
)
from aftgen.changes.plan import Side, compute
from changes import oracle
from changes.pairs import Pair, build, pairs

PARAMETERS = {
    "AccountEmail": "aws+a@example.com",
    "AccountName": "a",
    "ManagedOrganizationalUnit": "Dev",
    "SSOUserEmail": "ana@example.com",
    "SSOUserFirstName": "Ana",
    "SSOUserLastName": "Lovelace",
}
VENDED = Known(
    accounts=(Account(id="200000000000", name="a", email="AWS+a@example.com"),),
    products=(Product(account_id="200000000000", email="aws+a@example.com"),),
)


def world(known: Known) -> oracle.World:
    return oracle.World(
        accounts=[{"Id": one.id, "Name": one.name, "Email": one.email} for one in known.accounts],
        products=[{"PhysicalId": one.account_id, "AccountEmail": one.email} for one in known.products],
        shared=[{"Id": one.id, "Name": one.name, "Email": one.email} for one in known.shared],
        ou_of={one.id: one.ou for one in known.shared},
        by_account_id=known.release is Release.V1_20,
    )


def judged(pair: Pair) -> tuple[str, str, bool, frozenset[str]]:
    """The oracle's verdict, the failure's words, whether it was queued, and its log."""
    there = world(pair.known)
    words = ""
    try:
        oracle.handle(pair.old.item() if pair.old else None, pair.new.item() if pair.new else None, there)
    except oracle.Failed as failed:
        words = str(failed)
    did = there.did[0].split()[0] if there.did else ""
    verdict = {"provision": "create", "update": "update", "customize": "customize", "cleanup": "remove"}.get(
        did, "refuse" if words and pair.new is not None else "nothing"
    )
    return verdict, words, bool(there.queue), frozenset(there.log)


def test_thousands_of_random_records_are_decided_as_afts_handlers_decide() -> None:
    seen: Counter[str] = Counter()
    for pair in pairs(20_000, seed=1):
        verdict, words, queued, log = judged(pair)
        decision = decide(pair.old, pair.new, pair.known)
        assert (decision.verdict.value, decision.words, decision.queued) == (verdict, words, queued), pair
        # The framework names the first parameter in the map's order, which DynamoDB does not promise.
        if decision.immutable:
            assert {decision.log} <= {
                f"Control Tower parameter {one.name} cannot be modified" for one in decision.immutable
            }
            assert log <= {
                f"Control Tower parameter {one.name} cannot be modified" for one in decision.immutable
            }
        else:
            assert frozenset(filter(None, [decision.log])) == log, pair
        seen[verdict] += 1
    assert set(seen) == {verdict.value for verdict in Verdict}
    assert min(seen.values()) > 100, seen


def test_a_whole_plan_says_the_same_of_thousands_of_changes() -> None:
    address = "module.a.aws_dynamodb_table_item.account-request"
    for pair in pairs(4_000, seed=2):
        verdict, words, queued, _ = judged(pair)
        before = Side(rows={address: pair.old} if pair.old else {})
        after = Side(rows={address: pair.new} if pair.new else {})
        found = compute(before, after, known=pair.known)
        steps = [step for change in found.changes for step in change.steps]
        if verdict == "nothing":
            assert steps == []
        else:
            (step,) = steps
            assert (step.decision.verdict.value, step.decision.words) == (verdict, words), pair
        assert found.queued == queued
        assert found.is_refused >= (verdict == "refuse")


def test_the_same_seed_gives_the_same_pairs() -> None:
    assert list(pairs(50, seed=3)) == list(pairs(50, seed=3))
    assert list(pairs(50, seed=3)) != list(pairs(50, seed=4))


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, Decision(verdict=Verdict.NOTHING)),
        (
            {"ManagedOrganizationalUnit": "Prod"},
            Decision(
                verdict=Verdict.UPDATE,
                changed=(Parameter("ManagedOrganizationalUnit", "Dev", "Prod"),),
                queued=True,
            ),
        ),
        (
            {"SSOUserEmail": "Ana@example.com"},
            Decision(
                verdict=Verdict.REFUSE,
                words="CT Request is not valid",
                log="Control Tower parameter SSOUserEmail cannot be modified",
                changed=(Parameter("SSOUserEmail", "ana@example.com", "Ana@example.com"),),
                queued=True,
            ),
        ),
    ],
)
def test_a_modified_parameter(changes: dict[str, str], expected: Decision) -> None:
    assert decide(build(PARAMETERS), build({**PARAMETERS, **changes}), VENDED) == expected


def test_an_ou_move_with_another_parameter_is_refused_whole() -> None:
    new = build({**PARAMETERS, "ManagedOrganizationalUnit": "Prod", "AccountName": "b"})
    decision = decide(build(PARAMETERS), new, VENDED)
    assert decision.verdict is Verdict.REFUSE
    assert decision.immutable == (Parameter("AccountName", "a", "b"),)
    assert [one.name for one in decision.changed] == ["AccountName", "ManagedOrganizationalUnit"]


def test_an_insert_of_an_enrolled_account_is_customized_and_one_of_a_suspended_name_refused() -> None:
    assert decide(None, build(PARAMETERS), VENDED) == Decision(verdict=Verdict.CUSTOMIZE)
    suspended = Known(accounts=(Account(id="1", name="a", email="old@example.com", status="SUSPENDED"),))
    assert decide(None, build(PARAMETERS), suspended) == Decision(
        verdict=Verdict.REFUSE,
        words="CT Request is not valid",
        log="Account Name: a already used in Organizations",
        queued=True,
    )


def test_an_account_that_changed_its_root_email_is_found_by_1_20_and_not_before() -> None:
    renamed = Known(
        accounts=(Account(id="1", name="a", email="aws+a@example.com"),),
        products=(Product(account_id="1", email="aws+old@example.com"),),
    )
    earlier = Known(accounts=renamed.accounts, products=renamed.products, release=Release.V1_17)
    assert decide(None, build(PARAMETERS), renamed).verdict is Verdict.CUSTOMIZE
    assert decide(None, build(PARAMETERS), earlier).log == "Account Name: a already used in Organizations"


def test_shared_accounts_go_by_their_plain_ou() -> None:
    shared = SharedAccount(id="1", name="Audit", email="audit@example.com", ou="Security")
    known = Known(accounts=(Account(id="1", name="Audit", email="audit@example.com"),), shared=(shared,))
    audit = {**PARAMETERS, "AccountEmail": "Audit@example.com", "AccountName": "Audit"}
    fits = build({**audit, "ManagedOrganizationalUnit": "Security"})
    nested = build({**audit, "ManagedOrganizationalUnit": "Security (ou-ab12-security)"})
    assert decide(None, fits, known).verdict is Verdict.CUSTOMIZE
    assert (
        decide(None, nested, known).words
        == "Unsupported action: Cannot change OU for a Shared CT account or CT management account"
    )


def test_what_is_no_record_of_one_item_is_an_error() -> None:
    with pytest.raises(ValueError, match="old or a new image"):
        decide(None, None, VENDED)
    with pytest.raises(ValueError, match="two items"):
        decide(build(PARAMETERS), build({**PARAMETERS, "AccountEmail": "aws+b@example.com"}), VENDED)

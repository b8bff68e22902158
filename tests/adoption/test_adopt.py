"""Which accounts get a request, what it says, and why the others get none: plain values."""

from collections.abc import Collection
from dataclasses import replace
from typing import Any

import pytest
from adoption.adoption_values import PAYMENTS, ROOT, SSO, UNITS, account, existing, product, row
from aftgen.adoption.adopt import Adoption, LeftOut, Manner, Reason, Taken, adopt, choose
from aftgen.adoption.existing import Existing, Unit
from aftgen.changes.decision import Verdict, decide
from aftgen.config import Policy
from aftgen.request import AccountRequest

MANNER = Manner(requested_by="Ada", reason="It exists")
NOT_VALID = "AFT would take its request for a new account and fail: 'CT Request is not valid'"


def imported(
    there: Existing, taken: Taken | None = None, named: Collection[str] = (), manner: Manner = MANNER
) -> Adoption:
    taken = taken or Taken()
    chosen, left_out = choose(there, taken, {one.id for one in there.accounts}, named)
    made = adopt(there, chosen, taken, manner)
    return replace(made, left_out=(*left_out, *made.left_out))


def request(there: Existing, **given: Any) -> AccountRequest:
    (one,) = imported(there, **given).adopted
    return one.request


def left_out(there: Existing, **given: Any) -> LeftOut:
    made = imported(there, **given)
    assert made.adopted == ()
    (one,) = made.left_out
    return one


def test_an_account_as_it_is() -> None:
    assert request(existing(account())) == AccountRequest(
        name="payments",
        email="aws+payments@example.com",
        ou="Prod (ou-ab12-workprod1)",
        sso_email="ann@example.com",
        sso_first_name="Ann",
        sso_last_name="Lee",
        requested_by="Ada",
        reason="It exists",
        tags={"environment": "prod"},
        account_id=PAYMENTS,
    )


def test_a_top_level_unit_has_its_name_alone_unless_another_has_it_too() -> None:
    there = existing(account(parent="ou-ab12-sandbox01"))
    assert request(there).ou == "Sandbox"
    twin = Unit(id="ou-ab12-twin00001", name="Sandbox", parent="ou-ab12-workload1")
    assert request(replace(there, units=(*UNITS, twin))).ou == "Sandbox (ou-ab12-sandbox01)"


def test_aws_own_tags_cannot_be_written_and_are_left_out() -> None:
    (one,) = imported(existing(account(tags={"a": "b", "aws:made": "x", "AWS:too": "y"}))).adopted
    assert one.request.tags == {"a": "b"}
    assert one.remarks == ("tags of AWS's own are left out: AWS:too, aws:made",)


@pytest.mark.parametrize("lost", sorted(SSO))
def test_a_part_of_the_sso_user_that_is_not_known_makes_the_whole_unknown(lost: str) -> None:
    known = {key: value for key, value in SSO.items() if key != lost}
    there = existing(account(products=(product(parameters=known, unknown="it was nobody"),)))
    (one,) = imported(there).adopted
    assert one.sso_is_known is False
    assert (one.request.sso_email, one.request.sso_first_name, one.request.sso_last_name) == (
        "unknown: stays in Prod (ou-ab12-workprod1)",
        "unknown",
        "unknown",
    )
    assert one.request.comments == (
        "SSO user unknown: it was nobody.",
        "With the account's next move to another OU, AFT sends SSOUserEmail to Control Tower, which makes",
        "whoever stands there an administrator of the account. So the account stays in Prod "
        "(ou-ab12-workprod1).",
        "Write the real user here before the first merge: after it, AFT refuses any other.",
    )


def test_an_sso_user_that_account_factory_would_refuse_is_not_known() -> None:
    there = existing(account(products=(product(parameters={**SSO, "SSOUserEmail": "ann"}),)))
    assert request(there).sso_email == "unknown: stays in Prod (ou-ab12-workprod1)"


@pytest.mark.parametrize("email", ["aws+payments@example.com", "AWS+Payments@Example.com"])
def test_an_account_that_has_a_request_is_left_alone(email: str) -> None:
    one = left_out(
        existing(account(email=email)), taken=Taken(rows=(row("other", "aws+payments@example.com"),))
    )
    assert (one.reason, one.why, one.next_step) == (
        Reason.REQUESTED,
        "it has a request: terraform/one.tf:3",
        "",
    )


def test_a_closed_account_that_has_a_request_is_said() -> None:
    taken = Taken(rows=(row("payments", "aws+payments@example.com"),))
    one = left_out(existing(account(status="SUSPENDED")), taken=taken)
    assert (one.reason, one.why, one.next_step) == (
        Reason.REQUESTED,
        "it is SUSPENDED and has a request, terraform/one.tf:3: AFT fails on it, and with it every run for "
        "several accounts",
        "take it out of AFT: aftgen retire payments",
    )


def test_a_request_with_the_name_and_an_address_that_no_account_has() -> None:
    one = left_out(existing(account()), taken=Taken(rows=(row("payments", "old@example.com"),)))
    assert one.reason is Reason.REQUESTED
    assert one.why == "terraform/one.tf:3 asks for 'payments' with old@example.com, which no account has"
    assert one.next_step == (
        "the account's address was changed, or that request failed: 'aftgen status' says which"
    )


@pytest.mark.parametrize("status", ["SUSPENDED", "PENDING_CLOSURE", "CLOSED", ""])
def test_only_active_accounts(status: str) -> None:
    one = left_out(existing(account(status=status)))
    assert (one.reason, one.why) == (
        Reason.CLOSED,
        f"it is {status}: AFT fails on it, and with it every run for several accounts",
    )


@pytest.mark.parametrize(
    ("has_baseline", "why", "next_step"),
    [
        (
            True,
            "Control Tower governs it, but Account Factory has no product of it, and AFT looks for nothing "
            "else",
            "update the account in Control Tower's console, which makes the product; then import it",
        ),
        (False, "it is not enrolled in Control Tower", "enroll it in Control Tower, and import it then"),
        (None, "Account Factory has no product of it", "enroll it in Control Tower, and import it then"),
    ],
)
def test_without_a_product_aft_makes_a_new_account_of_it(
    has_baseline: bool | None, why: str, next_step: str
) -> None:
    one = left_out(existing(account(products=(), has_baseline=has_baseline)))
    assert (one.reason, one.why, one.next_step) == (Reason.NOT_ENROLLED, f"{why}: {NOT_VALID}", next_step)


@pytest.mark.parametrize(
    ("values", "said", "next_step"),
    [
        (
            {"status": "ERROR", "message": "a stack failed"},
            "its product pp-1 is ERROR (a stack failed)",
            "repair it in Service Catalog (update pp-1, or terminate it and enroll the account again)",
        ),
        (
            {"status": "TAINTED", "succeeded": False},
            "its product pp-1 is TAINTED and was never provisioned with success",
            "repair it in Service Catalog (update pp-1, or terminate it and enroll the account again)",
        ),
        (
            {"status": "UNDER_CHANGE"},
            "its product pp-1 is UNDER_CHANGE",
            "import it when Control Tower is done with it",
        ),
    ],
)
def test_a_product_that_aft_does_not_take_for_healthy_is_named(
    values: dict[str, Any], said: str, next_step: str
) -> None:
    one = left_out(existing(account(products=(product(**values),))))
    assert (one.reason, one.why, one.next_step) == (Reason.UNHEALTHY, f"{said}: {NOT_VALID}", next_step)


def test_a_tainted_product_that_once_succeeded_is_healthy_for_aft_and_said() -> None:
    (one,) = imported(existing(account(products=(product(status="TAINTED", message="no"),)))).adopted
    assert one.remarks == (
        "its product pp-1 is TAINTED (no): AFT takes the account over all the same, but the product's last "
        "change failed",
    )


def test_the_healthy_one_of_several_products_counts() -> None:
    broken = product(id="pp-0", status="ERROR", parameters={})
    assert request(existing(account(products=(broken, product())))).sso_email == "ann@example.com"


def test_an_account_in_the_root() -> None:
    one = left_out(existing(account(parent=ROOT)))
    assert (one.reason, one.why) == (
        Reason.IN_ROOT,
        "it is in the organization's root, which is no OU of Control Tower",
    )


SHARED = {
    "management": account(id="111111111111", name="Main", email="main@example.com", parent=ROOT, products=()),
    "audit": account(
        id="333333333333", name="Audit", email="audit@example.com", parent="ou-ab12-security1", products=()
    ),
    "log_archive": account(
        id="222222222222", name="Logs", email="logs@example.com", parent="ou-ab12-workprod1", products=()
    ),
}


@pytest.mark.parametrize("which", sorted(SHARED))
def test_control_towers_own_accounts_only_where_they_are_named(which: str) -> None:
    shared = SHARED[which]
    there = existing(shared, **{which: shared.id})
    one = left_out(there)
    what = "the organization's management account" if which == "management" else "Control Tower's own"
    assert (one.reason, one.why, one.next_step) == (
        Reason.SHARED,
        f"it is {what}: a request would run AFT's customizations there",
        f"if that is meant: aftgen import {shared.id}",
    )


@pytest.mark.parametrize(
    ("which", "ou"), [("management", "Root"), ("audit", "Security"), ("log_archive", "Prod")]
)
def test_a_shared_account_has_the_plain_name_of_its_unit_as_aft_compares_it(which: str, ou: str) -> None:
    shared = SHARED[which]
    there = existing(shared, **{which: shared.id})
    (one,) = imported(there, named={shared.id}).adopted
    assert (one.request.ou, one.request.sso_email) == (ou, f"unknown: stays in {ou}")
    assert one.request.comments[-4] == "SSO user unknown: it has no product of Account Factory."
    ignored = ("aftgen:ignore=O006 this is the management account",) if which == "management" else ()
    assert one.request.comments[:-4] == ignored


def test_afts_own_account_only_where_it_is_named() -> None:
    there = existing(account(), aft_management=PAYMENTS)
    assert left_out(there).reason is Reason.AFT
    assert request(there, named={PAYMENTS}).name == "payments"


def test_an_account_that_aft_would_refuse_is_left_out_with_its_words() -> None:
    audit = replace(SHARED["audit"], name="payments")
    there = existing(account(), audit, audit=audit.id)
    made = imported(there)
    assert [(one.account.id, one.reason) for one in made.left_out] == [
        (audit.id, Reason.SHARED),
        (PAYMENTS, Reason.REFUSED),
    ]
    assert made.left_out[1].why == (
        "AFT would refuse its request: Account Name payments is a shared account Name, however, the Account "
        "Email aws+payments@example.com does not match"
    )


@pytest.mark.parametrize(
    ("version", "taken_over"), [("1.19.2", False), ("1.20.1", True), ("", True), ("main", True)]
)
def test_releases_find_an_enrolled_account_differently(version: str, *, taken_over: bool) -> None:
    """Until 1.19 by the product's own output, which stays the old one when the root address changes."""
    old = product(parameters={**SSO, "AccountEmail": "before@example.com"})
    made = imported(existing(account(products=(old,)), aft_version=version))
    assert [bool(made.adopted), bool(made.left_out)] == [taken_over, not taken_over]


def test_a_name_or_address_that_nobody_could_ask_for_today_is_ignored_with_the_reason() -> None:
    policy = Policy(name_pattern="[a-z-]+", email_pattern="aws\\+.+")
    there = existing(account(name="R&D (old)", email="Old@Example.com"))
    made = request(there, manner=replace(MANNER, policy=policy))
    assert made.comments == (
        "aftgen:ignore=N001,P001 the account exists with this name",
        "aftgen:ignore=E003,P002 the account exists with this address, in Organizations too",
    )
    assert (made.file_name, made.label) == ("R-D--old-.tf", "R_D-_old_")


def test_accounts_of_one_name_get_files_and_labels_of_their_own() -> None:
    second = account(id="666666666666", email="two@example.com")
    third = account(id="777777777777", name="Payments", email="three@example.com")
    spaced = account(id="888888888888", name="a b", email="four@example.com")
    hyphen = account(id="999999999999", name="a-b", email="five@example.com")
    made = imported(existing(account(), second, third, spaced, hyphen))
    assert [(one.request.file_name, one.request.label, one.request.comments) for one in made.adopted] == [
        (
            "payments.tf",
            "payments",
            ("aftgen:ignore=N002,N004 the account exists with this name, and so does another",),
        ),
        (
            "payments-666666666666.tf",
            "payments_666666666666",
            ("aftgen:ignore=N002,N004 the account exists with this name, and so does another",),
        ),
        (
            "Payments-777777777777.tf",
            "Payments_777777777777",
            ("aftgen:ignore=N004 the account exists with this name, and so does another",),
        ),
        ("a-b.tf", "a-b", ("aftgen:ignore=N003 the account exists with this name, and so does another",)),
        (
            "a-b-999999999999.tf",
            "a-b_999999999999",
            ("aftgen:ignore=N003 the account exists with this name, and so does another",),
        ),
    ]


def test_labels_and_files_that_are_there_are_not_taken_twice() -> None:
    taken = Taken(labels=frozenset({"payments"}))
    assert request(existing(account()), taken=taken).file_name == f"payments-{PAYMENTS}.tf"
    taken = Taken(files=frozenset({"Payments.tf"}))
    made = request(existing(account()), taken=taken)
    assert (made.file_name, made.label) == (f"payments-{PAYMENTS}.tf", f"payments_{PAYMENTS}")


def test_what_is_adopted_orders_nothing() -> None:
    """AFT's own decision for the INSERT, and for the same row once more."""
    there = existing(account())
    made = row("payments", "aws+payments@example.com")
    decision = decide(None, made, there.known)
    assert (decision.verdict, decision.queued) == (Verdict.CUSTOMIZE, False)
    assert decide(made, made, there.known).verdict is Verdict.NOTHING

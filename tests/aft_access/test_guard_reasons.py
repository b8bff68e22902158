"""The guard as functions of values: every reason in its words, all of them at once, its limits exactly."""

from datetime import date
from pathlib import Path

import pytest
from access_fakes import ACCOUNT, BASE_ACCESS, MANAGEMENT, OTHER, write_tree
from aft_access import guard
from aft_access.catalogue import Catalogue, load
from aft_access.contract import Grant
from aft_access.plan import Plan, Step
from aft_access.values import Account, Assignment, Request, Row

READ = Grant.parse("ReadOnlyAccess:group:auditors")
ADMIN = Grant.parse("AdministratorAccess:group:platform-admins")
GLASS = Grant.parse("AdministratorAccess:group:break-glass")
TODAY = date(2026, 11, 24)
ACCESS = (
    BASE_ACCESS
    + f"""
allowed_sso_users: ["*@example.com"]
protected: ["group:break-glass"]
required:
  - {{permission_set: AdministratorAccess, principal: "group:break-glass", where: {{ous: [Workloads]}}}}
exceptions:
  - {{account: "{ACCOUNT}", max_revocations: 5, until: 2026-11-24, reason: reviewed}}
"""
)


@pytest.fixture(scope="module")
def catalogue(tmp_path_factory: pytest.TempPathFactory) -> Catalogue:
    return load(write_tree(tmp_path_factory.mktemp("tree"), ACCESS))


def account(**parts: str) -> Account:
    return Account(
        **{"id": ACCOUNT, "name": "a", "email": "a@x.com", "status": "ACTIVE", "ou_ids": (), **parts}  # type: ignore[arg-type]
    )


def row(grant: Grant, source: str = "request") -> Row:
    at = Assignment(permission_set_arn="arn", kind="group", principal_id="g")
    return Row(grant=grant, assignment=at, state="owned", source=source)


def step(grant: Grant = READ, *, dead: bool = False) -> Step:
    return Step(grant=grant, principal_id="g", source="request", dead=dead)


def reasons(
    catalogue: Catalogue,
    *desired: Grant,
    revokes: tuple[Step, ...] = (),
    standing: frozenset[Grant] = frozenset({GLASS}),
    unknown: tuple[str, ...] = (),
    sso: str = "owner@example.com",
    ou: str = "ou-ab12-wlprod01",
    account_id: str = ACCOUNT,
    today: date = TODAY,
) -> tuple[str, ...]:
    place = catalogue.registry.live([ou, "ou-ab12-workload"] if ou else [], account_id)
    plan = Plan(account_id=account_id, revokes=revokes, standing=standing)
    request = Request(id="r", access=None, sso_user_email=sso)
    wanted = dict.fromkeys(desired, "request")
    return guard.plan_refusals(plan, catalogue, place, wanted, unknown, request, today)


def test_only_active_accounts_that_are_not_the_management_account() -> None:
    assert guard.account_refusals(account(), MANAGEMENT) == ()
    assert guard.account_refusals(account(id=MANAGEMENT, status="SUSPENDED"), MANAGEMENT) == (
        "the management account is never a target",
    )
    for status in ("SUSPENDED", "PENDING_CLOSURE", "active", ""):
        assert guard.account_refusals(account(status=status), MANAGEMENT) == (
            f"the account is {status}; Identity Center can be changed in active accounts only",
        )


def test_a_request_that_cannot_be_followed() -> None:
    assert guard.request_refusals(None, (row(READ),)) == (
        "the account has no row in AFT's request table, so what it should have is unknown",
    )
    assert guard.request_refusals(Request(id="r", access="{}", problem="odd"), ()) == (
        "the request cannot be read: odd",
    )
    silent = Request(id="r", access=None)
    assert guard.request_refusals(silent, (row(READ), row(ADMIN), row(GLASS, "rule:x"))) == (
        "the request declares no access any more and we own 2 grants that it asked for: "
        "write grants = {} to revoke them, or run `aftgen access release` to give up ownership",
    )
    assert guard.request_refusals(silent, (row(READ, "rule:x"),)) == ()
    assert guard.request_refusals(silent, ()) == ()
    assert guard.request_refusals(Request(id="r", access=""), (row(READ),)) == ()


def test_nothing_to_say_of_a_plan_that_is_allowed(catalogue: Catalogue) -> None:
    assert reasons(catalogue) == ()
    assert reasons(catalogue, READ, ADMIN) == ()


def test_every_reason_is_told_at_once_in_this_order(catalogue: Catalogue) -> None:
    other = Grant.parse("AdministratorAccess:group:interns")
    alike = Grant.parse("ReadOnlyAccess:group:platform_admins")
    revokes = (step(GLASS), *[step()] * 5)
    assert reasons(
        catalogue,
        other,
        alike,
        revokes=revokes,
        standing=frozenset({GLASS}),
        unknown=("x is unknown",),
        sso="a@b.c",
    ) == (
        "x is unknown",
        "group:interns may not hold AdministratorAccess in Workloads/Prod: "
        "restrictions of access.yaml allow group:break-glass, group:platform-admins there",
        "SSOUserEmail a@b.c would be an administrator of the account and is not in allowed_sso_users",
        "group:platform_admins looks like group:platform-admins, which the catalogue names",
        "6 grants would be revoked and max_revocations is 5: "
        "add a reviewed entry to exceptions in access.yaml",
        f"{GLASS} is protected and would be revoked",
        f"{GLASS} is required here and would not stand: grant it by a rule",
    )


@pytest.mark.parametrize(
    ("count", "account_id", "today", "limit"),
    [
        (5, ACCOUNT, TODAY, None),
        (6, ACCOUNT, TODAY, 5),
        (4, ACCOUNT, date(2026, 11, 25), 3),
        (3, ACCOUNT, date(2026, 11, 25), None),
        (4, OTHER, TODAY, 3),
    ],
)
def test_the_limit_of_revocations_is_reached_and_not_passed(
    catalogue: Catalogue, count: int, account_id: str, today: date, limit: int | None
) -> None:
    found = reasons(catalogue, revokes=(step(),) * count, account_id=account_id, today=today)
    told = f"{count} grants would be revoked and max_revocations is {limit}: "
    assert found == (() if limit is None else (f"{told}add a reviewed entry to exceptions in access.yaml",))
    dead = (step(dead=True),) * 9
    assert reasons(catalogue, revokes=dead + (step(),) * count, account_id=account_id, today=today) == found


def test_a_protected_principal_that_is_gone_may_be_cleaned_up(catalogue: Catalogue) -> None:
    gone = (step(GLASS, dead=True),)
    assert reasons(catalogue, revokes=gone) == (
        f"{GLASS} is required here and would not stand: grant it by a rule",
    )
    assert reasons(catalogue, revokes=gone, ou="", account_id=OTHER) == ()


@pytest.mark.parametrize(
    ("ou", "standing", "revoked", "refused"),
    [
        ("ou-ab12-wlprod01", {GLASS}, False, False),
        ("ou-ab12-wlprod01", set(), False, True),
        ("ou-ab12-wlprod01", {GLASS}, True, True),
        ("", set(), False, False),
    ],
)
def test_a_required_grant_must_stand_where_it_is_required(
    catalogue: Catalogue, ou: str, standing: set[Grant], revoked: bool, refused: bool
) -> None:
    found = reasons(
        catalogue, standing=frozenset(standing), revokes=(step(GLASS, dead=True),) if revoked else (), ou=ou
    )
    assert found == (
        (f"{GLASS} is required here and would not stand: grant it by a rule",) if refused else ()
    )


def test_an_sso_user_is_judged_only_when_there_is_one(catalogue: Catalogue, tmp_path: Path) -> None:
    assert reasons(catalogue, sso="") == ()
    assert reasons(catalogue, sso="OWNER@EXAMPLE.COM") == ()
    anybody = load(write_tree(tmp_path, BASE_ACCESS))
    assert reasons(anybody, sso="a@b.c") == ()

"""The answer as values."""

from aftgen.access_report.model import AccessReport, Judgement, Standing

from .reports import SMALL


def test_a_person_behind_each_standing_and_a_group_whose_members_are_not_known() -> None:
    assert [
        (one.person, one.via, one.account.name, one.standing.permission_set) for one in SMALL.entries()
    ] == [
        ("ann@example.com", "auditors", "payments-prod", "ReadOnlyAccess"),
        ("bob@example.com", "auditors", "payments-prod", "ReadOnlyAccess"),
        ("mallory@example.com", "", "payments-prod", "AdministratorAccess"),
        ("", "contractors", "sandbox-ada", "ReadOnlyAccess"),
    ]


def test_a_deleted_principal_is_nobody() -> None:
    assert SMALL.people_of("user:ann@example.com") == ("ann@example.com",)
    assert SMALL.people_of("user:ann@example.com (deleted)") == ()


def test_drift_is_what_is_not_as_declared() -> None:
    assert [one.judgement for one in SMALL.drift] == [Judgement.UNDECLARED, Judgement.ORPHANED]
    assert [one for one in Judgement if one.is_drift] == [
        Judgement.UNDECLARED,
        Judgement.UNMANAGED,
        Judgement.MISSING,
        Judgement.ORPHANED,
    ]


def test_a_standing_in_an_account_that_nobody_knows() -> None:
    stray = Standing(account_id="999999999999", permission_set="X", principal="user:a")
    (entry,) = AccessReport(generated="now", accounts=(), standings=(stray,)).entries()
    assert (entry.account.name, entry.account.requested) == ("999999999999", False)

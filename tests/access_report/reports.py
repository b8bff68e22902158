"""Reports of every size for these tests."""

from aftgen.access_report.model import AccessReport, Judgement, ReportedAccount, Standing

SMALL = AccessReport(
    generated="2026-11-24T08:00:00+00:00",
    accounts=(
        ReportedAccount(id="555555555555", name="payments-prod", email="p@example.com", ou="Workloads/Prod"),
        ReportedAccount(id="666666666666", name="sandbox-ada", ou="Sandbox", requested=False),
    ),
    standings=(
        Standing(
            account_id="555555555555",
            permission_set="ReadOnlyAccess",
            principal="group:auditors",
            source="rule:auditors-everywhere",
            since="2026-03-01T10:00:00Z",
            request="p@example.com",
            build="build-1",
            commit="c0ffee",
        ),
        Standing(
            account_id="555555555555",
            permission_set="AdministratorAccess",
            principal="user:mallory@example.com",
            judgement=Judgement.UNDECLARED,
        ),
        Standing(
            account_id="666666666666",
            permission_set="ReadOnlyAccess",
            principal="group:contractors",
            judgement=Judgement.ORPHANED,
            source="request",
            since="2025-01-01T00:00:00Z",
        ),
    ),
    members={"group:auditors": ("ann@example.com", "bob@example.com")},
    privileged=frozenset({"AdministratorAccess"}),
    portal_url="https://example.awsapps.com/start",
    notes=("Members of group:contractors could not be read.",),
)


def large(accounts: int, groups: int) -> AccessReport:
    """Every group in every account, with 20 members each out of 500 people."""
    units = ("Workloads/Prod", "Workloads/Dev", "Sandbox", "Infrastructure")
    return AccessReport(
        generated="2026-11-24T08:00:00+00:00",
        accounts=tuple(
            ReportedAccount(
                id=f"{number:012}",
                name=f"account-{number:05}",
                email=f"aws+{number}@example.com",
                ou=units[number % 4],
            )
            for number in range(accounts)
        ),
        standings=tuple(
            Standing(
                account_id=f"{account:012}",
                permission_set=("ReadOnlyAccess", "DeveloperAccess", "AdministratorAccess")[group % 3],
                principal=f"group:team-{group:03}",
                source="request" if group % 2 else f"rule:team-{group:03}",
                since=f"2026-{1 + group % 12:02}-01T00:00:00Z",
                request=f"aws+{account}@example.com",
                judgement=Judgement.UNDECLARED if (account + group) % 97 == 0 else Judgement.DECLARED,
            )
            for account in range(accounts)
            for group in range(groups)
        ),
        members={
            f"group:team-{group:03}": tuple(
                f"person{(group * 7 + number * 13) % 500:03}@example.com" for number in range(20)
            )
            for group in range(groups)
        },
        privileged=frozenset({"AdministratorAccess"}),
    )

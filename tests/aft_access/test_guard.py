"""Each refusal, by itself and before the first write."""

from pathlib import Path

import pytest
from access_fakes import ACCOUNT, BASE_ACCESS, OTHER, World, declare, write_tree
from aft_access.catalogue import load
from aft_access.contract import Grant
from aft_access.errors import RefusedError
from aft_access.values import Row

READ = "ReadOnlyAccess:group:auditors"
MANY = [f"ReadOnlyAccess:group:team-{letter}{letter}" for letter in "abcdefg"]


@pytest.fixture
def ready(world: World, tmp_path: Path) -> World:
    world.catalogue = load(write_tree(tmp_path))
    for name in ("auditors", "platform-admins", "break-glass", *(one.rpartition(":")[2] for one in MANY)):
        world.cloud.principal("group", name)
    world.request(declare(READ))
    return world


def refusals(world: World, account: str = ACCOUNT) -> tuple[str, ...]:
    world.spent()
    with pytest.raises(RefusedError) as caught:
        world.run(account).apply("post")
    assert world.spent()[1] == 0
    assert caught.value.exit_code == 1
    return caught.value.reasons


def test_an_account_that_the_organization_does_not_have(ready: World) -> None:
    assert refusals(ready, OTHER) == (f"the organization has no account {OTHER}",)


def test_a_suspended_account(ready: World) -> None:
    ready.cloud.accounts[ACCOUNT]["Status"] = "SUSPENDED"
    assert refusals(ready) == (
        "the account is SUSPENDED; Identity Center can be changed in active accounts only",
    )


def test_a_missing_request_row(ready: World) -> None:
    ready.cloud.table.delete_item(TableName="aft-request", Key={"id": {"S": "payments@example.com"}})
    assert refusals(ready) == (
        "the account has no row in AFT's request table, so what it should have is unknown",
    )


def test_malformed_json_in_the_row_and_in_the_declaration(ready: World) -> None:
    ready.request("{", raw="{")
    assert refusals(ready)[0].startswith("the request cannot be read: custom_fields is not JSON")
    ready.request('{"version":1,"grants":{"A":["x"]},"more":1}')
    assert refusals(ready) == (
        "the access declaration: unknown key 'more'; known: grants, retired, version",
        "the access declaration: grants.A[0]: 'x' must begin with group: or user:",
    )


def test_a_declaration_that_is_too_long(ready: World) -> None:
    ready.request('{"version":1,"grants":{}' + " " * 4072 + "}")
    assert refusals(ready)[0].startswith("the access declaration: the declaration has 4097 bytes")


def test_an_unknown_version_changes_nothing(ready: World) -> None:
    ready.run().apply("post")
    ready.request('{"version":2,"grants":{}}')
    assert refusals(ready) == (
        "the access declaration: version 2 is unknown; this release reads 1 and changes nothing",
    )
    assert len(ready.cloud.assignments) == 1


def test_a_declaration_that_disappeared(ready: World) -> None:
    ready.run().apply("post")
    ready.request(None)
    assert refusals(ready) == (
        "the request declares no access any more and we own 1 grants that it asked for: "
        "write grants = {} to revoke them, or run `aftgen access release` to give up ownership",
    )
    ready.request(declare())
    assert ready.run().apply("post").status == "converged"
    ready.request(None)
    assert ready.run().apply("post").status == "unchanged"


def test_rules_need_no_declaration(ready: World, tmp_path: Path) -> None:
    rule = "rules: [{name: audit, match: {ous: [Workloads]}, grants: {ReadOnlyAccess: ['group:auditors']}}]\n"
    ready.catalogue = load(write_tree(tmp_path, BASE_ACCESS + rule))
    ready.request(None)
    assert ready.run().apply("post").status == "converged"
    ready.cloud.parents[ACCOUNT] = ("r-ab12", "ROOT")
    report = ready.run().apply("post")
    assert [str(step.grant) for step in report.plan.revokes] == [READ]


def test_rules_that_match_tags_and_names_never_add_privilege(ready: World, tmp_path: Path) -> None:
    rule = """
rules:
  - {name: tag, match: {tags: {env: dev}}, grants: {ReadOnlyAccess: ["group:auditors"]}}
  - name: name
    match: {names: ["payments-*"], ous: [Workloads]}
    grants: {ReadOnlyAccess: ["group:team-aa"]}
  - {name: other, match: {names: ["billing-*"]}, grants: {ReadOnlyAccess: ["group:team-bb"]}}
"""
    ready.catalogue = load(write_tree(tmp_path, BASE_ACCESS + rule))
    ready.request(None, tags={"env": "dev"})
    assert [str(step.grant) for step in ready.run().plan().plan.grants] == [
        READ,
        "ReadOnlyAccess:group:team-aa",
    ]
    ready.request(None)
    assert [str(step.grant) for step in ready.run().plan().plan.grants] == ["ReadOnlyAccess:group:team-aa"]
    from aft_access import desired
    from aft_access.models import AccessFile

    privileged = """
identity_center: {region: eu-west-1}
rules: [{name: tag, match: {tags: {env: dev}}, grants: {AdministratorAccess: ["group:auditors"]}}]
"""
    import dataclasses

    import yaml

    forged = dataclasses.replace(
        ready.catalogue, access=AccessFile.model_validate(yaml.safe_load(privileged))
    )
    place = ready.catalogue.registry.place("Workloads")
    assert desired.desired(forged, None, place, name="x", tags={"env": "dev"}) == {}


def test_a_privileged_set_for_somebody_whom_no_restriction_names(ready: World) -> None:
    ready.request(declare("AdministratorAccess:group:auditors"))
    assert refusals(ready) == (
        "group:auditors may not hold AdministratorAccess in Workloads/Prod: "
        "restrictions of access.yaml allow "
        "group:break-glass, group:platform-admins there",
    )
    ready.request(declare("AdministratorAccess:group:platform-admins"))
    ready.cloud.parents[ACCOUNT] = ("ou-ab12-sandbox1", "ORGANIZATIONAL_UNIT")
    ready.cloud.parents["ou-ab12-sandbox1"] = ("r-ab12", "ROOT")
    assert refusals(ready)[0].endswith("in Sandbox: restrictions of access.yaml allow nobody there")


def test_an_sso_user_that_is_not_allowed(ready: World, tmp_path: Path) -> None:
    ready.catalogue = load(write_tree(tmp_path, BASE_ACCESS + 'allowed_sso_users: ["*@example.com"]\n'))
    ready.request(declare(READ), sso="eve@evil.example")
    assert refusals(ready) == (
        "SSOUserEmail eve@evil.example would be an administrator of the account "
        "and is not in allowed_sso_users",
    )


def test_a_look_alike_of_a_known_principal(ready: World) -> None:
    ready.cloud.principal("group", "platform_admins")
    ready.request(declare("ReadOnlyAccess:group:platform_admins"))
    assert refusals(ready) == (
        "group:platform_admins looks like group:platform-admins, which the catalogue names",
    )


def test_more_revocations_than_the_limit_until_a_reviewed_exception(ready: World, tmp_path: Path) -> None:
    ready.request(declare(*MANY))
    ready.run().apply("post")
    ready.request(declare(*MANY[:3]))
    assert refusals(ready) == (
        "4 grants would be revoked and max_revocations is 3: "
        "add a reviewed entry to exceptions in access.yaml",
    )
    leave = f"{{account: '{ACCOUNT}', max_revocations: 4, until: 2026-11-24, reason: team closed}}"
    exception = f"exceptions: [{leave}]\n"
    ready.catalogue = load(write_tree(tmp_path, BASE_ACCESS + exception))
    assert ready.run().apply("post").status == "converged"
    assert len(ready.cloud.assignments) == 3
    ready.request(declare())
    ready.catalogue = load(
        write_tree(tmp_path, BASE_ACCESS.replace("max_revocations: 3", "max_revocations: 2"))
    )
    ready.clock.time += 86_400
    assert len(refusals(ready)) == 1


def test_leavers_do_not_count_as_revocations(ready: World) -> None:
    ready.request(declare(*MANY))
    ready.run().apply("post")
    for made in [made for made, name in ready.cloud.groups.items() if name.startswith("team-")]:
        del ready.cloud.groups[made]
    assert ready.run().apply("post").status == "converged"
    assert len(ready.cloud.assignments) == 0


def test_a_protected_principal_is_never_revoked(ready: World, tmp_path: Path) -> None:
    ready.catalogue = load(write_tree(tmp_path, BASE_ACCESS + 'protected: ["group:auditors"]\n'))
    ready.run().apply("post")
    ready.request(declare())
    report = ready.run().apply("post")
    assert (report.status, report.exit_code) == ("unchanged", 0)
    assert [one.reason for one in report.plan.held] == ["group:auditors is protected and is not revoked"]
    assert len(ready.cloud.assignments) == 1


def test_a_required_grant_must_stand(ready: World, tmp_path: Path) -> None:
    required = """
required:
  - {permission_set: AdministratorAccess, principal: "group:break-glass", where: {ous: [Workloads]}}
"""
    ready.catalogue = load(write_tree(tmp_path, BASE_ACCESS + required))
    assert refusals(ready) == (
        "AdministratorAccess:group:break-glass is required here and would not stand: grant it by a rule",
    )
    arn = ready.cloud.permission_set("AdministratorAccess")
    group = next(made for made, name in ready.cloud.groups.items() if name == "break-glass")
    ready.cloud.give(arn, "group", group)
    assert ready.run().apply("post").status == "converged"
    rule = "rules: [{name: r, match: {ous: [Root]}, grants: {AdministratorAccess: ['group:break-glass']}}]\n"
    rule = rule.replace("Root", "Workloads")
    ready.catalogue = load(write_tree(tmp_path, BASE_ACCESS + required + rule))
    assert ready.run().apply("post").exit_code == 0
    assert len(ready.cloud.assignments) == 2


def test_the_last_line_of_defence_refuses_a_protected_revocation(ready: World, tmp_path: Path) -> None:
    from datetime import date

    from aft_access import guard
    from aft_access.plan import Plan, Step
    from aft_access.values import Assignment, Request

    catalogue = load(write_tree(tmp_path, BASE_ACCESS + 'protected: ["group:auditors"]\n'))
    grant = Grant.parse(READ)
    row = Row(
        grant=grant,
        assignment=Assignment(permission_set_arn="a", kind="group", principal_id="g"),
        state="owned",
    )
    plan = Plan(account_id=ACCOUNT, revokes=(Step(grant=grant, principal_id="g", source="request", row=row),))
    place = catalogue.registry.place("Sandbox")
    found = guard.plan_refusals(
        plan, catalogue, place, {}, (), Request(id="x", access=None), date(2026, 11, 24)
    )
    assert found == ("ReadOnlyAccess:group:auditors is protected and would be revoked",)
    account = ready.run().account(())
    assert account is not None
    assert guard.account_refusals(account, ACCOUNT) == ("the management account is never a target",)


def test_a_plan_shows_refusals_instead_of_raising(ready: World) -> None:
    ready.request(declare("AdministratorAccess:group:auditors"))
    report = ready.run().plan()
    assert (report.status, report.exit_code) == ("refused", 1)
    assert len(report.plan.refusals) == 1


def test_a_set_pinned_to_another_arn_is_held(ready: World, tmp_path: Path) -> None:
    ready.run().apply("post")
    pin = '{id: "arn:aws:sso:::permissionSet/x/ps-9", reason: r, reviewed: 2026-01-01}'
    pins = f"permission_sets: {{ReadOnlyAccess: {pin}}}"
    ready.catalogue = load(write_tree(tmp_path, principals=pins))
    report = ready.run().apply("post")
    assert report.exit_code == 1
    assert "and principals.yaml says arn:aws:sso:::permissionSet/x/ps-9" in report.plan.held[0].reason
    assert len(ready.cloud.assignments) == 1
    ready.request(declare())
    assert ready.run().apply("post").status == "converged"
    assert ready.cloud.assignments == {}


def test_an_external_set_that_does_not_exist(ready: World, tmp_path: Path) -> None:
    sets = {"AWSReadOnlyAccess": "external: true", "Other": "external: true\nprivileged: true"}
    ready.catalogue = load(write_tree(tmp_path, "identity_center: {region: eu-west-1}", sets))
    ready.request(declare("AWSReadOnlyAccess:group:auditors"))
    assert refusals(ready) == (
        "the external permission set AWSReadOnlyAccess does not exist in Identity Center",
    )
    ready.cloud.permission_set("AWSReadOnlyAcces", ours=False)
    assert refusals(ready)[0].endswith("; the nearest that exists is AWSReadOnlyAcces")

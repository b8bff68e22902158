"""Five hundred accounts on the embedded AWS: imported, checked, planned, adopted; then a grant is dropped."""

import json
from pathlib import Path

import pytest
from adoption.adoption_world import UNITS, account, commit, merge, organization, product, repository
from aftgen.changes.load import side
from aftgen.repository import Repository, find
from aftgen.request_row import RequestRow
from command_line import aftgen
from pipeline.inside import Inside
from pipeline.trees import POLICY, Tree

COUNT = 500
WITH_ACCESS = 2
PRINCIPALS = ("group:builders", "group:auditors")
BEFORE = {("Operating", "group:builders"), ("Watching", "group:auditors")}


def rows(root: Path) -> dict[str, RequestRow]:
    """The repository's rows by the account's name."""
    return {row.name: row for row in side(find(root), terraform=False).rows.values()}


def catalogue(root: Path) -> None:
    """Both sets were made by other hands, and stay theirs."""
    sets = {"Operating": {"external": True}, "Watching": {"external": True}}
    tree = root / "global-customizations"
    Tree(revision=1, sets=sets, principals=PRINCIPALS).write(tree)
    (tree / "organization.yaml").write_text(json.dumps({"organizational_units": UNITS}))


def grants(world: Inside, account_id: str) -> set[tuple[str, str]]:
    """What stands in an account beside what Control Tower gave."""
    return {(name, who) for _, name, who in world.zone.access(account_id) if not name.startswith("AWS")}


def planned(world: Inside, account_id: str) -> dict[str, object]:
    shown: dict[str, object] = json.loads(world.run("plan", "--json", account=account_id).out)
    return shown


@pytest.mark.slow
def test_an_organization_is_taken_over_as_it_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    accounts = [account(number) for number in range(COUNT)]
    groups = {"builders": ("ann@example.com",), "auditors": ("ann@example.com",)}
    with organization(tmp_path / "aws", monkeypatch, *accounts, groups=groups) as world:
        for one in accounts:
            product(world.zone, one)
        root = tmp_path / "repository"
        made = repository(root)
        catalogue(root)
        commit(root, "Who may enter")
        monkeypatch.chdir(root)
        _imported(made, capsys)
        _nothing_is_created(tmp_path, capsys)
        commit(root, "Import 500 accounts")
        assert json.loads(aftgen(capsys, "plan", "--base", "HEAD", "--json").out)["accounts"] == []
        again = aftgen(capsys, "import")
        assert (again.code, [line for line in again.out.splitlines() if "created" in line]) == (0, [])
        assert "0 requests, 500 there already, 4 left out" in again.err
        _a_dropped_grant_is_revoked(world, root, capsys)


def _imported(made: Repository, capsys: pytest.CaptureFixture[str]) -> None:
    done = aftgen(capsys, "import")
    assert done.code == 0
    assert len([line for line in done.out.splitlines() if line.startswith("created    ")]) == COUNT
    assert "500 requests, 0 there already, 4 left out" in done.err
    row = rows(made.root)["acc-007"]
    assert row.control_tower_parameters == {
        "AccountEmail": "aws+acc-007@example.com",
        "AccountName": "acc-007",
        "ManagedOrganizationalUnit": "Prod (ou-ab12-workprod1)",
        "SSOUserEmail": "owner2@example.com",
        "SSOUserFirstName": "owner2",
        "SSOUserLastName": "Family",
    }
    assert json.loads(row.account_tags) == {"cost-center": "000007", "team": "Équipe 7"}
    assert (row.custom_fields, row.account_customizations_name) == ("{}", "")
    checked = aftgen(capsys, "check", "--no-terraform")
    assert (checked.code, checked.out) == (0, "")
    assert checked.err == "500 requests in 500 files checked, 0 errors, 0 warnings\n"


def _nothing_is_created(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Offline by the requests' word; with the organization's own list without it."""
    plan = json.loads(aftgen(capsys, "plan", "--base", "HEAD", "--json").out)
    assert {kind for one in plan["accounts"] for kind in one["kinds"]} == {"take over"}
    assert len(plan["accounts"]) == COUNT
    done = aftgen(capsys, "plan", "--base", "HEAD")
    assert "500 accounts change: 500 taken over." in done.out
    assert "500 accounts taken for existing because the request says so" in " ".join(done.out.split())
    file = tmp_path / "organization.json"
    exported = aftgen(capsys, "import", "--export", file)
    assert (exported.code, exported.err) == (0, f"504 accounts written to {file}\n")
    done = aftgen(capsys, "plan", "--base", "HEAD", "--organization", file)
    assert (done.code, "500 taken over." in done.out, "says so" in done.out) == (0, True, False)


def _a_dropped_grant_is_revoked(world: Inside, root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    zone = world.zone
    zone.add_permission_set("Operating", managed_policies=(f"{POLICY}PowerUserAccess",))
    zone.add_permission_set("Watching", managed_policies=(f"{POLICY}ReadOnlyAccess",))
    ids = {account(number).name: account(number).id for number in range(WITH_ACCESS)}
    for account_id in ids.values():
        for name, principal in BEFORE:
            zone.assign(account_id, name, principal)
    world.tree = root / "global-customizations"
    merged = rows(root)
    for name, account_id in ids.items():
        merge(zone, merged[name], account_id)
    first = next(iter(ids.values()))
    found = json.loads(world.run("import", "--all", "--json", account=first).out)["accounts"]
    assert [(one["account"], one["grants"]) for one in found] == [
        (account_id, {"Operating": ["group:builders"], "Watching": ["group:auditors"]})
        for account_id in ids.values()
    ]
    for name in ids:
        options = ("--grant", "Operating=group:builders", "--grant", "Watching=group:auditors", "--quiet")
        assert aftgen(capsys, "edit", name, *options).code == 0
    merged = rows(root)
    for name, account_id in ids.items():
        merge(zone, merged[name], account_id)
        listed = world.run("adopt", "--account", account_id, account=account_id).out.split()
        assert listed == ["Operating:group:builders", "Watching:group:auditors"]
        assert world.run("adopt", "--account", account_id, *listed, account=account_id).code == 0
        shown = planned(world, account_id)
        assert (shown["status"], len(shown["kept"])) == ("unchanged", 2)  # type: ignore[arg-type]
    assert aftgen(capsys, "check", "--no-terraform").code == 0
    commit(root, "Declare what stands")
    world.cloud.log.clear()
    for account_id in ids.values():
        assert world.apply(account_id).code == 0
    assert (world.writes(), [grants(world, one) for one in ids.values()]) == ([], [BEFORE] * WITH_ACCESS)
    name, account_id = next(iter(ids.items()))
    assert aftgen(capsys, "edit", name, "--revoke", "Operating", "--quiet").code == 0
    plan = aftgen(capsys, "plan", "--base", "HEAD")
    assert "Revoked: Operating to group:builders (request)" in plan.out
    merge(zone, rows(root)[name], account_id)
    assert world.apply(account_id, "pre").code == 0
    assert [grants(world, one) for one in ids.values()] == [
        {("Watching", "group:auditors")},
        *[BEFORE] * (WITH_ACCESS - 1),
    ]

"""What a change does, account by account: each shape of edit, in a git repository."""

import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from aftgen.changes.dangers import DangerKind
from aftgen.changes.decision import Account, Known, Product
from aftgen.changes.fields import FieldChange
from aftgen.changes.load import plan, side
from aftgen.changes.plan import Kind, Plan, compute
from aftgen.errors import Problems
from aftgen.git import GitError
from aftgen.repository import find
from changes.trees import REQUESTS, Tree, account

Make = Callable[..., Tree]


@pytest.fixture
def make(tmp_path: Path) -> Make:
    def tree(*, catalogue: bool = False, extra: dict[str, str] | None = None, **arguments: str) -> Tree:
        files = {"a.tf": account("a", **arguments), "b.tf": account("b", **arguments), **(extra or {})}
        return Tree(tmp_path / "tree", files, access=catalogue)

    return tree


def kinds(plan: Plan) -> dict[str, set[Kind]]:
    return {change.id: set(change.kinds) for change in plan.changes}


def dangers(plan: Plan) -> list[DangerKind]:
    return [one.kind for change in plan.changes for one in change.dangers] + [
        one.kind for one in plan.dangers
    ]


def test_nothing_changed(make: Make) -> None:
    found = make().plan()
    assert (found.changes, found.unchanged, found.is_refused, found.base) == ((), 2, False, "main")


def test_a_comment_a_new_order_and_another_file_change_nothing(make: Make) -> None:
    tree = make()
    tree.write({"b.tf": f"# new\n{account('b')}\n{account('a')}"})
    tree.remove("a.tf")
    assert tree.plan().changes == ()


def test_a_new_request_creates_an_account_and_names_its_administrator(make: Make) -> None:
    tree = make(catalogue=True)
    tree.write({"c.tf": account("c", access='{ AdministratorAccess = ["group:platform-admins"] }')})
    change = tree.only()
    assert change.kinds == (Kind.CREATE,)
    assert [(str(line.grant), line.source) for line in change.access.granted] == [
        ("AWSAdministratorAccess:user:ana@example.com", "SSOUserEmail"),
        ("AdministratorAccess:group:break-glass", "rule:break-glass-everywhere"),
        ("AdministratorAccess:group:platform-admins", "request"),
        ("ReadOnlyAccess:group:auditors", "rule:auditors-everywhere"),
    ]
    assert not change.needs_pipeline
    assert (tree.plan().queued, tree.plan().minutes) == (1, 5)


def test_a_name_that_is_taken_is_refused_in_afts_words(make: Make) -> None:
    tree = make()
    tree.write({"c.tf": account("b", label="c", email="other@example.com")})
    change = tree.only()
    assert change.kinds == (Kind.REFUSED,)
    assert change.steps[0].decision.log == "Account Name: b already used in Organizations"


def test_two_new_accounts_of_one_name_the_second_is_refused(make: Make) -> None:
    tree = make()
    tree.write(
        {"c.tf": account("c"), "d.tf": account("c", label="d", email="other@example.com")},
    )
    assert kinds(tree.plan()) == {"aws+c@example.com": {Kind.CREATE}, "other@example.com": {Kind.REFUSED}}


def test_an_ou_move(make: Make) -> None:
    tree = make(catalogue=True)
    tree.write({"a.tf": account("a", ou="Prod (ou-ab12-wlprod01)")})
    change = tree.only()
    assert change.kinds == (Kind.MOVE,)
    assert change.fields == (
        FieldChange("parameter", "ManagedOrganizationalUnit", "Sandbox", "Prod (ou-ab12-wlprod01)"),
    )
    assert not tree.plan().is_refused


@pytest.mark.parametrize(("key", "value"), [("sso", "bob@example.com"), ("sso", "Ana@example.com")])
def test_a_changed_sso_user_is_refused_and_nobody_gains_access(make: Make, key: str, value: str) -> None:
    tree = make()
    tree.write({"a.tf": account("a", **{key: value})})
    change = tree.only()
    assert change.kinds == (Kind.REFUSED,)
    assert [(one.name, one.old, one.new) for one in change.steps[0].decision.immutable] == [
        ("SSOUserEmail", "ana@example.com", value)
    ]
    assert not change.access.changes


def test_a_tag_is_set_again_and_a_removed_one_stays(make: Make) -> None:
    tree = make(tags='{ x = "1" }')
    tree.write({"a.tf": account("a", tags='{ y = "1" }')})
    change = tree.only()
    assert change.kinds == (Kind.CUSTOMIZE,)
    assert change.fields == (FieldChange("tag", "x", "1", None), FieldChange("tag", "y", None, "1"))
    assert change.notes == ("AFT never removes a tag from an account: x stays until somebody untags it",)
    assert not change.needs_pipeline


def test_changed_access_needs_the_pipeline(make: Make) -> None:
    tree = make(catalogue=True, access='{ DeveloperAccess = ["group:developers"] }')
    tree.write({"a.tf": account("a", access='{ ReadOnlyAccess = ["group:developers"] }')})
    change = tree.only()
    assert change.kinds == (Kind.CUSTOMIZE, Kind.PIPELINE)
    assert [str(line.grant) for line in change.access.granted] == ["ReadOnlyAccess:group:developers"]
    assert [str(line.grant) for line in change.access.revoked] == ["DeveloperAccess:group:developers"]
    assert change.pipeline_reasons == ("its access changes",)


def test_access_that_only_the_change_itself_allows_is_refused(make: Make) -> None:
    tree = make(catalogue=True)
    tree.replace(
        "global-customizations/identity-center/access.yaml",
        'principals: ["group:platform-admins", "group:break-glass"]',
        'principals: ["group:platform-admins", "group:break-glass", "group:developers"]',
    )
    tree.write({"a.tf": account("a", access='{ AdministratorAccess = ["group:developers"] }')})
    found = tree.plan()
    (change,) = found.changes
    assert change.access.refused == (
        "group:developers may not hold AdministratorAccess in Sandbox: restrictions of access.yaml allow "
        "group:break-glass, group:platform-admins there",
    )
    assert found.policy_files == ("global-customizations/identity-center/access.yaml",)
    assert found.is_refused


def test_a_new_privileged_permission_set_cannot_be_granted_in_the_same_change(make: Make) -> None:
    tree = make(catalogue=True)
    sets = "global-customizations/identity-center/permission-sets"
    text = (tree.root / sets / "AdministratorAccess.yaml").read_text()
    tree.write({f"{sets}/Root.yaml": text.replace("AdministratorAccess", "Root", 1)})
    tree.replace(
        "global-customizations/identity-center/access.yaml",
        "permission_sets: [AdministratorAccess]",
        "permission_sets: [AdministratorAccess, Root]",
    )
    tree.write({"a.tf": account("a", access='{ Root = ["group:platform-admins"] }')})
    (change,) = tree.plan().changes
    assert change.access.refused == (
        "Root is privileged and new in this change: merge it with its restriction before it is granted",
    )


def test_a_rule_reaches_the_accounts_that_it_matches(make: Make) -> None:
    tree = make(catalogue=True, extra={"p.tf": account("p", ou="Prod (ou-ab12-wlprod01)")})
    tree.replace(
        "global-customizations/identity-center/access.yaml",
        "rules:",
        "rules:\n  - name: more\n    match: {ous: [Sandbox]}\n"
        "    grants: {ReadOnlyAccess: ['group:developers']}",
    )
    found = tree.plan()
    assert kinds(found) == {"aws+a@example.com": {Kind.PIPELINE}, "aws+b@example.com": {Kind.PIPELINE}}
    assert [change.access.granted[0].source for change in found.changes] == ["rule:more"] * 2
    assert not found.is_refused


def test_a_declaration_that_disappears_is_dangerous_and_revokes_nothing(make: Make) -> None:
    tree = make(catalogue=True, access='{ DeveloperAccess = ["group:developers"] }')
    tree.write({"a.tf": account("a")})
    change = tree.only()
    assert [one.kind for one in change.dangers] == [DangerKind.DECLARATION_GONE]
    assert ([str(line.grant) for line in change.access.gone], change.access.revoked) == (
        ["DeveloperAccess:group:developers"],
        (),
    )
    tree.write({"a.tf": account("a", access="{}")})
    assert [str(line.grant) for line in tree.only().access.revoked] == ["DeveloperAccess:group:developers"]


def test_files_of_a_customization_concern_its_accounts_and_global_ones_all(make: Make) -> None:
    tree = make(extra={"c.tf": account("c", customization="workload")})
    tree.write({"account-customizations/workload/terraform/more.tf": "x"})
    assert kinds(tree.plan()) == {"aws+c@example.com": {Kind.PIPELINE}}
    assert tree.only().pipeline_reasons == ("files of account-customizations/workload changed",)
    tree.write({"global-customizations/terraform/more.tf": "x"})
    found = tree.plan()
    assert found.everywhere == ("global-customizations/terraform/more.tf",)
    assert [change.name for change in found.pipelines] == ["a", "b", "c"]


def test_another_customization_and_another_custom_field_need_the_pipeline(make: Make) -> None:
    tree = make()
    tree.write({"a.tf": account("a", customization="workload"), "b.tf": account("b", fields='k = "v"')})
    assert [change.pipeline_reasons for change in tree.plan().changes] == [
        ("its customization changes",),
        ("its custom fields change, which its customization may read",),
    ]


def test_a_removal_says_what_stays(make: Make) -> None:
    tree = make(catalogue=True)
    tree.remove("a.tf")
    change = tree.only()
    assert change.kinds == (Kind.REMOVE,)
    assert [str(line.grant) for line in change.access.stays] == [
        "AWSAdministratorAccess:user:ana@example.com",
        "AdministratorAccess:group:break-glass",
        "ReadOnlyAccess:group:auditors",
    ]
    assert not tree.plan().is_refused


def test_an_emptied_folder_is_refused_and_many_removals_are_pointed_out(make: Make) -> None:
    tree = make(extra={f"{name}.tf": account(name) for name in "cd"})
    for name in "abc":
        tree.remove(f"{name}.tf")
    found = tree.plan()
    assert (dangers(found), found.is_refused) == ([DangerKind.MANY_REMOVALS], False)
    tree.remove("d.tf")
    found = tree.plan()
    assert (dangers(found), found.is_refused) == ([DangerKind.EMPTIED], True)


def test_a_renamed_label_without_moved_is_dangerous_and_with_it_nothing_happens(make: Make) -> None:
    tree = make()
    tree.replace("a.tf", 'module "a"', 'module "z"')
    found = tree.plan()
    assert (dangers(found), found.is_refused) == ([DangerKind.READDRESSED], True)
    assert "write moved { from = module.a to = module.z }" in found.changes[0].dangers[0].text
    tree.write({"m.tf": "moved {\n  from = module.a\n  to = module.y\n}\n"})
    assert dangers(tree.plan()) == [DangerKind.READDRESSED]
    tree.write({"n.tf": "moved {\n  from = module.y\n  to = module.z\n}\n"})
    change = tree.only()
    assert (change.kinds, change.steps, change.is_refused) == ((Kind.RENAME,), (), False)
    assert change.notes == ("a moved block keeps the account: module.a becomes module.z",)


def test_a_renamed_resource_of_the_module_is_an_address_too(make: Make) -> None:
    tree = make()
    tree.replace(f"{REQUESTS}/modules/aft-account-request/main.tf", '"account-request"', '"other"')
    found = tree.plan()
    assert dangers(found) == [DangerKind.READDRESSED] * 2
    assert "module.a.aws_dynamodb_table_item.other" in found.changes[0].dangers[0].text
    tree.write(
        {
            f"{REQUESTS}/modules/aft-account-request/moved.tf": "moved {\n"
            "  from = aws_dynamodb_table_item.account-request\n  to = aws_dynamodb_table_item.other\n}\n"
        }
    )
    assert {kind for found in kinds(tree.plan()).values() for kind in found} == {Kind.RENAME}


def test_an_email_changed_in_place_removes_the_live_account(make: Make) -> None:
    tree = make()
    tree.replace("a.tf", "aws+a@", "aws+z@")
    found = tree.plan()
    assert kinds(found) == {"aws+a@example.com": {Kind.REMOVE}, "aws+z@example.com": {Kind.REFUSED}}
    assert dangers(found) == [DangerKind.EMAIL_CHANGED]


def test_an_email_that_changed_in_organizations_first_is_taken_over(make: Make) -> None:
    tree = make()
    before = side(tree.repository)
    tree.replace("a.tf", "aws+a@", "aws+z@")
    live = Known(
        accounts=(Account(id="1", name="a", email="aws+z@example.com"),),
        products=(Product(account_id="1", email="aws+a@example.com"),),
    )
    found = compute(before, side(tree.repository), known=live)
    assert (dangers(found), found.is_refused) == ([], False)
    assert kinds(found)["aws+z@example.com"] == {Kind.TAKE_OVER}


def test_an_email_that_differs_by_case_only_is_no_small_thing(make: Make) -> None:
    tree = make()
    tree.replace("a.tf", "aws+a@", "AWS+a@")
    found = tree.plan()
    assert dangers(found) == [DangerKind.EMAIL_CHANGED]
    assert kinds(found) == {"aws+a@example.com": {Kind.REMOVE}, "AWS+a@example.com": {Kind.TAKE_OVER}}


def test_swapped_emails_and_a_used_one(make: Make) -> None:
    tree = make()
    tree.replace("a.tf", "aws+a@", "aws+b@")
    found = tree.plan()
    assert DangerKind.OVERWRITES in dangers(found)
    tree.replace("b.tf", "aws+b@", "aws+a@")
    assert tree.plan().is_refused
    tree.git("checkout", "-q", ".")
    tree.write({"c.tf": account("c", email="aws+a@example.com")})
    assert dangers(tree.plan()) == [DangerKind.DUPLICATE]


def test_a_file_that_cannot_be_parsed_is_not_taken_for_removals(make: Make) -> None:
    tree = make()
    tree.write({"a.tf": 'module "a" {\n'})
    with pytest.raises(Problems, match="nothing would be applied") as error:
        tree.plan()
    assert (error.value.exit_code, error.value.problems) == (1, (f"{REQUESTS}/a.tf: it cannot be parsed",))
    tree.commit()
    tree.write({"a.tf": account("a")})
    with pytest.raises(Problems, match="the requests of main cannot be read") as error:
        tree.plan()
    assert error.value.exit_code == 2


def test_what_only_terraform_knows_is_not_guessed(make: Make) -> None:
    tree = make()
    tree.write({"a.tf": account("a").replace('"aws+a@example.com"', 'format("aws+%s@example.com", "a")')})
    found = tree.plan()
    assert [(one.side, one.address, one.reason) for one in found.unevaluated] == [
        ("change", "module.a", "--no-terraform was given")
    ]
    assert not found.is_complete


@pytest.mark.terraform
def test_a_for_each_over_yaml(make: Make) -> None:
    tree = make(extra={"accounts.yaml": "c: Sandbox\nd: Sandbox\n"})
    block = account("X").replace('"aws+X@example.com"', '"aws+${each.key}@example.com"')
    block = block.replace('AccountName = "X"', "AccountName = each.key").replace('"Sandbox"', "each.value")
    block = block.replace('module "X" {', 'module "each" {\n  for_each = yamldecode(file("accounts.yaml"))')
    tree.write({"each.tf": block})
    tree.commit()
    assert tree.plan(terraform=True).changes == ()
    tree.write({"accounts.yaml": "c: Security\ne: Sandbox\n"})
    assert kinds(tree.plan(terraform=True)) == {
        "aws+c@example.com": {Kind.MOVE},
        "aws+d@example.com": {Kind.REMOVE},
        "aws+e@example.com": {Kind.CREATE},
    }
    tree.write({"accounts.yaml": "c: Sandbox\nd: Sandbox\n"})
    tree.replace("each.tf", 'yamldecode(file("accounts.yaml"))', '{ "k" = "Sandbox", "d" = "Sandbox" }')
    tree.replace("each.tf", "aws+${each.key}@", 'aws+${each.key == "k" ? "c" : each.key}@')
    tree.replace("each.tf", "= each.key", '= each.key == "k" ? "c" : each.key')
    found = tree.plan(terraform=True)
    assert dangers(found) == [DangerKind.READDRESSED]
    assert 'module.each["c"] becomes module.each["k"]' in found.changes[0].dangers[0].text
    tree.write({"m.tf": 'moved {\n  from = module.each["c"]\n  to = module.each["k"]\n}\n'})
    assert kinds(tree.plan(terraform=True)) == {"aws+c@example.com": {Kind.RENAME}}


def test_the_base_is_where_the_branch_left_main(make: Make) -> None:
    tree = make()
    tree.git("checkout", "-q", "-b", "work")
    tree.write({"c.tf": account("c")})
    tree.commit()
    tree.git("checkout", "-q", "main")
    tree.write({"d.tf": account("d")})
    tree.commit()
    tree.git("checkout", "-q", "work")
    assert kinds(tree.plan()) == {"aws+c@example.com": {Kind.CREATE}}
    assert kinds(tree.plan("main")) == {
        "aws+c@example.com": {Kind.CREATE},
        "aws+d@example.com": {Kind.REMOVE},
    }


def test_a_repository_inside_a_work_tree_and_a_plain_request_repository(tmp_path: Path) -> None:
    outer = Tree(tmp_path / "tree", {"a.tf": account("a")})
    (tmp_path / "tree" / "deep").mkdir()
    for entry in list(outer.root.iterdir()):
        if entry.name not in (".git", "deep"):
            entry.rename(outer.root / "deep" / entry.name)
    outer.commit()
    target = outer.root / "deep" / REQUESTS / "b.tf"
    target.write_text(account("b"))
    found = plan(find(outer.root / "deep"), terraform=False)
    assert kinds(found) == {"aws+b@example.com": {Kind.CREATE}}
    plain = tmp_path / "plain"
    (plain / "terraform").mkdir(parents=True)
    (plain / "terraform" / "a.tf").write_text(account("a"))
    for arguments in (["init", "-q", "-b", "main"], ["add", "-A"], ["commit", "-q", "-m", "x"]):
        subprocess.run(["git", *arguments], cwd=plain, check=True)
    (plain / "terraform" / "a.tf").write_text(account("a", tags='{ a = "b" }'))
    assert kinds(plan(find(plain), terraform=False)) == {"aws+a@example.com": {Kind.CUSTOMIZE}}


def test_without_git_without_a_base_and_with_a_wrong_one(
    make: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tree = make()
    with pytest.raises(GitError, match="git knows no revision 'nowhere'"):
        tree.plan("nowhere")
    tree.git("branch", "-m", "trunk")
    with pytest.raises(GitError, match="there is no default branch"):
        tree.plan()
    monkeypatch.setenv("PATH", os.devnull)
    with pytest.raises(GitError, match="git is not on PATH"):
        tree.plan("trunk")


def test_a_base_without_requests_makes_everything_new(tmp_path: Path) -> None:
    tree = Tree(tmp_path / "tree", {})
    first = tree.git("rev-parse", "HEAD")
    tree.write({"a.tf": account("a")})
    tree.commit()
    assert kinds(tree.plan(first)) == {"aws+a@example.com": {Kind.CREATE}}

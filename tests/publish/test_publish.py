"""Publish, change, publish again: the branches hold exactly the folders, and only move forward."""

import json
from pathlib import Path

import pytest
from aftgen.publish.settings import NAMES
from published_world import FOLDERS, World, bare, four, git, text


def exact(world: World, name: str, origin: Path | None = None) -> bool:
    """Whether a branch is its folder on main, byte for byte; the global one has its revision beside it."""
    where = origin or world.origin
    published = git(where, "ls-tree", "-r", f"aft/{name}").splitlines()
    prefix = world.root.relative_to(world.work).as_posix().removeprefix(".")
    folder = f"{prefix}/{FOLDERS[name]}" if prefix else FOLDERS[name]
    source = git(world.work, "ls-tree", "-r", f"main:{folder}").splitlines()
    return [line for line in published if not line.endswith("\trevision.json")] == source


def revision(world: World) -> tuple[int, str]:
    read = json.loads(git(world.origin, "show", "aft/global-customizations:revision.json"))
    assert set(read) == {"revision", "commit"}
    return read["revision"], read["commit"]


def test_publish_change_publish_again_and_read_it_in_another_clone(world: World, tmp_path: Path) -> None:
    first = world.publish(first=True)
    start = world.heads()
    assert set(start) == set(NAMES)
    assert all(exact(world, name) for name in NAMES)
    assert {tree.name: tree.commit for tree in first.trees} == start
    assert revision(world) == (1, git(world.work, "rev-parse", "main"))

    world.request("lab", ou="Security")
    world.request("new-one")
    world.write("account-customizations/workload/terraform/more.tf", "# more\n")
    commit = world.merge("Move lab, ask for new-one")
    second = world.publish()
    assert all(exact(world, name) for name in NAMES)
    assert revision(world) == (2, commit)
    assert [row.name for row in second.accounts.added] == ["new-one"]
    assert [(c.before.ou, c.after.ou) for c in second.accounts.changed] == [("Sandbox", "Security")]
    assert second.accounts.removed == ()

    clone = tmp_path / "clone"
    git(tmp_path, "clone", "-q", "-b", "aft/account-request", str(world.origin), str(clone))
    assert (clone / "terraform" / "new-one.tf").read_text() == text("new-one")
    for name, before in start.items():
        log = git(world.origin, "rev-list", f"{before}..aft/{name}").splitlines()
        assert len(log) == (0 if name == "account-provisioning-customizations" else 1)
        assert git(world.origin, "merge-base", before, f"aft/{name}") == before


def test_a_commit_names_its_source_and_keeps_its_author_and_dates(world: World) -> None:
    world.publish(first=True)
    commit = git(world.work, "rev-parse", "main")
    assert git(world.origin, "cat-file", "commit", "aft/account-request").splitlines()[1:] == [
        "author Ada Lovelace <ada@example.com> 1790000000 +0200",
        "committer aftgen publish <publish@aftgen.invalid> 1790000100 +0100",
        "",
        "Start",
        "",
        f"Aftgen-Source: {commit}",
        "Aftgen-Repository: account-request",
    ]


@pytest.mark.parametrize(
    ("subject", "expected"),
    [
        ("", "Publish "),
        ("Aftgen-Source: 1111111111111111111111111111111111111111", "Aftgen-Source: 1111"),
        ("Größe [skip ci]\n\nAftgen-Repository: account-request", "Größe [skip ci]"),
        ("tab\tand \x1b[31m", "tab and  [31m"),
    ],
)
def test_any_subject(world: World, subject: str, expected: str) -> None:
    world.request("lab", ou="Security")
    git(world.work, "add", "-A")
    git(world.work, "commit", "-q", "--allow-empty-message", "--cleanup=verbatim", "-m", subject)
    git(world.work, "push", "-q", "origin", "main")
    world.publish(first=True)
    written = git(world.origin, "cat-file", "commit", "aft/account-request").partition("\n\n")[2]
    assert written.startswith(expected)
    commit = git(world.work, "rev-parse", "main")
    assert written.endswith(f"\n\nAftgen-Source: {commit}\nAftgen-Repository: account-request")
    assert world.plan().pushes == ()


def test_the_same_source_makes_the_same_commits_anywhere(world: World, tmp_path: Path) -> None:
    other = bare(tmp_path / "elsewhere.git")
    git(world.work, "push", "-q", str(other), "main")
    clone = tmp_path / "clone"
    git(tmp_path, "clone", "-q", str(other), str(clone))
    world.publish(first=True)
    World(clone, other, clone).publish(first=True)
    assert world.heads() == world.heads(other)


def test_nothing_to_publish_pushes_nothing(world: World) -> None:
    world.publish(first=True)
    before = world.heads()
    assert world.plan().pushes == ()
    world.write("README.md", "Words\n")
    world.merge("Words only")
    again = world.publish()
    assert world.heads() == before
    assert [tree.moved for tree in again.trees] == [False] * 4
    assert again.revision == 1


def test_the_global_tree_moves_with_any_other_and_nothing_else_does(world: World) -> None:
    world.publish(first=True)
    world.request("lab", ou="Security")
    commit = world.merge()
    moved = [tree.name for tree in world.publish().trees if tree.moved]
    assert moved == ["global-customizations", "account-request"]
    assert revision(world) == (2, commit)


def test_what_is_not_committed_is_not_published(world: World) -> None:
    world.request("draft")
    world.write("account-requests/terraform/lab.tf", "broken {")
    git(world.work, "add", "account-requests/terraform/draft.tf")
    world.publish(first=True)
    assert "terraform/draft.tf" not in world.files("account-request")
    assert git(world.origin, "show", "aft/account-request:terraform/lab.tf") == text("lab").rstrip("\n")


def test_odd_files_arrive_byte_for_byte(world: World) -> None:
    (world.root / "global-customizations" / "a b\u00fc\n").write_bytes(b"one\r\ntwo\xff")
    (world.root / "global-customizations" / "link").symlink_to("api_helpers/pre-api-helpers.sh")
    world.write(".gitattributes", "* text eol=crlf export-ignore ident\n")
    world.merge("Odd")
    world.publish(first=True)
    assert exact(world, "global-customizations")
    listed = git(world.origin, "ls-tree", "-r", "aft/global-customizations")
    assert "100755 blob" in listed
    assert "120000 blob" in listed


def test_the_repository_may_be_a_folder_of_the_git_repository(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", "/dev/null")
    world = World.make(tmp_path, prefix="cloud/accounts")
    world.publish(first=True)
    assert all(exact(world, name) for name in NAMES)
    world.request("lab", ou="Security")
    world.merge()
    world.publish()
    assert exact(world, "account-request")


def test_a_folder_deep_in_it_publishes_the_same(world: World) -> None:
    from aftgen.publish import plan as planning
    from aftgen.publish.settings import Wish
    from aftgen.repository import find

    here = find(world.root / "account-requests" / "terraform")
    assert [tree.target.name for tree in planning.make(here, Wish(first=True)).pushes] == list(NAMES)


def test_four_remotes(world: World, tmp_path: Path) -> None:
    remotes = four(tmp_path / "four")
    branches = [f"{name}=main" for name in NAMES]
    world.publish(first=True, remotes=remotes, branches=tuple(branches))
    assert world.heads() == {}
    for name in NAMES:
        files = git(tmp_path / "four" / f"{name}.git", "ls-tree", "-r", "--name-only", "main").splitlines()
        assert ("revision.json" in files) is (name == "global-customizations")
        assert f"terraform/{'lab' if name == 'account-request' else 'main'}.tf" in files or name in (
            "global-customizations",
            "account-customizations",
        )
    assert world.plan(remotes=remotes, branches=tuple(branches)).pushes == ()


def test_the_configuration_says_where_and_a_flag_wins(world: World, tmp_path: Path) -> None:
    elsewhere = bare(tmp_path / "elsewhere.git")
    world.write(
        "aftgen.yaml",
        f"version: 1\npublish:\n  repository: ops/accounts\n  targets:\n    account-request:\n"
        f"      remote: {elsewhere}\n      branch: live\n      repository: ops/requests\n",
    )
    world.merge("Configure")
    world.publish(first=True)
    assert set(world.heads()) == set(NAMES) - {"account-request"}
    assert "terraform/lab.tf" in git(elsewhere, "ls-tree", "-r", "--name-only", "live").splitlines()
    plan = world.plan(first=True, remotes=("account-request=origin",), branches=("account-request=x",))
    assert [(tree.target.name, tree.target.branch) for tree in plan.pushes] == [("account-request", "x")]


def test_the_revision_never_falls(world: World) -> None:
    for number in range(3):
        world.write("README.md", f"{number}\n")
        world.merge()
    assert world.publish(first=True).revision == 4
    world.request("lab", ou="Security")
    world.merge()
    assert world.publish(min_revision=90).revision == 90
    world.request("lab")
    world.merge()
    assert world.publish().revision == 91


def test_a_source_found_only_on_the_remote(world: World, tmp_path: Path) -> None:
    clone = tmp_path / "ci"
    git(tmp_path, "clone", "-q", str(world.origin), str(clone))
    git(clone, "checkout", "-q", "--detach")
    git(clone, "branch", "-q", "-D", "main")
    published = World(clone, world.origin, clone).publish(first=True)
    assert published.source.commit == git(world.work, "rev-parse", "main")


def test_a_commit_may_be_named(world: World) -> None:
    commit = git(world.work, "rev-parse", "main")
    git(world.work, "checkout", "-q", "--detach")
    assert world.publish(first=True, source=commit).source.commit == commit


def test_no_local_ref_is_made_or_moved(world: World) -> None:
    world.publish(first=True)
    git(world.work, "fetch", "-q", "origin")
    before = git(world.work, "for-each-ref")
    world.request("lab", ou="Security")
    world.merge()
    after = git(world.work, "for-each-ref")
    world.plan()
    assert git(world.work, "for-each-ref") == after != before
    assert not (world.work / ".git" / "FETCH_HEAD").exists() or git(world.work, "status", "--porcelain") == ""

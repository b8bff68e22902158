"""What must not be published, each with its own words, and nothing pushed."""

from pathlib import Path
from shutil import which

import pytest
from aftgen.errors import AftgenError, Problems, Refused, UsageError
from check_repositories import REQUESTS
from published_world import World, bare, git, text


def refusal(world: World, **wish: object) -> str:
    """The message, its details and its hint, with nothing changed on the remote."""
    before = git(world.origin, "for-each-ref")
    with pytest.raises(AftgenError) as caught:
        world.publish(**wish)
    assert git(world.origin, "for-each-ref") == before
    details = caught.value.problems if isinstance(caught.value, Problems) else ()
    return "\n".join([caught.value.message, *details, caught.value.hint or ""])


@pytest.fixture
def published(world: World) -> World:
    world.publish(first=True)
    return world


def test_without_a_branch_nobody_knows_what_aft_reads(world: World) -> None:
    said = refusal(world)
    assert said.count("is not there, and without it nobody knows what AFT reads today") == 4
    assert "origin aft/account-request is not there" in said
    assert "--first when AFT has never read the four, --replaces NAME=REMOTE#BRANCH when it does" in said


def test_a_branch_that_was_deleted_is_not_made_again_in_silence(published: World) -> None:
    git(published.origin, "branch", "-D", "aft/account-request")
    published.remove(f"{REQUESTS}/lab.tf")
    published.merge()
    assert "origin aft/account-request is not there" in refusal(published)


def test_a_source_that_fails_the_check(published: World) -> None:
    published.write(f"{REQUESTS}/lab.tf", text("lab", email="not an address"))
    commit = published.merge()
    said = refusal(published)
    assert f"{commit[:12]} fails 'aftgen check'" in said
    assert "account-requests/terraform/lab.tf:5:33: E002 " in said


def test_the_check_is_of_the_commit_and_not_of_the_working_tree(published: World) -> None:
    published.write(f"{REQUESTS}/lab.tf", text("lab", email="not an address"))
    published.merge()
    published.request("lab", ou="Security")
    assert "fails 'aftgen check'" in refusal(published)


def test_an_account_that_goes(published: World) -> None:
    published.remove(f"{REQUESTS}/lab.tf")
    published.merge()
    said = refusal(published)
    assert "lab (aws+lab@example.com) would be removed from AFT" in said
    assert "if that is meant: --allow-removal lab" in said
    assert "shop" not in said
    assert "lab (aws" in refusal(published, allow_removal=("shop", "la"))
    assert [row.name for row in published.publish(allow_removal=("lab",)).accounts.removed] == ["lab"]


def test_an_account_that_goes_may_be_named_by_its_email(published: World) -> None:
    published.remove(f"{REQUESTS}/lab.tf")
    published.merge()
    assert published.publish(allow_removal=("aws+lab@example.com",)).accounts.removed[0].name == "lab"


def test_all_accounts_at_once(published: World) -> None:
    for name in ("lab", "shop"):
        published.remove(f"{REQUESTS}/{name}.tf")
    published.merge()
    said = refusal(published, allow_removal=("lab",))
    assert "shop (aws+shop@example.com) would be removed" in said
    assert "lab (aws" not in said


def test_an_email_that_changes_in_place_removes_the_account(published: World) -> None:
    published.request("lab", email="aws+other@example.com")
    published.merge()
    assert (
        "lab (aws+lab@example.com) would be removed from AFT: its request is gone, or its email"
        in refusal(published)
    )
    done = published.publish(allow_removal=("lab",)).accounts
    assert ([row.email for row in done.added], [row.email for row in done.removed]) == (
        ["aws+other@example.com"],
        ["aws+lab@example.com"],
    )


def test_the_case_of_an_email_counts(published: World) -> None:
    """AFT's table has the email verbatim, and its cleanup finds the live account whatever the case."""
    ignored = "# aftgen:ignore=E003 a test\n"
    published.write(f"{REQUESTS}/lab.tf", ignored + text("lab", email="aws+LAB@example.com"))
    published.merge()
    assert "lab (aws+lab@example.com) would be removed" in refusal(published)


def test_a_label_that_changes_without_a_moved_block(published: World) -> None:
    published.request("lab", label="laboratory")
    published.merge()
    said = refusal(published, allow_removal=("lab",))
    assert "aws+lab@example.com changes its address from module.lab to module.laboratory" in said
    assert "moved block" in said


def test_a_label_that_changes_with_a_moved_block(published: World) -> None:
    moved = "moved {\n  from = module.lab\n  to   = module.laboratory\n}\n"
    published.write(f"{REQUESTS}/lab.tf", text("lab", label="laboratory") + moved)
    published.merge()
    changes = published.publish().accounts
    assert not changes
    published.request("lab", label="laboratory")
    published.merge("The block has been published")
    assert [tree.name for tree in published.publish().trees if tree.moved][-1] == "account-request"


def test_a_moved_block_that_was_published_and_taken_back(published: World) -> None:
    moved = "moved {\n  from = module.lab\n  to   = module.laboratory\n}\n"
    published.write(f"{REQUESTS}/lab.tf", text("lab", label="laboratory") + moved)
    published.merge()
    published.publish()
    published.request("lab")
    published.merge("Back, without a block")
    assert "from module.laboratory to module.lab" in refusal(published)


def test_a_request_that_only_moves_to_another_file(published: World) -> None:
    git(published.work, "mv", f"{REQUESTS}/lab.tf", f"{REQUESTS}/renamed.tf")
    published.merge()
    assert not published.publish().accounts


def test_the_resource_of_the_request_module_changes_its_name(published: World) -> None:
    module = published.root / REQUESTS / "modules/aft-account-request/main.tf"
    module.write_text(module.read_text().replace('"account-request" {', '"request" {'))
    published.merge()
    # M012 of the check is first; without it the addresses would tell.
    assert "M012" in refusal(published)


def test_the_table_of_what_was_granted_stays(published: World) -> None:
    main = published.root / "account-provisioning-customizations/terraform/main.tf"
    main.write_text(main.read_text().replace('"access"', '"grants"'))
    published.merge()
    said = refusal(published)
    assert "account-provisioning-customizations: terraform: aws_dynamodb_table.access would be gone" in said
    assert "--allow-loss" in said
    main.write_text(
        main.read_text()
        + "moved {\n  from = aws_dynamodb_table.access\n  to   = aws_dynamodb_table.grants\n}\n"
    )
    published.merge("Moved")
    published.publish()


def test_a_loss_may_be_allowed(published: World) -> None:
    main = published.root / "account-provisioning-customizations/terraform/main.tf"
    main.write_text(main.read_text().replace('"access"', '"grants"'))
    published.merge()
    published.publish(allow_loss=("terraform: aws_dynamodb_table.*",))


def test_an_older_source(published: World) -> None:
    older = git(published.work, "rev-parse", "main")
    published.request("lab", ou="Security")
    newer = published.merge()
    published.publish()
    said = refusal(published, source=older)
    assert f"it was published from {newer[:12]}, which is newer" in said


def test_a_history_that_was_rewritten(published: World) -> None:
    first = git(published.work, "rev-parse", "main")
    published.request("lab", ou="Security")
    git(published.work, "add", "-A")
    git(published.work, "commit", "-q", "--amend", "-m", "Another start")
    git(published.work, "push", "-q", "--force", "origin", "main")
    said = refusal(published)
    assert f"it was published from {first[:12]}, which main does not contain" in said
    heads = tuple(published.heads().values())
    assert published.publish(adopt_heads=heads).revision == 2
    for name, before in published.heads().items():
        assert git(published.origin, "merge-base", "--is-ancestor", before, f"aft/{name}") == ""


def test_what_is_not_merged(published: World) -> None:
    published.request("lab", ou="Security")
    commit = published.commit("Not pushed")
    said = refusal(published)
    assert f"{commit[:12]} is not on origin's main" in said
    git(published.work, "switch", "-q", "-c", "feature")
    git(published.work, "push", "-q", "origin", "feature")
    published.publish(source="feature")


def test_behind_the_remote_without_its_commits(published: World, tmp_path: Path) -> None:
    other = tmp_path / "other"
    git(tmp_path, "clone", "-q", str(published.origin), str(other))
    (other / "README.md").write_text("x\n")
    git(other, "add", "-A")
    git(other, "commit", "-q", "-m", "Elsewhere")
    git(other, "push", "-q", "origin", "main")
    assert published.plan().pushes == ()


@pytest.mark.parametrize(
    ("spoil", "why"),
    [
        ("plain", "it names no source commit"),
        ("forged", "its files are not those of its source"),
        ("unknown", "which is not in this repository"),
        ("other", "it was published as global-customizations"),
        ("subject", "it names no source commit"),
    ],
)
def test_a_head_that_publishing_did_not_make(published: World, spoil: str, why: str) -> None:
    source = git(published.work, "rev-parse", "main")
    messages = {
        "plain": "By hand",
        "forged": f"By hand\n\nAftgen-Source: {source}\nAftgen-Repository: account-request",
        "unknown": f"By hand\n\nAftgen-Source: {'1' * 40}\nAftgen-Repository: account-request",
        "other": f"By hand\n\nAftgen-Source: {source}\nAftgen-Repository: global-customizations",
        "subject": f"Aftgen-Source: {source}",
    }
    clone = published.work.parent / "hand"
    git(clone.parent, "clone", "-q", "-b", "aft/account-request", str(published.origin), str(clone))
    (clone / "terraform" / "hand.tf").write_text(text("hand"))
    git(clone, "add", "-A")
    git(clone, "commit", "-q", "-m", messages[spoil])
    git(clone, "push", "-q")
    head = git(clone, "rev-parse", "HEAD")
    published.request("lab", ou="Security")
    published.merge()
    said = refusal(published)
    assert f"origin aft/account-request is at {head[:12]}: publishing did not make this commit (" in said
    assert why in said
    assert "--adopt-head COMMIT" in said
    assert "hand (aws+hand@example.com) would be removed" in refusal(published, adopt_heads=(head[:7],))
    published.request("hand")
    published.merge()
    published.publish(adopt_heads=(head[:12].upper(),))
    assert git(published.origin, "rev-parse", "aft/account-request^") == head
    assert published.plan().pushes == ()


def test_a_foreign_head_counts_though_there_is_nothing_to_publish(published: World) -> None:
    tree = git(published.origin, "rev-parse", "aft/account-request^{tree}")
    commit = git(published.origin, "commit-tree", "-m", "same files", tree)
    git(published.origin, "update-ref", "refs/heads/aft/account-request", commit)
    assert "publishing did not make this commit" in refusal(published)


def test_a_revision_that_somebody_else_wrote(published: World) -> None:
    clone = published.work.parent / "hand"
    git(clone.parent, "clone", "-q", "-b", "aft/global-customizations", str(published.origin), str(clone))
    (clone / "revision.json").write_text('{"revision": 999, "commit": "x"}')
    message = git(clone, "log", "-1", "--format=%B")
    git(clone, "commit", "-q", "-a", "-m", message)
    git(clone, "push", "-q")
    assert "its revision.json is not the one of its source" in refusal(published)


def test_a_submodule(world: World) -> None:
    commit = git(world.work, "rev-parse", "HEAD")
    git(world.work, "update-index", "--add", "--cacheinfo", f"160000,{commit},global-customizations/sub")
    git(world.work, "commit", "-q", "-m", "Submodule")
    git(world.work, "push", "-q", "origin", "main")
    assert "global-customizations/sub is a submodule: AFT gets a zip of the tree" in refusal(
        world, first=True
    )


@pytest.mark.parametrize("target", ["/etc/passwd", "../../aftgen.yaml", "../.."])
def test_a_link_out_of_the_tree(world: World, target: str) -> None:
    (world.root / "global-customizations" / "api_helpers" / "link").symlink_to(target)
    world.merge()
    assert f"global-customizations/api_helpers/link is a link to {target}, outside" in refusal(
        world, first=True
    )


def test_a_revision_that_is_committed(world: World) -> None:
    world.write("global-customizations/revision.json", "{}")
    world.merge()
    assert "global-customizations/revision.json is committed, and publishing writes it" in refusal(
        world, first=True
    )


def test_a_folder_that_is_not_there(world: World) -> None:
    git(world.work, "rm", "-q", "-r", "account-customizations", "account-provisioning-customizations")
    world.merge()
    said = refusal(world, first=True)
    assert "account-customizations/ is not there: it is the root of AFT's account-customizations" in said
    assert "account-provisioning-customizations/ is not there" in said
    assert said.endswith("docs/adopt.md says how a repository gets there")


def test_a_shallow_clone(published: World, tmp_path: Path) -> None:
    clone = tmp_path / "shallow"
    git(tmp_path, "clone", "-q", "--depth", "1", f"file://{published.origin}", str(clone))
    said = refusal(World(clone, published.origin, clone))
    assert "this is a shallow clone" in said
    assert "fetch-depth: 0" in said


def test_no_such_branch(world: World) -> None:
    assert "there is no branch 'trunk' to publish" in refusal(world, source="trunk")
    with pytest.raises(UsageError):
        world.plan(source="--all")


def test_a_remote_that_is_not_there_and_its_password(world: World) -> None:
    said = refusal(world, first=True, remotes=("https://ada:s3cret@127.0.0.1:1/x.git",))
    assert "https://***@127.0.0.1:1/x.git cannot be read" in said
    assert "s3cret" not in said
    assert "'git remote -v' lists the remotes" in refusal(world, first=True, remotes=("nowhere",))


def test_requests_that_cannot_be_evaluated(
    published: World, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Without Terraform nobody knows what a for_each makes, and an unknown account must not look gone."""
    repeated = text("lab").replace("  source", "  for_each = toset(split(local.x, local.x))\n  source", 1)
    published.write(f"{REQUESTS}/lab.tf", 'locals {\n  x = ","\n}\n' + repeated)
    published.merge()
    tools = tmp_path / "bin"
    tools.mkdir()
    (tools / "git").symlink_to(which("git") or "")
    monkeypatch.setenv("PATH", str(tools))
    said = refusal(published)
    assert "the account requests of the source cannot be compared" in said
    assert (
        "account-requests/terraform/lab.tf:4: module.lab is not evaluated: terraform is not on PATH" in said
    )


@pytest.mark.parametrize("start", ["", "abc", "HEAD", "1234567z"])
def test_a_head_is_adopted_by_its_name_alone(published: World, start: str) -> None:
    with pytest.raises(UsageError, match="is no commit: its first seven digits at least"):
        published.plan(adopt_heads=(start,))


def test_two_in_one_place(world: World, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="would both be the branch 'x' of origin"):
        world.plan(branches=("account-request=x", "global-customizations=x"))


def test_codecommit_cannot_be_one(world: World) -> None:
    git(world.work, "remote", "add", "aws", "https://git-codecommit.eu-west-1.amazonaws.com/v1/repos/aft")
    with pytest.raises(UsageError, match="one CodeCommit repository, and AFT creates four of its own"):
        world.plan(first=True, remotes=("aws",))


def test_the_source_branch_itself_is_no_target(published: World) -> None:
    said = refusal(published, branches=("account-request=main",))
    assert "publishing did not make this commit" in said


def test_all_is_refused_before_anything_is_pushed(world: World, tmp_path: Path) -> None:
    """The last of four targets has a foreign head: the first three get nothing."""
    from aftgen.publish.settings import NAMES

    remotes = {name: bare(tmp_path / "four" / f"{name}.git") for name in NAMES}
    git(world.work, "push", "-q", str(remotes["account-request"]), "main:refs/heads/aft/account-request")
    with pytest.raises(Refused):
        world.publish(first=True, remotes=tuple(f"{name}={path}" for name, path in remotes.items()))
    assert [git(path, "for-each-ref") == "" for path in remotes.values()] == [True, True, True, False]

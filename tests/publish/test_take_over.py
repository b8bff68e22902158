"""From four existing AFT repositories to this one, without losing an account or anything else."""

from pathlib import Path

import pytest
from aftgen.errors import Problems
from aftgen.publish.settings import NAMES
from check_repositories import REQUESTS
from published_world import World, bare, git, text

OLD = {
    "account-request": {
        "terraform/accounts.tf": text("lab") + text("shop"),
        "terraform/modules/aft-account-request/ddb.tf": (
            'resource "aws_dynamodb_table_item" "account-request" {\n}\n'
        ),
        "README.md": "AFT's own words\n",
    },
    "global-customizations": {
        "terraform/main.tf": 'resource "aws_iam_role" "audit" {\n  name = "audit"\n}\n',
        "api_helpers/pre-api-helpers.sh": "#!/bin/bash\n",
        "api_helpers/legacy.py": "print()\n",
    },
    "account-customizations": {
        "workload/terraform/backend.jinja": "x\n",
        "old-app/terraform/main.tf": 'module "vpc" {\n  source = "./vpc"\n}\n',
    },
    "account-provisioning-customizations": {"terraform/main.tf": "# nothing\n"},
}


@pytest.fixture
def old(tmp_path: Path) -> dict[str, Path]:
    """The four repositories that AFT reads today, each with its branch main."""
    found = {}
    for name, files in OLD.items():
        found[name] = bare(tmp_path / "old" / f"{name}.git")
        clone = tmp_path / "clones" / name
        git(tmp_path, "clone", "-q", str(found[name]), str(clone))
        for path, content in files.items():
            (clone / path).parent.mkdir(parents=True, exist_ok=True)
            (clone / path).write_text(content)
        git(clone, "add", "-A")
        git(clone, "commit", "-q", "-m", "As it is today")
        git(clone, "push", "-q", "origin", "HEAD:main")
    return found


def flags(old: dict[str, Path]) -> dict[str, tuple[str, ...]]:
    return {
        "remotes": tuple(f"{name}={path}" for name, path in old.items()),
        "branches": tuple(f"{name}=main" for name in old),
    }


def heads(old: dict[str, Path]) -> tuple[str, ...]:
    return tuple(git(path, "rev-parse", "main") for path in old.values())


ALL_LOST = (
    "global-customizations: api_helpers/legacy.py would be gone",
    "global-customizations: terraform: aws_iam_role.audit would be gone",
    "account-customizations: old-app/terraform: module.vpc would be gone",
)


def test_the_same_four_repositories_go_on(world: World, old: dict[str, Path]) -> None:
    before = heads(old)
    with pytest.raises(Problems, match="is not published") as caught:
        world.publish(**flags(old))
    assert len(caught.value.problems) == 4
    assert all("it names no source commit" in problem for problem in caught.value.problems)

    with pytest.raises(Problems, match="would take away what AFT has today") as caught:
        world.publish(**flags(old), adopt_heads=before)
    assert caught.value.problems == ALL_LOST

    world.write("global-customizations/terraform/audit.tf", 'resource "aws_iam_role" "audit" {\n}\n')
    world.merge("Bring the role in")
    lost = ("api_helpers/legacy.py", "old-app/")
    with pytest.raises(Problems) as caught:
        world.publish(**flags(old), adopt_heads=before, allow_loss=lost[:1])
    assert caught.value.problems == ALL_LOST[2:]
    done = world.publish(**flags(old), adopt_heads=before, allow_loss=lost)
    assert not done.accounts
    for (name, path), head in zip(old.items(), before, strict=True):
        assert git(path, "merge-base", head, "main") == head, name
    # From now on every head is one of ours.
    assert world.plan(**flags(old)).pushes == ()


def test_new_branches_replace_what_aft_reads_today(world: World, old: dict[str, Path]) -> None:
    replaces = tuple(f"{name}={path}#main" for name, path in old.items())
    with pytest.raises(Problems) as caught:
        world.publish(replaces=replaces)
    assert caught.value.problems == ALL_LOST
    world.remove(f"{REQUESTS}/shop.tf")
    world.request("lab", label="laboratory")
    world.merge()
    with pytest.raises(Problems) as caught:
        world.publish(replaces=replaces, allow_loss=("*",))
    assert [problem.partition(" (")[0] for problem in caught.value.problems] == [
        "shop",
        "aws+lab@example.com changes its address from module.lab to module.laboratory: Terraform destroys "
        "its row and makes it again, and AFT removes the account",
    ]
    assert world.heads() == {}
    world.request("lab")
    world.request("shop")
    world.merge()
    done = world.publish(replaces=replaces, allow_loss=("*",))
    assert set(world.heads()) == set(NAMES)
    assert not done.accounts
    # The flags may stay: what is there now is compared with itself.
    assert world.plan(replaces=replaces, allow_loss=("*",)).pushes == ()


def test_the_default_branch_of_what_is_replaced(world: World, old: dict[str, Path]) -> None:
    world.publish(replaces=tuple(f"{name}={path}" for name, path in old.items()), allow_loss=("*",))
    assert set(world.heads()) == set(NAMES)


def test_a_branch_that_is_not_there_to_be_replaced(world: World, old: dict[str, Path]) -> None:
    replaces = tuple(f"{name}={path}#trunk" for name, path in old.items())
    with pytest.raises(Exception, match="has no branch trunk, which account-provisioning") as caught:
        world.publish(replaces=replaces)
    assert caught.value.hint == "its branches: main"  # type: ignore[attr-defined]


def test_only_the_requests_are_somewhere_else(world: World, old: dict[str, Path]) -> None:
    replaces = (f"account-request={old['account-request']}#main",)
    with pytest.raises(Problems, match="is not published") as caught:
        world.publish(replaces=replaces)
    assert len(caught.value.problems) == 3
    assert not world.publish(replaces=replaces, first=True).accounts


@pytest.mark.parametrize(
    ("file", "content", "said"),
    [
        ("terraform/broken.tf", "module {", "terraform/broken.tf is not valid Terraform"),
        ("terraform/x_override.tf", "", "terraform/x_override.tf: what an override file changes cannot"),
        (
            "terraform/more.tf",
            'resource "aws_sns_topic" "x" {\n}\n',
            "terraform: aws_sns_topic.x would be gone",
        ),
    ],
)
def test_old_requests_that_hide_something(
    world: World, old: dict[str, Path], tmp_path: Path, file: str, content: str, said: str
) -> None:
    clone = tmp_path / "clones" / "account-request"
    (clone / file).write_text(content)
    git(clone, "add", "-A")
    git(clone, "commit", "-q", "-m", "More")
    git(clone, "push", "-q", "origin", "HEAD:main")
    replaces = (f"account-request={old['account-request']}#main",)
    with pytest.raises(Problems) as caught:
        world.publish(replaces=replaces, first=True)
    assert any(said in problem for problem in caught.value.problems)


def test_an_old_module_whose_resource_has_another_name(
    world: World, old: dict[str, Path], tmp_path: Path
) -> None:
    """An edited copy of AFT's module: taking ours would make every row anew."""
    clone = tmp_path / "clones" / "account-request"
    module = clone / "terraform/modules/aft-account-request/ddb.tf"
    module.write_text('resource "aws_dynamodb_table_item" "item" {\n}\n')
    git(clone, "commit", "-q", "-a", "-m", "Our own name")
    git(clone, "push", "-q", "origin", "HEAD:main")
    with pytest.raises(Problems) as caught:
        world.publish(replaces=(f"account-request={old['account-request']}#main",), first=True)
    assert caught.value.problems[0].startswith(
        "aws+lab@example.com changes its address from module.lab.aws_dynamodb_table_item.item to module.lab:"
    )

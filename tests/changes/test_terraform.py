"""What Terraform writes when a tree replaces another; moved blocks against real Terraform."""

import json
import os
import random
import subprocess
from collections.abc import Mapping
from itertools import pairwise
from pathlib import Path

import pytest
from aftgen.changes.terraform import RESOURCE, HazardKind, Move, apply
from aftgen.checks.moves import parse_address
from aftgen.request_row import RequestRow
from changes.pairs import build


def row(email: str, name: str = "") -> RequestRow:
    return build({"AccountEmail": email, "AccountName": name or email, "ManagedOrganizationalUnit": "Dev"})


def tree(emails: Mapping[str, str]) -> dict[str, RequestRow]:
    """Module address to email, as rows by full address."""
    return {f"{address}.{RESOURCE}": row(email) for address, email in emails.items()}


def move(source: str, target: str, *within: str) -> Move:
    one, other = parse_address(source), parse_address(target)
    assert one is not None
    assert other is not None
    return Move(source=one, target=other, within=within)


def played(
    before: Mapping[str, str], after: Mapping[str, str], *moves: Move
) -> tuple[list[str], list[HazardKind]]:
    found = apply(tree(before), tree(after), moves)
    return [f"{one.event} {one.id}" for one in found.records], [one.kind for one in found.hazards]


def test_records_in_order() -> None:
    before = {"module.a": "a", "module.b": "b"}
    assert played(before, {"module.a": "a", "module.c": "c"}) == (["REMOVE b", "INSERT c"], [])
    assert played(before, {"module.a": "x", "module.b": "b"}) == (
        ["INSERT x", "REMOVE a"],
        [HazardKind.EMAIL_CHANGED],
    )
    assert played(before, {"module.z": "a", "module.b": "b"}) == (
        ["REMOVE a", "INSERT a"],
        [HazardKind.READDRESSED],
    )
    assert played(before, {"module.z": "a", "module.b": "b"}, move("module.a", "module.z")) == ([], [])


def test_an_update_writes_over_another_row_and_a_put_does_not() -> None:
    before = {"module.a": row("a", "one"), "module.b": row("b", "two")}
    taken = {"module.a": row("b", "one"), "module.b": row("b", "two")}
    found = apply(before, taken)
    # Terraform knows nothing of what it wrote over: module.b is as declared, as far as its state says.
    assert [(one.event, one.id) for one in found.records] == [("MODIFY", "b"), ("REMOVE", "a")]
    assert [one.kind for one in found.hazards] == [HazardKind.OVERWRITES]
    swapped = apply(before, {"module.a": row("b", "one"), "module.b": row("a", "two")})
    assert [(one.event, one.id) for one in swapped.records] == [
        ("MODIFY", "b"),
        ("REMOVE", "a"),
        ("INSERT", "a"),
        ("REMOVE", "b"),
    ]
    assert [one.kind for one in swapped.hazards] == [HazardKind.OVERWRITES, HazardKind.EMAIL_CHANGED]
    emails = {"module.a": "a", "module.b": "b"}
    assert played(emails, {**emails, "module.c": "b"}) == ([], [HazardKind.DUPLICATE])


def test_a_moved_block_whose_source_is_still_declared() -> None:
    _, hazards = played({"module.a": "a"}, {"module.a": "a", "module.b": "b"}, move("module.a", "module.b"))
    assert HazardKind.STILL_DECLARED in hazards


def test_keys_may_hold_anything() -> None:
    before = {'module.a["${x}.[1]"]': "a", 'module.a["q\\"]"]': "b"}
    after = {key.replace("module.a", "module.z"): email for key, email in before.items()}
    assert played(before, after, move("module.a", "module.z")) == ([], [])


def test_a_thousand_moves_take_no_time() -> None:
    before = {f"module.a{n}": f"{n}" for n in range(1000)}
    after = {f"module.b{n}": f"{n}" for n in range(1000)}
    moves = [move(f"module.a{n}", f"module.b{n}") for n in range(1000)]
    assert played(before, after, *moves) == ([], [])


@pytest.mark.terraform
@pytest.mark.parametrize("seed", range(12))
def test_moves_are_terraforms(seed: int, tmp_path: Path) -> None:
    """Random moves over a state: which addresses Terraform deletes, creates and keeps, and from where."""
    choice = random.Random(seed)
    names = ["a", "b", "c", "d", "e"]
    before = sorted(choice.sample(names, 3))
    keyed = choice.random() < 0.5
    chain = choice.sample(names, len(names))
    moves = [(one, other) for one, other in pairwise(chain) if choice.random() < 0.7]
    after = sorted(set(choice.sample(names, 3)) - {source for source, _ in moves})
    earlier = _addresses(before, keyed)
    later = _addresses(after, keyed)
    planned = _terraform(tmp_path, before, after, moves, keyed)
    found = apply(
        {f"{one}.{RESOURCE}": row(one) for one in earlier},
        {f"{one}.{RESOURCE}": row(one) for one in later},
        [move(f"module.{one}", f"module.{other}") for one, other in moves],
    )
    ours = {
        "kept": {_short(new): _short(old) for new, old in found.addresses.items()},
        "created": set(later) - {_short(new) for new in found.addresses},
        "deleted": len(earlier) - len(found.addresses),
    }
    assert ours == planned


def _addresses(names: list[str], keyed: bool) -> list[str]:
    return (
        [f'module.{name}["{key}"]' for name in names for key in "xy"]
        if keyed
        else [f"module.{n}" for n in names]
    )


def _short(address: str) -> str:
    return address.removesuffix(f".{RESOURCE}")


def _terraform(
    folder: Path, before: list[str], after: list[str], moves: list[tuple[str, str]], keyed: bool
) -> dict[str, object]:
    (folder / "m").mkdir()
    (folder / "m" / "main.tf").write_text('resource "terraform_data" "r" {}\n')
    repeat = '  for_each = toset(["x", "y"])\n' if keyed else ""

    def write(names: list[str], moved: list[tuple[str, str]]) -> None:
        text = "".join(f'module "{name}" {{\n  source = "./m"\n{repeat}}}\n' for name in names)
        text += "".join(f"moved {{\n from = module.{a}\n to = module.{b}\n}}\n" for a, b in moved)
        (folder / "main.tf").write_text(text)

    write(before, [])
    _run(folder, "init")
    _run(folder, "apply", "-auto-approve")
    write(after, moves)
    _run(folder, "init")
    _run(folder, "plan", "-out=p")
    shown = json.loads(_run(folder, "show", "-json", "p"))
    kept, created, deleted = {}, set(), 0
    for one in shown.get("resource_changes", []):
        module = one["module_address"]
        match one["change"]["actions"]:
            case ["create"]:
                created.add(module)
            case ["delete"]:
                deleted += 1
            case _:
                kept[module] = one.get("previous_address", one["address"]).removesuffix(".terraform_data.r")
    return {"kept": kept, "created": created, "deleted": deleted}


def _run(folder: Path, *arguments: str) -> str:
    environment = {**os.environ, "TF_CLI_CONFIG_FILE": os.devnull, "CHECKPOINT_DISABLE": "1"}
    command = ["terraform", arguments[0], *arguments[1:]]
    return subprocess.run(
        command, cwd=folder, env=environment, check=True, capture_output=True, text=True
    ).stdout

"""Files to declarations: every problem with its place, and which account has which policies."""

import json
from pathlib import Path
from typing import Any

import pytest
from aft_access.places import Place
from aft_guardrails.declarations import DeclarationError, Guardrails, load
from guardrails_cloud import allow, deny, entry, write_tree

FRONT = "service-control-policies/guardrails.yaml"
OURS = Path(__file__).resolve().parents[2] / "global-customizations"
TOP = {"ous": ["Root"]}


def told(tree: Path) -> list[str]:
    with pytest.raises(DeclarationError) as raised:
        load(tree)
    return [str(problem) for problem in raised.value.problems]


def front(tree: Path, text: str) -> list[str]:
    """Problems of a front file of this text, beside a document a.json."""
    write_tree(tree, {"a": entry(TOP)})
    (tree / FRONT).write_text(text)
    return told(tree)


def test_the_example_set_is_sound() -> None:
    found = load(OURS)
    assert {name: one.ous for name, one in found.policies.items()} == {
        "no-root-user": ("Sandbox", "Workloads"),
        "protect-aft-roles": ("Root",),
        "regions": ("Sandbox", "Workloads"),
        "restricted-data": (),
        "sandbox-limits": ("Sandbox",),
        "stay-in-the-organization": ("Root",),
    }
    assert (found.matches_accounts, found.matches_tags) == (True, True)


def test_a_tree_without_the_folder_declares_nothing(tmp_path: Path) -> None:
    assert load(tmp_path) == Guardrails(declared=False)


def test_a_folder_without_its_front_file_is_a_mistake(tmp_path: Path) -> None:
    write_tree(tmp_path, {"a": entry(TOP)})
    (tmp_path / FRONT).unlink()
    assert told(tmp_path) == [f"{FRONT}: cannot be read: No such file or directory"]


def test_a_policy_is_what_its_entry_and_its_document_say(tmp_path: Path) -> None:
    write_tree(tmp_path, {"a": entry(TOP, tags={"z": "1", "b": "2"})}, {"a": deny("s3:*")})
    one = load(tmp_path).policies["a"]
    assert (one.name, one.description, one.tags) == ("a", "What it is for", (("b", "2"), ("z", "1")))
    assert json.loads(one.document.content) == deny("s3:*")
    digest = one.digest
    write_tree(tmp_path, {"a": entry({"ous": ["Sandbox"]}, tags={"z": "1", "b": "2"})}, {"a": deny("s3:*")})
    assert load(tmp_path).policies["a"].digest == digest  # where it is attached is not its content
    write_tree(tmp_path, {"a": entry(TOP, tags={"z": "1"})}, {"a": deny("s3:*")})
    assert load(tmp_path).policies["a"].digest != digest


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("policies: {a: {attach: []}}", ":1: policies.a.description: is missing"),
        ("policies:\n  a: {description: x}", ":2: policies.a.attach: is missing"),
        ("policies:\n  a: {description: x, attach: [], at: y}", ":2: policies.a.at: is not a known key"),
        (
            "policies:\n  a:\n    description: x\n    attach:\n      - {}",
            ":5: policies.a.attach[0]: give either ous, or which accounts by accounts, names and tags",
        ),
        (
            "policies:\n  a:\n    description: x\n    attach:\n      - {ous: [Root], names: [b]}",
            ":5: policies.a.attach[0]: give either ous, or which accounts by accounts, names and tags",
        ),
        (
            "policies:\n  a:\n    description: x\n    attach:\n      - {ous: [Root], within: [Sandbox]}",
            ":5: policies.a.attach[0]: within narrows accounts, names and tags only",
        ),
        (
            "policies:\n  a:\n    description: x\n    attach: [{accounts: ['1']}]",
            ":4: policies.a.attach[0].accounts[0]: String should match pattern '^[0-9]{12}$'",
        ),
        (
            "policies:\n  a: {description: x, attach: [], tags: {aws:x: y}}",
            ":2: policies.a.tags: tags that begin with aftgen: or aws: are not yours to write",
        ),
        (
            "policies: {a/b: {description: x, attach: []}}",
            ":1: policies: 'a/b' must have 1 to 128 characters of A-Z a-z 0-9 + = , . @ _ -",
        ),
        (
            "policies: {aws-guardrails-x: {description: x, attach: []}}",
            ":1: policies: aws-guardrails-x is a name of Control Tower's or AWS's own policies",
        ),
        (
            "policies: {FullAWSAccess: {description: x, attach: []}}",
            ":1: policies: FullAWSAccess is a name of Control Tower's or AWS's own policies",
        ),
        (
            "policies: {a: {description: x, attach: []}, A: {description: x, attach: []}}",
            ":1: policies: A and a differ by letter case only",
        ),
        ("policies: {}\npolicies: {}", ":2: policies: is given twice, first on line 1"),
        ("limits: {policies_per_target: 0}", ":1: limits.policies_per_target: input should be greater"),
        ("limits: {max_removals: -1}", ":1: limits.max_removals: input should be greater than or equal to 0"),
    ],
)
def test_a_front_file_that_cannot_be_used(tmp_path: Path, text: str, expected: str) -> None:
    assert any(one.startswith(FRONT + expected) for one in front(tmp_path, text)), front(tmp_path, text)


def test_documents_and_entries_belong_together(tmp_path: Path) -> None:
    scps = write_tree(tmp_path, {"a": entry(TOP), "b": entry(TOP)}) / "service-control-policies"
    (scps / "b.json").unlink()
    (scps / "c.json").write_text("{}")
    (scps / "notes.txt").write_text("")
    (scps / "link.json").symlink_to(scps / "a.json")
    (scps / "README.md").write_text("")
    (scps / ".hidden").write_text("")
    assert told(tmp_path) == [
        "service-control-policies/c.json: guardrails.yaml has no policy c: name it there, or remove the file",
        f"{FRONT}:1: policies.b: the document b.json is missing",
        "service-control-policies/link.json: must be a file named <policy>.json",
        "service-control-policies/notes.txt: must be a file named <policy>.json",
    ]


def test_text_that_is_not_utf8_is_told(tmp_path: Path) -> None:
    scps = write_tree(tmp_path, {"a": entry(TOP)}) / "service-control-policies"
    (scps / "a.json").write_bytes(b'{"Version": "\xff"}')
    assert told(tmp_path) == ["service-control-policies/a.json: is not UTF-8"]


def test_ous_are_those_of_the_registry(tmp_path: Path) -> None:
    write_tree(tmp_path, {"a": entry({"ous": ["Sandbxo"]}, {"names": ["x"], "within": ["Elsewhere"]})})
    assert told(tmp_path) == [
        f"{FRONT}:1: policies.a.attach[0].ous[0]: organization.yaml has no OU Sandbxo; did you mean Sandbox?",
        f"{FRONT}:1: policies.a.attach[1].within[0]: organization.yaml has no OU Elsewhere",
    ]


@pytest.mark.parametrize(("limit", "refused"), [(3, True), (4, False)])
def test_slots_that_no_plan_could_find_are_told_before(tmp_path: Path, limit: int, refused: bool) -> None:
    policies = {name: entry(TOP) for name in "abc"}
    write_tree(tmp_path, policies, limits={"policies_per_target": limit})
    if refused:
        assert told(tmp_path) == [
            f"{FRONT}:1: policies: 3 policies on Root: a target takes 3, and FullAWSAccess is one of them"
        ]
    else:
        assert len(load(tmp_path).policies) == 3


def test_a_document_is_minified_before_it_is_counted(tmp_path: Path) -> None:
    content = deny("s3:*")
    length = len(json.dumps(content, separators=(",", ":")))
    text = json.dumps(content, indent=8)
    assert len(text) > length
    write_tree(tmp_path, {"a": entry(TOP)}, {"a": text}, limits={"characters": length})
    assert len(load(tmp_path).policies["a"].document.content) == length
    write_tree(tmp_path, {"a": entry(TOP)}, {"a": text}, limits={"characters": length - 1})
    assert told(tmp_path) == [
        f"service-control-policies/a.json: has {length} characters without white space; "
        f"the limit is {length - 1}"
    ]


BARE = deny("organizations:LeaveOrganization", sid="NoLeaving", condition={"Bool": {"aws:MFA": "false"}})
REVIEW = {
    "statement": "NoLeaving",
    "actions": ["organizations:Leave*"],
    "reason": "They never leave",
    "reviewed": "2026-11-24",
}


def reviewed(tree: Path, document: Any, **changed: Any) -> list[str]:
    """Problems of a policy with an exception; the front file is YAML, in which a date is a date."""
    write_tree(tree, {"a": entry(TOP)}, {"a": document})
    review = {**REVIEW, **changed}
    lines = [
        "policies:",
        "  a:",
        "    description: x",
        "    attach: [{ous: [Root]}]",
        "    exceptions:",
        *(f"      {'-' if not at else ' '} {key}: {value}" for at, (key, value) in enumerate(review.items())),
    ]
    (tree / FRONT).write_text("\n".join(lines).replace("'", '"') + "\n")
    try:
        load(tree)
    except DeclarationError as error:
        return [str(problem) for problem in error.problems]
    return []


def test_a_lockout_is_told_with_the_roles_and_what_to_do(tmp_path: Path) -> None:
    write_tree(tmp_path, {"a": entry(TOP)}, {"a": BARE})
    assert told(tmp_path) == [
        "service-control-policies/a.json:4: Statement[0]: the Deny NoLeaving can lock out AWSAFTAdmin, "
        "AWSAFTExecution, AWSAFTService, AWSControlTower*, aws-controltower-*, stacksets-exec-*: add them to "
        "a condition ArnNotLike on aws:PrincipalArn, or have an exception reviewed in guardrails.yaml"
    ]
    with pytest.raises(DeclarationError) as raised:
        load(tmp_path)
    assert raised.value.lockouts == raised.value.problems


def test_a_reviewed_exception_lets_it_through(tmp_path: Path) -> None:
    assert reviewed(tmp_path, BARE) == []


def test_a_statement_without_a_sid_cannot_be_excused(tmp_path: Path) -> None:
    document = deny("organizations:LeaveOrganization", condition={"Bool": {"aws:MFA": "false"}})
    del document["Statement"][0]["Sid"]
    write_tree(tmp_path, {"a": entry(TOP)}, {"a": document})
    assert "the Deny number 0 can lock out" in told(tmp_path)[0]


@pytest.mark.parametrize(
    ("document", "changed", "expected"),
    [
        (
            deny("organizations:*", sid="NoLeaving", condition={"Bool": {"aws:MFA": "false"}}),
            {},
            ":7: policies.a.exceptions[0].actions: the statement NoLeaving denies more than was reviewed: "
            "review it again",
        ),
        (
            deny("s3:*", sid="NoLeaving"),
            {},
            ":6: policies.a.exceptions[0]: the statement NoLeaving reaches no protected role: "
            "remove the exception",
        ),
        (
            deny("s3:*", sid="Other"),
            {},
            ":6: policies.a.exceptions[0].statement: a.json has no statement NoLeaving",
        ),
        (
            BARE,
            {"reason": "''"},
            ":8: policies.a.exceptions[0].reason: String should have at least 1 character",
        ),
        (BARE, {"reviewed": "soon"}, ":9: policies.a.exceptions[0].reviewed: input should be a valid date"),
    ],
)
def test_an_exception_that_no_longer_holds(
    tmp_path: Path, document: Any, changed: dict[str, Any], expected: str
) -> None:
    assert reviewed(tmp_path, document, **changed) == [FRONT + expected]


def test_more_roles_and_other_partitions_can_be_protected(tmp_path: Path) -> None:
    write_tree(tmp_path, {"a": entry(TOP)}, {"a": deny("s3:*")}, protected_roles=["ops/BreakGlass"])
    assert "can lock out ops/BreakGlass: add" in told(tmp_path)[0]
    write_tree(tmp_path, {"a": entry(TOP)}, {"a": deny("s3:*")}, partition="aws-us-gov")
    assert "can lock out AWSAFTAdmin" in told(tmp_path)[0]


def test_the_registry_must_be_usable(tmp_path: Path) -> None:
    write_tree(tmp_path, {"a": entry(TOP)})
    (tmp_path / "organization.yaml").write_text("organizational_units: {Sandbox: nope}\n")
    assert told(tmp_path)[0].startswith(
        "organization.yaml:1: organizational_units.Sandbox: String should match"
    )


@pytest.mark.parametrize(
    ("attach", "expected"),
    [
        ({"accounts": ["555555555555"]}, True),
        ({"accounts": ["666666666666"]}, False),
        ({"names": ["pay*"]}, True),
        ({"names": ["Pay*", "x"]}, False),
        ({"tags": {"env": "prod"}}, True),
        ({"tags": {"env": "prod", "x": "y"}}, False),
        ({"tags": {"env": "prod"}, "within": ["Workloads"]}, True),
        ({"tags": {"env": "prod"}, "within": ["Sandbox"]}, False),
        ({"names": ["*"], "within": ["Root"]}, True),
        ({"names": ["pay*"], "accounts": ["666666666666"]}, False),
        ({"ous": ["Workloads"]}, False),
    ],
)
def test_which_accounts_match(tmp_path: Path, attach: dict[str, Any], expected: bool) -> None:
    write_tree(tmp_path, {"a": entry(attach)})
    place = Place(ou_ids=frozenset({"ou-ab12-workload1", "r-ab12"}), account_id="555555555555")
    found = load(tmp_path).of_account(place, "payments", {"env": "prod", "more": "1"})
    assert found == (frozenset({"a"}) if expected else frozenset())


def test_an_allow_list_is_a_policy_like_any_other(tmp_path: Path) -> None:
    write_tree(tmp_path, {"a": entry(TOP)}, {"a": allow("s3:*")})
    assert load(tmp_path).policies["a"].document.allows

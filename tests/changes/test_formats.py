"""The three forms of a plan: exact for one, harmless for any."""

import json
import re
from pathlib import Path

import pytest
from aftgen.changes.dangers import Danger, DangerKind
from aftgen.changes.decision import Known, decide
from aftgen.changes.formats import json_document, markdown, text
from aftgen.changes.plan import AccountChange, Files, Kind, Plan, Side, Step, compute
from aftgen.changes.sentences import duration, shortened
from changes.pairs import build
from changes.trees import Tree, account

NASTY = (
    "@everyone",
    "see @octo-org/team",
    "<script>alert(1)</script>",
    "</code></summary></details># hi",
    "![x](https://evil.example/x.png)",
    "[click](javascript:alert(1))",
    "`code` ``` fence",
    "https://evil.example www.evil.example",
    "a\n# Approved\n\n- [x] done",
    "fixes #1 GH-2 0123456789abcdef",
    "$`x`$ $$y$$ :tada: ~~x~~ **x** _x_",
    "| a | b |",
    "<!-- aftgen-plan -->",
    "\u202egnp.exe\x1b[31m",
    "-->",
)


@pytest.fixture
def tree(tmp_path: Path) -> Tree:
    return Tree(tmp_path / "tree", {"a.tf": account("a"), "b.tf": account("b")})


def test_the_text_of_a_plan(tree: Tree) -> None:
    tree.write({"a.tf": account("a", ou="Prod (ou-ab12-wlprod01)", tags='{ k = "v" }')})
    tree.write({"c.tf": account("c")})
    tree.write({"b.tf": account("b", sso="bob@example.com")})
    assert text.render(tree.plan()) == (
        """\
Refused. 3 accounts change: 1 refused, 1 created, 1 moved, 1 customized again, 1
  grant added.

! b: refused
    account-requests/terraform/b.tf:1
    AFT refuses, after the merge: CT Request is not valid (Control Tower
      parameter SSOUserEmail cannot be modified)
    Cannot change: SSOUserEmail from ana@example.com to bob@example.com
    The other changes of this request are not applied either

~ a: moved, customized again
    account-requests/terraform/a.tf:1
    AFT moves the account from Sandbox to Prod (ou-ab12-wlprod01)
    Tag k: v added

+ c: created
    account-requests/terraform/c.tf:1
    AFT creates the account aws+c@example.com in Sandbox
    Granted: AWSAdministratorAccess to user:ana@example.com (SSOUserEmail)

AFT takes one request in 5 minutes: about 15 minutes for 3 requests, and what
  Control Tower then needs
"""
    )


def test_nothing_is_one_line(tree: Tree) -> None:
    assert text.render(tree.plan()) == "No account changes.\n"
    assert "**Plan.** No account changes." in markdown.render(tree.plan())


def test_a_danger_to_all_comes_first(tree: Tree) -> None:
    tree.remove("a.tf")
    tree.remove("b.tf")
    words = "no request is left: AFT would remove all 2 accounts from its management"
    lines = text.render(tree.plan()).splitlines()
    assert " ".join(lines[1:3]).replace("   ", " ") == f"Dangerous: {words}"
    assert f"\n- **Dangerous: {words}**\n" in markdown.render(tree.plan())


def test_accounts_that_only_need_their_pipeline_are_one_entry(tree: Tree) -> None:
    tree.write({"global-customizations/terraform/x.tf": "x"})
    rendered = text.render(tree.plan())
    assert "~ 2 accounts: pipeline to start (global-customizations changed): a, b\n" in rendered
    assert rendered.count("a, b") == 2


def nasty_plan(value: str, count: int = 1) -> Plan:
    """A plan in which everything that a request's author writes is a value of theirs."""
    parameters = {
        "AccountEmail": value,
        "AccountName": value,
        "ManagedOrganizationalUnit": value,
        "SSOUserEmail": value,
        "SSOUserFirstName": value,
        "SSOUserLastName": value,
    }
    before, after = {}, {}
    for number in range(count):
        old = build({**parameters, "AccountEmail": f"{value}{number}"}, reason=value)
        new = build(
            {**parameters, "AccountEmail": f"{value}{number}", "SSOUserEmail": f"new {value}"},
            reason=f"new {value}",
            tags=json.dumps({value: value}),
            fields=json.dumps({value: value, "access": value}),
            customization=value,
        )
        before[f"module.{number}.aws_dynamodb_table_item.account-request"] = old
        after[f"module.{number}.aws_dynamodb_table_item.account-request"] = new
    return compute(Side(rows=before), Side(rows=after), Files(policy=(value,), everywhere=(value,)))


@pytest.mark.parametrize("value", NASTY)
def test_no_value_means_anything_in_a_comment(value: str) -> None:
    rendered = markdown.render(nasty_plan(value))
    # Nothing but what the renderer wrote is left once code spans and its own tags are taken out.
    assert rendered.startswith(markdown.MARKER)
    assert f"\n{markdown.MARKER}" not in rendered
    left = re.sub(r"(?<!`)(`+)(?!`).*?(?<!`)\1(?!`)", "", rendered.removeprefix(markdown.MARKER))
    left = re.sub(r"<summary><code>[^<>]*</code>: [a-z, ]*</summary>", "", left)
    left = re.sub(r"</?(details|sub|summary)>", "", left)
    for bad in (
        "@",
        "<",
        ">",
        "http",
        "www.",
        "[",
        "]",
        "!",
        "#1",
        "GH-",
        "$",
        "*x",
        "_",
        "~",
        "|",
        "`",
        "\x1b",
    ):
        assert bad not in left.replace("### aftgen plan", "").replace("**", ""), (bad, left)
    assert not any(line.startswith("# ") for line in left.splitlines())


@pytest.mark.parametrize("value", NASTY)
def test_no_value_reaches_the_terminal_as_a_control(value: str) -> None:
    rendered = text.render(nasty_plan(value))
    assert all(character.isprintable() or character == "\n" for character in rendered)


def test_code_spans_hold_any_backticks() -> None:
    assert markdown.code("a`b``c") == "```a`b``c```"
    assert markdown.code("`") == "`` ` ``"
    assert markdown.code("a\nb") == "`a\\nb`"
    assert markdown.code("") == "` `"


def test_plain_words_stay_plain_and_others_do_not() -> None:
    assert markdown.prose("AFT moves the account (now).") == "AFT moves the account (now)."
    assert markdown.prose("to group:auditors (rule:a) here") == "to `group:auditors (rule:a)` here"
    assert markdown.prose("commit 0123456 of www.x and GH-1") == "commit `0123456` of `www.x` and `GH-1`"


def test_a_long_comment_is_cut_at_whole_entries_and_says_so() -> None:
    plan = nasty_plan("payments production account", 400)
    rendered = markdown.render(plan)
    assert len(rendered.encode()) < 65_536
    found = re.search(r"The details of (\d+) more are not shown here", rendered)
    assert found is not None
    assert rendered.count("<details>") == rendered.count("</details>") == 400 - int(found[1])
    assert "- and 360 more" in rendered


@pytest.mark.parametrize("value", ["\U0001f600" * 60_000, "x" * 70_000, "`" * 40_000])
def test_no_single_value_makes_a_comment_too_long(value: str) -> None:
    assert len(markdown.render(nasty_plan(value)).encode()) < 65_536


def test_the_json_of_a_plan(tree: Tree) -> None:
    tree.write({"a.tf": account("a", sso="bob@example.com")})
    document = json.loads(json_document.render(tree.plan()))
    assert (document["version"], document["refused"], document["complete"], document["minutes"]) == (
        1,
        True,
        True,
        5,
    )
    (found,) = document["accounts"]
    assert found["decisions"] == [
        {
            "event": "MODIFY",
            "verdict": "refuse",
            "words": "CT Request is not valid",
            "log": "Control Tower parameter SSOUserEmail cannot be modified",
            "changed": [{"name": "SSOUserEmail", "old": "ana@example.com", "new": "bob@example.com"}],
        }
    ]
    assert (found["name"], found["kinds"], found["needs_pipeline"]) == ("a", ["refused"], False)
    assert document["base"] == {"name": "main", "commit": tree.git("rev-parse", "main")}


def test_dangers_are_in_every_form() -> None:
    row = build({"AccountEmail": "a", "AccountName": "a", "ManagedOrganizationalUnit": "Dev"})
    change = AccountChange(
        id="a",
        old=None,
        new=row,
        kinds=(Kind.CREATE,),
        steps=(Step("INSERT", decide(None, row, Known())),),
        dangers=(Danger(DangerKind.LOST, "it is lost"),),
    )
    plan = Plan(changes=(change,))
    assert plan.is_refused
    assert "Dangerous: it is lost" in text.render(plan)
    assert "Dangerous: it is lost" in markdown.render(plan)
    assert json_document.document(plan)["accounts"][0]["dangers"] == [
        {"kind": "row lost", "text": "it is lost", "refused": True}
    ]


def test_words_for_numbers() -> None:
    assert (duration(115), duration(120), duration(125)) == ("115 minutes", "2 hours", "2 hours 5 minutes")
    assert shortened("abcdefghij") == "a, b, c, d, e, f, g, h and 2 more"

"""The shapes of real request folders are judged alike: same findings, right places."""

from pathlib import Path

import pytest
from check_repositories import EXAMPLE, REQUESTS, check, request, sound, write

_BAD = request('control_tower_parameters = {\n  AccountEmail = "A@example.com"\n}\n')
_PLACE = f"{EXAMPLE}:5:20"
_INNER = request().replace('"./modules/', '"../modules/').replace('"aws+example@example.com"', "var.email")


@pytest.mark.parametrize(
    ("text", "place"),
    [
        (_BAD, _PLACE),
        (_BAD.replace("\n", "\r\n"), _PLACE),
        ("\ufeff" + _BAD, _PLACE),
        (_BAD.rstrip("\n"), _PLACE),
        (_BAD.replace("    AccountEmail", "\tAccountEmail"), f"{EXAMPLE}:5:17"),
        (_BAD.replace("AccountEmail =", "AccountEmail/* 日本 */="), f"{EXAMPLE}:5:27"),
        (_BAD.replace("AccountEmail =", '"AccountEmail" ='), f"{EXAMPLE}:5:22"),
        (_BAD.replace('"A@example.com"', "local.email") + 'locals {\n  email = "A@example.com"\n}\n', _PLACE),
        (_BAD.replace('"A@example.com"', '"${local.n}@example.com"') + 'locals {\n  n = "A"\n}\n', _PLACE),
    ],
)
def test_one_request_however_it_is_written(tmp_path: Path, text: str, place: str) -> None:
    repository = sound(tmp_path)
    write(tmp_path, {EXAMPLE: text})
    report = check(repository)
    assert [(finding.rule, str(finding.place)) for finding in report.findings] == [("E003", place)]


def test_a_heredoc_of_json_is_a_custom_field(tmp_path: Path) -> None:
    repository = sound(tmp_path)
    fields = 'custom_fields = {\n  access = <<EOT\n{"version": 1, "grants": {}}\nEOT\n}\n'
    write(tmp_path, {EXAMPLE: request(fields)})
    assert check(repository).findings == ()


def test_a_heredoc_that_is_too_long(tmp_path: Path) -> None:
    repository = sound(tmp_path)
    write(tmp_path, {EXAMPLE: request("custom_fields = {\n  motd = <<EOT\n" + "x" * 4096 + "\nEOT\n}\n")})
    findings = check(repository).findings
    assert [(finding.rule, finding.message) for finding in findings] == [
        ("C002", "motd: the value has 4,097 bytes, SSM's standard tier takes 4,096")
    ]


def test_many_modules_in_a_file(tmp_path: Path) -> None:
    repository = sound(tmp_path)
    fragment = 'control_tower_parameters = {\n  AccountEmail = "%s@example.com"\n  AccountName = "%s"\n}\n'
    blocks = [request(fragment % (f"a{number}", f"a{number}"), f"a{number}") for number in range(141)]
    write(tmp_path, {EXAMPLE: "\n".join(blocks)})
    report = check(repository)
    assert (report.requests, report.files, report.findings) == (141, 1, ())


def test_a_wrapper_with_variables(tmp_path: Path) -> None:
    repository = sound(tmp_path)
    write(
        tmp_path,
        {
            EXAMPLE: 'module "team" {\n  source = "./team"\n  email  = "A@example.com"\n}\n',
            f"{REQUESTS}/team/main.tf": _INNER + 'variable "email" {\n  type = string\n}\n',
        },
    )
    findings = check(repository).findings
    assert [(finding.rule, str(finding.place), finding.address) for finding in findings] == [
        ("E003", f"{REQUESTS}/team/main.tf:5:20", "module.team.module.example")
    ]


@pytest.mark.terraform
@pytest.mark.parametrize("accounts", ["accounts.yaml", "accounts.json"])
def test_accounts_of_a_data_file(tmp_path: Path, accounts: str) -> None:
    repository = sound(tmp_path)
    decode = "yamldecode" if accounts.endswith("yaml") else "jsondecode"
    text = request(
        f'for_each = {decode}(file("${{path.module}}/{accounts}"))\n'
        "control_tower_parameters = {\n  AccountName = each.key\n  AccountEmail = each.value\n}\n"
    )
    write(
        tmp_path,
        {EXAMPLE: text, f"{REQUESTS}/{accounts}": '{"one": "A@example.com", "two": "b@example.com"}\n'},
    )
    report = check(repository, terraform=True)
    assert (report.requests, report.not_evaluated) == (2, 0)
    assert [(finding.rule, finding.address) for finding in report.findings] == [
        ("E003", 'module.example["one"]')
    ]


def test_holding_patterns_and_comments_are_no_requests(tmp_path: Path) -> None:
    repository = sound(tmp_path)
    commented = "".join(f"# {line}\n" for line in _BAD.splitlines())
    write(
        tmp_path,
        {EXAMPLE: commented, f"{REQUESTS}/held.tf-DISABLED": _BAD, f"{REQUESTS}/held.tf.closed": _BAD},
    )
    report = check(repository)
    assert (report.requests, report.findings) == (0, ())


@pytest.mark.parametrize("depth", [300, 3_000])
@pytest.mark.parametrize(("opening", "closing"), [("[", "]"), ("(", ")"), ("{ a = ", "}")])
def test_deep_nesting(tmp_path: Path, opening: str, closing: str, depth: int) -> None:
    repository = sound(tmp_path)
    write(tmp_path, {EXAMPLE: "locals {\n  x = " + opening * depth + "1" + closing * depth + "\n}\n"})
    rules = {finding.rule for finding in check(repository).findings}
    assert rules <= {"F002"}
    assert rules == {"F002"} or depth == 300


def test_a_long_chain_of_locals(tmp_path: Path) -> None:
    repository = sound(tmp_path)
    chain = "".join(f"  a{number} = local.a{number + 1}\n" for number in range(2_000))
    write(
        tmp_path,
        {
            EXAMPLE: f'locals {{\n{chain}  a2000 = "x"\n}}\n'
            + request("account_customizations_name = local.a0\n")
        },
    )
    assert [finding.rule for finding in check(repository).findings] == ["V001"]


def test_a_line_of_half_a_megabyte_has_no_excerpt(tmp_path: Path) -> None:
    repository = sound(tmp_path)
    write(tmp_path, {EXAMPLE: (_BAD.replace("\n", " ") * 1_000)})
    findings = check(repository).findings
    assert {finding.place.excerpt for finding in findings} == {""}
    assert sum(finding.rule == "F002" for finding in findings) == 10

"""What the rules about files, modules and blocks say, and where."""

from pathlib import Path

import pytest
from aftgen.checks.finding import Severity
from aftgen.checks.rules.m003_module_label import is_identifier
from aftgen.repository import Repository
from check_repositories import EXAMPLE, REQUESTS, check, found, request, sound, write


def _all(repository: Repository) -> list[tuple[str, str, str]]:
    return [(finding.rule, str(finding.place), finding.message) for finding in check(repository).findings]


def test_a_sound_repository_has_no_findings(tmp_path: Path) -> None:
    repository = sound(tmp_path)
    write(tmp_path, {EXAMPLE: request()})
    report = check(repository)
    assert (report.findings, report.requests, report.files) == ((), 1, 1)


def test_a_repository_without_requests_has_no_findings(tmp_path: Path) -> None:
    assert check(sound(tmp_path)).findings == ()


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    repository = Repository(root=tmp_path, requests=tmp_path / REQUESTS)
    assert _all(repository) == [("F001", REQUESTS, "there is no such folder; AFT reads requests from it")]


@pytest.mark.parametrize(
    ("content", "message", "place"),
    [
        (b"\xff\xfe\x00", "the file is not UTF-8 text", f"{REQUESTS}/x.tf:1:1"),
        (b"locals {}\n\x00", "the file holds a NUL byte", f"{REQUESTS}/x.tf:2:1"),
        (b"x = 1\n", "the argument 'x' stands outside any block", f"{REQUESTS}/x.tf:1:1"),
        (b'locals {\n  a = "b\n}\n', None, None),
        (b"", None, ""),
        (b"\xef\xbb\xbf# only a mark\r\n", None, ""),
    ],
)
def test_unreadable_text(tmp_path: Path, content: bytes, message: str | None, place: str | None) -> None:
    repository = sound(tmp_path)
    write(tmp_path, {f"{REQUESTS}/x.tf": content})
    findings = found(repository, "F002")
    if message is not None:
        assert findings == [(place, message)]
    elif place == "":
        assert findings == []
    else:
        assert findings


def test_a_file_of_6_megabytes(tmp_path: Path) -> None:
    repository = sound(tmp_path)
    write(tmp_path, {f"{REQUESTS}/x.tf": b"#" * 6_000_000})
    [(rule, place, message)] = _all(repository)
    assert (rule, place, message.split(",")[0]) == ("F001", f"{REQUESTS}/x.tf", "the file has 6 MB")


def test_a_link_that_leads_out_is_not_read(tmp_path: Path) -> None:
    repository = sound(tmp_path / "inside")
    write(tmp_path, {"outside.tf": "SECRET = \n"})
    (tmp_path / "inside" / REQUESTS / "x.tf").symlink_to(tmp_path / "outside.tf")
    findings = check(repository).findings
    assert [finding.rule for finding in findings] == ["F001"]
    assert "SECRET" not in repr(findings)


@pytest.mark.parametrize(
    ("path", "severity"),
    [
        (f"{REQUESTS}/prod/a.tf", Severity.ERROR),
        ("account-requests/a.tf", Severity.ERROR),
        ("a.tf", Severity.ERROR),
        ("account-requests/examples/a.tf", Severity.WARNING),
    ],
)
def test_requests_that_are_never_loaded(tmp_path: Path, path: str, severity: Severity) -> None:
    repository = sound(tmp_path)
    write(tmp_path, {path: request()})
    findings = check(repository).findings
    assert [(finding.rule, finding.place.path, finding.severity) for finding in findings] == [
        ("F003", path, severity)
    ]


def test_a_called_sub_folder_is_loaded(tmp_path: Path) -> None:
    repository = sound(tmp_path)
    inner = request().replace('"./modules/', '"../modules/')
    write(
        tmp_path,
        {
            EXAMPLE: 'module "team" {\n  source = "./team"\n}\n',
            f"{REQUESTS}/team/main.tf": inner + 'variable "x" {}\noutput "y" {\n  value = 1\n}\n',
        },
    )
    report = check(repository)
    assert (report.findings, report.requests) == ((), 1)


@pytest.mark.parametrize(
    "block", ['resource "a" "b" {}', 'data "a" "b" {}', 'provider "aws" {}', "terraform {}"]
)
def test_wrappers_hold_requests_only(tmp_path: Path, block: str) -> None:
    repository = sound(tmp_path)
    inner = request().replace('"./modules/', '"../modules/')
    write(
        tmp_path,
        {
            EXAMPLE: 'module "team" {\n  source = "./team"\n}\n',
            f"{REQUESTS}/team/main.tf": f"{block}\n" + inner,
        },
    )
    kind = block.split(" ")[0]
    message = f"a {kind!r} block would run with rights in every account"
    assert _all(repository) == [("B001", f"{REQUESTS}/team/main.tf:1:1", message)]


@pytest.mark.parametrize(
    ("block", "message"),
    [
        ('resource "a" "b" {\n}', "a 'resource' block would run with rights in every account"),
        ('data "a" "b" {\n}', "a 'data' block would run with rights in every account"),
        ("import {\n}", "an 'import' block would run with rights in every account"),
        ("removed {\n}", "a 'removed' block would run with rights in every account"),
        ('check "x" {\n}', "a 'check' block would run with rights in every account"),
        ('variable "x" {\n}', "a 'variable' block would run with rights in every account"),
        ('output "x" {\n}', "an 'output' block would run with rights in every account"),
        ('provider "aws" {\n}', "a 'provider' block would run with rights in every account"),
        ("terraform {\n}", "a 'terraform' block would run with rights in every account"),
        ("accounts {\n}", "Terraform knows no 'accounts' block"),
        (
            'module "vpc" {\n  source = "terraform-aws-modules/vpc/aws"\n}',
            "the module 'vpc' is not AFT's request module and holds no requests",
        ),
    ],
)
def test_foreign_blocks(tmp_path: Path, block: str, message: str) -> None:
    repository = sound(tmp_path)
    write(tmp_path, {EXAMPLE: f"\n  {block}\n"})
    assert _all(repository) == [("B001", f"{EXAMPLE}:2:3", message)]


@pytest.mark.parametrize(
    ("source", "rule", "message"),
    [
        ('"../../modules"', "M001", "'../../modules' leads out of what AFT clones (account-requests)"),
        (
            '"aws-ia/aft/aws//modules/aft-account-request"',
            "M001",
            "'aws-ia/aft/aws//modules/aft-account-request' is not a module of this repository",
        ),
        (
            '"git::https://x.example/x.git//aft-account-request"',
            "M001",
            "'git::https://x.example/x.git//aft-account-request' is not a module of this repository",
        ),
        (
            '"modules/aft-account-request"',
            "M001",
            "Terraform takes 'modules/aft-account-request' for a registry address: "
            "a local path begins with './'",
        ),
        ("local.x", "M001", "a module source must be plain text: Terraform takes no variables here"),
        (
            '"./modules/aft-account-request.git"',
            "M002",
            "there is no folder account-requests/terraform/modules/aft-account-request.git",
        ),
    ],
)
def test_module_sources(tmp_path: Path, source: str, rule: str, message: str) -> None:
    repository = sound(tmp_path)
    write(tmp_path, {EXAMPLE: request().replace('"./modules/aft-account-request"', source)})
    findings = [entry for entry in _all(repository) if entry[0] in ("M001", "M002")]
    assert findings == [(rule, f"{EXAMPLE}:2:12", message)]


@pytest.mark.parametrize("source", ["./modules/aft-account-request/", ".//modules/aft-account-request"])
def test_sources_that_terraform_takes(tmp_path: Path, source: str) -> None:
    repository = sound(tmp_path)
    write(tmp_path, {EXAMPLE: request().replace("./modules/aft-account-request", source)})
    assert _all(repository) == []


def test_a_version_with_a_local_source(tmp_path: Path) -> None:
    repository = sound(tmp_path)
    write(tmp_path, {EXAMPLE: request('version = "1.0"\n')})
    assert found(repository, "M001") == [
        (f"{EXAMPLE}:18:13", "Terraform refuses a version for a local module")
    ]


@pytest.mark.parametrize(
    ("label", "accepted"),
    [
        ("a-b", True), ("_a", True), ("__x", True), ("A", True), ("alsøk", True), ("日本", True),
        ("a\u0301", True), ("x·y", True), ("Ⅷ", True), ("a‿b", True),
        ("", False), ("a b", False), ("1a", False), ("-a", False), ("a.b", False), ("a/b", False),
        ("²a", False), ("a²", False), ("$x", False), ("a+b", False),
    ],
)  # fmt: skip
def test_labels_as_terraform_1_11_takes_them(label: str, accepted: bool) -> None:
    assert is_identifier(label) is accepted


def test_a_label_is_pointed_at(tmp_path: Path) -> None:
    repository = sound(tmp_path)
    write(tmp_path, {EXAMPLE: request(label="Demo accounts")})
    assert _all(repository) == [
        ("M003", f"{EXAMPLE}:1:8", "Terraform refuses the module label 'Demo accounts'")
    ]


def test_duplicate_locals(tmp_path: Path) -> None:
    repository = sound(tmp_path)
    write(tmp_path, {EXAMPLE: "locals {\n  a = 1\n}\n", f"{REQUESTS}/z.tf": "locals {\n  a = 2\n}\n"})
    assert _all(repository) == [
        ("M004", f"{EXAMPLE}:2:3", f"the local value 'a' is also declared at {REQUESTS}/z.tf:2"),
        ("M004", f"{REQUESTS}/z.tf:2:3", f"the local value 'a' is also declared at {EXAMPLE}:2"),
    ]


def test_rendered_files_are_named_once(tmp_path: Path) -> None:
    repository = sound(tmp_path)
    write(
        tmp_path,
        {
            f"{REQUESTS}/backend.tf": 'terraform {\n  backend "s3" {}\n}\n',
            f"{REQUESTS}/aft-providers.tf": "# rendered by AFT\n",
        },
    )
    assert _all(repository) == [
        ("F006", f"{REQUESTS}/backend.tf", "AFT's pipeline appends the rendered backend.jinja to this file")
    ]


def test_override_files(tmp_path: Path) -> None:
    repository = sound(tmp_path)
    write(
        tmp_path,
        {
            EXAMPLE: request(),
            f"{REQUESTS}/x_override.tf": 'module "example" {\n  account_customizations_name = "x"\n}\n',
        },
    )
    assert ("F004", f"{REQUESTS}/x_override.tf", "Terraform merges this file over the other files") in _all(
        repository
    )


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('data "external" "x" {\n}\n', "AFT's request module has no 'data' block"),
        ('provider "aws" {\n}\n', "AFT's request module has no 'provider' block"),
        (
            'resource "aws_dynamodb_table_item" "other" {\n}\n',
            "AFT's request module has no resource aws_dynamodb_table_item.other",
        ),
        ('output "x" {\n  value = 1\n}\n', None),
        ('variable "more" {\n}\n', None),
    ],
)
def test_the_copy_of_the_request_module(tmp_path: Path, text: str, message: str | None) -> None:
    repository = sound(tmp_path)
    more = f"{REQUESTS}/modules/aft-account-request/more.tf"
    write(tmp_path, {EXAMPLE: request(), more: text})
    assert _all(repository) == ([("M012", f"{more}:1:1", message)] if message else [])


def test_a_module_that_writes_several_rows(tmp_path: Path) -> None:
    repository = sound(tmp_path)
    more = f"{REQUESTS}/modules/aft-account-request/ddb.tf"
    text = 'resource "aws_dynamodb_table_item" "account-request" {\n  for_each = {}\n}\n'
    write(tmp_path, {EXAMPLE: request(), more: text})
    message = "AFT's request module has no 'for_each': one request is one row"
    assert ("M012", f"{more}:1:1", message) in _all(repository)


def test_arguments_of_a_changed_module_are_known(tmp_path: Path) -> None:
    repository = sound(tmp_path)
    more = f"{REQUESTS}/modules/aft-account-request/more.tf"
    write(tmp_path, {EXAMPLE: request("tfe_parameters = {}\n"), more: 'variable "tfe_parameters" {\n}\n'})
    assert _all(repository) == []


@pytest.mark.parametrize(
    "secret",
    [
        "AKIAIOSFODNN7EXAMPLE",
        "ghp_" + "a" * 36,
        "glpat-" + "a" * 20,
        "-----BEGIN RSA PRIVATE KEY-----\\nMIIE",
    ],
)
def test_secrets_are_found_and_never_shown(tmp_path: Path, secret: str) -> None:
    from aftgen.checks.formats import FORMATS

    repository = sound(tmp_path)
    write(tmp_path, {EXAMPLE: request(f'account_tags = {{\n  "a,b" = "{secret}"\n}}\n')})
    report = check(repository)
    assert [finding.rule for finding in report.findings if finding.severity is Severity.WARNING] == ["F009"]
    assert "T002" in {finding.rule for finding in report.findings}
    for write_report in FORMATS.values():
        assert secret[:20] not in write_report(report)


def test_json_requests_are_read(tmp_path: Path) -> None:
    repository = sound(tmp_path)
    text = (
        '{"module": {"a": {"source": "./modules/aft-account-request", "account_tags": {"a": true},'
        ' "control_tower_parameters": {"AccountEmail": "X@example.com"}}}}'
    )
    write(tmp_path, {f"{REQUESTS}/a.tf.json": text})
    rules = {finding.rule for finding in check(repository).findings}
    assert rules == {"F005", "M006", "E003", "T003"}


def test_a_wrong_configuration_file_is_one_finding_each(tmp_path: Path) -> None:
    repository = sound(tmp_path)
    write(
        tmp_path,
        {
            "aftgen.yaml": "version: 1\npolicy:\n  name_patern: x\n  tags: 3\n",
            "global-customizations/organization.yaml": "organizational_units: [\n",
        },
    )
    findings = check(repository).findings
    assert [(finding.rule, str(finding.place)) for finding in findings] == [
        ("G001", "aftgen.yaml:3:16"),
        ("G001", "aftgen.yaml:4:9"),
        ("G001", "global-customizations/organization.yaml:2:1"),
    ]
    assert findings[0].message == "'policy.name_patern' is not known here: did you mean 'name_pattern'?"

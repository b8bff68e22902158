"""What each rule about a request says, where, and what it leaves alone."""

from pathlib import Path

import pytest
from aftgen.checks.finding import Severity
from check_repositories import EXAMPLE, check, found, request, sound, with_access, write


def _one(tmp_path: Path, rule: str, fragment: str) -> list[tuple[str, str]]:
    repository = sound(tmp_path)
    write(tmp_path, {EXAMPLE: request(fragment)})
    return found(repository, rule)


def _control_tower(**values: str) -> str:
    inner = "\n".join(f"  {key} = {value}" for key, value in values.items())
    return f"control_tower_parameters = {{\n{inner}\n}}\n"


def _fields(text: str) -> str:
    return f"custom_fields = {{\n{text}\n}}\n"


def _tags(text: str) -> str:
    return f"account_tags = {{\n{text}\n}}\n"


_AT = f"{EXAMPLE}:5:20"


@pytest.mark.parametrize(
    ("email", "messages"),
    [
        ("a@b.c", ["the email has 5 characters, Organizations allows 6 to 64"]),
        ("a" * 53 + "@example.com", ["the email has 65 characters, Organizations allows 6 to 64"]),
        ("a" * 52 + "@example.com", []),
        ("jörg@example.com", ["the email holds characters outside ASCII"]),
        ("no-at-sign", ["an email has exactly one '@'"]),
        ("x@localhost", ["the part after '@' is not a domain name such as example.com"]),
        ("", ["the email has 0 characters, Organizations allows 6 to 64", "an email has exactly one '@'"]),
        ("aws+payments-prod@example.com", []),
    ],
)
def test_email_form(tmp_path: Path, email: str, messages: list[str]) -> None:
    findings = _one(tmp_path, "E002", _control_tower(AccountEmail=f'"{email}"'))
    assert sorted(findings) == sorted((_AT, message) for message in messages)


def test_upper_case_email_names_what_to_write(tmp_path: Path) -> None:
    repository = sound(tmp_path)
    write(tmp_path, {EXAMPLE: request(_control_tower(AccountEmail='"Ana@Example.com"'))})
    findings = [finding for finding in check(repository).findings if finding.rule == "E003"]
    assert [(finding.message, finding.hint) for finding in findings] == [
        ("AFT looks 'Ana@Example.com' up exactly, capital letters included", "write 'ana@example.com'")
    ]


@pytest.mark.parametrize(
    ("name", "messages"),
    [
        ("a" * 51, ["the account name has 51 characters, Organizations allows 50"]),
        ("a" * 50, []),
        (" a", ["the account name begins or ends with a space"]),
        ("", ["the account name is empty"]),
        ("a b.c_d-e", []),
    ],
)
def test_name_form(tmp_path: Path, name: str, messages: list[str]) -> None:
    findings = _one(tmp_path, "N001", _control_tower(AccountName=f'"{name}"'))
    assert [message for _, message in findings] == messages


def test_duplicate_emails_name_every_owner_with_its_place(tmp_path: Path) -> None:
    repository = sound(tmp_path)
    files = {
        f"account-requests/terraform/{name}.tf": request(
            _control_tower(AccountEmail=f'"{email}"', AccountName=f'"{name}"'), label=name
        )
        for name, email in (("a", "X@example.com"), ("b", "x@example.com"), ("c", "x@EXAMPLE.com"))
    }
    write(tmp_path, files)
    top = "account-requests/terraform"
    assert found(repository, "E001") == [
        (
            f"{top}/a.tf:5:20",
            f"'X@example.com' is also the email of module.b ({top}/b.tf:5), module.c ({top}/c.tf:5)",
        ),
        (
            f"{top}/b.tf:5:20",
            f"'x@example.com' is also the email of module.a ({top}/a.tf:5), module.c ({top}/c.tf:5)",
        ),
        (
            f"{top}/c.tf:5:20",
            f"'x@EXAMPLE.com' is also the email of module.a ({top}/a.tf:5), module.b ({top}/b.tf:5)",
        ),
    ]


def test_a_hundred_copies_name_five_owners(tmp_path: Path) -> None:
    repository = sound(tmp_path)
    text = "".join(request(label=f"m{number}") for number in range(100))
    write(tmp_path, {EXAMPLE: text})
    findings = found(repository, "E001")
    assert len(findings) == 100
    assert findings[0][1].count("module.") == 5
    assert findings[0][1].endswith(" and 94 more")


def test_names_that_become_one_product(tmp_path: Path) -> None:
    repository = sound(tmp_path)
    both = request(_control_tower(AccountName='"a b"'), "one") + request(
        _control_tower(AccountName='"a-b"'), "two"
    )
    write(tmp_path, {EXAMPLE: both})
    assert found(repository, "N003")[0] == (
        f"{EXAMPLE}:6:19",
        f"'a b' and 'a-b' both become the product 'a-b': module.two ({EXAMPLE}:24)",
    )
    assert found(repository, "N002") == []


def test_names_that_differ_by_case_are_a_warning(tmp_path: Path) -> None:
    repository = sound(tmp_path)
    both = request(_control_tower(AccountName='"pay"'), "one") + request(
        _control_tower(AccountName='"Pay"'), "two"
    )
    write(tmp_path, {EXAMPLE: both})
    findings = [finding for finding in check(repository).findings if finding.rule.startswith("N")]
    assert [(finding.rule, finding.severity) for finding in findings] == [("N004", Severity.WARNING)] * 2


@pytest.mark.parametrize(
    ("ou", "rule", "message"),
    [
        ("ou-ab12-wlprod01", "O001", "a bare OU id is taken for an OU's name: write 'Name (ou-…)'"),
        (
            "Prod(ou-ab12-wlprod01)",
            "O001",
            "AFT wants one space before '(ou-…)' and nothing after it; this is taken for a plain name",
        ),
        (
            "Workloads/Prod",
            "O001",
            "AFT does not take OU paths: write the last name with its id, 'Name (ou-…)'",
        ),
        ("", "O001", "the organizational unit is empty"),
        ("Prod (ou-ab12)", "O001", "'ou-ab12' is not an OU id (ou-xxxx-xxxxxxxx)"),
        ("Sandbx", "O002", "organization.yaml has no OU 'Sandbx'"),
        ("Prod (ou-ab12-other001)", "O002", "organization.yaml has no OU with the id ou-ab12-other001"),
        ("Prod", "O003", "'Prod' is a nested OU (Workloads/Prod): AFT finds it with its id only"),
        ("Dev (ou-ab12-wlprod01)", "O004", "ou-ab12-wlprod01 is the OU 'Workloads/Prod', not 'Dev'"),
        ("Root", "O006", "only the management account's own request says 'Root'"),
    ],
)
def test_organizational_units(tmp_path: Path, ou: str, rule: str, message: str) -> None:
    repository = sound(tmp_path)
    write(tmp_path, {EXAMPLE: request(_control_tower(ManagedOrganizationalUnit=f'"{ou}"'))})
    findings = check(repository).findings
    assert [(finding.rule, finding.message) for finding in findings] == [(rule, message)]


@pytest.mark.parametrize(
    ("ou", "hint"),
    [
        ("ou-ab12-wlprod01", "write 'Prod (ou-ab12-wlprod01)'"),
        ("Workloads/Prod", "write 'Prod (ou-ab12-wlprod01)'"),
        ("Sandbx", "did you mean 'Sandbox'?"),
        ("Prod (ou-ab12-other001)", "write 'Prod (ou-ab12-wlprod01)'"),
        ("Prod", "write 'Prod (ou-ab12-wlprod01)'"),
    ],
)
def test_organizational_units_say_what_to_write(tmp_path: Path, ou: str, hint: str) -> None:
    repository = sound(tmp_path)
    write(tmp_path, {EXAMPLE: request(_control_tower(ManagedOrganizationalUnit=f'"{ou}"'))})
    assert [finding.hint for finding in check(repository).findings] == [hint]


def test_without_a_registry_only_the_form_is_judged(tmp_path: Path) -> None:
    repository = sound(tmp_path)
    (tmp_path / "global-customizations/organization.yaml").unlink()
    write(tmp_path, {EXAMPLE: request(_control_tower(ManagedOrganizationalUnit='"Anything"'))})
    assert check(repository).findings == ()


@pytest.mark.parametrize(
    ("tags", "rule", "places"),
    [
        (
            '  a = "x,y"',
            "T002",
            [(f"{EXAMPLE}:19:9", "a: the tag value holds ',': letters, digits, spaces and ")],
        ),
        (
            '  "aws:x" = "y"',
            "T002",
            [(f"{EXAMPLE}:19:5", "aws:x: tag keys that begin with 'aws:' belong to AWS")],
        ),
        ("  a = true", "T003", [(f"{EXAMPLE}:19:9", "the tag 'a' is the bool true, not text")]),
        ("  a = null", "T003", [(f"{EXAMPLE}:19:9", "the tag 'a' is null, not text")]),
        ("  a = 1\n  b = 2", "T003", [(f"{EXAMPLE}:19:9", "the tag 'a' is the number 1, not text")]),
        ('  a = 1\n  b = "x"', "T003", []),
        ('  a = ["x"]', "T003", [(f"{EXAMPLE}:19:9", "the tag 'a' is a list, not text")]),
        ('  a = ""', "T002", []),
        ('  "é ü" = "日本"', "T002", []),
    ],
)
def test_tags(tmp_path: Path, tags: str, rule: str, places: list[tuple[str, str]]) -> None:
    findings = _one(tmp_path, rule, _tags(tags))
    assert [place for place, _ in findings[: len(places)]] == [
        place.replace(":19:9", f":{_line(tmp_path, tags)}:{_column(tags)}").replace(
            ":19:5", f":{_line(tmp_path, tags)}:3"
        )
        for place, _ in places
    ]
    assert bool(findings) == bool(places)
    for (_, message), (_, expected) in zip(findings, places, strict=False):
        assert message.startswith(expected)


def _line(tmp_path: Path, fragment: str) -> int:
    first = fragment.split("\n")[0].strip()
    lines = (tmp_path / EXAMPLE).read_text(encoding="utf-8").split("\n")
    return next(number for number, line in enumerate(lines, 1) if line.strip() == first)


def _column(fragment: str) -> int:
    return fragment.split("\n")[0].index(" = ") + 4


def test_fifty_one_tags(tmp_path: Path) -> None:
    text = "\n".join(f'  t{number} = "x"' for number in range(51))
    findings = _one(tmp_path, "T001", _tags(text))
    assert [message for _, message in findings] == ["an account has at most 50 tags, this request has 51"]


@pytest.mark.parametrize(
    ("fields", "rule", "message"),
    [
        ('  "a b" = "x"', "C001", "a b: a custom field's name may hold only letters, digits and _ . - /"),
        ('  "" = "x"', "C001", "a custom field has no name"),
        ('  a = ""', "C002", "a: SSM refuses an empty value: leave the custom field out"),
        (
            '  a = "x {{ y"',
            "C002",
            "a: SSM refuses a value that holds '{{' (it reads it as a parameter reference)",
        ),
        (f'  a = "{"é" * 2049}"', "C002", "a: the value has 4,098 bytes, SSM's standard tier takes 4,096"),
        ("  a = { b = 1 }", "C003", "the custom field 'a' is an object, not text"),
        ("  a = null", "C003", "the custom field 'a' is null, not text"),
    ],
)
def test_custom_fields(tmp_path: Path, fields: str, rule: str, message: str) -> None:
    assert [text for _, text in _one(tmp_path, rule, _fields(fields))] == [message]


def test_a_value_of_4096_bytes_fits(tmp_path: Path) -> None:
    assert _one(tmp_path, "C002", _fields(f'  a = "{"é" * 2048}"')) == []


@pytest.mark.parametrize(
    ("fragment", "rule", "message"),
    [
        ("account_tags = null\n", "M008", "account_tags is null"),
        ("account_customizations_name = null\n", "M008", "account_customizations_name is null"),
        (_control_tower(AccountName="null"), "M008", "AccountName is null"),
        ("account_tags = []\n", "M009", "account_tags must be an object in { }, not a list"),
        ('custom_fields = "x"\n', "M009", "custom_fields must be an object in { }, not text"),
        (
            'account_customizations_name = ["x"]\n',
            "M009",
            "account_customizations_name must be text, not a list",
        ),
        (_control_tower(AccountName='["x"]'), "M009", "AccountName must be text, not a list"),
        (
            _fields('  a = ["x"]\n  b = "y"'),
            "M009",
            "custom_fields mixes text with a list, but 'all map elements must have the same type'",
        ),
        ("account_tag = {}\n", "M005", "the request module has no argument 'account_tag'"),
        (_control_tower(AccountOwner='"x"'), "M007", "control_tower_parameters has no key 'AccountOwner': "),
        ('account-request-table-hash = "key"\n', "M010", "AFT's account-request-table-hash is 'id'"),
        (_tags('  a = 007\n  b = "x"'), "M011", "Terraform reads 007 as 7"),
        (_tags('  a = 1e3\n  b = "x"'), "M011", "Terraform reads 1e3 as 1000"),
        (_tags('  a = 42\n  b = "x"'), "M011", ""),
    ],
)
def test_arguments(tmp_path: Path, fragment: str, rule: str, message: str) -> None:
    findings = _one(tmp_path, rule, fragment)
    assert len(findings) == bool(message)
    for _, text in findings:
        assert text.startswith(message)


def test_missing_keys_are_named_together(tmp_path: Path) -> None:
    repository = sound(tmp_path)
    text = request().replace('    AccountName = "example"\n', "").replace("SSOUserLastName", "SSOUserLastNam")
    write(tmp_path, {EXAMPLE: text})
    findings = [finding for finding in check(repository).findings if finding.rule == "M006"]
    assert [(finding.message, finding.hint) for finding in findings] == [
        ("control_tower_parameters has no AccountName, SSOUserLastName", "is 'SSOUserLastNam' a typing slip?")
    ]


@pytest.mark.parametrize("argument", ["control_tower_parameters", "change_management_parameters"])
def test_missing_arguments(tmp_path: Path, argument: str) -> None:
    repository = sound(tmp_path)
    write(tmp_path, {EXAMPLE: request().replace(argument, "other")})
    assert found(repository, "M006") == [(f"{EXAMPLE}:1:1", f"the request has no {argument}")]


def test_blocks_in_a_request(tmp_path: Path) -> None:
    repository = sound(tmp_path)
    write(tmp_path, {EXAMPLE: request().rstrip("}\n") + "}\n  account_tags {\n  }\n}\n"})
    findings = [finding for finding in check(repository).findings if finding.rule == "M005"]
    assert [(finding.message, finding.hint) for finding in findings] == [
        ("a module block holds no 'account_tags' block", "write account_tags = { … }")
    ]


@pytest.mark.parametrize(
    ("name", "rule", "message"),
    [
        ("nope", "K001", "there is no folder account-customizations/nope"),
        ("WORKLOAD", "K002", "the folder is account-customizations/workload"),
        (
            "a b",
            "K004",
            "a customization's name may hold only letters, digits and _ . - / (AFT uses it unquoted)",
        ),
        (
            "../x",
            "K004",
            "a customization's name is a folder below account-customizations/, without '.' or '..'",
        ),
        ("workload/api_helpers", "K003", "this file is missing, and one request uses the customization"),
    ],
)
def test_customizations(tmp_path: Path, name: str, rule: str, message: str) -> None:
    repository = sound(tmp_path)
    write(tmp_path, {EXAMPLE: request(f'account_customizations_name = "{name}"\n')})
    findings = check(repository).findings
    assert {(finding.rule, finding.message) for finding in findings} == {(rule, message)}


def test_a_plain_request_repository_has_no_customizations_to_judge(tmp_path: Path) -> None:
    repository = sound(tmp_path)
    write(tmp_path, {EXAMPLE: request('account_customizations_name = "elsewhere"\n')})
    for path in sorted((tmp_path / "account-customizations").rglob("*"), reverse=True):
        path.rmdir() if path.is_dir() else path.unlink()
    (tmp_path / "account-customizations").rmdir()
    assert check(repository).findings == ()


@pytest.mark.parametrize(
    ("declaration", "rule", "message"),
    [
        (
            "version = 2, grants = {}",
            "A001",
            "access: version 2 is unknown; this release reads 1 and changes nothing",
        ),
        (
            "version = 1",
            "A001",
            "access: grants is missing; write grants = {} for an account with none of its own",
        ),
        ('version = 1, grants = { Nope = ["group:auditors"] }', "A002", "there is no permission set 'Nope'"),
        (
            'version = 1, grants = { AdministratorAccess = ["group:auditors"] }',
            "A003",
            "group:auditors may not hold AdministratorAccess in Sandbox: restrictions of access.yaml allow "
            "group:break-glass, group:platform-admins there",
        ),
        (
            'version = 1, grants = { ReadOnlyAccess = ["group:auditor"] }',
            "A005",
            "no file of identity-center/ names 'group:auditor'",
        ),
    ],
)
def test_access(tmp_path: Path, declaration: str, rule: str, message: str) -> None:
    repository = sound(tmp_path)
    with_access(tmp_path)
    write(tmp_path, {EXAMPLE: request(_fields(f"  access = jsonencode({{ {declaration} }})"))})
    assert [(finding.rule, finding.message) for finding in check(repository).findings] == [(rule, message)]


def test_access_that_is_not_json(tmp_path: Path) -> None:
    findings = _one(tmp_path, "A001", _fields('  access = "yes"'))
    assert [message for _, message in findings] == ["access: not JSON: Expecting value at line 1 column 1"]


def test_a_request_too_large_for_the_state_machine(tmp_path: Path) -> None:
    fields = "\n".join(f'  f{number} = "{"x" * 4000}"' for number in range(64))
    findings = _one(tmp_path, "L001", _fields(fields))
    assert [place for place, _ in findings] == [f"{EXAMPLE}:1:1"]
    assert findings[0][1].endswith("bytes, Step Functions takes 262,144")


def test_a_request_too_large_for_the_table(tmp_path: Path) -> None:
    fields = "\n".join(f'  f{number} = "{"x" * 4000}"' for number in range(110))
    findings = _one(tmp_path, "L001", _fields(fields))
    assert findings[0][1].endswith("bytes, a DynamoDB item at most 409,600")

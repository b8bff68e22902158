"""The account-request module: AFT's item, and the values that it refuses.

The expected items are written out here, independently of the module, from AFT's contract. Every bad value
sits in a file of its own in one folder, so one `terraform plan` shows for each file the messages that it
alone earned; every good value sits at the very edge of what is allowed.
"""

import json
import re
from pathlib import Path
from typing import Any

import hcl2
import pytest
from terraform.stand_in import REQUEST_MODULE, diagnose, evaluate, needs_terraform

pytestmark = [pytest.mark.terraform, needs_terraform]

CONTROL_TOWER = {
    "AccountEmail": "Aws+Payments@Example.com",
    "AccountName": "payments prod",
    "ManagedOrganizationalUnit": "Prod (ou-ab12-wlprod01)",
    "SSOUserEmail": "owner@example.com",
    "SSOUserFirstName": "Zoë",
    "SSOUserLastName": 'O\'Brien "the <boss>" & co',
}
CHANGE = {"change_requested_by": "Zoë", "change_reason": "line one\nline two ${not} %{a} template\t\\"}


def quoted(value: Any) -> str:
    """A value as HCL: JSON is HCL, but for the two template marks."""
    return json.dumps(value, ensure_ascii=False).replace("${", "$${").replace("%{", "%%{")


def request(**arguments: str) -> str:
    """A request whose arguments are HCL expressions; the required ones have good values."""
    given = {
        "control_tower_parameters": quoted(CONTROL_TOWER),
        "change_management_parameters": quoted(CHANGE),
    } | arguments
    lines = [f"  {name} = {expression}" for name, expression in given.items()]
    return "\n".join(['module "NAME" {', '  source = "./modules/aft-account-request"', *lines, "}", ""])


def write(folder: Path, requests: dict[str, str]) -> Path:
    for name, text in requests.items():
        (folder / f"{name}.tf").write_text(text.replace("NAME", name), "utf-8")
    return folder


def attribute(value: str) -> dict[str, str]:
    return {"S": value}


def expected_item(**changed: Any) -> dict[str, Any]:
    """AFT's item, in DynamoDB's own JSON; tags and custom fields are JSON inside a string."""
    return {
        "id": attribute("Aws+Payments@Example.com"),
        "control_tower_parameters": {"M": {name: attribute(value) for name, value in CONTROL_TOWER.items()}},
        "change_management_parameters": {"M": {name: attribute(value) for name, value in CHANGE.items()}},
        "account_tags": attribute("{}"),
        "account_customizations_name": attribute(""),
        "custom_fields": attribute("{}"),
    } | changed


class TestItem:
    """What AFT will find in its table."""

    def test_every_field(self, tmp_path: Path) -> None:
        access = json.dumps({"version": 1, "grants": {"ReadOnlyAccess": ["group:auditors"]}})
        requests = {
            "plain": request(),
            "full": request(
                account_tags=quoted({"Owner": "zoë@example.com", "CostCenter": "0042", "Empty": ""}),
                custom_fields=quoted({"access": access, "a/b.c-d_E": "<&>"}),
                account_customizations_name='"account-customizations/sandbox"',
            ),
            "mixed": request(
                account_tags='{ a = "x", b = 1, c = true }', custom_fields='{ z = "x", y = 007 }'
            ),
            "spread": request(custom_fields='{ nested = jsonencode({ list = [1, "two", null] }) }'),
        }
        items = evaluate(write(tmp_path, requests))
        assert items == {
            "module.plain": expected_item(),
            "module.full": expected_item(
                account_tags=attribute('{"CostCenter":"0042","Empty":"","Owner":"zoë@example.com"}'),
                custom_fields=attribute(
                    r'{"a/b.c-d_E":"\u003c\u0026\u003e",'
                    r'"access":"{\"version\": 1, \"grants\": {\"ReadOnlyAccess\": [\"group:auditors\"]}}"}'
                ),
                account_customizations_name=attribute("account-customizations/sandbox"),
            ),
            # map(any) makes texts of everything once one value is a text; AFT takes these.
            "module.mixed": expected_item(
                account_tags=attribute('{"a":"x","b":"1","c":"true"}'),
                custom_fields=attribute('{"y":"7","z":"x"}'),
            ),
            "module.spread": expected_item(
                custom_fields=attribute(r'{"nested":"{\"list\":[1,\"two\",null]}"}')
            ),
        }

    def test_a_call_for_each_of_many(self, tmp_path: Path) -> None:
        text = request().replace("{\n", '{\n  for_each = toset(["x", "y"])\n', 1)
        assert set(evaluate(write(tmp_path, {"many": text}))) == {'module.many["x"]', 'module.many["y"]'}

    def test_what_aft_renders_is_not_a_request(self, tmp_path: Path) -> None:
        write(tmp_path, {"one": request()})
        (tmp_path / "backend.tf").write_text('terraform {\n  backend "s3" {}\n}\n', "utf-8")
        assert list(evaluate(tmp_path)) == ["module.one"]


class TestInterface:
    """AFT's own interface, without which live requests would change or be re-created."""

    def test_resource_table_and_key(self) -> None:
        (resource,) = hcl2.loads((REQUEST_MODULE / "ddb.tf").read_text("utf-8"))["resource"]
        ((kind, named),) = _unquoted(resource).items()
        ((name, body),) = _unquoted(named).items()
        assert (kind, name) == ("aws_dynamodb_table_item", "account-request")
        assert body["table_name"] == "${var.account-request-table}"
        assert body["hash_key"] == "${var.account-request-table-hash}"

    def test_variables(self) -> None:
        variables: dict[str, Any] = {}
        for block in hcl2.loads((REQUEST_MODULE / "variables.tf").read_text("utf-8"))["variable"]:
            variables |= _unquoted(block)
        assert {name: variable.get("default") for name, variable in variables.items()} == {
            "account-request-table": '"aft-request"',
            "account-request-table-hash": '"id"',
            "control_tower_parameters": None,
            "change_management_parameters": None,
            "account_tags": {},
            "custom_fields": {},
            "account_customizations_name": '""',
        }
        types = {name: re.sub(r"\s+", " ", variable["type"]) for name, variable in variables.items()}
        assert {name: kind for name, kind in types.items() if "object" not in kind} == {
            "account-request-table": "string",
            "account-request-table-hash": "string",
            "account_tags": "${map(any)}",
            "custom_fields": "${map(any)}",
            "account_customizations_name": "string",
        }
        for name, attributes in (
            ("control_tower_parameters", CONTROL_TOWER),
            ("change_management_parameters", CHANGE),
        ):
            assert set(re.findall(r"\w+(?=\"?\s*[:=])", types[name])) == set(attributes)
            assert types[name].count("string") == len(attributes)
            assert "optional" not in types[name]
        assert all(
            "nullable" not in variable and "ephemeral" not in variable for variable in variables.values()
        )

    def test_versions(self) -> None:
        (block,) = hcl2.loads((REQUEST_MODULE / "versions.tf").read_text("utf-8"))["terraform"]
        assert block["required_version"] == '">= 1.6.1, < 2.0.0"'
        (providers,) = block["required_providers"]
        assert providers["aws"] == {"source": '"hashicorp/aws"', "version": '">= 6.0.0, < 7.0.0"'}


def _unquoted(block: dict[str, Any]) -> dict[str, Any]:
    return {name.strip('"'): value for name, value in block.items()}


def _without(parameters: dict[str, str], name: str) -> str:
    return quoted(parameters | {name: None})


NOT_A_STRING = 'account_tags: write every value as a text in quotes, such as "42" or "true"; not a text: '
NOT_A_STRING_FIELD = (
    "custom_fields: write every value as a text in quotes, and wrap a list or an object in jsonencode(); "
    "not a text: "
)
CONTROL_TOWER_NULL = "control_tower_parameters: write a text for each of the six attributes; null: "
CHANGE_NULL = "change_management_parameters: write a text for both attributes; null: "
TAG_KEY_LENGTH = "account_tags: a key has 1 to 128 characters; change: "
TAG_CHARACTERS = (
    "account_tags: keys and values hold letters, digits, spaces and _ . : / = + - @ only; change: "
)
FIELD_KEY = "custom_fields: a key holds letters, digits and _ . - / only, 1 to 976 of them; rename: "
FIELD_EMPTY = "custom_fields: SSM stores no empty text, leave the field out; empty: "
FIELD_LONG = "custom_fields: a value has at most 4096 bytes; shorten, or spread over several fields: "
FIELD_BRACES = (
    "custom_fields: SSM refuses a value with a part in double braces, write the placeholder in another way: "
)
NAME_BLANK = "account_customizations_name must not hold blanks: rename the folder and write its new name."

#: Case -> (the argument, its HCL, everything that Terraform says about it).
BAD: dict[str, tuple[str, str, list[str]]] = {
    "parameters_null": ("control_tower_parameters", "null", [CONTROL_TOWER_NULL + "all of it."]),
    **{
        f"{name}_null": (
            "control_tower_parameters",
            _without(CONTROL_TOWER, name),
            [f"{CONTROL_TOWER_NULL}{name}."],
        )
        for name in CONTROL_TOWER
    },
    "change_null": ("change_management_parameters", "null", [CHANGE_NULL + "all of it."]),
    **{
        f"{name}_null": ("change_management_parameters", _without(CHANGE, name), [f"{CHANGE_NULL}{name}."])
        for name in CHANGE
    },
    "tags_null": ("account_tags", "null", ["account_tags must not be null: leave it out, or write {}."]),
    "tags_numbers": ("account_tags", "{ a = 1, b = 2 }", [NOT_A_STRING + "a, b."]),
    "tags_bool": ("account_tags", "{ a = true }", [NOT_A_STRING + "a."]),
    "tags_list": ("account_tags", '{ a = ["x"] }', [NOT_A_STRING + "a."]),
    "tags_object": ("account_tags", '{ a = { k = "x" } }', [NOT_A_STRING + "a."]),
    "tags_only_null": ("account_tags", "{ a = null }", [NOT_A_STRING + "a."]),
    "tags_one_null": ("account_tags", '{ a = null, b = "x" }', [NOT_A_STRING + "a."]),
    "tag_key_empty": ("account_tags", '{ "" = "x" }', [TAG_KEY_LENGTH + '"".']),
    "tag_key_long": ("account_tags", quoted({"k" * 129: "x"}), [f'{TAG_KEY_LENGTH}"{"k" * 129}".']),
    "tag_key_hash": ("account_tags", '{ "a#b" = "x", ok = "x" }', [TAG_CHARACTERS + "a#b."]),
    "tag_value_comma": ("account_tags", '{ a = "x,y", ok = "x" }', [TAG_CHARACTERS + "a."]),
    "tag_value_newline": ("account_tags", r'{ a = "x\n" }', [TAG_CHARACTERS + "a."]),
    "tag_value_tab": ("account_tags", r'{ a = "x\ty" }', [TAG_CHARACTERS + "a."]),
    "tag_value_emoji": ("account_tags", '{ a = "🎉" }', [TAG_CHARACTERS + "a."]),
    "tag_aws": (
        "account_tags",
        '{ "aws:x" = "y" }',
        ['account_tags: a key must not begin with "aws:"; rename: aws:x.'],
    ),
    "tag_value_long": (
        "account_tags",
        quoted({"a": "x" * 257}),
        ["account_tags: a value has at most 256 characters; shorten: a."],
    ),
    "tags_many": (
        "account_tags",
        quoted({f"k{number}": "x" for number in range(51)}),
        ["account_tags: an account takes at most 50 tags; remove 1."],
    ),
    "fields_null": ("custom_fields", "null", ["custom_fields must not be null: leave it out, or write {}."]),
    "fields_numbers": ("custom_fields", "{ a = 1, b = 2 }", [NOT_A_STRING_FIELD + "a, b."]),
    "fields_bool": ("custom_fields", "{ a = false }", [NOT_A_STRING_FIELD + "a."]),
    "fields_list": ("custom_fields", '{ a = ["x"] }', [NOT_A_STRING_FIELD + "a."]),
    "fields_object": ("custom_fields", '{ a = { k = "x" } }', [NOT_A_STRING_FIELD + "a."]),
    "fields_one_null": ("custom_fields", '{ a = null, b = "x" }', [NOT_A_STRING_FIELD + "a."]),
    "field_key_empty": ("custom_fields", '{ "" = "x" }', [FIELD_KEY + '"".']),
    "field_key_blank": ("custom_fields", '{ "a b" = "x" }', [FIELD_KEY + '"a b".']),
    "field_key_umlaut": ("custom_fields", '{ "ä" = "x" }', [FIELD_KEY + '"ä".']),
    "field_key_colon": ("custom_fields", '{ "a:b" = "x" }', [FIELD_KEY + '"a:b".']),
    "field_key_long": ("custom_fields", quoted({"k" * 977: "x"}), [f'{FIELD_KEY}"{"k" * 977}".']),
    "field_empty": ("custom_fields", '{ a = "", b = "x" }', [FIELD_EMPTY + "a."]),
    "field_long": ("custom_fields", quoted({"a": "x" * 4097, "b": "x"}), [FIELD_LONG + "a."]),
    "field_long_in_bytes": ("custom_fields", quoted({"a": "é" * 2049}), [FIELD_LONG + "a."]),
    "field_long_in_one_grapheme": (
        "custom_fields",
        quoted({"a": "e" + "\u0323" * 2048}),
        [FIELD_LONG + "a."],
    ),
    "field_braces": ("custom_fields", '{ a = "x {{name}} y", b = "x" }', [FIELD_BRACES + "a."]),
    "field_braces_ssm": ("custom_fields", '{ a = "{{ssm:other}}" }', [FIELD_BRACES + "a."]),
    "name_null": (
        "account_customizations_name",
        "null",
        ['account_customizations_name must not be null: leave it out, or write "" for no customization.'],
    ),
    "name_blank": ("account_customizations_name", '"sand box"', [NAME_BLANK]),
    "name_blank_at_the_end": ("account_customizations_name", '"sandbox "', [NAME_BLANK]),
    "name_newline": ("account_customizations_name", r'"sandbox\n"', [NAME_BLANK]),
}

#: At the edge of what passes, and what must pass although it looks odd: an adopted account's name and OU are
#: never checked by AFT, and what may pass somewhere must not stop every other request.
GOOD: dict[str, dict[str, str]] = {
    "tags_at_the_limits": {
        "account_tags": quoted(
            {f"k{number}": "x" for number in range(48)} | {"k" * 128: "v" * 256, "ä-Ω 漢_.:/=+-@1": ""}
        )
    },
    "tag_of_graphemes": {"account_tags": quoted({"a": "é" * 256})},
    "tag_like_aws": {"account_tags": '{ "AWS:x" = "aws:y", "awsome" = "x" }'},
    "tags_empty": {"account_tags": "{}", "custom_fields": "{}"},
    "tags_mixed": {"account_tags": '{ a = "x", b = 1, c = true }'},
    "field_at_the_limit": {"custom_fields": quoted({"a": "x" * 4096, "k" * 976: "x"})},
    "field_at_the_limit_less_one": {"custom_fields": quoted({"a": "x" * 4095, "b": "x" * 4094})},
    "field_at_the_limit_in_bytes": {"custom_fields": quoted({"a": "é" * 2048})},
    "field_single_braces": {"custom_fields": quoted({"a": '{"a":{"b":{}}}', "b": "}} {{", "c": "{ {x} }"})},
    "field_key_trailing_blank": {"custom_fields": '{ "a " = "x" }'},
    "field_blank": {"custom_fields": '{ a = " " }'},
    "name_nested": {"account_customizations_name": '"account-customizations/sand_box.v2-x"'},
    "name_empty": {"account_customizations_name": '""'},
    "adopted": {
        "control_tower_parameters": quoted(
            CONTROL_TOWER
            | {
                "AccountEmail": "UPPER.CASE@EXAMPLE.COM",
                "AccountName": "Müller & Söhne (old) #1 " + "x" * 60,
                "ManagedOrganizationalUnit": "Nobody/Knows",
                "SSOUserEmail": "",
                "SSOUserFirstName": "",
            }
        )
    },
    "nothing_said": {"change_management_parameters": quoted(dict.fromkeys(CHANGE, ""))},
}


@pytest.fixture(scope="module")
def refusals(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[str]]:
    folder = tmp_path_factory.mktemp("bad")
    cases = {name: request(**{argument: value}) for name, (argument, value, _) in BAD.items()}
    return diagnose(write(folder, cases))


@pytest.mark.parametrize("case", BAD)
def test_refused(case: str, refusals: dict[str, list[str]]) -> None:
    assert refusals.get(f"{case}.tf") == sorted(BAD[case][2])


def test_nothing_else_refused(refusals: dict[str, list[str]]) -> None:
    assert set(refusals) == {f"{case}.tf" for case in BAD}


def test_good_values_pass(tmp_path: Path) -> None:
    cases = {name: request(**arguments) for name, arguments in GOOD.items()}
    folder = write(tmp_path, cases)
    assert diagnose(folder) == {}
    assert set(evaluate(folder)) == {f"module.{name}" for name in GOOD}


def test_sensitive_values_pass(tmp_path: Path) -> None:
    """The lists in the messages must not trip over a value that Terraform will not print."""
    cases = {"secret": request(account_tags='{ a = sensitive("x") }', custom_fields='{ a = sensitive("x") }')}
    assert diagnose(write(tmp_path, cases)) == {}


def test_every_validation_is_tried() -> None:
    """A message for each validation block: none is without a bad value above."""
    blocks = (REQUEST_MODULE / "variables.tf").read_text("utf-8")
    openings = re.findall(r'error_message = "((?:[^"\\$]|\\.)*)', blocks)
    assert len(openings) == blocks.count("  validation {") == 17
    said = {message for _, _, messages in BAD.values() for message in messages}
    for opening in openings:
        text = opening.replace('\\"', '"')
        assert any(message.startswith(text) for message in said), text

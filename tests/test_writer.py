"""A request as a file: the exact text, the read-back that guards it, and attempts to break out of it."""

import os
import stat
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from aft_access.contract import AccessDeclaration, Grant
from aftgen import readback, writer
from aftgen.hcl.nodes import Source
from aftgen.hcl.syntax import parse
from aftgen.request import AccountRequest
from hypothesis import given, settings
from meaning.legal_texts import requests

PLAIN = AccountRequest(
    name="payments prod",
    email="aws+payments-prod@example.com",
    ou="Prod (ou-ab12-wlprod01)",
    sso_email="ops@example.com",
    sso_first_name="Ops",
    sso_last_name='O"Team',
    requested_by="Ada",
    reason="line 1\nline 2",
    tags={"environment": "prod", "cost-center": "007"},
    custom_fields={"note": "${x}", "budget": "1"},
    access=AccessDeclaration(
        grants=(Grant.parse("ReadOnlyAccess:group:auditors"), Grant.parse("Admin:user:oncall@example.com"))
    ),
    customization="workload",
)

TEXT = r"""
# An account request for AFT, written by 'aftgen new'. To change it, edit the values, run 'aftgen check'
# and open a pull request. Keep the label and the file's name. Once the account exists, AFT accepts no
# change of control_tower_parameters other than ManagedOrganizationalUnit.
module "payments-prod" {
  source = "./modules/aft-account-request"

  control_tower_parameters = {
    AccountEmail              = "aws+payments-prod@example.com"
    AccountName               = "payments prod"
    ManagedOrganizationalUnit = "Prod (ou-ab12-wlprod01)"
    SSOUserEmail              = "ops@example.com"
    SSOUserFirstName          = "Ops"
    SSOUserLastName           = "O\"Team"
  }

  account_tags = {
    "cost-center" = "007"
    environment   = "prod"
  }

  change_management_parameters = {
    change_requested_by = "Ada"
    change_reason       = "line 1\nline 2"
  }

  custom_fields = {
    budget = "1"
    note   = "$${x}"
    access = jsonencode({
      version = 1
      grants = {
        Admin          = ["user:oncall@example.com"]
        ReadOnlyAccess = ["group:auditors"]
      }
    })
  }

  account_customizations_name = "workload"
}
""".removeprefix("\n")


def test_the_whole_file() -> None:
    assert writer.render(PLAIN) == TEXT


def test_the_order_in_which_values_were_given_does_not_matter() -> None:
    other = replace(
        PLAIN,
        tags=dict(reversed(PLAIN.tags.items())),
        custom_fields=dict(reversed(PLAIN.custom_fields.items())),
    )
    assert writer.render(other) == TEXT


def test_nothing_optional() -> None:
    text = writer.render(replace(PLAIN, tags={}, custom_fields={}, access=None, customization=""))
    assert "  account_tags = {}\n" in text
    assert "  custom_fields = {}\n" in text
    assert '  account_customizations_name = ""\n' in text


def test_an_empty_and_a_retired_declaration() -> None:
    text = writer.render(replace(PLAIN, access=AccessDeclaration(retired=True)))
    assert "      version = 1\n      grants  = {}\n      retired = true\n    })\n" in text


def test_a_template_that_changes_the_meaning_is_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writer, "_custom_fields", lambda request: {"budget": '"2"'})
    with pytest.raises(writer.MeaningChanged):
        writer.render(PLAIN)


INJECTIONS = (
    'x"\n}\nresource "null_resource" "pwned" {}\nmodule "m" {\n a = "',
    '"\n  source = "./evil"\n',
    '${file("/etc/passwd")}',
    "%{ for x in [1] }${x}%{ endfor }",
    '" #',
    '*/ } module "b" { /*',
    "<<EOT\n${x}\nEOT\n",
    '\\" }) } resource "a" "b" {',
    "{{ request.email }}{% raw %}",
    "\\",
)


@pytest.mark.parametrize("attack", INJECTIONS)
@pytest.mark.parametrize(
    "field",
    [
        "name",
        "email",
        "ou",
        "sso_email",
        "sso_first_name",
        "sso_last_name",
        "requested_by",
        "reason",
        "customization",
    ],
)
def test_no_text_breaks_out_of_its_string(field: str, attack: str) -> None:
    # Most of these would be refused before; the writer must be safe without that.
    request = replace(PLAIN, label="attacked", **{field: attack})
    assert_one_module(writer.render(request))


@pytest.mark.parametrize("attack", INJECTIONS)
def test_no_key_and_no_principal_breaks_out(attack: str) -> None:
    from aft_access.contract import Principal

    assert_one_module(writer.render(replace(PLAIN, tags={attack: attack, "a": attack})))
    assert_one_module(writer.render(replace(PLAIN, custom_fields={attack: attack})))
    grant = Grant(permission_set=attack, principal=Principal(kind="group", name=attack))
    assert_one_module(writer.render(replace(PLAIN, access=AccessDeclaration(grants=(grant,)))))


@pytest.mark.parametrize("attack", INJECTIONS)
def test_a_label_that_is_no_identifier_is_quoted_too(attack: str) -> None:
    (block,) = parse(Source.of("a.tf", writer.render(replace(PLAIN, label=attack)).encode())).body.blocks
    assert [label.text for label in block.labels] == [attack]


@given(requests)
@settings(max_examples=150, deadline=None)
def test_any_request_is_one_module(request: AccountRequest) -> None:
    assert_one_module(writer.render(request))


def assert_one_module(text: str) -> None:
    """One module block with exactly the expected attributes, and no comment but the header's."""
    file = parse(Source.of("a.tf", text.encode()))
    assert file.problems == ()
    assert [comment.text for comment in file.comments] == TEXT.split("\n")[:3]
    assert dict(file.body.attributes) == {}
    (block,) = file.body.blocks
    assert (block.type, block.body.blocks) == ("module", ())
    assert list(block.body.attributes) == [
        "source",
        "control_tower_parameters",
        "account_tags",
        "change_management_parameters",
        "custom_fields",
        "account_customizations_name",
    ]


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        (('module "payments-prod"', 'module "other"'), "expected the label"),
        (('source = "./modules/aft-account-request"', 'source = "./evil"'), "unexpected source"),
        (('"Ops"', "var.ops"), "not a string literal"),
        (('"Ops"', '"${var.ops}"'), "not a literal"),
        (('"Ops"', "true"), "not a string literal"),
        (("  account_tags = {", "  tags = {"), "unexpected arguments"),
        (("# An account", 'module "second" {\n  source = "x"\n}\n# An account'), "expected one module block"),
        (("# An account", "locals {}\n# An account"), "expected one module block"),
    ],
)
def test_the_read_back_takes_nothing_but_a_literal_request(change: tuple[str, str], complaint: str) -> None:
    text = TEXT.replace(*change)
    assert text != TEXT
    with pytest.raises(readback.NotARequest, match=complaint):
        readback.item_in(text, label="payments-prod", source="./modules/aft-account-request")


def test_the_grammar_cache_is_the_users_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr(sys, "platform", "linux")
    folder = readback.private_cache_folder()
    assert folder == tmp_path / "cache" / "aftgen"
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    folder.chmod(0o777)
    assert readback.private_cache_folder() is None


def test_a_cache_folder_that_cannot_be_made_is_done_without(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    monkeypatch.setattr(sys, "platform", "linux")
    assert readback.private_cache_folder() is None
    monkeypatch.setenv("XDG_CACHE_HOME", "relative")
    assert readback.private_cache_folder() is None


@pytest.mark.slow
def test_eight_cold_starts_at_once(tmp_path: Path) -> None:
    script = f"from aftgen.readback import _parse; assert _parse({TEXT!r})['module']"
    running = [
        subprocess.Popen([sys.executable, "-c", script], env={**os.environ, "XDG_CACHE_HOME": str(tmp_path)})
        for _ in range(8)
    ]
    assert [process.wait(120) for process in running] == [0] * 8
    assert sorted(path.name for path in (tmp_path / "aftgen").iterdir()) == [
        f"hcl2-python3.{sys.version_info.minor}.bin",
        "hcl2.lock",
    ]

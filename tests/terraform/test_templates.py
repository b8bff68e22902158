"""The Jinja templates, rendered as AFT renders them for each Terraform distribution.

AFT passes exactly the variables listed here (its buildspecs), appends the result to a `.tf` file of the
same name, and runs Terraform on it. The real renderer is Jinja 3.0.1 and forgives an unknown variable; here
one is an error, because it would mean an empty backend.
"""

from pathlib import Path
from typing import Any

import hcl2
import jinja2
import pytest
from terraform.stand_in import REPOSITORY, needs_terraform, terraform

#: Each tree's `terraform` folder, and whether its provider works in the vended account.
TREES = {
    "account-requests": False,
    "account-provisioning-customizations": False,
    "global-customizations": True,
    "account-customizations/sandbox": True,
    "account-customizations/workload": True,
}
ALWAYS = {
    "timestamp": "2026-11-24 09:30:00",
    "provider_region": "eu-west-1",
    "aft_admin_role_arn": "arn:aws:iam::111122223333:role/AWSAFTExecution",
}
VENDED = {"target_admin_role_arn": "arn:aws:iam::444455556666:role/AWSAFTExecution"}
OSS = {
    "tf_distribution_type": "oss",
    "region": "eu-central-1",
    "bucket": "aft-backend-111122223333-primary-region",
    "key": "some/terraform.tfstate",
    "dynamodb_table": "aft-backend-111122223333",
    "kms_key_id": "0a1b2c3d-1111-2222-3333-444455556666",
    "tf_version": "1.6.1",
}
REMOTE = {"terraform_org_name": "example", "terraform_workspace_name": "some-workspace"}
DISTRIBUTIONS: dict[str, dict[str, str]] = {
    "oss": OSS,
    "tfc": REMOTE | {"tf_distribution_type": "tfc"},
    "tfe": REMOTE | {"tf_distribution_type": "tfe"},
}

every_tree = pytest.mark.parametrize("tree", TREES)
every_distribution = pytest.mark.parametrize("distribution", DISTRIBUTIONS)


def render(tree: str, template: str, distribution: str) -> str:
    folder = REPOSITORY / tree / "terraform"
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(folder),
        undefined=jinja2.StrictUndefined,
        keep_trailing_newline=True,  # as jinja2-cli does
        autoescape=False,
    )
    variables = ALWAYS | DISTRIBUTIONS[distribution] | (VENDED if TREES[tree] else {})
    return environment.get_template(template).render(variables)


def without_comments(text: str) -> str:
    return "\n".join(line for line in text.splitlines() if not line.startswith("#")).strip()


@every_tree
@every_distribution
def test_provider(tree: str, distribution: str) -> None:
    role = VENDED["target_admin_role_arn"] if TREES[tree] else ALWAYS["aft_admin_role_arn"]
    assert without_comments(render(tree, "aft-providers.jinja", distribution)) == (
        'provider "aws" {\n'
        '  region = "eu-west-1"\n'
        "\n"
        "  assume_role {\n"
        f'    role_arn = "{role}"\n'
        "  }\n"
        "\n"
        "  default_tags {\n"
        "    tags = {\n"
        '      managed_by = "AFT"\n'
        "    }\n"
        "  }\n"
        "}"
    )


@every_tree
def test_backend_of_the_open_source_distribution(tree: str) -> None:
    # AFT keeps every state in its own account, so the backend's role is never the vended account's.
    assert without_comments(render(tree, "backend.jinja", "oss")) == (
        "terraform {\n"
        '  required_version = ">= 1.6.1"\n'
        "\n"
        '  backend "s3" {\n'
        '    region         = "eu-central-1"\n'
        '    bucket         = "aft-backend-111122223333-primary-region"\n'
        '    key            = "some/terraform.tfstate"\n'
        '    dynamodb_table = "aft-backend-111122223333"\n'
        "    encrypt        = true\n"
        '    kms_key_id     = "0a1b2c3d-1111-2222-3333-444455556666"\n'
        "\n"
        "    assume_role = {\n"
        '      role_arn = "arn:aws:iam::111122223333:role/AWSAFTExecution"\n'
        "    }\n"
        "  }\n"
        "}"
    )


@every_tree
@pytest.mark.parametrize("distribution", ["tfc", "tfe"])
def test_backend_of_hcp_and_enterprise(tree: str, distribution: str) -> None:
    assert without_comments(render(tree, "backend.jinja", distribution)) == (
        "terraform {\n"
        '  backend "remote" {\n'
        '    organization = "example"\n'
        "\n"
        "    workspaces {\n"
        '      name = "some-workspace"\n'
        "    }\n"
        "  }\n"
        "}"
    )


@every_tree
@every_distribution
@pytest.mark.parametrize("template", ["aft-providers.jinja", "backend.jinja"])
def test_rendered_text_is_hcl(tree: str, distribution: str, template: str) -> None:
    text = render(tree, template, distribution)
    parsed: dict[str, Any] = hcl2.loads(text)
    assert [name for name in parsed if not name.startswith("__")] == [
        "provider" if template == "aft-providers.jinja" else "terraform"
    ]
    assert text.startswith("# Rendered by AFT at 2026-11-24 09:30:00.")
    assert text.endswith("}\n")


@needs_terraform
@pytest.mark.terraform
@every_tree
@every_distribution
def test_rendered_text_is_formatted(tree: str, distribution: str, tmp_path: Path) -> None:
    for template in ("aft-providers", "backend"):
        (tmp_path / f"{template}.tf").write_text(render(tree, f"{template}.jinja", distribution), "utf-8")
    result = terraform(tmp_path, "fmt", "-check", "-diff")
    assert (result.returncode, result.stdout) == (0, "")


@needs_terraform
@pytest.mark.terraform
@every_tree
@every_distribution
def test_terraform_takes_the_backend(tree: str, distribution: str, tmp_path: Path) -> None:
    """Terraform checks a backend's arguments when it loads one, before it reaches out to anything."""
    (tmp_path / "backend.tf").write_text(render(tree, "backend.jinja", distribution), "utf-8")
    for arguments in (("init", "-backend=false", "-input=false"), ("validate",)):
        result = terraform(tmp_path, *arguments, "-no-color")
        assert result.returncode == 0, result.stdout + result.stderr


@every_tree
def test_no_template_but_these(tree: str) -> None:
    """AFT renders every `*.jinja` that it finds; it must find these two and nothing rendered before."""
    folder = REPOSITORY / tree / "terraform"
    assert sorted(path.name for path in folder.glob("*.jinja")) == ["aft-providers.jinja", "backend.jinja"]
    assert not [name for name in ("aft-providers.tf", "backend.tf") if (folder / name).exists()]

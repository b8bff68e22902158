"""The Terraform of the customization trees, evaluated by Terraform with its provider stood in for.

What cannot be seen here is whether the provider knows every argument; what can is the value of each argument,
for each thing that a request may say in its custom fields.
"""

import json
import re
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import hcl2
import pytest
import yaml
from terraform.stand_in import REPOSITORY, TerraformError, evaluate_tree, needs_terraform, terraform

SANDBOX = REPOSITORY / "account-customizations/sandbox/terraform"
WORKLOAD = REPOSITORY / "account-customizations/workload/terraform"
GLOBAL = REPOSITORY / "global-customizations/terraform"
PROVISIONING = REPOSITORY / "account-provisioning-customizations/terraform"
TREES = (SANDBOX, WORKLOAD, GLOBAL, PROVISIONING)
every_tree = pytest.mark.parametrize("tree", TREES, ids=lambda tree: tree.parent.name)


def custom_fields(fields: Mapping[str, str]) -> dict[str, str]:
    """What AFT stores for a request, as the data source gives it: values are sensitive."""
    names = json.dumps([f"/aft/account-request/custom-fields/{name}" for name in fields])
    values = json.dumps(list(fields.values())).replace("${", "$${")
    source = "data.aws_ssm_parameters_by_path.custom_fields"
    return {f"{source}.names": f"tolist({names})", f"{source}.values": f"sensitive(tolist({values}))"}


def refusal(tree: Path, fields: Mapping[str, str]) -> list[str]:
    with pytest.raises(TerraformError) as refused:
        evaluate_tree(tree, custom_fields(fields))
    assert {summary for _, summary, _ in refused.value.problems} == {"Resource precondition failed"}
    return [detail for _, _, detail in refused.value.problems]


class TestEveryTree:
    @every_tree
    def test_versions(self, tree: Path) -> None:
        (block,) = hcl2.loads((tree / "versions.tf").read_text("utf-8"))["terraform"]
        assert block["required_version"] == '">= 1.6.1, < 2.0.0"'
        (providers,) = block["required_providers"]
        assert providers["aws"] == {"source": '"hashicorp/aws"', "version": '">= 6.0.0, < 7.0.0"'}

    @every_tree
    def test_parses(self, tree: Path) -> None:
        for path in tree.glob("*.tf"):
            assert hcl2.loads(path.read_text("utf-8")), path.name

    @needs_terraform
    @pytest.mark.terraform
    @pytest.mark.parametrize(
        "folder", [*TREES, REPOSITORY / "account-requests/terraform"], ids=lambda folder: folder.parent.name
    )
    def test_formatted(self, folder: Path) -> None:
        result = terraform(folder, "fmt", "-check", "-recursive", "-diff")
        assert (result.returncode, result.stdout) == (0, "")

    @pytest.mark.skipif(shutil.which("git") is None, reason="git is not on PATH")
    @pytest.mark.parametrize(
        "root", sorted({tree.parents[0] for tree in TREES if tree.parents[1] == REPOSITORY})
    )
    def test_what_aft_renders_is_ignored(self, root: Path, tmp_path: Path) -> None:
        """Each of these folders is published as the root of a branch, so it ignores for itself."""
        subprocess.run(["git", "init", "-q", str(tmp_path)], check=True)
        shutil.copy(root / ".gitignore", tmp_path)
        paths = [
            "terraform/backend.tf",
            "terraform/aft-providers.tf",
            "terraform/.terraform/x",
            "terraform/terraform.tfstate",
            "terraform/terraform.tfstate.backup",
            "terraform/.terraform.lock.hcl",
        ]
        result = subprocess.run(
            [
                "git",
                "-C",
                str(tmp_path),
                "check-ignore",
                *paths,
                "terraform/main.tf",
                "terraform/backend.jinja",
            ],
            capture_output=True,
            text=True,
            check=False,
        )
        assert result.stdout.splitlines() == paths

    def test_the_trees_of_accounts_read_custom_fields_alike(self) -> None:
        assert (SANDBOX / "custom_fields.tf").read_text("utf-8") == (WORKLOAD / "custom_fields.tf").read_text(
            "utf-8"
        )


@needs_terraform
@pytest.mark.terraform
class TestSandboxBudget:
    BUDGET = "terraform_data.aws_budgets_budget__monthly"

    def budget(self, fields: Mapping[str, str]) -> tuple[dict[str, Any], list[str]]:
        resources, warnings = evaluate_tree(SANDBOX, custom_fields(fields))
        assert list(resources) == [self.BUDGET]
        return resources[self.BUDGET], warnings

    def test_without_custom_fields(self) -> None:
        budget, warnings = self.budget({})
        assert budget == {
            "name": "sandbox-monthly",
            "budget_type": "COST",
            "limit_amount": "100",
            "limit_unit": "USD",
            "time_unit": "MONTHLY",
            "notification": [],
        }
        assert warnings == [
            "Nobody is warned about this sandbox's costs: set custom field budget_alert_email in its "
            "request, or default_budget_alert_email in budget.tf."
        ]

    def test_with_custom_fields(self) -> None:
        fields = {
            "budget_monthly_usd": "99.50",
            "budget_alert_email": "a@example.com, b@example.com",
            "other": "x",
        }
        budget, warnings = self.budget(fields)
        assert budget["limit_amount"] == "99.50"
        assert warnings == []
        assert [
            (each["notification_type"], each["threshold"], each["subscriber_email_addresses"])
            for each in budget["notification"]
        ] == [
            ("FORECASTED", 100, ["a@example.com", "b@example.com"]),
            ("ACTUAL", 100, ["a@example.com", "b@example.com"]),
            ("ACTUAL", 80, ["a@example.com", "b@example.com"]),
        ]
        assert {(each["comparison_operator"], each["threshold_type"]) for each in budget["notification"]} == {
            ("GREATER_THAN", "PERCENTAGE")
        }

    @pytest.mark.parametrize("amount", ["0", "0.00", "-5", "1e3", "$100", "100 USD", "1,000", " 100", ".5"])
    def test_amount_that_is_none(self, amount: str) -> None:
        assert refusal(SANDBOX, {"budget_monthly_usd": amount}) == [
            'Custom field budget_monthly_usd: write an amount in US dollars above 0, such as "250"; '
            f'it is "{amount}".'
        ]

    @pytest.mark.parametrize("address", ["nobody", "a@b", "a@example.com;b@example.com", "a b@example.com"])
    def test_address_that_is_none(self, address: str) -> None:
        assert refusal(SANDBOX, {"budget_alert_email": address}) == [
            "Custom field budget_alert_email: write email addresses, separated by commas."
        ]

    def test_too_many_addresses(self) -> None:
        addresses = [f"a{number}@example.com" for number in range(11)]
        assert self.budget({"budget_alert_email": ",".join(addresses[:10])})[1] == []
        assert refusal(SANDBOX, {"budget_alert_email": ",".join(addresses)}) == [
            "Custom field budget_alert_email: AWS Budgets takes at most 10 addresses; use a mailing list."
        ]


SECURITY = {
    "name": "Security",
    "title": "On call",
    "email": "security@example.com",
    "phone": "+1 555 0100",
}


@needs_terraform
@pytest.mark.terraform
class TestWorkload:
    ALIAS = "terraform_data.aws_iam_account_alias__this[0]"
    READABLE = "terraform_data.alternate_contacts_are_readable"

    def resources(self, fields: Mapping[str, str]) -> dict[str, Any]:
        resources, warnings = evaluate_tree(WORKLOAD, custom_fields(fields))
        assert warnings == []
        return resources

    def contact(self, kind: str) -> str:
        return f'terraform_data.aws_account_alternate_contact__this["{kind}"]'

    def test_without_custom_fields(self) -> None:
        assert list(self.resources({})) == [self.READABLE]

    @pytest.mark.parametrize("alias", ["acme-pay", "a1b", "1" * 11, "1" * 13, "a" * 63])
    def test_alias(self, alias: str) -> None:
        assert self.resources({"account_alias": alias})[self.ALIAS] == {"account_alias": alias}

    @pytest.mark.parametrize(
        "alias", ["ab", "a" * 64, "Acme", "-acme", "acme-", "a--b", "a_b", "a b", "1" * 12, "a\n"]
    )
    def test_alias_that_is_none(self, alias: str) -> None:
        assert refusal(WORKLOAD, {"account_alias": alias}) == [
            "Custom field account_alias: write 3 to 63 small letters, digits and single hyphens between "
            "them, not an account id."
        ]

    def test_contacts(self) -> None:
        billing = SECURITY | {"name": "n" * 64, "title": "t" * 50, "phone": "1" * 25}
        fields = {"alternate_contacts": json.dumps({"security": SECURITY, "billing": billing})}
        assert self.resources(fields) == {
            self.READABLE: None,
            self.contact("security"): {
                "alternate_contact_type": "SECURITY",
                "name": "Security",
                "title": "On call",
                "email_address": "security@example.com",
                "phone_number": "+1 555 0100",
            },
            self.contact("billing"): {
                "alternate_contact_type": "BILLING",
                "name": "n" * 64,
                "title": "t" * 50,
                "email_address": "security@example.com",
                "phone_number": "1" * 25,
            },
        }

    def test_no_contacts(self) -> None:
        assert list(self.resources({"alternate_contacts": "{}"})) == [self.READABLE]

    @pytest.mark.parametrize(
        "contacts",
        [
            "not JSON",
            "[]",
            "null",
            '"text"',
            json.dumps({"sales": SECURITY}),
            json.dumps({"security": {}}),
            json.dumps({"security": None}),
            json.dumps({"security": SECURITY | {"fax": "1"}}),
            json.dumps({"security": {key: value for key, value in SECURITY.items() if key != "phone"}}),
            json.dumps({"security": SECURITY | {"name": " "}}),
            json.dumps({"security": SECURITY | {"name": "n" * 65}}),
            json.dumps({"security": SECURITY | {"title": "t" * 51}}),
            json.dumps({"security": SECURITY | {"email": "security"}}),
            json.dumps({"security": SECURITY | {"phone": "call us"}}),
            json.dumps({"security": SECURITY | {"phone": "1" * 26}}),
            json.dumps({"security": SECURITY | {"phone": None}}),
            json.dumps({"security": SECURITY, "billing": SECURITY | {"email": "x"}}),
        ],
    )
    def test_contacts_that_cannot_be_read(self, contacts: str) -> None:
        assert refusal(WORKLOAD, {"alternate_contacts": contacts}) == [
            'Custom field alternate_contacts: write jsonencode({ security = { name = "…", title = "…", '
            'email = "…", phone = "…" } }), with any of billing, operations and security.'
        ]


@needs_terraform
@pytest.mark.terraform
def test_global_baseline() -> None:
    resources, warnings = evaluate_tree(GLOBAL, {})
    assert warnings == []
    assert resources == {
        "terraform_data.aws_s3_account_public_access_block__this": {
            "block_public_acls": True,
            "block_public_policy": True,
            "ignore_public_acls": True,
            "restrict_public_buckets": True,
        }
    }


@needs_terraform
@pytest.mark.terraform
def test_provisioning() -> None:
    resources, warnings = evaluate_tree(
        PROVISIONING, {"data.aws_caller_identity.current.account_id": '"111122223333"'}
    )
    assert warnings == []
    machine = resources.pop("terraform_data.aws_sfn_state_machine__aft_account_provisioning_customizations")
    assert machine["name"] == "aft-account-provisioning-customizations"
    assert machine["role_arn"] == "aws_iam_role.aft_states.arn"
    assert json.loads(machine["definition"]) == {
        "Comment": "Passes its input through; AFT requires a state machine of this name",
        "StartAt": "PassThrough",
        "States": {"PassThrough": {"Type": "Pass", "End": True}},
    }
    role = resources.pop("terraform_data.aws_iam_role__aft_states")
    assert role["name"] == "aft-account-provisioning-customizations-role"
    assert json.loads(role["assume_role_policy"]) == {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Action": "sts:AssumeRole",
                "Principal": {"Service": "states.amazonaws.com"},
                "Condition": {"StringEquals": {"aws:SourceAccount": "111122223333"}},
            }
        ],
    }
    table = resources.pop("terraform_data.aws_dynamodb_table__access")
    assert resources == {}
    assert table == {
        "name": "aftgen-access",
        "billing_mode": "PAY_PER_REQUEST",
        "hash_key": "pk",
        "range_key": "sk",
        "deletion_protection_enabled": True,
        "attribute": [{"name": "pk", "type": "S"}, {"name": "sk", "type": "S"}],
        "ttl": [{"attribute_name": "expires", "enabled": True}],
        "point_in_time_recovery": [{"enabled": True}],
        "server_side_encryption": [{"enabled": True}],
    }


class TestOrganization:
    def test_registry(self) -> None:
        registry = yaml.safe_load((REPOSITORY / "global-customizations/organization.yaml").read_text("utf-8"))
        assert list(registry) == ["organizational_units"]
        units: dict[str, str] = registry["organizational_units"]
        assert len(set(units.values())) == len(units)
        for path, identifier in units.items():
            assert isinstance(identifier, str)
            assert re.fullmatch(r"ou-[0-9a-z]{4,32}-[a-z0-9]{8,32}", identifier), path
            parent = path.rpartition("/")[0]
            assert not parent or parent in units

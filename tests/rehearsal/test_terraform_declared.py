"""Our own Terraform, read: the table that access needs and the state machine that AFT demands."""

from pathlib import Path

from aftgen.rehearsal.terraform_declared import STATE_MACHINE, Table, read

ROOT = Path(__file__).resolve().parents[2]


def test_the_projects_own_terraform_declares_the_table_and_the_state_machine() -> None:
    declared = read(ROOT / "account-provisioning-customizations" / "terraform")
    assert declared.tables == (
        Table(
            name="aftgen-access",
            hash_key="pk",
            range_key="sk",
            attributes={"pk": "S", "sk": "S"},
            deletion_protection=True,
            expires="expires",
            point_in_time_recovery=True,
        ),
    )
    assert (declared.state_machines, declared.remarks) == (frozenset({STATE_MACHINE}), ())


def test_the_definition_is_what_create_table_takes() -> None:
    table = Table(name="t", hash_key="a", attributes={"a": "S"})
    assert table.definition() == {
        "TableName": "t",
        "KeySchema": [{"AttributeName": "a", "KeyType": "HASH"}],
        "AttributeDefinitions": [{"AttributeName": "a", "AttributeType": "S"}],
        "BillingMode": "PAY_PER_REQUEST",
        "DeletionProtectionEnabled": False,
    }


def test_locals_are_followed_and_what_is_hidden_is_a_remark(tmp_path: Path) -> None:
    (tmp_path / "main.tf").write_text(
        'locals {\n  key = "pk"\n}\n'
        'resource "aws_dynamodb_table" "a" {\n  name = "a"\n  hash_key = local.key\n}\n'
        'resource "aws_dynamodb_table" "b" {\n  name = var.name\n  hash_key = "pk"\n}\n'
        'resource "aws_dynamodb_table" "c" {\n  name = "c"\n  hash_key = var.key\n}\n'
        'resource "aws_s3_bucket" "d" {\n}\n'
    )
    (tmp_path / "broken.tf").write_text('resource "x" {\n')
    declared = read(tmp_path)
    assert [(table.name, table.hash_key) for table in declared.tables] == [("a", "pk")]
    assert declared.remarks[1:] == (
        "main.tf: the name of a aws_dynamodb_table is known to Terraform only",
        "main.tf: the keys of table c are known to Terraform only",
    )
    assert declared.remarks[0].startswith("broken.tf: ")

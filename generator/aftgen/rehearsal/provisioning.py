"""Stage 3: what AFT's state machine `aft-account-provisioning-framework` leaves behind for one account.

Each step makes the calls of the lambda behind it, with the credentials that it has, against the embedded AWS:
what AWS refuses there (a tag, a custom field's name, a number where text must be) fails here in its words.

    persist_metadata       the row of aft-request-metadata
    create_role            AWSAFTExecution and AWSAFTService, which trust the hub
    tag_account            Organizations tags; keys that went from the request stay (AFT issue 160)
    account_metadata_ssm   custom fields as parameters of the account, in AFT's home region; gone ones go
    aft_account_provisioning_customizations   must exist, by this name
    create_pipeline        <account>-customizations-pipeline, which starts itself only when it is new

Reference: AFT reference §1.4 row 9 and 10, §2.2 (no Catch, so no pipeline); AFT's
account_provisioning_framework.py, aft_account_provisioning_framework_account_metadata_ssm.py, and
aft_account_provisioning_framework.asl.json for the order.
"""

import json
from collections.abc import Callable, Mapping
from typing import Any, Final

from aftgen.cloud import LandingZone, aft_management
from aftgen.cloud.aft_management import EXECUTION, METADATA_TABLE
from aftgen.cloud.backstage import dynamodb_item
from aftgen.limits import CUSTOM_FIELD_PREFIX
from aftgen.rehearsal.chain import Provisioned
from aftgen.rehearsal.terraform_declared import STATE_MACHINE
from aftgen.request_row import RequestRow

_DELETED_AT_ONCE: Final = 10  # names in one DeleteParameters


class ProvisioningFramework:
    """The state machine of one landing zone, and the pipelines that it has created."""

    def __init__(self, zone: LandingZone, *, has_state_machine: bool = True) -> None:
        self.zone = zone
        self.has_state_machine = has_state_machine
        self.pipelines: set[str] = set()
        self._organizations: Any = None

    def run(self, account: str, row: RequestRow) -> Provisioned:
        """One execution. What fails is in the result, with the steps before it."""
        done: list[str] = []
        steps: tuple[tuple[str, Callable[[str, RequestRow], None]], ...] = (
            ("persist_metadata", self._persist_metadata),
            ("create_role", self._create_role),
            ("tag_account", self._tag_account),
            ("account_metadata_ssm", self._account_metadata_ssm),
            ("aft_account_provisioning_customizations", self._provisioning_customizations),
        )
        for name, step in steps:
            try:
                step(account, row)
            except Exception as error:  # noqa: BLE001 - whatever a lambda raises ends its state
                return Provisioned(
                    account=account, ok=False, steps=tuple(done), reason=f"{name}: {error}", log=str(error)
                )
            done.append(name)
        is_new = account not in self.pipelines
        self.pipelines.add(account)
        return Provisioned(
            account=account, ok=True, steps=(*done, "create_pipeline"), pipeline_started=is_new
        )

    def remove(self, account: str) -> None:
        """aft-cleanup-resources: the pipeline goes, then the metadata row. Nothing else does."""
        self.pipelines.discard(account)
        self._dynamodb.delete_item(TableName=METADATA_TABLE, Key={"id": {"S": account}})

    @property
    def _dynamodb(self) -> Any:
        return self.zone.backstage("dynamodb", self.zone.plan.aft_management.id)

    def _persist_metadata(self, account: str, row: RequestRow) -> None:
        made = self.zone.account(account)
        tags = json.loads(row.account_tags)
        item = {
            "id": account,
            "email": made.email,
            "account_name": made.name,
            "account_creation_time": str(made.create_time),
            "account_status": made.status,
            "account_level_tags": tags,
            "account_customizations_name": row.account_customizations_name,
            "parent_ou": made.parent_id,
            "vcs_information": {},
            "terraform_workspace": {},
        }
        self._dynamodb.put_item(TableName=METADATA_TABLE, Item=dynamodb_item(item))

    def _create_role(self, account: str, _: RequestRow) -> None:
        if not self.zone.has_role(account, EXECUTION):
            with self.zone.cloud.lock, self.zone.cloud.backstage():
                aft_management.make_spokes(self.zone.plan, account)

    def _tag_account(self, account: str, row: RequestRow) -> None:
        if self._organizations is None:
            self._organizations = self.zone.client("organizations", self.zone.plan.management.id)
        tags = [{"Key": key, "Value": value} for key, value in json.loads(row.account_tags).items()]
        self._organizations.tag_resource(ResourceId=account, Tags=tags)

    def _account_metadata_ssm(self, account: str, row: RequestRow) -> None:
        fields: Mapping[str, Any] = json.loads(row.custom_fields)
        client = self.zone.client("ssm", account)
        try:
            there = {
                parameter["Name"]
                for page in client.get_paginator("get_parameters_by_path").paginate(
                    Path=CUSTOM_FIELD_PREFIX, Recursive=True
                )
                for parameter in page["Parameters"]
            }
            gone = sorted(there - {CUSTOM_FIELD_PREFIX + key for key in fields})
            for start in range(0, len(gone), _DELETED_AT_ONCE):
                client.delete_parameters(Names=gone[start : start + _DELETED_AT_ONCE])
            for key, value in fields.items():
                client.put_parameter(
                    Name=CUSTOM_FIELD_PREFIX + key, Value=value, Type="String", Overwrite=True
                )
        finally:
            client.close()

    def _provisioning_customizations(self, _: str, __: RequestRow) -> None:
        if not self.has_state_machine:
            raise RuntimeError(
                f"StateMachineDoesNotExist: State Machine Does Not Exist: '{STATE_MACHINE}' "
                "(account-provisioning-customizations/ must define it; no pipeline is created without it)"
            )

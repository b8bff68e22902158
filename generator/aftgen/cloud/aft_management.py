"""What AFT has in its management account and in the others: roles, tables, parameters, topics.

Reference: AFT reference §1.3 (the request item), §1.4 (tables, SSM, topics), §3.3 (roles behind the
profiles); AFT's modules aft-iam-roles, aft-account-request-framework and aft-ssm-parameters.
"""

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from aftgen.cloud.plan import LandingZonePlan

if TYPE_CHECKING:
    from aftgen.cloud.landing_zone import LandingZone

ADMIN: Final = "AWSAFTAdmin"
EXECUTION: Final = "AWSAFTExecution"
SERVICE: Final = "AWSAFTService"
SESSION_NAME: Final = "AWSAFT-Session"
CODEBUILD: Final = "aft-codebuild-customizations-role"
REQUEST_TABLE: Final = "aft-request"
METADATA_TABLE: Final = "aft-request-metadata"
ACCESS_TABLE: Final = "aftgen-access"
TOPIC: Final = "aft-notifications"
FAILURE_TOPIC: Final = "aft-failure-notifications"
ADMINISTRATOR: Final = {"Effect": "Allow", "Action": "*", "Resource": "*"}


def trust(*principals: str, service: str = "") -> dict[str, Any]:
    principal: dict[str, Any] = {"AWS": list(principals)} if principals else {"Service": service}
    return {"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole"}


def make_role(account: str, name: str, trusted: dict[str, Any], *permissions: dict[str, Any]) -> str:
    """A role of moto's IAM, whose policies the fidelity layer enforces; answers the ARN."""
    from moto.iam.models import iam_backends

    iam = iam_backends[account]["aws"]
    role = iam.create_role(
        role_name=name,
        assume_role_policy_document=_document(trusted),
        path="/",
        permissions_boundary=None,
        description="",
        tags=[],
        max_session_duration="3600",
    )
    role.put_policy(f"{name}-policy", _document(*permissions))
    return str(role.arn)


def _document(*statements: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def make_hub(plan: LandingZonePlan) -> None:
    """The hub role, which may only assume the others, and the role of the pipeline's builds."""
    account, region = plan.aft_management.id, plan.home_region
    hub = [f"arn:aws:iam::*:role/{EXECUTION}", f"arn:aws:iam::*:role/{SERVICE}"]
    make_role(
        account,
        ADMIN,
        trust(f"arn:aws:iam::{account}:root"),
        {"Effect": "Allow", "Action": "sts:AssumeRole", "Resource": hub},
    )
    tables = f"arn:aws:dynamodb:{region}:{account}:table"
    make_role(
        account,
        CODEBUILD,
        trust(service="codebuild.amazonaws.com"),
        {
            "Effect": "Allow",
            "Action": ["ssm:GetParameters", "ssm:GetParameter"],
            "Resource": f"arn:aws:ssm:{region}:{account}:parameter/aft/*",
        },
        {"Effect": "Allow", "Action": "dynamodb:*Item", "Resource": f"{tables}/{METADATA_TABLE}"},
        {"Effect": "Allow", "Action": "dynamodb:GetItem", "Resource": f"{tables}/aft*"},
        {"Effect": "Allow", "Action": "sts:AssumeRole", "Resource": f"arn:aws:iam::{account}:role/{ADMIN}"},
    )


def make_spokes(plan: LandingZonePlan, account: str) -> None:
    """Administrator roles that trust the hub, by role and by the one session name that AFT uses."""
    aft = plan.aft_management.id
    hub = [f"arn:aws:sts::{aft}:assumed-role/{ADMIN}/{SESSION_NAME}"]
    if not plan.trust_names_session_only:
        hub.append(f"arn:aws:iam::{aft}:role/{ADMIN}")
    trusted = trust(*hub)
    for name in (EXECUTION, SERVICE):
        make_role(account, name, trusted, ADMINISTRATOR)


def make_tables(zone: "LandingZone") -> None:
    for name, sort_key in (
        (REQUEST_TABLE, ""),
        ("aft-request-audit", "timestamp"),
        ("aft-controltower-events", "time"),
        (METADATA_TABLE, ""),
    ):
        _make_table(zone, name, "id", sort_key)
    if zone.plan.access_table:
        _make_table(zone, ACCESS_TABLE, "pk", "sk", DeletionProtectionEnabled=True)


def _make_table(zone: "LandingZone", name: str, key: str, sort_key: str, **settings: Any) -> None:
    keys = [(key, "HASH"), *([(sort_key, "RANGE")] if sort_key else [])]
    attributes = [name for name, _ in keys]
    if name == METADATA_TABLE:
        attributes += ["type", "email"]
        settings["GlobalSecondaryIndexes"] = [
            {
                "IndexName": f"{attribute}Index",
                "KeySchema": [{"AttributeName": attribute, "KeyType": "HASH"}],
                "Projection": projection,
            }
            for attribute, projection in (
                ("type", {"ProjectionType": "ALL"}),
                ("email", {"ProjectionType": "INCLUDE", "NonKeyAttributes": ["id"]}),
            )
        ]
    dynamodb = zone.backstage("dynamodb", zone.plan.aft_management.id)
    dynamodb.create_table(
        TableName=name,
        KeySchema=[{"AttributeName": attribute, "KeyType": kind} for attribute, kind in keys],
        AttributeDefinitions=[{"AttributeName": each, "AttributeType": "S"} for each in attributes],
        BillingMode="PAY_PER_REQUEST",
        **settings,
    )
    dynamodb.update_continuous_backups(
        TableName=name, PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": True}
    )


def parameters(plan: LandingZonePlan, topic: str, failure_topic: str) -> dict[str, str]:
    """AFT reference §1.4 "SSM used by the chain"."""
    repositories = {
        f"/aft/config/{name}/repo-{kind}": value
        for name in (
            "account-request",
            "global-customizations",
            "account-customizations",
            "account-provisioning-customizations",
        )
        for kind, value in (("name", "example/aft"), ("branch", f"aft/{name}"))
    }
    return {
        "/aft/resources/ddb/aft-request-table-name": REQUEST_TABLE,
        "/aft/resources/ddb/aft-request-audit-table-name": "aft-request-audit",
        "/aft/resources/ddb/aft-request-metadata-table-name": METADATA_TABLE,
        "/aft/resources/ddb/aft-controltower-events-table-name": "aft-controltower-events",
        "/aft/resources/sqs/aft-request-queue-name": "aft-account-request.fifo",
        "/aft/resources/sc/account-factory-product-name": "AWS Control Tower Account Factory",
        "/aft/resources/iam/aft-execution-role-name": EXECUTION,
        "/aft/resources/iam/aft-administrator-role-name": ADMIN,
        "/aft/resources/iam/aft-session-name": SESSION_NAME,
        "/aft/account/ct-management/account-id": plan.management.id,
        "/aft/account/audit/account-id": plan.audit.id,
        "/aft/account/log-archive/account-id": plan.log_archive.id,
        "/aft/account/aft-management/account-id": plan.aft_management.id,
        "/aft/account/aft-management/sfn/aft-account-provisioning-framework-sfn-name": (
            "aft-account-provisioning-framework"
        ),
        "/aft/account/aft-management/sns/topic-arn": topic,
        "/aft/account/aft-management/sns/failure-topic-arn": failure_topic,
        "/aft/config/aft/version": plan.aft_version,
        "/aft/config/terraform/version": "1.6.1",
        "/aft/config/terraform/distribution": plan.terraform_distribution,
        "/aft/config/oss-backend/bucket-id": f"aft-backend-{plan.aft_management.id}-primary-region",
        "/aft/config/oss-backend/primary-region": plan.home_region,
        "/aft/config/oss-backend/kms-key-id": "00000000-0000-4000-8000-000000000000",
        "/aft/config/oss-backend/table-id": f"aft-backend-{plan.aft_management.id}",
        "/aft/config/aft-pipeline-code-source/repo-url": (
            "https://github.com/aws-ia/terraform-aws-control_tower_account_factory.git"
        ),
        "/aft/config/aft-pipeline-code-source/repo-git-ref": plan.aft_version,
        "/aft/config/vcs/provider": "github",
        "/aft/config/customizations/maximum_concurrent_customizations": "5",
        "/aft/config/ct-management-region": plan.home_region,
        **repositories,
    }


def make_parameters(zone: "LandingZone") -> None:
    sns = zone.backstage("sns", zone.plan.aft_management.id)
    topics = [sns.create_topic(Name=name)["TopicArn"] for name in (TOPIC, FAILURE_TOPIC)]
    ssm = zone.backstage("ssm", zone.plan.aft_management.id)
    for name, value in parameters(zone.plan, *topics).items():
        ssm.put_parameter(Name=name, Value=value, Type="String")


def request_item(
    *,
    email: str,
    name: str,
    ou: str,
    sso_user: str,
    customizations: str,
    tags: Mapping[str, str],
    custom_fields: Mapping[str, str],
) -> dict[str, Any]:
    """The item that AFT's account-request module writes, in DynamoDB's own JSON."""
    control_tower = {
        "AccountEmail": email,
        "AccountName": name,
        "ManagedOrganizationalUnit": ou,
        "SSOUserEmail": sso_user,
        "SSOUserFirstName": "Account",
        "SSOUserLastName": "Owner",
    }
    change = {"change_reason": "embedded", "change_requested_by": "embedded"}
    return {
        "id": {"S": email},
        "control_tower_parameters": {"M": {key: {"S": value} for key, value in control_tower.items()}},
        "change_management_parameters": {"M": {key: {"S": value} for key, value in change.items()}},
        "account_tags": {"S": json.dumps(dict(tags))},
        "account_customizations_name": {"S": customizations},
        "custom_fields": {"S": json.dumps(dict(custom_fields))},
    }

"""What a deployed release has in the embedded AWS beyond the landing zone: its queue, machines and settings.

The landing zone (`aftgen.cloud`) holds what every rehearsal needs. A release's own code looks for more: the
queue of requests, its state machines, Account Factory in Service Catalog, and parameters of its features, all
switched off as AFT's variables are by default. Metrics are off too, where AFT's default is on: no rehearsal
reports to anybody.

Reference: AFT's modules/aft-account-request-framework/sqs.tf (FIFO, 240 s, one receive),
modules/aft-ssm-parameters/ ssm.tf, modules/aft-account-provisioning-framework/states.tf; variables.tf for
the defaults.
"""

import json
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from aftgen.cloud import LandingZone
    from aftgen.cloud.account_factory import AccountFactory

QUEUE: Final = "aft-account-request.fifo"
DEAD_LETTERS: Final = "aft-account-request-dlq.fifo"
FRAMEWORK_MACHINE: Final = "aft-account-provisioning-framework"
FEATURES_MACHINE: Final = "aft-feature-options"
CUSTOMIZATIONS_MACHINE: Final = "aft-account-provisioning-customizations"
CLEANUP: Final = "aft-cleanup-resources"
PIPELINE_ROLE: Final = "ct-aft-codepipeline-customizations-role"

FRAMEWORK_DEFINITION: Final = (
    "modules/aft-account-provisioning-framework/states/aft_account_provisioning_framework.asl.json"
)
FEATURES_DEFINITION: Final = "modules/aft-feature-options/states/aft_features.asl.json"

_SOURCE_REF: Final = "/aft/config/aft-pipeline-code-source/repo-git-ref"
_SETTINGS: Final = {
    "/aft/resources/lambda/aft-cleanup-resources": CLEANUP,
    "/aft/resources/lambda/aft-invoke-aft-account-provisioning-framework": (
        "aft-invoke-aft-account-provisioning-framework"
    ),
    "/aft/config/feature/cloudtrail-data-events-enabled": "false",
    "/aft/config/feature/enterprise-support-enabled": "false",
    "/aft/config/feature/delete-default-vpcs-enabled": "false",
    "/aft/config/metrics-reporting": "false",
    "/aft/config/metrics-reporting-uuid": "00000000-0000-4000-8000-000000000000",
    "/aft/account/log-archive/log_bucket_arn": "arn:aws:s3:::aws-aft-logs",
    "/aft/account/log-archive/kms_key_arn": "arn:aws:kms:::key/00000000-0000-4000-8000-000000000000",
    "/aft/config/oss-backend/secondary-region": "none",
}


def replacements(zone: "LandingZone") -> dict[str, str]:
    """What Terraform puts into the definitions (the `replacements_map` of each states.tf).

    A function is named by its handler's file.
    """
    plan = zone.plan
    prefix = f"arn:aws:states:{plan.home_region}:{plan.aft_management.id}:stateMachine:"
    framework = "aft_account_provisioning_framework"
    topic = f"arn:aws:sns:{plan.home_region}:{plan.aft_management.id}:"
    return {
        "current_partition": "aws",
        **{
            f"{name}_function_name": f"{framework}_{name}"
            for name in ("create_role", "tag_account", "persist_metadata", "account_metadata_ssm")
        },
        **{
            f"{name}_function_arn": name
            for name in ("aft_delete_default_vpc", "aft_enroll_support", "aft_enable_cloudtrail")
        },
        "aft_notification_arn": f"{topic}aft-notifications",
        "aft_failure_notification_arn": f"{topic}aft-failure-notifications",
        f"{framework}_aft_features_state_machine_arn": prefix + FEATURES_MACHINE,
        "aft_account_provisioning_customizations_state_machine_arn": prefix + CUSTOMIZATIONS_MACHINE,
        "customizations_trigger_state_machine_arn": prefix + "aft-invoke-customizations",
    }


def deploy(zone: "LandingZone", factory: "AccountFactory", version: str) -> None:
    """Puts it there; what is there already stays as it is, the settings excepted."""
    from botocore.exceptions import ClientError

    from aftgen.cloud.account_factory import EXECUTION
    from aftgen.cloud.aft_management import ADMINISTRATOR, make_role, trust
    from aftgen.cloud.service_catalog import ServiceCatalog
    from aftgen.cloud.sessions import find_role

    aft = zone.plan.aft_management.id
    if zone.cloud.service_catalog is None:
        zone.cloud.service_catalog = ServiceCatalog(factory)
    ssm = zone.backstage("ssm", aft)
    releases = dict.fromkeys(("/aft/config/aft/version", _SOURCE_REF), version)
    for name, value in {**_SETTINGS, **releases}.items():
        ssm.put_parameter(Name=name, Value=value, Type="String", Overwrite=True)
    _make_queue(zone)
    machines = zone.backstage("stepfunctions", aft)
    for name in (FRAMEWORK_MACHINE, FEATURES_MACHINE):
        with suppress(ClientError):
            machines.create_state_machine(
                name=name,
                roleArn=f"arn:aws:iam::{aft}:role/{name}",
                definition=json.dumps({"StartAt": "Pass", "States": {"Pass": {"Type": "Pass", "End": True}}}),
            )
    # Control Tower's role stands in every member account; AFT makes its own roles through it.
    management = zone.plan.management.id
    for account in zone.accounts():
        if account.id != management and find_role(f"arn:aws:iam::{account.id}:role/{EXECUTION}") is None:
            make_role(account.id, EXECUTION, trust(f"arn:aws:iam::{management}:root"), ADMINISTRATOR)
    if find_role(f"arn:aws:iam::{aft}:role/{PIPELINE_ROLE}") is None:
        make_role(aft, PIPELINE_ROLE, trust(service="codepipeline.amazonaws.com"), ADMINISTRATOR)


def _make_queue(zone: "LandingZone") -> None:
    sqs = zone.backstage("sqs", zone.plan.aft_management.id)
    fifo = {"FifoQueue": "true"}
    dead = sqs.create_queue(QueueName=DEAD_LETTERS, Attributes=fifo)["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=dead, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    redrive: dict[str, Any] = {"deadLetterTargetArn": arn, "maxReceiveCount": 1}
    sqs.create_queue(
        QueueName=QUEUE,
        Attributes={**fifo, "VisibilityTimeout": "240", "RedrivePolicy": json.dumps(redrive)},
    )

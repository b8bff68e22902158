"""Reads what ``aftgen doctor`` asks AWS about the installation. Every method raises AccessError."""

import json
from collections.abc import Sequence
from functools import cached_property
from typing import Any, Final
from urllib.parse import unquote

from aft_access.errors import AwsError, UsageError
from aft_access.identity_center import Caller

from aftgen.aws.evidence import Reading
from aftgen.aws.evidence_letters import Letters
from aftgen.aws.pipelines import AwsPipelines
from aftgen.diagnosis.evidence import Queue
from aftgen.diagnosis.installation import Center, Pipelines, Role, Table, Topic
from aftgen.follow.ports import NoPipeline
from aftgen.repository import AFT_REPOSITORIES

_TABLE: Final = "aftgen-access"
#: AFT's names of its accounts, and what its builds call the sessions in them (creds.sh).
_PROFILES: Final = {
    "aft-management": "aft-management",
    "ct-management": "ct-management",
    "audit": "ct-audit",
    "log-archive": "ct-log-archive",
}
#: Account pipelines beyond these are counted, not looked at: each costs a call.
_LOOKS: Final = 100
_PARAMETERS: Final = (
    "/aft/config/aft/version",
    "/aft/config/terraform/version",
    "/aft/config/terraform/distribution",
    "/aft/resources/ddb/aft-request-table-name",
    "/aft/resources/sqs/aft-request-queue-name",
    "/aft/resources/iam/aft-administrator-role-name",
    "/aft/resources/iam/aft-execution-role-name",
    "/aft/resources/iam/aft-session-name",
    "/aft/account/aft-management/sns/topic-arn",
    "/aft/account/aft-management/sns/failure-topic-arn",
    *(f"/aft/account/{name}/account-id" for name in _PROFILES),
    *(f"/aft/config/{name}/repo-{kind}" for name in AFT_REPOSITORIES.values() for kind in ("name", "branch")),
)
_ROLE_READS: Final = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Action": "iam:GetRole", "Resource": "*"}],
}


class Installation:
    """One installation, through AFT's management account and, for roles, AFT's own execution role."""

    def __init__(self, reading: Reading) -> None:
        self._reading = reading

    @cached_property
    def parameters(self) -> dict[str, str]:
        found: dict[str, str] = {}
        for start in range(0, len(_PARAMETERS), 10):
            names = list(_PARAMETERS[start : start + 10])
            answer = self._reading.aft.call("ssm", "GetParameters", Names=names)["Parameters"]
            found |= {each["Name"]: each["Value"] for each in answer}
        return found

    def queue(self) -> Queue:
        name = self.parameters.get("/aft/resources/sqs/aft-request-queue-name", "aft-account-request.fifo")
        return Letters(self._reading.aft, name).queue()

    def topics(self) -> Sequence[Topic]:
        found = []
        for kind in ("topic-arn", "failure-topic-arn"):
            arn = self.parameters.get(f"/aft/account/aft-management/sns/{kind}", "")
            if arn:
                attributes = self._reading.aft.call("sns", "GetTopicAttributes", TopicArn=arn)["Attributes"]
                confirmed = int(attributes.get("SubscriptionsConfirmed", 0))
                pending = int(attributes.get("SubscriptionsPending", 0))
                found.append(Topic(name=arn.rpartition(":")[2], confirmed=confirmed, pending=pending))
        return found

    def table(self) -> Table | None:
        calls = self._reading.aft
        try:
            shown = calls.call("dynamodb", "DescribeTable", TableName=_TABLE)["Table"]
        except AwsError as error:
            if error.code == "ResourceNotFoundException":
                return None
            raise
        backups = calls.call("dynamodb", "DescribeContinuousBackups", TableName=_TABLE)
        recovery = backups["ContinuousBackupsDescription"].get("PointInTimeRecoveryDescription", {})
        return Table(
            keys=tuple((each["AttributeName"], each["KeyType"]) for each in shown["KeySchema"]),
            protected=bool(shown.get("DeletionProtectionEnabled")),
            recoverable=recovery.get("PointInTimeRecoveryStatus") == "ENABLED",
        )

    @property
    def region(self) -> str:
        """AFT's."""
        return self._reading.connections.region

    def read_by_aft(self, name: str, kind: str) -> str:
        """What AFT reads of one of its four repositories: its ``name`` or its ``branch``; "" if unset."""
        return self.parameters.get(f"/aft/config/{name}/repo-{kind}", "")

    def identity(self) -> str:
        """Who asks, as IAM names it without account and partition: ``assumed-role/Admin/ann``."""
        arn = str(self._reading.aft.call("sts", "GetCallerIdentity")["Arn"])
        return arn.rpartition(":")[2]

    def hub(self) -> Role:
        """The role that AFT takes all others through."""
        hub, _, _ = self._role_names()
        aft = self.parameters.get("/aft/account/aft-management/account-id", "")
        trusted = (f":iam::{aft}:root", f"{aft}:role/")
        return self._role(self._reading.aft, hub, (aft, "aft-management-admin"), trusted)

    def roles(self) -> Sequence[Role]:
        """AFT's two roles in each of Control Tower's accounts and AFT's own, through the hub."""
        hub, execution, session = self._role_names()
        aft = self.parameters.get("/aft/account/aft-management/account-id", "")
        trusts_hub = (f"assumed-role/{hub}/{session}", f"{aft}:role/{hub}")
        found = []
        for name, profile in _PROFILES.items():
            account = self.parameters.get(f"/aft/account/{name}/account-id", "")
            if not account:
                continue
            calls = self._reading.execution(lambda account=account: account, _ROLE_READS)  # type: ignore[misc]
            for role in (execution, "AWSAFTService"):
                found.append(self._role(calls, role, (account, profile), trusts_hub, hub))
        return found

    def _role_names(self) -> tuple[str, str, str]:
        needed = ("administrator-role-name", "execution-role-name", "session-name")
        names = [self.parameters.get(f"/aft/resources/iam/aft-{name}", "") for name in needed]
        if not all(names):
            raise UsageError("AFT's parameters of its roles are missing")
        return names[0], names[1], names[2]

    def _role(
        self, calls: Caller, name: str, where: tuple[str, str], trusted: Sequence[str], hub: str = ""
    ) -> Role:
        """``hub`` is the role that must be taken before; whoever may not take it learns nothing."""
        account, profile = where
        try:
            shown = calls.call("iam", "GetRole", RoleName=name)["Role"]
        except AwsError as error:
            gone = error.code == "NoSuchEntity" or (error.code == "AccessDenied" and hub)
            if not gone or (hub and f":role/{hub}" in str(error).partition("on resource")[2]):
                raise
            return Role(name=name, account=account, profile=profile, there=False)
        document: Any = shown.get("AssumeRolePolicyDocument", {})
        text = unquote(document) if isinstance(document, str) else json.dumps(document)
        trusts = any(each in text for each in trusted)
        return Role(name=name, account=account, profile=profile, there=True, trusts=trusts)

    def center(self, region: str, owners: Sequence[str]) -> Center:
        answer = self._reading.management.call("sso-admin", "ListInstances", region=region)
        found = [
            (str(each["InstanceArn"]), str(each.get("OwnerAccountId", ""))) for each in answer["Instances"]
        ]
        return Center(region=region, instances=tuple(found), owners=tuple(owners))

    def pipelines(self) -> Pipelines:
        """AFT's own first, then accounts'."""
        calls = self._reading.aft
        names: list[str] = []
        token: dict[str, Any] = {}
        while True:
            answer = calls.call("codepipeline", "ListPipelines", **token)
            names += [str(each["name"]) for each in answer["pipelines"]]
            if not answer.get("nextToken"):
                break
            token = {"nextToken": answer["nextToken"]}
        own = [each for each in names if each.startswith("ct-aft-")]
        accounts = [each for each in names if each.endswith("-customizations-pipeline")]
        looked = (own + accounts)[:_LOOKS]
        gateway = AwsPipelines(calls)
        failed = [name for name in looked if self._failed(gateway, name)]
        return Pipelines(failed=tuple(failed), looked_at=len(looked), total=len(own) + len(accounts))

    def _failed(self, gateway: AwsPipelines, name: str) -> bool:
        try:
            runs = [each for each in gateway.executions(name) if each.status != "Superseded"]
        except NoPipeline:
            return False
        return bool(runs) and runs[0].status == "Failed"

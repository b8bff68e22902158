"""The only module that talks to AWS through its client library: sessions, calls, retries, pace.

Credentials. AFT's trust policies name one session, `assumed-role/AWSAFTAdmin/AWSAFT-Session`, so the
hub keeps that name. AFT writes it to the profile `aft-management-admin` for one hour and never
renews it; when it ends, the build's own credentials assume the hub again. From the hub this run
assumes the execution role of the account that Identity Center is managed from, with a session
policy (`session_policy.py`) that leaves only what the run needs.

Retries. There is one place that repeats a call, `Caller.call`, and botocore's own are switched off: stacked
retries multiply, and a throttled answer that botocore swallows cannot slow this process down (`pace.py`).
Repeated are throttling, server errors, lost connections, and what botocore would not: ConflictException,
which here means "try again" (reference/identity-center.md §3), the outstanding-operations limit, and
expired credentials.
"""

import json
import os
import random
from collections.abc import Callable, Iterator
from typing import Any, Final

import boto3
from botocore import xform_name
from botocore.config import Config
from botocore.credentials import DeferredRefreshableCredentials
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ConnectionError,
    HTTPClientError,
    ProfileNotFound,
)
from botocore.session import get_session as botocore_session

from .errors import AwsError
from .pace import Pace
from .ports import Clock

HUB_PROFILE: Final = "aft-management-admin"
AFT_PROFILE: Final = "aft-management"

_CONFIG: Final = Config(
    retries={"mode": "standard", "total_max_attempts": 1},
    connect_timeout=5,
    read_timeout=20,
    user_agent_extra="aft-access",
)

_EXPIRED: Final = frozenset(
    {"ExpiredToken", "ExpiredTokenException", "RequestExpired", "TokenRefreshRequired"}
)
_THROTTLED: Final = frozenset(
    {
        "BandwidthLimitExceeded",
        "PriorRequestNotComplete",
        "ProvisionedThroughputExceededException",
        "RequestLimitExceeded",
        "RequestThrottled",
        "RequestThrottledException",
        "SlowDown",
        "Throttled",
        "ThrottledException",
        "Throttling",
        "ThrottlingException",
        "TooManyRequestsException",
    }
)
_BUSY: Final = _THROTTLED | {
    "InternalFailure",
    "InternalServerError",
    "InternalServerException",
    "RequestTimeout",
    "RequestTimeoutException",
    "ServiceUnavailable",
    "ServiceUnavailableException",
    "TransactionConflictException",
    "TransactionInProgressException",
}
_PACED: Final = frozenset({"sso-admin", "identitystore"})
"""Services whose calls are counted for the whole organization."""
_OUTSTANDING: Final = frozenset(
    {"CreateAccountAssignment", "DeleteAccountAssignment", "ProvisionPermissionSet"}
)
"""Operations whose ServiceQuotaExceededException may mean "too many outstanding", which passes."""

_PATIENCE: Final = 60.0
"""Seconds that one call is repeated before its failure counts."""


class Credentials:
    """Role sessions of one run. Endpoints and the rest of AWS's configuration are the environment's."""

    def __init__(self, *, region: str, partition: str = "aws") -> None:
        self._region = region
        self._partition = partition
        self.assumed = 0

    def aft(self) -> boto3.Session:
        """AFT's management account, where its tables, parameters and topics are, from AFT's profile."""
        try:
            return boto3.Session(profile_name=AFT_PROFILE, region_name=self._region)
        except ProfileNotFound:
            return self.ambient()

    def execution(self, account_id: str, *, policy: dict[str, Any] | None, hub: "Hub") -> boto3.Session:
        """The execution role in an account, renewed when its hour ends, narrowed by a session policy."""

        def refresh() -> dict[str, str]:
            return self._assume(hub.execution_role_arn(self._partition, account_id), hub, policy)

        core = botocore_session()
        core._credentials = DeferredRefreshableCredentials(refresh_using=refresh, method="sts-assume-role")
        core.set_config_variable("region", self._region)
        return boto3.Session(botocore_session=core, region_name=self._region)

    def _assume(self, role_arn: str, hub: "Hub", policy: dict[str, Any] | None) -> dict[str, str]:
        request: dict[str, Any] = {"RoleArn": role_arn, "RoleSessionName": hub.session_name}
        if policy is not None:
            request["Policy"] = json.dumps(policy, separators=(",", ":"))
        try:
            answer = self._sts(HUB_PROFILE).assume_role(**request)
        except (ClientError, ProfileNotFound) as error:
            if isinstance(error, ClientError) and error.response["Error"]["Code"] not in _EXPIRED:
                raise
            answer = self._hub_again(hub).client("sts", config=_CONFIG).assume_role(**request)
        self.assumed += 1
        found = answer["Credentials"]
        return {
            "access_key": found["AccessKeyId"],
            "secret_key": found["SecretAccessKey"],
            "token": found["SessionToken"],
            "expiry_time": found["Expiration"].isoformat(),
        }

    def _hub_again(self, hub: "Hub") -> boto3.Session:
        """The hub from the build's own role, for when the hour of AFT's profile is over."""
        answer = (
            self.ambient()
            .client("sts", config=_CONFIG)
            .assume_role(RoleArn=hub.hub_role_arn(self._partition), RoleSessionName=hub.session_name)
        )["Credentials"]
        self.assumed += 1
        return boto3.Session(
            aws_access_key_id=answer["AccessKeyId"],
            aws_secret_access_key=answer["SecretAccessKey"],
            aws_session_token=answer["SessionToken"],
            region_name=self._region,
        )

    def _sts(self, profile: str) -> Any:
        return boto3.Session(profile_name=profile, region_name=self._region).client("sts", config=_CONFIG)

    def ambient(self) -> boto3.Session:
        """The build's own role: it reads AFT's parameters and assumes the hub."""
        # AFT exports AWS_PROFILE=aft-target around its helpers: the vended account is not to be trusted.
        core = botocore_session()
        saved = {
            key: os.environ.pop(key) for key in ("AWS_PROFILE", "AWS_DEFAULT_PROFILE") if key in os.environ
        }
        try:
            session = boto3.Session(botocore_session=core, region_name=self._region)
            session.get_credentials()
        finally:
            os.environ.update(saved)
        return session


class Hub:
    """AFT's roles, as its parameters name them."""

    def __init__(
        self, *, aft_account_id: str, admin_role: str, execution_role: str, session_name: str
    ) -> None:
        self.aft_account_id = aft_account_id
        self.admin_role = admin_role
        self.execution_role = execution_role
        self.session_name = session_name

    def hub_role_arn(self, partition: str) -> str:
        """The role that may assume every other one."""
        return f"arn:{partition}:iam::{self.aft_account_id}:role/{self.admin_role}"

    def execution_role_arn(self, partition: str, account_id: str) -> str:
        """The role that AFT makes in every account."""
        return f"arn:{partition}:iam::{account_id}:role/{self.execution_role}"


class Caller:
    """Makes calls with one session. Counts them, keeps the pace, repeats what deserves it.

    `session` makes a new one when AWS says that the credentials ended before their time. `pace` is what the
    callers of one process keep to together.
    """

    def __init__(
        self,
        session: Callable[[], boto3.Session],
        clock: Clock,
        pace: Pace | None = None,
        *,
        patience: float = _PATIENCE,
    ) -> None:
        self._make = session
        self._session: boto3.Session | None = None
        self._clients: dict[tuple[str, str], Any] = {}
        self._clock = clock
        self._pace = pace or Pace(clock)
        self._patience = patience
        self.counts: dict[str, int] = {}

    def call(
        self,
        service: str,
        operation: str,
        *,
        region: str = "",
        fatal: frozenset[str] = frozenset(),
        **arguments: Any,
    ) -> dict[str, Any]:
        """One call to its end. `operation` is the API's name; `fatal` are codes not to repeat.

        Raises AwsError when it failed for good.
        """
        started, renewed = self._clock.now(), 0
        for attempt in range(1000):
            if service in _PACED:
                self._pace.wait()
            self.counts[operation] = self.counts.get(operation, 0) + 1
            try:
                client = self._client(service, region)
                result: dict[str, Any] = getattr(client, xform_name(operation))(**arguments)
                if service in _PACED:
                    self._pace.answered()
                return result
            except ClientError as error:
                failure = _failure(operation, error)
                if service in _PACED and failure.code in _THROTTLED:
                    self._pace.throttled()
                if failure.code in _EXPIRED and renewed < 3:
                    renewed += 1
                    self._forget_session()
                    continue
                wait = self._wait(failure, error, attempt) if failure.code not in fatal else None
            except (HTTPClientError, ConnectionError) as error:
                failure = AwsError(operation, type(error).__name__, str(error))
                wait = self._backoff(attempt)
            except BotoCoreError as error:
                raise AwsError(operation, type(error).__name__, str(error)) from error
            if wait is None or self._clock.now() + wait - started > self._patience:
                raise failure
            self._clock.sleep(wait)
        raise failure

    def pages(self, service: str, operation: str, key: str, **arguments: Any) -> Iterator[Any]:
        """Every item of a paginated call, page after page as they are needed."""
        token: dict[str, Any] = {}
        if operation != "ListTagsForResource":  # the one list call whose pages have no size
            arguments["MaxResults"] = 100
        while True:
            answer = self.call(service, operation, **arguments, **token)
            yield from answer.get(key, [])
            if not answer.get("NextToken"):
                return
            token = {"NextToken": answer["NextToken"]}

    def _client(self, service: str, region: str) -> Any:
        if (service, region) not in self._clients:
            if self._session is None:
                self._session = self._make()
            extra = {"region_name": region} if region else {}
            self._clients[service, region] = self._session.client(service, config=_CONFIG, **extra)
        return self._clients[service, region]

    def _forget_session(self) -> None:
        self._session = None
        self._clients.clear()

    def _wait(self, failure: AwsError, error: ClientError, attempt: int) -> float | None:
        if failure.code == "ConflictException":
            return None if failure.reason == "UNIQUENESS_CONSTRAINT_VIOLATION" else self._backoff(attempt)
        if failure.code == "ServiceQuotaExceededException" and failure.operation in _OUTSTANDING:
            return self._backoff(attempt)
        status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
        if failure.code in _BUSY or status == 429 or status >= 500:
            after = error.response.get("RetryAfterSeconds")
            return float(after) if after else self._backoff(attempt)
        return None

    def _backoff(self, attempt: int) -> float:
        return min(8.0, 0.25 * 2.0 ** min(attempt, 6)) * (0.5 + random.random() / 2)


def _failure(operation: str, error: ClientError) -> AwsError:
    found = error.response.get("Error", {})
    return AwsError(
        operation,
        str(found.get("Code", "Unknown")),
        str(found.get("Message", "")),
        reason=str(error.response.get("Reason", "")),
    )

"""The pipeline that every request of every service passes, in this order.

    identify    whose session is it; unknown and expired keys are refused          sessions.py
    throttle    the organization's 20 calls a second, per service                  rate.py
    disturb     the fault that a test ordered for this call, if any                faults.py
    validate    against botocore's service model                                   validation.py
    authorize   role permissions and session policy; nothing in moto does          authorization.py, policy.py
    perform     our operation, or moto's with our rules around it                  sso_admin.py, ...
    record      one entry in the call log, however it ended                        calls.py

`backstage()` is for whoever builds or inspects the world: no log, no limits, no permissions.
"""

import json
import re
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from random import Random
from typing import TYPE_CHECKING, Any

from aftgen.cloud import (
    authorization,
    baseline_operations,
    delivery,
    ec2_regions,
    identity_store,
    organizations,
    parameter_store,
    service_catalog,
    sso_admin,
)
from aftgen.cloud.behaviour import Behaviour
from aftgen.cloud.calls import CallLog
from aftgen.cloud.clock import Clock
from aftgen.cloud.disturbance import disturb
from aftgen.cloud.errors import AwsError, expired, internal, throttled, unauthorized, unrecognized
from aftgen.cloud.faults import FaultBook
from aftgen.cloud.identity_center import IdentityCenter
from aftgen.cloud.managed_policies import make_attachable
from aftgen.cloud.rate import TokenBucket
from aftgen.cloud.request import Answer, Request
from aftgen.cloud.sessions import Session, Sessions, check_assume_role, is_permitted
from aftgen.cloud.validation import knows, validate

if TYPE_CHECKING:
    from aftgen.cloud.landing_zone import LandingZone

_RATED = ("sso-admin", "identitystore")
_OURS: dict[str, Mapping[str, Callable[["Cloud", Request], Any]]] = {
    "sso-admin": sso_admin.OPERATIONS,
    "identitystore": identity_store.OPERATIONS,
}


class Cloud:
    """One embedded AWS. moto's state is process-wide, so only one can be installed at a time."""

    def __init__(
        self, behaviour: Behaviour | None = None, *, clock: Clock | None = None, seed: int | None = None
    ) -> None:
        self.behaviour = behaviour or Behaviour()
        self.clock = clock or Clock()
        self.random = Random(seed)
        self.log = CallLog()
        self.faults = FaultBook()
        self.sessions = Sessions()
        self.identity_center: IdentityCenter | None = None
        self.management_account: str | None = None
        self.endpoint: str | None = None  # set while served over HTTP
        self.zone: LandingZone | None = None
        self.service_catalog: service_catalog.ServiceCatalog | None = None
        self.delivery: delivery.Delivery | None = None
        self.baselines: list[baseline_operations.BaselineOperation] = []
        self.organization = organizations.OrganizationRules()
        self.metadata_defaults = ec2_regions.MetadataDefaults()
        self.lock = threading.RLock()
        self._backstage = threading.local()
        self._buckets = {service: TokenBucket(self.clock.now) for service in _RATED}

    @contextmanager
    def backstage(self) -> Iterator[None]:
        """Calls of this thread act as an administrator that no rule, limit or log sees."""
        before = getattr(self._backstage, "active", False)
        self._backstage.active = True
        try:
            yield
        finally:
            self._backstage.active = before

    @property
    def is_backstage(self) -> bool:
        return bool(getattr(self._backstage, "active", False))

    def answer(self, request: Request, moto: Callable[[], Answer]) -> Answer:
        """Answers a request; raises AwsError for the gate to write down."""
        if self.is_backstage:
            request.caller = self.sessions.find(request.access_key)
            with self.lock:
                return self._perform(request, moto)
        outcome = "ok"
        try:
            request.caller = self._identify(request)
            self._throttle(request)
            request.fault = self.faults.take(request.service, request.operation, request.parameters)
            disturb(self, request, executed=False)
            validate(request.service, request.operation, request.parameters)
            self._authorize(request)
            with self.lock:
                result = self._perform(request, moto)
            outcome = _outcome(result)
            self.faults.run_hooks(request.service, request.operation, request.parameters)
            disturb(self, request, executed=True)
            return result
        except AwsError as error:
            outcome = error.code
            raise
        except BaseException as error:
            outcome = type(error).__name__
            raise
        finally:
            self.log.record(
                service=request.service,
                operation=request.operation,
                account=request.account,
                caller=request.caller.arn if request.caller else "",
                region=request.region,
                outcome=outcome,
                at=self.clock.now(),
                parameters=request.parameters,
            )

    def _identify(self, request: Request) -> Session:
        session = self.sessions.find(request.access_key)
        if session is None and self.behaviour.anonymous_account:
            account = self.behaviour.anonymous_account
            return Session(
                access_key=request.access_key,
                account=account,
                arn=f"arn:aws:iam::{account}:user/anonymous",
                role_arn="",
                session_policy=None,
                expires_at=float("inf"),
            )
        if session is None:
            raise unrecognized(request.service)
        if session.expires_at <= self.clock.now():
            request.caller = session
            raise expired(request.service)
        return session

    def _throttle(self, request: Request) -> None:
        bucket = self._buckets.get(request.service)
        rate = self.behaviour.calls_per_second
        if bucket is not None and rate is not None:
            with self.lock:
                if not bucket.take(rate):
                    raise throttled(request.service)

    def _authorize(self, request: Request) -> None:
        assert request.caller is not None
        keys = authorization.context(request, self.identity_center)
        for action, resources in authorization.needs(request, self.identity_center):
            if not is_permitted(request.caller, action, resources, keys):
                raise unauthorized(
                    request.service,
                    f"User: {request.caller.arn} is not authorized to perform: {action} on resource: "
                    f"{', '.join(resources or ('*',))} because no identity-based policy or session policy "
                    f"allows the {action} action",
                )

    def _perform(self, request: Request, moto: Callable[[], Answer]) -> Answer:
        operations = _OURS.get(request.service)
        if operations is not None:
            operation = operations.get(request.operation)
            if operation is None:
                raise _not_implemented(request)
            return _as_json(operation(self, request))
        if request.service == "organizations":
            return organizations.perform(self, request, moto)
        if request.service == "servicecatalog":
            return _as_json(service_catalog.perform(self, request))
        if self.delivery is not None and request.service in delivery.SERVICES:
            return _as_json(delivery.perform(self, request))
        if request.service == "ec2":
            return ec2_regions.perform(self, request, partial(_through_moto, request, moto))
        if request.service == "ssm":
            parameter_store.check(request)
        if (request.service, request.operation) == ("iam", "AttachRolePolicy"):
            make_attachable(request.account, request.parameters["PolicyArn"])
        if (request.service, request.operation) == ("sts", "AssumeRole"):
            return self._assume_role(request, moto)
        return _through_moto(request, moto)

    def _assume_role(self, request: Request, moto: Callable[[], Answer]) -> Answer:
        assert request.caller is not None
        policy = check_assume_role(request.caller, request.parameters)
        status, headers, body = moto()
        text = body.decode() if isinstance(body, bytes) else body
        access_key, arn = (re.search(rf"<{tag}>([^<]+)</{tag}>", text) for tag in ("AccessKeyId", "Arn"))
        if access_key is None or arn is None:
            raise internal("sts")
        role_arn = str(request.parameters["RoleArn"])
        self.sessions.remember(
            Session(
                access_key=access_key[1],
                account=role_arn.split(":")[4],
                arn=arn[1],
                role_arn=role_arn,
                session_policy=policy,
                expires_at=self.clock.now() + int(request.parameters.get("DurationSeconds", 3600)),
            )
        )
        return status, headers, body


def _through_moto(request: Request, moto: Callable[[], Answer]) -> Answer:
    """Reference: Identity Center reference §4 "Missing operations": a 500, which botocore retries in vain."""
    try:
        return moto()
    except NotImplementedError as error:
        raise _not_implemented(request) from error


def _not_implemented(request: Request) -> AwsError:
    known = "is not in the embedded AWS" if knows(request.service, request.operation) else "does not exist"
    return AwsError("NotImplementedException", f"{request.service}:{request.operation} {known}")


def _as_json(result: Any) -> Answer:
    return 200, {"Content-Type": "application/x-amz-json-1.1"}, json.dumps(result or {})


def _outcome(answer: Answer) -> str:
    """The error code of an answer that moto wrote."""
    status, _, body = answer
    if int(status) < 400:
        return "ok"
    text = body.decode(errors="replace") if isinstance(body, bytes) else str(body)
    code = re.search(r'"__type":\s*"([^"]+)"|<Code>([^<]+)</Code>', text)
    return (code[1] or code[2]).rpartition("#")[2] if code else f"HTTP {status}"

"""Who calls: sessions of IAM roles, the trust that makes them, the policies that bind them, and their end.

Roles are moto's own IAM roles, with their trust policies, inline and managed policies; what moto leaves out
is that any of it has a consequence. Here a role that does not exist cannot be assumed, one that does not
trust the caller refuses, a session policy narrows every call, a chained session ends after an hour, and an
expired or unknown key is refused.

Reference: Identity Center reference §4 "STS" (any role name, any ExternalId assumable), §3 "1 h chained
sessions", §5.4 (session policy); AFT reference §3.3 (profiles).
"""

import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

from aftgen.cloud.errors import AwsError
from aftgen.cloud.managed_policies import managed_policy_document
from aftgen.cloud.policy import Context, MalformedPolicyError, Policy, decide_together

SESSION_POLICY_CHARACTERS = 2048
CHAINED_SECONDS = 3600

parse_policy = lru_cache(maxsize=512)(Policy.parse)


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """A caller. `role_arn` is empty for the administrator that `Behaviour.anonymous_account` grants."""

    access_key: str
    account: str
    arn: str
    role_arn: str
    session_policy: Policy | None
    expires_at: float

    @property
    def context(self) -> Context:
        return {"aws:PrincipalAccount": self.account, "aws:PrincipalArn": self.role_arn or self.arn}

    @property
    def names(self) -> tuple[str, ...]:
        """How a trust policy can name this caller."""
        return (self.arn, self.role_arn, self.account, f"arn:aws:iam::{self.account}:root", "*")


@dataclass(frozen=True, slots=True, kw_only=True)
class Credentials:
    access_key: str
    secret_key: str
    token: str

    @property
    def arguments(self) -> dict[str, str]:
        """As boto3.Session takes them."""
        return {
            "aws_access_key_id": self.access_key,
            "aws_secret_access_key": self.secret_key,
            "aws_session_token": self.token,
        }


class Sessions:
    """Every session that this cloud issued; keys that it did not issue are strangers."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._sessions: dict[str, Session] = {}

    def find(self, access_key: str) -> Session | None:
        with self._lock:
            return self._sessions.get(access_key)

    def remember(self, session: Session) -> None:
        with self._lock:
            self._sessions[session.access_key] = session

    def expire(self, *, account: str | None = None, access_key: str | None = None) -> int:
        """Ends the sessions of this account or key (all of them when neither is given); says how many."""
        ended = 0
        with self._lock:
            for key, session in self._sessions.items():
                if account in (None, session.account) and access_key in (None, key):
                    self._sessions[key] = replace(session, expires_at=0.0)
                    ended += 1
        return ended

    def issue(self, role_arn: str, session_name: str, *, now: float, seconds: float = 43_200) -> Credentials:
        """A session without asking trust: what CodeBuild or a human already holds when a story begins."""
        from moto.sts.models import sts_backends

        account = role_arn.split(":")[4]
        role = sts_backends[account]["aws"].assume_role(
            region_name="us-east-1",
            role_session_name=session_name,
            role_arn=role_arn,
            policy="",
            duration=int(seconds),
            external_id="",
        )
        self.remember(
            Session(
                access_key=role.access_key_id,
                account=account,
                arn=role.arn,
                role_arn=role_arn,
                session_policy=None,
                expires_at=now + seconds,
            )
        )
        return Credentials(
            access_key=role.access_key_id, secret_key=role.secret_access_key, token=role.session_token
        )


def find_role(role_arn: str) -> Any | None:
    """moto's role object, or None."""
    from moto.iam.models import iam_backends

    account = role_arn.split(":")[4]
    roles = iam_backends[account]["aws"].roles.values()
    return next((role for role in roles if role.arn == role_arn), None)


def identity_policies(role_arn: str) -> tuple[Policy, ...]:
    """The permissions of a role as its inline and managed policies say; none for a role that is gone."""
    role = find_role(role_arn)
    if role is None:
        return ()
    managed = (managed_policy_document(role.account_id, arn) for arn in role.managed_policies)
    return tuple(parse_policy(document) for document in (*role.policies.values(), *managed) if document)


def is_permitted(session: Session, action: str, resources: tuple[str, ...] | None, context: Context) -> bool:
    """The intersection of what the role may do and what its session was narrowed to."""
    everything = {**session.context, **context}
    if session.role_arn and not decide_together(
        identity_policies(session.role_arn), action, resources, everything
    ):
        return False
    return session.session_policy is None or session.session_policy.permits(action, resources, everything)


def check_assume_role(caller: Session, parameters: Mapping[str, str]) -> Policy | None:
    """Raises unless AWS would let the caller assume the role; answers the parsed session policy."""
    role_arn = parameters.get("RoleArn", "")
    refusal = AwsError(
        "AccessDenied",
        f"User: {caller.arn} is not authorized to perform: sts:AssumeRole on resource: {role_arn}",
        status=403,
    )
    role = find_role(role_arn) if role_arn.count(":") >= 5 else None
    if role is None or not _trusts(role, caller, parameters):
        raise refusal
    if not is_permitted(caller, "sts:AssumeRole", (role_arn,), {}):
        raise refusal
    seconds = int(parameters.get("DurationSeconds", CHAINED_SECONDS))
    if caller.role_arn and seconds > CHAINED_SECONDS:
        raise AwsError(
            "ValidationError",
            "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role "
            "chaining",
        )
    documents = [*_managed_session_policies(role.account_id, parameters)]
    if document := parameters.get("Policy"):
        documents.append(_checked(document))
    if not documents:
        return None
    return Policy(tuple(statement for policy in documents for statement in policy.statements))


def _managed_session_policies(account: str, parameters: Mapping[str, str]) -> Iterator[Policy]:
    for name, arn in parameters.items():
        if not name.startswith("PolicyArns.member."):
            continue
        document = managed_policy_document(account, arn)
        if document is None:
            raise AwsError("MalformedPolicyDocument", f"The policy {arn} does not exist in the account")
        yield _parsed(document)


def _checked(document: str) -> Policy:
    if len(document) > SESSION_POLICY_CHARACTERS:
        raise AwsError(
            "ValidationError",
            f"1 validation error detected: Value at 'policy' failed to satisfy constraint: "
            f"Member must have length less than or equal to {SESSION_POLICY_CHARACTERS}",
        )
    return _parsed(document)


def _parsed(document: str) -> Policy:
    try:
        return parse_policy(document)
    except MalformedPolicyError as error:
        raise AwsError("MalformedPolicyDocument", str(error)) from error


def _trusts(role: Any, caller: Session, parameters: Mapping[str, str]) -> bool:
    trust = parse_policy(str(role.assume_role_policy_document))
    context = dict(caller.context)
    if "ExternalId" in parameters:
        context["sts:ExternalId"] = parameters["ExternalId"]
    return any(
        statement.allow
        and any(name in statement.principals for name in caller.names)
        and statement.applies("sts:AssumeRole", None, context)
        for statement in trust.statements
    )

"""`ports.Policies` on AWS, over the calls of `aft_access.identity_center`, the one door to AWS.

Organizations takes one change at a time: another one under way is ConcurrentModificationException or
PolicyChangesInProgressException, which pass (reference/identity-center.md §3, "SCP side"). What a repeated
call finds done already is a success.
"""

import random
from collections.abc import Iterator
from typing import Any, Final, cast

from aft_access.errors import AwsError, RefusedError
from aft_access.gateway import Calls
from aft_access.permission_sets import OWNER_TAG
from aft_access.ports import Clock

from . import document
from .declarations import Policy
from .values import LivePolicy, Root, Summary, TypeStatus

OWNER: Final = "aft-guardrails"
"""Marks a policy as ours. One of the same name without it is somebody else's, and never adopted."""

TYPE: Final = "SERVICE_CONTROL_POLICY"
_PAGE: Final = 20
"""Items on a page of Organizations; it refuses a larger size."""

_PASSING: Final = frozenset(
    {
        "ConcurrentModificationException",
        "PolicyChangesInProgressException",
        "ServiceException",
        "TooManyRequestsException",
    }
)
_PATIENCE: Final = 180.0
"""Seconds that one change waits for others of the organization."""


class PolicyGateway:
    """Service control policies, through the management account."""

    def __init__(self, calls: Calls, clock: Clock) -> None:
        self._calls, self._clock = calls, clock

    def root(self) -> Root:
        """The root, and whether it takes service control policies."""
        found = self._call("ListRoots")["Roots"][0]
        status = next((one["Status"] for one in found.get("PolicyTypes", ()) if one["Type"] == TYPE), "")
        return Root(id=found["Id"], status=cast(TypeStatus, status))

    def enable(self, root_id: str) -> None:
        """Ask for service control policies; it takes a while. They may be on, or on their way, already."""
        self._call(
            "EnablePolicyType", ok="PolicyTypeAlreadyEnabledException", RootId=root_id, PolicyType=TYPE
        )

    def every(self) -> tuple[Summary, ...]:
        """Every policy of the organization, whoever made it."""
        return tuple(map(_summary, self._pages("ListPolicies", "Policies", Filter=TYPE)))

    def read(self, policy_id: str) -> LivePolicy | None:
        """A policy with its tags; None when it does not exist."""
        try:
            found = self._call("DescribePolicy", PolicyId=policy_id)["Policy"]
            tags = {
                one["Key"]: one["Value"]
                for one in self._pages("ListTagsForResource", "Tags", ResourceId=policy_id)
            }
        except AwsError as error:
            if error.code in {"PolicyNotFoundException", "TargetNotFoundException"}:
                return None
            raise
        summary = found["PolicySummary"]
        return LivePolicy(
            id=policy_id,
            name=summary["Name"],
            description=summary.get("Description", ""),
            content=found["Content"],
            tags=tuple(sorted((key, value) for key, value in tags.items() if key != OWNER_TAG)),
            ours=tags.get(OWNER_TAG) == OWNER,
        )

    def create(self, wanted: Policy) -> str:
        """Make a policy and answer its id. A lost answer's policy is found again by name and tag."""
        tags = {**dict(wanted.tags), OWNER_TAG: OWNER}
        try:
            made = self._call(
                "CreatePolicy",
                Name=wanted.name,
                Description=wanted.description,
                Content=wanted.document.content,
                Type=TYPE,
                Tags=_tags(tags),
            )
            return str(made["Policy"]["PolicySummary"]["Id"])
        except AwsError as error:
            if error.code != "DuplicatePolicyException":
                raise
        existing = next((one for one in self.every() if one.name == wanted.name), None)
        live = self.read(existing.id) if existing else None
        if live is None or not live.ours:
            raise RefusedError([f"the policy {wanted.name} exists and lacks our tag: it is somebody else's"])
        return live.id

    def write(self, live: LivePolicy, wanted: Policy) -> None:
        """Make a policy of ours what is wanted; only what differs is sent."""
        changed: dict[str, str] = {}
        if live.name != wanted.name:
            changed["Name"] = wanted.name
        if live.description != wanted.description:
            changed["Description"] = wanted.description
        if not document.same(live.content, wanted.document.content):
            changed["Content"] = wanted.document.content
        if changed:
            self._call("UpdatePolicy", PolicyId=live.id, **changed)
        missing = dict(set(wanted.tags) - set(live.tags))
        if missing:
            self._call("TagResource", ResourceId=live.id, Tags=_tags(missing))
        extra = sorted({key for key, _ in live.tags} - {key for key, _ in wanted.tags})
        if extra:
            self._call("UntagResource", ResourceId=live.id, TagKeys=extra)

    def delete(self, policy_id: str) -> None:
        """Delete a policy that is attached nowhere."""
        self._call("DeletePolicy", ok="PolicyNotFoundException", PolicyId=policy_id)

    def targets(self, policy_id: str) -> frozenset[str]:
        """Ids of the root, OUs and accounts that a policy is attached to."""
        listed = self._pages("ListTargetsForPolicy", "Targets", PolicyId=policy_id)
        return frozenset(one["TargetId"] for one in listed)

    def on(self, target: str) -> tuple[Summary, ...] | None:
        """Policies that are attached to a target itself; None when it does not exist."""
        try:
            listed = self._pages("ListPoliciesForTarget", "Policies", TargetId=target, Filter=TYPE)
            return tuple(map(_summary, listed))
        except AwsError as error:
            if error.code == "TargetNotFoundException":
                return None
            raise

    def attach(self, policy_id: str, target: str) -> None:
        """Attach a policy; one that is attached is fine."""
        self._call(
            "AttachPolicy", ok="DuplicatePolicyAttachmentException", PolicyId=policy_id, TargetId=target
        )

    def detach(self, policy_id: str, target: str) -> None:
        """Detach a policy; one that is not attached is fine."""
        self._call("DetachPolicy", ok="PolicyNotAttachedException", PolicyId=policy_id, TargetId=target)

    def _call(self, operation: str, *, ok: str = "", **arguments: Any) -> dict[str, Any]:
        started = self._clock.now()
        for attempt in range(1000):
            try:
                return self._calls.call("organizations", operation, **arguments)
            except AwsError as error:
                if ok and error.code == ok:
                    return {}
                pause = min(15.0, 0.5 * 2.0 ** min(attempt, 5)) * (0.5 + random.random() / 2)
                if error.code not in _PASSING or self._clock.now() + pause - started > _PATIENCE:
                    raise
            self._clock.sleep(pause)
        raise AssertionError("unreachable")

    def _pages(self, operation: str, key: str, **arguments: Any) -> Iterator[Any]:
        size: dict[str, Any] = {} if operation == "ListTagsForResource" else {"MaxResults": _PAGE}
        token: dict[str, Any] = {}
        while True:
            answer = self._call(operation, **arguments, **size, **token)
            yield from answer.get(key, ())
            if not answer.get("NextToken"):
                return
            token = {"NextToken": answer["NextToken"]}


def _summary(found: dict[str, Any]) -> Summary:
    return Summary(id=found["Id"], name=found.get("Name", ""), description=found.get("Description", ""))


def _tags(tags: dict[str, str]) -> list[dict[str, str]]:
    return [{"Key": key, "Value": value} for key, value in sorted(tags.items())]

"""An evaluator for IAM policies: role permissions, session policies and trust policies.

moto enforces no policy, so one forgotten action in a session policy would pass every test and fail in
production. Covered: Allow and Deny; Action and NotAction with wildcards; Resource and NotResource; the
string, ARN, Bool and Null condition operators with IfExists, ForAnyValue and ForAllValues. An operator that
is not covered is an error, never a silent match.

Reference: Identity Center reference §5.4 (session policy limited to actions and account), §4 "STS".
"""

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any, Literal

Context = Mapping[str, str | tuple[str, ...]]
Verdict = Literal["allow", "deny", "silent"]


class MalformedPolicyError(ValueError):
    """The document is not a policy; the message says why."""


@dataclass(frozen=True, slots=True)
class Statement:
    allow: bool
    actions: tuple[str, ...]
    excludes_actions: bool
    resources: tuple[str, ...]
    excludes_resources: bool
    principals: tuple[str, ...]
    conditions: tuple[tuple[str, str, tuple[str, ...]], ...]

    def applies(self, action: str, resource: str | None, context: Context) -> bool:
        """`resource` None stands for a resource that the caller of this evaluator cannot name: it matches."""
        if (
            any(_matches(action.lower(), pattern.lower()) for pattern in self.actions)
            == self.excludes_actions
        ):
            return False
        if resource is not None and self.resources:
            named = any(_matches(resource, pattern) for pattern in self.resources)
            if named == self.excludes_resources:
                return False
        return all(_holds(operator, key, values, context) for operator, key, values in self.conditions)


@dataclass(frozen=True, slots=True)
class Policy:
    statements: tuple[Statement, ...]

    @classmethod
    def parse(cls, document: str) -> "Policy":
        try:
            data = json.loads(document)
        except ValueError as error:
            raise MalformedPolicyError(f"not JSON: {error}") from error
        if not isinstance(data, dict) or "Statement" not in data:
            raise MalformedPolicyError("a policy is an object with a Statement")
        statements = data["Statement"]
        items = statements if isinstance(statements, list) else [statements]
        return cls(tuple(_statement(item) for item in items))

    def decide(self, action: str, resource: str | None, context: Context) -> Verdict:
        verdict: Verdict = "silent"
        for statement in self.statements:
            if statement.applies(action, resource, context):
                if not statement.allow:
                    return "deny"
                verdict = "allow"
        return verdict

    def permits(self, action: str, resources: Iterable[str] | None, context: Context) -> bool:
        """Every resource that the action touches must be allowed; a denied one refuses the call."""
        named: list[str | None] = [None] if resources is None else list(resources) or ["*"]
        return all(self.decide(action, resource, context) == "allow" for resource in named)


def decide_together(
    policies: Iterable[Policy], action: str, resources: Iterable[str] | None, context: Context
) -> bool:
    """The policies of one identity: an Allow in any of them suffices, a Deny in any of them refuses."""
    return Policy(tuple(s for policy in policies for s in policy.statements)).permits(
        action, resources, context
    )


def _statement(item: Any) -> Statement:
    if not isinstance(item, dict) or item.get("Effect") not in ("Allow", "Deny"):
        raise MalformedPolicyError("a statement has an Effect of Allow or Deny")
    if ("Action" in item) == ("NotAction" in item):
        raise MalformedPolicyError("a statement has either Action or NotAction")
    if "Resource" in item and "NotResource" in item:
        raise MalformedPolicyError("a statement has either Resource or NotResource")
    conditions = []
    for operator, entries in (item.get("Condition") or {}).items():
        _check_operator(operator)
        for key, values in entries.items():
            conditions.append((operator, key.lower(), tuple(str(value) for value in _listed(values))))
    principal = item.get("Principal", ())
    principals = (
        [value for values in principal.values() for value in _listed(values)]
        if isinstance(principal, dict)
        else _listed(principal)
    )
    return Statement(
        allow=item["Effect"] == "Allow",
        actions=tuple(_listed(item.get("Action", item.get("NotAction")))),
        excludes_actions="NotAction" in item,
        resources=tuple(_listed(item.get("Resource", item.get("NotResource", ())))),
        excludes_resources="NotResource" in item,
        principals=tuple(principals),
        conditions=tuple(conditions),
    )


def _listed(value: Any) -> list[Any]:
    return list(value) if isinstance(value, (list, tuple)) else [value]


def _matches(value: str, pattern: str) -> bool:
    # IAM knows * and ? only; fnmatch would read [ as a class.
    return fnmatchcase(value, pattern.replace("[", "[[]"))


_STRING_TESTS: Mapping[str, Callable[[str, str], bool]] = {
    "StringEquals": lambda value, wanted: value == wanted,
    "StringEqualsIgnoreCase": lambda value, wanted: value.lower() == wanted.lower(),
    "StringLike": _matches,
    "ArnEquals": _matches,
    "ArnLike": _matches,
    "Bool": lambda value, wanted: value.lower() == wanted.lower(),
}
_NEGATED = {
    "StringNotEquals": "StringEquals",
    "StringNotEqualsIgnoreCase": "StringEqualsIgnoreCase",
    "StringNotLike": "StringLike",
    "ArnNotEquals": "ArnEquals",
    "ArnNotLike": "ArnLike",
}


def _bare(operator: str) -> str:
    return operator.split(":")[-1].removesuffix("IfExists")


def _check_operator(operator: str) -> None:
    if _bare(operator) not in {*_STRING_TESTS, *_NEGATED, "Null"}:
        raise MalformedPolicyError(f"condition operator {operator} is not covered by the embedded AWS")


def _holds(operator: str, key: str, wanted: tuple[str, ...], context: Context) -> bool:
    present = next((value for name, value in context.items() if name.lower() == key), None)
    bare = _bare(operator)
    if bare == "Null":
        return (present is None) == (wanted[0].lower() == "true")
    if present is None:
        return operator.endswith("IfExists") or bare in _NEGATED or operator.startswith("ForAllValues:")
    values = (present,) if isinstance(present, str) else present
    test = _STRING_TESTS[_NEGATED.get(bare, bare)]
    results = [any(test(value, each) for each in wanted) != (bare in _NEGATED) for value in values]
    return all(results) if operator.startswith("ForAllValues:") or bare in _NEGATED else any(results)

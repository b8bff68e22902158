"""Which roles a Deny can lock out: those of AFT, Control Tower and StackSets must be out of its reach.

AFT and Control Tower enter every account through roles, and service control policies bind those like any
other (service-linked roles are free of them). A Deny without an exception stops the vending of accounts,
often months later. A statement passes only if one of its conditions can never hold for such a role; what
its actions are is not weighed, because nobody knows what these roles will have to do next. An exception
reviewed by a person can say that they never will.
"""

import re
from collections.abc import Iterable
from typing import Final

from .document import Condition, Statement
from .patterns import arn_covers, arns_meet, covers, meet

ROLES: Final = (
    "AWSAFTAdmin",
    "AWSAFTExecution",
    "AWSAFTService",
    "AWSControlTower*",
    "aws-controltower-*",
    "stacksets-exec-*",
)
"""Names of roles that no Deny may reach: AFT's (reference/aft.md §3.3), Control Tower's, StackSets'."""

_PRINCIPAL: Final = "aws:principalarn"
_OF_PEOPLE: Final = frozenset({"identitystore:userid"})
"""Keys that only the session of a person carries, never one of these roles'."""
_ANY_ACCOUNT: Final = re.compile(r"\$\{aws:PrincipalAccount\}", re.IGNORECASE)


def arns(partition: str, more: Iterable[str] = ()) -> tuple[str, ...]:
    """Patterns of the protected roles' ARNs, in every account."""
    return tuple(f"arn:{partition}:iam::*:role/{name}" for name in dict.fromkeys((*ROLES, *more)))


def reached(statement: Statement, roles: Iterable[str]) -> tuple[str, ...]:
    """Patterns of protected roles that a statement can deny something."""
    if statement.effect != "Deny":
        return ()
    return tuple(role for role in roles if not any(_spares(one, role) for one in statement.conditions))


def excuses(actions: Iterable[str], statement: Statement) -> bool:
    """Whether reviewed actions are all that a statement denies; those of NotAction are never all."""
    reviewed = [one.lower() for one in actions]
    if statement.every_other_action:
        return "*" in reviewed
    return all(any(covers(one, action.lower()) for one in reviewed) for action in statement.actions)


def _spares(condition: Condition, role: str) -> bool:
    """Whether a condition can never hold for a role: then the statement never applies to it."""
    qualifier, _, test = condition.operator.rpartition(":")
    key = condition.key.lower()
    if key in _OF_PEOPLE:
        # The key is missing there, and a test that demands it then fails.
        demanded = test in {"StringEquals", "StringEqualsIgnoreCase", "StringLike"}
        return demanded and qualifier != "ForAllValues"
    if key != _PRINCIPAL or qualifier:
        return False
    values = [_ANY_ACCOUNT.sub("*", value) for value in condition.values]
    # Every request of a role has its ARN, so IfExists changes nothing.
    test = test.removesuffix("IfExists")
    if test in {"ArnNotLike", "ArnNotEquals"}:
        return any(arn_covers(value, role) for value in values if "$" not in value)
    if test == "StringNotLike":
        return any(covers(value, role) for value in values if "$" not in value)
    if test in {"ArnLike", "ArnEquals"}:
        return not any("$" in value or arns_meet(value, role) for value in values)
    if test == "StringLike":
        # A star there may reach over colons; accounts and names of roles have none.
        return not any("$" in value or meet(value, role, never=":") for value in values)
    if test == "StringEquals":
        return not any("$" in value or covers(role, value) for value in values)
    return False

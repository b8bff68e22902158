"""Judges a whole plan before its first write. Every reason is collected; one is enough to change nothing."""

from datetime import date
from typing import Final

from . import contract, restrictions
from .catalogue import Catalogue
from .contract import AccessDeclaration, ContractError, Grant
from .desired import REQUEST
from .places import Place
from .plan import Plan
from .values import Account, Request, Row

ACTIVE: Final = "ACTIVE"


def account_refusals(account: Account, management_account_id: str) -> tuple[str, ...]:
    """Why nothing may be done in an account at all."""
    if account.id == management_account_id:
        return ("the management account is never a target",)
    if account.status != ACTIVE:
        return (f"the account is {account.status}; Identity Center can be changed in active accounts only",)
    return ()


def management_refusals(catalogue: Catalogue, request: Request | None, account_id: str) -> tuple[str, ...]:
    """What is declared for the management account, where nothing may be: by its request, or by its id.

    A rule for an OU that it happens to be in is not meant for it.
    """
    never = "the management account is never a target"
    if request is not None and request.problem:
        return (f"{never}, and its request cannot be read: {request.problem}",)
    found = []
    if request is not None and request.access is not None:
        try:
            declared = bool(contract.parse(request.access).grants)
        except ContractError:
            declared = True
        if declared:
            found.append(f"{never}, and its request declares access: write grants = {{}}")
    access = catalogue.access
    found += [
        f"{never}, and the rule {rule.name} names it"
        for rule in access.rules
        if account_id in rule.match.accounts
    ]
    found += [
        f"{never}, and {one.permission_set}:{one.principal} is required in it"
        for one in access.required
        if account_id in one.where.accounts
    ]
    return tuple(found)


def request_refusals(request: Request | None, rows: tuple[Row, ...]) -> tuple[str, ...]:
    """Why the request cannot be followed: it is missing, unreadable, or it lost its declaration."""
    if request is None:
        return ("the account has no row in AFT's request table, so what it should have is unknown",)
    if request.problem:
        return (f"the request cannot be read: {request.problem}",)
    owned = [row for row in rows if row.source == REQUEST]
    if request.access is None and owned:
        return (
            f"the request declares no access any more and we own {len(owned)} grants that it asked for: "
            "write grants = {} to revoke them, or run `aftgen access release` to give up ownership",
        )
    return ()


def plan_refusals(
    plan: Plan,
    catalogue: Catalogue,
    place: Place,
    desired: dict[Grant, str],
    unknown: tuple[str, ...],
    request: Request,
    today: date,
) -> tuple[str, ...]:
    """Why the plan may not be carried out."""
    found = [*unknown]
    found += restrictions.problems(catalogue, desired, place)
    problem = catalogue.sso_user_problem(request.sso_user_email) if request.sso_user_email else None
    if problem:
        found.append(problem)
    declared = AccessDeclaration(grants=tuple(desired))
    found += catalogue.lookalike_principals(declared)
    limit = catalogue.max_revocations(plan.account_id, today)
    revoked = sum(not step.dead for step in plan.revokes)
    if revoked > limit:
        found.append(
            f"{revoked} grants would be revoked and max_revocations is {limit}: "
            "add a reviewed entry to exceptions in access.yaml"
        )
    revoking = {step.grant for step in plan.revokes}
    found += [
        f"{step.grant} is protected and would be revoked"
        for step in plan.revokes
        if step.grant.principal in catalogue.protected and not step.dead
    ]
    for grant in sorted(catalogue.required_grants(place)):
        if grant not in plan.standing or grant in revoking:
            found.append(f"{grant} is required here and would not stand: grant it by a rule")
    return tuple(found)

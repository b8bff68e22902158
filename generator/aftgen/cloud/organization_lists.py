"""The lists of Organizations, 20 rows a page as in AWS; several of moto's have no pages at all.

Reference: Identity Center reference §4 "Organizations"; §3 "Every List* pages".
"""

from collections.abc import Callable, Mapping
from typing import Any, Final

from aftgen.cloud.errors import AwsError

Rows = tuple[str, list[Any]]


def _accounts(organization: Any, given: Mapping[str, Any]) -> Rows:
    accounts = organization.accounts
    if "ParentId" in given:
        parent = organization.validate_parent_id(given["ParentId"])
        accounts = [account for account in accounts if account.parent_id == parent]
    return "Accounts", [account.describe() for account in accounts]


def _units(organization: Any, given: Mapping[str, Any]) -> Rows:
    parent = organization.validate_parent_id(given["ParentId"])
    units = [unit for unit in organization.ou if unit.parent_id == parent]
    return "OrganizationalUnits", [{"Id": unit.id, "Arn": unit.arn, "Name": unit.name} for unit in units]


def _children(organization: Any, given: Mapping[str, Any]) -> Rows:
    return "Children", organization.list_children(ParentId=given["ParentId"], ChildType=given["ChildType"])[
        "Children"
    ]


def _parents(organization: Any, given: Mapping[str, Any]) -> Rows:
    child = next(
        (each for each in (*organization.accounts, *organization.ou) if each.id == given["ChildId"]), None
    )
    if child is None:
        raise AwsError("ChildNotFoundException", "You specified a child that doesn't exist.")
    return "Parents", [
        {"Id": unit.id, "Type": unit.type} for unit in organization.ou if unit.id == child.parent_id
    ]


def _roots(organization: Any, given: Mapping[str, Any]) -> Rows:  # noqa: ARG001
    return "Roots", organization.list_roots()["Roots"]


def _policies(organization: Any, given: Mapping[str, Any]) -> Rows:
    return "Policies", [
        policy.describe()["Policy"]["PolicySummary"]
        for policy in organization.policies
        if policy.type == given["Filter"]
    ]


def _policies_for_target(organization: Any, given: Mapping[str, Any]) -> Rows:
    everything = (*organization.ou, *organization.accounts)
    target = next((each for each in everything if each.id == given["TargetId"]), None)
    if target is None:
        raise AwsError("TargetNotFoundException", "You specified a target that doesn't exist.")
    return "Policies", [
        policy.describe()["Policy"]["PolicySummary"]
        for policy in target.attached_policies
        if policy.type == given["Filter"]
    ]


def _targets(organization: Any, given: Mapping[str, Any]) -> Rows:
    return "Targets", organization.list_targets_for_policy(PolicyId=given["PolicyId"])["Targets"]


def _delegates(organization: Any, given: Mapping[str, Any]) -> Rows:
    return "DelegatedAdministrators", organization.list_delegated_administrators(
        **{key: given[key] for key in ("ServicePrincipal",) if key in given}
    )["DelegatedAdministrators"]


def _tags(organization: Any, given: Mapping[str, Any]) -> Rows:
    return "Tags", organization.list_tags_for_resource(ResourceId=given["ResourceId"])["Tags"]


LISTS: Final[dict[str, Callable[[Any, Mapping[str, Any]], Rows]]] = {
    "ListAccounts": _accounts,
    "ListAccountsForParent": _accounts,
    "ListChildren": _children,
    "ListDelegatedAdministrators": _delegates,
    "ListOrganizationalUnitsForParent": _units,
    "ListParents": _parents,
    "ListPolicies": _policies,
    "ListPoliciesForTarget": _policies_for_target,
    "ListRoots": _roots,
    "ListTagsForResource": _tags,
    "ListTargetsForPolicy": _targets,
}

"""What a call needs permission for: its actions, the resources that they touch, and the condition keys.

Identity Center's calls name every resource exactly; for the other services the ones that the pipeline uses
are named (tables, parameters, topics, roles), and the rest is judged by action alone.

Reference: Identity Center reference §5.1 and §5.4: `sso:CreateAccountAssignment` takes instance,
permissionSet and account resources, and a permission set supports `aws:ResourceTag`.
"""

from collections.abc import Mapping
from typing import Any

from aftgen.cloud import organizations
from aftgen.cloud.identity_center import IdentityCenter
from aftgen.cloud.policy import Context
from aftgen.cloud.request import Request

Need = tuple[str, tuple[str, ...] | None]

_PREFIX = {"sso-admin": "sso", "stepfunctions": "states"}
_UNRESTRICTED = frozenset({("sts", "GetCallerIdentity"), ("sts", "GetSessionToken")})
_STORE_RESOURCES = {"GroupId": "group", "UserId": "user", "MembershipId": "membership"}
_TRANSACTION_ACTIONS = {
    "Put": "PutItem",
    "Update": "UpdateItem",
    "Delete": "DeleteItem",
    "ConditionCheck": "ConditionCheckItem",
    "Get": "GetItem",
}


def needs(request: Request, center: IdentityCenter | None) -> list[Need]:
    """Every (action, resources) that must be allowed; resources None means: judge the action alone."""
    service, operation, given = request.service, request.operation, request.parameters
    if (service, operation) in _UNRESTRICTED or (service, operation) == ("sts", "AssumeRole"):
        return []  # AssumeRole is judged together with the role's trust
    action = f"{_PREFIX.get(service, service)}:{operation}"
    if service == "sso-admin":
        return [(action, _identity_center(given))]
    if service == "identitystore":
        return [(action, _identity_store(given, center))]
    if service == "dynamodb":
        return _tables(request)
    if service == "ssm":
        names = [given[key] for key in ("Name", "Path") if key in given] + list(given.get("Names", ()))
        prefix = f"arn:aws:ssm:{request.region}:{request.account}:parameter"
        return [(action, tuple(f"{prefix}/{str(name).lstrip('/')}" for name in names) or None)]
    if service == "organizations" and center is not None:
        return [(action, organizations.resources(center.owner, given))]
    if service == "sns" and "TopicArn" in given:
        return [(action, (str(given["TopicArn"]),))]
    return [(action, None)]


def context(request: Request, center: IdentityCenter | None) -> Context:
    keys: dict[str, str | tuple[str, ...]] = {"aws:RequestedRegion": request.region}
    if request.service == "organizations" and {"Type", "PolicyType"} & set(request.parameters):
        given = request.parameters
        keys["organizations:PolicyType"] = str(given.get("PolicyType", given.get("Type")))
    tags = {tag["Key"]: tag["Value"] for tag in request.parameters.get("Tags") or () if isinstance(tag, dict)}
    for name, value in tags.items():
        keys[f"aws:RequestTag/{name}"] = value
    names = tuple(tags) or tuple(request.parameters.get("TagKeys") or ())
    if names:
        keys["aws:TagKeys"] = names
    permission_set = request.parameters.get("PermissionSetArn", request.parameters.get("ResourceArn"))
    if center is not None and permission_set in center.permission_sets:
        for name, value in center.permission_sets[permission_set].tags.items():
            keys[f"aws:ResourceTag/{name}"] = value
    return keys


def _identity_center(given: Mapping[str, Any]) -> tuple[str, ...]:
    resources = [
        str(given[key]) for key in ("InstanceArn", "PermissionSetArn", "ResourceArn") if key in given
    ]
    resources += [f"arn:aws:sso:::account/{given[key]}" for key in ("TargetId", "AccountId") if key in given]
    return tuple(dict.fromkeys(resources)) or ("*",)


def _identity_store(given: Mapping[str, Any], center: IdentityCenter | None) -> tuple[str, ...]:
    owner = center.owner if center is not None else ""
    store = str(given.get("IdentityStoreId", "*")).rpartition("/")[2]
    resources = [f"arn:aws:identitystore::{owner}:identitystore/{store}"]
    resources += [
        f"arn:aws:identitystore:::{kind}/{given[key]}"
        for key, kind in _STORE_RESOURCES.items()
        if key in given
    ]
    member = (given.get("MemberId") or {}).get("UserId")
    if member:
        resources.append(f"arn:aws:identitystore:::user/{member}")
    return tuple(resources)


def _tables(request: Request) -> list[Need]:
    def table(name: Any) -> tuple[str, ...]:
        text = str(name)
        prefix = f"arn:aws:dynamodb:{request.region}:{request.account}:table/"
        return (text if text.startswith("arn:") else prefix + text,)

    given = request.parameters
    if "TransactItems" in given:
        return [
            (f"dynamodb:{_TRANSACTION_ACTIONS[kind]}", table(body["TableName"]))
            for item in given["TransactItems"]
            for kind, body in item.items()
            if kind in _TRANSACTION_ACTIONS
        ]
    action = f"dynamodb:{request.operation}"
    if "RequestItems" in given:
        return [(action, table(name)) for name in given["RequestItems"]]
    return [(action, table(given["TableName"]) if "TableName" in given else None)]

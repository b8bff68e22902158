"""The identity store's users and groups; every operation is ours, none of moto's is left.

Reference: Identity Center reference §4 "identity store id", "CreateGroup", "CreateUser", "GetUserId
emails.value", "ExternalIds, CreatedBy, Revision", "Missing operations" (UpdateGroup, UpdateUser,
DescribeIdentityStore); §3 "identitystore ConflictException has Reason", "Identity resolution".
"""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Final

from aftgen.cloud.directory import Directory, Kind
from aftgen.cloud.errors import denied, invalid, not_found
from aftgen.cloud.memberships import OPERATIONS as MEMBERSHIPS
from aftgen.cloud.request import Request
from aftgen.cloud.visit import Result, is_home

if TYPE_CHECKING:
    from aftgen.cloud.cloud import Cloud

_RESERVED: Final = frozenset({"administrator", "awsadministrators"})
_UNIQUE: Final[Mapping[str, Kind]] = {"displayname": "GROUP", "username": "USER", "emails.value": "USER"}
_USER_REQUIRED: Final = ("UserName", "DisplayName", "Name")


def enter(cloud: "Cloud", request: Request) -> Directory:
    """Raises unless this account in this Region may use this store."""
    center = cloud.identity_center
    refusal = denied(
        f"User: {request.author} is not authorized to perform: identitystore:{request.operation}"
    )
    if center is None or not is_home(center, request):
        raise refusal
    wanted = str(request.parameters.get("IdentityStoreId", "")).rpartition("/")[2]
    if request.region != center.region or wanted != center.store.id:
        raise not_found("IDENTITY_STORE not found.", ResourceType="IDENTITY_STORE", ResourceId=wanted)
    return Directory(center, cloud.behaviour, request)


def _create_group(here: Directory) -> Result:
    attributes = _attributes(here, ("DisplayName", "Description"))
    _check_name(attributes.get("DisplayName"))
    here.check_unique("GROUP", attributes)
    group = here.data.add("GROUP", attributes, now=here.now, author=here.author)
    return here.identified("GROUP", group)


def _create_user(here: Directory) -> Result:
    attributes = _attributes(here, tuple(name for name in here.given if name != "IdentityStoreId"))
    for name in _USER_REQUIRED:
        if not attributes.get(name):
            raise invalid(f"{name} is a required attribute")
    if not attributes["Name"].get("GivenName") or not attributes["Name"].get("FamilyName"):
        raise invalid("Name must have GivenName and FamilyName")
    _check_name(attributes["UserName"])
    here.check_unique("USER", attributes)
    user = here.data.add("USER", attributes, now=here.now, author=here.author)
    return here.identified("USER", user)


def _attributes(here: Directory, names: tuple[str, ...]) -> dict[str, Any]:
    return {name: here.given[name] for name in names if here.given.get(name) is not None}


def _check_name(name: Any) -> None:
    if str(name).lower() in _RESERVED:
        raise invalid(f"{name} is a reserved name and cannot be used for users or groups.")


def _describe(kind: Kind) -> Callable[[Directory], Result]:
    return lambda here: here.shown(kind, here.find(kind))


def _list(kind: Kind, member: str, path: str) -> Callable[[Directory], Result]:
    """Filters are deprecated and know one attribute each."""

    def operation(here: Directory) -> Result:
        found = list(here.members(kind).values())
        for wanted in here.given.get("Filters") or []:
            if wanted["AttributePath"].lower() != path.lower():
                raise invalid(f"The attribute {wanted['AttributePath']} is not a supported filter")
            found = [each for each in found if here.same(each.attributes.get(path), wanted["AttributeValue"])]
        rows, more = here.page([here.shown(kind, each) for each in found])
        return {member: rows, **more}

    return operation


def _get_id(kind: Kind) -> Callable[[Directory], Result]:
    def operation(here: Directory) -> Result:
        identifier = here.given["AlternateIdentifier"]
        if len(identifier) != 1:
            raise invalid("Exactly one of ExternalId and UniqueAttribute must be given")
        if "ExternalId" in identifier:
            wanted = identifier["ExternalId"]
            found = [
                each
                for each in here.members(kind).values()
                if {"Issuer": wanted["Issuer"], "Id": wanted["Id"]} in each.external_ids
            ]
        else:
            path = str(identifier["UniqueAttribute"]["AttributePath"])
            value = identifier["UniqueAttribute"]["AttributeValue"]
            if _UNIQUE.get(path.lower()) != kind:
                raise invalid(f"The attribute {path} is not a unique attribute")
            found = here.having(kind, path.lower(), value)
        if not found:
            raise here.missing(kind)
        identified = here.identified(kind, found[0])
        del identified["Revision"]
        return identified

    return operation


def _update(kind: Kind) -> Callable[[Directory], Result]:
    def operation(here: Directory) -> Result:
        member = here.find(kind)
        here.check_revision(member)
        changed = dict(member.attributes)
        for change in here.given["Operations"]:
            _apply(changed, str(change["AttributePath"]), change.get("AttributeValue"))
        _check_name(changed.get("UserName" if kind == "USER" else "DisplayName"))
        here.check_unique(kind, changed, apart_from=member)
        member.attributes = changed
        member.updated_at, member.updated_by = here.now, here.author
        member.revision += 1
        return here.identified(kind, member)

    return operation


def _apply(attributes: dict[str, Any], path: str, value: Any) -> None:
    """`displayName`, `name.givenName`: paths are written in camel case; no value removes the attribute."""
    head, _, rest = path.partition(".")
    name = head[:1].upper() + head[1:]
    if rest:
        nested = dict(attributes.get(name) or {})
        _apply(nested, rest, value)
        attributes[name] = nested
    elif value is None:
        attributes.pop(name, None)
    else:
        attributes[name] = value


def _delete(kind: Kind) -> Callable[[Directory], Result]:
    """Takes the memberships along; what happens to assignments is the behaviour's choice."""

    def operation(here: Directory) -> Result:
        member = here.find(kind)
        here.check_revision(member)
        del here.members(kind)[member.id]
        if kind == "GROUP":
            here.data.drop_memberships(group=member.id)
        else:
            here.data.drop_memberships(user=member.id)
        if not here.behaviour.assignments_outlive_principal:
            for triple in list(here.center.assignments):
                if (triple.principal_type, triple.principal_id) == (kind, member.id):
                    here.center.remove_assignment(triple)
        return None

    return operation


def _describe_store(here: Directory) -> Result:
    return {"IdentityStoreId": here.data.id, "IdentityStoreArn": here.data.arn}


def _list_stores(cloud: "Cloud", request: Request) -> Result:
    center = cloud.identity_center
    if center is None or not is_home(center, request) or request.region != center.region:
        return {"IdentityStores": []}
    return {"IdentityStores": [{"IdentityStoreId": center.store.id, "IdentityStoreArn": center.store.arn}]}


def _entered(operation: Callable[[Directory], Result]) -> Callable[["Cloud", Request], Any]:
    return lambda cloud, request: operation(enter(cloud, request))


OPERATIONS: Final[dict[str, Callable[["Cloud", Request], Any]]] = {
    "ListIdentityStores": _list_stores,
    **{
        name: _entered(operation)
        for name, operation in {
            "CreateGroup": _create_group,
            "CreateUser": _create_user,
            "DescribeGroup": _describe("GROUP"),
            "DescribeUser": _describe("USER"),
            "ListGroups": _list("GROUP", "Groups", "DisplayName"),
            "ListUsers": _list("USER", "Users", "UserName"),
            "GetGroupId": _get_id("GROUP"),
            "GetUserId": _get_id("USER"),
            "UpdateGroup": _update("GROUP"),
            "UpdateUser": _update("USER"),
            "DeleteGroup": _delete("GROUP"),
            "DeleteUser": _delete("USER"),
            "DescribeIdentityStore": _describe_store,
            **MEMBERSHIPS,
        }.items()
    },
}

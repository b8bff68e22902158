"""Instances: one of the organization, seen from its owner and its delegated administrators, in one Region.

Reference: Identity Center reference §4 "ListInstances", "Missing operations" (DescribeInstance, ListRegions);
§3 "Organization instance only", "IdC multi-region".
"""

from typing import TYPE_CHECKING, Any, Final

from aftgen.cloud.errors import denied
from aftgen.cloud.identity_center import IdentityCenter
from aftgen.cloud.paging import page
from aftgen.cloud.request import Request
from aftgen.cloud.visit import Operation, Result, Visit, is_home

if TYPE_CHECKING:
    from aftgen.cloud.cloud import Cloud


def list_instances(cloud: "Cloud", request: Request) -> Result:
    """Account instances come first: whoever takes `[0]` takes the wrong one."""
    center = cloud.identity_center
    rows: list[dict[str, Any]] = []
    everywhere = request.parameters.get("RegionScope") == "ALL_REGIONS"
    if center is not None and (request.region == center.region or everywhere):
        rows += [
            {
                "InstanceArn": each.arn,
                "IdentityStoreId": each.identity_store_id,
                "OwnerAccountId": each.owner,
                "CreatedDate": center.created,
                "Status": "ACTIVE",
                "PrimaryRegion": center.region,
            }
            for each in center.account_instances
            if is_home(center, request) or request.account == each.owner
        ]
        if is_home(center, request):
            rows.append(_instance(center))
    chosen, more = page("ListInstances", rows, request.parameters, cloud.behaviour.page_size)
    return {"Instances": chosen, **more}


def _instance(center: IdentityCenter) -> dict[str, Any]:
    return {
        "InstanceArn": center.arn,
        "IdentityStoreId": center.store.id,
        "IdentityStoreArn": center.store.arn,
        "OwnerAccountId": center.owner,
        "Name": center.name,
        "CreatedDate": center.created,
        "Status": "ACTIVE",
        "PrimaryRegion": center.region,
        "Regions": [_region(center)],
    }


def _region(center: IdentityCenter) -> dict[str, Any]:
    return {
        "RegionName": center.region,
        "Status": "ACTIVE",
        "AddedDate": center.created,
        "IsPrimaryRegion": True,
    }


def _describe_instance(visit: Visit) -> Result:
    center, arn = visit.center, visit.given["InstanceArn"]
    other = next((each for each in center.account_instances if each.arn == arn), None)
    if other is not None:
        if visit.request.account not in ("", other.owner):
            raise denied(f"not authorized to describe the account instance of {other.owner}")
        return {"InstanceArn": arn, "IdentityStoreId": other.identity_store_id, "OwnerAccountId": other.owner}
    described = _instance(center)
    described["EncryptionConfigurationDetails"] = {
        "KeyType": "AWS_OWNED_KMS_KEY",
        "EncryptionStatus": "ENABLED",
    }
    described["PermissionSetsEnabled"] = True
    return described


def _update_instance(visit: Visit) -> Result:
    visit.center.name = str(visit.given["Name"])
    return None


def _list_regions(visit: Visit) -> Result:
    chosen, more = visit.page([_region(visit.center)])
    return {"Regions": chosen, **more}


OPERATIONS: Final[dict[str, Operation]] = {
    "DescribeInstance": _describe_instance,
    "ListRegions": _list_regions,
    "UpdateInstance": _update_instance,
}

"""The EC2 calls: what is in a region's default VPC, and the deletion of one that was found unused.

Every read goes through a paginator where EC2 has one. The deletion begins with the subnets, because a subnet
that has come into use meanwhile refuses to go, and then nothing else has gone either. A deletion that broke
off is finished by the next run: what is left of the VPC still carries AWS's mark.
"""

from collections.abc import Iterator
from typing import Any, Final

from .decision import DefaultVpc

#: EC2 goes on listing, for a while, what was deleted or never came about; that holds no VPC back.
GONE_ENDPOINT: Final = frozenset({"deleted", "expired", "failed", "rejected"})
LIVE_PEERING: Final = frozenset({"active", "initiating-request", "pending-acceptance", "provisioning"})


def read(ec2: Any) -> DefaultVpc | None:
    """The region's default VPC, of which EC2 allows one, with its contents."""
    vpcs = _all(ec2, "describe_vpcs", "Vpcs", "is-default", "true")
    for vpc in vpcs:
        if vpc["IsDefault"]:
            return _inspect(ec2, vpc["VpcId"])
    return None


def delete(ec2: Any, vpc: DefaultVpc | None) -> None:
    """Delete the VPC and the parts that `read` listed; its main route table, ACL and group go with it."""
    if vpc is None:
        return
    for subnet in vpc.subnets:
        ec2.delete_subnet(SubnetId=subnet)
    for gateway in vpc.internet_gateways:
        ec2.detach_internet_gateway(InternetGatewayId=gateway, VpcId=vpc.vpc_id)
        ec2.delete_internet_gateway(InternetGatewayId=gateway)
    ec2.delete_vpc(VpcId=vpc.vpc_id)


def _inspect(ec2: Any, vpc_id: str) -> DefaultVpc:
    subnets = list(_all(ec2, "describe_subnets", "Subnets", "vpc-id", vpc_id))
    gateways = _all(ec2, "describe_internet_gateways", "InternetGateways", "attachment.vpc-id", vpc_id)
    interfaces = _all(ec2, "describe_network_interfaces", "NetworkInterfaces", "vpc-id", vpc_id)
    return DefaultVpc(
        vpc_id=vpc_id,
        network_interfaces=tuple(interface["NetworkInterfaceId"] for interface in interfaces),
        added=tuple(dict.fromkeys(_added(ec2, vpc_id, subnets))),
        internet_gateways=tuple(gateway["InternetGatewayId"] for gateway in gateways),
        subnets=tuple(subnet["SubnetId"] for subnet in subnets),
    )


def _added(ec2: Any, vpc_id: str, subnets: list[dict[str, Any]]) -> Iterator[str]:
    """The ids of what somebody put into the VPC after AWS had made it."""
    for subnet in subnets:
        if not subnet["DefaultForAz"]:
            yield subnet["SubnetId"]
    for group in _all(ec2, "describe_security_groups", "SecurityGroups", "vpc-id", vpc_id):
        if group["GroupName"] != "default":
            yield group["GroupId"]
    for table in _all(ec2, "describe_route_tables", "RouteTables", "vpc-id", vpc_id):
        if not any(association.get("Main") for association in table["Associations"]):
            yield table["RouteTableId"]
    for acl in _all(ec2, "describe_network_acls", "NetworkAcls", "vpc-id", vpc_id):
        if not acl["IsDefault"]:
            yield acl["NetworkAclId"]
    for endpoint in _all(ec2, "describe_vpc_endpoints", "VpcEndpoints", "vpc-id", vpc_id):
        if endpoint["State"].lower() not in GONE_ENDPOINT:
            yield endpoint["VpcEndpointId"]
    for side in ("requester", "accepter"):
        name = f"{side}-vpc-info.vpc-id"
        for peering in _all(ec2, "describe_vpc_peering_connections", "VpcPeeringConnections", name, vpc_id):
            if peering["Status"]["Code"] in LIVE_PEERING:
                yield peering["VpcPeeringConnectionId"]
    # The one call of these that EC2 answers in one piece.
    response = ec2.describe_vpn_gateways(Filters=[{"Name": "attachment.vpc-id", "Values": [vpc_id]}])
    for gateway in response["VpnGateways"]:
        states = {each["State"] for each in gateway["VpcAttachments"] if each["VpcId"] == vpc_id}
        if states & {"attaching", "attached"}:
            yield gateway["VpnGatewayId"]


def _all(ec2: Any, operation: str, key: str, name: str, value: str) -> Iterator[dict[str, Any]]:
    pages = ec2.get_paginator(operation).paginate(Filters=[{"Name": name, "Values": [value]}])
    for page in pages:
        yield from page[key]

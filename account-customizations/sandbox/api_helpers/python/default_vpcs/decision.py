"""What becomes of a region's default VPC: decided from values, without AWS.

A default VPC goes when it is as AWS made it. A network interface in it means that something runs there. A
security group, route table, subnet or endpoint that AWS did not put there means that somebody prepared it for
something, even if nothing runs at the moment (an Auto Scaling group scaled to zero has no interface). Both
keep it.
"""

from dataclasses import dataclass

from .outcome import Changed, Outcome, Unchanged


@dataclass(frozen=True, slots=True, kw_only=True)
class DefaultVpc:
    """A VPC that AWS marks as default, with what is in it."""

    vpc_id: str
    network_interfaces: tuple[str, ...] = ()
    added: tuple[str, ...] = ()
    internet_gateways: tuple[str, ...] = ()
    subnets: tuple[str, ...] = ()


def decide(region: str, vpc: DefaultVpc | None) -> Outcome:
    """Delete the VPC if it is unused and unchanged, otherwise say why it stays."""
    if vpc is None:
        return Unchanged(region, "no default VPC")
    if vpc.network_interfaces:
        return Unchanged(region, f"{vpc.vpc_id} stays, it is in use: {_listed(vpc.network_interfaces)}")
    if vpc.added:
        return Unchanged(region, f"{vpc.vpc_id} stays, it was added to: {_listed(vpc.added)}")
    return Changed(
        region,
        f"deletes {vpc.vpc_id} with {len(vpc.subnets)} subnet(s) and "
        f"{len(vpc.internet_gateways)} internet gateway(s)",
    )


def _listed(ids: tuple[str, ...], most: int = 3) -> str:
    more = f" and {len(ids) - most} more" if len(ids) > most else ""
    return ", ".join(ids[:most]) + more

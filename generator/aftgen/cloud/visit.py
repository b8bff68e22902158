"""One admitted call to Identity Center: the instance, the request and who may do what from where.

Reference: Identity Center reference §4 "ListInstances" (visible in management and delegated administrator,
empty elsewhere), §3 "Accounts, regions, delegation", consequence (7) and (8).
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeVar

from aftgen.cloud.behaviour import Behaviour
from aftgen.cloud.calls import is_write
from aftgen.cloud.errors import denied, not_found
from aftgen.cloud.identity_center import IdentityCenter, PermissionSet
from aftgen.cloud.paging import page
from aftgen.cloud.request import Request

Result = Mapping[str, Any] | None
Item = TypeVar("Item")

_MANAGEMENT_ONLY: Final = frozenset({"ListAccountAssignmentsForPrincipal"})


@dataclass(frozen=True, slots=True)
class Visit:
    center: IdentityCenter
    behaviour: Behaviour
    request: Request

    @property
    def given(self) -> Mapping[str, Any]:
        return self.request.parameters

    @property
    def now(self) -> float:
        return self.center.now()

    @property
    def permission_set(self) -> PermissionSet:
        """The one that the request names, or ResourceNotFoundException."""
        return self.find_permission_set(str(self.given["PermissionSetArn"]))

    def find_permission_set(self, arn: str) -> PermissionSet:
        found = self.center.permission_sets.get(arn)
        if found is None:
            raise not_found(f"Could not find PermissionSet with id {arn.rpartition('/')[2]}")
        return found

    def page(self, items: Sequence[Item]) -> tuple[list[Item], dict[str, str]]:
        return page(self.request.operation, items, self.given, self.behaviour.page_size)


Operation = Callable[[Visit], Result]


def admit(center: IdentityCenter | None, request: Request, behaviour: Behaviour) -> Visit:
    """Raises unless this account in this region may make this call; nothing is changed yet."""
    if center is None or not is_home(center, request):
        raise denied(f"User: {request.author} is not authorized to perform: sso:{request.operation}")
    if request.region != center.region:
        raise not_found(
            f"No instance of IAM Identity Center in {request.region}; its Region is {center.region}"
        )
    visit = Visit(center, behaviour, request)
    instance = request.parameters.get("InstanceArn")
    known = {center.arn, *(each.arn for each in center.account_instances)}
    if instance is not None and instance not in known:
        raise not_found(f"Instance with ARN {instance} not found")
    if request.account != center.owner:
        _admit_delegate(visit)
    return visit


def is_home(center: IdentityCenter, request: Request) -> bool:
    """Backstage calls have no caller and come from everywhere."""
    return not request.account or request.account == center.owner or request.account in center.delegated


def _admit_delegate(visit: Visit) -> None:
    """Reference: Identity Center reference §3 "From the delegated admin", ELEV issue 101."""
    request, center = visit.request, visit.center
    if not request.account:
        return
    refusal = denied(f"User: {request.author} is not authorized to perform: sso:{request.operation}")
    if request.operation in _MANAGEMENT_ONLY:
        raise refusal
    if not is_write(request.operation):
        return
    if center.owner in (request.parameters.get("TargetId"), request.parameters.get("AccountId")):
        raise refusal
    arn = request.parameters.get("PermissionSetArn", request.parameters.get("ResourceArn"))
    if (center.owner, arn) in center.provisioned:
        raise refusal

"""Every operation of sso-admin that the embedded AWS has; none of moto's is left.

moto's backend was read row by row (Identity Center reference §4): every operation that the reconciler makes
either answers wrongly or is missing there, so the service is replaced as a whole instead of patched in
forty places.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

from aftgen.cloud import assignments, instances, permission_set_policies, permission_sets, provisioning
from aftgen.cloud.request import Request
from aftgen.cloud.visit import Operation, admit

if TYPE_CHECKING:
    from aftgen.cloud.cloud import Cloud


def _admitted(operation: Operation) -> Callable[["Cloud", Request], Any]:
    def perform(cloud: "Cloud", request: Request) -> Any:
        visit = admit(cloud.identity_center, request, cloud.behaviour)
        visit.center.operations.settle(cloud.behaviour, visit.now)
        return operation(visit)

    return perform


OPERATIONS: Final = {
    "ListInstances": instances.list_instances,  # answers anybody, with nothing where there is nothing
    **{
        name: _admitted(operation)
        for name, operation in {
            **instances.OPERATIONS,
            **permission_sets.OPERATIONS,
            **permission_set_policies.OPERATIONS,
            **assignments.OPERATIONS,
            **provisioning.OPERATIONS,
        }.items()
    },
}

"""The organizational units by path, from ``global-customizations/organization.yaml``."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from aftgen.errors import nearest
from aftgen.limits import OuReference


@dataclass(frozen=True, slots=True)
class Organization:
    """OU path (``Workloads/Prod``) to OU id. Empty where the repository has no registry."""

    ous: Mapping[str, str] = field(default_factory=dict)

    def reference(self, path: str) -> OuReference | None:
        """The ManagedOrganizationalUnit for a path; None when the registry does not know it.

        A nested OU is written with its id, because AFT finds it by nothing else; a top-level one by its name
        alone unless another OU has the same name (AFT issue 147: the top-level one would be taken).
        """
        if path not in self.ous:
            return None
        name = path.rsplit("/", 1)[-1]
        if "/" not in path and not self.shares_name(path):
            return OuReference(name)
        return OuReference(name, self.ous[path])

    def shares_name(self, path: str) -> bool:
        """Whether another OU somewhere in the organization has the same last name."""
        name = path.rsplit("/", 1)[-1]
        return any(other != path and other.rsplit("/", 1)[-1] == name for other in self.ous)

    def path_of(self, reference: OuReference) -> str | None:
        """The path that a ManagedOrganizationalUnit means, or None when the registry does not know it."""
        if reference.id is not None:
            return next((path for path, ou_id in self.ous.items() if ou_id == reference.id), None)
        return reference.name if reference.name in self.ous else None

    def nearest(self, path: str) -> str | None:
        """The known path that ``path`` is probably a typing slip of."""
        return nearest(path, list(self.ous))

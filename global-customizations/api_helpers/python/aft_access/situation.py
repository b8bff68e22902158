"""Gathers what an account's plan is computed from: reads only, and as few as the answer allows.

An unchanged account costs one ListInstances, one read for each permission set or each principal that
it uses (whichever are fewer; by principal only the management account may ask), one list of stale
sets and one look-up for each principal. Nothing grows with the organization's permission sets.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

from . import contract, desired, guard, organization, plan, resolve
from .catalogue import Catalogue
from .contract import AccessDeclaration, ContractError, Grant
from .errors import RefusedError
from .ledger import AccountState, Ledger
from .places import Place
from .plan import Plan, Situation
from .ports import Assignments, Clock, Directory, PermissionSetReads
from .resolve import Resolution
from .settle import wait_for_earlier
from .values import Account, Assignment, LiveSet, Request, Row


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What is true of an account before anything is read from Identity Center."""

    account: Account
    request: Request
    declaration: AccessDeclaration | None
    place: Place
    desired: dict[Grant, str] = field(default_factory=dict)


@dataclass(slots=True, kw_only=True)
class Reader:
    """Reads one account's situation. `sets` is made only for names that the ledger does not know."""

    catalogue: Catalogue
    ledger: Ledger
    assignments: Assignments
    directory: Directory
    sets: Callable[[], PermissionSetReads]
    clock: Clock
    revision: int

    def plan(
        self,
        facts: Facts,
        rows: tuple[Row, ...],
        *,
        drift: bool = False,
        alive: Callable[[], None] = lambda: None,
    ) -> tuple[Plan, Resolution]:
        """The plan, not yet judged. `drift` also lists every unmanaged assignment of the account.

        `alive` is called while a dead run's requests are waited for.
        """
        required = self.catalogue.required_grants(facts.place)
        wanted = set(facts.desired) | required
        owned = {row.grant for row in rows}
        known = self.ledger.names(
            {grant.principal for grant in wanted | owned},
            {grant.permission_set for grant in wanted | owned},
        )
        in_catalogue = set(self.catalogue.permission_sets)
        resolution = resolve.merge(
            resolve.principals(
                {grant.principal for grant in wanted},
                {grant.principal for grant in owned},
                self.catalogue,
                known,
                self.directory,
            ),
            resolve.permission_sets(
                {grant.permission_set for grant in wanted}
                | {grant.permission_set for grant in owned if grant.permission_set in in_catalogue},
                self.catalogue,
                known,
                _Lazy(self.sets),
            ),
        )
        if resolution.unknown:
            return Plan(account_id=facts.account.id), resolution
        if any(row.state != "owned" for row in rows):
            wait_for_earlier(
                ("grant", "revoke"),
                facts.account.id,
                self.assignments,
                self.clock,
                alive=alive,
                poll_seconds=self.catalogue.access.limits.poll_seconds,
                deadline=self.clock.now() + 60 * self.catalogue.access.limits.deadline_minutes,
            )
        situation = Situation(
            account_id=facts.account.id,
            desired=facts.desired,
            resolution=resolution,
            live=self._live(facts.account.id, wanted, rows, resolution, drift=drift),
            rows=rows,
            stale=self.assignments.stale(facts.account.id) if wanted or rows else frozenset(),
            ours=frozenset(name for name, one in self.catalogue.permission_sets.items() if not one.external),
            needs=organization.needs(
                self.catalogue,
                {grant.permission_set for grant in facts.desired},
                {grant.principal for grant in facts.desired},
                known,
                resolution.permission_sets,
                self.revision,
            ),
            protected=self.catalogue.protected,
            required=required,
        )
        return plan.compute(situation), resolution

    def _live(
        self,
        account_id: str,
        wanted: set[Grant],
        rows: tuple[Row, ...],
        resolution: Resolution,
        *,
        drift: bool,
    ) -> frozenset[Assignment]:
        sets = {row.assignment.permission_set_arn for row in rows}
        sets |= {
            resolution.permission_sets[grant.permission_set].arn
            for grant in wanted
            if grant.permission_set in resolution.permission_sets
        }
        people = {(row.assignment.kind, row.assignment.principal_id) for row in rows}
        people |= {
            (grant.principal.kind, resolution.principals[grant.principal].id)
            for grant in wanted
            if grant.principal in resolution.principals and resolution.principals[grant.principal].id
        }
        found: set[Assignment] = set()
        if drift:
            sets |= self.assignments.provisioned(account_id)
        fewer = self.assignments.remembers or len(people) <= len(sets)
        if self.assignments.reads_by_principal and fewer and not drift:
            for kind, principal_id in sorted(people):
                found |= self.assignments.of_principal(account_id, kind, principal_id)
        else:
            for arn in sorted(sets):
                found |= self.assignments.of_permission_set(account_id, arn)
        return frozenset(found)


def gather(
    catalogue: Catalogue,
    account: Account | None,
    account_id: str,
    request: Request | None,
    state: AccountState,
    management_account_id: str,
) -> Facts:
    """Facts of an account, or RefusedError with every reason why nothing may be done in it."""
    if account is None:
        raise RefusedError([f"the organization has no account {account_id}"])
    reasons = [*guard.account_refusals(account, management_account_id)]
    reasons += guard.request_refusals(request, state.rows)
    declaration: AccessDeclaration | None = None
    if request is not None and request.access is not None:
        try:
            declaration = contract.parse(request.access)
        except ContractError as error:
            reasons += [f"the access declaration: {problem}" for problem in error.problems]
    if reasons or request is None:
        raise RefusedError(reasons)
    place = catalogue.registry.live(account.ou_ids, account.id)
    wanted = desired.desired(catalogue, declaration, place, name=account.name, tags=request.tags)
    return Facts(account=account, request=request, declaration=declaration, place=place, desired=wanted)


class _Lazy:
    """Makes the gateway of permission sets at its first use: most runs need none."""

    def __init__(self, make: Callable[[], PermissionSetReads]) -> None:
        self._make = make

    def arns(self) -> dict[str, str]:
        return self._make().arns()

    def read(self, arn: str) -> LiveSet | None:
        return self._make().read(arn)

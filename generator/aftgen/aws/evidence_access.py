"""What is ours in an account, and what a plan of today would change: the reconciler's own reading.

It runs with the reconciler's session policy for this account, and only its ``plan``, which writes nothing.
"""

from aft_access.catalogue import CatalogueError
from aft_access.errors import AccessError, RefusedError, TableMissingError

from aftgen.aws.connections import Connections
from aftgen.diagnosis.evidence import Access


class AccessReader:
    """One account's."""

    def __init__(self, connections: Connections, account_id: str) -> None:
        self._wiring = connections.access(connections.tree)
        self._wiring.account_id = account_id
        self._account = account_id
        self._has_catalogue = (connections.tree / "identity-center").is_dir()

    def read(self, *, plan: bool) -> Access | None:
        """None where this installation has no table of ours. Raises AccessError."""
        try:
            state = self._wiring.ledger.account(self._account)
        except TableMissingError:
            return None
        failure, at = self._last_failure()
        found = Access(
            owned=sum(row.state == "owned" for row in state.rows),
            unfinished=tuple(f"{row.state} {row.grant}" for row in state.rows if row.state != "owned"),
            entered=state.baseline,
            last_failure=failure,
            last_failure_at=at,
        )
        return self._planned(found) if plan and self._has_catalogue else found

    def _planned(self, found: Access) -> Access:
        from dataclasses import replace

        try:
            report = self._wiring.run().plan(drift=True)
        except CatalogueError as error:
            return replace(found, warnings=(f"no plan: {'; '.join(map(str, error.problems))}",))
        except RefusedError as error:
            return replace(found, refusals=error.reasons)
        made = report.plan
        return replace(
            found,
            plan=report.status,
            to_grant=tuple(str(step.grant) for step in made.grants),
            to_revoke=tuple(str(step.grant) for step in made.revokes),
            refusals=tuple(made.refusals),
            warnings=tuple(made.warnings),
            unmanaged=len(made.unmanaged),
        )

    def _last_failure(self) -> tuple[str, float]:
        from datetime import datetime

        try:
            records = self._wiring.ledger.audit(self._account)
        except AccessError:
            return "", 0.0
        # A failed run leaves the one record that has a phase (aft_access.failure).
        last = records[-1] if records else {}
        if not last.get("phase"):
            return "", 0.0
        text = f"{last.get('what', '')} {last.get('detail') or last.get('subject', '')}".strip()
        at = datetime.fromisoformat(last["sk"].partition("#")[0].replace("Z", "+00:00")).timestamp()
        return text, at

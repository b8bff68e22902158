"""Access of many accounts, planned from one reading of the organization and applied account by account."""

from dataclasses import dataclass
from functools import cached_property

from aft_access.apply import AccountRun
from aft_access.ledger import AccountState
from aft_access.notify import announce
from aft_access.report import Report
from aft_access.situation import Reader

from aftgen.aws import fleet_facts
from aftgen.aws.assignments import IdentityCenterReads
from aftgen.aws.connections import Connections
from aftgen.fleet.plan import FleetPlan, Planned, Progress, plan
from aftgen.fleet.question import Fleet, Question, chosen
from aftgen.fleet.snapshot import (
    RememberedAssignments,
    RememberedDirectory,
    RememberedLedger,
    RememberedSets,
)
from aftgen.fleet.standings import Subject


@dataclass
class FleetAccess:
    """One process's. Everything is read once, at the first plan."""

    connections: Connections

    def plan(self, question: Question, progress: Progress) -> FleetPlan:
        """Raises UsageError for an account or OU that is not there, CatalogueError, AccessError."""
        return plan(chosen(question, self.fleet), self._report, progress)

    def apply(self, planned: Planned, *, exactly: bool) -> Report:
        """One account's run, as its pipeline does it; with ``exactly`` it does what was planned or nothing.

        Called from several threads. Raises AccessError.
        """
        wiring = self.connections.one_of_many(planned.subject.id)
        run = wiring.run()
        expected = planned.report.plan.fingerprint if exactly and planned.report else ""
        report = run.apply(expected=expected)
        if not report.exit_code:
            announce(run, report, wiring.topics)
        return report

    @cached_property
    def fleet(self) -> Fleet:
        """Everything but Identity Center."""
        return fleet_facts.read(self.connections)

    @cached_property
    def reads(self) -> IdentityCenterReads:
        return IdentityCenterReads(self.connections.wiring)

    def _report(self, subject: Subject) -> Report:
        if any(row.state != "owned" for row in subject.rows):
            # A run that died left something in progress, which only the account's own reading can judge.
            return self.connections.one_of_many(subject.id).run().plan()
        return AccountRun(
            account_id=subject.id,
            management_account_id=self.fleet.management_account_id,
            reader=self._reader,
            ledger=self._ledger,
            organization=self.connections.wiring.organization,
            account=lambda _: subject.account,
            request=lambda _: subject.request,
            patience=0.0,
        ).plan()

    @cached_property
    def _ledger(self) -> RememberedLedger:
        wiring = self.connections.wiring
        states = {one.id: AccountState(rows=one.rows) for one in self.fleet.subjects}
        return RememberedLedger(states, self.fleet.known, wiring.clock, wiring.stamp)

    @cached_property
    def _reader(self) -> Reader:
        wiring, reads = self.connections.wiring, self.reads
        sets = RememberedSets(lambda: reads.permission_sets)
        ours = [name for name, one in wiring.catalogue.permission_sets.items() if not one.external]

        def arns() -> list[str]:
            known = {**sets.seen(), **self.fleet.set_pins}
            return [known[name] for name in ours if name in known]

        return Reader(
            catalogue=wiring.catalogue,
            ledger=self._ledger,
            assignments=RememberedAssignments(reads, arns),
            directory=RememberedDirectory(reads.directory),
            sets=lambda: sets,
            clock=wiring.clock,
            revision=wiring.published.revision,
        )

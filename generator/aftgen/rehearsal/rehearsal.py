"""One rehearsal, from the requests of a revision to the result: AFT's order, whoever does its steps.

    move_to(requests)   every change of the table, one after the other, as AFT's processor takes them
    customize(run)      what is written once for the organization, then every account's pipeline, several at
                        once, as aft-invoke-customizations runs them
    course()            how it went; `conclusion.py` says what is there afterwards

A pull request is rehearsed as a change by two rounds: first the revision before, then the working tree.
"""

import time
from concurrent.futures import FIRST_EXCEPTION, Future, ThreadPoolExecutor, wait
from pathlib import Path
from typing import TYPE_CHECKING, Final

from aftgen.cloud import LandingZone
from aftgen.cloud.aft_management import REQUEST_TABLE
from aftgen.rehearsal.chain import Change, Delivery, Framework, Outcome, changes
from aftgen.rehearsal.conclusion import Before, Course
from aftgen.rehearsal.events import ORGANIZATION, Event, Listener, Run, Status
from aftgen.rehearsal.findings import writes
from aftgen.rehearsal.requests import Refusal, Requests
from aftgen.rehearsal.state import AccountState
from aftgen.request_row import RequestRow

if TYPE_CHECKING:
    from aftgen.rehearsal.pipeline import StageResult
    from aftgen.rehearsal.publishing import Publishing

_GOES_ON: Final = (Outcome.CREATED, Outcome.UPDATED, Outcome.CUSTOMIZED)


class Rehearsal:
    """One landing zone and one framework. Not for several threads."""

    def __init__(
        self,
        framework: Framework,
        zone: LandingZone,
        listen: Listener,
        *,
        jobs: int,
        logs: Path | None = None,
    ) -> None:
        self.framework = framework
        self.zone = zone
        self.listen = listen
        self._jobs = jobs
        self._logs = logs
        self._rows: tuple[RequestRow, ...] = ()
        self._accounts: dict[str, AccountState] = {}
        self._removed: list[AccountState] = []
        self._refusals: tuple[Refusal, ...] = ()
        self._stopped: tuple[str, ...] = ()
        self._second_writes: tuple[str, ...] = ()
        self._organization: list[tuple[Run, StageResult]] = []

    # --- stages 1 to 3 ---------------------------------------------------------------------------------

    def move_to(self, requests: Requests, run: Run = Run.FIRST) -> None:
        """Bring the table to the rows of a revision, and follow each change to the account's pipeline."""
        self._refusals, self._stopped = requests.refusals, requests.stopped
        status = Status.REFUSED if requests.stopped else Status.PASSED
        reason = "; ".join(requests.stopped)
        self.listen(Event(stage="requests", status=status, run=run, reason=reason))
        for refusal in requests.refusals:
            self.listen(
                Event(
                    stage="requests",
                    status=Status.REFUSED,
                    account=refusal.name,
                    run=run,
                    reason="; ".join(refusal.reasons),
                )
            )
        if requests.stopped:
            return
        # A request that is refused is not merged: what is there of it stays as it is.
        refused = {refusal.name for refusal in requests.refusals}
        kept = tuple(row for row in self._rows if row.name in refused)
        wanted = (*requests.rows, *kept)
        for account in self._accounts.values():
            account.delivery = None
        for change in changes(self._rows, wanted):
            self._follow(change, run)
        self._rows = wanted

    def _follow(self, change: Change, run: Run) -> None:
        row = change.row
        self._write(change)
        self.listen(Event(stage="control tower", status=Status.STARTED, account=row.name, run=run))
        started = time.monotonic()
        delivery = self.framework.deliver(change)
        refused = delivery.outcome is Outcome.REFUSED
        self.listen(
            Event(
                stage="control tower",
                status=Status.REFUSED if refused else Status.PASSED,
                account=row.name,
                run=run,
                seconds=time.monotonic() - started,
                reason="; ".join(delivery.reasons),
                log=self._log(row.name, run, "control tower", delivery.log),
            )
        )
        if change.new is None:
            gone = self._accounts.pop(row.id, AccountState(row))
            gone.delivery = delivery
            gone.id = gone.id or delivery.account
            self._removed.append(gone)
            return
        account = self._accounts.setdefault(row.id, AccountState(row))
        account.row, account.delivery = row, delivery
        account.id = delivery.account or account.id
        if delivery.outcome in _GOES_ON:
            self._provision(account, delivery, run)

    def _write(self, change: Change) -> None:
        """Terraform's apply: PutItem, UpdateItem or DeleteItem of one row."""
        dynamodb = self.zone.backstage("dynamodb", self.zone.plan.aft_management.id)
        if change.new is None:
            dynamodb.delete_item(TableName=REQUEST_TABLE, Key={"id": {"S": change.row.id}})
        else:
            dynamodb.put_item(TableName=REQUEST_TABLE, Item=change.new.item())

    def _provision(self, account: AccountState, delivery: Delivery, run: Run) -> None:
        name = account.row.name
        self.listen(Event(stage="provisioning", status=Status.STARTED, account=name, run=run))
        started = time.monotonic()
        account.provisioned = self.framework.provision(delivery)
        self.listen(
            Event(
                stage="provisioning",
                status=Status.PASSED if account.provisioned.ok else Status.FAILED,
                account=name,
                run=run,
                seconds=time.monotonic() - started,
                reason=account.provisioned.reason,
                log=self._log(name, run, "provisioning", account.provisioned.log),
            )
        )

    # --- stage 4 ---------------------------------------------------------------------------------------

    def customize(self, run: Run, publishing: "Publishing | None" = None) -> None:
        """The pipelines of all accounts that have one. In the second run: of those whose first succeeded.

        Before them `publishing` writes what is written once for the organization.
        """
        wanted = [
            account
            for account in self._accounts.values()
            if account.is_ready and (run is not Run.SECOND or account.runs[Run.FIRST].ok)
        ]
        mark = len(self.zone.cloud.log)
        if publishing is not None:
            self._publish(run, publishing)
        pool = ThreadPoolExecutor(max_workers=self._jobs, thread_name_prefix="account")
        futures: list[Future[None]] = []
        try:
            futures = [pool.submit(self._customize, account, run) for account in wanted]
            done, _ = wait(futures, return_when=FIRST_EXCEPTION)
            for future in done:
                future.result()
        finally:
            pool.shutdown(wait=True, cancel_futures=True)
        if run is Run.SECOND:
            calls = list(self.zone.cloud.log)[mark:]
            names = {account.id: account.row.name for account in self._accounts.values()}
            self._second_writes = writes(calls, names)

    def _publish(self, run: Run, publishing: "Publishing") -> None:
        for name in publishing.stages:
            self.listen(Event(stage=name, status=Status.STARTED, run=run))
        for stage in publishing.run():
            self._organization.append((run, stage))
            self.listen(
                Event(
                    stage=stage.name,
                    status=Status.PASSED if stage.ok else Status.FAILED,
                    run=run,
                    seconds=stage.seconds,
                    reason=stage.reason,
                    log=self._log(ORGANIZATION, run, stage.name, stage.log),
                )
            )

    def _customize(self, account: AccountState, run: Run) -> None:
        name = account.row.name
        self.listen(Event(stage="customizations", status=Status.STARTED, account=name, run=run))

        def hear(stage: "StageResult") -> None:
            status = Status.SKIPPED if stage.skipped else Status.PASSED if stage.ok else Status.FAILED
            self.listen(
                Event(
                    stage=stage.name,
                    status=status,
                    account=name,
                    run=run,
                    seconds=stage.seconds,
                    reason=stage.reason,
                    log=self._log(name, run, stage.name, stage.log),
                )
            )

        started = time.monotonic()
        result = self.framework.customize(account.id, hear)
        account.runs[run] = result
        self.listen(
            Event(
                stage="customizations",
                status=Status.PASSED if result.ok else Status.FAILED,
                account=name,
                run=run,
                seconds=time.monotonic() - started,
                reason=result.reason,
            )
        )

    def _log(self, account: str, run: Run, stage: str, text: str) -> str:
        """Keep a log where --logs says; answers its path below that folder."""
        if self._logs is None or not text:
            return ""
        path = Path(run.value, account.replace("/", "_"), f"{stage.replace(' ', '-')}.log")
        (self._logs / path).parent.mkdir(parents=True, exist_ok=True)
        (self._logs / path).write_text(text, encoding="utf-8", errors="replace")
        return str(path)

    # --- stage 5 ---------------------------------------------------------------------------------------

    def course(self, *, before: Before | None = None) -> Course:
        """How it went; `before` is how things stood at the revision before."""
        return Course(
            release=self.framework.release,
            accounts=tuple(self._accounts.values()),
            removed=tuple(self._removed),
            organization=tuple(self._organization),
            refusals=self._refusals,
            stopped=self._stopped,
            second_writes=self._second_writes,
            before=before,
        )

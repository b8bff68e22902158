"""What each account's pipeline may do now, start, wait for a run, follow one or nothing: :func:`look`."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum

from aftgen.follow.values import ACCOUNT_SOURCE, GLOBAL_SOURCE, Execution, Vended


class Verdict(Enum):
    """What to do with an account's pipeline."""

    START = "start"
    WAIT = "wait"  # an execution runs that may not have the new commit; AFT's lambda would pass it over
    JOIN = "join"  # an execution runs exactly what is wanted
    SKIP = "skip"


@dataclass(frozen=True, slots=True, kw_only=True)
class Preflight:
    """The verdict for one account. ``execution`` is waited for or joined, ``reason`` says why it is not."""

    account: Vended
    verdict: Verdict
    execution: str = ""
    reason: str = ""
    next_step: str = ""


def look(
    account: Vended,
    executions: Sequence[Execution] | None,
    *,
    revisions: Mapping[str, str] | None = None,
    since: float = 0.0,
) -> Preflight:
    """The verdict. ``executions`` newest first, None where the account has no pipeline.

    ``revisions`` are the commits that its sources must be at, where they are known; an execution that started
    before ``since`` may have read an older request.
    """

    def skip(reason: str, next_step: str) -> Preflight:
        return Preflight(account=account, verdict=Verdict.SKIP, reason=reason, next_step=next_step)

    if not account.request:
        return skip(
            "it has no request: AFT stops its whole aft-invoke-customizations at such an account",
            "write a request for it, or remove its row from aft-request-metadata",
        )
    if account.status == "GONE":
        return skip("it is not in the organization", "'aftgen retire' takes it out of the requests")
    if account.status not in ("", "ACTIVE"):
        words = account.status.replace("_", " ").lower()
        return skip(f"it is {words}", "'aftgen retire' takes it out of the requests")
    if executions is None:
        return skip(
            "it has no pipeline: AFT's provisioning framework has not made it",
            "look at the executions of aft-account-provisioning-framework; an edited request runs it again",
        )
    running = next((each for each in executions if each.is_running), None)
    if running is None:
        return Preflight(account=account, verdict=Verdict.START)
    same = is_same(running, revisions) and running.started >= since
    return Preflight(account=account, verdict=Verdict.JOIN if same else Verdict.WAIT, execution=running.id)


def is_same(execution: Execution, revisions: Mapping[str, str] | None) -> bool:
    """Whether an execution runs exactly these commits; False where either is not known."""
    if not revisions:
        return False
    wanted = {name: revisions[name] for name in (GLOBAL_SOURCE, ACCOUNT_SOURCE) if revisions.get(name)}
    return bool(wanted) and all(execution.revisions.get(name) == one for name, one in wanted.items())

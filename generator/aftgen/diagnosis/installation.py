"""What ``aftgen doctor`` asks about an AFT installation, and what it says to each answer.

Every check has one of four verdicts. What could not be asked is "not checked" with the reason: never "ok".
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final, TypeVar

from aftgen.diagnosis.evidence import Queue

Refusal = TypeVar("Refusal", bound=Exception)
#: Releases that this project's tests ran; the first numbers of /aft/config/aft/version.
_TESTED: Final = ((1, 17), (1, 20))
_NEEDED: Final = (
    "/aft/account/ct-management/account-id",
    "/aft/account/audit/account-id",
    "/aft/account/log-archive/account-id",
    "/aft/resources/ddb/aft-request-table-name",
    "/aft/resources/sqs/aft-request-queue-name",
    "/aft/account/aft-management/sns/failure-topic-arn",
    "/aft/config/terraform/version",
    "/aft/config/terraform/distribution",
)
VERSION: Final = "/aft/config/aft/version"


class Verdict(StrEnum):
    OK = "ok"
    WARNING = "warning"
    FAILED = "failed"
    UNCHECKED = "not checked"


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One answer. ``next_step`` is what to do about it."""

    area: str
    verdict: Verdict
    said: str
    next_step: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Role:
    """A role of AFT's: whether it is there, and whether it trusts AFT's hub (or, the hub, its account).

    ``profile`` is what AFT's builds call the sessions in this account (``creds.sh``).
    """

    name: str
    account: str
    profile: str
    there: bool
    trusts: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """Our table. ``keys`` are (name, HASH or RANGE)."""

    keys: tuple[tuple[str, str], ...]
    protected: bool
    recoverable: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Topic:
    name: str
    confirmed: int
    pending: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Pipelines:
    """The latest runs that failed, of those that were looked at."""

    failed: tuple[str, ...]
    looked_at: int
    total: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Branch:
    """One of AFT's four: what it reads, what we publish, whether that is there (None: not known)."""

    name: str
    read_repository: str
    read_branch: str
    our_repository: str
    our_branch: str
    there: bool | None = None
    why: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Protection:
    """Who may push to a branch: ``who`` names them, None when everybody who may write; ``why``: not known."""

    branch: str
    who: tuple[str, ...] | None = None
    why: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Program:
    """A program on this machine, "" where it is not. ``needed`` for anything at all."""

    name: str
    version: str
    needed: bool = False
    use: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Center:
    """Identity Center: the instances that were found in a region, as (ARN, owner)."""

    region: str
    instances: tuple[tuple[str, str], ...] = ()
    owners: tuple[str, ...] = field(default=())


def version(parameters: Mapping[str, str]) -> list[Check]:
    found = parameters.get(VERSION, "")
    numbers = re.match(r"(\d+)\.(\d+)", found)
    if not found or numbers is None:
        return [_failed("AFT", f"its version is not known: {VERSION} is {found or 'not there'}")]
    release = (int(numbers[1]), int(numbers[2]))
    if not _TESTED[0] <= release <= _TESTED[1]:
        between = " to ".join(".".join(map(str, each)) for each in _TESTED)
        said = f"AFT {found}; this program was tested with {between}"
        return [_warning("AFT", said, "'make conformance' runs a release's own code as the judge")]
    return [_ok("AFT", f"AFT {found}")]


def settings(parameters: Mapping[str, str]) -> list[Check]:
    missing = [name for name in _NEEDED if name not in parameters]
    if missing:
        return [_failed("settings", f"not there: {', '.join(missing)}", "apply AFT's own module again")]
    terraform = parameters["/aft/config/terraform/version"]
    distribution = parameters["/aft/config/terraform/distribution"]
    return [_ok("settings", f"Terraform {terraform}, distribution {distribution}")]


def branches(found: Sequence[Branch]) -> list[Check]:
    return [_branch(each) for each in found]


def _branch(each: Branch) -> Check:
    ours = f"{each.our_repository} {each.our_branch}".strip()
    if not each.our_branch:
        reads = f"{each.read_repository} {each.read_branch}".strip() or "nothing that its parameters name"
        return _unchecked("branches", f"{each.name}: AFT reads {reads}; {each.why}")
    if not each.read_branch:
        return _unchecked("branches", f"{each.name}: AFT's parameter repo-branch is not there")
    same_repository = not each.our_repository or each.read_repository == each.our_repository
    if each.read_branch != each.our_branch or not same_repository:
        reads = f"{each.read_repository} {each.read_branch}"
        step = "set AFT's variables, or publish.targets in aftgen.yaml, so that both are the same"
        return _failed("branches", f"{each.name}: AFT reads {reads}, and {ours} is published", step)
    if each.there is None:
        return _warning("branches", f"{each.name}: {ours}; whether it is there is not known: {each.why}")
    if not each.there:
        step = "'aftgen publish' makes it"
        return _failed("branches", f"{each.name}: AFT reads {ours}, which is not there", step)
    return _ok("branches", f"{each.name}: {ours}")


def protections(found: Sequence[Protection]) -> list[Check]:
    checks = []
    for each in found:
        if each.why:
            checks.append(_unchecked("who may push", f"{each.branch}: {each.why}"))
        elif each.who is None:
            step = "allow only the publishing workflow: AFT applies what is there, unasked"
            checks.append(_warning("who may push", f"{each.branch}: everybody who may write", step))
        else:
            checks.append(_ok("who may push", f"{each.branch}: {', '.join(each.who) or 'nobody'}"))
    return checks


def roles(found: Sequence[Role]) -> list[Check]:
    """One answer for each profile of AFT's builds, and one for each role that is not as it must be."""
    checks, fine = [], dict[tuple[str, str], list[str]]()
    for each in found:
        shown = f"{each.name} in {each.account} (profile {each.profile})"
        if not each.there:
            step = "AFT's module makes it; in a vended account, AFT's framework does"
            checks.append(_failed("roles", f"{shown} is not there, or cannot be taken", step))
        elif not each.trusts:
            checks.append(_failed("roles", f"{shown} does not trust AFT", "put AFT's trust policy back"))
        else:
            fine.setdefault((each.profile, each.account), []).append(each.name)
    told = [
        _ok("roles", f"profile {profile}: {', '.join(names)} in {account}")
        for (profile, account), names in fine.items()
    ]
    return [*told, *checks]


def center(found: Center | None) -> list[Check]:
    if found is None:
        said = "there is no global-customizations/identity-center/access.yaml here, and no instance in AFT's "
        return [_unchecked("Identity Center", said + "region: which region is asked is not known")]
    if not found.instances:
        step = "correct identity_center.region in access.yaml: an organization has one instance in one region"
        return [_failed("Identity Center", f"there is no instance in {found.region}", step)]
    arn, owner = found.instances[0]
    if found.owners and owner not in found.owners:
        step = "Identity Center must be the organization's own instance"
        return [_failed("Identity Center", f"{arn} in {found.region} belongs to {owner}", step)]
    return [_ok("Identity Center", f"{arn} in {found.region}")]


def table(found: Table | None) -> list[Check]:
    publish = "publish account-provisioning-customizations, whose Terraform makes it"
    if found is None:
        return [_failed("access ledger", "there is no table aftgen-access: access changes nothing", publish)]
    if dict(found.keys) != {"pk": "HASH", "sk": "RANGE"}:
        keys = ", ".join(f"{name} {kind}" for name, kind in found.keys)
        return [_failed("access ledger", f"aftgen-access has the keys {keys}, not pk and sk", publish)]
    lacking = [] if found.protected else ["deletion protection"]
    lacking += [] if found.recoverable else ["point-in-time recovery"]
    if lacking:
        said = f"aftgen-access has no {' and no '.join(lacking)}"
        return [_warning("access ledger", said, publish)]
    return [_ok("access ledger", "aftgen-access, protected and recoverable")]


def queue(found: Queue) -> list[Check]:
    busy = f"{found.waiting} waiting, {found.in_flight} at work"
    if found.dead:
        step = "'aftgen status NAME' of the accounts that did not come, then 'aftgen retry NAME'"
        letters = "dead letter" if found.dead == 1 else "dead letters"
        return [_failed("queue", f"{found.dead} {letters}, of which AFT tells nobody; {busy}", step)]
    return [_ok("queue", f"no dead letters; {busy}")]


def topics(found: Sequence[Topic]) -> list[Check]:
    checks = []
    for each in found:
        if each.confirmed:
            checks.append(_ok("topics", f"{each.name}: {each.confirmed} subscribed"))
            continue
        pending = f" ({each.pending} not confirmed)" if each.pending else ""
        step = "subscribe somebody: failures are told there and nowhere else"
        checks.append(_warning("topics", f"{each.name} has no subscriber{pending}", step))
    return checks


def pipelines(found: Pipelines) -> list[Check]:
    rest = f"; {found.looked_at} of {found.total} were looked at" if found.looked_at < found.total else ""
    if found.failed:
        shown = ", ".join(found.failed[:10]) + (", …" if len(found.failed) > 10 else "")
        step = "'aftgen status ACCOUNT' says why, 'aftgen rerun ACCOUNT' runs it again"
        said = f"{len(found.failed)} ended in a failure: {shown}{rest}"
        return [_failed("pipelines", said, step)]
    return [_ok("pipelines", f"none of {found.looked_at} failed last{rest}")]


def programs(found: Sequence[Program]) -> list[Check]:
    checks = []
    for each in found:
        if each.version:
            checks.append(_ok("this machine", f"{each.name} {each.version}"))
        elif each.needed:
            checks.append(_failed("this machine", f"{each.name} is not on PATH", f"install it: {each.use}"))
        else:
            checks.append(_warning("this machine", f"{each.name} is not on PATH", each.use))
    return checks


def asked(
    area: str, ask: Callable[[], list[Check]], refused: type[Refusal], why: Callable[[Refusal], str]
) -> list[Check]:
    """The checks of one area, or that it was not checked, and why."""
    try:
        return ask()
    except refused as error:
        return [_unchecked(area, why(error))]


def exit_code(checks: Sequence[Check]) -> int:
    return 1 if any(each.verdict is Verdict.FAILED for each in checks) else 0


def unchecked(areas: Sequence[str], why: str) -> list[Check]:
    return [_unchecked(area, why) for area in areas]


def _ok(area: str, said: str) -> Check:
    return Check(area=area, verdict=Verdict.OK, said=said)


def _warning(area: str, said: str, step: str = "") -> Check:
    return Check(area=area, verdict=Verdict.WARNING, said=said, next_step=step)


def _failed(area: str, said: str, step: str = "") -> Check:
    return Check(area=area, verdict=Verdict.FAILED, said=said, next_step=step)


def _unchecked(area: str, said: str) -> Check:
    return Check(area=area, verdict=Verdict.UNCHECKED, said=said)

"""What a change of the requests does, account by account: :func:`compute`, from values to a value.

Nothing here reads a file or asks anybody. The stages, in order: play what Terraform writes (``terraform``);
let AFT decide each record (``decision``); compare the access that each account should have (``access``); add
what AFT does not see, changed customizations; and look at the whole for what is dangerous.

What AFT would look up in AWS is assumed from the base: each of its requests is an enrolled account with that
name and email; and so is a new request's account, where the request says that it exists. Names and emails
that the organization uses elsewhere, and Control Tower's own accounts, are known only to a caller who gives
``known``.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from enum import Enum

from aftgen.changes import fields as changed_fields
from aftgen.changes import terraform
from aftgen.changes.access import AccessChange, Judge, Policy, sso_user
from aftgen.changes.dangers import (
    Danger,
    module_of,
    of_declaration,
    of_rows,
    of_tree,
    of_unknown_sso_user,
)
from aftgen.changes.decision import Account, Decision, Known, Product, Verdict, decide
from aftgen.changes.fields import FieldChange
from aftgen.changes.terraform import Move, Record
from aftgen.request_row import RequestRow

#: AFT takes one request off its queue in so many minutes (its rule ``aft-lambda-account-request-processor``).
MINUTES_PER_REQUEST = 5


class Kind(Enum):
    """What becomes of an account."""

    CREATE = "create"
    MOVE = "move"
    CUSTOMIZE = "customize"
    TAKE_OVER = "take over"
    REMOVE = "remove"
    RENAME = "rename"  # another Terraform address, kept by a moved block: nothing happens in AFT
    PIPELINE = "pipeline"  # its pipeline must run, which AFT does not start
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Step:
    """One record of AFT's stream (INSERT, MODIFY, REMOVE) and what AFT decides about it."""

    event: str
    decision: Decision


@dataclass(frozen=True, slots=True)
class Unevaluated:
    """A request whose row nobody knows without Terraform, on one side of the comparison."""

    side: str
    address: str
    place: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Side:
    """One tree: its rows by the full address of their resource, and its policy."""

    rows: Mapping[str, RequestRow]
    policy: Policy = field(default_factory=Policy)
    moves: tuple[Move, ...] = ()
    unevaluated: tuple[Unevaluated, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Files:
    """Which files differ, beside the requests themselves.

    ``customizations`` are names under account-customizations/ below which a file differs, ``everywhere`` the
    paths that every account's pipeline runs, ``policy`` the paths of files that decide what is allowed.
    """

    customizations: frozenset[str] = frozenset()
    everywhere: tuple[str, ...] = ()
    policy: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountChange:
    """What happens to one account; ``id`` is its row's, the email as written.

    ``claim`` is the id of the account that the request says exists, where that was believed.
    ``old`` is None for a new row, ``new`` for one that goes. ``needs_pipeline``: its desired access or its
    customization changed, and AFT starts no pipeline for that; ``pipeline_reasons`` say why.
    """

    id: str
    old: RequestRow | None
    new: RequestRow | None
    kinds: tuple[Kind, ...] = ()
    steps: tuple[Step, ...] = ()
    fields: tuple[FieldChange, ...] = ()
    access: AccessChange = field(default_factory=AccessChange)
    dangers: tuple[Danger, ...] = ()
    notes: tuple[str, ...] = ()
    pipeline_reasons: tuple[str, ...] = ()
    claim: str = ""

    @property
    def row(self) -> RequestRow:
        row = self.new or self.old
        if row is None:
            raise ValueError("a change has an old or a new row")
        return row

    @property
    def name(self) -> str:
        return self.row.name

    @property
    def needs_pipeline(self) -> bool:
        return bool(self.pipeline_reasons)

    @property
    def is_refused(self) -> bool:
        return Kind.REFUSED in self.kinds or any(danger.refused for danger in self.dangers)


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """A whole change. ``changes`` in the order of names; ``unchanged`` counts the other accounts."""

    changes: tuple[AccountChange, ...] = ()
    dangers: tuple[Danger, ...] = ()
    unevaluated: tuple[Unevaluated, ...] = ()
    policy_files: tuple[str, ...] = ()
    everywhere: tuple[str, ...] = ()
    access_problems: tuple[str, ...] = ()
    unchanged: int = 0
    base: str = ""
    base_commit: str = ""

    @property
    def is_refused(self) -> bool:
        return any(change.is_refused for change in self.changes) or any(one.refused for one in self.dangers)

    @property
    def is_complete(self) -> bool:
        """Whether every request's row is known on both sides."""
        return not self.unevaluated

    @property
    def removed(self) -> tuple[AccountChange, ...]:
        return self.of(Kind.REMOVE)

    @property
    def pipelines(self) -> tuple[AccountChange, ...]:
        """The accounts whose pipelines somebody must start."""
        return tuple(change for change in self.changes if change.needs_pipeline)

    @property
    def queued(self) -> int:
        """Requests that wait in AFT's queue, those that it refuses there included."""
        return sum(step.decision.queued for change in self.changes for step in change.steps)

    @property
    def minutes(self) -> int:
        """Until AFT has taken the last of them; what Control Tower then needs comes on top."""
        return MINUTES_PER_REQUEST * self.queued

    def of(self, kind: Kind) -> tuple[AccountChange, ...]:
        return tuple(change for change in self.changes if kind in change.kinds)


def assumed(before: Side, after: Side) -> Known:
    """What AFT finds if every request of the base became an account that is enrolled and healthy.

    What a new request claims is believed too; the plan says of each that it was.
    """
    rows = list(before.rows.values())
    there = {row.email.casefold() for row in rows}
    claimed = (row for row in after.rows.values() if row.account)
    rows += [row for row in claimed if row.email.casefold() not in there]
    return Known(
        accounts=tuple(Account(id=f"of {row.id}", name=row.name, email=row.email) for row in rows),
        products=tuple(Product(account_id=f"of {row.id}", email=row.email) for row in rows),
    )


_NO_FILES = Files()


def compute(before: Side, after: Side, files: Files = _NO_FILES, known: Known | None = None) -> Plan:
    """The plan for replacing one tree by another; ``known`` is the organization, if somebody asked it."""
    applied = terraform.apply(before.rows, after.rows, after.moves)
    judge = Judge(before.policy, after.policy)
    steps = _decided(applied.records, known or assumed(before, after))
    old_rows = {row.id: row for row in before.rows.values()}
    new_rows = {row.id: row for row in reversed(list(after.rows.values()))}
    renamed = {after.rows[new].id: old for new, old in applied.addresses.items() if new != old}
    decisions = {id: tuple(step.decision for step in found) for id, found in steps.items()}
    dangers = of_rows(applied.hazards, decisions)
    same_access = judge.same_policy
    changes = []
    for id in sorted({*old_rows, *new_rows}):
        old, new = old_rows.get(id), new_rows.get(id)
        quiet = not steps.get(id) and id not in dangers and id not in renamed and same_access
        if quiet and not files.everywhere and not (files.customizations and _customized(new, files)):
            continue
        change = _change(id, old, new, steps.get(id, ()), judge, files)
        kinds = (*change.kinds, Kind.RENAME) if id in renamed else change.kinds
        notes = change.notes
        account = new.account if known is None and old is None and new is not None else ""
        if account and Kind.TAKE_OVER in kinds:
            user = sso_user(change.row)
            said = (
                f"that it is account {account} is its request's word, and was not looked up (SSO user {user})"
            )
            notes = (*notes, said)
            change = replace(change, claim=account)
        if id in renamed:
            was = module_of(renamed[id])
            notes = (*notes, f"a moved block keeps the account: {was} becomes {change.row.address}")
        change = replace(change, kinds=kinds, notes=notes, dangers=(*dangers.get(id, ()), *change.dangers))
        if change.kinds or change.dangers:
            changes.append(change)
    changes.sort(key=lambda change: (change.name, change.id))
    return Plan(
        changes=tuple(changes),
        dangers=tuple(
            of_tree(
                len(before.rows),
                len(after.rows) + len(after.unevaluated),
                sum(change.new is None for change in changes),
            )
        ),
        unevaluated=(*before.unevaluated, *after.unevaluated),
        policy_files=files.policy,
        everywhere=files.everywhere,
        access_problems=tuple(filter(None, (before.policy.problem, after.policy.problem))),
        unchanged=len(new_rows) - sum(change.new is not None for change in changes),
    )


def _decided(records: Iterable[Record], known: Known) -> dict[str, tuple[Step, ...]]:
    """AFT's decisions in the order of the records; an account that one of them makes is known to the next."""
    found: dict[str, tuple[Step, ...]] = {}
    for record in records:
        decision = decide(record.old, record.new, known)
        found[record.id] = (*found.get(record.id, ()), Step(record.event, decision))
        if decision.verdict is Verdict.CREATE and record.new is not None:
            made = Account(id=f"of {record.id}", name=record.new.name, email=record.new.email)
            known = replace(known, accounts=(*known.accounts, made))
    return found


def _change(
    id: str,
    old: RequestRow | None,
    new: RequestRow | None,
    steps: tuple[Step, ...],
    judge: Judge,
    files: Files,
) -> AccountChange:
    verdicts = {step.decision.verdict for step in steps}
    access = _access(old, new, steps, judge)
    dangers = []
    if access.gone:
        dangers.append(of_declaration(len(access.gone)))
    unknown = of_unknown_sso_user(new, (step.decision for step in steps)) if new is not None else None
    if unknown is not None:
        dangers.append(unknown)
    differences = tuple(changed_fields.compare(old, new)) if old is not None and new is not None else ()
    reasons: tuple[str, ...] = ()
    # An account without a row gets no pipeline, and a new pipeline starts itself.
    if old is not None and new is not None and Verdict.REMOVE not in verdicts:
        reasons = tuple(_pipeline_reasons(old, new, access, differences, files))
    kinds = list(_kinds(steps, access, differences))
    if reasons:
        kinds.append(Kind.PIPELINE)
    return AccountChange(
        id=id,
        old=old,
        new=new,
        kinds=tuple(dict.fromkeys(kinds)),
        steps=steps,
        fields=differences,
        access=access,
        dangers=tuple(dangers),
        notes=tuple(changed_fields.notes(differences)),
        pipeline_reasons=reasons,
    )


def _access(
    old: RequestRow | None, new: RequestRow | None, steps: tuple[Step, ...], judge: Judge
) -> AccessChange:
    verdicts = {step.decision.verdict for step in steps}
    if new is None:
        return judge.removed(old) if old is not None else AccessChange()
    if old is None:
        if Verdict.CREATE in verdicts:
            return judge.created(new)
        if Verdict.CUSTOMIZE in verdicts:
            return judge.taken_over(new)
        return AccessChange(refused=judge.created(new).refused)
    # An OU move that AFT refuses leaves the account where it is.
    return judge.changed(old, new, new.ou if Verdict.REFUSE not in verdicts else old.ou)


def _kinds(
    steps: tuple[Step, ...], access: AccessChange, differences: tuple[FieldChange, ...]
) -> Iterator[Kind]:
    if any(step.decision.verdict is Verdict.REFUSE for step in steps) or access.refused:
        yield Kind.REFUSED
    for step in steps:
        match step.decision.verdict:
            case Verdict.CREATE:
                yield Kind.CREATE
            case Verdict.UPDATE:
                yield Kind.MOVE
                if len(differences) > 1:
                    yield Kind.CUSTOMIZE
            case Verdict.CUSTOMIZE:
                yield Kind.TAKE_OVER if step.event == "INSERT" else Kind.CUSTOMIZE
            case Verdict.REMOVE:
                yield Kind.REMOVE


def _pipeline_reasons(
    old: RequestRow,
    new: RequestRow,
    access: AccessChange,
    differences: tuple[FieldChange, ...],
    files: Files,
) -> Iterator[str]:
    if access.granted or access.revoked:
        yield "its access changes"
    if old.account_customizations_name != new.account_customizations_name:
        yield "its customization changes"
    elif _customized(new, files):
        yield f"files of account-customizations/{new.account_customizations_name} changed"
    if any(change.kind == "custom field" and change.name != "access" for change in differences):
        yield "its custom fields change, which its customization may read"
    if files.everywhere:
        yield "global-customizations changed"


def _customized(row: RequestRow | None, files: Files) -> bool:
    return row is not None and row.account_customizations_name in files.customizations

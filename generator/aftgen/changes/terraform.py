"""What Terraform writes to AFT's request table when a tree of requests replaces another: :func:`apply`.

Terraform knows a request by its resource's address, AFT by the row's id, the email. That the two differ is
where live accounts are lost. The stages, in order, each as Terraform 1.11 and its AWS provider do it:

1. ``moved`` blocks carry what was at one address to another (``internal/refactoring/move_execute.go``: one
   block after those that it continues; a target that is taken keeps it from moving);
2. an address that is gone is deleted, one that stays is updated, one that is new is put with
   ``attribute_not_exists`` (``aws_dynamodb_table_item``: an update that changes the id writes the new id
   whatever is there, then deletes the old one);
3. the table's stream carries each write that changed something, as old and new image.

Terraform orders none of these writes among themselves. They are played here as deletes, updates, puts, each
by address; where another order would end differently there is a hazard, and that is what counts.
"""

import re
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum

from aftgen.changes.decision import same_image
from aftgen.checks.moves import Address, Step
from aftgen.request_row import RequestRow

#: The address, below the request's module, of the one resource of AFT's own module.
RESOURCE = "aws_dynamodb_table_item.account-request"


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """One ``moved`` block. ``within`` are the labels of the modules that it stands in, from the root down."""

    source: Address
    target: Address
    within: tuple[str, ...] = ()
    place: str = ""


@dataclass(frozen=True, slots=True)
class Record:
    """One record of the table's stream: INSERT has no old image, REMOVE no new one."""

    old: RequestRow | None
    new: RequestRow | None

    @property
    def event(self) -> str:
        if self.old is None:
            return "INSERT"
        return "REMOVE" if self.new is None else "MODIFY"

    @property
    def id(self) -> str:
        row = self.new or self.old
        if row is None:
            raise ValueError("a stream record has an old or a new image")
        return row.id


class HazardKind(Enum):
    """What may go wrong with the table itself."""

    READDRESSED = "address changed"  # deleted and put again: the live account is removed, or the apply fails
    EMAIL_CHANGED = "email changed"  # the row of a live account goes, another one comes
    OVERWRITES = "overwrites another"  # an update writes over the row that another request owns
    DUPLICATE = "email used twice"  # a row for this email is there already: the apply fails
    LOST = "row lost"  # after the apply the table does not hold what is declared
    STILL_DECLARED = "moved but declared"  # Terraform refuses the whole apply: 'Moved object still exists'


@dataclass(frozen=True, slots=True, kw_only=True)
class Hazard:
    """``id`` is the row it is about, ``other`` the other row's id where there is one."""

    kind: HazardKind
    id: str
    old_address: str = ""
    new_address: str = ""
    other: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Applied:
    """What an apply does. ``addresses`` gives the old address of each new one that was there before."""

    records: tuple[Record, ...] = ()
    hazards: tuple[Hazard, ...] = ()
    addresses: Mapping[str, str] = field(default_factory=dict)


def apply(
    before: Mapping[str, RequestRow], after: Mapping[str, RequestRow], moves: Sequence[Move] = ()
) -> Applied:
    """Play the change of a tree. The mappings are from the resource's full address to its row."""
    came_from = _moved(before, moves)
    hazards = [
        Hazard(kind=HazardKind.STILL_DECLARED, id=after[old].id, old_address=old, new_address=new)
        for new, old in came_from.items()
        if new != old and old in after
    ]
    gone = [new for new in sorted(came_from) if new not in after]
    kept = [new for new in sorted(came_from) if new in after]
    made = [address for address in sorted(after) if address not in came_from]
    table = _Table({row.id: row for row in before.values()})
    for address in gone:
        table.delete(before[came_from[address]].id)
    for address in kept:
        old, new = before[came_from[address]], after[address]
        if old.id != new.id:
            kind = HazardKind.OVERWRITES if new.id in table.rows else HazardKind.EMAIL_CHANGED
            hazards.append(
                Hazard(
                    kind=kind, id=new.id, old_address=came_from[address], new_address=address, other=old.id
                )
            )
            table.put(new)
            table.delete(old.id)
        elif not same_image(old, new):
            table.put(new)
    deleted = {before[came_from[address]].id: came_from[address] for address in gone}
    for address in made:
        row = after[address]
        if row.id in deleted:
            hazards.append(
                Hazard(
                    kind=HazardKind.READDRESSED,
                    id=row.id,
                    old_address=deleted[row.id],
                    new_address=address,
                )
            )
        if row.id in table.rows:
            hazards.append(Hazard(kind=HazardKind.DUPLICATE, id=row.id, new_address=address))
        else:
            table.put(row)
    told = {hazard.id for hazard in hazards}
    for address, row in sorted(after.items()):
        found = table.rows.get(row.id)
        if (found is None or not same_image(found, row)) and row.id not in told:
            hazards.append(Hazard(kind=HazardKind.LOST, id=row.id, new_address=address))
    return Applied(
        records=tuple(table.records),
        hazards=tuple(hazards),
        addresses={new: old for new, old in came_from.items() if new in after},
    )


class _Table:
    """AFT's request table with its stream."""

    def __init__(self, rows: dict[str, RequestRow]) -> None:
        self.rows = rows
        self.records: list[Record] = []

    def put(self, row: RequestRow) -> None:
        old = self.rows.get(row.id)
        self.rows[row.id] = row
        if old is None or not same_image(old, row):
            self.records.append(Record(old, row))

    def delete(self, id: str) -> None:
        old = self.rows.pop(id, None)
        if old is not None:
            self.records.append(Record(old, None))


def _moved(before: Mapping[str, RequestRow], moves: Sequence[Move]) -> dict[str, str]:
    """Where each address of the state is after the moves: new address to old one."""
    if not moves:
        return {address: address for address in before}
    at = {_state_address(text): text for text in before}
    below: dict[str, dict[Address, None]] = {}
    for address in at:
        below.setdefault(_head(address), {})[address] = None
    for move in _in_order(moves):
        here = below.get(_start(move), {})
        for address in list(here):
            target = _destination(address, move)
            if target is not None and target not in at:
                at[target] = at.pop(address)
                del here[address]
                below.setdefault(_head(target), {})[target] = None
    return {str(address): text for address, text in at.items()}


_STEP = re.compile(r'module\.(?P<name>[^.\[]+)(?P<key>\[(?:"(?:[^"\\]|\\.)*"|\d+)\])?\.')


def _state_address(text: str) -> Address:
    """An address as Terraform writes it, whatever its keys hold."""
    steps, position = [], 0
    while match := _STEP.match(text, position):
        steps.append(Step(match["name"], match["key"] or ""))
        position = match.end()
    resource, bracket, key = text[position:].partition("[")
    return Address(tuple(steps), resource, bracket + key)


def _head(address: Address) -> str:
    return address.modules[0].name if address.modules else ""


def _start(move: Move) -> str:
    return move.within[0] if move.within else _head(move.source)


def _in_order(moves: Sequence[Move]) -> Iterator[Move]:
    """Each move after those whose target it starts from or lies around; a circle in the order written."""
    unique = list(dict.fromkeys(moves))
    starting: dict[str, list[int]] = {}
    for index, move in enumerate(unique):
        starting.setdefault(_start(move), []).append(index)
    next_: list[list[int]] = []
    waits = [0] * len(unique)
    for index, move in enumerate(unique):
        head = move.within[0] if move.within else _head(move.target)
        end = _path(move, move.target)
        after = [
            other
            for other in starting.get(head, ())
            if other != index and _meets(end, _path(unique[other], unique[other].source))
        ]
        next_.append(after)
        for other in after:
            waits[other] += 1
    ready = deque(index for index, count in enumerate(waits) if not count)
    done: set[int] = set()
    while ready:
        index = ready.popleft()
        done.add(index)
        yield unique[index]
        for other in next_[index]:
            waits[other] -= 1
            if not waits[other]:
                ready.append(other)
    yield from (move for index, move in enumerate(unique) if index not in done)


def _path(move: Move, address: Address) -> str:
    """An address from the root with no keys, ended by a dot."""
    return "".join(f"module.{name}." for name in move.within) + f"{address.call}."


def _meets(one: str, other: str) -> bool:
    return one.startswith(other) or other.startswith(one)


def _destination(address: Address, move: Move) -> Address | None:
    """Where a block moves a resource; None when it does not speak of it."""
    depth = len(move.within)
    inside = address.modules[depth:]
    if tuple(step.name for step in address.modules[:depth]) != move.within:
        return None
    above, source, target = address.modules[:depth], move.source, move.target
    if source.resource:
        if inside != source.modules or address.resource != source.resource:
            return None
        whole = not source.key and not target.key
        if not whole and address.key != source.key:
            return None
        return Address((*above, *target.modules), target.resource, address.key if whole else target.key)
    length = len(source.modules)
    if not length or len(inside) < length or inside[: length - 1] != source.modules[:-1]:
        return None
    last, goal = source.modules[-1], target.modules[-1]
    step = inside[length - 1]
    # Without a key on either side a block means the call with all its instances.
    whole = not last.key and not goal.key
    if step.name != last.name or (not whole and step.key != last.key):
        return None
    moved = Step(goal.name, step.key if whole else goal.key)
    modules = (*above, *target.modules[:-1], moved, *inside[length:])
    return Address(modules, address.resource, address.key)

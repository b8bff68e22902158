"""B002: a moved block that stops the apply, or loses an account."""

from collections.abc import Iterator
from dataclasses import dataclass

from aftgen.checks.context import Context
from aftgen.checks.finding import Finding, Severity
from aftgen.checks.moves import Address, Step, parse_address, read_sides, written
from aftgen.checks.rule import Rule
from aftgen.reader.folder import is_override
from aftgen.reader.model import ForeignBlock, Span


@dataclass(frozen=True, slots=True)
class _Move:
    """A moved block that could be read, with addresses from the root."""

    block: ForeignBlock
    source: Address
    target: Address

    @property
    def span(self) -> Span:
        return Span(self.block.file, self.block.block.start, self.block.block.header_end)

    def side(self, name: str) -> Span:
        attribute = self.block.block.body.attributes[name]
        return Span(self.block.file, attribute.value.start, attribute.value.end)


class MovedBlock(Rule):
    id = "B002"
    name = "moved-block"
    title = "A moved block stops the apply, or forgets an account"
    why = (
        "Terraform refuses a move to the same address, from a module that is still declared, in a circle, "
        "or to an address that another move takes too, and with it the requests of everybody. A move to a "
        "module that is not declared passes, and removes the account from AFT. Each case was run with "
        "Terraform 1.11."
    )
    fix = "write from the label that is gone to the label that is there, once"
    bad = """module "payments_prod" {
  source = "./modules/aft-account-request"
}

moved {
  from = module.payments_prod
  to   = module.payments_prod
}
"""
    good = """module "payments_prod" {
  source = "./modules/aft-account-request"
}

moved {
  from = module.payments
  to   = module.payments_prod
}
"""

    def check(self, context: Context) -> Iterator[Finding]:
        moves: list[_Move] = []
        for foreign in context.folder.moved:
            found = list(self._form(foreign))
            yield from found
            move = None if found else _read(foreign)
            if move is not None:
                moves.append(move)
        sources = frozenset(move.source for move in moves)
        for move in moves:
            yield from self._alone(context, move, sources)
        yield from self._together(context, moves)

    def _form(self, foreign: ForeignBlock) -> Iterator[Finding]:
        block, file = foreign.block, foreign.file
        header = Span(file, block.start, max(block.header_end, block.start))
        if is_override(file.source.path.rsplit("/", 1)[-1]):
            yield self.finding(header, "Terraform takes no moved block in an override file")
        if block.labels:
            yield self.finding(header, "a moved block has no label")
        for inner in block.body.blocks:
            yield self.finding(
                Span(file, inner.start, max(inner.header_end, inner.start)),
                f"a moved block holds no {inner.type!r} block",
            )
        for name, attribute in block.body.attributes.items():
            if name not in ("from", "to"):
                span = Span(file, attribute.start, attribute.start + len(name.encode()))
                yield self.finding(span, f"a moved block has no argument {name!r}")
        sides: list[Address] = []
        for name in ("from", "to"):
            found = block.body.attributes.get(name)
            if found is None:
                yield self.finding(header, f"the moved block has no {name!r}")
                continue
            address = parse_address(written(file, found))
            if address is None:
                yield self.finding(
                    Span(file, found.value.start, found.value.end),
                    "this is no address that Terraform takes in a moved block",
                    hint="write module.<label> without quotes, templates or functions",
                )
            else:
                sides.append(address)
        if len(sides) == 2 and bool(sides[0].resource) != bool(sides[1].resource):
            yield self.finding(header, "'from' and 'to' must both be modules, or both resources")

    def _alone(self, context: Context, move: _Move, sources: frozenset[Address]) -> Iterator[Finding]:
        source, target = move.source, move.target
        if source == target:
            yield self.finding(move.span, f"this moves {source} to itself")
            return
        if _is_declared(context, source, target):
            yield self.finding(
                move.side("from"),
                f"{source} is still declared: Terraform refuses to move it",
                hint=f"rename the module to {target}, or remove this block",
            )
        elif not source.resource and target.call not in context.declared_calls:
            if target not in sources:
                yield self.finding(
                    move.side("to"),
                    f"{target} is not declared: the account that {source} was is removed from AFT",
                    severity=Severity.WARNING,
                )
        elif source.resource and source.resource.split(".")[-2] != target.resource.split(".")[-2]:
            yield self.finding(
                move.span,
                "the resources are of two types, between which few providers move",
                severity=Severity.WARNING,
            )

    def _together(self, context: Context, moves: list[_Move]) -> Iterator[Finding]:
        by_source: dict[Address, _Move] = {}
        by_target: dict[Address, _Move] = {}
        for move in moves:
            if move.source == move.target:
                continue
            first = by_source.setdefault(move.source, move)
            if first.target != move.target:
                yield self.finding(
                    move.side("from"),
                    f"{move.source} is also moved to {first.target} at {context.where(first.span)}",
                )
            first = by_target.setdefault(move.target, move)
            if first.source != move.source:
                yield self.finding(
                    move.side("to"),
                    f"{first.source} is also moved to {move.target} at {context.where(first.span)}",
                )
        for move in _circles(moves, by_source):
            yield self.finding(move.span, f"the moves that begin at {move.source} form a circle")


def _read(foreign: ForeignBlock) -> _Move | None:
    """A block's move, with the addresses of a wrapper's block below the wrapper's own address."""
    found = read_sides(foreign.file, foreign.block)
    if found is None:
        return None
    sides = list(found)
    if foreign.module_folder:
        outer = parse_address(foreign.module_folder)
        prefix: tuple[Step, ...] = outer.modules if outer else ()
        sides = [Address((*prefix, *side.modules), side.resource, side.key) for side in sides]
    return _Move(foreign, sides[0], sides[1])


def _is_declared(context: Context, source: Address, target: Address) -> bool:
    """Whether Terraform would say 'Moved object still exists'."""
    if source.resource:
        return source.call in context.declared_resources and source.call != target.call
    if source.last_key:
        return str(source) in context.declared_instances
    if source.call == target.call:
        # From the whole call to an instance of it: a module that got for_each.
        return False
    keyless = all(not step.key for step in source.modules)
    return source.call in context.declared_calls if keyless else str(source) in context.declared_instances


def _circles(moves: list[_Move], by_source: dict[Address, _Move]) -> Iterator[_Move]:
    """The moves that lie on a circle; each move is walked over once."""
    done: set[Address] = set()
    for move in moves:
        way: dict[Address, int] = {}
        at = move.source
        while at in by_source and at not in done and at not in way:
            way[at] = len(way)
            at = by_source[at].target
        if at in way:
            yield from (by_source[address] for address, step in way.items() if step >= way[at])
        done.update(way)

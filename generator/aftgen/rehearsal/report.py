"""The result as text for a person: lines of styled pieces, the same on a terminal, in a log and in a picture.

Columns are as wide as what they hold. Where that is too wide, the least telling ones are left out.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from aftgen.rehearsal.result import AccountResult, Entry, PortalRow, Result

Piece = tuple[str, str]  # text and style
Line = tuple[Piece, ...]

HEAD, NAME, GOOD, BAD, QUIET, PLAIN = "head", "name", "good", "bad", "quiet", ""
STYLES: Final = {
    HEAD: "bold",
    NAME: "cyan",
    GOOD: "green",
    BAD: "bold red",
    QUIET: "dim",
    PLAIN: "",
}
_GAP: Final = 2


@dataclass(frozen=True, slots=True)
class Column:
    """`gives_way`: this one is left out first where the table is too wide (higher before lower; 0 never).

    `least`: a last column that is cut instead, to no fewer characters than these.
    """

    title: str
    gives_way: int = 0
    least: int = 0


def lines(result: Result, *, width: int) -> Iterator[Line]:
    """The whole report, for a screen of so many characters."""
    yield ((_headline(result), HEAD),)
    if result.stopped:
        yield ()
        yield from _stopped(result)
    if result.every:
        yield ()
        yield from _summary(result, width)
    yield from _tags(result, width)
    yield from _policies(result, width)
    if any(account.entries or account.lost or account.missing for account in result.every):
        yield ()
        yield from _access(result, width)
    yield from _failures(result)
    yield from _second(result)


def portal_lines(user: str, rows: Sequence[PortalRow], *, width: int) -> Iterator[Line]:
    """The access portal of one person."""
    yield ()
    if not rows:
        yield ((f"{user} sees no account in the portal.", PLAIN),)
        return
    yield ((f"What {user} sees in the access portal", HEAD),)
    yield from table(
        (Column("ACCOUNT"), Column("PERMISSION SET"), Column("THROUGH", 1)),
        [
            (
                (row.account, NAME),
                (row.permission_set, PLAIN),
                (f"group:{row.via}" if row.via else "own", QUIET),
            )
            for row in rows
        ],
        width,
    )


def _headline(result: Result) -> str:
    if result.stopped:
        return f"Nothing is applied: AFT {result.release} would stop in the account-request pipeline."
    change = f", from {result.before} to the working tree" if result.before else ""
    return f"{_count(len(result.every), 'account')} rehearsed as AFT {result.release} would{change}."


def _stopped(result: Result) -> Iterator[Line]:
    for reason in result.stopped:
        yield (("  ", PLAIN), (reason, BAD))


def _summary(result: Result, width: int) -> Iterator[Line]:
    columns = (
        Column("ACCOUNT"),
        Column("OU", 2),
        Column("REQUEST"),
        Column("CUSTOMIZATION", 3),
        Column("PIPELINE"),
        Column("SECOND RUN", 1),
    )
    yield from table(columns, [_summary_row(result, account) for account in result.every], width)


def _summary_row(result: Result, account: AccountResult) -> tuple[Piece, ...]:
    bad_request = any(failure.stage in ("requests", "control tower") for failure in account.failures)
    pipeline: Piece = ("-", QUIET)
    if account.first is not None:
        pipeline = ("ok", GOOD) if account.first.ok else ("failed", BAD)
    elif any(failure.stage == "provisioning" for failure in account.failures):
        pipeline = ("not created", BAD)
    second: Piece = ("-", QUIET)
    if account.second is not None:
        wrote = any(each.startswith(f"{account.name}: ") for each in result.second_writes)
        second = ("changed something", BAD) if wrote else ("changed nothing", GOOD)
        second = second if account.second.ok else ("failed", BAD)
    return (
        (account.name, NAME),
        (account.ou, PLAIN),
        ("refused" if bad_request else account.what, BAD if bad_request else PLAIN),
        (account.customization or "-", PLAIN),
        pipeline,
        second,
    )


def _access(result: Result, width: int) -> Iterator[Line]:
    yield (("Who can sign in with what", HEAD),)
    columns = [
        Column("ACCOUNT"),
        Column("OU", 2),
        Column("WHO"),
        Column("PERMISSION SET"),
        Column("WHY", least=8),
    ]
    if result.before:
        columns.insert(2, Column(""))
    rows = []
    for account in result.every:
        shown = [*(each for each in account.entries if not each.is_default), *account.lost, *account.missing]
        for number, entry in enumerate(shown):
            first = number == 0
            row: list[Piece] = [
                (account.name if first else "", NAME),
                (account.ou if first else "", PLAIN),
                *_entry(account, entry),
            ]
            if result.before:
                row.insert(2, _sign(account, entry))
            rows.append(row)
    yield from table(columns, rows, width)
    if any(entry.is_default for account in result.every for entry in account.entries):
        yield (
            (
                "Control Tower's own groups hold their usual permission sets as well (--json lists them).",
                QUIET,
            ),
        )
    for account in result.removed:
        if account.entries:
            yield (
                (f"{account.name} is no longer AFT's; who could sign in still can: nothing revokes it.", BAD),
            )


def _entry(account: AccountResult, entry: Entry) -> tuple[Piece, Piece, Piece]:
    why: Piece = (entry.source, QUIET)
    if entry in account.missing:
        why = (f"{entry.source}: NOT granted", BAD)
    elif entry in account.lost:
        why = ("revoked", BAD)
    return (entry.principal, PLAIN), (entry.permission_set, PLAIN), why


def _sign(account: AccountResult, entry: Entry) -> Piece:
    if entry in account.gained:
        return ("+", GOOD)
    return ("-", BAD) if entry in account.lost else (" ", PLAIN)


def _tags(result: Result, width: int) -> Iterator[Line]:
    rows = [
        (
            (account.name, NAME),
            (", ".join(f"{key}={account.tags[key]}" for key in sorted(account.tags)), PLAIN),
        )
        for account in result.every
        if account.tags
    ]
    if rows:
        yield ()
        yield from table((Column("ACCOUNT"), Column("TAGS", least=24)), rows, width)


def _policies(result: Result, width: int) -> Iterator[Line]:
    found = [
        (account, sign, place, names) for account in result.every for sign, place, names in _by_place(account)
    ]
    if not found:
        return
    columns = [Column("ACCOUNT"), Column("ATTACHED TO"), Column("POLICIES")]
    if result.before:
        columns.insert(1, Column(""))
    taken = [max(len(account.name) for account, *_ in found), max(len(place) for _, _, place, _ in found)]
    room = width - sum(max(size, len("ATTACHED TO")) + _GAP for size in taken) - (3 if result.before else 0)
    rows: list[list[Piece]] = []
    last = ""
    for account, sign, place, names in found:
        for number, text in enumerate(_wrapped(names, room)):
            row: list[Piece] = [
                (account.name if account.name != last else "", NAME),
                (place if number == 0 else "", PLAIN),
                (text, PLAIN),
            ]
            if result.before:
                row.insert(1, sign if number == 0 else ("", PLAIN))
            rows.append(row)
            last = account.name
    yield ()
    yield (("Service control policies in force", HEAD),)
    yield from table(columns, rows, width)


def _wrapped(names: Sequence[str], room: int) -> Iterator[str]:
    """Names with commas, in lines of at most so many characters; a longer name has a line of its own."""
    line = ""
    for name in names:
        if line and len(line) + len(name) + 2 > room:
            yield f"{line},"
            line = name
        else:
            line = f"{line}, {name}" if line else name
    yield line


def _by_place(account: AccountResult) -> list[tuple[Piece, str, list[str]]]:
    """Names of policies, together where they are attached to the same place and changed alike."""
    found: dict[tuple[Piece, str], list[str]] = {}
    for policy in (*account.policies, *account.policies_lost):
        sign: Piece = ("+", GOOD) if policy in account.policies_gained else (" ", PLAIN)
        if policy in account.policies_lost:
            sign = ("-", BAD)
        found.setdefault((sign, policy.attached_to), []).append(policy.name)
    return [(sign, place, names) for (sign, place), names in found.items()]


def _failures(result: Result) -> Iterator[Line]:
    every = [("the organization", result.organization)]
    for name, failures in [*every, *((each.name, each.failures) for each in result.every)]:
        for failure in failures:
            yield ()
            place = f" ({failure.place})" if failure.place else ""
            yield ((name, NAME), (f" failed in {failure.stage}{place}", BAD))
            yield from (
                (("  ", PLAIN), (_printable(line), PLAIN))
                for reason in failure.reasons
                for line in reason.splitlines()
            )
            yield from ((("  | ", QUIET), (_printable(line), QUIET)) for line in failure.log.splitlines())


def _second(result: Result) -> Iterator[Line]:
    if result.second_writes:
        yield ()
        yield (("The second run was to change nothing, and changed:", BAD),)
        yield from ((("  ", PLAIN), (each, PLAIN)) for each in result.second_writes)


def table(columns: Sequence[Column], rows: Iterable[Sequence[Piece]], width: int) -> Iterator[Line]:
    """A head and the rows, without what does not fit and may go, and without columns that are all empty."""
    listed = [[(_printable(text), style) for text, style in row] for row in rows]
    widths = [
        max([len(column.title), *(len(row[index][0]) for row in listed)])
        for index, column in enumerate(columns)
    ]
    keep = [
        index
        for index, column in enumerate(columns)
        if not column.gives_way or any(row[index][0] not in ("", "-") for row in listed)
    ]
    while sum(widths[index] + _GAP for index in keep) - _GAP > width:
        going = max(keep, key=lambda index: columns[index].gives_way)
        if not columns[going].gives_way:
            break
        keep.remove(going)
    last = keep[-1]
    if columns[last].least:
        others = sum(widths[index] + _GAP for index in keep[:-1])
        widths[last] = min(widths[last], max(columns[last].least, width - others))
    shown = [widths[index] for index in keep]
    yield _row([(columns[index].title, HEAD) for index in keep], shown)
    for row in listed:
        yield _row([row[index] for index in keep], shown)


def _row(pieces: Sequence[Piece], widths: Sequence[int]) -> Line:
    padded = [
        (_cut(text, width).ljust(width + _GAP), style)
        for (text, style), width in zip(pieces, widths, strict=True)
    ]
    while padded and not padded[-1][0].strip():
        padded.pop()
    if padded:
        padded[-1] = (padded[-1][0].rstrip(), padded[-1][1])
    return tuple(padded)


def _cut(text: str, width: int) -> str:
    return text if len(text) <= width else text[: width - 1] + "…"


def _printable(text: str) -> str:
    """As a terminal may show it: control characters as their escapes."""
    return text if text.isprintable() else "".join(c if c.isprintable() else repr(c)[1:-1] for c in text)


def _count(number: int, what: str) -> str:
    return f"{number:,} {what}{'' if number == 1 else 's'}"

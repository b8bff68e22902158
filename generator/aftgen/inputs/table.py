"""Account requests from CSV: a header, then one account to a row.

Columns: those of :data:`COLUMNS`, ``tag:<key>``, ``field:<key>`` (a custom field) and
``grant:<PermissionSet>``, whose cells hold principals separated by ``;``. Only ``name`` must be there. An
empty cell means that nothing was given.
"""

import csv
import io
from collections.abc import Callable, Sequence

from aftgen.errors import Problems, UsageError, nearest
from aftgen.inputs.raw import TEXT_FIELDS, Given, InvalidInput, given
from aftgen.inputs.source import Source
from aftgen.limits import normalise
from aftgen.source_tree import Path

COLUMNS = TEXT_FIELDS
_PREFIXES = {"tag:": "tags", "field:": "custom_fields", "grant:": "grants"}
_FIELD_LIMIT = 1024 * 1024


class UnusableTable(Problems):
    """A table whose header or rows cannot be read."""

    exit_code = 2


def read(source: Source) -> list[Given]:
    """What the rows give, in their order. Raises UnusableTable, UsageError or InvalidInput."""
    rows = _rows(source)
    if not rows:
        raise UsageError("the input is empty", place=source.shown)
    (header_line, header), *rest = rows
    columns = _columns(header, f"{source.shown}:{header_line}")
    if not rest:
        raise UsageError("there is a header and no request below it", place=source.shown)
    problems = []
    found = []
    for line, cells in rest:
        if len(cells) != len(header):
            problems.append(
                f"{source.shown}:{line}: the row has {_count(len(cells), 'cell')}, the header {len(header)}"
            )
            continue
        try:
            found.append(given(_data(columns, cells), _places(f"{source.shown}:{line}")))
        except InvalidInput as error:
            problems += error.problems
    if problems:
        raise UnusableTable("the table cannot be read; nothing was written", problems)
    return found


def _rows(source: Source) -> list[tuple[int, list[str]]]:
    """Rows that hold anything, each with the line that it begins on."""
    previous = csv.field_size_limit(_FIELD_LIMIT)
    reader = csv.reader(io.StringIO(normalise(source.text), newline=""), strict=True)
    rows = []
    line = 1
    try:
        for cells in reader:
            if any(cell.strip() for cell in cells):
                rows.append((line, cells))
            line = reader.line_num + 1
    except csv.Error as error:
        raise UsageError(f"this is not CSV: {error}", place=f"{source.shown}:{line}") from None
    finally:
        csv.field_size_limit(previous)
    return rows


def _columns(header: Sequence[str], place: str) -> list[tuple[str, str]]:
    """Each column's field, and its key where the field is a mapping. Raises UnusableTable."""
    problems = []
    columns = []
    seen: dict[str, int] = {}
    for number, cell in enumerate(header, 1):
        name = cell.strip()
        prefix = next((prefix for prefix in _PREFIXES if name.startswith(prefix)), None)
        if name in seen:
            problems.append(f"{place}: the column {name!r} is there twice, as {seen[name]} and {number}")
        elif prefix and name == prefix:
            problems.append(f"{place}: the column {name!r} names nothing after ':'")
        elif not prefix and name not in COLUMNS and len(header) == 1 and ";" in name:
            problems.append(f"{place}: columns are separated by ',' here, not by ';'")
        elif not prefix and name not in COLUMNS:
            problems.append(f"{place}: {_unknown(name, number)}")
        seen.setdefault(name, number)
        columns.append((_PREFIXES[prefix], name.removeprefix(prefix)) if prefix else (name, ""))
    if "name" not in seen and not problems:
        problems.append(f"{place}: there is no column 'name'")
    if problems:
        raise UnusableTable(
            "the header of the table cannot be used; nothing was written",
            problems,
            hint=f"columns are {', '.join(COLUMNS)}, tag:<key>, field:<key> and grant:<PermissionSet>",
        )
    return columns


def _unknown(name: str, number: int) -> str:
    if not name:
        return f"column {number} has no name"
    close = nearest(name, [*COLUMNS, *_PREFIXES])
    return f"the column {name[:60]!r} is not known" + (f": did you mean {close!r}?" if close else "")


def _data(columns: Sequence[tuple[str, str]], cells: Sequence[str]) -> dict[str, object]:
    data: dict[str, object] = {}
    mappings: dict[str, dict[str, object]] = {"tags": {}, "custom_fields": {}, "grants": {}}
    for (field, key), cell in zip(columns, cells, strict=True):
        if not cell.strip():
            continue
        if field == "grants":
            mappings[field][key] = tuple(part.strip() for part in cell.split(";") if part.strip())
        elif key:
            mappings[field][key] = cell
        else:
            data[field] = cell.strip() if field != "reason" else cell
    data.update({field: mapping for field, mapping in mappings.items() if mapping})
    return data


def _places(row: str) -> Callable[[Path], str]:
    names = {field: prefix for prefix, field in _PREFIXES.items()}

    def place(path: Path) -> str:
        if not path:
            return row
        column = f"{names[str(path[0])]}{path[1]}" if path[0] in names and len(path) > 1 else path[0]
        return f"{row} ({column})"

    return place


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"

"""Whether an edited folder means what was asked for, and everything else what it meant before.

Two parsers say so: the reader of this program, which evaluates the whole folder with the new files in it, and
python-hcl2, which must find the same values where the first one does.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from aft_access.contract import AccessDeclaration, ContractError, parse

from aftgen.editing.wanted import Wanted, declaration_of
from aftgen.errors import Refused
from aftgen.hcl.nodes import File
from aftgen.hcl.values import Value
from aftgen.limits import normalise
from aftgen.reader.model import CUSTOM_FIELDS, CUSTOMIZATION, Request, RequestFolder
from aftgen.request import ACCESS_FIELD


class NotAsMeant(Refused):
    """The edited files do not mean what was asked for; nothing was written."""


def all_files(folder: RequestFolder) -> dict[str, File]:
    """Every file that was read, by its path."""
    found = {file.source.path: file for file in folder.files}
    for files in folder.modules.values():
        found.update({file.source.path: file for file in files})
    return found


def others_unchanged(
    before: RequestFolder,
    after: RequestFolder,
    renamed: Mapping[str, str],
    *,
    edited: str | None = None,
    gone: Iterable[str] = (),
) -> None:
    """Every request but the edited one and those gone stands at its (new) address and means what it meant.

    ``renamed`` maps addresses to new ones; ``edited`` is an address afterwards, ``gone`` are ones before.
    Raises NotAsMeant.
    """
    for path, file in all_files(after).items():
        if file.problems and not all_files(before)[path].problems:
            raise NotAsMeant(f"{path} could not be read any more; nothing was written")
    without = frozenset(gone)
    old = [
        (_at(one.address, renamed), one.arguments) for one in before.requests if one.address not in without
    ]
    new = [(one.address, one.arguments) for one in after.requests]
    lost = sorted({address for address, _ in old} ^ {address for address, _ in new})
    if lost or len(old) != len(new):
        raise NotAsMeant(
            f"the edit would also add or remove {', '.join(lost) or 'a request'}; nothing was written"
        )
    for (address, was), (_, now) in zip(sorted(old, key=_first), sorted(new, key=_first), strict=True):
        if was != now and address != edited:
            raise NotAsMeant(f"the edit would also change {address}; nothing was written")


def _first(pair: tuple[str, object]) -> str:
    return pair[0]


def _at(address: str, renamed: Mapping[str, str]) -> str:
    for old, new in renamed.items():
        if address == old or address.startswith((f"{old}.", f"{old}[")):
            return new + address[len(old) :]
    return address


def as_wanted(after: Request, arguments: Mapping[str, Value], access: AccessDeclaration | None) -> None:
    """The edited request has these arguments and declares this access. Raises NotAsMeant."""
    for name, value in arguments.items():
        got = after.arguments[name]
        if name == CUSTOM_FIELDS and access is not None and isinstance(got, dict):
            try:
                declared = declaration_of(after)
            except ContractError as error:
                raise NotAsMeant(f"the access declaration would be unusable: {error}") from None
            if declared != access:
                raise NotAsMeant(
                    "the access declaration would not say what was asked for; nothing was written"
                )
            value = {**(value if isinstance(value, dict) else {}), ACCESS_FIELD: got[ACCESS_FIELD]}
        if got != value:
            what = _first_difference(name, value, got)
            raise NotAsMeant(
                f"{what} would change as well, because of how Terraform converts values; nothing was written",
                place=f"{after.path}:{after.file.source.position(after.block.start).line}",
                hint="write every tag and custom field in quotes first",
            )


def _first_difference(name: str, wanted: Value, got: Value) -> str:
    if isinstance(wanted, dict) and isinstance(got, dict):
        key = next((key for key in [*wanted, *got] if wanted.get(key) != got.get(key)), "")
        return f"{name}.{key}"
    return name


def second_opinion(before: File, after: File, labels: tuple[str, str], wanted: Wanted) -> None:
    """python-hcl2 finds what was asked for in the new file, and everything else as before.

    ``labels`` are the edited block's before and after. Says nothing about a file that python-hcl2 could not
    read before, nor about moved blocks. Raises NotAsMeant.
    """
    from aftgen.readback import NotARequest, blocks_in

    old_head, new_head = ("module", labels[0]), ("module", labels[1])
    try:
        old = blocks_in(before.source.data.decode())
    except NotARequest:
        return
    try:
        new = blocks_in(after.source.data.decode())
        if _without(old, old_head) != _without(new, new_head):
            raise NotAsMeant("python-hcl2 finds another block changed; nothing was written")
        ((_, was),) = [block for block in old if block[0] == old_head] or [(old_head, {})]
        ((_, now),) = [block for block in new if block[0] == new_head] or [(new_head, {})]
        for argument in dict.fromkeys([*was, *now]):
            _compare(argument, was.get(argument), now.get(argument), wanted)
    except NotARequest as error:
        raise NotAsMeant(
            f"python-hcl2 reads the edited file in another way ({error}); nothing was written"
        ) from None


def _compare(argument: str, was: Any, now: Any, wanted: Wanted) -> None:
    """One argument of the edited block. Raises NotAsMeant."""
    from aftgen.readback import NotARequest, entries_of, value_of

    if argument == CUSTOMIZATION and wanted.customization is not None:
        same = value_of(now) == wanted.customization
    elif argument in wanted.entries or (argument == CUSTOM_FIELDS and wanted.access is not None):
        try:
            old, new = entries_of(was or {}), entries_of(now)
        except NotARequest:
            return
        asked: dict[str, str | AccessDeclaration | None] = dict(wanted.entries.get(argument, {}))
        if argument == CUSTOM_FIELDS and wanted.access is not None:
            asked[ACCESS_FIELD] = wanted.access
        same = all(
            old.get(key) == new.get(key) if key not in asked else _is(new.get(key), asked[key])
            for key in {**old, **new, **asked}
        )
    else:
        same = was == now
    if not same:
        raise NotAsMeant(f"python-hcl2 reads another {argument} than was asked for; nothing was written")


def _is(written: Any, asked: str | AccessDeclaration | None) -> bool:
    """Whether a value as it is written is the one that was asked for; None: it is to be absent."""
    from aftgen.readback import NotARequest, value_of

    if asked is None or written is None:
        return asked is written
    try:
        value = value_of(written)
    except NotARequest:
        # A declaration may hold an expression that the edit left alone; of that only the reader can judge.
        return isinstance(asked, AccessDeclaration)
    if isinstance(asked, str):
        return bool(normalise(value) == asked)
    return parse(value if isinstance(value, str) else json.dumps(value)) == asked


def _without(blocks: Sequence[Any], head: tuple[str, str]) -> list[Any]:
    return [block for block in blocks if block[0] not in (head, ("moved",))]

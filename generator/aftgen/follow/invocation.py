"""The same in AFT's own words: inputs for its state machine ``aft-invoke-customizations``.

Its schema (AFT's ``identify_targets_request_schema.json``): ``include`` of one to four different items,
``exclude`` the same but not empty; AFT reference §5 for what the items mean. AFT runs the provisioning
framework of every account first, and aborts all when one fails.
"""

import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any, Final

#: A whole input of StartExecution (botocore's model of Step Functions, SensitiveData).
LONGEST: Final = 262_144
ITEMS: Final = 4


def inputs(
    *,
    ids: Sequence[str] = (),
    ous: Sequence[tuple[str, str]] = (),
    tags: Mapping[str, str] | None = None,
    everything: bool = False,
    excluded: Collection[str] = (),
    longest: int = LONGEST,
) -> list[dict[str, Any]]:
    """One input, or several where one would be too long. Nothing chosen: none.

    ``ids`` are accounts that are named, ``ous`` name and id of each unit (AFT takes an OU's own accounts, not
    those below it), ``tags`` must all be there, ``excluded`` are ids that must not start.
    """
    out = {"exclude": [_accounts(sorted(excluded))]} if excluded else {}
    if everything:
        return [{"include": [{"type": "all"}], **out}]
    items: list[dict[str, Any]] = []
    if ous:
        # A bare id or a path matches nothing, without a word (AFT issue 280).
        items.append({"type": "ous", "target_value": [f"{name} ({unit})" for name, unit in ous]})
    if tags:
        items.append({"type": "tags", "target_value": [{key: value} for key, value in sorted(tags.items())]})
    chosen = [one for one in ids if one not in excluded]
    if chosen:
        items.append(_accounts(chosen))
    return [{"include": group, **out} for group in _grouped(items, longest - len(json.dumps(out)) - 64)]


def _accounts(ids: Sequence[str]) -> dict[str, Any]:
    return {"type": "accounts", "target_value": list(ids)}


def _grouped(items: Sequence[dict[str, Any]], longest: int) -> Iterator[list[dict[str, Any]]]:
    """Items together while they fit, a list of values in several parts where it does not."""
    group: list[dict[str, Any]] = []
    for item in items:
        for part in _parts(item, longest):
            if group and (len(group) == ITEMS or len(json.dumps([*group, part])) > longest):
                yield group
                group = []
            group.append(part)
    if group:
        yield group


def _parts(item: dict[str, Any], longest: int) -> Iterator[dict[str, Any]]:
    values = item["target_value"]
    if len(json.dumps([item])) <= longest or len(values) < 2 or item["type"] == "tags":
        yield item
        return
    half = len(values) // 2
    yield from _parts({**item, "target_value": values[:half]}, longest)
    yield from _parts({**item, "target_value": values[half:]}, longest)

"""Names of people, groups and permission sets: what makes one unfit, alike or nearly right.

Grants are given to whoever holds a name, so a name that only looks like another one is an
attack as often as a slip (reference/identity-center.md §5, rows 5 and 6).
"""

import difflib
import re
import unicodedata
from collections.abc import Iterable
from typing import Final

PERMISSION_SET: Final = re.compile(r"[\w+=,.@-]{1,32}", re.ASCII)
"""Pattern and length of a permission set's name in the API's own model (§3, quotas)."""

PRINCIPAL_ID: Final = re.compile(r"([0-9a-f]{10}-)?[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}")
"""What the Identity Store calls a principal; a declaration never does."""

_UNSEEN: Final = frozenset({"Cc", "Cf", "Cn", "Co", "Cs", "Zl", "Zp", "Zs"})

_MANY_MARKS: Final = re.compile("M{9}")
"""Terraform puts a joiner of its own after 30; no name of a person or a group needs a tenth of that."""

_LOOKALIKES: Final = str.maketrans(
    {
        character: plain
        for plain, characters in {
            "a": "аα",
            "b": "вβЬ",
            "c": "сϲ",
            "d": "ԁ",
            "e": "еεё",
            "g": "ɡ",
            "h": "һнη",
            "i": "іιıl|1ӏј!",
            "k": "кκ",
            "m": "м",
            "n": "п",
            "o": "оο0σ",
            "p": "рρ",
            "r": "г",
            "s": "ѕ",
            "t": "тτ",
            "u": "υ",
            "v": "ν",
            "x": "хχ",
            "y": "уγ",
            "-": "_. ‐‑‒–—―−",
        }.items()
        for character in characters
    }
)
"""Letters of other scripts, digits and signs by the Latin letter that they pass for."""


def unfit(name: str) -> str | None:
    """Why a name may not be written in a declaration or a catalogue, or None when it may.

    A name is refused when a reviewer could not see what it is: invisible or unusual white space,
    compatibility characters that have a plain form (NFKC), blanks at an end.
    """
    if not name:
        return "is empty"
    for character in name:
        if character != " " and unicodedata.category(character) in _UNSEEN:
            return f"contains the invisible or control character U+{ord(character):04X}"
    if _MANY_MARKS.search("".join(unicodedata.category(character)[0] for character in name)):
        return "contains more combining characters than a reviewer, or Terraform, can read"
    if name != name.strip():
        return "begins or ends with a blank"
    if unicodedata.normalize("NFKC", name) != name:
        return f"is not in its plain form; write {unicodedata.normalize('NFKC', name)!r}"
    if "{{" in name:
        return "contains '{{', which Parameter Store refuses in a value"
    return None


def is_identifier(name: str) -> bool:
    """Whether a name is really an ARN or an id, which differ between organizations and say nothing."""
    lowered = name.lower()
    return lowered.startswith(("arn:", "ssoins-", "ps-")) or PRINCIPAL_ID.fullmatch(name) is not None


def skeleton(name: str) -> str:
    """A form in which names that a reviewer may take for one another are equal."""
    folded = unicodedata.normalize("NFKC", name).casefold().translate(_LOOKALIKES)
    plain = "".join(
        character
        for character in unicodedata.normalize("NFKD", folded)
        if not unicodedata.combining(character) and unicodedata.category(character) not in _UNSEEN
    )
    return plain.translate(_LOOKALIKES).replace("-", "").replace("rn", "m").replace("vv", "w")


def lookalikes(names: Iterable[str]) -> list[tuple[str, ...]]:
    """Groups of two or more different names that share a skeleton, sorted."""
    alike: dict[str, set[str]] = {}
    for name in names:
        alike.setdefault(skeleton(name), set()).add(name)
    return sorted(tuple(sorted(group)) for group in alike.values() if len(group) > 1)


def imitates(name: str, protected: Iterable[str]) -> str | None:
    """The protected permission set whose roles a policy would take this one's for, if any.

    The role of `DeveloperAccess_x` is `AWSReservedSSO_DeveloperAccess_x_<hex>`, which the usual
    pattern `AWSReservedSSO_DeveloperAccess_*` matches (reference §5, row 6).
    """
    for other in sorted(protected):
        if name == other:
            continue
        if name.casefold().startswith(f"{other.casefold()}_") or skeleton(name) == skeleton(other):
            return other
    return None


def nearest(name: str, known: Iterable[str]) -> str | None:
    """The known name most like this one when it looks like a typing slip, else None."""
    by_fold: dict[str, str] = {}
    for candidate in sorted(known):
        by_fold.setdefault(candidate.casefold(), candidate)
    found = difflib.get_close_matches(name.casefold(), list(by_fold), n=1, cutoff=0.7)
    return by_fold[found[0]] if found else None

"""Patterns of IAM, in which `*` stands for any text and `?` for one character: how two of them relate."""

from typing import Final

_ARN_PARTS: Final = 6


def covers(wide: str, narrow: str) -> bool:
    """Whether every text that matches `narrow` matches `wide`. In doubt it says no."""
    reached = {0}
    for character in wide:
        if character == "*":
            reached = set(range(min(reached), len(narrow) + 1)) if reached else reached
        else:
            reached = {
                at + 1
                for at in reached
                if at < len(narrow) and narrow[at] != "*" and character in ("?", narrow[at])
            }
    return len(narrow) in reached


def meet(one: str, other: str, *, never: str = "") -> bool:
    """Whether some text matches both patterns; no `*` of the other stands for the character `never`."""
    row = [True]
    for character in other:
        row.append(row[-1] and character == "*")
    for character in one:
        following = [row[0] and character == "*"]
        for at, opposite in enumerate(other):
            if character == "*" or opposite == "*":
                taken = row[at + 1] and (character == "*" or character != never)
                following.append(taken or following[at])
            else:
                following.append(row[at] and ("?" in (character, opposite) or character == opposite))
        row = following
    return row[-1]


def arn_covers(wide: str, narrow: str) -> bool:
    """The same as `covers` for ArnLike, which compares the six parts of an ARN one by one."""
    parts, others = wide.split(":", 5), narrow.split(":", 5)
    if len(parts) != _ARN_PARTS or len(others) != _ARN_PARTS:
        return False
    return all(map(covers, parts, others))


def arns_meet(one: str, other: str) -> bool:
    """The same as `meet` for ArnLike. What is no ARN may match anything here."""
    parts, others = one.split(":", 5), other.split(":", 5)
    if len(parts) != _ARN_PARTS or len(others) != _ARN_PARTS:
        return True
    return all(map(meet, parts, others))

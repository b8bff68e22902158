"""The errors a person sees, each owning its exit code.

``aftgen.cli.main`` is the one place that catches them. Exit codes: 0 fine, 1 findings or a refusal,
2 wrong usage or unreadable input, 3 a bug in aftgen, 130 interrupted.
"""

from collections.abc import Sequence


class AftgenError(Exception):
    """A message for a person: what is wrong, where, and the next step.

    ``place`` is ``file``, ``file:line`` or ``file:line:column``; ``hint`` is what to do about it.
    """

    exit_code = 2

    def __init__(self, message: str, *, place: str | None = None, hint: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.place = place
        self.hint = hint


class UsageError(AftgenError):
    """The command line, a configuration file or an input file cannot be used as it is."""


class Refused(AftgenError):
    """The input can be read, but doing what it asks would be wrong; nothing was changed."""

    exit_code = 1


class Problems(Refused):
    """Several refusals at once: nobody should have to fix an input one message at a time."""

    def __init__(self, summary: str, problems: Sequence[str], *, hint: str | None = None) -> None:
        super().__init__(summary, hint=hint)
        self.problems = tuple(problems)


def nearest(name: str, known: Sequence[str]) -> str | None:
    """The known name that ``name`` is probably a typing slip of, or None."""
    # Every command imports this module; difflib is for the few that fail.
    from difflib import get_close_matches

    by_folded = {candidate.casefold(): candidate for candidate in known}
    found = get_close_matches(name.casefold(), list(by_folded), n=1, cutoff=0.6)
    return by_folded[found[0]] if found else None

"""A problem of a configuration file, before a rule makes a finding of it."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ConfigurationProblem:
    """A file of the organization's configuration that cannot be used; ``line`` and ``column`` 0: unknown."""

    path: str
    message: str
    line: int = 0
    column: int = 0
    hint: str = ""

"""What a rule is: a class with an id, an explanation, and one method that yields findings.

A rule never raises on bad input, never prints and never changes anything. Its explanation is data, because
``aftgen rules`` and ``docs/rules.md`` are made from it; its ``bad`` example is checked by a test to be found
by it, and its ``good`` one not to be.

An example that begins with ``control_tower_parameters`` or another argument of AFT's module stands for a
request with those values; any other example is a whole file. ``# --- path`` begins another file, and
``# --- path: missing`` says that there is none.
"""

from abc import ABC, abstractmethod
from collections.abc import Iterator
from typing import TYPE_CHECKING, ClassVar

from aftgen.checks.finding import Finding, Place, Severity
from aftgen.checks.redaction import redact

if TYPE_CHECKING:
    # The rules' explanations are shown without reading anything, so without what reading imports.
    from aftgen.checks.context import Context
    from aftgen.reader.model import Request, Span

_EXCERPT_MAX_BYTES = 10_000


class Rule(ABC):
    """One reason for which AFT, AWS or this organization would refuse something.

    ``id`` is stable: a letter for the area and three digits. ``why`` says what would happen without the rule
    and where that is known from; ``fix`` what to do.
    """

    id: ClassVar[str]
    name: ClassVar[str]
    severity: ClassVar[Severity] = Severity.ERROR
    title: ClassVar[str]
    why: ClassVar[str]
    fix: ClassVar[str]
    bad: ClassVar[str]
    good: ClassVar[str]

    @abstractmethod
    def check(self, context: "Context") -> Iterator[Finding]:
        """Yield what is wrong, in any order."""

    def finding(
        self,
        span: "Span",
        message: str,
        *,
        request: "Request | None" = None,
        hint: str | None = None,
        severity: Severity | None = None,
        key: str = "",
    ) -> Finding:
        """A finding of this rule at a place in a file. ``hint`` replaces the rule's ``fix``."""
        return self._make(place_of(span), message, request, hint, severity, key)

    def about_file(
        self,
        path: str,
        message: str,
        *,
        line: int = 0,
        column: int = 0,
        hint: str | None = None,
        severity: Severity | None = None,
        key: str = "",
    ) -> Finding:
        """A finding about a file as a whole, or about a line of a file that is not HCL."""
        place = Place(path=path, line=line, column=column, end_line=line, end_column=column)
        return self._make(place, message, None, hint, severity, key)

    def _make(
        self,
        place: Place,
        message: str,
        request: "Request | None",
        hint: str | None,
        severity: Severity | None,
        key: str,
    ) -> Finding:
        return Finding(
            rule=self.id,
            severity=severity or self.severity,
            message=redact(message),
            place=place,
            hint=redact(self.fix if hint is None else hint),
            address=request.address if request else "",
            key=key,
        )


class RequestRule(Rule):
    """A rule that looks at one request at a time."""

    def check(self, context: "Context") -> Iterator[Finding]:
        for request in context.requests:
            yield from self.check_request(context, request)

    @abstractmethod
    def check_request(self, context: "Context", request: "Request") -> Iterator[Finding]:
        """Yield what is wrong with this request."""


class EngineRule(Rule):
    """A rule whose findings the engine itself makes, while it does something else."""

    def check(self, context: "Context") -> Iterator[Finding]:
        return iter(())


def place_of(span: "Span") -> Place:
    """Lines and columns of a span."""
    source = span.file.source
    start = source.position(span.start)
    end = source.position(max(span.end, span.start))
    return Place(
        path=source.path,
        line=start.line,
        column=start.column,
        end_line=end.line,
        end_column=end.column,
        excerpt=_excerpt(source.data, span.start),
    )


def _excerpt(data: bytes, offset: int) -> str:
    """The line at an offset; nothing of a line that nobody would read, such as minified text."""
    begin = data.rfind(b"\n", 0, offset) + 1
    end = data.find(b"\n", offset)
    end = len(data) if end == -1 else end
    if end - begin > _EXCERPT_MAX_BYTES:
        return ""
    return redact(data[begin:end].decode("utf-8", "replace").rstrip("\r"))

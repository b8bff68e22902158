"""One policy document: read strictly, judged by the grammar of service control policies, minified.

Since September 2025 an SCP may say whatever an identity policy may: conditions, single resources and
NotAction with Allow, NotResource with either effect (AWS Security Blog, "AWS Organizations service control
policy now supports full IAM language"). Principal and NotPrincipal it may not (IAM User Guide, "AWS JSON
policy elements: NotPrincipal").
"""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal

from aft_access import yaml_source
from aft_access.yaml_source import Path_, Problem, Source

VERSION: Final = "2012-10-17"
_ELEMENTS: Final = frozenset({"Sid", "Effect", "Action", "NotAction", "Resource", "NotResource", "Condition"})
_ACTION: Final = re.compile(r"\*|[A-Za-z0-9-]+:[A-Za-z0-9*?]+", re.ASCII)
_SID: Final = re.compile(r"[A-Za-z0-9]{1,64}", re.ASCII)
_TESTS: Final = (
    *(f"String{one}" for one in ("Equals", "NotEquals", "Like", "NotLike")),
    *(f"String{one}IgnoreCase" for one in ("Equals", "NotEquals")),
    *(
        f"{kind}{one}"
        for kind in ("Numeric", "Date")
        for one in (
            "Equals",
            "NotEquals",
            "LessThan",
            "LessThanEquals",
            "GreaterThan",
            "GreaterThanEquals",
        )
    ),
    *(f"Arn{one}" for one in ("Equals", "NotEquals", "Like", "NotLike")),
    "Bool",
    "BinaryEquals",
    "IpAddress",
    "NotIpAddress",
)
_OPERATOR: Final = re.compile(rf"(ForAllValues:|ForAnyValue:)?(({'|'.join(_TESTS)})(IfExists)?|Null)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """One key under one operator. All conditions of a statement must hold; any of the values does."""

    operator: str
    key: str
    values: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """One statement. `at` is its place in the document, for problems."""

    at: Path_
    sid: str
    effect: Literal["Allow", "Deny"]
    actions: tuple[str, ...]
    every_other_action: bool = False
    """Whether `actions` are those that it leaves out (NotAction)."""
    conditions: tuple[Condition, ...] = ()

    @property
    def name(self) -> str:
        """For messages: its Sid, or its number."""
        return self.sid or f"number {self.at[-1]}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """A policy document. `content` is what is written to Organizations: no white space."""

    content: str
    statements: tuple[Statement, ...]

    @property
    def allows(self) -> bool:
        """Whether any statement allows anything: a node needs a policy that does."""
        return any(one.effect == "Allow" for one in self.statements)


def read(text: str, *, file: str) -> tuple[Document | None, Source, list[Problem]]:
    """Read a document. With problems there is none; the Source says where its values stand."""
    try:
        content = json.loads(text, object_pairs_hook=_once)
    except (ValueError, RecursionError) as error:
        line = getattr(error, "lineno", 0)
        message = f"is not JSON: {getattr(error, 'msg', None) or error}"
        return None, Source(file=file), [Problem(file=file, line=line, key="", message=message)]
    # JSON is YAML, but for tabs: a second reader tells the lines. Without them a problem has no line.
    source, _ = yaml_source.parse(text.replace("\t", " "), file=file)
    problems = [source.problem(at, message) for at, message in _problems(content)]
    if problems:
        return None, source, problems
    statements = tuple(_statement(at, one) for at, one in _listed(content))
    return Document(content=minified(content), statements=statements), source, []


def minified(content: Any) -> str:
    """JSON without white space: every character counts against the size of a policy."""
    return json.dumps(content, separators=(",", ":"), ensure_ascii=False)


def same(one: str, other: str) -> bool:
    """Whether two documents say the same, whatever their order of keys and white space."""
    try:
        same_value: bool = json.loads(one) == json.loads(other)
    except ValueError:
        return one == other
    return same_value


def allows(text: str) -> bool:
    """Whether a live document, of whatever origin, allows anything."""
    try:
        content = json.loads(text)
    except ValueError:
        return False
    if not isinstance(content, dict):
        return False
    return any(isinstance(one, dict) and one.get("Effect") == "Allow" for _, one in _listed(content))


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in pairs:
        if key in found:
            raise ValueError(f"the key {key!r} is given twice in one object")
        found[key] = value
    return found


def _listed(content: Mapping[str, Any]) -> list[tuple[Path_, Any]]:
    statements = content.get("Statement")
    if isinstance(statements, list):
        return [(("Statement", index), one) for index, one in enumerate(statements)]
    return [(("Statement",), statements)]


def _values(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _problems(content: Any) -> Iterator[tuple[Path_, str]]:
    if not isinstance(content, dict):
        yield (), "a policy is an object with Version and Statement"
        return
    for key in sorted(set(content) - {"Version", "Statement"}):
        yield (key,), "is not an element of a service control policy"
    if content.get("Version") != VERSION:
        yield ("Version",), f"must be {VERSION}"
    if not content.get("Statement"):
        yield ("Statement",), "has no statement"
        return
    seen: set[str] = set()
    for at, one in _listed(content):
        if not isinstance(one, dict):
            yield at, "a statement is an object"
            continue
        yield from _statement_problems(at, one)
        sid = one.get("Sid")
        if isinstance(sid, str) and sid in seen:
            yield (*at, "Sid"), f"{sid} is given twice"
        seen.add(str(sid))


def _statement_problems(at: Path_, one: dict[str, Any]) -> Iterator[tuple[Path_, str]]:
    for key in sorted(set(one) - _ELEMENTS):
        if key in ("Principal", "NotPrincipal"):
            yield (
                (*at, key),
                "a service control policy has no principal; use a condition on aws:PrincipalArn",
            )
        else:
            yield (*at, key), "is not an element of a service control policy"
    sid = one.get("Sid")
    if sid is not None and not (isinstance(sid, str) and _SID.fullmatch(sid)):
        yield (*at, "Sid"), "must have letters A-Z a-z and digits only"
    if one.get("Effect") not in ("Allow", "Deny"):
        yield (*at, "Effect"), "must be Allow or Deny"
    for key in ("Action", "Resource"):
        given = [name for name in (key, f"Not{key}") if name in one]
        if len(given) != 1:
            yield at, f"must have either {key} or Not{key}"
            continue
        listed = _values(one[given[0]])
        if not listed:
            yield (*at, given[0]), "is empty"
        for value in listed:
            if not (isinstance(value, str) and _fits(key, value)):
                form = "service:Action" if key == "Action" else "an ARN"
                yield (*at, given[0]), f"{value!r} must be * or {form}"
    if "Condition" in one:
        yield from _condition_problems((*at, "Condition"), one["Condition"])


def _fits(key: str, value: str) -> bool:
    if key == "Action":
        return _ACTION.fullmatch(value) is not None
    return value == "*" or (value.startswith("arn:") and value.count(":") >= 5)


def _condition_problems(at: Path_, condition: Any) -> Iterator[tuple[Path_, str]]:
    if not isinstance(condition, dict) or not condition:
        yield at, "must be an object of operators"
        return
    for operator, keys in condition.items():
        place = (*at, operator)
        if _OPERATOR.fullmatch(operator) is None:
            yield place, "is not a condition operator of IAM"
        elif not isinstance(keys, dict) or not keys:
            yield place, "must be an object of condition keys"
        else:
            for key, value in keys.items():
                listed = _values(value)
                if not listed or not all(isinstance(each, str | int | float) for each in listed):
                    yield (*place, key), "must be a text, a number, a truth value or a list of them"


def _statement(at: Path_, one: dict[str, Any]) -> Statement:
    return Statement(
        at=at,
        sid=one.get("Sid", ""),
        effect=one["Effect"],
        actions=tuple(_values(one.get("Action", one.get("NotAction")))),
        every_other_action="NotAction" in one,
        conditions=tuple(
            Condition(operator=operator, key=key, values=tuple(map(_text, _values(value))))
            for operator, keys in one.get("Condition", {}).items()
            for key, value in keys.items()
        ),
    )


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)

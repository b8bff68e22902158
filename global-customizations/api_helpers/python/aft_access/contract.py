"""How an account request declares access: the custom field `access`, version 1.

    access = jsonencode({
      version = 1
      grants = {
        AdministratorAccess = ["group:platform-admins"]
        ReadOnlyAccess      = ["group:auditors", "user:oncall@example.com"]
      }
      retired = true    # optional: the rules of access.yaml no longer apply to this account
    })

AFT stores a custom field as a string of at most 4,096 bytes in Parameter Store, so the
declaration is a JSON text; it is read back from AFT's request table, never from the account.

Absent is not empty:
  - no `access` field        nothing is declared. An error while we own grants that a declaration
                             asked for, because a deleted line must not revoke in silence.
  - `grants = {}`            this account has none of its own: what we granted for it is revoked.
  - a permission set `[]`    refused: it says neither of the two.
Rules of access.yaml apply in all these cases, except when `retired` is true.

A text that this module refuses, an unknown version included, changes nothing in AWS.
This module needs the standard library only: the generator imports it too.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final, Literal, Self

from .names import PERMISSION_SET, is_identifier, unfit

KEY: Final = "access"
VERSION: Final = 1
MAX_BYTES: Final = 4096
"""Bytes of UTF-8 of a Standard parameter's value (PutParameter); AFT uses no other tier."""

Kind = Literal["group", "user"]
_KINDS: Final[tuple[Kind, ...]] = ("group", "user")
_LONGEST: Final[dict[str, int]] = {"group": 1024, "user": 128}
_KEYS: Final = frozenset({"version", "grants", "retired"})


class ContractError(ValueError):
    """A declaration that cannot be used. `problems` has every reason, in the order of the text."""

    def __init__(self, problems: Iterable[str]) -> None:
        self.problems: tuple[str, ...] = tuple(problems)
        super().__init__("; ".join(self.problems))


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Principal:
    """Who gets access: a group by its DisplayName or a user by its UserName."""

    kind: Kind
    name: str

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read `group:<DisplayName>` or `user:<UserName>`; ContractError says what is wrong with it."""
        problems = _principal_problems(text)
        if problems:
            raise ContractError(problems)
        kind, _, name = text.partition(":")
        return cls(kind="group" if kind == "group" else "user", name=name)

    def __str__(self) -> str:
        return f"{self.kind}:{self.name}"


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Grant:
    """One permission set for one principal, in the account whose declaration or rule says so."""

    permission_set: str
    principal: Principal

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read `<permission set>:group:<name>`; a permission set's name has no colon."""
        permission_set, _, principal = text.partition(":")
        problems = [*_permission_set_problems(permission_set), *_principal_problems(principal)]
        if problems:
            raise ContractError(problems)
        return cls(permission_set=permission_set, principal=Principal.parse(principal))

    def __str__(self) -> str:
        return f"{self.permission_set}:{self.principal}"


@dataclass(frozen=True, slots=True, kw_only=True)
class AccessDeclaration:
    """What one request declares. `grants` is kept sorted and without repetition."""

    grants: tuple[Grant, ...] = ()
    retired: bool = False

    def __post_init__(self) -> None:
        object.__setattr__(self, "grants", tuple(sorted(set(self.grants))))


def by_permission_set(grants: Iterable[Grant]) -> dict[str, tuple[Principal, ...]]:
    """Principals by permission set, both sorted, each once."""
    table: dict[str, list[Principal]] = {}
    for grant in sorted(set(grants)):
        table.setdefault(grant.permission_set, []).append(grant.principal)
    return {name: tuple(principals) for name, principals in table.items()}


def dump(declaration: AccessDeclaration) -> str:
    """The declaration as Terraform's `jsonencode` writes it, byte for byte: the stored size is its size."""
    content: dict[str, Any] = {
        "grants": {
            name: [str(principal) for principal in principals]
            for name, principals in by_permission_set(declaration.grants).items()
        },
        "version": VERSION,
    }
    if declaration.retired:
        content["retired"] = True
    text = json.dumps(content, ensure_ascii=False, separators=(",", ":"), sort_keys=True)
    for character in "<>&\u2028\u2029":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return text


def size(text: str) -> int:
    """Bytes of UTF-8 (a lone surrogate, which UTF-8 cannot hold, counts as three)."""
    return len(text.encode("utf-8", "surrogatepass"))


def parse(text: str) -> AccessDeclaration:
    """Read a declaration. Raises ContractError with all problems at once; it never returns a part of one."""
    problems: list[str] = []
    if size(text) > MAX_BYTES:
        problems.append(
            f"the declaration has {size(text)} bytes; AFT stores at most {MAX_BYTES}: "
            "give groups instead of users, or move common grants to a rule in access.yaml"
        )
    try:
        content = json.loads(text, object_pairs_hook=_Pairs, parse_constant=_no_constant)
    except json.JSONDecodeError as error:
        raise ContractError(
            [*problems, f"not JSON: {error.msg} at line {error.lineno} column {error.colno}"]
        ) from None
    except (ValueError, RecursionError) as error:
        raise ContractError([*problems, f"not JSON that can be read: {error}"]) from None
    if not isinstance(content, _Pairs):
        raise ContractError([*problems, "the declaration must be an object with version and grants"])
    fields, repeated = content.unique()
    problems += [f"the key {key!r} is given twice" for key in repeated]
    version = fields.get("version")
    if type(version) is not int or version != VERSION:
        seen = "is missing" if "version" not in fields else f"{_shown(version)} is unknown"
        raise ContractError([*problems, f"version {seen}; this release reads {VERSION} and changes nothing"])
    problems += [
        f"unknown key {key!r}; known: grants, retired, version" for key in fields if key not in _KEYS
    ]
    retired = fields.get("retired", False)
    if not isinstance(retired, bool):
        problems.append(f"retired must be true or false, not {_shown(retired)}")
    grants = _grants(fields, problems)
    if problems:
        raise ContractError(problems)
    return AccessDeclaration(grants=tuple(grants), retired=bool(retired))


class _Pairs(list[tuple[str, Any]]):
    """A JSON object as its pairs, so that a key given twice is seen and not silently the last one."""

    def unique(self) -> tuple[dict[str, Any], list[str]]:
        fields: dict[str, Any] = {}
        repeated: list[str] = []
        for key, value in self:
            if key in fields and key not in repeated:
                repeated.append(key)
            fields.setdefault(key, value)
        return fields, repeated


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is not a JSON value")


def _shown(value: object) -> str:
    if isinstance(value, _Pairs):
        return "an object"
    return json.dumps(value) if isinstance(value, str | int | float | bool | None) else "a list"


def _grants(fields: dict[str, Any], problems: list[str]) -> list[Grant]:
    if "grants" not in fields:
        problems.append("grants is missing; write grants = {} for an account with none of its own")
        return []
    if not isinstance(fields["grants"], _Pairs):
        problems.append(f"grants must be an object of permission sets, not {_shown(fields['grants'])}")
        return []
    table, repeated = fields["grants"].unique()
    problems += [f"grants: the permission set {name!r} is given twice" for name in repeated]
    found: list[Grant] = []
    for name, principals in table.items():
        before = len(problems)
        problems += [f"grants: {problem}" for problem in _permission_set_problems(name)]
        if not isinstance(principals, list) or isinstance(principals, _Pairs):
            problems.append(f"grants.{name}: must be a list of principals, not {_shown(principals)}")
            continue
        if not principals:
            problems.append(f"grants.{name}: names nobody; remove the permission set or add a principal")
        for index, principal in enumerate(principals):
            where = f"grants.{name}[{index}]"
            if not isinstance(principal, str):
                problems.append(f"{where}: must be text, not {_shown(principal)}")
            else:
                problems += [f"{where}: {problem}" for problem in _principal_problems(principal)]
                if principal in principals[:index]:
                    problems.append(f"{where}: {principal!r} is given twice")
        if len(problems) == before:
            found += [Grant(permission_set=name, principal=Principal.parse(text)) for text in principals]
    return found


def _permission_set_problems(name: str) -> list[str]:
    if not name:
        return ["a permission set has an empty name"]
    if is_identifier(name):
        return [f"{name!r} is an id; write the permission set's name"]
    reason = unfit(name)
    if reason:
        return [f"the permission set {name!r} {reason}"]
    if PERMISSION_SET.fullmatch(name) is None:
        return [f"the permission set {name!r} must have 1 to 32 characters of A-Z a-z 0-9 _ + = , . @ -"]
    return []


def _principal_problems(text: str) -> list[str]:
    kind, separator, name = text.partition(":")
    if is_identifier(text) or (separator and is_identifier(name)):
        return [f"{text!r} is an id; write group:<display name> or user:<user name>"]
    if kind not in _KINDS or not separator:
        return [f"{text!r} must begin with group: or user:"]
    reason = unfit(name)
    if reason:
        return [f"the {kind} name {name!r} {reason}"]
    if len(name) > _LONGEST[kind]:
        return [f"the {kind} name {name[:40]!r}... has {len(name)} characters; at most {_LONGEST[kind]}"]
    return []

"""Checks that need more than one value: documents and entries, OUs, sizes, reviewed exceptions, lock-outs."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Final

from aft_access import names
from aft_access.places import Registry
from aft_access.yaml_source import Path_, Problem, Source

from .document import Document, Statement
from .models import GuardrailsFile
from .protection import excuses, reached

Documents = Mapping[str, tuple[Document, Source]]

_PLAIN: Final = {
    "Extra inputs are not permitted": "is not a known key",
    "Field required": "is missing",
    "Input should be a valid string": "must be text; quote it",
}


def references(folder: Path, front: GuardrailsFile, source: Source, registry: Registry) -> Iterator[Problem]:
    """Policies without a document, OUs that are not registered, OUs with more policies than they take."""
    on: Counter[str] = Counter()
    for name, entry in front.policies.items():
        if not (folder / f"{name}.json").is_file():
            yield source.problem(("policies", name), f"the document {name}.json is missing")
        for path, ou in _places(name, front):
            if not registry.knows(ou):
                near = names.nearest(ou, registry.ids)
                hint = f"; did you mean {near}?" if near else ""
                yield source.problem(path, f"organization.yaml has no OU {ou}{hint}")
        on.update({ou for one in entry.attach for ou in one.ous})
    limit = front.limits.policies_per_target
    for ou, count in sorted(on.items()):
        if count >= limit:
            message = f"{count} policies on {ou}: a target takes {limit}, and FullAWSAccess is one of them"
            yield source.problem(("policies",), message)


def sizes(front: GuardrailsFile, documents: Documents) -> Iterator[Problem]:
    """Documents that Organizations would refuse for their length."""
    for document, source in documents.values():
        if len(document.content) > front.limits.characters:
            message = (
                f"has {len(document.content):,} characters without white space; "
                f"the limit is {front.limits.characters:,}"
            )
            yield Problem(file=source.file, line=0, key="", message=message)


def exceptions(
    front: GuardrailsFile, source: Source, documents: Documents, roles: Iterable[str]
) -> Iterator[Problem]:
    """Reviewed exceptions that excuse nothing: a review must stay true."""
    for name, entry in front.policies.items():
        if name not in documents:
            continue
        by_sid = {one.sid: one for one in documents[name][0].statements}
        for index, one in enumerate(entry.exceptions):
            at: Path_ = ("policies", name, "exceptions", index)
            statement = by_sid.get(one.statement)
            if statement is None:
                yield source.problem((*at, "statement"), f"{name}.json has no statement {one.statement}")
            elif not reached(statement, roles):
                message = f"the statement {one.statement} reaches no protected role: remove the exception"
                yield source.problem(at, message)
            elif not excuses(one.actions, statement):
                message = f"the statement {one.statement} denies more than was reviewed: review it again"
                yield source.problem((*at, "actions"), message)


def lockouts(front: GuardrailsFile, documents: Documents, roles: Iterable[str]) -> Iterator[Problem]:
    """Every Deny that can reach a protected role and that nobody excused."""
    roles = tuple(roles)
    for name, (document, source) in documents.items():
        entry = front.policies.get(name)
        reviewed = {one.statement for one in entry.exceptions} if entry else set()
        for statement in document.statements:
            found = reached(statement, roles)
            if found and statement.sid not in reviewed:
                yield source.problem(statement.at, _lockout(statement, found))


def plain(message: str) -> str:
    """A message of the model's, for people."""
    text = message.removeprefix("Value error, ").removeprefix("Assertion failed, ")
    return _PLAIN.get(text, text[:1].lower() + text[1:] if text.startswith("Input") else text)


def _lockout(statement: Statement, roles: tuple[str, ...]) -> str:
    shown = ", ".join(role.rpartition(":role/")[2] for role in roles)
    return (
        f"the Deny {statement.name} can lock out {shown}: add them to a condition ArnNotLike on "
        "aws:PrincipalArn, or have an exception reviewed in guardrails.yaml"
    )


def _places(name: str, front: GuardrailsFile) -> Iterator[tuple[Path_, str]]:
    for index, one in enumerate(front.policies[name].attach):
        for key, paths in (("ous", one.ous), ("within", one.within)):
            for at, ou in enumerate(paths):
                yield ("policies", name, "attach", index, key, at), ou

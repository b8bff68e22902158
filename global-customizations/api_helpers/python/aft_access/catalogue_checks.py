"""Checks of the catalogue that need more than one value: references, imitations, escalation by rule."""

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from . import names, restrictions
from .catalogue_files import ACCESS, GROUPS, PERMISSION_SETS, PRINCIPALS, Files
from .contract import Grant, Principal
from .models import AccessFile
from .permission_sets import CONTROL_TOWER
from .yaml_source import Path_, Problem

if TYPE_CHECKING:
    from .catalogue import Catalogue

RESERVED_GROUPS = frozenset({"administrator", "awsadministrators"})
"""Names that Identity Store refuses (reference/identity-center.md §3, identity resolution)."""


def check(catalogue: "Catalogue", files: Files) -> list[Problem]:
    """Every problem between the files of one tree."""
    access = catalogue.access
    return [
        *_references(catalogue, files, access),
        *_permission_set_names(catalogue, files),
        *_rules(catalogue, files, access),
        *_groups(catalogue, files),
        *_pins(catalogue, files),
    ]


def _references(catalogue: "Catalogue", files: Files, access: AccessFile) -> Iterator[Problem]:
    for path, name in _permission_set_references(access):
        near = catalogue.unknown_permission_set(name)
        if near is not None:
            hint = f"; did you mean {near[0]}?" if near else ""
            yield files.problem(ACCESS, path, f"there is no permission set {name} in the catalogue{hint}")
    for path, ou in _ou_references(access):
        if not catalogue.registry.knows(ou):
            nearest = names.nearest(ou, catalogue.registry.ids)
            hint = f"; did you mean {nearest}?" if nearest else ""
            yield files.problem(ACCESS, path, f"organization.yaml has no OU {ou}{hint}")


def _permission_set_references(access: AccessFile) -> Iterator[tuple[Path_, str]]:
    for index, rule in enumerate(access.rules):
        yield from ((("rules", index, "grants", name), name) for name in rule.grants)
    for index, restriction in enumerate(access.restrictions):
        for at, name in enumerate(restriction.permission_sets):
            yield ("restrictions", index, "permission_sets", at), name
    for index, required in enumerate(access.required):
        yield ("required", index, "permission_set"), required.permission_set


def _ou_references(access: AccessFile) -> Iterator[tuple[Path_, str]]:
    placed: list[tuple[str, int, str, Iterable[str]]] = [
        *(("rules", index, "match", one.match.ous) for index, one in enumerate(access.rules)),
        *(("restrictions", index, "where", one.where.ous) for index, one in enumerate(access.restrictions)),
        *(("required", index, "where", one.where.ous) for index, one in enumerate(access.required)),
    ]
    for section, index, key, ous in placed:
        for at, ou in enumerate(ous):
            yield (section, index, key, "ous", at), ou


def _permission_set_names(catalogue: "Catalogue", files: Files) -> Iterator[Problem]:
    for name, permission_set in catalogue.permission_sets.items():
        file = f"{PERMISSION_SETS}/{name}.yaml"
        if permission_set.external:
            continue
        if name in CONTROL_TOWER:
            yield files.problem(file, (), "is Control Tower's; write `external: true` and nothing else")
        others = CONTROL_TOWER | set(catalogue.permission_sets)
        imitated = names.imitates(name, others - {name})
        if imitated and (imitated in CONTROL_TOWER or not names.imitates(imitated, {name})):
            yield files.problem(
                file,
                (),
                f"imitates {imitated}: a policy on AWSReservedSSO_{imitated}_* would match its role too",
            )
        elif imitated and name > imitated:
            yield files.problem(file, (), f"looks like {imitated}; give it another name")


def _rules(catalogue: "Catalogue", files: Files, access: AccessFile) -> Iterator[Problem]:
    seen: set[str] = set()
    for index, rule in enumerate(access.rules):
        if rule.name in seen:
            yield files.problem(ACCESS, ("rules", index, "name"), f"the rule {rule.name} is given twice")
        seen.add(rule.name)
        free = bool(rule.match.tags or rule.match.names)
        for name, principals in rule.grants.items():
            if name not in catalogue.permission_sets:
                continue
            path: Path_ = ("rules", index, "grants", name)
            if free and catalogue.is_privileged(name):
                message = f"{name} is privileged: tags and names, which requests write, may not add it"
                yield files.problem(ACCESS, path, message)
                continue
            grants = [Grant(permission_set=name, principal=Principal.parse(text)) for text in principals]
            places = [catalogue.registry.place(ou) for ou in rule.match.ous]
            places += [catalogue.registry.place("", account) for account in rule.match.accounts]
            for place in places:
                for message in restrictions.problems(catalogue, grants, place):
                    yield files.problem(ACCESS, path, message)


def _groups(catalogue: "Catalogue", files: Files) -> Iterator[Problem]:
    for name, entry in files.groups.groups.items():
        if catalogue.creates_principals:
            if name.casefold() in RESERVED_GROUPS or name.casefold().startswith("aws"):
                yield files.problem(GROUPS, ("groups", name), "the name is reserved by AWS or Control Tower")
        elif entry.members or entry.description:
            message = "members and description are the identity provider's; only `source` is allowed"
            yield files.problem(GROUPS, ("groups", name), message)
    for name in files.groups.users:
        if not catalogue.creates_principals:
            message = "users are created only with `identity_source: identity-center`"
            yield files.problem(GROUPS, ("users", name), message)
    for kind in ("group", "user"):
        known = {one.name for one in catalogue.named_principals() if one.kind == kind}
        for alike in names.lookalikes(known):
            written = next((one for one in alike if one in files.groups.groups), None)
            path: Path_ = ("groups", written) if written else ()
            message = f"{kind} names that look alike: {', '.join(ascii(one) for one in alike)}"
            yield files.problem(GROUPS if written else ACCESS, path, message)


def _pins(catalogue: "Catalogue", files: Files) -> Iterator[Problem]:
    for principal, pinned in catalogue.pins.items():
        if names.PRINCIPAL_ID.fullmatch(pinned) is None:
            yield files.problem(
                PRINCIPALS, ("principals", str(principal), "id"), "is not an Identity Store id"
            )
    for name, pinned in catalogue.permission_set_pins.items():
        path: Path_ = ("permission_sets", name)
        if name not in catalogue.permission_sets:
            yield files.problem(PRINCIPALS, path, f"there is no permission set {name} in the catalogue")
        if ":permissionSet/" not in pinned:
            yield files.problem(PRINCIPALS, (*path, "id"), "is not the ARN of a permission set")

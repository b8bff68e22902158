"""From permission sets and principals as they are written to an access declaration."""

from collections.abc import Mapping, Sequence

from aft_access.contract import MAX_BYTES, AccessDeclaration, ContractError, Grant, Principal, dump

from aftgen.errors import nearest
from aftgen.inputs.fields import listed
from aftgen.inputs.surroundings import Catalogue, Surroundings
from aftgen.limits import normalise, parse_ou

Grants = Mapping[str, Sequence[str]]


def merged(defaults: Grants, given: Grants | None) -> Grants | None:
    """The grants to declare; None for no declaration at all.

    A given permission set replaces the default's principals, with no principals it takes the default away; an
    empty mapping declares that the account has none of its own.
    """
    if given is None:
        return dict(defaults) or None
    if not given:
        return {}
    both = {**defaults, **given}
    return {name: principals for name, principals in both.items() if principals or name not in defaults}


def declaration(
    grants: Grants, surroundings: Surroundings, ou: str | None
) -> tuple[AccessDeclaration, list[tuple[str, str]]]:
    """The declaration and (permission set, problem) for each; the set is empty for the grants as a whole."""
    problems: list[tuple[str, str]] = []
    made: list[Grant] = []
    for name, principals in grants.items():
        name = normalise(name)
        if not principals:
            problems.append((name, f"{name} is granted to nobody: name a principal, such as group:auditors"))
        for principal in principals:
            try:
                made.append(Grant.parse(f"{name}:{normalise(principal)}"))
            except ContractError as error:
                problems += [(name, problem) for problem in error.problems]
    found = AccessDeclaration(grants=tuple(made))
    problems = list(dict.fromkeys(problems))
    size = len(dump(found).encode())
    if size > MAX_BYTES:
        problems.append(
            ("", f"the declaration has {size:,} bytes, AFT stores {MAX_BYTES:,}: grant to groups")
        )
    if surroundings.catalogue is not None:
        problems += _unknown_names(found, surroundings.catalogue)
        if not problems:
            problems += _restrictions(found, surroundings, surroundings.catalogue, ou)
    return found, problems


def _unknown_names(found: AccessDeclaration, catalogue: Catalogue) -> list[tuple[str, str]]:
    sets = list(catalogue.permission_sets)
    problems = []
    for name in dict.fromkeys(grant.permission_set for grant in found.grants):
        if name not in catalogue.permission_sets:
            close = nearest(name, sets)
            hint = f": did you mean {close!r}?" if close else f"; it has {listed(sets)}"
            problems.append((name, f"the catalogue has no permission set {name!r}{hint}"))
    for grant in found.grants:
        problem = _unknown_principal(grant.principal, catalogue)
        if problem:
            problems.append((grant.permission_set, problem))
    return problems


def _unknown_principal(principal: Principal, catalogue: Catalogue) -> str | None:
    """A principal that the catalogue neither makes nor names.

    Where an identity provider owns principals, the catalogue cannot know all of them: there only a name that
    differs from a known one by case or a look-alike is refused, by ``lookalike_principals``.
    """
    known = catalogue.named_principals()
    if principal in known or not catalogue.creates_principals:
        return None
    close = nearest(str(principal), sorted(map(str, known)))
    return f"the catalogue has no {principal}" + (f": did you mean {close}?" if close else "")


def _restrictions(
    found: AccessDeclaration, surroundings: Surroundings, catalogue: Catalogue, ou: str | None
) -> list[tuple[str, str]]:
    problems = [("", problem) for problem in catalogue.lookalike_principals(found)]
    path = surroundings.organization.path_of(parse_ou(ou)) if ou else None
    if path is not None:
        problems += [("", problem) for problem in catalogue.restriction_problems(found, path)]
    return problems

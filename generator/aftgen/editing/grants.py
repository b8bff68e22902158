"""Grants added to a declaration and taken from it."""

from collections.abc import Mapping, Sequence

from aft_access.contract import AccessDeclaration, ContractError, Grant, by_permission_set

from aftgen.editing.refusal import cannot
from aftgen.editing.wanted import declaration_of
from aftgen.errors import Problems, nearest
from aftgen.limits import normalise
from aftgen.reader.model import CUSTOM_FIELDS, Request
from aftgen.request import ACCESS_FIELD


def changed(
    request: Request,
    granted: Mapping[str, Sequence[str]],
    revoked: Mapping[str, Sequence[str]],
    *,
    none: bool = False,
) -> AccessDeclaration:
    """The declaration after grants and revocations; ``revoked`` without principals takes the whole set.

    Raises Problems where a grant has not the form of one, or one that is to go is not there: a revocation
    that was mistyped must not look like one that was made.
    """
    try:
        before = declaration_of(request) or AccessDeclaration()
    except ContractError as error:
        span = request.span(CUSTOM_FIELDS, ACCESS_FIELD)
        raise cannot(request.file, span.start, f"the access declaration cannot be used: {error}") from None
    if none:
        return AccessDeclaration(retired=before.retired)
    problems: list[str] = []
    added = _parsed(granted, problems)
    held = by_permission_set(before.grants)
    gone: set[Grant] = set()
    for name, principals in revoked.items():
        if name not in held:
            close = nearest(name, list(held))
            hint = f": did you mean {close!r}?" if close else ""
            problems.append(f"--revoke {name}: this request does not grant it{hint}")
            continue
        for principal in principals or map(str, held[name]):
            text = normalise(principal)
            match = next((one for one in held[name] if str(one) == text), None)
            if match is None:
                known = [str(one) for one in held[name]]
                close = nearest(text, known)
                hint = f"did you mean {close}?" if close else f"it has {', '.join(known)}"
                problems.append(f"--revoke {name}: {text} does not have it; {hint}")
            else:
                gone.add(Grant(permission_set=name, principal=match))
    both = sorted(map(str, added & gone))
    problems += [f"{one} is both granted and revoked" for one in both]
    if problems:
        many = "a problem" if len(problems) == 1 else f"{len(problems)} problems"
        raise Problems(f"nothing was written: {many} in what was asked for", problems)
    return AccessDeclaration(grants=tuple((set(before.grants) | added) - gone), retired=before.retired)


def _parsed(granted: Mapping[str, Sequence[str]], problems: list[str]) -> set[Grant]:
    found = set()
    for name, principals in granted.items():
        for principal in principals:
            try:
                found.add(Grant.parse(f"{normalise(name)}:{normalise(principal)}"))
            except ContractError as error:
                problems += [f"--grant {name}: {problem}" for problem in error.problems]
    return found

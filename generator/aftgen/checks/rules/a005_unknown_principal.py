"""A005: a group or user that the catalogue does not know, or that looks like one it knows."""

from collections.abc import Iterator

from aftgen.checks.context import Context
from aftgen.checks.finding import Finding, Severity
from aftgen.checks.rule import RequestRule
from aftgen.errors import nearest
from aftgen.reader.model import CUSTOM_FIELDS, Request


class UnknownPrincipal(RequestRule):
    id = "A005"
    name = "unknown-principal"
    severity = Severity.WARNING
    title = "The catalogue does not know this group or user"
    why = (
        "A name that Identity Center does not have fails the account's build. Where groups come from an "
        "identity provider the catalogue need not list them, and only a likely typing slip is reported, "
        "as a warning; where the repository creates them, an unknown one is an error."
    )
    fix = "correct the name, or add it to identity-center/groups.yaml"
    bad = (
        "custom_fields = {\n"
        '  access = jsonencode({ version = 1, grants = { ReadOnlyAccess = ["group:auditor"] } })\n}\n'
    )
    good = (
        "custom_fields = {\n"
        '  access = jsonencode({ version = 1, grants = { ReadOnlyAccess = ["group:auditors"] } })\n}\n'
    )

    def check_request(self, context: Context, request: Request) -> Iterator[Finding]:
        declaration, catalogue = context.access(request).declaration, context.catalogue
        if declaration is None or catalogue is None:
            return
        span = request.span(CUSTOM_FIELDS, "access")
        alike = context.lookalikes(declaration)
        for problem in alike:
            yield self.finding(span, problem, request=request)
        known = context.known_principals
        for principal in sorted({str(grant.principal) for grant in declaration.grants} - known):
            close = nearest(principal, sorted(known))
            creates = catalogue.creates_principals
            if creates or (close is not None and not alike):
                yield self.finding(
                    span,
                    f"no file of identity-center/ names {principal!r}",
                    request=request,
                    hint=f"did you mean {close}?" if close else None,
                    severity=Severity.ERROR if creates else None,
                )

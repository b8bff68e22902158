"""A002: a permission set that the catalogue does not have."""

from collections.abc import Iterator

from aftgen.checks.context import Context
from aftgen.checks.finding import Finding
from aftgen.checks.rule import RequestRule
from aftgen.reader.model import CUSTOM_FIELDS, Request


class UnknownPermissionSet(RequestRule):
    id = "A002"
    name = "unknown-permission-set"
    title = "The catalogue has no such permission set"
    why = (
        "The account's pipeline refuses a permission set that global-customizations/identity-center does "
        "not name."
    )
    fix = "correct the name, or have the permission set added to identity-center/permission-sets/"
    bad = (
        "custom_fields = {\n"
        '  access = jsonencode({ version = 1, grants = { ReadOnly = ["group:auditors"] } })\n}\n'
    )
    good = (
        "custom_fields = {\n"
        '  access = jsonencode({ version = 1, grants = { ReadOnlyAccess = ["group:auditors"] } })\n}\n'
    )

    def check_request(self, context: Context, request: Request) -> Iterator[Finding]:
        declaration, catalogue = context.access(request).declaration, context.catalogue
        if declaration is None or catalogue is None:
            return
        for name in sorted({grant.permission_set for grant in declaration.grants}):
            close = catalogue.unknown_permission_set(name)
            if close is not None:
                yield self.finding(
                    request.span(CUSTOM_FIELDS, "access"),
                    f"there is no permission set {name!r}",
                    request=request,
                    hint=f"did you mean {close[0]}?" if close else None,
                )

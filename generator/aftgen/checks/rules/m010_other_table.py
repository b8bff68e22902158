"""M010: the request is written to a table that AFT does not read."""

from collections.abc import Iterator

from aftgen.checks.context import Context
from aftgen.checks.finding import Finding
from aftgen.checks.rule import RequestRule
from aftgen.hcl.nodes import Constant
from aftgen.reader.model import Request

_AFT_TABLE = {"account-request-table": "aft-request", "account-request-table-hash": "id"}


class OtherTable(RequestRule):
    id = "M010"
    name = "other-table"
    title = "The request goes to a table that AFT does not read"
    why = (
        "AFT's table is aft-request with the hash key id (modules/aft-account-request-framework/ddb.tf), "
        "whatever the request says: a request elsewhere is never seen, or fails on the key."
    )
    fix = "remove the argument"
    bad = 'account-request-table = "aft-requests"\n'
    good = 'account-request-table = "aft-request"\n'

    def check_request(self, context: Context, request: Request) -> Iterator[Finding]:
        for name, expected in _AFT_TABLE.items():
            attribute = request.block.body.attributes.get(name)
            if attribute is None:
                continue
            if not isinstance(attribute.value, Constant) or attribute.value.value != expected:
                yield self.finding(request.span(name), f"AFT's {name} is {expected!r}", request=request)

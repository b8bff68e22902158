"""M011: a number without quotes loses digits."""

from collections.abc import Iterator

from aftgen.checks.context import Context
from aftgen.checks.finding import Finding, Severity
from aftgen.checks.rule import RequestRule
from aftgen.hcl.nodes import Numeral, Object
from aftgen.hcl.values import number, to_string
from aftgen.reader.model import ARGUMENTS, Request, Span


class NumberDigits(RequestRule):
    id = "M011"
    name = "number-loses-digits"
    severity = Severity.WARNING
    title = "A number without quotes does not arrive as it is written"
    why = (
        "Terraform reads 007 as 7, 1.50 as 1.5 and 1e3 as 1000: cost centres and account ids lose their "
        "zeros."
    )
    fix = "write it as text, in quotes"
    bad = 'account_tags = {\n  owner       = "payments"\n  cost-center = 0042\n}\n'
    good = 'account_tags = {\n  owner       = "payments"\n  cost-center = "0042"\n}\n'

    def check_request(self, context: Context, request: Request) -> Iterator[Finding]:
        for argument in ARGUMENTS:
            attribute = request.block.body.attributes.get(argument)
            if attribute is None or not isinstance(attribute.value, Object):
                continue
            for item in attribute.value.items:
                if isinstance(item.value, Numeral):
                    becomes = to_string(number(item.value.text))
                    if isinstance(becomes, str) and becomes != item.value.text:
                        yield self.finding(
                            Span(request.file, item.value.start, item.value.end),
                            f"Terraform reads {item.value.text} as {becomes}",
                            request=request,
                        )

"""L001: a request that is too large for DynamoDB or Step Functions."""

import json
from collections.abc import Iterator

from aftgen.checks.context import Context
from aftgen.checks.finding import Finding
from aftgen.checks.rule import RequestRule
from aftgen.limits import ITEM_MAX_BYTES, STATE_INPUT_MAX_BYTES
from aftgen.reader.model import ARGUMENTS, CUSTOM_FIELDS, TAGS, EvaluatedBy, Request

#: What AFT adds to the request in the state machine's input: the account, the event, names (all bounded).
_AFT_ADDS = 8 * 1024
#: Escaping can at most multiply a text's size by this (a control character as \\u0000, escaped once more).
_ESCAPING = 7


class RequestSize(RequestRule):
    id = "L001"
    name = "request-size"
    title = "The request is too large for AFT"
    why = (
        "AFT hands the whole request to Step Functions, whose input has at most 262,144 bytes, after "
        "reading it from a DynamoDB item of at most 400 KB: the provisioning framework never starts for "
        "the account."
    )
    fix = "keep large values elsewhere (S3, Parameter Store) and name their place in a custom field"
    bad = "custom_fields = {\n" + "".join(f'  part{n} = "{"x" * 4000}"\n' for n in range(70)) + "}\n"
    good = 'custom_fields = {\n  part = "x"\n}\n'

    def check_request(self, context: Context, request: Request) -> Iterator[Finding]:
        # A block's text bounds what its literals can become; the rest is what Terraform evaluated.
        literal = request.block.end - request.block.start
        if (
            request.evaluated_by is EvaluatedBy.READER
            and literal * _ESCAPING < STATE_INPUT_MAX_BYTES - _AFT_ADDS
        ):
            return
        if not request.is_known:
            return
        values = {name: request.value(name) for name in ARGUMENTS}
        for name in (TAGS, CUSTOM_FIELDS):
            values[name] = json.dumps(values[name], default=str, ensure_ascii=False)
        item = len(json.dumps(values, default=str, ensure_ascii=False).encode("utf-8", "replace"))
        state = len(json.dumps(values, default=str).encode()) + _AFT_ADDS
        if item > ITEM_MAX_BYTES:
            message = f"the request has {item:,} bytes, a DynamoDB item at most {ITEM_MAX_BYTES:,}"
            yield self.finding(request.span(), message, request=request)
        elif state > STATE_INPUT_MAX_BYTES:
            yield self.finding(
                request.span(),
                f"the request makes an input of about {state:,} bytes, "
                f"Step Functions takes {STATE_INPUT_MAX_BYTES:,}",
                request=request,
            )

"""``# aftgen:account=<id>`` in a request's block: the account exists, and AFT will take it over.

Nothing that is applied says so: a request for a new account and one for an account that Control Tower has
already look alike, and AFT finds out by asking. The comment is what a plan without AWS has to go by. It is a
claim of whoever wrote it, and a plan that believes it says so.
"""

import re
from typing import Final

from aftgen.reader.model import Request

CLAIM: Final = "aftgen:account"
_COMMENT: Final = re.compile(r"(?:#|//)\s*aftgen:account=(?P<id>\d{12})\b")


def claimed(request: Request) -> str:
    """The id of the account that a request says exists, or ""."""
    if CLAIM.encode() not in request.file.source.data:
        return ""
    for comment in request.file.comments:
        if request.block.start <= comment.start < request.block.end:
            match = _COMMENT.match(comment.text)
            if match:
                return match["id"]
    return ""

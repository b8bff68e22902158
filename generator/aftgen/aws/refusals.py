"""Why a request went no further, from the places where AFT and Control Tower leave it (AFT reference §2.2).

The true reason of a failed account is in Service Catalog, in the organization's management account; AFT's own
refusal is in the log of its processor, which otherwise nobody reads.
"""

from typing import Any, Final

from aft_access.errors import AccessError

from aftgen.aws.connections import Connections
from aftgen.limits import provisioned_product_name

_LOG_GROUPS: Final = (
    "/aws/lambda/aft-account-request-processor",
    "/aws/lambda/aft-account-request-action-trigger",
)
_FAILED: Final = ("ERROR", "TAINTED")
#: A page may be empty though more follow.
_PAGES: Final = 10


class AwsRefusals:
    """The port ``Refusals``. What cannot be asked is not known: nothing here raises."""

    def __init__(self, connections: Connections) -> None:
        self._connections = connections

    def product_failure(self, name: str) -> str:
        product = provisioned_product_name(name)
        try:
            answer = self._connections.management.call(
                "servicecatalog",
                "SearchProvisionedProducts",
                AccessLevelFilter={"Key": "Account", "Value": "self"},
                Filters={"SearchQuery": [f"name:{product}"]},
            )
        except AccessError:
            return ""
        found: list[dict[str, Any]] = answer.get("ProvisionedProducts", [])
        for each in found:
            if each.get("Name") == product and each.get("Status") in _FAILED:
                return str(each.get("StatusMessage") or "its provisioned product failed")
        return ""

    def logged(self, name: str, email: str, since: float) -> str:
        for group in _LOG_GROUPS:
            for text in (email, name):
                line = self._line(group, text, since)
                if line:
                    return line
        return ""

    def _line(self, group: str, text: str, since: float) -> str:
        pattern = '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
        lines: list[str] = []
        token: dict[str, Any] = {}
        for _ in range(_PAGES):
            try:
                answer = self._connections.aft.call(
                    "logs",
                    "FilterLogEvents",
                    logGroupName=group,
                    startTime=int(since * 1000),
                    filterPattern=pattern,
                    **token,
                )
            except AccessError:
                break
            lines += [str(each["message"]).strip() for each in answer.get("events", ())]
            if not answer.get("nextToken"):
                break
            token = {"nextToken": answer["nextToken"]}
        telling = [line for line in lines if any(word in line for word in _TELLING)]
        return telling[-1][:300] if telling else ""


#: What AFT logs when it refuses (AFT reference §2.1, the column "text").
_TELLING: Final = (
    "already used in Organizations",
    "cannot be modified",
    "No healthy provisioned product found",
    "not found in Organization",
    "shared account",
    "Unsupported action",
)

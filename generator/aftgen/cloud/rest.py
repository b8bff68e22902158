"""Two services that the gate cannot see, because they speak REST: Control Tower's API and Lambda's Invoke.

moto has no Control Tower at all, and its Lambda wants code and Docker. Both are answered in front of moto,
through the same pipeline as every other call (`cloud.py`: session, permission, fault, call log). An invoked
lambda is not run here: AFT invokes asynchronously (`InvocationType` Event, aft_utils.py `invoke_lambda`), so
the call log holds the payload and whoever plays Lambda (`rehearsal/framework/`) runs it afterwards.

Over HTTP only: nobody needs these in process.

Reference: AFT reference §1.4 row 6 (AFT 1.20's processor counts baselines under change), §7 (REMOVE invokes
aft-cleanup-resources); shapes from botocore's models controltower 2018-05-10 and lambda 2015-03-31.
"""

import json
import re
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import unquote

from aftgen.cloud import baseline_operations
from aftgen.cloud.errors import AwsError
from aftgen.cloud.request import Answer, Request

if TYPE_CHECKING:
    from aftgen.cloud.cloud import Cloud

BASELINE: Final = "AWSControlTowerBaseline"
_CREDENTIAL: Final = re.compile(r"Credential=([^/]+)/\d+/([^/]+)/([^/]+)/")
_INVOKE: Final = re.compile(r"/2015-03-31/functions/([^/]+)/invocations/?")
_CONTROL_TOWER: Final = {
    "/get-baseline-operation": "GetBaselineOperation",
    "/list-baselines": "ListBaselines",
    "/list-enabled-baselines": "ListEnabledBaselines",
}
_REASON: Final = {200: "OK", 202: "Accepted", 403: "Forbidden", 404: "Not Found"}


def with_rest(cloud: "Cloud", application: Any) -> Callable[..., Iterable[bytes]]:
    """A WSGI application that answers these two and hands the rest on."""

    def serve(environ: dict[str, Any], start_response: Any) -> Any:
        credential = _CREDENTIAL.search(environ.get("HTTP_AUTHORIZATION", ""))
        service = credential[3] if credential else ""
        path = str(environ.get("PATH_INFO", ""))
        invoked = _INVOKE.fullmatch(path) if service == "lambda" else None
        if credential is None or not (invoked or (service == "controltower" and path in _CONTROL_TOWER)):
            return application(environ, start_response)
        body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        if invoked:
            operation = "Invoke"
            parameters: dict[str, Any] = {"FunctionName": unquote(invoked[1]), "Payload": body.decode()}
        else:
            operation, parameters = _CONTROL_TOWER[path], json.loads(body or b"{}")
        request = Request(
            service=service,
            operation=operation,
            parameters=parameters,
            region=credential[2],
            access_key=credential[1],
            over_http=True,
            speaks_json=True,
            environ=environ,
            endpoint="",
        )
        status, headers, answer = _answered(cloud, request)
        start_response(f"{status} {_REASON.get(status, 'Bad Request')}", list(headers.items()))
        return [answer if isinstance(answer, bytes) else answer.encode()]

    return serve


def _answered(cloud: "Cloud", request: Request) -> Answer:
    try:
        return cloud.answer(request, lambda: _perform(cloud, request))
    except AwsError as error:
        headers = {"Content-Type": "application/json", "x-amzn-ErrorType": error.code}
        return error.status, headers, json.dumps({"message": error.message})


def _perform(cloud: "Cloud", request: Request) -> Answer:
    headers = {"Content-Type": "application/json"}
    if request.operation == "Invoke":
        return 202, headers, ""
    account = cloud.management_account or request.account
    arn = f"arn:aws:controltower:{request.region}::baseline/17BSJV3IGJ2QSGA2"
    if request.operation == "GetBaselineOperation":
        return 200, headers, json.dumps(baseline_operations.described(cloud, request.parameters))
    if request.operation == "ListBaselines":
        return 200, headers, json.dumps({"baselines": [{"arn": arn, "name": BASELINE}]})
    return 200, headers, json.dumps({"enabledBaselines": _enabled(cloud, request, arn, account)})


def _enabled(cloud: "Cloud", request: Request, arn: str, account: str) -> list[dict[str, Any]]:
    """Every OU and enrolled account has the baseline.

    None is ever under change, because an order here ends before it answers.
    """
    assert cloud.zone is not None
    given = request.parameters.get("filter", {})
    wanted = given.get("statuses") or ["SUCCEEDED"]
    if set(wanted) & {"FAILED", "UNDER_CHANGE"}:
        return baseline_operations.enabled(cloud, "arn:aws:organizations:::target", arn, wanted)
    if "SUCCEEDED" not in wanted or arn not in (given.get("baselineIdentifiers") or [arn]):
        return []
    organization = cloud.zone.plan.organization_id
    prefix = f"arn:aws:organizations::{account}:ou/{organization}"
    units = [unit for path, unit in cloud.zone.plan.organizational_units.items() if path != "Root"]
    targets = [f"{prefix}/{unit}" for unit in units]
    if request.parameters.get("includeChildren") and cloud.service_catalog is not None:
        own = f"arn:aws:organizations::{account}:account/{organization}"
        products = cloud.service_catalog.factory.products.values()
        targets += [f"{own}/{each.physical_id}" for each in products if each.is_healthy]
    return [
        {
            "arn": f"arn:aws:controltower:{request.region}:{account}:enabledbaseline/{number:013d}",
            "baselineIdentifier": arn,
            "targetIdentifier": target,
            "statusSummary": {"status": "SUCCEEDED"},
        }
        for number, target in enumerate(targets, start=1)
    ]

"""Executions of AFT's state machine ``aft-account-provisioning-framework``, by the account that they are for.

AFT starts them without a name, so that only the input says for whom (``account_request_framework.py``,
``build_account_customization_payload``). A failure that the state machine catches ends in a Fail state
without error and cause: the reason is in the history.
"""

import json
from collections.abc import Sequence
from typing import Any, Final

from aft_access.errors import AccessError
from aft_access.identity_center import Caller

from aftgen.follow.values import Failure, FrameworkRun

_PARAMETER: Final = "/aft/account/aft-management/sfn/aft-account-provisioning-framework-sfn-name"
_NAME: Final = "aft-account-provisioning-framework"
_PAGE: Final = 100


class AwsFramework:
    """The port ``Framework``."""

    def __init__(self, calls: Caller, *, region: str, account_id: str, partition: str = "aws") -> None:
        self._calls = calls
        self._prefix = f"arn:{partition}:states:{region}:{account_id}:stateMachine:"
        self._machine = ""
        self._inputs: dict[str, dict[str, Any]] = {}

    def runs(self, since: float) -> Sequence[FrameworkRun]:
        found: list[FrameworkRun] = []
        token: dict[str, Any] = {}
        while True:
            answer = self._calls.call(
                "stepfunctions", "ListExecutions", stateMachineArn=self._arn(), maxResults=_PAGE, **token
            )
            for each in answer["executions"]:
                # Lists come newest first; a whole second of grace for clocks.
                if each["startDate"].timestamp() < since - 1:
                    return found
                found.append(self._run(each))
            if not answer.get("nextToken"):
                return found
            token = {"nextToken": answer["nextToken"]}

    def failure(self, run: FrameworkRun) -> Failure:
        try:
            events = self._calls.call(
                "stepfunctions",
                "GetExecutionHistory",
                executionArn=run.arn,
                reverseOrder=True,
                maxResults=_PAGE,
            )["events"]
        except AccessError as error:
            return Failure(reason=f"why cannot be read: {error}")
        return _first_failure(events)

    def _arn(self) -> str:
        if not self._machine:
            found = self._calls.call("ssm", "GetParameters", Names=[_PARAMETER])["Parameters"]
            self._machine = self._prefix + (str(found[0]["Value"]) if found else _NAME)
        return self._machine

    def _run(self, listed: dict[str, Any]) -> FrameworkRun:
        arn = str(listed["executionArn"])
        if arn not in self._inputs:
            described = self._calls.call("stepfunctions", "DescribeExecution", executionArn=arn)
            self._inputs[arn] = _parsed(described.get("input", ""))
        given = self._inputs[arn]
        account = _mapping(_mapping(given, "account_info"), "account")
        request = _mapping(given, "account_request")
        emails = (str(request.get("id", "")), str(account.get("email", "")))
        return FrameworkRun(
            arn=arn,
            status=str(listed["status"]),
            started=listed["startDate"].timestamp(),
            account_id=str(account.get("id", "")),
            emails=tuple(dict.fromkeys(filter(None, emails))),
        )


def _first_failure(events: Sequence[dict[str, Any]]) -> Failure:
    """From a history, newest first: the failed task and the state that it was in."""
    cause, kind = "", ""
    for event in events:
        details = next((event[key] for key in event if key.endswith("FailedEventDetails")), None)
        details = details or event.get("taskTimedOutEventDetails")
        if not cause and details and details.get("cause"):
            cause, kind = str(details["cause"]), str(details.get("error", ""))
        entered = event.get("stateEnteredEventDetails")
        if cause and entered:
            return Failure(where=str(entered["name"]), reason=_message(cause) or kind)
    return Failure(reason=_message(cause) or kind)


def _message(cause: str) -> str:
    """A lambda's error is a JSON object with ``errorMessage``."""
    parsed = _parsed(cause)
    return str(parsed.get("errorMessage") or cause)[:500]


def _parsed(text: str) -> dict[str, Any]:
    try:
        found = json.loads(text)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _mapping(value: dict[str, Any], key: str) -> dict[str, Any]:
    found = value.get(key)
    return found if isinstance(found, dict) else {}

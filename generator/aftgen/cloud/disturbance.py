"""Carries out an ordered fault: what the caller experiences, over HTTP or in process.

Reference: Identity Center reference §3 (ConflictException, ThrottlingException).
"""

from typing import TYPE_CHECKING

from botocore.exceptions import ConnectionClosedError, ReadTimeoutError

from aftgen.cloud.errors import conflicting, denied, expired, internal, throttled
from aftgen.cloud.faults import Killed, close_connection, kill_caller
from aftgen.cloud.request import Request

if TYPE_CHECKING:
    from aftgen.cloud.cloud import Cloud

# Part of an asynchronous request's fate, not of the answer to the call that starts it.
_ASYNCHRONOUS = ("failed", "stuck")


def disturb(cloud: "Cloud", request: Request, *, executed: bool) -> None:
    """Called before and after the operation; acts at the moment that the fault names."""
    fault = request.fault
    if fault is None or fault.kind in _ASYNCHRONOUS:
        return
    if (fault.executed or fault.kind == "kill") is not executed:
        return
    match fault.kind:
        case "throttle":
            raise throttled(request.service)
        case "conflict":
            raise conflicting(request.service)
        case "internal":
            raise internal(request.service)
        case "denied":
            raise denied(fault.reason or "denied by an ordered fault")
        case "expired":
            cloud.sessions.expire(access_key=request.access_key)
            raise expired(request.service)
        case "timeout" if not request.over_http:
            raise ReadTimeoutError(endpoint_url=request.endpoint)
        case "timeout":
            cloud.faults.hang(fault.seconds)
            _hang_up(request)
        case "disconnect":
            _hang_up(request)
        case "kill" if not request.over_http:
            raise Killed(f"{request.service}:{request.operation}")
        case "kill":
            kill_caller(request.environ)
            _hang_up(request)


def _hang_up(request: Request) -> None:
    if request.over_http:
        close_connection(request.environ)
        raise ConnectionResetError("an ordered fault closed the connection")  # werkzeug drops it silently
    raise ConnectionClosedError(endpoint_url=request.endpoint)

"""Disturbing and inspecting a served cloud from another process, beside the AWS endpoint.

    GET    /_aftgen/calls                what was called          DELETE  forgets it
    GET    /_aftgen/faults               what is still ordered    POST {fault}   DELETE
    GET    /_aftgen/behaviour            the settings             PATCH {field: value}
    POST   /_aftgen/clock                {"advance": seconds}
    POST   /_aftgen/sessions/expire      {"account": ...} or {"access_key": ...} or {}
    GET    /_aftgen/access               every assignment, by name
    GET    /_aftgen/peak                 most assignment requests in flight at once, by account; "" altogether
    POST   /_aftgen/hands                {"method": ..., "arguments": {...}}: one of `hands.py` or LandingZone
    POST   /_aftgen/landing-zone         {plan}: builds a landing zone (once)
    POST   /_aftgen/profiles             {"account": ...}: the two files of creds.sh, for the client to write

`Control` is the client. There is no authentication: the server listens on loopback only and holds nothing
real.
"""

import json
from collections.abc import Callable, Iterable
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

from aftgen.cloud.behaviour import Behaviour
from aftgen.cloud.cloud import Cloud
from aftgen.cloud.faults import Fault, Kind
from aftgen.cloud.profiles import Profiles, make_profiles

PREFIX = "/_aftgen/"
_STATUS = {200: "200 OK", 400: "400 Bad Request", 404: "404 Not Found"}


def with_control(cloud: Cloud, application: Any) -> Callable[..., Iterable[bytes]]:
    """A WSGI application that answers control requests and hands the rest to moto."""

    def serve(environ: dict[str, Any], start_response: Any) -> Any:
        path = str(environ.get("PATH_INFO", ""))
        if not path.startswith(PREFIX):
            return application(environ, start_response)
        length = int(environ.get("CONTENT_LENGTH") or 0)
        body = json.loads(environ["wsgi.input"].read(length) or b"{}")
        status, result = _answer(cloud, f"{environ['REQUEST_METHOD']} {path.removeprefix(PREFIX)}", body)
        start_response(_STATUS[status], [("Content-Type", "application/json")])
        return [json.dumps(result, default=str).encode()]

    return serve


def _answer(cloud: Cloud, route: str, body: dict[str, Any]) -> tuple[int, Any]:
    action = _ROUTES.get(route)
    if action is None:
        return 404, {"error": f"no control for {route}", "controls": sorted(_ROUTES)}
    try:
        return 200, action(cloud, body)
    except (ValueError, TypeError, KeyError, RuntimeError) as error:
        return 400, {"error": f"{type(error).__name__}: {error}"}


def _set_behaviour(cloud: Cloud, body: dict[str, Any]) -> Any:
    Behaviour.from_mapping(body)  # names are checked before anything changes
    cloud.behaviour = replace(cloud.behaviour, **body)
    return asdict(cloud.behaviour)


def _access(cloud: Cloud) -> list[list[str]]:
    return [list(row) for row in cloud.zone.access()] if cloud.zone is not None else []


_HANDS = frozenset(
    {"add_group", "add_permission_set", "add_user", "assign", "delegate", "move", "notifications"}
    | {"put_custom_field", "put_request", "remove_principal", "suspend", "unassign"}
)


def _hands(cloud: Cloud, body: dict[str, Any]) -> Any:
    if cloud.zone is None:
        raise ValueError("there is no landing zone yet")
    if body["method"] not in _HANDS:
        raise ValueError(f"unknown method {body['method']}; known: {', '.join(sorted(_HANDS))}")
    return getattr(cloud.zone, body["method"])(**body.get("arguments", {}))


def _peak(cloud: Cloud) -> dict[str, int]:
    center = cloud.identity_center
    scopes = ["", *center.accounts()] if center is not None else []
    return {scope: center.operations.peak(scope) for scope in scopes} if center is not None else {}


def _build(cloud: Cloud, body: dict[str, Any]) -> Any:
    from aftgen.cloud.landing_zone import LandingZone, LandingZonePlan

    return asdict(LandingZone.build(cloud, LandingZonePlan.from_mapping(body)).plan)


def _profiles(cloud: Cloud, body: dict[str, Any]) -> Any:
    if cloud.zone is None:
        raise ValueError("there is no landing zone yet")
    return asdict(make_profiles(cloud.zone, account=body["account"]))


_ROUTES: dict[str, Callable[[Cloud, dict[str, Any]], Any]] = {
    "GET calls": lambda cloud, _: cloud.log.as_json(),
    "DELETE calls": lambda cloud, _: cloud.log.clear(),
    "GET faults": lambda cloud, _: cloud.faults.as_json(),
    "POST faults": lambda cloud, body: cloud.faults.add(Fault.from_mapping(body)),
    "DELETE faults": lambda cloud, _: cloud.faults.clear(),
    "GET behaviour": lambda cloud, _: asdict(cloud.behaviour),
    "PATCH behaviour": _set_behaviour,
    "POST clock": lambda cloud, body: cloud.clock.advance(float(body["advance"])),
    "POST sessions/expire": lambda cloud, body: cloud.sessions.expire(**body),
    "GET access": lambda cloud, _: _access(cloud),
    "GET peak": lambda cloud, _: _peak(cloud),
    "POST hands": _hands,
    "POST landing-zone": _build,
    "POST profiles": _profiles,
}


class Control:
    """The client of a served cloud's control endpoint; standard library only."""

    def __init__(self, endpoint: str) -> None:
        self._base = endpoint.rstrip("/") + PREFIX

    def _send(self, method: str, path: str, body: dict[str, Any] | None = None) -> Any:
        data = None if body is None else json.dumps(body).encode()
        try:
            with urlopen(Request(self._base + path, data=data, method=method), timeout=60) as answer:
                return json.load(answer)
        except HTTPError as error:
            with error:
                raise ValueError(json.load(error)["error"]) from None

    def calls(self) -> list[dict[str, Any]]:
        calls: list[dict[str, Any]] = self._send("GET", "calls")
        return calls

    def forget_calls(self) -> None:
        self._send("DELETE", "calls")

    def order(self, operation: str, kind: Kind, **settings: Any) -> None:
        self._send("POST", "faults", {"operation": operation, "kind": kind, **settings})

    def faults(self) -> list[dict[str, Any]]:
        faults: list[dict[str, Any]] = self._send("GET", "faults")
        return faults

    def clear_faults(self) -> None:
        self._send("DELETE", "faults")

    def behave(self, **settings: Any) -> dict[str, Any]:
        behaviour: dict[str, Any] = self._send("PATCH", "behaviour", settings)
        return behaviour

    def advance(self, seconds: float) -> None:
        self._send("POST", "clock", {"advance": seconds})

    def expire_sessions(self, *, account: str | None = None, access_key: str | None = None) -> int:
        chosen = {"account": account, "access_key": access_key}
        body = {name: value for name, value in chosen.items() if value}
        return int(self._send("POST", "sessions/expire", body))

    def access(self) -> list[tuple[str, str, str]]:
        """(account, permission set, principal) by name, of the whole organization."""
        return [(row[0], row[1], row[2]) for row in self._send("GET", "access")]

    def peak(self) -> dict[str, int]:
        peaks: dict[str, int] = self._send("GET", "peak")
        return peaks

    def hand(self, method: str, **arguments: Any) -> Any:
        return self._send("POST", "hands", {"method": method, "arguments": arguments})

    def build_landing_zone(self, plan: dict[str, Any]) -> dict[str, Any]:
        built: dict[str, Any] = self._send("POST", "landing-zone", plan)
        return built

    def write_profiles(self, *, account: str, directory: Path) -> dict[str, str]:
        """Written here, by this process: the server writes no file for anybody."""
        return Profiles(**self._send("POST", "profiles", {"account": account})).write(directory)

"""A request as the gate read it, and an answer as the gate will write it."""

from collections.abc import Mapping, MutableMapping
from dataclasses import dataclass
from typing import Any

from aftgen.cloud.faults import Fault
from aftgen.cloud.sessions import Session

Answer = tuple[int, dict[str, str], str | bytes]


@dataclass(slots=True, kw_only=True)
class Request:
    service: str
    operation: str
    parameters: Mapping[str, Any]
    region: str
    access_key: str
    over_http: bool
    speaks_json: bool
    environ: MutableMapping[str, Any]
    endpoint: str
    caller: Session | None = None
    fault: Fault | None = None

    @property
    def account(self) -> str:
        return self.caller.account if self.caller is not None else ""

    @property
    def author(self) -> str:
        return self.caller.arn if self.caller is not None else "embedded"

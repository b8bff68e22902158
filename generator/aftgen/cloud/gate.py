"""The one place where moto is patched: every request of every service comes through here.

`moto.core.responses.BaseResponse._dispatch` is what both moto's HTTP server and its botocore stub call, so
a rule behind this gate holds in server mode and in process alike. While no cloud is installed, moto is
untouched.
"""

import json
import re
import threading
import traceback
import uuid
from collections.abc import Callable
from typing import Any, Final
from urllib.parse import parse_qsl

import moto.organizations.utils as organization_ids
import moto.settings
from botocore.exceptions import BotoCoreError
from moto.core.responses import BaseResponse
from moto.organizations.models import FakeDelegatedAdministrator, FakePolicy, FakeRoot

from aftgen.cloud.cloud import Cloud
from aftgen.cloud.errors import AwsError
from aftgen.cloud.request import Answer, Request

_CREDENTIAL = re.compile(r"Credential=([^/]+)/\d+/([^/]+)/")
_lock = threading.Lock()
_moto_dispatch: Callable[..., Any] = BaseResponse._dispatch
_installed: Cloud | None = None

# moto's patterns admit roots of exactly four characters; AWS's (and organization.yaml's) are longer at will.
_WIDER_IDS = {
    "ROOT_ID_REGEX": r"r-[0-9a-z]{4,32}$",
    "OU_ID_REGEX": r"ou-[0-9a-z]{4,32}-[a-z0-9]{8,32}$",
    "POLICY_ID_REGEX": r"p-[0-9a-zA-Z_]{8,128}$",
}
# What moto's Organizations refuses and AWS knows. Reference: Identity Center reference §4 "Organizations".
_MORE_POLICY_TYPES = ["DECLARATIVE_POLICY_EC2", "CHATBOT_POLICY", "SECURITYHUB_POLICY"]
_MORE_SERVICES = ["sso.amazonaws.com"]
_WIDER: Final[tuple[tuple[Any, str, Any], ...]] = (
    *((organization_ids, name, pattern) for name, pattern in _WIDER_IDS.items()),
    (FakeRoot, "SUPPORTED_POLICY_TYPES", FakeRoot.SUPPORTED_POLICY_TYPES + _MORE_POLICY_TYPES),
    (FakePolicy, "SUPPORTED_POLICY_TYPES", FakePolicy.SUPPORTED_POLICY_TYPES + _MORE_POLICY_TYPES),
    (
        FakeDelegatedAdministrator,
        "SUPPORTED_SERVICES",
        FakeDelegatedAdministrator.SUPPORTED_SERVICES + _MORE_SERVICES,
    ),
    # Images are loaded where they are asked for: `ec2_regions.py`.
    (moto.settings, "ec2_load_default_amis", lambda: False),
    (BaseResponse, "_dispatch", None),  # filled in below, where the gate is defined
)
_NARROW: Final = tuple((owner, name, getattr(owner, name)) for owner, name, _ in _WIDER)


def open_gate(cloud: Cloud) -> None:
    global _installed
    with _lock:
        if _installed is not None:
            raise RuntimeError("an embedded AWS is already installed in this process: moto's state is shared")
        _installed = cloud
        for owner, name, value in _WIDER:
            setattr(owner, name, value or _dispatch)


def close_gate() -> None:
    global _installed
    with _lock:
        _installed = None
        for owner, name, value in _NARROW:
            setattr(owner, name, value)


def _dispatch(response: Any, request: Any, full_url: str | None = None, headers: Any = None) -> Any:
    """Stands in for BaseResponse._dispatch; `response` is moto's handler for one request."""
    cloud = _installed
    if cloud is None:
        return _moto_dispatch(response, request, full_url, headers)
    # Who may act for which account is decided by credentials alone, never by a header that a caller sends.
    request.environ.pop("HTTP_X_MOTO_ACCOUNT_ID", None)
    read = _read(response, request)
    if read is None:
        return _moto_dispatch(response, request, full_url, headers)

    def moto() -> Answer:
        if read.caller is not None:
            request.environ.setdefault("HTTP_X_MOTO_ACCOUNT_ID", read.caller.account)
        status, answer_headers, body = _moto_dispatch(response, request, full_url, headers)
        return status, answer_headers, body

    try:
        status, headers, body = cloud.answer(read, moto)
        if not any(name.lower() == "x-amzn-requestid" for name in headers):
            headers["x-amzn-RequestId"] = str(uuid.uuid4())
        return status, headers, body
    except AwsError as error:
        return _write(error, read)
    except (ConnectionError, BotoCoreError):
        raise  # an ordered fault
    except Exception as error:
        if not read.over_http:
            raise
        # A defect of moto or of this layer. An HTTP 500 would be retried in vain and hide its cause.
        return _write(AwsError("EmbeddedCloudDefect", "".join(traceback.format_exception(error))), read)


def _read(response: Any, request: Any) -> Request | None:
    """None for what is not an API call of the two protocols that the pipeline's services speak."""
    target = request.headers.get("X-Amz-Target", "")
    body = request.get_data(cache=True, parse_form_data=False)
    parameters: dict[str, Any]
    if target:
        operation = target.rpartition(".")[2]
        try:
            parameters = json.loads(body or b"{}")
        except ValueError:
            return None  # compressed, or not JSON: none of the services that are judged here
    else:
        parameters = dict(parse_qsl(body.decode(errors="replace"), keep_blank_values=True))
        operation = parameters.get("Action", "")
    if not operation or response.service_name is None:
        return None
    credential = _CREDENTIAL.search(request.headers.get("Authorization", ""))
    return Request(
        service=response.boto3_service_name,
        operation=operation,
        parameters=parameters,
        region=credential[2] if credential else "us-east-1",
        access_key=credential[1] if credential else "",
        over_http=bool(request.from_wsgi_server),
        speaks_json=bool(target),
        environ=request.environ,
        endpoint=request.url_root,
    )


def _write(error: AwsError, request: Request) -> Answer:
    request_id = str(uuid.uuid4())
    if request.speaks_json:
        body = json.dumps(
            {"__type": error.code, "message": error.message, "Message": error.message, **error.members}
        )
        headers = {"Content-Type": "application/x-amz-json-1.1", "x-amzn-ErrorType": error.code}
    else:
        body = (
            f"<ErrorResponse><Error><Type>Sender</Type><Code>{error.code}</Code>"
            f"<Message>{_escaped(error.message)}</Message></Error><RequestId>{request_id}</RequestId></ErrorResponse>"
        )
        headers = {"Content-Type": "text/xml"}
    return error.status, {**headers, "x-amzn-RequestId": request_id, "status": str(error.status)}, body


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")

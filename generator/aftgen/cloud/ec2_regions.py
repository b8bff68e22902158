"""What EC2 keeps per account and region, as far as moto lacks it: the instance metadata defaults, and which
Regions a new account has.

moto has neither of the two metadata operations, and its DescribeRegions names Regions of other partitions and
ones that an account must opt in to first. Source: EC2 API reference, GetInstanceMetadataDefaults,
ModifyInstanceMetadataDefaults (each parameter alone; what is left out keeps its value), DescribeRegions ("the
Regions that are enabled for your account"); AWS account management reference, "Regions enabled by default".
"""

import re
import uuid
from collections.abc import Callable
from typing import TYPE_CHECKING, Final
from unittest.mock import patch

from aftgen.cloud.request import Answer, Request

if TYPE_CHECKING:
    from aftgen.cloud.cloud import Cloud

_NAMESPACE: Final = "http://ec2.amazonaws.com/doc/2016-11-15/"
_FIELDS: Final = {
    "HttpTokens": "httpTokens",
    "HttpPutResponseHopLimit": "httpPutResponseHopLimit",
    "HttpEndpoint": "httpEndpoint",
    "InstanceMetadataTags": "instanceMetadataTags",
}
#: Values that take a default back.
_UNSET: Final = ("no-preference", "-1")
ENABLED_BY_DEFAULT: Final = frozenset(
    {
        *("ap-northeast-1", "ap-northeast-2", "ap-northeast-3", "ap-south-1", "ap-southeast-1"),
        *("ap-southeast-2", "ca-central-1", "eu-central-1", "eu-north-1", "eu-west-1", "eu-west-2"),
        *("eu-west-3", "sa-east-1", "us-east-1", "us-east-2", "us-west-1", "us-west-2"),
    }
)
_ITEM: Final = re.compile(r"<item>(?:(?!</item>).)*<regionName>([^<]+)</regionName>(?:(?!</item>).)*</item>")


class MetadataDefaults:
    """The defaults that were set, by account and region."""

    def __init__(self) -> None:
        self._set: dict[tuple[str, str], dict[str, str]] = {}

    def read(self, account: str, region: str) -> dict[str, str]:
        return self._set.setdefault((account, region), {})


def perform(cloud: "Cloud", request: Request, moto: Callable[[], Answer]) -> Answer:
    """Answers the operations above; every other one is moto's."""
    if request.operation == "GetInstanceMetadataDefaults":
        held = cloud.metadata_defaults.read(request.account, request.region)
        fields = "".join(f"<{_FIELDS[name]}>{value}</{_FIELDS[name]}>" for name, value in held.items())
        return _answer(request, f"<accountLevel>{fields}</accountLevel>" if fields else "<accountLevel/>")
    if request.operation == "ModifyInstanceMetadataDefaults":
        held = cloud.metadata_defaults.read(request.account, request.region)
        for name in _FIELDS:
            value = str(request.parameters.get(name, ""))
            if value in _UNSET:
                held.pop(name, None)
            elif value:
                held[name] = value
        return _answer(request, "<return>true</return>")
    if "Image" in request.operation or request.operation == "RunInstances":
        _load_images(request)
    answer = moto()
    if request.operation == "DescribeRegions" and request.parameters.get("AllRegions") != "true":
        status, headers, body = answer
        text = body.decode() if isinstance(body, bytes) else body
        return status, _without_length(headers), _ITEM.sub(_enabled, text)
    return answer


def _load_images(request: Request) -> None:
    """moto reads 3 MB of images into every Region of every account; here where somebody asks."""
    from moto.ec2.models import ec2_backends

    backend = ec2_backends[request.account][request.region]
    if not backend.amis:
        with patch("moto.settings.ec2_load_default_amis", lambda: True):
            backend._load_amis()


def _enabled(item: re.Match[str]) -> str:
    return item[0] if item[1] in ENABLED_BY_DEFAULT else ""


def _without_length(headers: dict[str, str]) -> dict[str, str]:
    return {name: value for name, value in headers.items() if name.lower() != "content-length"}


def _answer(request: Request, content: str) -> Answer:
    name = f"{request.operation}Response"
    body = f'<{name} xmlns="{_NAMESPACE}"><requestId>{uuid.uuid4()}</requestId>{content}</{name}>'
    return 200, {"Content-Type": "text/xml"}, body

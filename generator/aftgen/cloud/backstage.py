"""boto3 clients for whoever builds or inspects the world: straight into moto, past every rule.

They need no socket, so they work the same while the cloud is served over HTTP and while it is in process.
"""

from collections.abc import Mapping
from functools import cache
from typing import Any

import boto3
import botocore.session
from boto3.dynamodb.types import TypeSerializer
from botocore.awsrequest import AWSResponse
from botocore.config import Config
from botocore.loaders import Loader, create_loader

from aftgen.cloud.cloud import Cloud
from aftgen.cloud.sessions import Credentials


@cache
def _loader() -> Loader:
    return create_loader()


def boto_session(region: str, arguments: Mapping[str, str]) -> boto3.Session:
    """A session that shares the parsed service models, which are most of a client's cost."""
    core = botocore.session.get_session()
    core.register_component("data_loader", _loader())
    return boto3.Session(botocore_session=core, region_name=region, **arguments)


def backstage_client(cloud: Cloud, service: str, *, region: str, credentials: Credentials) -> Any:
    from moto.core.botocore_stubber import BotocoreStubber, MockRawResponse
    from moto.core.models import botocore_stubber

    stubber = BotocoreStubber()

    def send(request: Any, **_: Any) -> AWSResponse:
        with cloud.backstage():
            answer = stubber.process_request(request)
        if answer is None:
            raise RuntimeError(f"moto has no {service}")
        status, headers, body = answer
        return AWSResponse(request.url, status, headers, MockRawResponse(body))

    client = boto_session(region, credentials.arguments).client(
        service, config=Config(retries={"total_max_attempts": 1}, ignore_configured_endpoint_urls=True)
    )
    # botocore asks every handler: with `mock_aws` active, each request would be performed a second time.
    client.meta.events.unregister("before-send", botocore_stubber)
    client.meta.events.register("before-send", send)
    return client


def dynamodb_item(values: Mapping[str, Any]) -> dict[str, Any]:
    """Python values in DynamoDB's own JSON, as boto3's resource writes them."""
    serializer = TypeSerializer()
    return {name: serializer.serialize(value) for name, value in values.items()}

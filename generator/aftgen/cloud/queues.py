"""AFT's queue of orders and its dead letters, in moto's SQS.

Reference: AFT reference §1.4 row 5; AFT's modules/aft-account-request-framework/sqs.tf (FIFO, 240 s, one
receive, after which a message is a dead letter).
"""

import json
import uuid
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from aftgen.cloud.landing_zone import LandingZone

QUEUE: Final = "aft-account-request.fifo"
DEAD_LETTERS: Final = "aft-account-request-dlq.fifo"


def make_queues(zone: "LandingZone") -> None:
    """The two queues of AFT's management account."""
    sqs = _sqs(zone)
    fifo = {"FifoQueue": "true"}
    dead = sqs.create_queue(QueueName=DEAD_LETTERS, Attributes=fifo)["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=dead, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    redrive = json.dumps({"deadLetterTargetArn": arn, "maxReceiveCount": 1})
    settings = {**fifo, "VisibilityTimeout": "240", "RedrivePolicy": redrive}
    sqs.create_queue(QueueName=QUEUE, Attributes=settings)


def send(zone: "LandingZone", operation: str, parameters: Mapping[str, str], *, dead: bool = False) -> None:
    """An order as AFT's action trigger sends it (aft_common, ``build_sqs_message``), or a dead one."""
    sqs = _sqs(zone)
    unique = str(uuid.uuid4())
    order: dict[str, Any] = {"operation": operation, "control_tower_parameters": dict(parameters)}
    sqs.send_message(
        QueueUrl=sqs.get_queue_url(QueueName=DEAD_LETTERS if dead else QUEUE)["QueueUrl"],
        MessageBody=json.dumps(order),
        MessageGroupId=unique,
        MessageDeduplicationId=unique,
    )


def orders(zone: "LandingZone", name: str = QUEUE) -> list[dict[str, Any]]:
    """Every message of a queue, without receiving any."""
    from moto.sqs.models import sqs_backends

    queue = sqs_backends[zone.plan.aft_management.id][zone.plan.home_region].queues[name]
    return [json.loads(message.body) for message in queue._messages]


def _sqs(zone: "LandingZone") -> Any:
    return zone.backstage("sqs", zone.plan.aft_management.id)

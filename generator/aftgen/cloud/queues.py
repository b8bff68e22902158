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
    name = DEAD_LETTERS if dead else QUEUE
    sqs.send_message(
        QueueUrl=sqs.get_queue_url(QueueName=name)["QueueUrl"],
        MessageBody=json.dumps(order),
        MessageGroupId=unique,
        MessageDeduplicationId=unique,
    )
    # moto stamps a message with the machine's clock, which is not this cloud's.
    _messages(zone, name)[-1].sent_timestamp = int(zone.cloud.clock.now() * 1000)


def orders(zone: "LandingZone", name: str = QUEUE) -> list[dict[str, Any]]:
    """Every message of a queue, without receiving any."""
    return [json.loads(message.body) for message in _messages(zone, name)]


def empty(zone: "LandingZone", name: str = QUEUE) -> None:
    """Without every message; SQS itself purges a queue once a minute only."""
    _messages(zone, name).clear()


def _messages(zone: "LandingZone", name: str) -> list[Any]:
    from moto.sqs.models import sqs_backends

    queue = sqs_backends[zone.plan.aft_management.id][zone.plan.home_region].queues[name]
    found: list[Any] = queue._messages
    return found


def _sqs(zone: "LandingZone") -> Any:
    return zone.backstage("sqs", zone.plan.aft_management.id)

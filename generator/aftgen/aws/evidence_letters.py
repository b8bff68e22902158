"""AFT's queue and its dead letters, and putting one order back.

Redrive. SQS could move dead letters itself (StartMessageMoveTask, FIFO since November 2023), but it moves all
of them, those of accounts that nobody asked about included. So one letter is sent again as AFT sends it, with
a group of its own, and then deleted; its deduplication id is made of the letter's, so that a crash between
the two sends nothing twice when the same is done again within SQS's five minutes.
"""

import json
from collections.abc import Callable
from typing import Any, Final

from aft_access.errors import AwsError
from aft_access.identity_center import Caller

from aftgen.diagnosis.evidence import Letter, Queue

_COUNTS: Final = [
    "ApproximateNumberOfMessages",
    "ApproximateNumberOfMessagesNotVisible",
    "RedrivePolicy",
]
#: Seconds for which letters that are looked at are hidden from others.
_LOOK: Final = 20
#: Receives until it is taken that every letter was seen; SQS answers with 10 at most.
_RECEIVES: Final = 30


class Letters:
    """``name`` is the queue's; the dead letters' is what its redrive policy says."""

    def __init__(self, calls: Caller, name: str) -> None:
        self._calls, self._name = calls, name
        self._urls: dict[str, str] = {}

    def queue(self) -> Queue:
        main = self._attributes(self._name)
        dead_name = self._dead_name(main)
        dead = self._attributes(dead_name) if dead_name else {}
        return Queue(
            waiting=int(main.get(_COUNTS[0], 0)),
            in_flight=int(main.get(_COUNTS[1], 0)),
            dead=int(dead.get(_COUNTS[0], 0)),
        )

    def dead(self) -> tuple[Letter, ...]:
        """The dead letters that can be seen now, each given back."""
        return self._look(lambda _: False)[0]

    def redrive(self, email: str) -> Letter | None:
        """Send the newest dead letter of an account to AFT's queue again; older ones of it stay.

        None when there is none.
        """
        _, kept = self._look(lambda letter: letter.email.casefold() == email.casefold())
        if not kept:
            return None
        *old, letter = sorted(kept, key=lambda each: each.sent)
        url = self._url(self._name)
        unique = f"redrive-{letter.id}"
        self._calls.call(
            "sqs",
            "SendMessage",
            QueueUrl=url,
            MessageBody=letter.body,
            MessageGroupId=unique,
            MessageDeduplicationId=unique,
        )
        dead = self._url(self._dead_name(self._attributes(self._name)))
        for each in old:
            self._give_back(dead, each)
        self._calls.call("sqs", "DeleteMessage", QueueUrl=dead, ReceiptHandle=letter.receipt)
        return letter

    def _look(self, keep: Callable[[Letter], bool]) -> tuple[tuple[Letter, ...], list[Letter]]:
        """Every letter, and those that stay hidden because somebody wants them."""
        name = self._dead_name(self._attributes(self._name))
        if not name or "RedrivePolicy" in self._attributes(name):
            return (), []  # a queue that counts looks is not looked into
        url = self._url(name)
        seen: dict[str, Letter] = {}
        try:
            for _ in range(_RECEIVES):
                answer = self._calls.call(
                    "sqs",
                    "ReceiveMessage",
                    QueueUrl=url,
                    MaxNumberOfMessages=10,
                    VisibilityTimeout=_LOOK,
                    AttributeNames=["SentTimestamp"],
                )
                fresh = [_letter(each) for each in answer.get("Messages", ())]
                if not fresh:
                    break
                seen |= {each.id: each for each in fresh}
        finally:
            for each in seen.values():
                if not keep(each):
                    self._give_back(url, each)
        kept = [each for each in seen.values() if keep(each)]
        return tuple(sorted(seen.values(), key=lambda each: each.sent)), kept

    def _give_back(self, url: str, letter: Letter) -> None:
        try:
            self._calls.call(
                "sqs",
                "ChangeMessageVisibility",
                QueueUrl=url,
                ReceiptHandle=letter.receipt,
                VisibilityTimeout=0,
            )
        except AwsError:
            return  # it comes back by itself, some seconds later

    def _dead_name(self, attributes: dict[str, str]) -> str:
        policy = json.loads(attributes.get("RedrivePolicy") or "{}")
        return str(policy.get("deadLetterTargetArn", "")).rpartition(":")[2]

    def _attributes(self, name: str) -> dict[str, str]:
        answer = self._calls.call(
            "sqs", "GetQueueAttributes", QueueUrl=self._url(name), AttributeNames=_COUNTS
        )
        found: dict[str, str] = answer.get("Attributes", {})
        return found

    def _url(self, name: str) -> str:
        if name not in self._urls:
            self._urls[name] = str(self._calls.call("sqs", "GetQueueUrl", QueueName=name)["QueueUrl"])
        return self._urls[name]


def _letter(message: dict[str, Any]) -> Letter:
    """The body is AFT's (sources/aft-lambda-layer/aft_common, ``build_sqs_message``)."""
    body = str(message.get("Body", ""))
    try:
        order = json.loads(body)
        parameters = order.get("control_tower_parameters", {})
        operation = str(order.get("operation", ""))
        name, email = str(parameters.get("AccountName", "")), str(parameters.get("AccountEmail", ""))
    except (ValueError, AttributeError):
        operation, name, email = "", "", ""
    return Letter(
        id=str(message["MessageId"]),
        operation=operation,
        name=name,
        email=email,
        sent=int(message.get("Attributes", {}).get("SentTimestamp", 0)) / 1000,
        body=body,
        receipt=str(message["ReceiptHandle"]),
    )

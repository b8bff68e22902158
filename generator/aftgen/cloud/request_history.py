"""What AFT's lambdas write beside the request: the audit record of a change, and Control Tower's event.

Reference: AFT reference §1.4 rows 2, 3 and 8; aft_common's ``put_audit_record`` (the row's image with
``timestamp`` and ``ddb_event_name``) and aft_controltower_event_logger (the event, as it came).
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from aftgen.cloud.backstage import dynamodb_item

if TYPE_CHECKING:
    from aftgen.cloud.landing_zone import LandingZone

AUDIT_TABLE, EVENTS_TABLE = "aft-request-audit", "aft-controltower-events"


def record(zone: "LandingZone", event: str, item: Mapping[str, Any], at: float | None = None) -> None:
    """INSERT, MODIFY or REMOVE of an item (DynamoDB's JSON) of aft-request."""
    moment = datetime.fromtimestamp(zone.cloud.clock.now() if at is None else at, UTC)
    stamp = {
        "timestamp": {"S": moment.strftime("%Y-%m-%dT%H:%M:%S.%f")},
        "ddb_event_name": {"S": event},
    }
    _put(zone, AUDIT_TABLE, {**item, **stamp})


def hear(zone: "LandingZone", event: Mapping[str, Any], at: float | None = None) -> None:
    """A lifecycle event of Control Tower's (`account_factory.Order.event`) arrives in AFT's table."""
    moment = datetime.fromtimestamp(zone.cloud.clock.now() if at is None else at, UTC)
    time = moment.strftime("%Y-%m-%dT%H:%M:%SZ")
    _put(
        zone,
        EVENTS_TABLE,
        dynamodb_item({**event, "time": time, "detail": {**event["detail"], "eventTime": time}}),
    )


def _put(zone: "LandingZone", table: str, item: Mapping[str, Any]) -> None:
    dynamodb = zone.backstage("dynamodb", zone.plan.aft_management.id)
    dynamodb.put_item(TableName=table, Item=dict(item))

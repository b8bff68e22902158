"""AFT's tables about one account: the request's row, its history, the metadata, Control Tower's events."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any, Final

from aft_access.errors import AwsError
from aft_access.identity_center import Caller

from aftgen.aws.connections import Connections
from aftgen.diagnosis.evidence import AuditRecord, LifecycleEvent, Row, Subject, texts

_NAMES: Final = {
    "request": ("/aft/resources/ddb/aft-request-table-name", "aft-request"),
    "audit": ("/aft/resources/ddb/aft-request-audit-table-name", "aft-request-audit"),
    "metadata": ("/aft/resources/ddb/aft-request-metadata-table-name", "aft-request-metadata"),
    "events": ("/aft/resources/ddb/aft-controltower-events-table-name", "aft-controltower-events"),
    "queue": ("/aft/resources/sqs/aft-request-queue-name", "aft-account-request.fifo"),
}
_DENIED: Final = frozenset({"AccessDeniedException", "AccessDenied"})


class Tables:
    """Reading only. A table's name is AFT's parameter, or its default where parameters may not be read."""

    def __init__(self, calls: Caller, connections: Connections) -> None:
        self._calls, self._connections = calls, connections
        self._named: dict[str, str] | None = None

    @property
    def queue_name(self) -> str:
        return self._names["queue"]

    @property
    def _names(self) -> dict[str, str]:
        if self._named is None:
            found: dict[str, str] = {}
            try:
                wanted = [parameter for parameter, _ in _NAMES.values()]
                answer = self._calls.call("ssm", "GetParameters", Names=wanted)["Parameters"]
                found = {each["Name"]: each["Value"] for each in answer}
            except AwsError as error:
                if error.code not in _DENIED:
                    raise
            self._named = {key: found.get(name, default) for key, (name, default) in _NAMES.items()}
        return self._named

    def subjects(self) -> tuple[Subject, ...]:
        """Everybody whom AFT knows now."""
        metadata = {
            _text(item, "email").casefold(): item
            for item in self._scan("metadata", "id, email, account_name")
        }
        found = []
        for item in self._scan("request", "id, control_tower_parameters"):
            row = _row(item)
            known = metadata.pop(row.id.casefold(), {})
            found.append(Subject(name=row.name, email=row.id, id=_text(known, "id")))
        for item in metadata.values():
            name, email = _text(item, "account_name"), _text(item, "email")
            found.append(Subject(name=name, email=email, id=_text(item, "id")))
        return tuple(found)

    def once(self) -> tuple[Subject, ...]:
        """Everybody whom AFT has ever known, by the audit table."""
        found = {}
        for item in self._scan("audit", "id, control_tower_parameters"):
            row = _row(item)
            found[row.id, row.name] = Subject(name=row.name, email=row.id)
        return tuple(found.values())

    def row(self, subject: Subject) -> Row | None:
        if not subject.email:
            return None
        item = self._get("request", subject.email)
        if item is None and subject.email != subject.email.lower():
            item = self._get("request", subject.email.lower())
        return _row(item) if item else None

    def metadata(self, subject: Subject) -> Subject | None:
        """The account as aft-request-metadata has it."""
        if not subject.id:
            return None
        item = self._get("metadata", subject.id)
        if item is None:
            return None
        return Subject(name=_text(item, "account_name"), email=_text(item, "email"), id=subject.id)

    def audit(self, subject: Subject) -> tuple[AuditRecord, ...]:
        """Oldest first. AFT writes its lambdas' local time, which is UTC, without saying so."""
        if not subject.email:
            return ()
        items = self._query("audit", subject.email)
        found = [
            AuditRecord(
                at=_time(_text(each, "timestamp")), event=_text(each, "ddb_event_name"), row=_row(each)
            )
            for each in items
        ]
        return tuple(sorted(found, key=lambda each: each.at))

    def events(self, subject: Subject) -> tuple[LifecycleEvent, ...]:
        """By account id or name: the table's key is the event's own id, so this reads all of it."""
        found = [_event(each) for each in self._scan("events", "")]
        own = [
            event
            for event, name in filter(None, found)
            if (subject.id and event.account_id == subject.id) or (subject.name and name == subject.name)
        ]
        return tuple(sorted(own, key=lambda each: each.at))

    def _get(self, table: str, key: str) -> dict[str, Any] | None:
        answer = self._calls.call(
            "dynamodb", "GetItem", TableName=self._names[table], Key={"id": {"S": key}}, ConsistentRead=True
        )
        found: dict[str, Any] | None = answer.get("Item")
        return found

    def _query(self, table: str, key: str) -> Iterator[dict[str, Any]]:
        wanted = {"KeyConditionExpression": "id = :id", "ExpressionAttributeValues": {":id": {"S": key}}}
        yield from self._pages("Query", table, ConsistentRead=True, **wanted)

    def _scan(self, table: str, attributes: str) -> Iterator[dict[str, Any]]:
        yield from self._pages("Scan", table, **({"ProjectionExpression": attributes} if attributes else {}))

    def _pages(self, operation: str, table: str, **arguments: Any) -> Iterator[dict[str, Any]]:
        start: dict[str, Any] = {}
        while True:
            answer = self._calls.call(
                "dynamodb", operation, TableName=self._names[table], **arguments, **start
            )
            yield from answer.get("Items", ())
            if not answer.get("LastEvaluatedKey"):
                return
            start = {"ExclusiveStartKey": answer["LastEvaluatedKey"]}


def _row(item: dict[str, Any]) -> Row:
    return Row(
        id=_text(item, "id"),
        parameters=texts(item.get("control_tower_parameters", {}).get("M", {})),
        tags=_text(item, "account_tags") or "{}",
        fields=_text(item, "custom_fields") or "{}",
        customization=_text(item, "account_customizations_name"),
    )


def _text(item: dict[str, Any], key: str) -> str:
    return str(item.get(key, {}).get("S", ""))


def _event(item: dict[str, Any]) -> tuple[LifecycleEvent, str] | None:
    """EventBridge's event as AFT stores it: maps of maps (Control Tower user guide, "Lifecycle events")."""
    detail = item.get("detail", {}).get("M", {})
    details = detail.get("serviceEventDetails", {}).get("M", {})
    status = next((each.get("M", {}) for key, each in details.items() if key.endswith("Status")), None)
    if status is None:
        return None
    account = status.get("account", {}).get("M", {})
    event = LifecycleEvent(
        at=_time(_text(detail, "eventTime") or _text(item, "time")),
        name=_text(detail, "eventName"),
        state=_text(status, "state"),
        message=_text(status, "message"),
        account_id=_text(account, "accountId"),
    )
    return event, _text(account, "accountName")


def _time(text: str) -> float:
    try:
        found = datetime.fromisoformat(text.replace("Z", "+00:00"))
    except ValueError:
        return 0.0
    return (found if found.tzinfo else found.replace(tzinfo=UTC)).timestamp()

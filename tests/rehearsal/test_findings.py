"""What calls changed, and the versions of AFT that can be named."""

from typing import Any

import pytest
from aftgen.cloud import Call
from aftgen.errors import UsageError
from aftgen.rehearsal.findings import writes
from aftgen.rehearsal.run import full_version, jobs


def call(service: str, operation: str, *, outcome: str = "ok", write: bool = True, **parameters: Any) -> Call:
    return Call(
        number=1,
        service=service,
        operation=operation,
        account="111111111111",
        caller="",
        region="eu-west-1",
        write=write,
        outcome=outcome,
        at=0.0,
        parameters=parameters,
    )


def test_writes_are_counted_by_account_without_the_runs_own_bookkeeping() -> None:
    grant = call("sso-admin", "CreateAccountAssignment", TargetId="900000000001")
    calls = [
        grant,
        grant,
        call("organizations", "AttachPolicy", TargetId="ou-ab12-sandbox1"),
        call("iam", "CreateRole", outcome="EntityAlreadyExists"),
        call("iam", "GetRole", write=False),
        call("sns", "Publish"),
        call("dynamodb", "UpdateItem", TableName="aftgen-access"),
        call("dynamodb", "PutItem", TableName="aft-request"),
    ]
    assert writes(calls, {"900000000001": "lab"}) == (
        "lab: sso-admin:CreateAccountAssignment (2)",
        "organization: dynamodb:PutItem",
        "organization: organizations:AttachPolicy",
    )


@pytest.mark.parametrize(
    ("text", "version"),
    [("1.20", "1.20.1"), ("1.17", "1.17.1"), ("1.19", "1.19.0"), ("v1.18.0", "1.18.0"), ("2.0", "2.0.0")],
)
def test_a_version_of_two_parts_is_a_release(text: str, version: str) -> None:
    assert full_version(text) == version


@pytest.mark.parametrize("text", ["latest", "1", "1.2.3.4", "1.x"])
def test_what_is_no_version(text: str) -> None:
    with pytest.raises(UsageError):
        full_version(text)


@pytest.mark.parametrize(("processors", "expected"), [(None, 2), (1, 2), (2, 4), (64, 5)])
def test_accounts_at_once(monkeypatch: pytest.MonkeyPatch, processors: int | None, expected: int) -> None:
    monkeypatch.setattr("os.cpu_count", lambda: processors)
    assert jobs() == expected

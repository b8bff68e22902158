"""Guardrails that do not stand end the build in pre, and say so themselves: AFT tells nobody."""

from pathlib import Path
from unittest.mock import patch

import pytest
from guardrails_cloud import MANAGEMENT, PAYMENTS, Guarded, converged, entry, guarded

FAILED = "aft-failure-notifications"
TAGGED = {"restricted": entry({"tags": {"data": "restricted"}})}
UNKNOWN = "policies are declared by tags, and those are unknown here: it has no row in AFT's request table"


def told(cloud: Guarded) -> list[tuple[str, str, str]]:
    return list(cloud.zone.notifications())


def failures(cloud: Guarded) -> list[tuple[str, str]]:
    """Audit records of failed runs of the account: what, phase."""
    rows = [row for row in cloud.at.rows() if row["pk"] == f"audit#{PAYMENTS}" and row.get("phase")]
    return [(row["what"], row["phase"]) for row in rows]


def in_build(cloud: Guarded, build: str = "one", *, account: str = PAYMENTS) -> int | None:
    """What the pre helper runs."""
    return cloud.run("apply", account=account, build=build).code


def test_a_refusal_is_recorded_each_time_and_told_once_in_a_build(cloud: Guarded) -> None:
    converged(cloud, TAGGED)
    assert [in_build(cloud), in_build(cloud)] == [1, 1]
    text = f"Guardrails of account {PAYMENTS} did not converge.\n\nRefused, nothing was changed:\n{UNKNOWN}\n"
    assert told(cloud) == [(FAILED, f"Guardrails of account {PAYMENTS} failed", text)]
    assert failures(cloud) == [("run refused", "guardrails")] * 2
    assert in_build(cloud, "two") == 1
    assert len(told(cloud)) == 2


def test_an_attachment_that_fails_is_told_with_its_reason(cloud: Guarded) -> None:
    converged(cloud)
    cloud.cloud.faults.order("AttachPolicy", "denied", parameters={"TargetId": PAYMENTS})
    assert in_build(cloud) == 1
    [(_, _, text)] = told(cloud)
    assert "attach payments at 555555555555 payments: AttachPolicy: AccessDenied" in text
    assert failures(cloud) == [("run failed", "guardrails")]
    assert (in_build(cloud), len(told(cloud))) == (0, 1)


def test_without_a_table_nothing_can_be_recorded_and_it_is_told_all_the_same(tmp_path: Path) -> None:
    """No post follows to which the message could be left."""
    with guarded(tmp_path, access_table=False) as cloud:
        cloud.publish(TAGGED)
        assert in_build(cloud) == 1
        [(topic, _, text)] = told(cloud)
        assert (topic, "aftgen-access does not exist" in text) == (FAILED, True)


def test_files_that_cannot_be_used_are_told_in_a_build_only(cloud: Guarded) -> None:
    cloud.publish(TAGGED, {"restricted": "["})
    cloud.cloud.log.clear()
    done = cloud.run("apply", "--account", PAYMENTS, build="")
    assert (done.code, cloud.asked(), told(cloud)) == (1, [], [])
    assert in_build(cloud) == 1
    [(_, _, text)] = told(cloud)
    assert "service-control-policies/restricted.json" in text
    assert cloud.run("plan").code == 1
    assert len(told(cloud)) == 1


def test_a_bug_is_told_too(cloud: Guarded) -> None:
    converged(cloud)
    with patch("aft_guardrails.account.compute", side_effect=ZeroDivisionError):
        assert in_build(cloud) == 3
    [(_, _, text)] = told(cloud)
    assert text.endswith("a bug, whose traceback is in the build log: ZeroDivisionError\n")


@pytest.mark.parametrize("access_table", [True, False])
def test_the_management_accounts_build_goes_on_whatever_is_declared(
    tmp_path: Path, access_table: bool
) -> None:
    with guarded(tmp_path, access_table=access_table) as cloud:
        cloud.publish({**TAGGED, "mine": entry({"accounts": [MANAGEMENT]})})
        cloud.cloud.log.clear()
        done = cloud.run("apply", account=MANAGEMENT)
        assert (done.code, cloud.asked(), told(cloud)) == (0, ["GetParameters"], [])
        assert done.out == (
            f"guardrails of {MANAGEMENT}: unchanged\n"
            "  warning: mine: not attached, the management account is never limited by a service control "
            "policy\n"
        )

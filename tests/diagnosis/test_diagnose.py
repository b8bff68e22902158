"""Of several signals the one that tells why, and none that is over."""

from dataclasses import replace

from aftgen.diagnosis.diagnose import diagnose
from aftgen.diagnosis.evidence import Part, Queue
from aftgen.diagnosis.known import Way
from aftgen.diagnosis.progress import State
from diagnosis_evidence import (
    BUSY,
    NOT_VALID,
    PARAMETERS,
    ROW,
    T,
    changed,
    customizations,
    errored,
    event,
    framework,
    letter,
    lines,
    new,
    pipeline,
    processor,
    run,
    standing,
)


def test_a_reason_goes_before_the_report_of_a_failure() -> None:
    """AFT deletes the message and raises 'not valid'; the reason is a line before, or in the product."""
    both = diagnose(processor(NOT_VALID, "Account Name: shop already used in Organizations"))
    assert both.finding is not None
    assert both.finding.known is not None
    assert both.finding.known.id == "name-in-use"
    record = errored("EMAIL_ALREADY_EXISTS")
    heard = lines(
        "aft-invoke-aft-account-provisioning-framework", "Exception: DescribeAccount: Not Available"
    )
    told = diagnose(replace(record, lines=heard))
    assert told.finding is not None
    assert told.finding.known is not None
    assert told.finding.known.id == "email-taken"
    assert told.later == ()


def test_the_reason_of_the_first_attempt_goes_before_the_changes_that_retried_nothing() -> None:
    changes = (
        "No healthy provisioned product found for x",
        "Control Tower parameter AccountName cannot be modified",
        "Account email x not found in Organization",
    )
    for text in changes:
        late = replace(lines("aft-account-request-processor", text)[0], at=T + 8100)
        diagnosis = diagnose(replace(errored("EMAIL_ALREADY_EXISTS"), audit=changed(), lines=(late,)))
        assert diagnosis.finding is not None
        assert diagnosis.finding.known is not None
        assert diagnosis.finding.known.id == "email-taken"
        assert [each.known.way for each in diagnosis.later if each.known] == [Way.AGAIN]


def test_a_right_that_is_missing_is_not_taken_for_a_bad_tag_or_field() -> None:
    for state, operation in (("tag_account", "TagResource"), ("account_metadata_ssm", "PutParameter")):
        text = f"An error occurred (AccessDeniedException) when calling the {operation} operation: Tags[0]"
        found = diagnose(framework(state, text)).finding
        assert found is not None
        assert found.known is not None
        assert found.known.id == "framework-state"


def test_what_an_earlier_attempt_left_is_not_this_ones_failure() -> None:
    old = replace(
        lines("aft-account-request-processor", "Account Name: shop already used in Organizations")[0],
        at=T - 9000,
    )
    assert diagnose(new(lines=(old,))).state is State.RUNNING
    assert diagnose(standing(letters=(replace(letter(), sent=T - 9000),))).state is State.OK
    # Without the audit table, a later success says the same.
    blind = standing(lines=(old,), audit=(), unreadable={Part.AUDIT: "denied"})
    assert diagnose(blind).state is State.UNREAD
    assert (
        diagnose(standing(runs=(run(), replace(run("tag_account", "x"), started=T + 10)))).state is State.OK
    )


def test_a_lambda_that_failed_once_and_went_on_is_no_failure() -> None:
    stumble = lines("aft-account-request-processor", "botocore.exceptions.ReadTimeoutError: once")
    assert diagnose(standing(lines=stumble)).state is State.OK
    assert diagnose(new(lines=stumble)).state is State.UNKNOWN
    refused = lines("aft-account-request-processor", "Control Tower parameter AccountName cannot be modified")
    assert diagnose(standing(lines=refused)).state is State.FAILED
    for text in (
        "retries: 0 Errors, no exceptions",
        "[INFO] request: {'change_reason': 'after ValueError: no budget'}",
        "Creating account for the team of Error handling",
    ):
        harmless = lines("aft-account-request-processor", text)
        assert diagnose(new(lines=harmless)).state is State.RUNNING
    for text in ("[ERROR] boom", "{'EXCEPTION': 'boom'}", "x Task timed out after 300.00 seconds"):
        assert diagnose(processor(text)).state is State.UNKNOWN


def test_an_order_that_was_sent_again_is_under_way() -> None:
    failed = processor(f"Exception: {BUSY}")
    again = replace(failed, at=T + 900, queue=Queue(waiting=1))
    assert diagnose(again).now == "the order waits for AFT; 1 in the queue, one every five minutes"
    for other in (
        replace(again, queue=Queue()),
        replace(again, letters=(letter(),)),
        replace(again, at=T + 400),
        replace(again, unreadable={Part.LETTERS: "denied"}),
    ):
        assert diagnose(other).state is State.FAILED


def test_control_tower_succeeded_after_it_had_failed() -> None:
    failed = event("ACCOUNT_LIMIT_EXCEEDED")
    assert diagnose(standing(events=(failed,))).state is State.FAILED
    assert diagnose(standing(events=(failed, replace(failed, at=T + 500, state="SUCCEEDED")))).exit_code == 0


def test_a_row_that_was_written_just_now_was_not_lost() -> None:
    unheard = new(audit=())
    writing = replace(pipeline(), pipeline="ct-aft-account-request", updated=unheard.at - 60)
    assert diagnose(replace(unheard, requests=writing)).now == "the order waits for AFT"
    old = replace(writing, updated=unheard.at - 400)
    assert diagnose(replace(unheard, requests=old)).state is State.FAILED


def test_a_parameter_that_was_put_back_raises_the_error_once_more_and_is_no_failure() -> None:
    other = replace(ROW, parameters={**PARAMETERS, "AccountName": "shop2"})
    first = new().audit[0]
    back = (first, replace(first, at=T + 8000, row=other), replace(first, at=T + 8500))
    again = replace(
        lines("aft-account-request-processor", "Control Tower parameter AccountName cannot be modified")[0],
        at=T + 8600,
    )
    assert diagnose(standing(audit=back, lines=(again,))).state is State.OK
    assert diagnose(standing(audit=back[:2], lines=(again,))).state is State.FAILED


def test_a_removed_request_is_over_but_its_product_is_in_the_way() -> None:
    removed = (*new().audit, replace(new().audit[0], at=T + 500, event="REMOVE"))
    over = processor("Account Name: shop already used in Organizations", row=None, audit=removed)
    assert diagnose(over).state is State.REMOVED
    assert diagnose(over).exit_code == 0
    left = diagnose(replace(errored("EMAIL_ALREADY_EXISTS"), row=None, audit=removed))
    assert left.state is State.FAILED


def test_the_way_on_is_a_value() -> None:
    assert diagnose(errored("EMAIL_ALREADY_EXISTS")).way is Way.AGAIN
    assert diagnose(customizations("BUILD", "x")).way is Way.RERUN
    assert diagnose(framework("tag_account", "TagResource")).way is Way.EDIT
    assert diagnose(framework("create_role", "x")).way is Way.FRAMEWORK

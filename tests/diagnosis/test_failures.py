"""Every row of the catalogue, with evidence as the AFT reference gives it."""

from dataclasses import replace

import pytest
from aftgen.diagnosis.diagnose import State, diagnose
from aftgen.diagnosis.evidence import Build, Evidence, MachineRun, Queue
from aftgen.diagnosis.failures import CATALOGUE
from aftgen.diagnosis.known import Way
from diagnosis_evidence import (
    EMAIL,
    HEALTHY,
    ID,
    MEMBER,
    PARAMETERS,
    ROW,
    T,
    access,
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

_REFUSED = "CT Request is not valid"
_BUSY = "another AWS Control Tower operation is in progress. Try again later."
_FEATURES = MachineRun(
    machine="aft-feature-options",
    arn="arn:inner",
    status="FAILED",
    started=T + 2010,
    state="aft_delete_default_vpc",
    cause="cannot assume",
)
_CREATE = Build(id="aft-create-pipeline:1", status="FAILED", started=T + 2050, ended=T + 2090, phase="BUILD")
_SUB = "the parent organizational unit"


def _requests(log: str) -> Evidence:
    made = pipeline("BUILD", log, stage="Global")
    return new(row=None, audit=(), requests=replace(made, pipeline="ct-aft-account-request"))


def _moved(**row: object) -> Evidence:
    return standing(row=replace(ROW, **row))


EXAMPLES: tuple[tuple[str, Evidence], ...] = (
    # §1.3, §1.4
    ("row-exists", _requests("Error: ConditionalCheckFailedException: The conditional request failed")),
    ("request-pipeline", _requests("Error: Invalid reference")),
    ("stream-lost", new(audit=())),
    # §2.1
    ("name-in-use", processor("Account Name: shop already used in Organizations", _REFUSED)),
    ("email-in-use", processor(f"Account Email: {EMAIL} already used in Organizations", _REFUSED)),
    (
        "not-enrolled",
        processor(f"Account Email: {EMAIL} already used in Organizations", _REFUSED, member=MEMBER),
    ),
    ("not-valid", processor(_REFUSED)),
    (
        "cannot-be-modified",
        standing(
            audit=changed(parameters={**PARAMETERS, "AccountName": "shop2"}),
            lines=(
                replace(
                    lines(
                        "aft-account-request-processor",
                        "Control Tower parameter AccountName cannot be modified",
                    )[0],
                    at=T + 8100,
                ),
            ),
        ),
    ),
    (
        "mixed-change",
        standing(
            audit=changed(parameters={**PARAMETERS, "AccountName": "shop2"}, tags='{"Team": "x"}'),
            lines=(
                replace(
                    lines(
                        "aft-account-request-processor",
                        "Control Tower parameter AccountName cannot be modified",
                    )[0],
                    at=T + 8100,
                ),
            ),
        ),
    ),
    ("failed-request-changed", processor(f"No healthy provisioned product found for {EMAIL}")),
    (
        "no-healthy-product",
        processor(f"No healthy provisioned product found for {EMAIL}", member=MEMBER),
    ),
    (
        "shared-name",
        new(
            lines=lines(
                "aft-account-request-action-trigger",
                f"Account Email {EMAIL} is a shared account email, however, the Account Name x",
            )
        ),
    ),
    (
        "shared-ou",
        new(
            lines=lines(
                "aft-account-request-action-trigger",
                "Unsupported action: Cannot change OU for a Shared CT account or CT management account",
            )
        ),
    ),
    (
        "failed-request-edited",
        new(
            lines=lines(
                "aft-account-request-action-trigger", f"Account email {EMAIL} not found in Organization"
            )
        ),
    ),
    (
        "email-not-found",
        standing(
            lines=lines(
                "aft-account-request-action-trigger", f"Account email {EMAIL} not found in Organization"
            )
        ),
    ),
    (
        "no-request-row",
        standing(
            lines=lines(
                "aft-invoke-aft-account-provisioning-framework",
                f"Exception: Account {EMAIL}  not found in aft-request",
            )
        ),
    ),
    ("product-exists", processor("Exception: A stack named shop already exists.", letters=(letter(),))),
    ("ou-path", errored(f"{_SUB} 'A/B' is not enrolled in AWS Control Tower")),
    ("ou-not-enrolled", errored(f"{_SUB} 'Sand' is not enrolled in AWS Control Tower")),
    (
        "ou-not-applied",
        standing(row=replace(ROW, parameters={**PARAMETERS, "ManagedOrganizationalUnit": "X"})),
    ),
    (
        "other-ou-of-the-name",
        standing(
            row=replace(
                ROW, parameters={**PARAMETERS, "ManagedOrganizationalUnit": "Sandbox (ou-ab12-nested001)"}
            )
        ),
    ),
    (
        "customization-missing",
        customizations("INSTALL", "Error: workload directory does not exist", "Account"),
    ),
    ("no-metadata-row", customizations("INSTALL", "Error: null directory does not exist", "Account")),
    # §2.2
    ("busy", processor(f"Exception: {_BUSY}", letters=(letter(),))),
    ("dead-letter", new(letters=(letter(),))),
    (
        "describe-account",
        new(
            lines=lines(
                "aft-invoke-aft-account-provisioning-framework",
                "Exception: InvalidInputException when calling the DescribeAccount operation",
            )
        ),
    ),
    ("vanished", replace(new(), at=T + 4000)),
    ("features", framework("aft_features", "x", inner=_FEATURES)),
    (
        "provisioning",
        framework("aft_account_provisioning_customizations", "An error occurred in the state"),
    ),
    (
        "no-state-machine",
        framework("aft_account_provisioning_customizations", "StateMachineDoesNotExist: State Machine ..."),
    ),
    ("create-role", framework("create_role", "AccessDenied")),
    ("framework-state", framework("persist_metadata", "boom")),
    ("create-pipeline", framework("create_pipeline", "the build failed", build=_CREATE)),
    ("no-pipeline", standing(pipeline=None, has_pipeline=False)),
    ("no-metadata", standing(has_metadata=False)),
    # §2.3
    (
        "bad-product-name",
        processor("Exception: Value 'a+b' at 'provisionedProductName' failed to satisfy constraint"),
    ),
    ("sso-parameter", processor("Exception: Parameter SSOUserEmail failed to satisfy constraint: [^\\s@]+")),
    ("email-taken", errored("EMAIL_ALREADY_EXISTS: the email belongs to another AWS account")),
    ("email-invalid", errored("INVALID_EMAIL: it has 70 characters")),
    ("name-invalid", errored("INVALID_INPUT: the account name has 51 characters")),
    (
        "account-quota",
        new(events=(event("ACCOUNT_LIMIT_EXCEEDED: you have exceeded the number of accounts"),)),
    ),
    ("concurrent-operations", errored("CONCURRENT_ACCOUNT_MODIFICATION")),
    (
        "tag-refused",
        framework("tag_account", "InvalidInputException when calling the TagResource operation"),
    ),
    ("tags-left", standing(audit=changed(), member=replace(MEMBER, tags={"Old": "x"}))),
    (
        "field-refused",
        framework("account_metadata_ssm", "ParamValidationError: valid types: <class 'str'>"),
    ),
    ("payload", framework("aft_features", "States.DataLimitExceeded")),
    ("customization-name", customizations("INSTALL", "cd: too many arguments", "Account")),
    # §3.2, §3.3
    ("requirements", customizations("INSTALL", "ERROR: No matching distribution found for x")),
    ("clone", customizations("INSTALL", "fatal: Remote branch 9.9 not found in upstream origin")),
    ("assume-role", customizations("INSTALL", "AccessDenied when calling the AssumeRole operation")),
    ("install", customizations("INSTALL", "something else")),
    ("pre-helper", customizations("PRE_BUILD", "oops")),
    ("helper-missing", customizations("PRE_BUILD", "sh: pre-api-helpers.sh: No such file or directory")),
    ("import-error", customizations("POST_BUILD", "ModuleNotFoundError: No module named 'x'", "Account")),
    ("terraform", customizations("BUILD", "Error: Unsupported argument")),
    ("post-helper", customizations("POST_BUILD", "oops")),
    ("expired-credentials", customizations("POST_BUILD", "ExpiredTokenException: the security token")),
    ("timeout", customizations("", "BUILD_TIMED_OUT")),
    ("access-refused", customizations("PRE_BUILD", "aft_access: refused, nothing was changed: x")),
    ("not-rerun", standing(audit=changed(fields='{"access": "{}"}'))),
    # access
    ("access-unfinished", access(unfinished=("granting Reading:group:x",))),
    ("access-plan-refused", access(refusals=("too many revocations",))),
    ("access-failed", access(last_failure="apply failed: x", last_failure_at=T + 8000)),
)
_MILD = {"tags-left", "ou-not-applied"}


@pytest.mark.parametrize(("name", "evidence"), EXAMPLES, ids=[name for name, _ in EXAMPLES])
def test_a_failure_is_named_explained_and_sourced(name: str, evidence: Evidence) -> None:
    evidence = _with_tags(evidence) if name == "tags-left" else evidence
    diagnosis = diagnose(evidence)
    known = next(each for each in CATALOGUE if each.id == name)
    if name in _MILD:
        assert diagnosis.state is State.OK
        assert [each for each in diagnosis.remarks if each.startswith(f"{known.title}: ")] != []
        return
    assert diagnosis.finding is not None
    assert diagnosis.finding.known is known
    assert diagnosis.state is State.FAILED
    assert diagnosis.exit_code == 1
    shown = [diagnosis.finding.meaning, *diagnosis.finding.repair]
    assert all(text and "{name}" not in text and "{{" not in text.replace("'{{'", "") for text in shown)


def _with_tags(evidence: Evidence) -> Evidence:
    """The first image of the request had the tag."""
    first, *rest = evidence.audit
    return replace(evidence, audit=(replace(first, row=replace(ROW, tags='{"Old": "x"}')), *rest))


def test_every_row_has_an_example_and_a_name_of_its_own() -> None:
    names = [each.id for each in CATALOGUE]
    assert sorted(names) == sorted(set(names))
    assert sorted(names) == sorted(name for name, _ in EXAMPLES)


@pytest.mark.parametrize("known", CATALOGUE, ids=[each.id for each in CATALOGUE])
def test_every_row_has_a_meaning_a_repair_and_a_source(known: object) -> None:
    from aftgen.diagnosis.known import Known

    assert isinstance(known, Known)
    assert known.meaning.endswith(".")
    assert known.repair
    assert known.source.startswith(("AFT reference §", "DESIGN '"))


@pytest.mark.parametrize(
    "evidence",
    [
        processor("Exception: something nobody has ever seen"),
        errored("AWS Control Tower failed for a reason of its own"),
        new(events=(event("a reason of its own"),)),
        customizations("", "Segmentation fault"),
        standing(runs=(replace(run(), status="TIMED_OUT"),)),
        standing(pipeline=replace(pipeline(), status="Stopped")),
    ],
)
def test_what_is_in_no_row_is_unknown_with_the_evidence(evidence: Evidence) -> None:
    diagnosis = diagnose(evidence)
    assert diagnosis.state is State.UNKNOWN
    assert diagnosis.finding is not None
    assert diagnosis.finding.known is None
    assert diagnosis.finding.signal.text
    assert diagnosis.finding.meaning == ""
    assert diagnosis.finding.repair == ()
    assert diagnosis.exit_code == 1


def test_a_reason_goes_before_the_report_of_a_failure() -> None:
    """AFT deletes the message and raises 'not valid'; the reason is a line before, or in the product."""
    both = diagnose(processor(_REFUSED, "Account Name: shop already used in Organizations"))
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


def test_what_an_earlier_attempt_left_is_not_this_ones_failure() -> None:
    old = replace(
        lines("aft-account-request-processor", "Account Name: shop already used in Organizations")[0],
        at=T - 9000,
    )
    assert diagnose(new(lines=(old,))).state is State.RUNNING
    assert diagnose(standing(letters=(replace(letter(), sent=T - 9000),))).state is State.OK
    assert (
        diagnose(standing(runs=(run(), replace(run("tag_account", "x"), started=T + 10)))).state is State.OK
    )


def test_a_lambda_that_failed_once_and_went_on_is_no_failure() -> None:
    stumble = lines("aft-account-request-processor", "botocore.exceptions.ReadTimeoutError: once")
    assert diagnose(standing(lines=stumble)).state is State.OK
    assert diagnose(new(lines=stumble)).state is State.UNKNOWN
    refused = lines("aft-account-request-processor", "Control Tower parameter AccountName cannot be modified")
    assert diagnose(standing(lines=refused)).state is State.FAILED
    harmless = lines("aft-account-request-processor", "retries: 0 Errors, no exceptions")
    assert diagnose(new(lines=harmless)).state is State.RUNNING


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


@pytest.mark.parametrize(
    ("evidence", "state", "now"),
    [
        (standing(), State.OK, "the account stands, and its pipeline has succeeded"),
        (new(), State.RUNNING, "the order waits for AFT"),
        (
            new(queue=Queue(waiting=2, in_flight=1)),
            State.RUNNING,
            "the order waits for AFT; 3 in the queue, one every five minutes",
        ),
        (
            new(product=replace(HEALTHY, status="UNDER_CHANGE", succeeded=False)),
            State.RUNNING,
            "Control Tower is at work on the account, which takes 20 to 40 minutes",
        ),
        (
            standing(runs=(replace(run(), status="RUNNING"),)),
            State.RUNNING,
            "AFT's provisioning framework is running",
        ),
        (
            standing(pipeline=replace(pipeline(), status="InProgress")),
            State.RUNNING,
            "the customizations pipeline is running",
        ),
        (
            new(subject=replace(new().subject, id=ID), member=MEMBER, product=HEALTHY),
            State.RUNNING,
            "the account is made; AFT's framework has not begun yet",
        ),
        (standing(row=None, audit=()), State.REMOVED, "AFT has no request of it"),
        (new(row=None, audit=()), State.ABSENT, "neither AFT nor the organization knows this account"),
    ],
)
def test_how_far_it_is(evidence: Evidence, state: State, now: str) -> None:
    diagnosis = diagnose(evidence)
    assert (diagnosis.state, diagnosis.now) == (state, now)


def test_what_could_not_be_read_is_never_taken_for_not_there() -> None:
    from aftgen.diagnosis.evidence import Part

    blind = replace(new(), at=T + 9000, unreadable={Part.ACCOUNT: "denied", Part.PRODUCT: "denied"})
    diagnosis = diagnose(blind)
    assert (diagnosis.state, diagnosis.exit_code) == (State.UNREAD, 1)
    email = processor(f"No healthy provisioned product found for {EMAIL}")
    named = diagnose(replace(email, unreadable={Part.ACCOUNT: "denied"})).finding
    assert named is not None
    assert named.known is not None
    assert named.known.id == "no-healthy-product"


def test_the_way_on_is_a_value() -> None:
    assert diagnose(errored("EMAIL_ALREADY_EXISTS")).way is Way.AGAIN
    assert diagnose(customizations("BUILD", "x")).way is Way.RERUN
    assert diagnose(framework("tag_account", "TagResource")).way is Way.EDIT
    assert diagnose(framework("create_role", "x")).way is Way.FRAMEWORK

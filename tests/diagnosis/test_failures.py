"""Every row of the catalogue, with evidence as the AFT reference gives it."""

from dataclasses import replace

import pytest
from aftgen.diagnosis.diagnose import diagnose
from aftgen.diagnosis.evidence import Build, Evidence, MachineRun
from aftgen.diagnosis.failures import CATALOGUE
from aftgen.diagnosis.progress import State
from diagnosis_evidence import (
    BUSY,
    EMAIL,
    HEALTHY,
    MEMBER,
    NOT_VALID,
    PARAMETERS,
    ROW,
    T,
    access,
    changed,
    customizations,
    ended,
    errored,
    event,
    framework,
    letter,
    lines,
    new,
    pipeline,
    processor,
    refused_change,
    requests_failed,
    run,
    standing,
)

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
_SOURCE = replace(
    pipeline(),
    status="Failed",
    where="Source/aft-account-customizations",
    reason="[Connection] Unable to use Connection: arn:... The connection is not available",
)


EXAMPLES: tuple[tuple[str, Evidence], ...] = (
    # §1.3, §1.4
    ("row-exists", requests_failed("Error: ConditionalCheckFailedException: The conditional request failed")),
    ("request-pipeline", requests_failed("Error: Invalid reference")),
    (
        "item-too-large",
        requests_failed("ValidationException: Item size has exceeded the maximum allowed size"),
    ),
    ("stream-lost", new(audit=())),
    # §2.1
    ("name-in-use", processor("Account Name: shop already used in Organizations", NOT_VALID)),
    ("email-in-use", processor(f"Account Email: {EMAIL} already used in Organizations", NOT_VALID)),
    (
        "not-enrolled",
        processor(f"Account Email: {EMAIL} already used in Organizations", NOT_VALID, member=MEMBER),
    ),
    ("not-valid", processor(NOT_VALID)),
    (
        "cannot-be-modified",
        standing(
            audit=changed(parameters={**PARAMETERS, "AccountName": "shop2"}),
            lines=refused_change(),
        ),
    ),
    (
        "mixed-change",
        standing(
            audit=changed(parameters={**PARAMETERS, "AccountName": "shop2"}, tags='{"Team": "x"}'),
            lines=refused_change(),
        ),
    ),
    (
        "failed-request-renamed",
        new(audit=changed(), lines=refused_change()),
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
    ("email-differs", standing(member=replace(MEMBER, email="other@example.com"))),
    ("name-not-applied", standing(row=replace(ROW, parameters={**PARAMETERS, "AccountName": "stall"}))),
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
    ("busy", processor(f"Exception: {BUSY}", letters=(letter(),))),
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
    ("persist-metadata", framework("persist_metadata", "boom")),
    ("framework-state", framework("notify_success", "boom")),
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
    ("timeout", ended("TIMED_OUT")),
    ("source", standing(pipeline=_SOURCE)),
    ("access-refused", customizations("PRE_BUILD", "aft_access: refused, nothing was changed: x")),
    ("not-rerun", standing(audit=changed(fields='{"access": "{}"}'))),
    # access
    ("access-unfinished", access(unfinished=("granting Reading:group:x",))),
    ("access-plan-refused", access(refusals=("too many revocations",))),
    ("access-failed", access(last_failure="apply failed: x", last_failure_at=T + 8000)),
)
_MILD = {"tags-left", "ou-not-applied", "name-not-applied"}


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
        ended("STOPPED"),
        ended("FAULT"),
        new(product=HEALTHY),
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

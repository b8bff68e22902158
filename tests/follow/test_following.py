"""From the push to the last pipeline, with everything around it in memory: what goes wrong, and when."""

from dataclasses import dataclass, field, replace

import pytest
from aftgen.follow.following import Following, Outside
from aftgen.follow.outcome import Report
from aftgen.follow.report import as_object, markdown, text
from aftgen.follow.values import FrameworkRun, Vended
from aftgen.follow.work import AccountWork, Awaits, Commit, Work

from .follow_fakes import WANTED, Clock, Framework, Pipelines, execution, vended

REQUESTS = Commit(
    pipeline="ct-aft-account-request",
    source="account-request",
    commit="wanted",
    expected=True,
    since_base=frozenset({"wanted"}),
)
CHANGED = AccountWork(
    name="account-1", email="account-1@example.com", awaits=Awaits.CUSTOMIZE, reasons=("its access changes",)
)
NEW = AccountWork(name="account-9", email="account-9@example.com", awaits=Awaits.CREATE)
WORK = Work(source="s" * 40, base="b" * 40, commits=(REQUESTS,), revisions=WANTED, minutes=5)


@dataclass
class Around:
    """Ports; accounts 1 and 2 are AFT's, and the request pipeline has succeeded."""

    clock: Clock = field(default_factory=Clock)
    pipelines: Pipelines = field(init=False)
    framework: Framework = field(default_factory=Framework)
    product: str = ""
    logged_line: str = ""
    applied: list[str] = field(default_factory=list)
    codes: dict[str, tuple[int, str] | None] = field(default_factory=dict)
    listed: list[Vended] = field(default_factory=lambda: [vended(1), vended(2)])
    said: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.pipelines = Pipelines(self.clock, seconds=100.0)
        self.pipelines.known["ct-aft-account-request"] = [execution("req", started=900.0, requests="wanted")]
        for account in self.listed:
            self.pipelines.known[f"{account.id}-customizations-pipeline"] = []

    def managed(self) -> list[Vended]:
        return self.listed

    def with_status(self, accounts: list[Vended]) -> list[Vended]:
        return accounts

    def product_failure(self, name: str) -> str:
        return self.product

    def logged(self, name: str, email: str, since: float) -> str:
        return self.logged_line

    def catalogue(self) -> tuple[int, str] | None:
        self.applied.append("catalogue")
        return self.codes.get("catalogue", (0, ""))

    def guardrails(self) -> tuple[int, str] | None:
        self.applied.append("guardrails")
        return self.codes.get("guardrails")

    def ran(self, work: AccountWork, status: str = "SUCCEEDED", started: float = 950.0) -> None:
        run = FrameworkRun(arn=work.name, status=status, started=started, emails=(work.email.upper(),))
        self.framework.listed.insert(0, replace(run, account_id="000000000009"))

    def follow(self, *accounts: AccountWork, minutes: int = 300, **values: object) -> Report:
        outside = Outside(
            pipelines=self.pipelines,
            framework=self.framework,
            accounts=self,  # type: ignore[arg-type]
            refusals=self,
            convergence=self,
            clock=self.clock,
        )
        following = Following(
            replace(WORK, accounts=accounts, **values),
            outside,
            contains=lambda _, commit: commit == "wanted",
            changed_since=lambda _: (),
            tell=self.said.append,
            tell_job=lambda job: None,
            limit=5,
        )
        return following.follow(minutes * 60.0)


def lines(report: Report) -> list[str]:
    return [line for line, _ in text(report)]


def test_what_is_organization_wide_comes_first_and_a_failure_of_it_does_not_keep_access() -> None:
    around = Around(codes={"catalogue": (1, "refused: too many\n")})
    around.ran(CHANGED)
    report = around.follow(CHANGED)
    assert (report.ok, around.applied) == (False, ["catalogue", "guardrails"])
    assert lines(report) == [
        "AFT has applied ssssssssssss in part: 1 of 1 accounts done",
        "  ct-aft-account-request: applied wanted",
        "  catalogue: did not converge (exit code 1)",
        "      | refused: too many",
        "      next: 'aftgen access catalogue plan' says what it would do; publish --follow again applies it",
        "  guardrails: nothing is declared",
        "  account-1: updated; pipeline succeeded after 2 min",
    ]


def test_a_new_account_that_control_tower_refuses_is_told_before_the_hour_is_over() -> None:
    around = Around(product="EMAIL_ALREADY_EXISTS: it belongs to another AWS account")
    report = around.follow(NEW)
    assert lines(report)[-1] == (
        "  account-9: AFT's framework did not run: Control Tower: EMAIL_ALREADY_EXISTS: it belongs to "
        "another AWS account"
    )
    assert around.clock.now() - 1000 < 5 * 60


def test_a_new_account_of_which_nothing_is_heard_is_given_up_after_queue_and_control_tower() -> None:
    around = Around()
    report = around.follow(NEW, minutes=10_000)
    assert "AFT has not begun with it: look at the queue aft-account-request-dlq.fifo" in lines(report)[-1]
    # From the end of the request pipeline, 960: five minutes in the queue and ninety more.
    assert 960 + 95 * 60 <= around.clock.now() <= 960 + 95 * 60 + 40


def test_a_failed_framework_leaves_a_new_account_without_a_pipeline() -> None:
    around = Around()
    around.ran(NEW, "FAILED")
    assert lines(around.follow(NEW))[-1] == (
        "  account-9: AFT's framework failed: tag_account: no such tag; pipeline not started: AFT's "
        "framework failed before it made the pipeline"
    )


def test_a_refused_change_is_told_and_its_access_is_still_converged() -> None:
    around = Around()
    refused = replace(CHANGED, awaits=Awaits.REFUSED, words="CT Request is not valid")
    report = around.follow(refused)
    assert not report.ok
    assert lines(report)[-1] == (
        "  account-1: AFT refuses it: CT Request is not valid; pipeline succeeded after 2 min"
    )
    assert around.pipelines.started == [f"{vended(1).id}-customizations-pipeline"]


def test_an_account_that_cannot_be_started_is_a_failure_with_a_next_step() -> None:
    around = Around(listed=[vended(1, status="SUSPENDED")])
    around.ran(CHANGED)
    report = around.follow(CHANGED)
    assert lines(report)[-2:] == [
        "  account-1: updated; pipeline not started: it is suspended",
        "      next: 'aftgen retire' takes it out of the requests",
    ]


def test_what_ran_before_the_requests_were_applied_does_not_count() -> None:
    around = Around()
    around.ran(CHANGED)
    name = f"{vended(1).id}-customizations-pipeline"
    around.pipelines.known[name] = [execution("early", started=955.0, g="g2", a="a2")]
    assert around.follow(CHANGED).ok
    assert around.pipelines.started == [name]
    around.pipelines.started.clear()
    assert around.follow(CHANGED).ok
    assert around.pipelines.started == []


def test_a_framework_run_before_the_requests_were_applied_is_another() -> None:
    around = Around()
    around.ran(CHANGED, started=800.0)
    report = around.follow(CHANGED)
    assert report.accounts[0].framework == "not seen"
    assert around.clock.now() >= 960 + 30 * 60


def test_the_report_for_a_pull_request_says_what_is_wrong_first_and_holds_no_log() -> None:
    around = Around(listed=[vended(1), vended(2)])
    around.pipelines.ends = "Failed"
    quiet = AccountWork(name="@all", email="account-2@example.com", awaits=Awaits.CUSTOMIZE)
    around.ran(CHANGED)
    around.ran(quiet)
    report = around.follow(quiet, CHANGED, removed=("gone",))
    assert markdown(report).splitlines() == [
        "<!-- aftgen-follow -->",
        "### aftgen publish",
        "",
        "**Not done.** AFT has applied ssssssssssss in part: 1 of 2 accounts done",
        "",
        "- ✅ `ct-aft-account-request`: applied wanted",
        "- ✅ `catalogue`: converged",
        "- ✅ `guardrails`: nothing is declared",
        "- ❌ `account-1`: updated; pipeline failed: Stage/Apply: it broke",
        "- ✅ `@all`: updated",
        "- no longer AFT's: `gone`",
        "",
        "Running the publishing workflow again does what is missing and repeats nothing.",
    ]
    shown = as_object(report)
    assert [each["ok"] for each in shown["accounts"]] == [True, False]
    assert shown["accounts"][1]["pipeline"]["failure"]["log"] == ["one", "two"]


@pytest.mark.parametrize("expected", [True, False])
def test_a_pipeline_that_knows_nothing_of_a_commit(expected: bool) -> None:
    around = Around()
    around.pipelines.known["ct-aft-account-request"] = []
    report = around.follow(commits=(replace(REQUESTS, expected=expected),))
    assert report.ok is not expected
    assert (around.clock.now() >= 1000 + 15 * 60) is expected

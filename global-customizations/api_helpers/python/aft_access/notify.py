"""Tells AFT's own notification topics how an account's access ended, and its guardrails.

AFT announces success when the pipeline is created, not when the account can be used, and says
nothing when a customization fails (reference/aft.md §2.2). These two messages close that gap.
"""

from typing import TYPE_CHECKING

from .errors import AccessError
from .failure import Failure
from .gateway import Calls
from .report import SESSIONS, Report

if TYPE_CHECKING:
    from .apply import AccountRun

_SUBJECT = 100
"""Characters of an SNS subject."""


class Topics:
    """AFT's success and failure topics; either may be missing. `about` is what failed."""

    def __init__(self, calls: Calls, success: str, failure: str, *, about: str = "Access") -> None:
        self._calls, self._success, self._failure, self._about = calls, success, failure, about

    def ready(self, report: Report) -> None:
        """The account is ready, who can enter, and where."""
        lines = [f"Account {report.account_id} {report.account_name} is ready.", "", "Who can enter:"]
        lines += [f"  {grant.principal}: {grant.permission_set}" for grant in report.entering]
        if report.sso_user_email:
            lines.append(f"  user:{report.sso_user_email}: AWSAdministratorAccess (by Control Tower)")
        if report.portal_url:
            lines += ["", f"Sign in: {report.portal_url}"]
        if any(one.what == "revoke" and one.ok for one in report.done):
            lines += ["", SESSIONS]
        self._publish(self._success, f"Account {report.account_name} is ready", lines)

    def failed(self, account_id: str, failure: Failure) -> None:
        """What failed and what to do."""
        refused = ["Refused, nothing was changed:"] if failure.refused else []
        what = f"{self._about} of account {account_id}"
        lines = [f"{what} did not converge.", "", *refused, *failure.reasons]
        self._publish(self._failure, f"{what} failed", lines)

    def _publish(self, topic: str, subject: str, lines: list[str]) -> None:
        if topic:
            plain = "".join(character if " " <= character <= "~" else "?" for character in subject)
            self._calls.call(
                "sns",
                "Publish",
                TopicArn=topic,
                Subject=plain[:_SUBJECT],
                Message="\n".join(lines) + "\n",
            )


def announce(run: "AccountRun", report: Report, topics: Topics) -> str:
    """Tell who can enter, if that is news, and remember that it was told. Gives a complaint, or ""."""
    if not report.announceable:
        return ""
    try:
        topics.ready(report)
        run.announce(report.state, report.digest)
    except AccessError as error:
        return f"AFT's topic could not be told: {error}"
    return ""

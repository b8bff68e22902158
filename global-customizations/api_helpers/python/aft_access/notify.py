"""Tells AFT's own notification topics how an account's access ended.

AFT announces success when the pipeline is created, not when the account can be used, and says
nothing when a customization fails (reference/aft.md §2.2). These two messages close that gap.
"""

from .failure import Failure
from .gateway import Calls
from .report import SESSIONS, Report

_SUBJECT = 100
"""Characters of an SNS subject."""


class Topics:
    """AFT's success and failure topics; either may be missing."""

    def __init__(self, calls: Calls, success: str, failure: str) -> None:
        self._calls, self._success, self._failure = calls, success, failure

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
        lines = [f"Access of account {account_id} did not converge.", "", *refused, *failure.reasons]
        self._publish(self._failure, f"Access of account {account_id} failed", lines)

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

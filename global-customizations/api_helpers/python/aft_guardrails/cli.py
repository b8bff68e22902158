"""`python -m aft_guardrails`: what the pipeline's pre helper, the publishing workflow and `aftgen` run.

Results go to stdout, messages to stderr. Exit codes: 0 fine; 1 refused, failed or busy; 2 wrong usage; 3 a
bug; 130 interrupted.
"""

import argparse
import logging
import os
import sys
import traceback
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Final

from aft_access.errors import AccessError, RefusedError, TableMissingError, UsageError
from aft_access.failure import Failure, leave
from aft_access.report import without_people

from .declarations import DeclarationError, Guardrails
from .plan import ORGANIZATION, Plan
from .report import Report, as_json
from .wiring import Wiring

log = logging.getLogger("aft_guardrails")

TREE: Final = Path(__file__).resolve().parents[3]
"""The published tree: this package lies in its api_helpers/python/."""

Make = Callable[[Path], Wiring]

PHASE: Final = "guardrails"
"""What audit records of an account's failed run name as its phase."""


def main(argv: Sequence[str] | None = None, make: Make | None = None) -> int:
    """Run one command and give its exit code. `make` builds the connections; tests replace it."""
    logging.basicConfig(level=logging.INFO, stream=sys.stderr, format="%(levelname)s %(message)s")
    for chatty in ("boto3", "botocore", "urllib3"):
        logging.getLogger(chatty).setLevel(logging.WARNING)
    try:
        arguments = _parser().parse_args(argv)
    except SystemExit as stop:
        return 0 if stop.code in (0, None) else 2
    build = make or (lambda tree: Wiring(tree=tree))
    try:
        return _run(arguments, build(Path(arguments.tree)))
    except DeclarationError as error:
        for problem in error.problems:
            _say(str(problem))
        return 1
    except AccessError as error:
        _say(f"aft_guardrails: {error}")
        if error.next_step:
            _say(f"  next: {error.next_step}")
        return error.exit_code
    except KeyboardInterrupt:
        return 130
    except Exception:  # noqa: BLE001 - the one boundary: everything unexpected is a bug with a traceback
        _say("aft_guardrails: this is a bug; please report it with the lines below")
        _say(without_people(traceback.format_exc()))
        return 3


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="aft_guardrails", description="Service control policies of the organization and its accounts"
    )
    parser.add_argument(
        "--tree", default=str(TREE), help="the published tree (default: where this package is)"
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND", dest="command")
    helps = {
        "plan": "Say what apply would do; change nothing",
        "apply": "Converge the organization's policies, or the attachments of accounts",
    }
    for name, help_ in helps.items():
        one = commands.add_parser(name, help=help_, description=help_)
        one.add_argument(
            "--organization", action="store_true", help="contents of policies and attachments to OUs"
        )
        one.add_argument(
            "--account",
            action="append",
            type=_account_id,
            metavar="ID",
            help="attachments to this account (default: VENDED_ACCOUNT_ID); may be given again",
        )
        one.add_argument("--all", action="store_true", help="every account that AFT manages")
        one.add_argument("--json", action="store_true")
        if name == "apply":
            one.add_argument(
                "--expect", default="", metavar="FINGERPRINT", help="refuse another plan than this"
            )
    return parser


def _run(arguments: argparse.Namespace, wiring: Wiring) -> int:
    accounts = _accounts(arguments)
    expected = getattr(arguments, "expect", "")
    if expected and (arguments.all or len(accounts) + arguments.organization != 1):
        raise UsageError("--expect is about one plan: give --organization or one --account")
    guardrails = _guardrails(arguments, wiring, accounts)
    reports: list[Report] = []
    if arguments.organization:
        reports.append(_one(ORGANIZATION, arguments, wiring, expected))
    if arguments.all and guardrails.declared:
        accounts = tuple(one for one in wiring.requests.accounts() if one != wiring.management_account_id)
    reports += [_one(account, arguments, wiring, expected) for account in accounts]
    sys.stdout.write(as_json(reports) if arguments.json else "".join(one.text() for one in reports))
    calls = {name: count for name, count in wiring.counts().items() if count}
    if calls:  # where nothing is declared, nothing is asked and nothing said
        log.info(
            "guardrails: %s; calls: %s",
            ", ".join(f"{count} {status}" for status, count in _counted(one.status for one in reports)),
            " ".join(f"{name}={count}" for name, count in sorted(calls.items())),
        )
    return max((one.exit_code for one in reports), default=0)


def _guardrails(arguments: argparse.Namespace, wiring: Wiring, accounts: Iterable[str]) -> Guardrails:
    """The declarations: nothing is asked of AWS before they are known to be good.

    In a build nobody reads why they are not, so that is announced first.
    """
    try:
        return wiring.guardrails
    except DeclarationError as error:
        if arguments.command == "apply" and wiring.stamp.build:
            failure = Failure(reasons=tuple(map(str, error.problems)))
            for account in accounts:
                _leave(failure, account, wiring)
        raise


def _one(scope: str, arguments: argparse.Namespace, wiring: Wiring, expected: str) -> Report:
    """The organization's run or one account's. What it fails of does not stop the others."""
    applying = arguments.command == "apply"
    try:
        if not wiring.guardrails.declared:
            return Report(plan=Plan(scope=scope), status="nothing declared")
        run = wiring.organization_run() if scope == ORGANIZATION else wiring.account_run(scope)
        report = run.apply(expected=expected) if applying else run.plan()
    except TableMissingError as error:
        if len(arguments.account or ()) > 1 or arguments.all:
            raise  # no other account would fare better
        report = _failed(scope, error)
    except AccessError as error:
        report = _failed(scope, error)
    except Exception as error:
        if applying and scope != ORGANIZATION:
            _leave(Failure.of(error), scope, wiring)
        raise
    if applying and report.exit_code:
        if scope == ORGANIZATION:
            _tell_of_organization(wiring, report)
        else:
            _leave(_failure(report), scope, wiring)
    return report


def _failed(scope: str, error: AccessError) -> Report:
    if isinstance(error, RefusedError):
        return Report(plan=Plan(scope=scope, refusals=error.reasons), status="refused")
    return Report(plan=Plan(scope=scope), status="failed", error=str(error), next_step=error.next_step)


def _failure(report: Report) -> Failure:
    """Why a run did not converge, for the record and the message that it leaves."""
    failed = [f"{one.what} {one.subject}: {one.reason}" for one in report.done if not one.ok]
    said = [*filter(None, (report.error, report.next_step)), *report.plan.refusals, *failed]
    return Failure(reasons=tuple(said), refused=report.status == "refused")


def _leave(failure: Failure, account: str, wiring: Wiring) -> None:
    """As `aft_access` does: a record, and one message in its build. AFT itself says nothing when a helper
    fails (reference/aft.md §2.2)."""
    for complaint in leave(failure, account, PHASE, lambda: wiring.records, lambda: wiring.topics):
        _say(f"aft_guardrails: {complaint}")


def _tell_of_organization(wiring: Wiring, report: Report) -> None:
    """AFT's failure topic: every account's policies depend on this run."""
    try:
        topic = wiring.parameters.get("failure_topic", "")
        if topic:
            wiring.aft.call(
                "sns",
                "Publish",
                TopicArn=topic,
                Subject="Guardrails of the organization failed",
                Message=f"Guardrails of the organization did not converge.\n\n{report.text()}",
            )
    except AccessError as error:
        _say(f"aft_guardrails: AFT's topic could not be told: {error}")


def _accounts(arguments: argparse.Namespace) -> tuple[str, ...]:
    if arguments.all and arguments.account:
        raise UsageError("give either --account or --all")
    if arguments.account:
        return tuple(dict.fromkeys(arguments.account))
    vended = os.environ.get("VENDED_ACCOUNT_ID", "")
    if arguments.organization or arguments.all:
        return ()
    if not vended:
        raise UsageError("say --organization, --account ID or --all")
    return (_account_id(vended),)


def _counted(statuses: Iterable[str]) -> list[tuple[str, int]]:
    listed = list(statuses)
    return [(one, listed.count(one)) for one in dict.fromkeys(listed)]


def _say(text: str) -> None:
    sys.stderr.write(text.rstrip("\n") + "\n")


def _account_id(text: str) -> str:
    if len(text) != 12 or not text.isdigit():
        raise argparse.ArgumentTypeError(f"{text!r} is not an account id of 12 digits")
    return text

"""`python -m aft_access`: what the pipeline's helper scripts and `aftgen access` run.

Results go to stdout, messages to stderr. Exit codes: 0 fine; 1 refused, failed or busy; 2 wrong
usage; 3 a bug; 130 interrupted.
"""

import argparse
import json
import logging
import os
import sys
import traceback
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from . import catalogue_apply, importing, operations
from .catalogue import CatalogueError
from .contract import ContractError, Grant, Principal
from .errors import AccessError, UsageError
from .failure import Failure, leave
from .notify import announce
from .report import SESSIONS, VERSION, Report, without_people
from .wiring import Wiring

log = logging.getLogger("aft_access")

TREE: Final = Path(__file__).resolve().parents[3]
"""The published tree: this package lies in its api_helpers/python/."""

Run = Callable[[argparse.Namespace, Wiring], int]
Make = Callable[[Path, "str | None"], Wiring]


def main(argv: Sequence[str] | None = None, make: Make | None = None) -> int:
    """Run one command and give its exit code. `make` builds the connections; tests replace it."""
    _log_to_stderr()
    try:
        arguments = _parser().parse_args(argv)
    except SystemExit as stop:
        return 0 if stop.code in (0, None) else 2
    build = make or (lambda tree, account: Wiring(tree=tree, account_id=account))
    try:
        wiring = build(Path(arguments.tree), getattr(arguments, "account", None))
        result: int = arguments.run(arguments, wiring)
        return result
    except CatalogueError as error:
        for problem in error.problems:
            _say(str(problem))
        return error.exit_code
    except ContractError as error:
        _say(f"aft_access: {error}")
        return 2
    except AccessError as error:
        shown = str(error) if getattr(arguments, "names", False) else without_people(str(error))
        _say(f"aft_access: {shown}")
        if error.next_step:
            _say(f"  next: {error.next_step}")
        return error.exit_code
    except KeyboardInterrupt:
        return 130
    except Exception:  # noqa: BLE001 - the one boundary: everything unexpected is a bug with a traceback
        _say("aft_access: this is a bug; please report it with the lines below")
        _say(without_people(traceback.format_exc()))
        return 3


def _log_to_stderr() -> None:
    """Only this package's lines: at INFO the client library tells where credentials come from."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(logging.Formatter("%(levelname)s %(message)s"))
    log.handlers[:] = [handler]
    log.setLevel(logging.INFO)
    log.propagate = False


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="aft_access", description="Identity Center access of AFT's accounts"
    )
    parser.add_argument(
        "--tree", default=str(TREE), help="the published tree (default: where this package is)"
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    def command(name: str, run: Run, help_: str) -> argparse.ArgumentParser:
        made = commands.add_parser(name, help=help_, description=help_)
        made.set_defaults(run=run)
        return made

    def account(to: argparse.ArgumentParser) -> None:
        vended = os.environ.get("VENDED_ACCOUNT_ID")
        needed = vended is None
        to.add_argument("--account", type=_account_id, default=vended, required=needed, metavar="ID")

    one = command("plan", _plan, "Say what apply would do; change nothing")
    account(one)
    one.add_argument("--json", action="store_true")
    one.add_argument("--names", action="store_true", help="show people's names")
    one.add_argument("--drift", action="store_true", help="list every unmanaged assignment too")
    one = command("apply", _apply, "Converge one account")
    account(one)
    one.add_argument("--phase", choices=["pre", "post", "any"], default="any")
    one.add_argument("--expect", default="", metavar="FINGERPRINT", help="refuse another plan than this")
    one.add_argument("--json", action="store_true")
    one.add_argument("--names", action="store_true", help="show people's names")
    one = command("catalogue", _catalogue, "Converge permission sets and groups of the organization")
    one.add_argument("action", choices=["plan", "apply"])
    one.add_argument("--json", action="store_true")
    one = command("import", _import, "Write what exists in accounts as declarations")
    one.add_argument("--account", type=_account_id, default=os.environ.get("VENDED_ACCOUNT_ID"), metavar="ID")
    one.add_argument("--all", action="store_true", help="every account that AFT manages")
    one.add_argument("--write", action="store_true", help="add catalogue files of sets that have none")
    one.add_argument("--overwrite", action="store_true", help="replace files that say something else")
    one.add_argument("--out", type=Path, metavar="FILE", help="write the declarations to this file")
    one.add_argument("--json", action="store_true")
    one = command("adopt", _adopt, "Take ownership of listed grants that are declared and present")
    account(one)
    one.add_argument("grants", nargs="*", type=_grant, metavar="SET:group:NAME")
    one = command("release", _release, "Give up ownership of what the request asked for")
    account(one)
    one = command("repin", _repin, "Print the reviewed pin of a name whose id changed")
    one.add_argument("principal", type=_principal, metavar="group:NAME")
    one = command("revoke", _revoke, "Emergency: revoke every grant of ours that a principal has, everywhere")
    one.add_argument("--principal", type=_principal, required=True, metavar="group:NAME")
    one.add_argument("--all", action="store_true", required=True, help="yes, in every account")
    one = command("history", _history, "Audit records of an account or a name")
    one.add_argument("name")
    return parser


def _plan(arguments: argparse.Namespace, wiring: Wiring) -> int:
    report = wiring.run().plan(drift=arguments.drift)
    _print(report, arguments)
    return report.exit_code


def _apply(arguments: argparse.Namespace, wiring: Wiring) -> int:
    try:
        run = wiring.run()
        report = run.apply(arguments.phase, expected=arguments.expect)
    except Exception as error:
        _leave(Failure.of(error), arguments, wiring)
        raise
    _print(report, arguments)
    if report.exit_code:
        _leave(Failure.in_report(report), arguments, wiring)
    elif arguments.phase != "pre":
        complaint = announce(run, report, wiring.topics)
        if complaint:
            _say(f"aft_access: {complaint}")
    log.info(
        "account %s: %s; calls: %s",
        report.account_id,
        report.status,
        " ".join(f"{name}={count}" for name, count in sorted(wiring.counts().items())),
    )
    return report.exit_code


def _leave(failure: Failure, arguments: argparse.Namespace, wiring: Wiring) -> None:
    told = leave(failure, arguments.account, arguments.phase, lambda: wiring.ledger, lambda: wiring.topics)
    for complaint in told:
        _say(without_people(f"aft_access: {complaint}"))


def _catalogue(arguments: argparse.Namespace, wiring: Wiring) -> int:
    writes = arguments.action == "apply"
    try:
        plan = catalogue_apply.plan(wiring.organization)
        sys.stdout.write(plan.json() if arguments.json else plan.text())
        if not writes:
            return 1 if plan.refusals else 0
        done = catalogue_apply.apply(wiring.organization, plan, wiring.provisioning)
    except Exception as error:
        if writes:
            _record(Failure.of(error), wiring)
        raise
    failed = [f"{one.what} {one.subject}: {one.reason}" for one in done if not one.ok]
    for one in failed:
        _say(without_people(f"FAILED {one}"))
    if failed:
        _record(Failure(reasons=tuple(failed)), wiring)
    return 1 if failed else 0


def _record(failure: Failure, wiring: Wiring) -> None:
    """The audit record of a run for the whole organization; nobody is told but who started it."""
    try:
        wiring.ledger.record("org", failure.entry("catalogue"))
    except AccessError as error:
        if str(error) not in failure.reasons:
            _say(f"aft_access: the failure could not be recorded: {error}")


def _import(arguments: argparse.Namespace, wiring: Wiring) -> int:
    accounts = wiring.requests.accounts() if arguments.all else (arguments.account,)
    if accounts == (None,):
        raise UsageError("say --account ID or --all")
    found = [
        importing.import_account(one, wiring.assignments, wiring.directory, wiring.sets)
        for one in accounts
        if one != wiring.management_account_id
    ]
    tree = Path(arguments.tree)
    files = importing.catalogue_files(found, tree)
    _out(arguments, _imported(found, files) if arguments.json else "".join(one.text() for one in found))
    if files.different and not arguments.overwrite:
        for file in files.different:
            _say(f"{file} says something else than what exists: nothing was written; --overwrite replaces it")
        return 1
    changed = {**files.new, **files.different}
    if arguments.write:
        importing.write(changed, tree)
    for file in sorted(changed):
        _say(f"{'wrote' if arguments.write else 'with --write:'} {file}")
    return 0


def _imported(found: Sequence[importing.Imported], files: importing.CatalogueFiles) -> str:
    data = {
        "version": VERSION,
        "accounts": [one.data() for one in found],
        "files": {**files.new, **files.different},
        "different": sorted(files.different),
    }
    return json.dumps(data, indent=2, ensure_ascii=False) + "\n"


def _out(arguments: argparse.Namespace, text: str) -> None:
    if arguments.out is None:
        sys.stdout.write(text)
        return
    try:
        arguments.out.write_text(text, "utf-8")
    except OSError as error:
        raise UsageError(f"{arguments.out} cannot be written: {error.strerror}") from None
    _say(f"wrote {arguments.out}")


def _adopt(arguments: argparse.Namespace, wiring: Wiring) -> int:
    report = wiring.run().plan()
    if not arguments.grants:
        _say("Say which; these are declared, present and not ours:")
        sys.stdout.write("".join(f"{one.grant}\n" for one in report.plan.satisfied))
        return 1
    limits = wiring.catalogue.access.limits
    adopted = operations.adopt(wiring.ledger, report, arguments.grants, limits.lease_seconds, wiring.patience)
    sys.stdout.write("".join(f"adopted {one}\n" for one in adopted))
    return 0


def _release(arguments: argparse.Namespace, wiring: Wiring) -> int:
    limits = wiring.catalogue.access.limits
    released = operations.release(wiring.ledger, arguments.account, limits.lease_seconds, wiring.patience)
    sys.stdout.write("".join(f"released {one}\n" for one in released))
    return 0


def _repin(arguments: argparse.Namespace, wiring: Wiring) -> int:
    today = datetime.fromtimestamp(wiring.clock.now(), UTC).date()
    sys.stdout.write(operations.repin(arguments.principal, wiring.directory, wiring.ledger, today))
    return 0


def _revoke(arguments: argparse.Namespace, wiring: Wiring) -> int:
    limits = wiring.catalogue.access.limits
    done = operations.revoke_everywhere(
        arguments.principal,
        wiring.ledger,
        lambda _: wiring.assignments,
        lease_seconds=limits.lease_seconds,
        patience=wiring.patience,
        poll_seconds=limits.poll_seconds,
        minutes=limits.deadline_minutes,
    )
    for account_id, changes in done.items():
        for one in changes:
            outcome = "revoked" if one.ok else f"FAILED ({one.reason})"
            sys.stdout.write(f"{account_id} {one.subject} {outcome}\n")
    _say(f"Now remove {arguments.principal} from requests and rules in a pull request;")
    _say("until it is merged and published, the next runs grant again what is declared.")
    _say(SESSIONS)
    return 1 if any(not one.ok for changes in done.values() for one in changes) else 0


def _history(arguments: argparse.Namespace, wiring: Wiring) -> int:
    for one in operations.history(wiring.ledger, arguments.name):
        sys.stdout.write(json.dumps(one, sort_keys=True, ensure_ascii=False) + "\n")
    return 0


def _print(report: Report, arguments: argparse.Namespace) -> None:
    sys.stdout.write(report.json() if arguments.json else report.text(names=arguments.names))


def _say(text: str) -> None:
    sys.stderr.write(text.rstrip("\n") + "\n")


def _account_id(text: str) -> str:
    if len(text) != 12 or not text.isdigit():
        raise argparse.ArgumentTypeError(f"{text!r} is not an account id of 12 digits")
    return text


def _grant(text: str) -> Grant:
    try:
        return Grant.parse(text)
    except ContractError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def _principal(text: str) -> Principal:
    try:
        return Principal.parse(text)
    except ContractError as error:
        raise argparse.ArgumentTypeError(str(error)) from None

"""The command line of a helper that brings every region of an account to one state.

AFT calls it with no arguments, in an environment that names the account and the home region. By hand,
`--dry-run` says what a run would do.

`account.py`, `command.py` and `outcome.py` are the same in every customization that works by region.
Customizations are added, renamed and removed as whole folders, so none imports from another; a test keeps the
copies equal.
"""

import argparse
import sys
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from .account import AccountError, Found, open_account, walk
from .outcome import Outcome, exit_code, report


def run(
    arguments: Sequence[str],
    environment: Mapping[str, str],
    *,
    subject: str,
    purpose: str,
    read: Callable[[Any], Found],
    decide: Callable[[str, Found], Outcome],
    act: Callable[[Any, Found], None],
) -> int:
    """Walk the account, print the report, return the exit code: 0 fine, 1 failed or refused, 2 usage."""
    options = _parse(arguments, environment, purpose)
    try:
        account = open_account(options.account, options.home_region)
        regions = tuple(options.region) or account.enabled_regions()
    except AccountError as refusal:
        print(f"{subject}: {refusal}", file=sys.stderr)
        return 1
    outcomes = list(walk(account, regions, read=read, decide=decide, act=act, dry_run=options.dry_run))
    print(report(f"{subject} of account {account.id}", outcomes, dry_run=options.dry_run))
    return exit_code(outcomes)


def _parse(arguments: Sequence[str], environment: Mapping[str, str], purpose: str) -> argparse.Namespace:
    account = environment.get("VENDED_ACCOUNT_ID")
    home_region = environment.get("AWS_REGION") or environment.get("AWS_DEFAULT_REGION")
    parser = argparse.ArgumentParser(description=purpose)
    parser.add_argument("--dry-run", action="store_true", help="say what would change, and change nothing")
    parser.add_argument(
        "--account",
        default=account,
        required=not account,
        metavar="ID",
        help="the account that the credentials must belong to (default: VENDED_ACCOUNT_ID)",
    )
    parser.add_argument(
        "--home-region",
        default=home_region,
        required=not home_region,
        metavar="REGION",
        help="the region of AFT, which is never closed (default: AWS_REGION, then AWS_DEFAULT_REGION)",
    )
    parser.add_argument(
        "--region",
        action="append",
        default=[],
        help="only this region; may be repeated (default: all enabled)",
    )
    return parser.parse_args(arguments)

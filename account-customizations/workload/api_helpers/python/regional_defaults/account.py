"""The vended account, region by region: the only place that opens a connection to AWS.

`open_account` proves first that the credentials are the vended account's, because AFT's build holds
credentials of four other accounts too. `walk` then takes every region that is enabled: it reads, decides, and
only then acts.

`account.py`, `command.py` and `outcome.py` are the same in every customization that works by region.
Customizations are added, renamed and removed as whole folders, so none imports from another; a test keeps the
copies equal.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import Any, Final, TypeVar

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from .outcome import Changed, Failed, Outcome, Skipped

#: The one place that retries: no caller repeats a call. An unreachable endpoint must not use up AFT's hour.
CONFIG: Final = Config(
    connect_timeout=5, read_timeout=30, retries={"total_max_attempts": 6, "mode": "standard"}
)
#: A service control policy, such as Control Tower's Region deny, answers reads in a region with one of these.
DENIED: Final = frozenset({"AccessDenied", "AccessDeniedException", "UnauthorizedOperation"})
#: A region that is being switched on or off answers with one of these although it is listed as enabled.
NOT_READY: Final = frozenset(
    {"AuthFailure", "InvalidClientTokenId", "OptInRequired", "UnrecognizedClientException"}
)

Found = TypeVar("Found")


class AccountError(Exception):
    """The helper will not start; the message says why and what to do."""


class Account:
    """Clients of one account whose identity was proved."""

    def __init__(self, session: Any, account_id: str, home_region: str) -> None:
        self._session = session
        self.id = account_id
        self.home_region = home_region

    def ec2(self, region: str) -> Any:
        """An EC2 client of one region."""
        return self._session.client("ec2", region_name=region, config=CONFIG)

    def enabled_regions(self) -> tuple[str, ...]:
        """The regions that are open to the account, those it opted in to included, the others not."""
        try:
            response = self.ec2(self.home_region).describe_regions(AllRegions=False)
        except (ClientError, BotoCoreError) as error:
            raise AccountError(f"cannot list the account's regions: {describe(error)}") from error
        enabled = (each for each in response["Regions"] if each["OptInStatus"] != "not-opted-in")
        return tuple(sorted(each["RegionName"] for each in enabled))


def open_account(account_id: str, home_region: str) -> Account:
    """The account that the current credentials belong to, if it is the expected one."""
    try:
        session = boto3.Session(region_name=home_region)
        identity = session.client("sts", region_name=home_region, config=CONFIG).get_caller_identity()
    except (ClientError, BotoCoreError) as error:
        raise AccountError(f"cannot tell whose credentials these are: {describe(error)}") from error
    if identity["Account"] != account_id:
        raise AccountError(
            f"these credentials belong to account {identity['Account']}, not to {account_id}: "
            "set AWS_PROFILE to the vended account (AFT calls it aft-target)"
        )
    return Account(session, account_id, home_region)


def walk(
    account: Account,
    regions: Sequence[str],
    *,
    read: Callable[[Any], Found],
    decide: Callable[[str, Found], Outcome],
    act: Callable[[Any, Found], None],
    dry_run: bool,
) -> Iterator[Outcome]:
    """Read and decide in each region, and act where the decision is a change."""
    for region in regions:
        ec2 = account.ec2(region)
        try:
            found = read(ec2)
        except (ClientError, BotoCoreError) as error:
            yield unreadable(region, error, home_region=account.home_region)
            continue
        outcome = decide(region, found)
        if isinstance(outcome, Changed) and not dry_run:
            try:
                act(ec2, found)
            except (ClientError, BotoCoreError) as error:
                outcome = Failed(region, describe(error))
        yield outcome


def unreadable(region: str, error: ClientError | BotoCoreError, *, home_region: str) -> Outcome:
    """A region that cannot be looked into: closed, which is well, or broken, which is not.

    The home region is never closed, so a refusal there is a missing permission.
    """
    code = error.response["Error"]["Code"] if isinstance(error, ClientError) else ""
    if region != home_region and code in DENIED:
        return Skipped(region, f"a policy closes this region to the account ({code})")
    if region != home_region and code in NOT_READY:
        return Skipped(region, f"the region is not enabled, or not yet ({code})")
    return Failed(region, describe(error))


def describe(error: ClientError | BotoCoreError) -> str:
    """An AWS error in one line, without the encoded authorization message that EC2 appends."""
    if isinstance(error, ClientError):
        failure = error.response["Error"]
        message = failure.get("Message", "").partition(" Encoded authorization failure message")[0]
        return f"{error.operation_name}: {failure['Code']}: {message}"
    return f"{type(error).__name__}: {error}"

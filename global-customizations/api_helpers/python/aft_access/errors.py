"""Every expected failure of a run. Each knows its exit code; `cli.main` is the only place that catches them.

Exit codes: 0 fine; 1 refused, failed or busy; 2 wrong usage; 3 a bug; 130 interrupted.
"""

from collections.abc import Iterable
from typing import ClassVar, Final

NO_CREDENTIALS: Final = frozenset(
    {"NoCredentialsError", "PartialCredentialsError", "CredentialRetrievalError", "NoRegionError"}
    | {"TokenRetrievalError", "UnauthorizedSSOTokenError", "SSOTokenLoadError", "ProfileNotFound"}
)
"""What botocore says where nobody signed in. It never happens in AFT's builds."""


class AccessError(Exception):
    """Something expected went wrong. The message says what and why, `next_step` what to do."""

    exit_code: ClassVar[int] = 1

    def __init__(self, message: str, *, next_step: str = "") -> None:
        self.next_step = next_step
        super().__init__(message)


class UsageError(AccessError):
    """The command line or the environment asks for something impossible."""

    exit_code = 2


class RefusedError(AccessError):
    """The guard refuses the whole plan; nothing was changed."""

    def __init__(self, reasons: Iterable[str]) -> None:
        self.reasons = tuple(reasons)
        super().__init__("refused, nothing was changed: " + "; ".join(self.reasons))


class TableMissingError(AccessError):
    """The ledger's table does not exist, so nothing can be owned and nothing is changed."""


class LeaseBusyError(AccessError):
    """Another run holds the lease and did not end in time."""


class LeaseLostError(AccessError):
    """This run's lease expired and another run took it; this run stops at once."""


class FailedError(AccessError):
    """Changes that AWS accepted and then reported as FAILED, or that did not end in time."""


class AwsError(AccessError):
    """An AWS call failed for good. `code` is AWS's; `reason` is Identity Store's, when it gave one."""

    def __init__(self, operation: str, code: str, message: str, *, reason: str = "") -> None:
        self.operation, self.code, self.reason = operation, code, reason
        sign_in = "'aws sso login', then AWS_PROFILE and AWS_REGION; in a workflow, OpenID Connect"
        super().__init__(
            f"{operation}: {code}: {message}", next_step=sign_in if code in NO_CREDENTIALS else ""
        )

"""An error as AWS would answer it: code, message, HTTP status and the modelled extra members."""

from typing import Any


class AwsError(Exception):
    """Raised by any rule of the fidelity layer; the gate writes it in the protocol of the request."""

    def __init__(self, code: str, message: str, *, status: int = 400, **members: Any) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message
        self.status = status
        self.members = members


def not_found(message: str, **members: Any) -> AwsError:
    return AwsError("ResourceNotFoundException", message, **members)


def conflict(message: str, **members: Any) -> AwsError:
    return AwsError("ConflictException", message, **members)


def invalid(message: str) -> AwsError:
    return AwsError("ValidationException", message)


def denied(message: str) -> AwsError:
    return AwsError("AccessDeniedException", message)


def quota(message: str) -> AwsError:
    return AwsError("ServiceQuotaExceededException", message)


_THROTTLED: dict[str, tuple[str, dict[str, Any]]] = {
    "organizations": ("TooManyRequestsException", {"Type": "TooManyRequests"}),
    "dynamodb": ("ProvisionedThroughputExceededException", {}),
    "sts": ("Throttling", {}),
    "sns": ("Throttled", {}),
    "iam": ("Throttling", {}),
}
_CONFLICT: dict[str, tuple[str, dict[str, Any]]] = {
    "organizations": ("ConcurrentModificationException", {}),
    "dynamodb": ("TransactionConflictException", {}),
    "identitystore": ("ConflictException", {"Reason": "CONCURRENT_MODIFICATION"}),
    "ssm": ("TooManyUpdates", {}),
}
_INTERNAL: dict[str, tuple[str, dict[str, Any]]] = {
    "organizations": ("ServiceException", {}),
    "dynamodb": ("InternalServerError", {}),
    "ssm": ("InternalServerError", {}),
    "sts": ("InternalFailure", {}),
    "sns": ("InternalError", {}),
    "iam": ("ServiceFailure", {}),
}
# These speak the query protocol and name the code without the suffix.
_QUERY_SERVICES = frozenset({"sts", "sns", "iam"})


def throttled(
    service: str, message: str = "There are too many requests processing. Try again later."
) -> AwsError:
    """Reference: Identity Center reference §3, "ThrottlingException text" and "RetryAfterSeconds"."""
    code, members = _THROTTLED.get(service, ("ThrottlingException", {}))
    if service == "identitystore":
        members = {"RetryAfterSeconds": 1}
    # botocore knows SNS's name for it by the status only.
    return AwsError(code, message, status=429 if service == "sns" else 400, **members)


def conflicting(service: str) -> AwsError:
    """Reference: Identity Center reference §3, "ConflictException is expected"."""
    code, members = _CONFLICT.get(service, ("ConflictException", {}))
    message = (
        "This operation conflicts with another: a previous write did not have time to propagate to the "
        "servers that serve this request. A retry (with appropriate backoff logic) is the recommended "
        "response."
    )
    return AwsError(code, message, **members)


def internal(service: str) -> AwsError:
    code, members = _INTERNAL.get(service, ("InternalServerException", {}))
    return AwsError(code, "An internal error occurred.", status=500, **members)


def expired(service: str) -> AwsError:
    code = "ExpiredToken" if service in _QUERY_SERVICES else "ExpiredTokenException"
    status = 403 if service in _QUERY_SERVICES else 400
    return AwsError(code, "The security token included in the request is expired", status=status)


def unrecognized(service: str) -> AwsError:
    code = "InvalidClientTokenId" if service in _QUERY_SERVICES else "UnrecognizedClientException"
    status = 403 if service in _QUERY_SERVICES else 400
    return AwsError(code, "The security token included in the request is invalid.", status=status)


def unauthorized(service: str, message: str) -> AwsError:
    code = "AccessDenied" if service in _QUERY_SERVICES else "AccessDeniedException"
    status = 403 if service in _QUERY_SERVICES else 400
    return AwsError(code, message, status=status)

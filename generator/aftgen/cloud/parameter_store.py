"""The rule of Parameter Store that moto forgets and that the access declaration meets.

Reference: Identity Center reference §4 "SSM" (more than 4,096 characters accepted as Standard); AFT
reference §2.3 "custom_fields value".
"""

from aftgen.cloud.errors import AwsError
from aftgen.cloud.request import Request

STANDARD_BYTES = 4096


def check(request: Request) -> None:
    if request.operation != "PutParameter" or request.parameters.get("Tier", "Standard") != "Standard":
        return
    if len(str(request.parameters.get("Value", "")).encode()) > STANDARD_BYTES:
        raise AwsError(
            "ValidationException",
            "Standard tier parameters support a maximum parameter value of 4096 characters. To create a "
            "larger parameter value, upgrade the parameter to use the advanced-parameter tier.",
        )

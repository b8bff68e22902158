"""The rules of Parameter Store that moto forgets and that custom fields meet.

Reference: Identity Center reference §4 "SSM" (more than 4,096 characters accepted as Standard); AFT
reference §2.3 "custom_fields key" and "custom_fields value". AFT issue 467 shows the message about names.
"""

import re

from aftgen.cloud.errors import AwsError
from aftgen.cloud.request import Request

STANDARD_BYTES = 4096
_LEVELS = 15
_NAME = re.compile(r"/?[A-Za-z0-9_.-]+(/[A-Za-z0-9_.-]+)*")


def check(request: Request) -> None:
    if request.operation != "PutParameter":
        return
    _check_name(str(request.parameters.get("Name", "")))
    value = str(request.parameters.get("Value", ""))
    if not value:
        raise AwsError(
            "ValidationException",
            "1 validation error detected: Value '' at 'value' failed to satisfy constraint: Member must have "
            "length greater than or equal to 1.",
        )
    if "{{" in value:
        raise AwsError(
            "ValidationException",
            'Parameter value can\'t nest another parameter. Do not use "{{}}" in the value.',
        )
    if request.parameters.get("Tier", "Standard") == "Standard" and len(value.encode()) > STANDARD_BYTES:
        raise AwsError(
            "ValidationException",
            "Standard tier parameters support a maximum parameter value of 4096 characters. To create a "
            "larger parameter value, upgrade the parameter to use the advanced-parameter tier.",
        )


def _check_name(name: str) -> None:
    if not _NAME.fullmatch(name):
        raise AwsError(
            "ValidationException",
            'Parameter name: can\'t be prefixed with "ssm" (case-insensitive). If formed as a path, it can '
            "consist of sub-paths divided by slash symbol; each sub-path can be formed as a mix of letters, "
            "numbers and the following 3 symbols .-_",
        )
    if name.count("/") > _LEVELS:
        raise AwsError(
            "HierarchyLevelLimitExceededException",
            f"A hierarchy can have a maximum of {_LEVELS} levels. Please remove some levels from {name}.",
        )

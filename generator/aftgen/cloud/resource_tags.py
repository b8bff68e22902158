"""The rules of Organizations' TagResource that neither moto nor the service model has: one bad tag, and none
is set. (Characters and lengths are in the model: `validation.py`.)

Reference: AFT reference §2.3 "tags" (the `aws:` prefix, 50 for each resource); the messages are those of the
Organizations API reference, InvalidInputException and ConstraintViolationException.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from aftgen.cloud.errors import AwsError
from aftgen.limits import TAGS_MAX

if TYPE_CHECKING:
    from aftgen.cloud.cloud import Cloud


def check(_: "Cloud", organization: Any, given: Mapping[str, Any]) -> None:
    """For TagResource. Raises AwsError and changes nothing."""
    wanted = {tag["Key"] for tag in given["Tags"]}
    for key in wanted:
        if key.lower().startswith("aws:"):
            raise AwsError(
                "InvalidInputException",
                "You specified a tag key that is a system tag. You can't add, edit, or delete system tag "
                "keys because they're reserved for AWS use.",
                Reason="INVALID_SYSTEM_TAGS_PARAMETER",
            )
    there = organization.list_tags_for_resource(ResourceId=given["ResourceId"])["Tags"]
    if len({tag["Key"] for tag in there} | wanted) > TAGS_MAX:
        raise AwsError(
            "ConstraintViolationException",
            f"You have exceeded the number of tags allowed on this resource: {TAGS_MAX}.",
            Reason="MAX_TAG_LIMIT_EXCEEDED",
        )

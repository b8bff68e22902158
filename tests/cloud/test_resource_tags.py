"""What Organizations and Parameter Store refuse and moto takes: AFT meets both when it provisions."""

from collections.abc import Iterator

import pytest
from aftgen.cloud import LandingZone, LandingZonePlan, in_process

from .world import refusal

AUDIT = "333333333333"


@pytest.fixture
def zone() -> Iterator[LandingZone]:
    with in_process(seed=1) as cloud:
        yield LandingZone.build(cloud, LandingZonePlan())


def test_fifty_tags_and_none_of_awss_own(zone: LandingZone) -> None:
    client = zone.client("organizations")
    fifty = [{"Key": f"k{number}", "Value": ""} for number in range(50)]
    client.tag_resource(ResourceId=AUDIT, Tags=fifty)
    client.tag_resource(ResourceId=AUDIT, Tags=[{"Key": "k0", "Value": "again"}])
    client.tag_resource(ResourceId=AUDIT, Tags=[])
    one_more = [{"Key": "one-more", "Value": ""}]
    assert refusal(client.tag_resource, ResourceId=AUDIT, Tags=one_more) == (
        "ConstraintViolationException",
        "You have exceeded the number of tags allowed on this resource: 50.",
    )
    code, message = refusal(client.tag_resource, ResourceId=AUDIT, Tags=[{"Key": "aws:x", "Value": ""}])
    assert (code, message.startswith("You specified a tag key that is a system tag.")) == (
        "InvalidInputException",
        True,
    )


@pytest.mark.parametrize(
    ("name", "value", "code"),
    [
        ("/two words", "x", "ValidationException"),
        ("//a", "x", "ValidationException"),
        ("/a/", "x", "ValidationException"),
        ("/" + "/".join("a" * 16), "x", "HierarchyLevelLimitExceededException"),
        ("/a", "{{b}}", "ValidationException"),
        ("/a", "é" * 2049, "ValidationException"),
    ],
)
def test_parameters_that_are_refused(zone: LandingZone, name: str, value: str, code: str) -> None:
    client = zone.client("ssm", AUDIT)
    assert refusal(client.put_parameter, Name=name, Value=value, Type="String")[0] == code


def test_parameters_at_the_limits(zone: LandingZone) -> None:
    client = zone.client("ssm", AUDIT)
    for name, value in (("/" + "/".join("a" * 15), "x"), ("/a", "é" * 2048), ("plain.name-1_", "{ {")):
        client.put_parameter(Name=name, Value=value, Type="String")

"""EC2's metadata defaults, the Regions of a new account, and images that are read only when asked for."""

from collections.abc import Iterator
from typing import Any

import pytest
from aftgen.cloud import LandingZone, LandingZonePlan, in_process
from aftgen.cloud.ec2_regions import ENABLED_BY_DEFAULT


@pytest.fixture
def zone() -> Iterator[LandingZone]:
    with in_process(seed=1) as cloud:
        yield LandingZone.build(cloud, LandingZonePlan())


def ec2(zone: LandingZone, account: str = "222222222222", region: str = "eu-west-1") -> Any:
    return zone.client("ec2", account, region=region)


def test_metadata_defaults_are_kept_by_account_and_region(zone: LandingZone) -> None:
    client = ec2(zone)
    assert client.get_instance_metadata_defaults()["AccountLevel"] == {}
    client.modify_instance_metadata_defaults(HttpTokens="required", HttpPutResponseHopLimit=2)
    client.modify_instance_metadata_defaults(HttpEndpoint="enabled", HttpPutResponseHopLimit=-1)
    assert client.get_instance_metadata_defaults()["AccountLevel"] == {
        "HttpTokens": "required",
        "HttpEndpoint": "enabled",
    }
    for other in (ec2(zone, region="eu-west-2"), ec2(zone, "333333333333")):
        assert other.get_instance_metadata_defaults()["AccountLevel"] == {}


def test_a_new_account_has_the_regions_that_need_no_opting_in(zone: LandingZone) -> None:
    named = {region["RegionName"] for region in ec2(zone).describe_regions()["Regions"]}
    assert named == ENABLED_BY_DEFAULT
    assert len(ec2(zone).describe_regions(AllRegions=True)["Regions"]) > len(named)


def test_images_are_there_when_somebody_asks_for_them(zone: LandingZone) -> None:
    from moto.ec2.models import ec2_backends

    client = ec2(zone)
    client.describe_vpcs()
    assert ec2_backends["222222222222"]["eu-west-1"].amis == {}
    assert client.describe_images(Owners=["amazon"])["Images"]

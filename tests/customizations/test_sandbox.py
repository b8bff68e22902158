"""The sandbox's pre-API helper: which default VPCs go, which stay, and what the report says of each.

The decision is tested with plain values, the calls against moto, and the regions that refuse (which moto has
none of) with a reader that raises what EC2 raises.
"""

import re
from collections.abc import Iterator
from typing import Any

import boto3
import delete_default_vpcs
import pytest
from botocore.exceptions import ClientError, EndpointConnectionError
from botocore.stub import Stubber
from default_vpcs import ec2 as gateway
from default_vpcs.account import Account, describe, unreadable, walk
from default_vpcs.decision import DefaultVpc, decide
from default_vpcs.outcome import Changed, Failed, Outcome, Skipped, Unchanged, exit_code, report
from moto import mock_aws

HOME = "eu-west-1"
OTHER = "us-east-2"


def client_error(code: str, message: str = "no", operation: str = "DescribeVpcs") -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": message}}, operation)


class TestDecision:
    def test_no_default_vpc(self) -> None:
        assert decide(HOME, None) == Unchanged(HOME, "no default VPC")

    def test_untouched_goes(self) -> None:
        vpc = DefaultVpc(vpc_id="vpc-1", internet_gateways=("igw-1",), subnets=("subnet-1", "subnet-2"))
        assert decide(HOME, vpc) == Changed(HOME, "deletes vpc-1 with 2 subnet(s) and 1 internet gateway(s)")

    def test_interface_keeps_it(self) -> None:
        vpc = DefaultVpc(vpc_id="vpc-1", network_interfaces=("eni-1",), subnets=("subnet-1",))
        assert decide(HOME, vpc) == Unchanged(HOME, "vpc-1 stays, it is in use: eni-1")

    def test_addition_keeps_it(self) -> None:
        vpc = DefaultVpc(vpc_id="vpc-1", added=("sg-1", "sg-2", "sg-3", "sg-4", "sg-5"))
        expected = "vpc-1 stays, it was added to: sg-1, sg-2, sg-3 and 2 more"
        assert decide(HOME, vpc) == Unchanged(HOME, expected)


class TestReport:
    OUTCOMES: tuple[Outcome, ...] = (
        Failed("ap-south-1", "it broke"),
        Changed("us-east-2", "did it"),
        Skipped("eu-north-1", "closed"),
        Unchanged("eu-west-1", "was right"),
    )

    def test_failures_last_then_counts(self) -> None:
        assert report("Things", self.OUTCOMES, dry_run=False).splitlines() == [
            "Things",
            "  skipped    eu-north-1  closed",
            "  unchanged  eu-west-1   was right",
            "  changed    us-east-2   did it",
            "  failed     ap-south-1  it broke",
            "1 changed, 1 unchanged, 1 skipped, 1 failed",
        ]

    def test_dry_run_says_so(self) -> None:
        assert report("Things", (), dry_run=True).splitlines() == [
            "Things (dry run: nothing is changed)",
            "0 changed, 0 unchanged, 0 skipped, 0 failed",
        ]

    def test_only_a_failure_fails(self) -> None:
        assert exit_code(self.OUTCOMES) == 1
        assert exit_code(self.OUTCOMES[1:]) == 0
        assert exit_code(()) == 0


class TestRegionsThatRefuse:
    @pytest.mark.parametrize("code", ["AccessDenied", "AccessDeniedException", "UnauthorizedOperation"])
    def test_closed_by_policy(self, code: str) -> None:
        outcome = unreadable(OTHER, client_error(code), home_region=HOME)
        assert outcome == Skipped(OTHER, f"a policy closes this region to the account ({code})")

    @pytest.mark.parametrize("code", ["AuthFailure", "OptInRequired", "UnrecognizedClientException"])
    def test_not_enabled_yet(self, code: str) -> None:
        outcome = unreadable(OTHER, client_error(code), home_region=HOME)
        assert outcome == Skipped(OTHER, f"the region is not enabled, or not yet ({code})")

    @pytest.mark.parametrize("code", ["UnauthorizedOperation", "AuthFailure"])
    def test_home_region_is_never_closed(self, code: str) -> None:
        assert unreadable(HOME, client_error(code), home_region=HOME) == Failed(
            HOME, f"DescribeVpcs: {code}: no"
        )

    def test_unreachable_fails(self) -> None:
        outcome = unreadable(
            OTHER, EndpointConnectionError(endpoint_url="https://ec2.test"), home_region=HOME
        )
        assert outcome == Failed(
            OTHER, 'EndpointConnectionError: Could not connect to the endpoint URL: "https://ec2.test"'
        )

    def test_encoded_message_stays_out_of_the_log(self) -> None:
        error = client_error(
            "UnauthorizedOperation", "Not yours. Encoded authorization failure message: AbC123"
        )
        assert describe(error) == "DescribeVpcs: UnauthorizedOperation: Not yours."

    def test_one_bad_region_does_not_hide_the_others(self) -> None:
        acted: list[str] = []

        class Regions(Account):
            def ec2(self, region: str) -> Any:
                return region

        def read(region: str) -> str:
            if region == "eu-north-1":
                raise client_error("UnauthorizedOperation")
            return region

        def act(region: str, _found: str) -> None:
            if region == "us-east-1":
                raise client_error("UnauthorizedOperation", operation="DeleteSubnet")
            acted.append(region)

        outcomes = list(
            walk(
                Regions(None, "1" * 12, HOME),
                ("eu-north-1", "us-east-1", "us-east-2"),
                read=read,
                decide=lambda region, found: Changed(region, found),
                act=act,
                dry_run=False,
            )
        )
        assert outcomes == [
            Skipped("eu-north-1", "a policy closes this region to the account (UnauthorizedOperation)"),
            Failed("us-east-1", "DeleteSubnet: UnauthorizedOperation: no"),
            Changed("us-east-2", "us-east-2"),
        ]
        assert acted == ["us-east-2"]


def test_reads_every_page() -> None:
    client = boto3.client("ec2", region_name=HOME)
    only = {"Filters": [{"Name": "is-default", "Values": ["true"]}]}
    with Stubber(client) as stubber:
        stubber.add_response("describe_vpcs", {"Vpcs": [], "NextToken": "more"}, only)
        stubber.add_response("describe_vpcs", {"Vpcs": []}, only | {"NextToken": "more"})
        assert gateway.read(client) is None
        stubber.assert_no_pending_responses()


def test_a_vpc_without_the_mark_is_never_a_default_vpc() -> None:
    client = boto3.client("ec2", region_name=HOME)
    with Stubber(client) as stubber:
        stubber.add_response("describe_vpcs", {"Vpcs": [{"VpcId": "vpc-1", "IsDefault": False}]})
        assert gateway.read(client) is None


@pytest.fixture
def aws() -> Iterator[None]:
    with mock_aws():
        yield


def ec2(region: str = HOME) -> Any:
    return boto3.client("ec2", region_name=region)


def default_vpcs(region: str = HOME) -> list[str]:
    vpcs = ec2(region).describe_vpcs(Filters=[{"Name": "is-default", "Values": ["true"]}])["Vpcs"]
    return [vpc["VpcId"] for vpc in vpcs]


def line(output: str, region: str) -> str:
    (found,) = [line for line in output.splitlines() if line.split()[1:2] == [region]]
    return re.sub(r" +", " ", found).strip()


@pytest.mark.usefixtures("aws")
class TestAgainstEc2:
    def test_deletes_in_every_enabled_region_and_then_rests(self, capsys: pytest.CaptureFixture[str]) -> None:
        listed = ec2().describe_regions(AllRegions=True)["Regions"]
        enabled = {region["RegionName"] for region in listed if region["OptInStatus"] != "not-opted-in"}
        closed = {region["RegionName"] for region in listed} - enabled
        assert {HOME, OTHER} <= enabled
        assert closed, "moto lists regions that the account did not opt in to"
        own = ec2().create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
        (vpc,) = default_vpcs()

        assert delete_default_vpcs.main([]) == 0
        output = capsys.readouterr().out
        assert {part.split()[1] for part in output.splitlines()[1:-1]} == enabled
        assert output.splitlines()[0] == "Default VPCs of account 123456789012"
        assert output.splitlines()[-1] == f"{len(enabled)} changed, 0 unchanged, 0 skipped, 0 failed"
        assert line(output, HOME).startswith(f"changed {HOME} deletes {vpc} with 3 subnet(s) and ")
        assert [default_vpcs(region) for region in sorted(enabled)] == [[] for _ in enabled]
        assert [each["VpcId"] for each in ec2().describe_vpcs()["Vpcs"]] == [own]

        assert delete_default_vpcs.main([]) == 0
        output = capsys.readouterr().out
        assert line(output, HOME) == f"unchanged {HOME} no default VPC"
        assert output.splitlines()[-1] == f"0 changed, {len(enabled)} unchanged, 0 skipped, 0 failed"

    def test_gateway_goes_with_it(self) -> None:
        (vpc,) = default_vpcs()
        client = ec2()
        gateway = client.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
        client.attach_internet_gateway(InternetGatewayId=gateway, VpcId=vpc)
        detached = client.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
        assert delete_default_vpcs.main(["--region", HOME]) == 0
        left = [each["InternetGatewayId"] for each in client.describe_internet_gateways()["InternetGateways"]]
        assert left == [detached]
        assert default_vpcs() == []

    def test_dry_run_changes_nothing(self, capsys: pytest.CaptureFixture[str]) -> None:
        before = (default_vpcs(), ec2().describe_subnets()["Subnets"])
        assert delete_default_vpcs.main(["--dry-run", "--region", HOME]) == 0
        output = capsys.readouterr().out
        assert output.splitlines()[0] == "Default VPCs of account 123456789012 (dry run: nothing is changed)"
        assert output.splitlines()[-1] == "1 changed, 0 unchanged, 0 skipped, 0 failed"
        assert (default_vpcs(), ec2().describe_subnets()["Subnets"]) == before

    def test_only_the_regions_asked_for(self) -> None:
        assert delete_default_vpcs.main(["--region", OTHER]) == 0
        assert default_vpcs(OTHER) == []
        assert len(default_vpcs(HOME)) == 1

    def test_in_use_stays(self, capsys: pytest.CaptureFixture[str]) -> None:
        (vpc,) = default_vpcs()
        client = ec2()
        subnets = client.describe_subnets()["Subnets"]
        interface = client.create_network_interface(SubnetId=subnets[0]["SubnetId"])["NetworkInterface"]
        assert delete_default_vpcs.main(["--region", HOME]) == 0
        output = capsys.readouterr().out
        stays = f"unchanged {HOME} {vpc} stays, it is in use: {interface['NetworkInterfaceId']}"
        assert line(output, HOME) == stays
        assert default_vpcs() == [vpc]
        assert [each["SubnetId"] for each in client.describe_subnets()["Subnets"]] == [
            each["SubnetId"] for each in subnets
        ]

    @pytest.mark.parametrize(
        "addition",
        ["security group", "subnet", "route table", "network ACL", "endpoint", "peering", "VPN gateway"],
    )
    def test_added_to_stays(self, addition: str, capsys: pytest.CaptureFixture[str]) -> None:
        (vpc,) = default_vpcs()
        added = self._add(vpc, addition)
        assert delete_default_vpcs.main(["--region", HOME]) == 0
        stays = f"unchanged {HOME} {vpc} stays, it was added to: {added}"
        assert line(capsys.readouterr().out, HOME) == stays
        assert default_vpcs() == [vpc]

    @staticmethod
    def _add(vpc: str, addition: str) -> str:
        client = ec2()
        match addition:
            case "security group":
                made = client.create_security_group(GroupName="mine", Description="mine", VpcId=vpc)[
                    "GroupId"
                ]
            case "subnet":
                made = client.create_subnet(VpcId=vpc, CidrBlock="172.31.128.0/20")["Subnet"]["SubnetId"]
            case "route table":
                made = client.create_route_table(VpcId=vpc)["RouteTable"]["RouteTableId"]
            case "network ACL":
                made = client.create_network_acl(VpcId=vpc)["NetworkAcl"]["NetworkAclId"]
            case "endpoint":
                service = f"com.amazonaws.{HOME}.s3"
                made = client.create_vpc_endpoint(VpcId=vpc, ServiceName=service)["VpcEndpoint"][
                    "VpcEndpointId"
                ]
            case "peering":
                peer = client.create_vpc(CidrBlock="10.1.0.0/16")["Vpc"]["VpcId"]
                response = client.create_vpc_peering_connection(VpcId=vpc, PeerVpcId=peer)
                made = response["VpcPeeringConnection"]["VpcPeeringConnectionId"]
            case _:
                made = client.create_vpn_gateway(Type="ipsec.1")["VpnGateway"]["VpnGatewayId"]
                client.attach_vpn_gateway(VpcId=vpc, VpnGatewayId=made)
        assert isinstance(made, str)
        return made

    def test_another_account_is_refused(
        self, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("VENDED_ACCOUNT_ID", "999988887777")
        assert delete_default_vpcs.main([]) == 1
        captured = capsys.readouterr()
        assert captured.out == ""
        assert captured.err == (
            "Default VPCs: these credentials belong to account 123456789012, not to 999988887777: "
            "set AWS_PROFILE to the vended account (AFT calls it aft-target)\n"
        )
        assert len(default_vpcs()) == 1

    def test_profile_that_is_not_there(
        self, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("AWS_PROFILE", "aft-target-which-is-not-there")
        assert delete_default_vpcs.main([]) == 1
        assert capsys.readouterr().err == (
            "Default VPCs: cannot tell whose credentials these are: ProfileNotFound: "
            "The config profile (aft-target-which-is-not-there) could not be found\n"
        )

    @pytest.mark.parametrize(
        ("missing", "argument"),
        [(("VENDED_ACCOUNT_ID",), "--account"), (("AWS_REGION", "AWS_DEFAULT_REGION"), "--home-region")],
    )
    def test_needs_to_know_where_it_is(
        self,
        missing: tuple[str, ...],
        argument: str,
        capsys: pytest.CaptureFixture[str],
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        for name in missing:
            monkeypatch.delenv(name)
        with pytest.raises(SystemExit, match="2"):
            delete_default_vpcs.main([])
        assert f"the following arguments are required: {argument}" in capsys.readouterr().err
        assert len(default_vpcs()) == 1

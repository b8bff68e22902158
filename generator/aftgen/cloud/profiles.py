"""The AWS profiles that AFT's creds.sh makes for every customization build, from this cloud.

The chain is creds.sh's own: the build's role assumes AWSAFTAdmin, and AWSAFTAdmin assumes AWSAFTExecution
in each account, always with the session name that AFT's trust policies name. Profiles hold keys only, no
region, as there; `endpoint_url` is added so that an ordinary boto3 session reaches the embedded AWS.

Reference: AFT reference §3.3; AFT's sources/scripts/creds.sh.
"""

from configparser import ConfigParser
from dataclasses import dataclass
from io import StringIO
from pathlib import Path
from typing import TYPE_CHECKING, Final

from aftgen.cloud.aft_management import ADMIN, EXECUTION, SESSION_NAME
from aftgen.cloud.plan import LandingZonePlan

if TYPE_CHECKING:
    from aftgen.cloud.landing_zone import LandingZone

HUB: Final = "aft-management-admin"


@dataclass(frozen=True, slots=True, kw_only=True)
class Profiles:
    """Texts of the two files; `environment` is what a build has around it once they are written."""

    config: str
    credentials: str
    environment: dict[str, str]

    def write(self, directory: Path) -> dict[str, str]:
        directory.mkdir(parents=True, exist_ok=True)
        config, credentials = directory / "config", directory / "credentials"
        for path, text in ((config, self.config), (credentials, self.credentials)):
            path.write_text(text, encoding="utf-8")
            path.chmod(0o600)
        return {
            **self.environment,
            "AWS_CONFIG_FILE": str(config),
            "AWS_SHARED_CREDENTIALS_FILE": str(credentials),
        }


def targets(plan: LandingZonePlan, account: str) -> dict[str, str]:
    """Profile to account, for every profile that the hub makes."""
    return {
        "aft-target": account,
        "aft-management": plan.aft_management.id,
        "ct-management": plan.management.id,
        "ct-audit": plan.audit.id,
        "ct-log-archive": plan.log_archive.id,
    }


def make_profiles(zone: "LandingZone", *, account: str) -> Profiles:
    """Assumes the roles for real; an account without AWSAFTExecution fails here, as it fails creds.sh."""
    credentials = ConfigParser(interpolation=None)
    config = ConfigParser(interpolation=None)

    def keep(profile: str, arguments: dict[str, str]) -> None:
        credentials[profile] = arguments
        section = profile if profile == "default" else f"profile {profile}"
        config[section] = {"endpoint_url": zone.cloud.endpoint} if zone.cloud.endpoint else {}

    build = zone.build_credentials().arguments
    keep("default", build)
    aft = zone.plan.aft_management.id
    hub = zone.assume(f"arn:aws:iam::{aft}:role/{ADMIN}", SESSION_NAME, with_credentials=build)
    keep(HUB, hub)
    for profile, where in targets(zone.plan, account).items():
        role = f"arn:aws:iam::{where}:role/{EXECUTION}"
        keep(profile, zone.assume(role, SESSION_NAME, with_credentials=hub))
    environment = {
        "AWS_PARTITION": "aws",
        "AWS_REGION": zone.plan.home_region,
        "AWS_DEFAULT_REGION": zone.plan.home_region,
        "AWS_EC2_METADATA_DISABLED": "true",
        "VENDED_ACCOUNT_ID": account,
    }
    return Profiles(config=_text(config), credentials=_text(credentials), environment=environment)


def write_profiles(zone: "LandingZone", *, account: str, directory: Path) -> dict[str, str]:
    """Writes `config` and `credentials`; answers the environment that makes boto3 use them."""
    return make_profiles(zone, account=account).write(directory)


def _text(parser: ConfigParser) -> str:
    out = StringIO()
    parser.write(out)
    return out.getvalue()

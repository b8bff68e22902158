"""An organization as Control Tower and AFT leave it, in the embedded AWS.

`LandingZone.build` makes it from a plan: the organization with the ids that organization.yaml has, the
shared and vended accounts, AFT's roles, tables, parameters and topics, Identity Center with what an
identity provider and Control Tower put there. What other people do to it afterwards is in `hands.py`; the
doors through which a program enters (`client`, `assume`, `build_credentials`) are here.
"""

from collections.abc import Mapping
from functools import partial
from typing import Any
from unittest.mock import patch

from aftgen.cloud import aft_management, control_tower
from aftgen.cloud.aft_management import CODEBUILD, EXECUTION
from aftgen.cloud.backstage import backstage_client, boto_session
from aftgen.cloud.cloud import Cloud
from aftgen.cloud.hands import Hands
from aftgen.cloud.identity_center import AccountInstance, IdentityCenter
from aftgen.cloud.identity_data import SCIM_AUTHOR
from aftgen.cloud.organizations import IDENTITY_CENTER_SERVICE, account_statuses
from aftgen.cloud.plan import ROOT, Account, LandingZonePlan
from aftgen.cloud.reserved_roles import MotoReservedRoles
from aftgen.cloud.sessions import Credentials

__all__ = ["Account", "LandingZone", "LandingZonePlan"]


class LandingZone(Hands):
    def __init__(self, cloud: Cloud, plan: LandingZonePlan, center: IdentityCenter) -> None:
        super().__init__(cloud, plan, center)
        self._clients: dict[tuple[str, str, str], Any] = {}

    @classmethod
    def build(cls, cloud: Cloud, plan: LandingZonePlan | None = None) -> "LandingZone":
        """Fills an empty cloud, once."""
        if cloud.zone is not None:
            raise ValueError("this cloud already has a landing zone")
        plan = plan or LandingZonePlan()
        center = IdentityCenter(
            owner=plan.management.id,
            region=plan.region_of_identity_center,
            random=cloud.random,
            now=cloud.clock.now,
            accounts=partial(account_statuses, plan.management.id),
            roles=MotoReservedRoles(),
        )
        zone = cls(cloud, plan, center)
        cloud.management_account = plan.management.id
        cloud.identity_center = center
        cloud.zone = zone
        with cloud.lock, cloud.backstage():
            zone._make_organization()
            aft_management.make_hub(plan)
            for account in plan.shared_accounts:
                aft_management.make_spokes(plan, account.id)
            zone._make_identities()
            for account in plan.accounts:
                zone._vend(account)
            aft_management.make_tables(zone)
            aft_management.make_parameters(zone)
            if plan.delegated_administrator:
                zone.delegate(plan.delegated_administrator)
        return zone

    # --- the organization
    # -------------------------------------------------------------------------------------

    def _make_organization(self) -> None:
        plan = self.plan
        organization = self._organization
        organization.create_organization(region="us-east-1", FeatureSet="ALL")
        organization.org.id, organization.org.root_id = plan.organization_id, plan.root_id
        organization.org.master_account_email = plan.management.email
        root = organization.ou[0]
        root.id = plan.root_id
        management = organization.accounts[0]
        management.name, management.email = plan.management.name, plan.management.email
        for member in (root, management):
            member.organization_id = plan.organization_id
        management.parent_id = plan.root_id
        for policy in organization.policies:
            policy.organization_id = plan.organization_id
        for path, unit_id in sorted(plan.organizational_units.items(), key=lambda item: item[0].count("/")):
            if path != ROOT:
                self._make_unit(path, unit_id)
        if plan.service_control_policies:
            root.add_policy_type("SERVICE_CONTROL_POLICY")
        for account in plan.shared_accounts[1:]:
            self._make_account(account)

    def _make_unit(self, path: str, unit_id: str) -> None:
        parent, _, name = path.rpartition("/")
        self._organization.create_organizational_unit(Name=name, ParentId=self.unit_id(parent or ROOT))
        self._organization.ou[-1].id = unit_id

    def unit_id(self, path: str) -> str:
        if path == ROOT:
            return self.plan.root_id
        try:
            return self.plan.organizational_units[path]
        except KeyError:
            known = ", ".join(self.plan.organizational_units)
            raise ValueError(f"no organizational unit {path!r} in the plan; there are {known}") from None

    def _make_account(self, account: Account, unit: str = "") -> None:
        """moto draws account ids at random; this one is chosen."""
        organization = self._organization
        with patch("moto.organizations.utils.make_random_account_id", lambda: account.id):
            organization.create_account(
                AccountName=account.name,
                Email=account.email,
                Tags=[{"Key": key, "Value": value} for key, value in account.tags.items()],
            )
        made = organization.accounts[-1]
        made.parent_id = unit or self.unit_id(account.ou)
        made.status = made.state = account.status

    def _vend(self, account: Account) -> None:
        self.vend(account, self.unit_id(account.ou))
        aft_management.make_spokes(self.plan, account.id)

    def vend(self, account: Account, unit: str) -> None:
        """What Control Tower itself does, in the unit of this id; AFT's roles are not there yet."""
        self._make_account(account, unit)
        if self.plan.control_tower_identity:
            control_tower.vend(self, account.id, account.sso_user)

    def add_account(self, account: Account) -> None:
        """Control Tower has vended one more, and AFT has put its roles there."""
        with self.cloud.lock, self.cloud.backstage():
            self._vend(account)

    def account(self, account: str) -> Any:
        """One account as moto keeps it."""
        return self._organization.get_account_by_id(account)

    def accounts(self) -> list[Any]:
        """Every account as moto keeps it, in the order of ListAccounts."""
        return list(self._organization.accounts)

    def units(self) -> list[Any]:
        """The root and every organizational unit as moto keeps them."""
        return list(self._organization.ou)

    def has_role(self, account: str, name: str) -> bool:
        """Whether the account's IAM has a role of this name."""
        from moto.iam.models import iam_backends

        return any(role.name == name for role in iam_backends[account]["aws"].roles.values())

    def suspend(self, account: str) -> None:
        made = self._organization.get_account_by_id(account)
        made.status = made.state = "SUSPENDED"

    def move(self, account: str, path: str) -> None:
        self._organization.get_account_by_id(account).parent_id = self.unit_id(path)

    def delegate(self, account: str) -> None:
        """Makes an account the delegated administrator of Identity Center."""
        self._organization.register_delegated_administrator(
            AccountId=account, ServicePrincipal=IDENTITY_CENTER_SERVICE
        )
        self.center.delegated.add(account)

    def _make_identities(self) -> None:
        plan = self.plan
        if plan.account_instance:
            self.center.account_instances.append(
                AccountInstance(
                    arn=f"arn:aws:sso:::instance/ssoins-{self.center.hexadecimal(16)}",
                    identity_store_id=f"d-{self.center.hexadecimal(10)}",
                    owner=plan.account_instance,
                )
            )
        if plan.control_tower_identity:
            control_tower.set_up(self)
        author = SCIM_AUTHOR if plan.identity_source == "external" else plan.management.id
        for user in plan.users:
            self.add_user(user, author=author)
        for name, members in plan.groups.items():
            self.add_group(name, members, author=author)

    # --- doors
    # ------------------------------------------------------------------------------------------------

    def build_credentials(self) -> Credentials:
        """What a customization build holds before creds.sh runs."""
        arn = f"arn:aws:iam::{self.plan.aft_management.id}:role/{CODEBUILD}"
        return self.cloud.sessions.issue(arn, "AWSCodeBuild-embedded", now=self.cloud.clock.now())

    def administrator(self, account: str) -> Credentials:
        """AWSAFTExecution in an account, without the chain that leads there."""
        arn = f"arn:aws:iam::{account}:role/{EXECUTION}"
        return self.cloud.sessions.issue(arn, "administrator", now=self.cloud.clock.now())

    def client(
        self,
        service: str,
        account: str = "",
        *,
        region: str = "",
        credentials: Mapping[str, str] | None = None,
        **settings: Any,
    ) -> Any:
        """An ordinary boto3 client, bound by every rule; by default management's administrator."""
        arguments = credentials or self.administrator(account or self.plan.management.id).arguments
        session = boto_session(region or self._home_of(service), arguments)
        return session.client(service, endpoint_url=self.cloud.endpoint, **settings)

    def assume(
        self, role_arn: str, session_name: str, *, with_credentials: Mapping[str, str], **arguments: Any
    ) -> dict[str, str]:
        """AssumeRole as anybody calls it; answers arguments for boto3.Session."""
        client = self.client("sts", region=self.plan.home_region, credentials=with_credentials)
        made = client.assume_role(RoleArn=role_arn, RoleSessionName=session_name, **arguments)["Credentials"]
        client.close()
        return {
            "aws_access_key_id": made["AccessKeyId"],
            "aws_secret_access_key": made["SecretAccessKey"],
            "aws_session_token": made["SessionToken"],
        }

    def _home_of(self, service: str) -> str:
        if service in ("sso-admin", "identitystore"):
            return self.center.region
        return "us-east-1" if service == "organizations" else self.plan.home_region

    def backstage(self, service: str, account: str, region: str = "") -> Any:
        """A client that no rule, limit or log sees, in process even while the cloud is served over HTTP."""
        key = (service, account, region or self._home_of(service))
        if key not in self._clients:
            self._clients[key] = backstage_client(
                self.cloud, service, region=key[2], credentials=self.administrator(account)
            )
        return self._clients[key]

"""Reads what an organization has, for `aftgen import`: units, accounts, and Account Factory's products.

Service Catalog does not give a product's parameters back: neither SearchProvisionedProducts nor
DescribeProvisionedProduct nor DescribeRecord has them (botocore's model servicecatalog 2015-12-10). What can
be had is the product's outputs, AccountEmail and SSOUserEmail among them, and that user's names from Identity
Center, where Control Tower put them. A user who is not there any more has no names, and nothing is made up.
"""

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, Final

from aft_access.errors import AccessError, AwsError
from aft_access.identity_center import Caller

from aftgen.adoption.existing import Account, Existing, Product, Unit
from aftgen.aws.connections import Connections

_PARAMETERS: Final = {
    "management": "/aft/account/ct-management/account-id",
    "log_archive": "/aft/account/log-archive/account-id",
    "audit": "/aft/account/audit/account-id",
    "aft_management": "/aft/account/aft-management/account-id",
    "aft_version": "/aft/config/aft/version",
}
_READS: Final = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Allow",
            "Action": [
                "controltower:ListEnabledBaselines",
                "identitystore:DescribeUser",
                "identitystore:GetUserId",
                "organizations:Describe*",
                "organizations:List*",
                "servicecatalog:GetProvisionedProductOutputs",
                "servicecatalog:SearchProvisionedProducts",
                "sso:ListInstances",
            ],
            "Resource": "*",
        }
    ],
}
#: AFT's own query (its ``service_catalog.py``).
_PRODUCTS: Final = {"SearchQuery": ["type:CONTROL_TOWER_ACCOUNT"]}
_SELF: Final = {"Key": "Account", "Value": "self"}
_OUTPUTS: Final = ("AccountEmail", "SSOUserEmail")
#: What Service Catalog says of a product whose outputs cannot be had; anything else ends the import.
_NO_OUTPUTS: Final = frozenset(
    {"ResourceNotFoundException", "InvalidParametersException", "ValidationException"}
)


@dataclass
class LiveOrganization:
    """One organization, asked through AFT's roles. ``center_region`` is Identity Center's."""

    connections: Connections
    center_region: str = ""
    _users: dict[str, tuple[str, str] | str] = field(default_factory=dict)

    @cached_property
    def _calls(self) -> Caller:
        wiring = self.connections.wiring
        return Caller(
            lambda: wiring.credentials.execution(wiring.management_account_id, policy=_READS, hub=wiring.hub),
            self.connections.clock,
        )

    def survey(self) -> Existing:
        """Everything but tags, parameters and baselines: a call for each unit and each hundred products."""
        shared = self._shared()
        root, units, accounts = self._tree()
        products = self._products()
        return Existing(
            root=root,
            units=tuple(units),
            accounts=tuple(
                replace(account, products=tuple(products.get(account.id, ()))) for account in accounts
            ),
            **shared,
        )

    def with_baselines(self, existing: Existing) -> Existing:
        """The same with what Control Tower governs, for accounts of which there is no product.

        Where Control Tower does not answer, nobody knows.
        """
        try:
            governed = self._governed()
        except AccessError:
            return existing
        accounts = (replace(each, has_baseline=each.id in governed) for each in existing.accounts)
        return replace(existing, accounts=tuple(accounts))

    def detailed(
        self, accounts: Collection[Account], heard: Callable[[int], None] = lambda _: None
    ) -> Iterator[Account]:
        """The accounts with their tags, and their products with what is known of their parameters."""
        for number, account in enumerate(accounts, start=1):
            tags = self._pages("ListTagsForResource", "Tags", ResourceId=account.id)
            heard(number)
            yield replace(
                account,
                tags={str(each["Key"]): str(each["Value"]) for each in tags},
                products=tuple(
                    self._with_parameters(product) if product.is_healthy else product
                    for product in account.products
                ),
            )

    def _shared(self) -> dict[str, str]:
        names = list(_PARAMETERS.values())
        answer = self.connections.aft.call("ssm", "GetParameters", Names=names)["Parameters"]
        values = {str(each["Name"]): str(each["Value"]) for each in answer}
        return {key: values.get(name, "") for key, name in _PARAMETERS.items()}

    def _tree(self) -> tuple[str, list[Unit], list[Account]]:
        (found,) = self._pages("ListRoots", "Roots")
        root = str(found["Id"])
        units: list[Unit] = []
        accounts: list[Account] = []
        parents = [root]
        for parent in parents:
            for each in self._pages("ListAccountsForParent", "Accounts", ParentId=parent):
                accounts.append(_account(each, parent))
            children = self._pages("ListOrganizationalUnitsForParent", "OrganizationalUnits", ParentId=parent)
            for each in children:
                units.append(Unit(id=str(each["Id"]), name=str(each["Name"]), parent=parent))
                parents.append(units[-1].id)
        return root, units, accounts

    def _products(self) -> Mapping[str, list[Product]]:
        found: dict[str, list[Product]] = {}
        token: dict[str, Any] = {}
        while True:
            answer = self._calls.call(
                "servicecatalog",
                "SearchProvisionedProducts",
                AccessLevelFilter=_SELF,
                Filters=_PRODUCTS,
                PageSize=100,
                **token,
            )
            for each in answer.get("ProvisionedProducts", ()):
                # One that failed before there was an account has no physical id.
                found.setdefault(str(each.get("PhysicalId", "")), []).append(_product(each))
            if not answer.get("NextPageToken"):
                return found
            token = {"PageToken": answer["NextPageToken"]}

    def _governed(self) -> frozenset[str]:
        """Ids of accounts and units on which a baseline is enabled."""
        found = set()
        token: dict[str, Any] = {}
        while True:
            answer = self._calls.call(
                "controltower", "ListEnabledBaselines", includeChildren=True, maxResults=100, **token
            )
            for each in answer.get("enabledBaselines", ()):
                found.add(str(each.get("targetIdentifier", "")).rpartition("/")[2])
            if not answer.get("nextToken"):
                return frozenset(found)
            token = {"nextToken": answer["nextToken"]}

    def _with_parameters(self, product: Product) -> Product:
        try:
            answer = self._calls.call(
                "servicecatalog", "GetProvisionedProductOutputs", ProvisionedProductId=product.id
            )
        except AwsError as error:
            if error.code not in _NO_OUTPUTS:
                raise
            return replace(product, unknown=f"its product {product.id} has no outputs ({error.code})")
        outputs = {
            str(each["OutputKey"]): str(each.get("OutputValue", "")) for each in answer.get("Outputs", ())
        }
        parameters = {key: outputs[key] for key in _OUTPUTS if outputs.get(key)}
        email = parameters.get("SSOUserEmail")
        if not email:
            why = f"its product {product.id} names none (accounts of a registered OU have none)"
            return replace(product, parameters=parameters, unknown=why)
        names = self._names(email)
        if isinstance(names, str):
            # An address without names is half of what AFT would send, and sending it makes a user.
            return replace(product, parameters=parameters, unknown=names)
        first, last = names
        parameters |= {"SSOUserFirstName": first, "SSOUserLastName": last}
        return replace(product, parameters=parameters)

    def _names(self, email: str) -> tuple[str, str] | str:
        """First and last name of a user of Identity Center, or why they are not known."""
        if email not in self._users:
            self._users[email] = self._asked(email)
        return self._users[email]

    def _asked(self, email: str) -> tuple[str, str] | str:
        store = self._store
        if not store:
            return (
                f"it was {email}, whose names nobody can ask: Identity Center was not found in {self._region}"
            )
        unique = {"UniqueAttribute": {"AttributePath": "userName", "AttributeValue": email}}
        try:
            found = self._identity("GetUserId", AlternateIdentifier=unique)
            user = self._identity("DescribeUser", UserId=found["UserId"])
        except AwsError as error:
            if error.code == "ResourceNotFoundException":
                return f"it was {email}, who is not in Identity Center"
            raise
        name = user.get("Name", {})
        first, last = str(name.get("GivenName", "")), str(name.get("FamilyName", ""))
        if not (first.strip() and last.strip()):
            return f"it was {email}, who has no first or last name in Identity Center"
        return first, last

    def _identity(self, operation: str, **arguments: Any) -> dict[str, Any]:
        return self._calls.call(
            "identitystore", operation, region=self._region, IdentityStoreId=self._store, **arguments
        )

    @cached_property
    def _store(self) -> str:
        """The id of the organization's identity store, "" where there is none in this region."""
        listed = self._calls.call("sso-admin", "ListInstances", region=self._region)["Instances"]
        management = self.connections.wiring.management_account_id
        own = [each for each in listed if each.get("OwnerAccountId", management) == management]
        return str(own[0]["IdentityStoreId"]) if own else ""

    @property
    def _region(self) -> str:
        return self.center_region or self.connections.region

    def _pages(self, operation: str, key: str, **arguments: Any) -> Iterator[Any]:
        """Organizations' pages hold 20 rows at most, and asking for more is an error."""
        token: dict[str, Any] = {}
        while True:
            answer = self._calls.call("organizations", operation, **arguments, **token)
            yield from answer.get(key, ())
            if not answer.get("NextToken"):
                return
            token = {"NextToken": answer["NextToken"]}


def _account(shown: Mapping[str, Any], parent: str) -> Account:
    return Account(
        id=str(shown["Id"]),
        name=str(shown["Name"]),
        email=str(shown["Email"]),
        # ``State`` replaces ``Status``, which AWS retires (botocore's model of organizations).
        status=str(shown.get("State") or shown.get("Status") or ""),
        parent=parent,
    )


def _product(shown: Mapping[str, Any]) -> Product:
    return Product(
        id=str(shown["Id"]),
        name=str(shown.get("Name", "")),
        status=str(shown.get("Status", "")),
        succeeded=bool(shown.get("LastSuccessfulProvisioningRecordId")),
        message=" ".join(str(shown.get("StatusMessage", "")).split()),
    )

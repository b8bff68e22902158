"""Account Factory: what Service Catalog's product "AWS Control Tower Account Factory" does when AFT orders.

An order is refused at once (`AwsError`, as ProvisionProduct answers it), or taken. A taken one ends in the
account in its OU with Control Tower's role, SSO user and default assignments, or FAILED, and Control Tower's
lifecycle event says which. The true reason of a failure stands in the product's record only.

Reference: AFT reference §1.4 rows 7 and 8, §2.1 "OU syntax", §2.2 "Asynchronous CT failure", §2.3
(AccountName, provisioned product, AccountEmail, SSO user); AFT's account_request_framework.py
`create_new_account`, `update_existing_account`; service_catalog.py `ct_account_product_is_healthy`.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import count
from typing import TYPE_CHECKING, Any, Final

from aftgen.cloud import aft_management, control_tower
from aftgen.cloud.errors import AwsError
from aftgen.cloud.plan import ROOT, Account
from aftgen.limits import account_name_problems, email_problems, parse_ou, provisioned_product_name

if TYPE_CHECKING:
    from aftgen.cloud.landing_zone import LandingZone

EXECUTION: Final = "AWSControlTowerExecution"
NO_ACCOUNT: Final = "Not Available"
# AWS's pattern and limit of ProvisionedProductName (AFT reference §2.3).
_PRODUCT_NAME = re.compile(r"[a-zA-Z0-9][a-zA-Z0-9._-]{0,127}")
# The AllowedPatterns of the product's template, by parameter (AFT reference §2.3, "SSOUserEmail / names").
_TEMPLATE = {
    "SSOUserEmail": re.compile(r"[^\s@]+@[^\s@]+\.[^\s@]+"),
    "SSOUserFirstName": re.compile(r".+"),
    "SSOUserLastName": re.compile(r".+"),
}


@dataclass(slots=True, kw_only=True)
class Product:
    """One provisioned product. `physical_id` is the account's id, "" while no account came of it."""

    id: str
    name: str
    parameters: dict[str, str]
    physical_id: str = ""
    status: str = "UNDER_CHANGE"
    last_record: str = ""
    last_successful_record: str = ""
    records: dict[str, str] = field(default_factory=dict)  # record id to error, "" for success
    record_times: dict[str, tuple[float, float]] = field(default_factory=dict)  # its start and end

    @property
    def is_healthy(self) -> bool:
        return self.status in ("AVAILABLE", "TAINTED") and bool(self.last_successful_record)


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """A taken order and how it ended. `reason` is what the record says, "" for a success.

    `event` is Control Tower's lifecycle event as EventBridge delivers it.
    """

    product: Product
    account: str
    reason: str
    event: Mapping[str, Any]

    @property
    def ok(self) -> bool:
        return not self.reason


class AccountFactory:
    """The products of one landing zone, and the accounts that come of them."""

    def __init__(self, zone: "LandingZone", *, first_account: int = 900_000_000_001) -> None:
        self.zone = zone
        self.products: dict[str, Product] = {}
        self._ids: Iterator[int] = count(first_account)
        self._numbers: Iterator[int] = count(1)
        for account in zone.plan.accounts:
            if account.enrolled:
                self._have(account)

    def _have(self, account: Account) -> None:
        """The product of an account that Account Factory made before anybody looked."""
        parameters = {
            "AccountName": account.name,
            "AccountEmail": account.email,
            "ManagedOrganizationalUnit": account.ou.rpartition("/")[2],
            "SSOUserEmail": account.sso_user,
        }
        product = Product(
            id=self._identifier("pp"),
            name=provisioned_product_name(account.name),
            parameters=parameters,
            physical_id=account.id,
            status="AVAILABLE",
        )
        product.last_successful_record = self._record(product, "")
        self.products[product.id] = product

    def healthy(self, account: str) -> Product | None:
        """The product that AFT finds by the account's id, or None."""
        return next((each for each in self.products.values() if each.physical_id == account), None)

    def provision(self, name: str, parameters: Mapping[str, str]) -> Order:
        """ProvisionProduct. Raises AwsError for what Service Catalog refuses before it starts."""
        if not _PRODUCT_NAME.fullmatch(name):
            raise AwsError(
                "ValidationException",
                f"1 validation error detected: Value '{name}' at 'provisionedProductName' failed to satisfy "
                "constraint: Member must satisfy regular expression pattern: [a-zA-Z0-9][a-zA-Z0-9._-]*",
            )
        if any(product.name == name for product in self.products.values()):
            raise AwsError("InvalidParametersException", f"A stack named {name} already exists.")
        self._check_parameters(parameters)
        product = Product(id=self._identifier("pp"), name=name, parameters=dict(parameters))
        self.products[product.id] = product
        problems = self._account_problems(parameters)
        if problems:
            return self._failed(product, "CreateManagedAccount", problems[0])
        unit = self.resolve(parameters["ManagedOrganizationalUnit"])
        account = str(next(self._ids))
        self._make(account, unit, parameters)
        product.physical_id = account
        return self._succeeded(product, "CreateManagedAccount", unit)

    def update(self, product_id: str, parameters: Mapping[str, str]) -> Order:
        """UpdateProvisionedProduct: the account goes to the OU, and a new SSO user gets its grant."""
        product = self.products.get(product_id)
        if product is None:
            raise AwsError("ResourceNotFoundException", f"Provisioned product {product_id} not found.")
        self._check_parameters(parameters)
        unit = self.resolve(parameters["ManagedOrganizationalUnit"])
        with self.zone.cloud.lock, self.zone.cloud.backstage():
            self.zone.account(product.physical_id).parent_id = unit
            control_tower.grant_sso_user(self.zone, product.physical_id, parameters["SSOUserEmail"])
        product.parameters = dict(parameters)
        return self._succeeded(product, "UpdateManagedAccount", unit)

    def resolve(self, written: str) -> str:
        """The id of the OU that Control Tower takes a ManagedOrganizationalUnit for.

        A name alone is one below the root; a nested one needs its id. Raises AwsError for any other.
        """
        units = {
            unit_id: path for path, unit_id in self.zone.plan.organizational_units.items() if path != ROOT
        }
        reference = parse_ou(written)
        for unit_id, path in units.items():
            if reference.id == unit_id and path.rpartition("/")[2] == reference.name:
                return unit_id
            if reference.id is None and "/" not in path and path == reference.name:
                return unit_id
        raise AwsError(
            "InvalidParametersException",
            f"The parent organizational unit '{written}' is not enrolled in AWS Control Tower",
        )

    def _check_parameters(self, parameters: Mapping[str, str]) -> None:
        for name, pattern in _TEMPLATE.items():
            if not pattern.fullmatch(parameters.get(name, "")):
                raise AwsError(
                    "InvalidParametersException",
                    f"Parameter {name} failed to satisfy constraint: {pattern.pattern}",
                )
        self.resolve(parameters["ManagedOrganizationalUnit"])

    def _account_problems(self, parameters: Mapping[str, str]) -> list[str]:
        """What CreateAccount refuses, minutes later, when Control Tower asks for the account."""
        name, email = parameters["AccountName"], parameters["AccountEmail"]
        if any(each.email.lower() == email.lower() for each in self.zone.accounts()):
            return [f"EMAIL_ALREADY_EXISTS: the email {email} belongs to another AWS account"]
        return [
            *(f"INVALID_EMAIL: {problem}" for problem in email_problems(email)),
            *(f"INVALID_INPUT: {problem}" for problem in account_name_problems(name)),
        ]

    def _make(self, account: str, unit: str, parameters: Mapping[str, str]) -> None:
        zone = self.zone
        with zone.cloud.lock, zone.cloud.backstage():
            zone.vend(
                Account(
                    id=account,
                    name=parameters["AccountName"],
                    email=parameters["AccountEmail"],
                    sso_user=parameters["SSOUserEmail"],
                ),
                unit,
            )
            management = f"arn:aws:iam::{zone.plan.management.id}:root"
            aft_management.make_role(
                account, EXECUTION, aft_management.trust(management), aft_management.ADMINISTRATOR
            )

    def _failed(self, product: Product, event: str, reason: str) -> Order:
        product.status = "ERROR"
        self._record(product, reason)
        detail = self._event(event, product, NO_ACCOUNT, "", reason)
        return Order(product=product, account="", reason=reason, event=detail)

    def _succeeded(self, product: Product, event: str, unit: str) -> Order:
        product.status = "AVAILABLE"
        product.last_successful_record = self._record(product, "")
        detail = self._event(event, product, product.physical_id, unit, "")
        return Order(product=product, account=product.physical_id, reason="", event=detail)

    def _record(self, product: Product, reason: str) -> str:
        product.last_record = self._identifier("rec")
        product.records[product.last_record] = reason
        now = self.zone.cloud.clock.now()
        product.record_times[product.last_record] = (now, now)
        return product.last_record

    def _identifier(self, kind: str) -> str:
        return f"{kind}-{next(self._numbers):013d}"

    def _event(self, name: str, product: Product, account: str, unit: str, reason: str) -> dict[str, Any]:
        """Control Tower user guide, "Lifecycle events", `CreateManagedAccount` and `UpdateManagedAccount`."""
        status = {
            "organizationalUnit": {
                "organizationalUnitName": product.parameters["ManagedOrganizationalUnit"],
                "organizationalUnitId": unit,
            },
            "account": {"accountName": product.parameters["AccountName"], "accountId": account},
            "state": "FAILED" if reason else "SUCCEEDED",
            "message": reason or "AWS Control Tower successfully created or updated a managed account.",
        }
        key = f"{name[0].lower()}{name[1:]}Status"
        management = self.zone.plan.management.id
        return {
            "version": "0",
            "id": f"{product.last_record}-event",
            "detail-type": "AWS Service Event via CloudTrail",
            "source": "aws.controltower",
            "account": management,
            "region": self.zone.plan.home_region,
            "detail": {
                "eventSource": "controltower.amazonaws.com",
                "eventName": name,
                "eventTime": "2026-01-01T00:00:00Z",
                "userIdentity": {"accountId": management, "invokedBy": "AWS Internal"},
                "serviceEventDetails": {key: status},
            },
        }

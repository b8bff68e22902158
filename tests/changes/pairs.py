"""Before and after of one item of AFT's request table, with what AFT would find when it looks around.

Random, by a seed, and biased towards what decides: shared names and emails, letters that differ by case,
suspended accounts, accounts without a product, both ways of looking one up. `oracle` and `make conformance`
judge the same cases.
"""

import random
from collections.abc import Iterator
from dataclasses import dataclass

from aftgen.changes.decision import Account, Known, Product, Release, SharedAccount
from aftgen.request_row import RequestRow

EMAILS = (
    "aws+a@example.com",
    "AWS+A@example.com",
    "aws+b@example.com",
    "Audit@example.com",
    "log@example.com",
)
NAMES = ("a", "A", "b", "a b", "Audit", "Log Archive")
OUS = ("Dev", "Prod (ou-ab12-wlprod01)", "Security", "Root", "Security (ou-ab12-security)")
TAGS = ("{}", '{"cost-center":"1"}', '{"cost-center":"2"}')
FIELDS = ("{}", '{"access":"{\\"grants\\":{},\\"version\\":1}"}')
CUSTOMIZATIONS = ("", "workload")
REASONS = ("because", "another reason")
PEOPLE = ("ana@example.com", "Ana@example.com", "bob@example.com")


@dataclass(frozen=True, slots=True)
class Pair:
    """One stream record and what there is to look up."""

    old: RequestRow | None
    new: RequestRow | None
    known: Known


def pairs(count: int, seed: int = 0) -> Iterator[Pair]:
    """So many cases; the same seed gives the same."""
    choice = random.Random(seed)
    for _ in range(count):
        email = choice.choice(EMAILS)
        old = row(choice, email) if choice.random() < 0.7 else None
        if old is None:
            new: RequestRow | None = row(choice, email)
        elif choice.random() < 0.12:
            new = None
        else:
            new = changed(choice, old)
        yield Pair(old, new, known(choice))


def row(choice: random.Random, email: str) -> RequestRow:
    return build(
        {
            "AccountEmail": email,
            "AccountName": choice.choice(NAMES),
            "ManagedOrganizationalUnit": choice.choice(OUS),
            "SSOUserEmail": choice.choice(PEOPLE),
            "SSOUserFirstName": choice.choice(("Ana", "Bob")),
            "SSOUserLastName": "Lovelace",
        },
        reason=choice.choice(REASONS),
        tags=choice.choice(TAGS),
        fields=choice.choice(FIELDS),
        customization=choice.choice(CUSTOMIZATIONS),
    )


def changed(choice: random.Random, old: RequestRow) -> RequestRow:
    """A row of the same id that differs in none, one or some of its parts."""
    parameters = dict(old.control_tower_parameters)
    others = row(choice, old.id)
    keys = [key for key in parameters if key != "AccountEmail"]
    weights = {0: 0.4, 1: 0.4, 2: 0.2}
    for key in choice.sample(keys, choice.choices(list(weights), list(weights.values()))[0]):
        parameters[key] = others.control_tower_parameters[key]
    return build(
        parameters,
        reason=choice.choice((old, others)).change_management_parameters["change_reason"],
        tags=choice.choice((old, others)).account_tags,
        fields=choice.choice((old, others)).custom_fields,
        customization=choice.choice((old, others)).account_customizations_name,
    )


def known(choice: random.Random) -> Known:
    """An organization: three shared accounts, some others, and products for some of all of them.

    Emails are unique but for their case, as Organizations keeps them; every account has one product at most.
    """
    shared = tuple(
        SharedAccount(id=id, name=name, email=email, ou=ou)
        for id, name, email, ou in (
            ("100000000001", "Log Archive", "log@example.com", "Security"),
            ("100000000002", "Audit", "audit@example.com", "Security"),
            ("100000000003", "Management", "root@example.com", "Root"),
        )
    )
    accounts = [Account(id=one.id, name=one.name, email=one.email) for one in shared]
    for index, email in enumerate(("aws+A@example.com", "aws+b@example.com", "aws+c@example.com")):
        if choice.random() < 0.6:
            accounts.append(
                Account(
                    id=f"20000000000{index}",
                    name=choice.choice(NAMES[:4]),
                    email=email,
                    status=choice.choice(("ACTIVE", "ACTIVE", "SUSPENDED")),
                )
            )
    choice.shuffle(accounts)
    products = [
        # The product keeps the email that the account had when it was made.
        Product(account_id=one.id, email=choice.choice((one.email, one.email, "aws+old@example.com")))
        for one in accounts
        if choice.random() < (0.1 if one.id.startswith("1") else 0.7)
    ]
    if choice.random() < 0.1:
        products.append(Product(account_id="300000000000", email="aws+a@example.com"))
    return Known(
        accounts=tuple(accounts),
        products=tuple(products),
        shared=shared,
        release=choice.choice((Release.V1_20, Release.V1_20, Release.V1_17)),
    )


def build(
    parameters: dict[str, str],
    *,
    reason: str = "because",
    tags: str = "{}",
    fields: str = "{}",
    customization: str = "",
    address: str = "",
) -> RequestRow:
    return RequestRow(
        id=parameters["AccountEmail"],
        control_tower_parameters=parameters,
        change_management_parameters={"change_requested_by": "Ana", "change_reason": reason},
        account_tags=tags,
        custom_fields=fields,
        account_customizations_name=customization,
        address=address,
    )

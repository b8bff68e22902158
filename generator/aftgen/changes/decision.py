"""What AFT decides about one record of its request table's stream: :func:`decide`.

A pure encoding of the framework's own handlers, in their order, for rows that hold AFT's six parameters
(aws-ia/terraform-aws-control_tower_account_factory, ``sources/aft-lambda-layer/aft_common/`` unless said):

1. ``account_request_record_handler.py`` ``process_request``: REMOVE starts the cleanup; a shared account, its
   parameters unchanged, is customized; an INSERT is customized when its account is enrolled, else queued
   as ADD; a MODIFY of ``control_tower_parameters`` is queued as UPDATE; any other MODIFY is customized.
2. ``src/aft_lambda/aft_account_request_framework/aft_account_request_processor.py`` takes one queued message:
   ``account_request_framework.py`` ``new_ct_request_is_valid`` and ``modify_ct_request_is_valid`` say whether
   it is valid, ``update_existing_account`` looks for the product to update.
3. ``aft_cleanup_resources.py``, beside it, finds the removed account by its email.

What Service Catalog and Control Tower say after that (a name with '+', an OU that is not registered) is not
AFT's decision; `aftgen check` knows those limits. Tags 1.17.1 to 1.19.0 decide alike; 1.20.0 changed how an
enrolled account is found (``service_catalog.py``: :class:`Release`). 1.20.1 is the newest that was read.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum

from aftgen.request_row import RequestRow

OU = "ManagedOrganizationalUnit"
NOT_VALID = "CT Request is not valid"


class Verdict(Enum):
    """What follows from one record."""

    CREATE = "create"  # queued as ADD and accepted: Control Tower makes an account
    UPDATE = "update"  # queued as UPDATE and accepted: Service Catalog moves the account to another OU
    CUSTOMIZE = "customize"  # the provisioning framework runs; the account's pipeline does not
    REMOVE = "remove"  # aft-cleanup-resources deletes the account's pipeline and metadata
    REFUSE = "refuse"  # AFT fails with its own words, in a log and an SNS message, after the merge
    NOTHING = "nothing"  # no record, or a cleanup that finds no account


class Release(Enum):
    """The releases that decide differently, by the first tag that does."""

    #: An account is enrolled when a healthy product's own ``AccountEmail`` output is its email.
    V1_17 = "1.17.1"
    #: The account is looked up in Organizations by its email, then a healthy product by the account's id.
    V1_20 = "1.20.0"


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """An account as Organizations lists it. A suspended one keeps its name and email: they stay in use."""

    id: str
    name: str
    email: str
    status: str = "ACTIVE"


@dataclass(frozen=True, slots=True, kw_only=True)
class Product:
    """A healthy Account Factory product: AVAILABLE or TAINTED, and once provisioned with success.

    ``email`` is the product's own output; it stays the old one when an account's root email changes.
    """

    account_id: str
    email: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SharedAccount:
    """One of Control Tower's own accounts; ``ou`` is the plain name of the OU it is in now."""

    id: str
    name: str
    email: str
    ou: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What AFT looks up while it decides.

    ``accounts`` in the order of ListAccounts (the first that matches counts), the shared ones included.
    ``shared`` in AFT's order: log archive, audit, Control Tower management (``shared_account.py``).
    """

    accounts: tuple[Account, ...] = ()
    products: tuple[Product, ...] = ()
    shared: tuple[SharedAccount, ...] = ()
    release: Release = Release.V1_20

    def account(self, email: str) -> Account | None:
        """The account of an email, as ``organizations.py`` finds it: case does not count."""
        return next((account for account in self.accounts if _same_email(account.email, email)), None)


@dataclass(frozen=True, slots=True)
class Parameter:
    """One Control Tower parameter that differs between the two images."""

    name: str
    old: str
    new: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """A verdict, and for a refusal AFT's own words.

    ``words`` is the text of the failure (the whole of the SNS message's reason), ``log`` the line that only
    AFT's log has. ``changed`` are the Control Tower parameters of a MODIFY that differ. ``queued``: it takes
    one of the queue's turns, of which AFT has one in five minutes (``eventbridge.tf``), refused or not.
    """

    verdict: Verdict
    words: str = ""
    log: str = ""
    changed: tuple[Parameter, ...] = ()
    queued: bool = False

    @property
    def immutable(self) -> tuple[Parameter, ...]:
        """The changed parameters that AFT refuses to change."""
        return tuple(parameter for parameter in self.changed if parameter.name != OU)


def decide(old: RequestRow | None, new: RequestRow | None, known: Known) -> Decision:
    """AFT's decision for one stream record: ``old`` None is an INSERT, ``new`` None a REMOVE.

    Both None, or two rows of different ids, are no record of one item: ValueError.
    """
    if new is None:
        if old is None:
            raise ValueError("a stream record has an old or a new image")
        return _remove(old, known)
    if old is not None and old.id != new.id:
        raise ValueError(f"{old.id!r} and {new.id!r} are two items: an INSERT and a REMOVE")
    if old is not None and same_image(old, new):
        # DynamoDB writes no stream record for an item that a write leaves as it was.
        return Decision(verdict=Verdict.NOTHING)
    changed = parameters_changed(old, new) if old is not None else ()
    if not changed:
        shared = _shared(new, known)
        if shared is not None:
            return shared
    if old is None:
        return _insert(new, known)
    return _update(new, changed, known) if changed else _customize(new.id, known)


def same_image(one: RequestRow, other: RequestRow) -> bool:
    """Whether two rows are the same item in the table; where they stand in the repository does not count."""
    return (
        one.id == other.id
        and one.account_tags == other.account_tags
        and one.custom_fields == other.custom_fields
        and one.account_customizations_name == other.account_customizations_name
        and one.control_tower_parameters == other.control_tower_parameters
        and one.change_management_parameters == other.change_management_parameters
    )


def parameters_changed(old: RequestRow, new: RequestRow) -> tuple[Parameter, ...]:
    """The Control Tower parameters that differ, exactly as written: AFT compares the texts."""
    before: Mapping[str, str] = old.control_tower_parameters
    after: Mapping[str, str] = new.control_tower_parameters
    return tuple(
        Parameter(name, before.get(name, ""), after.get(name, ""))
        for name in dict.fromkeys((*before, *after))
        if before.get(name) != after.get(name)
    )


def _remove(old: RequestRow, known: Known) -> Decision:
    """``handle_remove``, then ``aft_cleanup_resources.py``: no account, no cleanup."""
    if known.account(old.id) is None:
        return Decision(verdict=Verdict.NOTHING, words=_not_found(old.id))
    return Decision(verdict=Verdict.REMOVE)


def _shared(new: RequestRow, known: Known) -> Decision | None:
    """``shared_account_request``: None when the request is for none of Control Tower's own accounts."""
    for shared in known.shared:
        email, name = _same_email(shared.email, new.email), shared.name == new.name
        if email and name:
            if new.ou != shared.ou:
                return _refuse(
                    "Unsupported action: Cannot change OU for a Shared CT account or CT management account"
                )
            return _customize(new.id, known)
        if email:
            return _refuse(
                f"Account Email {new.email} is a shared account email, however, the Account Name {new.name} "
                "does not match"
            )
        if name:
            return _refuse(
                f"Account Name {new.name} is a shared account Name, however, the Account Email {new.email} "
                "does not match"
            )
    return None


def _insert(new: RequestRow, known: Known) -> Decision:
    """An enrolled account is taken over as it is; its OU and name in the request are not even compared."""
    if _enrolled(new.email, known):
        if known.release is Release.V1_20:
            return Decision(verdict=Verdict.CUSTOMIZE)
        return _customize(new.id, known)
    for account in known.accounts:
        if account.name == new.name:
            log = f"Account Name: {new.name} already used in Organizations"
            return _refuse(NOT_VALID, log, queued=True)
        if _same_email(account.email, new.email):
            log = f"Account Email: {new.email} already used in Organizations"
            return _refuse(NOT_VALID, log, queued=True)
    return Decision(verdict=Verdict.CREATE, queued=True)


def _update(new: RequestRow, changed: tuple[Parameter, ...], known: Known) -> Decision:
    """``modify_ct_request_is_valid`` and ``update_existing_account``."""
    for parameter in changed:
        if parameter.name != OU:
            log = f"Control Tower parameter {parameter.name} cannot be modified"
            return _refuse(NOT_VALID, log, changed, queued=True)
    if not _enrolled(new.email, known):
        words = f"No healthy provisioned product found for {new.email}"
        return _refuse(words, changed=changed, queued=True)
    return Decision(verdict=Verdict.UPDATE, changed=changed, queued=True)


def _customize(email: str, known: Known) -> Decision:
    """``handle_customization_request`` without an account id: it looks the account up by the row's id."""
    if known.account(email) is None:
        return _refuse(_not_found(email))
    return Decision(verdict=Verdict.CUSTOMIZE)


def _enrolled(email: str, known: Known) -> bool:
    if known.release is Release.V1_17:
        return any(_same_email(product.email, email) for product in known.products)
    account = known.account(email)
    return account is not None and any(product.account_id == account.id for product in known.products)


def _refuse(
    words: str, log: str = "", changed: tuple[Parameter, ...] = (), *, queued: bool = False
) -> Decision:
    return Decision(verdict=Verdict.REFUSE, words=words, log=log, changed=changed, queued=queued)


def _not_found(email: str) -> str:
    return f"Account email {email} not found in Organization"


def _same_email(one: str, other: str) -> bool:
    """``aft_utils.py`` ``emails_are_equal``."""
    return one.lower() == other.lower()

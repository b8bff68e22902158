"""Which accounts get a request, and why the others do not: :func:`choose`, then :func:`adopt`.

The measure is AFT's own decision about the request (:func:`aftgen.changes.decision.decide`): a request is
written only where AFT would take the account over and order nothing. What AFT would do with the others is
said for each.
"""

import json
import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import Final

from aft_access import sso_user as sso

from aftgen.adoption.existing import ROOT, Account, Existing, Product
from aftgen.changes.decision import Verdict, decide
from aftgen.config import Policy
from aftgen.limits import account_name_problems, email_problems, normalise, provisioned_product_name
from aftgen.request import AccountRequest, file_stem_for, label_for
from aftgen.request_row import RequestRow

#: What `aftgen:ignore` says beside the rule: nobody can change it any more.
_BECAUSE: Final = "the account exists with this {}"


class Reason(Enum):
    """Why an account gets no request, for machines."""

    REQUESTED = "requested"
    CLOSED = "closed"
    SHARED = "shared"
    AFT = "aft"
    NOT_ENROLLED = "not enrolled"
    UNHEALTHY = "unhealthy product"
    IN_ROOT = "in the root"
    REFUSED = "refused by AFT"


@dataclass(frozen=True, slots=True, kw_only=True)
class LeftOut:
    """An account without a request; ``next_step`` is "" where there is nothing to do."""

    account: Account
    reason: Reason
    why: str
    next_step: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Adopted:
    """An account and its request; ``remarks`` are what a person should know about it."""

    account: Account
    request: AccountRequest
    sso_is_known: bool
    remarks: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Adoption:
    adopted: tuple[Adopted, ...] = ()
    left_out: tuple[LeftOut, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Manner:
    """How requests are written: who asks and why, the customization, and the policy they are judged by."""

    requested_by: str
    reason: str
    customization: str = ""
    policy: Policy = field(default_factory=Policy)


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """What the repository has: its requests' rows, and the labels and files (names) that are taken."""

    rows: tuple[RequestRow, ...] = ()
    labels: frozenset[str] = frozenset()
    files: frozenset[str] = frozenset()


def choose(
    existing: Existing, taken: Taken, wanted: Collection[str], named: Collection[str] = ()
) -> tuple[list[Account], list[LeftOut]]:
    """The wanted accounts (by id) that a request can be written for, and the others of them with the reason.

    Control Tower's own accounts and AFT's are taken only where they are ``named``. Tags and parameters of
    products play no part, so that they need be read for the chosen accounts only.
    """
    by_email = {row.email.casefold(): row for row in reversed(taken.rows)}
    by_name = {row.name: row for row in reversed(taken.rows)}
    chosen, left_out = [], []
    for account in existing.accounts:
        if account.id in wanted:
            why = _left_out(account, existing, by_email, by_name, named)
            if why is None:
                chosen.append(account)
            else:
                left_out.append(why)
    return chosen, left_out


def adopt(existing: Existing, chosen: Sequence[Account], taken: Taken, manner: Manner) -> Adoption:
    """The requests of chosen accounts, whose tags and products are known by now."""
    names = _Names(taken, chosen)
    adopted, left_out = [], []
    for account in chosen:
        made = _adopted(account, existing, manner, names)
        decision = decide(None, _row(made.request), existing.known)
        if decision.verdict is Verdict.CUSTOMIZE:
            adopted.append(made)
        else:
            said = f"{decision.words} ({decision.log})" if decision.log else decision.words
            left_out.append(
                LeftOut(account=account, reason=Reason.REFUSED, why=f"AFT would refuse its request: {said}")
            )
    return Adoption(adopted=tuple(adopted), left_out=tuple(left_out))


def _left_out(
    account: Account,
    existing: Existing,
    by_email: Mapping[str, RequestRow],
    by_name: Mapping[str, RequestRow],
    named: Collection[str],
) -> LeftOut | None:
    def because(reason: Reason, why: str, next_step: str = "") -> LeftOut:
        return LeftOut(account=account, reason=reason, why=why, next_step=next_step)

    row = by_email.get(account.email.casefold())
    if row is not None and account.status != "ACTIVE":
        return because(
            Reason.REQUESTED,
            f"it is {account.status} and has a request, {row.place}: {_FAILS}",
            f"take it out of AFT: aftgen retire {account.name}",
        )
    if row is not None:
        return because(Reason.REQUESTED, f"it has a request: {row.place}")
    namesake = by_name.get(account.name)
    if namesake is not None and existing.known.account(namesake.email) is None:
        return because(
            Reason.REQUESTED,
            f"{namesake.place} asks for {account.name!r} with {namesake.email}, which no account has",
            "the account's address was changed, or that request failed: 'aftgen status' says which",
        )
    if account.status != "ACTIVE":
        return because(
            Reason.CLOSED,
            f"it is {account.status}: {_FAILS}",
        )
    if account.id in existing.shared:
        if account.id not in named:
            what = (
                "the organization's management account"
                if account.id == existing.management
                else "Control Tower's own"
            )
            return because(
                Reason.SHARED,
                f"it is {what}: a request would run AFT's customizations there",
                f"if that is meant: aftgen import {account.id}",
            )
        return None
    if account.id == existing.aft_management and account.id not in named:
        return because(
            Reason.AFT,
            "it is AFT's own management account: a request would run AFT's customizations there",
            f"if that is meant: aftgen import {account.id}",
        )
    product = account.product
    if product is None:
        return because(Reason.NOT_ENROLLED, *_not_enrolled(account))
    if not product.is_healthy:
        return because(Reason.UNHEALTHY, *_unhealthy(product))
    if account.parent == existing.root:
        return because(
            Reason.IN_ROOT,
            "it is in the organization's root, which is no OU of Control Tower",
            "move it into a registered OU, and import it then",
        )
    return None


#: AFT issues 289, 336 and 534.
_FAILS: Final = "AFT fails on it, and with it every run for several accounts"
_NOT_VALID: Final = "AFT would take its request for a new account and fail: 'CT Request is not valid'"


def _not_enrolled(account: Account) -> tuple[str, str]:
    if account.has_baseline:
        return (
            "Control Tower governs it, but Account Factory has no product of it, and AFT looks for nothing "
            f"else: {_NOT_VALID}",
            "update the account in Control Tower's console, which makes the product; then import it",
        )
    what = "it is not enrolled in Control Tower"
    if account.has_baseline is None:
        what = "Account Factory has no product of it"
    return f"{what}: {_NOT_VALID}", "enroll it in Control Tower, and import it then"


def _unhealthy(product: Product) -> tuple[str, str]:
    said = f" ({product.message})" if product.message else ""
    if product.status in ("UNDER_CHANGE", "PLAN_IN_PROGRESS"):
        return (
            f"its product {product.id} is {product.status}{said}: {_NOT_VALID}",
            "import it when Control Tower is done with it",
        )
    never = "" if product.succeeded else " and was never provisioned with success"
    return (
        f"its product {product.id} is {product.status}{never}{said}: {_NOT_VALID}",
        f"repair it in Service Catalog (update {product.id}, or terminate it and enroll the account again)",
    )


def _adopted(account: Account, existing: Existing, manner: Manner, names: "_Names") -> Adopted:
    shared = account.id in existing.shared
    # AFT compares a shared account's OU with the plain name, so that 'Name (ou-…)' always fails there.
    ou = existing.unit_name(account.id) if shared else str(existing.reference(account.parent))
    product = account.product
    user = product.sso_user if product else None
    tags, own = _tags(account)
    remarks = []
    comments = [*_ignored(account, ou, existing, manner.policy)]
    if user is None:
        why = product.unknown if product else "it has no product of Account Factory"
        comments += _unknown(ou, why or "the product does not tell")
    if own:
        remarks.append(f"tags of AWS's own are left out: {', '.join(own)}")
    if product is not None and product.status == "TAINTED":
        said = f" ({product.message})" if product.message else ""
        remarks.append(
            f"its product {product.id} is TAINTED{said}: AFT takes the account over all the same, but the "
            "product's last change failed"
        )
    stem, label, clashing = names.take(account)
    if clashing:
        comments.insert(
            0, f"aftgen:ignore={','.join(clashing)} {_BECAUSE.format('name')}, and so does another"
        )
        remarks.append("another account has this name, or nearly: its file is named after its id too")
    request = AccountRequest(
        name=account.name,
        email=account.email,
        ou=ou,
        sso_email=user.email if user else sso.unknown(ou),
        sso_first_name=normalise(user.first_name) if user else sso.UNKNOWN_NAME,
        sso_last_name=normalise(user.last_name) if user else sso.UNKNOWN_NAME,
        requested_by=manner.requested_by,
        reason=manner.reason,
        tags=tags,
        customization=manner.customization,
        label=label,
        account_id=account.id,
        comments=tuple(comments),
        stem=stem,
    )
    return Adopted(account=account, request=request, sso_is_known=user is not None, remarks=tuple(remarks))


def _tags(account: Account) -> tuple[dict[str, str], list[str]]:
    """The account's tags, and the keys of those that only AWS may write."""
    own = sorted(key for key in account.tags if key.lower().startswith("aws:"))
    return {normalise(key): normalise(value) for key, value in account.tags.items() if key not in own}, own


def _unknown(ou: str, why: str) -> list[str]:
    return [
        f"SSO user unknown: {why}.",
        "With the account's next move to another OU, AFT sends SSOUserEmail to Control Tower, which makes",
        f"whoever stands there an administrator of the account. So the account stays in {ou}.",
        "Write the real user here before the first merge: after it, AFT refuses any other.",
    ]


def _ignored(account: Account, ou: str, existing: Existing, policy: Policy) -> list[str]:
    """Comments that silence the rules about what an account that exists can no longer have in another way."""
    name, email = [], []
    if account_name_problems(account.name):
        name.append("N001")
    if policy.name_pattern is not None and re.fullmatch(policy.name_pattern, account.name) is None:
        name.append("P001")
    if email_problems(account.email):
        email.append("E002")
    if account.email != account.email.lower():
        email.append("E003")
    if policy.email_pattern is not None and re.fullmatch(policy.email_pattern, account.email) is None:
        email.append("P002")
    found = []
    if name:
        found.append(f"aftgen:ignore={','.join(name)} {_BECAUSE.format('name')}")
    if email:
        found.append(f"aftgen:ignore={','.join(email)} {_BECAUSE.format('address, in Organizations too')}")
    if ou == ROOT and account.id == existing.management:
        found.append("aftgen:ignore=O006 this is the management account")
    return found


class _Names:
    """The names of all requests, and the labels and files that are taken as one after the other is made."""

    def __init__(self, taken: Taken, chosen: Iterable[Account]) -> None:
        self._names: dict[str, list[str]] = {}
        for name in (*(one.name for one in chosen), *(row.name for row in taken.rows)):
            self._names.setdefault(_loose(name), []).append(name)
        self._labels = set(taken.labels)
        self._stems = {name.removesuffix(".tf").casefold() for name in taken.files}

    def take(self, account: Account) -> tuple[str, str, list[str]]:
        """The file's stem ("" for the usual one), the label, and the rules that its name breaks."""
        clashing = self._clashing(account.name)
        label, stem = label_for(account.name), file_stem_for(account.name)
        if label in self._labels or stem.casefold() in self._stems:
            label, stem = f"{label}_{account.id}", f"{stem}-{account.id}"
        self._labels.add(label)
        self._stems.add(stem.casefold())
        return "" if stem == file_stem_for(account.name) else stem, label, clashing

    def _clashing(self, name: str) -> list[str]:
        others = self._names[_loose(name)]
        found = ["N002"] if others.count(name) > 1 else []
        product = provisioned_product_name(name)
        if any(other != name and provisioned_product_name(other) == product for other in others):
            found.append("N003")
        if any(other != name and other.casefold() == name.casefold() for other in others):
            found.append("N004")
        return found


def _loose(name: str) -> str:
    return provisioned_product_name(name).casefold()


def _row(request: AccountRequest) -> RequestRow:
    return RequestRow(
        id=request.email,
        control_tower_parameters=request.control_tower_parameters(),
        change_management_parameters=request.change_management_parameters(),
        account_tags=json.dumps(dict(request.tags)),
        custom_fields="{}",
        account_customizations_name=request.customization,
    )

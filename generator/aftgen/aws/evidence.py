"""Reads what AWS has of one account: each part on its own, so that one that is denied hides no other.

Everything here reads, with one exception that leaves no trace but a counter: a dead letter can only be looked
at by receiving it, which hides it for some seconds; it is given back at once. AFT's queue itself is never
received from, because its ``maxReceiveCount`` is 1 and a look would kill the order (AFT reference §1.4
row 5).
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, Final, TypeVar

from aft_access.errors import AccessError, AwsError
from aft_access.identity_center import Caller

from aftgen.aws.connections import Connections
from aftgen.aws.evidence_access import AccessReader
from aftgen.aws.evidence_builds import Builds
from aftgen.aws.evidence_letters import Letters
from aftgen.aws.evidence_logs import Logs
from aftgen.aws.evidence_members import Members
from aftgen.aws.evidence_products import ControlTower, Products
from aftgen.aws.evidence_tables import Tables
from aftgen.diagnosis.evidence import AuditRecord, Evidence, Letter, MachineRun, Part, PipelineRun, Subject
from aftgen.errors import Refused, nearest
from aftgen.limits import provisioned_product_name

T = TypeVar("T")
#: Seconds for which one call is repeated: a person waits, and other parts can be shown meanwhile.
_PATIENCE: Final = 12.0
#: What AWS says to whoever may not do something.
DENIED: Final = frozenset(
    {"AccessDenied", "AccessDeniedException", "UnauthorizedOperation", "AuthorizationError"}
)
_OVER: Final = frozenset(
    {"ExpiredToken", "ExpiredTokenException", "RequestExpired", "NoCredentialsError"}
    | {"TokenRetrievalError", "UnauthorizedSSOTokenError"}
)
_READS: Final = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Allow",
            "Action": [
                "controltower:Get*",
                "controltower:List*",
                "organizations:Describe*",
                "organizations:List*",
                "servicecatalog:Describe*",
                "servicecatalog:List*",
                "servicecatalog:Search*",
                "sso:ListInstances",
            ],
            "Resource": "*",
        }
    ],
}
_TERMINATES: Final = {
    "Version": "2012-10-17",
    "Statement": [
        {"Effect": "Allow", "Action": "servicecatalog:TerminateProvisionedProduct", "Resource": "*"},
        # Control Tower takes the product back with the caller's own permissions.
        {"Effect": "Allow", "Action": ["controltower:*", "organizations:Describe*"], "Resource": "*"},
    ],
}


@dataclass
class Reading:
    """The two callers of one process, both impatient."""

    connections: Connections
    account: str = ""

    @cached_property
    def aft(self) -> Caller:
        connections = self.connections
        return Caller(connections.wiring.credentials.aft, connections.clock, patience=_PATIENCE)

    @cached_property
    def management(self) -> Caller:
        return self.as_management(_READS)

    @cached_property
    def queue_name(self) -> str:
        """AFT's queue of orders."""
        return Tables(self.aft, self.connections).queue_name

    @cached_property
    def terminating(self) -> Caller:
        return self.as_management(_TERMINATES)

    def as_management(self, policy: dict[str, Any]) -> Caller:
        """Calls to the organization's management account, narrowed to a policy."""
        wiring = self.connections.wiring
        return self.execution(lambda: wiring.management_account_id, policy)

    def execution(self, account: Callable[[], str], policy: dict[str, Any] | None) -> Caller:
        wiring = self.connections.wiring
        return Caller(
            lambda: wiring.credentials.execution(account(), policy=policy, hub=wiring.hub),
            self.connections.clock,
            patience=_PATIENCE,
        )


@dataclass
class Collector:
    """Reads one account's evidence, again and again; ``with_access`` plans its access too."""

    reading: Reading
    name: str
    candidates: tuple[Subject, ...] = ()
    with_access: bool = True
    _unreadable: dict[Part, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        calls = self.reading.aft
        self._tables = Tables(calls, self.reading.connections)
        self._builds = Builds(calls, self.reading.connections.region)
        self._members = Members(self.reading)

    def collect(self) -> Evidence:
        """One look. Raises AccessError where there are no credentials, Refused for an ambiguous name."""
        self._unreadable = {}
        clock = self.reading.connections.clock
        subject = self._subject()
        at = clock.now()
        row = self._read(Part.REQUEST, lambda: self._tables.row(subject), None)
        metadata = self._read(Part.REQUEST, lambda: self._tables.metadata(subject), None)
        if metadata is not None:
            subject = replace(
                subject,
                id=metadata.id,
                email=subject.email or metadata.email,
                name=subject.name or metadata.name,
            )
        no_audit: tuple[AuditRecord, ...] = ()
        audit = self._read(Part.AUDIT, lambda: self._tables.audit(subject), no_audit)
        if row is not None:
            subject = replace(subject, name=row.name or subject.name, email=row.id)
        member = self._read(Part.ACCOUNT, lambda: self._members.find(subject), None)
        if member is not None:
            subject = replace(
                subject,
                id=member.id,
                name=subject.name or member.name,
                email=subject.email or member.email,
            )
        letters = self._letters
        products, tower = Products(self.reading.management), ControlTower(self.reading.management)
        since = max((each.at for each in audit), default=0.0)
        product_name = provisioned_product_name(subject.name) if subject.name else ""
        product = self._read(Part.PRODUCT, lambda: products.find(product_name, subject.id), None)
        if (
            member is None
            and product is not None
            and product.account_id
            and Part.ACCOUNT not in self._unreadable
        ):
            # An account of another email than its request's is found by what came of the product.
            made = Subject(id=product.account_id)
            member = self._read(Part.ACCOUNT, lambda: self._members.find(made), None)
            subject = replace(subject, id=product.account_id) if member is not None else subject
        no_runs: tuple[MachineRun, ...] = ()
        runs = self._read(Part.FRAMEWORK, lambda: self._builds.framework(subject), no_runs)
        no_pipeline: tuple[PipelineRun | None, bool] = (None, False)
        pipeline, exists = self._read(
            Part.CUSTOMIZATIONS, lambda: self._builds.customizations(subject.id), no_pipeline
        )
        return Evidence(
            subject=subject,
            at=at,
            row=row,
            audit=audit,
            has_metadata=metadata is not None,
            queue=self._read(Part.QUEUE, letters.queue, None),
            letters=self._read(Part.LETTERS, lambda: _own(letters.dead(), subject), ()),
            lines=self._read(Part.LOGS, lambda: Logs(self.reading.aft).about(subject, since), ()),
            product=product,
            member=member,
            events=self._read(Part.CONTROL_TOWER, lambda: self._tables.events(subject), ()),
            operations=self._read(
                Part.CONTROL_TOWER, lambda: tower.operations(member, product is not None), ()
            ),
            runs=runs,
            creation=self._read(Part.CREATION, lambda: self._builds.creation(subject.id), None),
            requests=self._read(Part.PIPELINE_OF_REQUESTS, self._builds.requests, None),
            pipeline=pipeline,
            has_pipeline=exists,
            access=self._access(subject, planned=row is not None and member is not None),
            in_files=bool(self.candidates),
            unreadable={part: self._unreadable[part] for part in Part if part in self._unreadable},
        )

    @cached_property
    def _letters(self) -> Letters:
        return Letters(self.reading.aft, self._tables.queue_name)

    def _access(self, subject: Subject, *, planned: bool) -> Any:
        if not subject.id:
            return None
        reader = AccessReader(self.reading.connections, subject.id)
        return self._read(Part.ACCESS, lambda: reader.read(plan=self.with_access and planned), None)

    def _read(self, part: Part, read: Callable[[], T], otherwise: T) -> T:
        """One part; what AWS refuses is its reason and nobody else's."""
        try:
            return read()
        except AccessError as error:
            if isinstance(error, AwsError) and error.code in _OVER:
                raise  # nothing else can be read either
            self._unreadable.setdefault(part, reason(error))
            return otherwise

    def _subject(self) -> Subject:
        """Who is meant: by the requests in the repository, AFT's tables, then the organization."""
        no_subjects: tuple[Subject, ...] = ()
        known = list(self._read(Part.REQUEST, self._tables.subjects, no_subjects))
        emails = {each.email.casefold() for each in self.candidates if each.email}
        found = [*self.candidates, *(each for each in known if each.email.casefold() in emails)]
        found = found or _matching(known, self.name)
        if not found:
            known += self._read(Part.ACCOUNT, self._members.subjects, no_subjects)
            found = _matching(known, self.name)
        if not found:
            known += self._read(Part.AUDIT, self._tables.once, no_subjects)
            found = _matching(known, self.name)
        merged = _merged(found)
        if len(merged) > 1:
            shown = ", ".join(sorted(f"{each.email} {each.id}".strip() for each in merged))
            raise Refused(f"{len(merged)} accounts are called {self.name!r}: {shown}", hint="name the email")
        if merged:
            return merged[0]
        if not self._unreadable:
            forms = [each.email if "@" in self.name else each.name for each in known]
            close = nearest(self.name, list(filter(None, forms)))
            raise Refused(
                f"neither AFT nor the organization knows an account {self.name!r}",
                hint=f"did you mean {close!r}?" if close else "give its name, email or id",
            )
        if "@" in self.name:
            return Subject(email=self.name)
        return Subject(id=self.name) if self.name.isdigit() else Subject(name=self.name)


def _matching(known: list[Subject], name: str) -> list[Subject]:
    exact = [each for each in known if name in (each.id, each.name)]
    return exact or [each for each in known if each.email and each.email.casefold() == name.casefold()]


def _merged(found: list[Subject]) -> list[Subject]:
    """One for each email (letter case apart), with the id that anybody knows."""
    by_email: dict[str, Subject] = {}
    for each in found:
        key = each.email.casefold() or each.id
        before = by_email.get(key)
        by_email[key] = replace(before, id=before.id or each.id) if before else each
    return list(by_email.values())


def _own(letters: tuple[Letter, ...], subject: Subject) -> tuple[Letter, ...]:
    email = subject.email.casefold()
    return tuple(each for each in letters if email and each.email.casefold() == email)


_NOT_ALLOWED: Final = re.compile(r"not authorized to perform:? ([\w-]+:\w+)")


def reason(error: AccessError) -> str:
    """One line; of a denial, the action that is missing, without the caller and the resources."""
    text = " ".join(str(error).split())
    denied = _NOT_ALLOWED.search(text)
    return f"{denied[1]} is not allowed" if denied else text[:300]

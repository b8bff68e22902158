"""What was read: requests with their values and places, and what else lies in the request folder."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum

from aftgen.hcl.nodes import Attribute, Block, Expr, File, Object
from aftgen.hcl.values import Unknown, Value, first_unknown, is_known

CONTROL_TOWER = "control_tower_parameters"
CHANGE_MANAGEMENT = "change_management_parameters"
TAGS = "account_tags"
CUSTOM_FIELDS = "custom_fields"
CUSTOMIZATION = "account_customizations_name"

#: AFT's module and what it gives an argument that is left out; None: the argument is required.
ARGUMENTS: Mapping[str, Value] = {
    CONTROL_TOWER: None,
    CHANGE_MANAGEMENT: None,
    TAGS: {},
    CUSTOM_FIELDS: {},
    CUSTOMIZATION: "",
}
CONTROL_TOWER_KEYS = (
    "AccountEmail",
    "AccountName",
    "ManagedOrganizationalUnit",
    "SSOUserEmail",
    "SSOUserFirstName",
    "SSOUserLastName",
)
CHANGE_MANAGEMENT_KEYS = ("change_requested_by", "change_reason")


#: Why a request is not evaluated when its module makes other rows of it than AFT's own would.
SEVERAL_ITEMS = "the repository's own request module, which writes several rows"


class EvaluatedBy(Enum):
    READER = "reader"
    TERRAFORM = "terraform"
    NOTHING = "not evaluated"


@dataclass(frozen=True, slots=True)
class Span:
    """A place in a file, in bytes."""

    file: File
    start: int
    end: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One account request: a module block, or one instance of a block that repeats.

    ``arguments`` holds the module's arguments after its types' conversions; what is not known is Unknown.
    """

    address: str
    file: File
    block: Block
    arguments: Mapping[str, Value]
    evaluated_by: EvaluatedBy
    #: Of a request that nothing could evaluate: why.
    reason: str = ""

    @property
    def label(self) -> str:
        return self.block.labels[0].text if self.block.labels else ""

    @property
    def path(self) -> str:
        return self.file.source.path

    def value(self, argument: str, key: str | None = None) -> Value:
        """An argument, or one key of it; None when the key is not there."""
        value = self.arguments.get(argument)
        if key is None or isinstance(value, Unknown):
            return value
        return value.get(key) if isinstance(value, dict) else None

    def text(self, argument: str, key: str | None = None) -> str | None:
        """An argument or key where it is a known string, else None."""
        value = self.value(argument, key)
        return value if isinstance(value, str) else None

    @property
    def email(self) -> str | None:
        return self.text(CONTROL_TOWER, "AccountEmail")

    @property
    def name(self) -> str | None:
        return self.text(CONTROL_TOWER, "AccountName")

    @property
    def ou(self) -> str | None:
        return self.text(CONTROL_TOWER, "ManagedOrganizationalUnit")

    @property
    def unknown(self) -> Unknown | None:
        """Some value of it that is not known, or None when all are."""
        return next(filter(None, map(first_unknown, self.arguments.values())), None)

    @property
    def is_known(self) -> bool:
        return all(is_known(value) for value in self.arguments.values())

    def span(self, argument: str | None = None, key: str | None = None) -> Span:
        """The place of a value: its own expression if it stands here, else the nearest thing around it."""
        attribute = self.block.body.attributes.get(argument) if argument else None
        if attribute is None:
            return Span(self.file, self.block.start, self.block.header_end)
        if key is not None:
            expr = _value_of(attribute.value, key)
            if expr is not None:
                return Span(self.file, expr.start, expr.end)
        return _span_of(self.file, attribute)

    def key_span(self, argument: str, key: str) -> Span:
        """The place of a key itself."""
        attribute = self.block.body.attributes.get(argument)
        if attribute is not None and isinstance(attribute.value, Object):
            for item in attribute.value.items:
                if getattr(item.key, "value", None) == key:
                    return Span(self.file, item.key.start, item.key.end)
        return self.span(argument)


def _span_of(file: File, attribute: Attribute) -> Span:
    if isinstance(attribute.value, Object):
        return Span(file, attribute.start, attribute.start + len(attribute.name.encode()))
    return Span(file, attribute.value.start, attribute.value.end)


def _value_of(expr: Expr, key: str) -> Expr | None:
    if not isinstance(expr, Object):
        return None
    found = None
    for item in expr.items:
        if getattr(item.key, "value", None) == key:
            found = item.value
    return found


@dataclass(frozen=True, slots=True, kw_only=True)
class ForeignBlock:
    """A block that is not a request, in a file that AFT loads; ``module_folder`` is "" for the root."""

    file: File
    block: Block
    module_folder: str = ""


@dataclass(frozen=True, slots=True)
class NeverLoaded:
    """A file with account requests that AFT will never read, and why."""

    path: str
    why: str


@dataclass(frozen=True, slots=True)
class Unreadable:
    """Something that has a place among the requests but could not be read at all."""

    path: str
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestFolder:
    """Everything that lies where AFT reads account requests, in file order."""

    path: str
    files: tuple[File, ...] = ()
    requests: tuple[Request, ...] = ()
    foreign: tuple[ForeignBlock, ...] = ()
    moved: tuple[ForeignBlock, ...] = ()
    never_loaded: tuple[NeverLoaded, ...] = ()
    unreadable: tuple[Unreadable, ...] = ()
    #: Folders (relative to the repository) of local modules that hold requests, with their files.
    modules: Mapping[str, tuple[File, ...]] = field(default_factory=dict)

"""Which of the unknown requests can be evaluated safely, what they need for it, and why not the rest.

The reasons are found before Terraform sees anything: each definition is looked at with everything that it
refers to, so that one local which reads a data source stops only the requests that use it.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from posixpath import basename

from aftgen.evaluate import functions
from aftgen.evaluate.filtered import json_strings
from aftgen.evaluate.modules import (
    LOCAL,
    MODULE,
    OUTPUT,
    VARIABLE,
    Definition,
    Instance,
)
from aftgen.evaluate.paths import Bound, PathReader
from aftgen.hcl.nodes import Attribute, Call, Expr, File, Opaque, Reference
from aftgen.hcl.syntax import AMBIGUOUS
from aftgen.reader.folder import is_override
from aftgen.reader.json_syntax import BROKEN_TEMPLATE
from aftgen.reader.model import Request

#: Arguments of a module block that change nothing about the values given to it.
DROPPED_ARGUMENTS = frozenset({"providers", "version", "depends_on"})
#: Arguments that every module block may have besides the module's own variables.
META_ARGUMENTS = frozenset({"source", "for_each", "count"})
#: What a ``for`` may not call its variables: an expression with two meanings is not worked out.
_RESERVED_NAMES = frozenset({"path", "each", "local", "var", "module", "count", "terraform", "data"})
_KNOWN_NAMES = (("path", "module"), ("path", "root"), ("terraform", "workspace"))
_IDENTIFIER = re.compile(r"[^\W\d][\w-]*\Z")


@dataclass(frozen=True, slots=True)
class Key:
    """A named thing in one instance of a module."""

    instance: Instance
    kind: str
    name: str


@dataclass(slots=True)
class Needs:
    """What an expression, or a definition, needs in order to be evaluated; or why it must not be."""

    keys: set[Key] = field(default_factory=set)
    #: Files to copy with their content, and files of which the name is enough.
    contents: set[str] = field(default_factory=set)
    names: set[str] = field(default_factory=set)
    reasons: list[str] = field(default_factory=list)

    def add(self, other: "Needs") -> None:
        self.keys |= other.keys
        self.contents |= other.contents
        self.names |= other.names
        self.reasons += other.reasons


@dataclass(slots=True)
class Selection:
    """What goes into the sandbox, and why some requests do not."""

    requests: dict[str, Request] = field(default_factory=dict)
    reasons: dict[str, str] = field(default_factory=dict)
    needs: Needs = field(default_factory=Needs)


class Selector:
    """Looks at definitions, each once per place, until something is refused by ``refused``."""

    def __init__(
        self,
        root: Instance,
        paths: PathReader,
        variables: frozenset[str],
        refusal_of: Callable[[str, str], str],
        refused: Mapping[Definition, str],
    ) -> None:
        self.root = root
        self.paths = paths
        self.variables = variables
        self.refusal_of = refusal_of
        self.refused = refused
        self.places = {
            (instance.address_of(label), id(definition.block)): (instance, label)
            for instance in root.walk()
            for label, definition in instance.requests.items()
        }
        self._seen: dict[Key, Needs] = {}

    def select(self, requests: Iterable[Request]) -> Selection:
        selection = Selection()
        needs_of: dict[str, Needs] = {}
        for request in requests:
            place = self.places.get((request.address, id(request.block)))
            if place is None:
                selection.reasons[request.address] = "its module calls itself or lies behind a link"
                continue
            needs = self._closure(Key(place[0], MODULE, place[1]))
            if needs.reasons:
                selection.reasons[request.address] = needs.reasons[0]
            else:
                selection.requests[request.address] = request
                needs_of[request.address] = needs
        self._leave_out_shared(selection, needs_of)
        for address in selection.requests:
            selection.needs.add(needs_of[address])
        return selection

    def _leave_out_shared(self, selection: Selection, needs_of: Mapping[str, Needs]) -> None:
        """A module's text is the same for all its calls: one that would fail on a kept block goes out."""
        while True:
            kept_calls = {
                key.instance for address in selection.requests for key in needs_of[address].keys
            } - {self.root}
            kept_blocks = {id(request.block) for request in selection.requests.values()}
            bad: dict[str, str] = {}
            for instance in kept_calls:
                for label, definition in instance.requests.items():
                    address = instance.address_of(label)
                    if id(definition.block) in kept_blocks and address not in selection.requests:
                        reasons = self._closure(Key(instance, MODULE, label)).reasons
                        if reasons:
                            bad[instance.address] = reasons[0]
            leaving = [
                (address, reason)
                for address in selection.requests
                for call, reason in bad.items()
                if address.startswith(f"{call}.")
            ]
            if not leaving:
                return
            for address, reason in leaving:
                selection.requests.pop(address, None)
                selection.reasons[address] = reason

    def _closure(self, start: Key) -> Needs:
        """Everything that a definition needs, directly or not."""
        result = Needs()
        waiting = [start]
        while waiting:
            key = waiting.pop()
            if key in result.keys:
                continue
            result.keys.add(key)
            needs = self._of(key)
            result.contents |= needs.contents
            result.names |= needs.names
            result.reasons += needs.reasons
            waiting.extend(needs.keys - result.keys)
        return result

    def _of(self, key: Key) -> Needs:
        if key not in self._seen:
            self._seen[key] = self._look(key)
        return self._seen[key]

    def _look(self, key: Key) -> Needs:
        needs = Needs()
        instance = key.instance
        definitions = instance.folder.named(key.kind, key.name)
        if not definitions:
            needs.reasons.append(f"{_shown(key)}, which is not defined")
        if instance.call is not None and instance.parent is not None:
            needs.keys.add(Key(instance.parent, MODULE, instance.call.name))
        plain = [found for found in definitions if not is_override(basename(found.file.source.path))]
        if key.kind == MODULE and len(plain) != 1:
            needs.reasons.append(f"{_shown(key)}, which is defined {len(plain)} times")
        for definition in definitions:
            if definition in self.refused:
                needs.reasons.append(self.refused[definition])
            if definition.file.problems:
                needs.reasons.append(f"{definition.file.source.path}, which Terraform cannot read")
            needs.add(self._of_definition(key, definition))
        return needs

    def _of_definition(self, key: Key, definition: Definition) -> Needs:
        instance = key.instance
        needs = Needs()
        if key.kind == VARIABLE:
            return self._of_variable(instance, definition)
        if not _IDENTIFIER.match(key.name):
            needs.reasons.append(f"the label {key.name!r}, which is no Terraform identifier")
        bound = (
            self.paths.each_of(definition.attributes, definition.file, instance) if key.kind == MODULE else {}
        )
        is_request = key.name in instance.requests
        for name, attribute in definition.attributes.items():
            if key.kind == MODULE and (
                name in DROPPED_ARGUMENTS
                or name == "source"
                or (not is_request and name not in META_ARGUMENTS)
            ):
                continue
            if key.kind == OUTPUT and name != "value":
                continue
            needs.add(self._of_expression(attribute.value, definition.file, instance, bound))
            needs.reasons += _hidden_calls(definition, attribute)
        return needs

    def _of_variable(self, instance: Instance, definition: Definition) -> Needs:
        needs = Needs()
        default = definition.attributes.get("default")
        if default is not None:
            needs.reasons += _hidden_calls(definition, default)
            needs.add(self._of_expression(default.value, definition.file, instance, {}))
        if instance.call is None or instance.parent is None:
            if default is None and definition.name not in self.variables:
                needs.reasons.append(f"var.{definition.name}, which has no value in the repository")
            return needs
        call = instance.call
        given = call.attributes.get(definition.name)
        if given is not None:
            bound = self.paths.each_of(call.attributes, call.file, instance.parent)
            needs.add(self._of_expression(given.value, call.file, instance.parent, bound))
            needs.reasons += _hidden_calls(call, given)
        return needs

    def _of_expression(self, expr: Expr, file: File, instance: Instance, bound: Bound) -> Needs:
        needs = Needs()
        self._walk(expr, file, instance, bound, needs)
        return needs

    def _walk(self, expr: Expr, file: File, instance: Instance, bound: Bound, needs: Needs) -> None:
        match expr:
            case Reference() if expr.root in bound:
                return
            case Reference():
                self._reference(expr, instance, needs)
            case Call():
                self._call(expr, file, instance, bound, needs)
                return
            case Opaque(kind=kind) if kind in (BROKEN_TEMPLATE, AMBIGUOUS):
                needs.reasons.append("a template that can be read in two ways")
            case Opaque() if expr.binds:
                is_for = expr.kind.startswith("for_")
                # In a for expression, ``path`` is a name like another; around a template's directives the
                # reader does not tell which parts see it.
                if not (_RESERVED_NAMES - ({"path"} if is_for else set())).isdisjoint(expr.binds):
                    needs.reasons.append(f"a loop that calls its variable {expr.binds[0]!r}")
                inner = self.paths.bound_inside(expr, file, instance, bound)
                for index, child in enumerate(expr.children()):
                    # What is looped over does not see the names that the loop binds.
                    outside = is_for and index == 0
                    self._walk(child, file, instance, bound if outside else inner, needs)
                return
        for child in expr.children():
            self._walk(child, file, instance, bound, needs)

    def _reference(self, expr: Reference, instance: Instance, needs: Needs) -> None:
        first = expr.steps[0] if expr.steps else None
        if expr.root in ("local", "var") and isinstance(first, str):
            needs.keys.add(Key(instance, LOCAL if expr.root == "local" else VARIABLE, first))
        elif expr.root == "module" and isinstance(first, str):
            child = instance.children.get(first)
            if child is None:
                needs.reasons.append(f"module.{first}, which is not put into the sandbox")
                return
            needs.keys.add(Key(instance, MODULE, first))
            for definition in child.folder.of_kind(OUTPUT):
                if definition.name in expr.steps or len(expr.steps) == 1:
                    needs.keys.add(Key(child, OUTPUT, definition.name))
        elif expr.root not in ("each", "count") and (expr.root, first) not in _KNOWN_NAMES:
            needs.reasons.append(".".join([expr.root, *map(str, expr.steps[:2])]))

    def _call(self, call: Call, file: File, instance: Instance, bound: Bound, needs: Needs) -> None:
        name = functions.name_without_namespace(call.name)
        if name in functions.READ_FILE and call.arguments:
            self._file_call(name, call, file, instance, bound, needs)
        elif name == functions.FILESET:
            listed = self.paths.fileset(call, file, instance, bound)
            if listed is None:
                needs.reasons.append("fileset() of a path that is only known at run time")
                return
            for folder, paths in listed.items():
                needs.names.update(f"{folder}/{path}" for path in paths)
        elif name not in functions.PURE:
            needs.reasons.append(f"{call.name}()")
        for argument in call.arguments:
            self._walk(argument, file, instance, bound, needs)

    def _file_call(
        self, name: str, call: Call, file: File, instance: Instance, bound: Bound, needs: Needs
    ) -> None:
        paths = None if call.expands_last else self.paths.texts(call.arguments[0], file, instance, bound)
        if paths is None:
            needs.reasons.append(f"{name}() of a file path that is only known at run time")
            return
        for path in paths:
            place = self.paths.inside(path)
            if place is None:
                needs.reasons.append(f"{name}() of a path that leads out of the repository")
                return
            refusal = self.refusal_of(name, place)
            if refusal:
                needs.reasons.append(f"{name}() of {place}, {refusal}")
                return
            needs.contents.add(place)


def _hidden_calls(definition: Definition, attribute: Attribute) -> Iterator[str]:
    """File functions in the text that the parser did not see as calls: it and Terraform may differ."""
    seen = [inner for inner in attribute.value.walk() if isinstance(inner, Call)]
    if not definition.is_json and functions.names_remote_state(
        definition.clean[attribute.start : attribute.end]
    ):
        yield "terraform_remote_state"
    if definition.is_json:
        expected = sum(bool(functions.calls_in_text(f"{call.name}(".encode())) for call in seen)
        found = sum(
            len(functions.calls_in_text(text.encode())) for text in json_strings(definition, attribute.name)
        )
        if found > expected:
            yield "a file function in a place where aftgen does not see a call"
        return
    known = {call.start + len(call.name) - len(functions.name_without_namespace(call.name)) for call in seen}
    for offset, name in functions.calls_in_text(definition.clean[attribute.start : attribute.end]):
        if attribute.start + offset not in known:
            yield f"{name}() in a place where aftgen does not see a call"


def _shown(key: Key) -> str:
    root = {LOCAL: "local", VARIABLE: "var", MODULE: "module", OUTPUT: "output"}[key.kind]
    return f"{root}.{key.name}"

"""One Terraform module as a build would load it: what it declares, what it refers to, and what does not fit.

The messages begin with Terraform's own summaries, so that they can be looked up.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from os.path import normpath
from pathlib import Path
from typing import Final

from aftgen.errors import nearest
from aftgen.hcl import nodes
from aftgen.hcl.syntax import parse
from aftgen.reader import json_syntax
from aftgen.reader.folder import MAX_FILE_BYTES, is_override, terraform_files

#: Roots of references that Terraform itself gives a meaning.
_BUILT_IN: Final = frozenset({"each", "count", "self", "path", "terraform", "ephemeral", "action", "list"})
#: Blocks whose references name what need not be declared, or what no expression is.
_NO_REFERENCES: Final = frozenset({"terraform", "moved", "removed", "import", "variable"})
#: Arguments that name providers or attributes with the syntax of a reference.
_NOT_REFERENCES: Final = frozenset({"provider", "providers", "ignore_changes", "configuration_aliases"})
_LABELS: Final = {"resource": 2, "data": 2, "ephemeral": 2, "variable": 1, "output": 1, "module": 1}
_FILES: Final = frozenset(
    {
        "file",
        "filebase64",
        "filebase64sha256",
        "filebase64sha512",
        "filemd5",
        "filesha1",
        "filesha256",
        "filesha512",
        "templatefile",
    }
)
#: What stands inside these may fail without harm.
_FORGIVING: Final = frozenset({"try", "can"})
#: Arguments of a module block that are not its module's variables.
META_ARGUMENTS: Final = frozenset({"source", "version", "providers", "count", "for_each", "depends_on"})


@dataclass(frozen=True, slots=True)
class Use:
    """A reference or call in an expression; `lenient`: Terraform may never evaluate it, or forgive it."""

    expr: nodes.Reference | nodes.Call
    file: nodes.File
    lenient: bool


@dataclass(frozen=True, slots=True)
class Placed:
    """A block and the file that it stands in."""

    block: nodes.Block
    file: nodes.File

    def at(self) -> str:
        return place(self.file, self.block.start)


@dataclass(eq=False)
class Module:
    """The files of one folder. `shown` is the folder in messages, "" for the root module."""

    folder: Path
    shown: str
    files: tuple[nodes.File, ...]
    problems: list[str] = field(default_factory=list)
    #: By address: ``var.x``, ``local.x``, ``module.x``, ``data.T.N``, ``T.N``, ``output.x``.
    declared: dict[str, Placed] = field(default_factory=dict)

    def blocks(self, kind: str) -> Iterator[Placed]:
        for file in self.files:
            for block in file.body.of_type(kind):
                yield Placed(block, file)

    def calls(self) -> Iterator[Placed]:
        """Module blocks with a name, override files' left out."""
        for placed in self.blocks("module"):
            if len(placed.block.labels) == 1 and not _overrides(placed.file):
                yield placed

    def variables(self) -> Mapping[str, bool]:
        """Every variable, and whether it must be given."""
        return {
            address.removeprefix("var."): "default" not in placed.block.body.attributes
            for address, placed in self.declared.items()
            if address.startswith("var.")
        }

    def uses(self) -> Iterator[Use]:
        for file in self.files:
            for block in file.body.blocks:
                if block.type not in _NO_REFERENCES:
                    yield from _uses_of_body(block.body, file, frozenset())


def load(folder: Path, shown: str) -> Module:
    """Parse a folder. Nothing raises: what Terraform would refuse is in `problems`."""
    files: list[nodes.File] = []
    problems: list[str] = []
    for path in terraform_files(folder):
        name = f"{shown}/{path.name}" if shown else path.name
        if not path.is_file():
            problems.append(f"{name}: this is not a file that can be read")
            continue
        if path.stat().st_size > MAX_FILE_BYTES:
            problems.append(f"{name}: this is larger than {MAX_FILE_BYTES // 1024**2} MB")
            continue
        source = nodes.Source.of(name, path.read_bytes())
        file = json_syntax.parse(source) if name.endswith(".json") else parse(source)
        problems += [f"{place(file, each.start)}: {each.message}" for each in file.problems]
        files.append(file)
    module = Module(folder, shown, tuple(files), problems)
    # Names in a file that could only be read in part would be called undeclared for no reason.
    if not problems:
        _declare(module)
    return module


def place(file: nodes.File, offset: int) -> str:
    position = file.source.position(offset)
    return f"{file.source.path}:{position.line}:{position.column}"


def _overrides(file: nodes.File) -> bool:
    return is_override(file.source.path.rsplit("/", 1)[-1])


def _declare(module: Module) -> None:
    once: dict[str, Placed] = {}
    for file in module.files:
        for block in file.body.blocks:
            placed = Placed(block, file)
            for address in _addresses(block, module, placed):
                known = module.declared if not address.startswith((" ", "provider ")) else once
                if address in known and not _overrides(file):
                    module.problems.append(
                        f"{placed.at()}: Duplicate {address.strip()}: "
                        f"it was declared at {known[address].at()}"
                    )
                known.setdefault(address, placed)


def _addresses(block: nodes.Block, module: Module, placed: Placed) -> Iterator[str]:
    labels = [label.text for label in block.labels]
    if block.type in _LABELS and len(labels) != _LABELS[block.type]:
        module.problems.append(
            f"{placed.at()}: Missing or extraneous label: a {block.type} block has {_LABELS[block.type]}"
        )
        return
    match block.type:
        case "locals":
            yield from (f"local.{name}" for name in block.body.attributes)
        case "variable":
            yield f"var.{labels[0]}"
        case "resource":
            yield ".".join(labels)
        case "data" | "module" | "output" | "ephemeral":
            yield ".".join((block.type, *labels))
        case "check":
            for inner in block.body.of_type("data"):
                yield ".".join(("data", *(label.text for label in inner.labels)))
        case "provider" if labels:
            alias = block.body.attributes.get("alias")
            name = getattr(alias.value, "value", "") if alias else ""
            yield f"provider {labels[0]}{f'.{name}' if name else ''} configuration"
        case "terraform":
            for inner in block.body.blocks:
                if inner.type in ("backend", "cloud"):
                    yield " backend configuration"
                elif inner.type == "required_providers":
                    yield " required providers configuration"


def _uses_of_body(body: nodes.Body, file: nodes.File, bound: frozenset[str]) -> Iterator[Use]:
    for name, attribute in body.attributes.items():
        if name not in _NOT_REFERENCES:
            yield from _uses(attribute.value, file, bound, lenient=False)
    for block in body.blocks:
        inner = bound
        if block.type == "dynamic" and block.labels:
            iterator = block.body.attributes.get("iterator")
            named = iterator.value.root if iterator and isinstance(iterator.value, nodes.Reference) else ""
            inner = bound | {named or block.labels[0].text}
            without = {key: value for key, value in block.body.attributes.items() if key != "iterator"}
            yield from _uses_of_body(nodes.Body(without, block.body.blocks), file, inner)
            continue
        yield from _uses_of_body(block.body, file, inner)


def _uses(expr: nodes.Expr, file: nodes.File, bound: frozenset[str], *, lenient: bool) -> Iterator[Use]:
    if isinstance(expr, nodes.Reference):
        if expr.root not in bound:
            yield Use(expr, file, lenient)
        return
    if isinstance(expr, nodes.Call):
        yield Use(expr, file, lenient)
        lenient = lenient or expr.name in _FORGIVING
    elif isinstance(expr, nodes.Opaque):
        bound = bound | frozenset(expr.binds)
        lenient = lenient or expr.kind == "conditional"
    for child in expr.children():
        yield from _uses(child, file, bound, lenient=lenient)


def undeclared(module: Module, outputs: Mapping[str, frozenset[str]]) -> Iterator[str]:
    """References to what nothing declares. `outputs`: of the local modules, by the name of their call."""
    for use in module.uses():
        if isinstance(use.expr, nodes.Reference) and (address := _address(use.expr)):
            kind, known = _candidates(module, address)
            if address in module.declared:
                problem = _missing_output(use.expr, outputs)
            else:
                close = nearest(address, known)
                hint = f"; did you mean {close}?" if close else ""
                problem = f"Reference to undeclared {kind}: nothing declares {address}{hint}"
            if problem:
                yield f"{place(use.file, use.expr.start)}: {problem}"


def _address(expr: nodes.Reference) -> str:
    """What a reference needs to be declared, "" for what is not known to be one."""
    steps = [step for step in expr.steps if isinstance(step, str)]
    match expr.root:
        case "var" | "local" | "module" if steps:
            return f"{expr.root}.{steps[0]}"
        case "data" if len(steps) >= 2:
            return f"data.{steps[0]}.{steps[1]}"
        case "resource" if len(steps) >= 2:
            return f"{steps[0]}.{steps[1]}"
        case root if root not in (*_BUILT_IN, "var", "local", "module", "data", "resource") and steps:
            # A resource type has its provider's name before an underscore; other names are rare, and unclear.
            return f"{root}.{steps[0]}" if "_" in root else ""
    return ""


def _candidates(module: Module, address: str) -> tuple[str, list[str]]:
    root = address.split(".")[0]
    kind = {"var": "input variable", "local": "local value", "module": "module", "data": "data source"}
    return kind.get(root, "resource"), [name for name in module.declared if name.split(".")[0] == root]


def _missing_output(expr: nodes.Reference, outputs: Mapping[str, frozenset[str]]) -> str:
    if expr.root != "module" or len(expr.steps) < 2 or str(expr.steps[0]) not in outputs:
        return ""
    name, output = str(expr.steps[0]), expr.steps[1]
    known = outputs[name]
    if not isinstance(output, str) or output in known:
        return ""
    close = nearest(output, sorted(known))
    hint = f"; did you mean {close}?" if close else ""
    return f"Unsupported attribute: module.{name} has no output {output!r}{hint}"


def missing_files(module: Module, root: Path) -> Iterator[str]:
    """Calls of `file()` and its relatives whose file is not there, where its path is plain to see."""
    for use in module.uses():
        call = use.expr
        if not isinstance(call, nodes.Call) or call.name not in _FILES or use.lenient or not call.arguments:
            continue
        path = _static_path(call.arguments[0], module.folder, root)
        if path is not None and not path.is_file():
            shown = use.file.source.text(call.arguments[0].start, call.arguments[0].end)
            yield (
                f"{place(use.file, call.start)}: Invalid function argument: {call.name}({shown}): "
                "no file exists there"
            )


def _static_path(expr: nodes.Expr, folder: Path, root: Path) -> Path | None:
    """A path made of text and `path.module`, `path.root` or `path.cwd` only."""
    parts = expr.parts if isinstance(expr, nodes.Template) else (expr,)
    places = {"module": folder, "root": root, "cwd": root}
    texts: list[str] = []
    for part in parts:
        match part:
            case str():
                texts.append(part)
            case nodes.Constant(value=str(value)):
                texts.append(value)
            case nodes.Reference(root="path", steps=(str(name),)) if name in places:
                texts.append(str(places[name]))
            case _:
                return None
    return Path(normpath(root / "".join(texts)))

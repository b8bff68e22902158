"""The Terraform stage of a customization, as far as it goes without a provider.

AFT renders the templates, then runs `terraform init` and `apply` against the account. A rehearsal has no
provider, so it does what comes before one: render, read every file, resolve what a file says about its own
folder, and hold `required_version` against the release that AFT installs. What it reports here, Terraform
would refuse; what only a provider knows is named in a note, so that nobody takes silence for a plan.

Reference: AFT reference §1.1 (append), §3.2; Terraform's messages as of 1.11.
"""

import shutil
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from os.path import normpath
from pathlib import Path
from typing import TYPE_CHECKING, Final

from aftgen.errors import Refused
from aftgen.hcl import nodes
from aftgen.hcl.syntax import parse
from aftgen.reader.folder import terraform_files
from aftgen.rehearsal.jinja import render_folder
from aftgen.rehearsal.terraform_module import (
    META_ARGUMENTS,
    Module,
    Placed,
    load,
    missing_files,
    place,
    undeclared,
)
from aftgen.rehearsal.terraform_versions import allows

if TYPE_CHECKING:
    from aftgen.rehearsal.processes import Workspace

_MAX_DEPTH: Final = 10
_BUILT_IN_PROVIDER: Final = "terraform"
_FMT_UNFORMATTED: Final = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """`problems` are what Terraform would refuse, in reading order; `notes` what it would not mind or what
    cannot be known here; `log` is both, and what was done, for people."""

    problems: tuple[str, ...]
    notes: tuple[str, ...]
    log: str


@dataclass(eq=False)
class TerraformStage:
    """Judges the rendered folders of builds; one for all builds, because formatting is the tree's alone."""

    processes: "Workspace"
    version: str
    distribution: str
    _formatting: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def judge(
        self,
        folder: Path,
        *,
        tree: Path,
        template: str,
        variables: Mapping[str, str],
        given: frozenset[str] = frozenset(),
    ) -> Judgement:
        """Renders and judges `folder`, which is the build's own copy, in the checkout `tree`.

        `template` names what it is a copy of; `variables` are for jinja; `given` are the variables whose
        TF_VAR_ the build's environment has.
        """
        problems, notes = list[str](), list[str]()
        if not folder.is_dir():
            missing = folder.relative_to(tree)
            problems.append(f"cd: {missing}: No such file or directory; Terraform has no configuration files")
            return _judgement(problems, notes)
        problems += self._formatted(folder, template, notes)
        try:
            notes += render_folder(folder, variables)
        except Refused as error:
            problems.append(f"{error.place}: {error.message}" if error.place else error.message)
            return _judgement(problems, notes)
        if not terraform_files(folder):
            problems.append("Error: No configuration files: there is no .tf file to apply")
            return _judgement(problems, notes)
        check = _Check(folder, tree if self.distribution == "oss" else folder, self.version)
        check.root(given, workspace_may_give=self.distribution != "oss")
        # What its own parser says is said once.
        problems = list(dict.fromkeys([*check.problems, *(problems if not check.problems else ())]))
        return _judgement(problems, [*notes, *check.notes, *check.not_checked()])

    def _formatted(self, folder: Path, template: str, notes: list[str]) -> tuple[str, ...]:
        """What `terraform fmt -check` says of the author's files; what it cannot read is a problem."""
        with self._lock:
            if template not in self._formatting:
                self._formatting[template] = self._format(folder)
            problems, remarks = self._formatting[template]
        notes += remarks
        return problems

    def _format(self, folder: Path) -> tuple[tuple[str, ...], tuple[str, ...]]:
        binary = shutil.which("terraform")
        if binary is None:
            return (), ("formatting was not checked: terraform is not on PATH",)
        done = self.processes.run([binary, "fmt", "-check", "-recursive", "-no-color"], cwd=folder)
        if done.code == _FMT_UNFORMATTED:
            return (), (f"not formatted, 'terraform fmt' would change: {', '.join(done.output.split())}",)
        if done.code != 0:
            return (_first_error(done.output),), ()
        return (), ()


class _Check:
    """One walk from the root module through the local modules that it calls."""

    def __init__(self, folder: Path, boundary: Path, version: str) -> None:
        self.folder = folder
        self.boundary = boundary
        self.version = version
        self.problems: list[str] = []
        self.notes: list[str] = []
        self._kinds: set[str] = set()
        self._remote: list[str] = []

    def root(self, given: frozenset[str], *, workspace_may_give: bool) -> None:
        module = self._module(self.folder, "", ())
        known = given | _tfvars(self.folder)
        missing = [name for name, needed in module.variables().items() if needed and name not in known]
        if missing and workspace_may_give:
            self.notes.append(f"the workspace must give a value to: {', '.join(missing)}")
            return
        for name in missing:
            placed = module.declared[f"var.{name}"]
            self.problems.append(
                f"{placed.at()}: No value for required variable: nothing gives {name!r} one, and nobody "
                "is there to ask"
            )

    def not_checked(self) -> Iterator[str]:
        """What is left to a provider, and to the network."""
        if self._kinds:
            kinds = ", ".join(sorted(self._kinds)[:6]) + (", …" if len(self._kinds) > 6 else "")
            yield (
                f"only a provider could have checked the arguments of {kinds}, and what a plan would do "
                "with them"
            )
        if self._remote:
            yield f"only the network has: {', '.join(dict.fromkeys(self._remote))}"

    def _module(self, folder: Path, shown: str, above: tuple[Path, ...]) -> Module:
        module = load(folder, shown)
        self.problems += module.problems
        if module.problems:
            return module
        outputs: dict[str, frozenset[str]] = {}
        for call in module.calls():
            called = self._call(call, module, (*above, folder))
            repeated = {"count", "for_each"} & call.block.body.attributes.keys()
            if called is not None and not repeated and not called.problems:
                names = (name for name in called.declared if name.startswith("output."))
                outputs[call.block.labels[0].text] = frozenset(name.removeprefix("output.") for name in names)
        self.problems += undeclared(module, outputs)
        self.problems += missing_files(module, self.folder)
        self._versions(module)
        for kind in ("resource", "data"):
            for placed in module.blocks(kind):
                name = placed.block.labels[0].text
                if name.split("_")[0] != _BUILT_IN_PROVIDER:
                    self._kinds.add(name)
        return module

    def _call(self, call: Placed, module: Module, above: tuple[Path, ...]) -> Module | None:
        """The local module that a block calls, judged; None for another one, or where nobody can know."""
        source = call.block.body.attributes.get("source")
        text = source.value.value if source and isinstance(source.value, nodes.Constant) else None
        if not isinstance(text, str):
            self.problems.append(f"{call.at()}: Missing or invalid module source: it must be plain text")
            return None
        if not text.startswith(("./", "../")):
            self._remote.append(text)
            return None
        folder = Path(normpath(module.folder / text))
        where = place(call.file, source.start) if source else call.at()
        if not folder.is_dir():
            self.problems.append(f"{where}: Unreadable module directory: there is no {text}")
            return None
        if not folder.is_relative_to(self.boundary):
            only = "the terraform folder" if self.boundary == self.folder else "the customization's branch"
            self.problems.append(f"{where}: Unreadable module directory: {text} lies outside {only}")
            return None
        if folder in above or len(above) > _MAX_DEPTH:
            self.problems.append(f"{where}: a module that calls itself has no end: {text}")
            return None
        shown = normpath(f"{module.shown or '.'}/{text}")
        called = self._module(folder, shown, above)
        if not called.files:
            self.problems.append(
                f"{where}: the directory {text} does not contain any Terraform configuration files"
            )
        elif not called.problems:
            self._arguments(call, called)
        return called

    def _arguments(self, call: Placed, called: Module) -> None:
        variables = called.variables()
        arguments = call.block.body.attributes.keys() - META_ARGUMENTS
        for name in sorted(arguments - variables.keys()):
            at = place(call.file, call.block.body.attributes[name].start)
            self.problems.append(f"{at}: Unsupported argument: the module has no variable {name!r}")
        for name in sorted(name for name, needed in variables.items() if needed and name not in arguments):
            self.problems.append(f"{call.at()}: Missing required argument: {name!r}")

    def _versions(self, module: Module) -> None:
        for placed in module.blocks("terraform"):
            required = placed.block.body.attributes.get("required_version")
            text = getattr(required.value, "value", None) if required else None
            if required is None or not isinstance(text, str):
                continue
            where = place(placed.file, required.start)
            try:
                if not allows(text, self.version):
                    self.problems.append(
                        f"{where}: Unsupported Terraform Core version: AFT installs {self.version} "
                        f"(/aft/config/terraform/version), required_version is {text!r}"
                    )
            except ValueError as error:
                self.problems.append(f"{where}: Invalid version constraint: {error}")


def _tfvars(folder: Path) -> frozenset[str]:
    """The names that the files which Terraform reads by itself give values to."""
    names: set[str] = set()
    for path in folder.iterdir():
        if path.name == "terraform.tfvars" or path.name.endswith(".auto.tfvars"):
            names |= parse(nodes.Source.of(path.name, path.read_bytes())).body.attributes.keys()
        elif path.name == "terraform.tfvars.json" or path.name.endswith(".auto.tfvars.json"):
            names |= _json_keys(path)
    return frozenset(names)


def _json_keys(path: Path) -> set[str]:
    import json

    try:
        found = json.loads(path.read_bytes())
    except ValueError:
        return set()
    return set(found) if isinstance(found, dict) else set()


def _first_error(output: str) -> str:
    """`Error: summary`, with the place that Terraform names."""
    lines = [line.strip(" │╷╵") for line in output.splitlines()]
    lines = [line for line in lines if line]
    at = next((index for index, line in enumerate(lines) if line.startswith("Error")), 0)
    return " ".join(lines[at : at + 2]) if lines else "terraform fmt failed"


def _judgement(problems: list[str], notes: list[str]) -> Judgement:
    lines = [*(f"error: {each}" for each in problems), *(f"note: {each}" for each in notes)]
    if not problems:
        lines.append("terraform: read and resolved; not planned, no provider is here")
    return Judgement(problems=tuple(problems), notes=tuple(notes), log="\n".join(lines) + "\n")

"""What the rules look at: the requests, what lies around them, and indexes over both that are built once."""

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from posixpath import dirname, normpath
from typing import TYPE_CHECKING

from aftgen.checks.access import AccessReading, load_catalogue, read_access
from aftgen.checks.guardrails import guardrail_problems
from aftgen.checks.problem import ConfigurationProblem
from aftgen.config import Config
from aftgen.hcl.nodes import Block, Constant, File
from aftgen.limits import parse_ou
from aftgen.organization import Organization
from aftgen.reader.folder import is_override
from aftgen.reader.model import ARGUMENTS, CUSTOM_FIELDS, Request, RequestFolder, Span
from aftgen.repository import Repository

if TYPE_CHECKING:
    # Imported only when Terraform is asked: most checks evaluate nothing.
    from aftgen.evaluate import EvaluationProblem

#: Files of a customization that AFT's pipeline uses without asking whether they are there
#: (aft-account-customizations-terraform.yml), and the two templates that carry its Terraform's state.
CUSTOMIZATION_FILES = (
    "api_helpers/pre-api-helpers.sh",
    "api_helpers/post-api-helpers.sh",
    "api_helpers/python/requirements.txt",
    "terraform/aft-providers.jinja",
    "terraform/backend.jinja",
)


if TYPE_CHECKING:
    from aft_access.catalogue import Catalogue
    from aft_access.contract import AccessDeclaration


@dataclass(frozen=True, slots=True)
class Customization:
    """A folder of account-customizations as a request names it.

    ``missing`` are the files that AFT's pipeline needs and that are not there. ``other_case`` is an existing
    name that differs only by case.
    """

    exists: bool
    missing: tuple[str, ...] = ()
    other_case: str | None = None


@dataclass(frozen=True, kw_only=True)
class Context:
    """Everything a rule may look at."""

    repository: Repository
    folder: RequestFolder
    config: Config
    organization: Organization
    evaluation_problems: "tuple[EvaluationProblem, ...]" = ()
    #: Why nothing could evaluate what the reader does not know.
    not_evaluated_because: str = ""
    configuration_problems: tuple[ConfigurationProblem, ...] = ()
    #: Whose catalogue judges, where it is not the repository's own: the base's, which a change cannot edit.
    judge: Repository | None = None

    @cached_property
    def has_customizations(self) -> bool:
        """Whether the customizations are in this repository; elsewhere nothing can be said about them."""
        return self.repository.customizations.is_dir()

    def access(self, request: Request) -> AccessReading:
        """A request's access declaration: its value, why it cannot be read, or neither where none is made."""
        text = request.value(CUSTOM_FIELDS, "access")
        if not isinstance(text, str):
            return _NO_DECLARATION
        found = self._access.get(text)
        if found is None:
            found = self._access[text] = read_access(text)
        return found

    @cached_property
    def _access(self) -> dict[str, AccessReading]:
        return {}

    @property
    def catalogue(self) -> "Catalogue | None":
        """Permission sets, groups and restrictions; None where there are none or they cannot be used."""
        return self._catalogue[0]

    @property
    def catalogue_problems(self) -> tuple[ConfigurationProblem, ...]:
        """Why the catalogue cannot be used."""
        return self._catalogue[1]

    @cached_property
    def _catalogue(self) -> "tuple[Catalogue | None, tuple[ConfigurationProblem, ...]]":
        catalogue, problems = load_catalogue(self.repository)
        judged = load_catalogue(self.judge)[0] if self.judge else None
        return judged or catalogue, problems

    @cached_property
    def guardrail_problems(self) -> tuple[tuple[ConfigurationProblem, ...], tuple[ConfigurationProblem, ...]]:
        """Why the service control policies cannot be used, and what they would lock out."""
        return guardrail_problems(self.repository)

    @cached_property
    def known_principals(self) -> frozenset[str]:
        """Every principal that the catalogue names, as ``group:…`` or ``user:…``."""
        return frozenset(map(str, self.catalogue.named_principals())) if self.catalogue else frozenset()

    def lookalikes(self, declaration: "AccessDeclaration") -> tuple[str, ...]:
        """Principals of a declaration that pass for another one that the catalogue names, in words."""
        if self.catalogue is None:
            return ()
        found = self._lookalikes.get(declaration)
        if found is None:
            found = self._lookalikes[declaration] = tuple(self.catalogue.lookalike_principals(declaration))
        return found

    @cached_property
    def _lookalikes(self) -> "dict[AccessDeclaration, tuple[str, ...]]":
        return {}

    def restriction_problems(self, declaration: "AccessDeclaration", ou: str) -> tuple[str, ...]:
        """Grants of a declaration that nobody allowed in the OU that a request names."""
        if self.catalogue is None:
            return ()
        key = (declaration, ou)
        found = self._restrictions.get(key)
        if found is None:
            path = self.organization.path_of(parse_ou(ou)) or ""
            found = self._restrictions[key] = tuple(self.catalogue.restriction_problems(declaration, path))
        return found

    @cached_property
    def _restrictions(self) -> "dict[tuple[AccessDeclaration, str], tuple[str, ...]]":
        return {}

    @property
    def requests(self) -> tuple[Request, ...]:
        return self.folder.requests

    @cached_property
    def files(self) -> tuple[File, ...]:
        """Every parsed file that AFT loads: the request folder's, and those of the local modules it calls."""
        inside = (file for files in self.folder.modules.values() for file in files)
        return (*self.folder.files, *inside)

    @cached_property
    def names(self) -> frozenset[str]:
        """Names of the files in the request folder."""
        try:
            with os.scandir(self.repository.requests) as entries:
                return frozenset(entry.name for entry in entries if entry.is_file())
        except OSError:
            return frozenset()

    @cached_property
    def request_module_folders(self) -> frozenset[str]:
        """Folders, relative to the repository, of the request modules that requests call."""
        found = (self.module_folder(request) for request in self.requests)
        return frozenset(folder for folder in found if folder is not None)

    @cached_property
    def module_calls(self) -> Mapping[str, tuple[tuple[File, Block], ...]]:
        """Module blocks by folder, without those of override files."""
        folders = {self.folder.path: self.folder.files, **self.folder.modules}
        return {path: tuple(_module_blocks(files)) for path, files in folders.items()}

    @cached_property
    def declared_calls(self) -> frozenset[str]:
        """Addresses, without instance keys, of the module calls that are declared."""
        found = {
            f"module.{block.labels[0].text}"
            for _, block in self.module_calls.get(self.folder.path, ())
            if block.labels
        }
        for request in self.requests:
            address = without_keys(request.address)
            while address and address not in found:
                found.add(address)
                address = address.rpartition(".module.")[0]
        return frozenset(found)

    @cached_property
    def declared_instances(self) -> frozenset[str]:
        """Addresses of the requests that exist, instance keys included."""
        return frozenset(request.address for request in self.requests)

    @cached_property
    def declared_resources(self) -> frozenset[str]:
        """Addresses, without instance keys, of the request modules' resources."""
        found: set[str] = set()
        for request in self.requests:
            for file in self.folder.modules.get(self.module_folder(request) or "", ()):
                for block in file.body.of_type("resource"):
                    if len(block.labels) == 2:
                        kind, name = block.labels
                        found.add(f"{without_keys(request.address)}.{kind.text}.{name.text}")
        return frozenset(found)

    def declared_names(self, folder: str) -> Mapping[str, frozenset[str]]:
        """The local values and variables of a module's folder, by ``local`` and ``var``."""
        found = self._declared_names.get(folder)
        if found is None:
            files = self.folder.files if folder == self.folder.path else self.folder.modules.get(folder, ())
            blocks = [block for file in files for block in file.body.blocks]
            found = self._declared_names[folder] = {
                "local": frozenset(n for b in blocks if b.type == "locals" for n in b.body.attributes),
                "var": frozenset(b.labels[0].text for b in blocks if b.type == "variable" and b.labels),
            }
        return found

    @cached_property
    def _declared_names(self) -> dict[str, Mapping[str, frozenset[str]]]:
        return {}

    @cached_property
    def published(self) -> str:
        """The folder, relative to the repository, that is the root of what AFT clones; "" is all of it."""
        top = self.repository.requests
        return "" if top == self.repository.root else dirname(self.repository.relative(top))

    def leaves_published(self, folder: str) -> bool:
        """Whether a folder, relative to the repository, lies outside what AFT clones."""
        if folder == ".." or folder.startswith("../"):
            return True
        return bool(self.published) and not f"{folder}/".startswith(f"{self.published}/")

    def source(self, request: Request) -> str | None:
        """The module source of a request where it is plain text."""
        attribute = request.block.body.attributes.get("source")
        value = getattr(attribute.value, "value", None) if attribute else None
        return value if isinstance(value, str) and isinstance(attribute.value, Constant) else None  # type: ignore[union-attr]

    def module_folder(self, request: Request) -> str | None:
        """The folder, relative to the repository, that a request's local source names; it need not exist."""
        source = self.source(request)
        if source is None or not source.startswith(("./", "../")):
            return None
        key = (dirname(request.path), source)
        found = self._module_folders.get(key)
        if found is None:
            found = self._module_folders[key] = normpath(f"{key[0]}/{source}" if key[0] else source)
        return found

    @cached_property
    def _module_folders(self) -> dict[tuple[str, str], str]:
        return {}

    def module_arguments(self, request: Request) -> frozenset[str]:
        """The variables that a request's module declares; AFT's own where the module cannot be read."""
        folder = self.module_folder(request)
        return self._variables.get(folder or "", _AFT_ARGUMENTS)

    @cached_property
    def _variables(self) -> dict[str, frozenset[str]]:
        found = {}
        for folder in self.request_module_folders:
            variables = {
                block.labels[0].text
                for file in self.folder.modules.get(folder, ())
                for block in file.body.of_type("variable")
                if block.labels
            }
            if variables:
                found[folder] = frozenset(variables)
        return found

    def is_folder(self, path: str) -> bool:
        """Whether a path relative to the repository is a folder."""
        found = self._folders.get(path)
        if found is None:
            found = self._folders[path] = (self.repository.root / path).is_dir()
        return found

    @cached_property
    def _folders(self) -> dict[str, bool]:
        return {}

    def customization(self, name: str) -> Customization:
        """What account-customizations has for a name, compared by case as AFT's Linux does."""
        found = self._customizations.get(name)
        if found is None:
            found = self._customizations[name] = _customization(self.repository.customizations, name)
        return found

    @cached_property
    def _customizations(self) -> dict[str, Customization]:
        return {}

    @cached_property
    def customization_names(self) -> tuple[str, ...]:
        """The folders directly in account-customizations."""
        return tuple(sorted(_folder_names(self.repository.customizations)))

    def where(self, span: Span) -> str:
        """``file:line`` of a span, for a message about another place."""
        return f"{span.file.source.path}:{span.file.source.position(span.start).line}"


_NO_DECLARATION = AccessReading()
_AFT_ARGUMENTS = frozenset((*ARGUMENTS, "account-request-table", "account-request-table-hash"))


def without_keys(address: str) -> str:
    """A module address without the keys of its instances."""
    while "[" in address:
        start = address.index("[")
        end = (
            address.find('"]', start) + 2
            if address[start + 1 : start + 2] == '"'
            else address.find("]", start) + 1
        )
        if end <= start + 1:
            return address[:start]
        address = address[:start] + address[end:]
    return address


def _module_blocks(files: tuple[File, ...]) -> Iterator[tuple[File, Block]]:
    for file in files:
        if not is_override(file.source.path.rsplit("/", 1)[-1]):
            for block in file.body.blocks:
                if block.type == "module":
                    yield file, block


def _folder_names(folder: Path) -> list[str]:
    try:
        with os.scandir(folder) as entries:
            return [entry.name for entry in entries if entry.is_dir() and not entry.name.startswith(".")]
    except OSError:
        return []


def _customization(top: Path, name: str) -> Customization:
    here, actual = top, []
    for part in name.split("/"):
        names = _folder_names(here)
        match = part if part in names else next((n for n in names if n.casefold() == part.casefold()), None)
        if match is None:
            return Customization(exists=False)
        actual.append(match)
        here = here / match
    spelled = "/".join(actual)
    if spelled != name:
        return Customization(exists=False, other_case=spelled)
    return Customization(
        exists=True, missing=tuple(file for file in CUSTOMIZATION_FILES if not (here / file).is_file())
    )

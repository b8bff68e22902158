"""The temporary folder in which Terraform runs: the repository with nothing in it but what is needed.

Its folders lie as the repository's do, so that relative sources and file paths mean the same. It is readable
by its owner only, and removed however the evaluation ends.
"""

import json
import os
import re
import shutil
import signal
import tempfile
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from posixpath import basename, relpath
from types import FrameType

from aftgen.evaluate import standin
from aftgen.evaluate.files import MAX_BYTES, RepositoryFiles
from aftgen.evaluate.filtered import Kept, arguments_of, json_document, json_name, native
from aftgen.evaluate.modules import (
    MODULE,
    VARIABLE,
    Definition,
    Instance,
    ModuleFolder,
    called_folder,
    describe,
)
from aftgen.evaluate.paths import is_inside
from aftgen.evaluate.selection import DROPPED_ARGUMENTS, META_ARGUMENTS, Selection
from aftgen.hcl.nodes import File
from aftgen.reader.folder import is_override
from aftgen.reader.model import RequestFolder

_OWN_MODULE = "aftgen-request-module"
#: Sorts behind the repository's own override files, so that it has the last word.
_SOURCES = "zzz_aftgen_override.tf.json"
_VARIABLE_FILE = re.compile(r"terraform\.tfvars(\.json)?|.+\.auto\.tfvars(\.json)?")


class Terminated(BaseException):
    """A signal asked this process to end; raised so that the sandbox is removed first."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.number = number


@contextmanager
def temporary_folder() -> Iterator[Path]:
    """A folder that is gone afterwards, also after SIGTERM or SIGHUP, which then take their usual course."""
    previous = {}
    if threading.current_thread() is threading.main_thread():
        for number in (signal.SIGTERM, signal.SIGHUP):
            if signal.getsignal(number) is signal.SIG_DFL:
                previous[number] = signal.signal(number, _terminate)
    folder = Path(tempfile.mkdtemp(prefix="aftgen-evaluate-"))
    ended: Terminated | None = None
    try:
        yield folder
    except Terminated as signalled:
        ended = signalled
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        for number, handler in previous.items():
            signal.signal(number, handler)
    if ended is not None:
        os.kill(os.getpid(), ended.number)


def _terminate(number: int, _frame: FrameType | None) -> None:
    raise Terminated(number)


class Sandbox:
    """One evaluation's folder, written afresh for each attempt."""

    def __init__(self, base: Path, files: RepositoryFiles, requests: RequestFolder) -> None:
        self.base = base
        self.files = files
        self.requests = requests
        self.root = base / "repository"
        self.data = base / "data"
        #: The source and the folder that each kept module block calls.
        self._calls: dict[tuple[ModuleFolder, str], tuple[str, str]] = {}
        #: Files that Terraform reads, by path: a file with the same offsets, or one definition.
        self.origins: dict[str, File | Definition] = {}

    @property
    def request_folder(self) -> Path:
        return self.root / self.requests.path

    def write(self, selection: Selection) -> str:
        """Write everything that the selected requests need; why that is not possible, or ""."""
        shutil.rmtree(self.root, ignore_errors=True)
        self.origins = {}
        self._calls = {}
        self.request_folder.mkdir(parents=True)
        for folder, keeps in _kept(selection).items():
            self._write_folder(folder, keeps)
        self._write_manifest(selection)
        self._write_variable_files()
        return self.files.copy(selection.needs.contents, selection.needs.names, self.root)

    def _write_folder(self, folder: ModuleFolder, keeps: Mapping[Definition, frozenset[str] | None]) -> None:
        target = self.root / folder.path
        target.mkdir(parents=True, exist_ok=True)
        sources: dict[str, str] = {}
        files = sorted(folder.files, key=lambda file: is_override(basename(file.source.path)))
        for number, file in enumerate(files):
            kept = []
            for definition, arguments in keeps.items():
                if definition.file is not file:
                    continue
                if definition.kind == MODULE and "source" in definition.attributes:
                    call = self._call(folder, definition, is_request=arguments is None)
                    self._calls[folder, definition.name] = call
                    if call[1] == _OWN_MODULE:
                        sources[definition.name] = call[0]
                if arguments is None:
                    arguments = frozenset(definition.attributes) - DROPPED_ARGUMENTS
                kept.append(Kept(definition, arguments))
            if not kept:
                continue
            name = basename(file.source.path)
            if not name.endswith(".json"):
                self._write(target / name, native(file, kept), file)
                continue
            for index, keep in enumerate(kept):
                part = target / json_name(keep.definition, number * 10_000 + index)
                self._write(part, json_document(keep), keep.definition)
        if sources:
            overrides = {"module": {label: {"source": source} for label, source in sources.items()}}
            (target / _SOURCES).write_text(json.dumps(overrides), encoding="utf-8")

    def _write(self, path: Path, data: bytes, origin: File | Definition) -> None:
        path.write_bytes(data)
        self.origins[path.relative_to(self.root).as_posix()] = origin

    def _call(self, folder: ModuleFolder, definition: Definition, *, is_request: bool) -> tuple[str, str]:
        """The source and the folder of a module call; a request's module is written."""
        path = called_folder(definition, folder.path)
        if path is not None and not is_request:
            return _source(path, folder.path), path
        if path is not None and path in self.requests.modules:
            target = self.root / path
            if (target / standin.FILE_NAME).exists():
                return _source(path, folder.path), path
            module = describe(path, self.requests.modules[path])
            files = standin.of_repository(module)
            if files is not None:
                target.mkdir(parents=True, exist_ok=True)
                by_name = {basename(file.source.path): file for file in module.files}
                for name, data in files.items():
                    (target / name).write_bytes(data)
                    if name in by_name:
                        self.origins[f"{path}/{name}"] = by_name[name]
                return _source(path, folder.path), path
        own = self.root / _OWN_MODULE
        own.mkdir(exist_ok=True)
        for name, data in standin.own_copy().items():
            (own / name).write_bytes(data)
        return _source(_OWN_MODULE, folder.path), _OWN_MODULE

    def _write_manifest(self, selection: Selection) -> None:
        """What ``terraform init`` would write. It is not run: it could fetch modules and providers."""
        start = self.requests.path
        entries = {"": {"Key": "", "Source": "", "Dir": "."}}
        for key in selection.needs.keys:
            if key.kind != MODULE:
                continue
            name = key.instance.address_of(key.name).replace(".module.", ".").removeprefix("module.")
            call = self._calls.get((key.instance.folder, key.name))
            if call is not None:
                entries[name] = {"Key": name, "Source": call[0], "Dir": relpath(call[1], start)}
        folder = self.data / "modules"
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "modules.json").write_text(
            json.dumps({"Modules": list(entries.values())}), encoding="utf-8"
        )

    def _write_variable_files(self) -> None:
        for path in variable_files(self.files.root / self.requests.path, self.files.root):
            (self.request_folder / path.name).write_bytes(path.read_bytes())


def own_files(requests: RequestFolder) -> list[str]:
    """Paths of files that only the sandbox has, or could have: what ``fileset`` must not find."""
    names = [_SOURCES, standin.FILE_NAME]
    found = [f"{_OWN_MODULE}/variables.tf"]
    for path, files in {**requests.modules, requests.path: requests.files}.items():
        parts = [f"{basename(file.source.path).split('.')[0]}_0.tf.json" for file in files]
        found.extend(f"{path}/{name}" for name in [*names, *parts])
    return found


def _source(path: str, from_path: str) -> str:
    """A local module source, as Terraform normalises it."""
    source = relpath(path, from_path)
    return source if source.startswith("..") else f"./{source}"


def variable_files(folder: Path, root: Path) -> list[Path]:
    """The files from which Terraform takes the root module's variables without being told to."""
    return [
        path
        for path in sorted(folder.iterdir())
        if _VARIABLE_FILE.fullmatch(path.name)
        and path.is_file()
        and is_inside(path, root)
        and path.stat().st_size < MAX_BYTES
    ]


def _kept(selection: Selection) -> dict[ModuleFolder, dict[Definition, frozenset[str] | None]]:
    """The definitions to keep, by folder, with their arguments; None: a request, all that matter."""
    kept: dict[ModuleFolder, dict[Definition, frozenset[str] | None]] = {}
    variables: dict[Instance, set[str]] = {}
    for key in selection.needs.keys:
        if key.kind == VARIABLE:
            variables.setdefault(key.instance, set()).add(key.name)
    for key in selection.needs.keys:
        instance = key.instance
        in_folder = kept.setdefault(instance.folder, {})
        for definition in instance.folder.named(key.kind, key.name):
            if key.kind == MODULE and key.name in instance.requests:
                in_folder[definition] = None
                continue
            needed: frozenset[str] = frozenset()
            if key.kind == MODULE:
                needed = META_ARGUMENTS | variables.get(instance.children[key.name], set())
            before = in_folder.get(definition) or frozenset()
            in_folder[definition] = before | arguments_of(definition, needed)
    return kept

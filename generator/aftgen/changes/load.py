"""Reads the two sides of a plan: a revision and the working tree. The only effects of this package.

A file of the base that is also in the working tree, byte for byte at the same path, is not parsed again.
"""

import hashlib
import shutil
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from posixpath import dirname, normpath

from aftgen.changes.access import Policy
from aftgen.changes.base import ACCOUNT, GLOBAL, IDENTITY_CENTER, ORGANIZATION, Base, open_base
from aftgen.changes.decision import Known
from aftgen.changes.plan import Files, Plan, Side, Unevaluated, compute
from aftgen.changes.terraform import RESOURCE, Move
from aftgen.checks.access import load_catalogue
from aftgen.checks.moves import read_sides
from aftgen.config_file import load_organization
from aftgen.errors import AftgenError, Problems
from aftgen.hcl.nodes import BOM, Constant, File, Source
from aftgen.organization import Organization
from aftgen.reader.folder import is_override, read
from aftgen.reader.model import EvaluatedBy, Request, RequestFolder
from aftgen.repository import CONFIG_NAME, Repository
from aftgen.request_row import NotEvaluated, RequestRow

#: Files that decide what a request may ask for, and who must agree to change them.
_POLICY_FILES = frozenset(
    (CONFIG_NAME, ORGANIZATION, "CODEOWNERS", ".github/CODEOWNERS", ".gitlab/CODEOWNERS", "docs/CODEOWNERS")
)
_POLICY_FOLDERS = (f"{IDENTITY_CENTER}/", f"{GLOBAL}/service-control-policies/")


def plan(
    repository: Repository, base: str | None = None, *, terraform: bool = True, known: Known | None = None
) -> Plan:
    """The plan from a revision to the working tree.

    Without ``base`` from where HEAD and the default branch parted. Raises GitError without git or such a
    revision, Problems where a file of either side cannot be read (exit code 1 for the working tree, 2 for the
    base): what cannot be read must not look like accounts that are gone.
    """
    with open_base(repository, base) as earlier:
        changed = earlier.changed()
        same_requests = not any(path.startswith(earlier.published) for path in changed)
        same_policy = not any(path == ORGANIZATION or path.startswith(_POLICY_FOLDERS) for path in changed)
        folder = read(repository)
        _demand_readable(folder, 1, "Terraform cannot load the requests: nothing would be applied")
        after = side(repository, folder, terraform=terraform)
        judged = after.policy if same_policy else policy(earlier.repository)
        if same_requests:
            unevaluated = tuple(replace(one, side="base") for one in after.unevaluated)
            before = replace(after, unevaluated=unevaluated, policy=judged)
        else:
            found = _read_base(earlier, folder)
            before = side(earlier.repository, found, name="base", terraform=terraform, policy_of=judged)
        result = compute(before, after, _sorted(changed), known)
        return replace(result, base=earlier.name, base_commit=earlier.commit)


def compare(before: Repository, after: Repository, changed: Iterable[str]) -> Plan:
    """The plan from one exported tree to another; ``changed`` are the paths that differ.

    Raises Problems where the requests of either cannot be read.
    """
    old, new = read(before), read(after)
    _demand_readable(old, 2, "the earlier requests cannot be read")
    _demand_readable(new, 1, "Terraform cannot load the requests: nothing would be applied")
    judged = policy(before)
    return compute(side(before, old, name="base", policy_of=judged), side(after, new), _sorted(changed))


def side(
    repository: Repository,
    folder: RequestFolder | None = None,
    *,
    name: str = "change",
    terraform: bool = True,
    policy_of: Policy | None = None,
) -> Side:
    """One tree as a plan compares it. ``name`` is what it is called where a request is not evaluated."""
    folder = folder or read(repository)
    because = ""
    if any(request.evaluated_by is EvaluatedBy.NOTHING for request in folder.requests):
        folder, because = _evaluated(repository, folder, terraform)
    resources = _Resources(folder)
    rows: dict[str, RequestRow] = {}
    unevaluated: list[Unevaluated] = []
    for request in folder.requests:
        try:
            row = RequestRow.of(request)
        except NotEvaluated as error:
            reason = because or error.message.removeprefix(f"{request.address} is not evaluated: ")
            unevaluated.append(Unevaluated(name, request.address, error.place or request.path, reason))
            continue
        rows[f"{request.address}.{resources.of(request)}"] = row
    return Side(
        rows=rows,
        policy=policy_of or policy(repository),
        moves=tuple(moves(folder)),
        unevaluated=tuple(unevaluated),
    )


def policy(repository: Repository) -> Policy:
    """The catalogue and the organizational units of a tree, or why they cannot be used."""
    try:
        organization = load_organization(repository)
    except AftgenError as error:
        return Policy(organization=Organization(), problem=f"{ORGANIZATION}: {error.message}")
    catalogue, problems = load_catalogue(repository)
    text = "; ".join(f"{one.path}:{one.line}: {one.message}" for one in problems[:3])
    return Policy(catalogue=catalogue, organization=organization, problem=text)


def moves(folder: RequestFolder) -> Iterator[Move]:
    """Every moved block that Terraform reads: the root's, and those of the modules it calls."""
    seen: set[Move] = set()
    blocks = [(found.file, found.block, _labels(found.module_folder)) for found in folder.moved]
    resources = _Resources(folder)
    for request in folder.requests:
        for file in folder.modules.get(resources.folder(request), ()):
            blocks += [(file, block, _labels(request.address)) for block in file.body.of_type("moved")]
    for file, block, within in blocks:
        sides = read_sides(file, block)
        if sides is None or is_override(file.source.path.rsplit("/", 1)[-1]):
            continue
        place = f"{file.source.path}:{file.source.position(block.start).line}"
        move = Move(source=sides[0], target=sides[1], within=within, place=place)
        if move not in seen:
            seen.add(move)
            yield move


@dataclass(slots=True)
class _Resources:
    """The address, below its module, of each request's row."""

    folder_: RequestFolder
    found: dict[str, str]

    def __init__(self, folder: RequestFolder) -> None:
        self.folder_ = folder
        self.found = {}

    def folder(self, request: Request) -> str:
        attribute = request.block.body.attributes.get("source")
        source = attribute.value.value if attribute and isinstance(attribute.value, Constant) else None
        if not isinstance(source, str) or not source.startswith(("./", "../")):
            return ""
        return normpath(f"{dirname(request.path)}/{source}")

    def of(self, request: Request) -> str:
        folder = self.folder(request)
        if folder not in self.found:
            items = (
                block.labels[1].text
                for file in self.folder_.modules.get(folder, ())
                for block in file.body.of_type("resource")
                if len(block.labels) == 2 and block.labels[0].text == "aws_dynamodb_table_item"
            )
            name = next(items, None)
            self.found[folder] = f"aws_dynamodb_table_item.{name}" if name else RESOURCE
        return self.found[folder]


def _labels(address: str) -> tuple[str, ...]:
    from aftgen.checks.context import without_keys

    return tuple(part for part in without_keys(address).split(".") if part != "module") if address else ()


def _files(folder: RequestFolder) -> Iterator[File]:
    yield from folder.files
    for files in folder.modules.values():
        yield from files


def _read_base(base: Base, folder: RequestFolder) -> RequestFolder:
    """The base's requests; files that the working tree has with the same bytes are taken from there."""
    if not base.repository.requests.is_dir():
        return RequestFolder(path="")
    blobs = base.blobs()
    same: dict[str, File | None] = {
        file.source.path: file
        for file in _files(folder)
        if _blob_id(file.source, blobs.get(file.source.path, "")) is not None
    }
    found = read(base.repository, same)
    _demand_readable(found, 2, f"the requests of {base.name} cannot be read")
    return found


def _blob_id(source: Source, expected: str) -> str | None:
    """Git's id of a file's bytes, if it is the expected one (40 digits are SHA-1, 64 SHA-256)."""
    raw = BOM + source.data if source.has_bom else source.data
    algorithm = hashlib.sha256 if len(expected) == 64 else partial(hashlib.sha1, usedforsecurity=False)
    found = algorithm(b"blob %d\0" % len(raw) + raw).hexdigest()
    return found if found == expected else None


def _demand_readable(folder: RequestFolder, exit_code: int, summary: str) -> None:
    found = [f"{one.path}: {one.why}" for one in folder.unreadable]
    found += [f"{file.source.path}: it cannot be parsed" for file in _files(folder) if file.problems]
    if found:
        raise _Unreadable(summary, found, exit_code)


class _Unreadable(Problems):
    def __init__(self, summary: str, problems: Iterable[str], exit_code: int) -> None:
        super().__init__(summary, list(problems)[:20], hint="'aftgen check' says what is wrong with them")
        self.exit_code = exit_code


def _evaluated(repository: Repository, folder: RequestFolder, terraform: bool) -> tuple[RequestFolder, str]:
    if not terraform:
        return folder, "--no-terraform was given"
    if shutil.which("terraform") is None:
        return folder, "terraform is not on PATH"
    from aftgen.evaluate import evaluate

    evaluation = evaluate(repository, folder)
    return evaluation.folder, evaluation.reason


def _sorted(changed: Iterable[str]) -> Files:
    customizations: set[str] = set()
    everywhere, policy_files = [], []
    for path in sorted(changed):
        if path in _POLICY_FILES or path.startswith(_POLICY_FOLDERS):
            policy_files.append(path)
        elif path.startswith(f"{GLOBAL}/"):
            everywhere.append(path)
        elif path.startswith(f"{ACCOUNT}/"):
            parts = path.split("/")
            # A customization may be a folder in a folder: its name is then 'team/web'.
            customizations.update("/".join(parts[1:end]) for end in range(2, len(parts)))
    return Files(
        customizations=frozenset(customizations), everywhere=tuple(everywhere), policy=tuple(policy_files)
    )

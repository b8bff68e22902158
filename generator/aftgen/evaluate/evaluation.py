"""The rounds of an evaluation: write the sandbox, ask Terraform, leave out what it refuses, ask again.

Terraform plans a folder whole or not at all. So that one bad request does not hide the others, each error is
traced to the definition that it stands in, which is then left out together with the requests that use it.
"""

import time
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from posixpath import normpath

from aftgen.evaluate.files import RepositoryFiles
from aftgen.evaluate.instances import evaluated, instances
from aftgen.evaluate.model import Evaluation, EvaluationProblem
from aftgen.evaluate.modules import MODULE, Definition, tree
from aftgen.evaluate.paths import PathReader
from aftgen.evaluate.sandbox import Sandbox, own_files, temporary_folder, variable_files
from aftgen.evaluate.selection import Selection, Selector
from aftgen.evaluate.terraform import Diagnostic, Stopped, Terraform, terraform_path
from aftgen.hcl.nodes import File, Source
from aftgen.hcl.syntax import parse
from aftgen.hcl.values import Value
from aftgen.reader.model import SEVERAL_ITEMS, EvaluatedBy, Request, RequestFolder, Span
from aftgen.repository import Repository

#: Terraform reports most errors at once; what is left after this many rounds is not worth the time.
_MAX_ROUNDS = 12
_MAX_SPLITS = 30


def evaluate(repository: Repository, folder: RequestFolder, *, timeout: float = 120.0) -> Evaluation:
    """Replace each request that the reader could not know by its evaluated instances.

    ``timeout`` is in seconds, for all of it. A request that cannot be evaluated stays, with the reason.
    Raises nothing for what a repository may hold; without terraform on PATH nothing is run.
    """
    unknown = [
        request
        for request in folder.requests
        if request.evaluated_by is EvaluatedBy.NOTHING and request.reason != SEVERAL_ITEMS
    ]
    binary = terraform_path()
    if not unknown or binary is None:
        return Evaluation(folder, (), False, "" if binary else "terraform is not on PATH")
    return _Evaluation(repository, folder, unknown, binary, time.monotonic() + timeout).run()


class _Evaluation:
    def __init__(
        self,
        repository: Repository,
        folder: RequestFolder,
        unknown: list[Request],
        binary: str,
        deadline: float,
    ) -> None:
        self.folder = folder
        self.unknown = unknown
        self.binary = binary
        self.deadline = deadline
        self.root = tree(folder)
        self.files = RepositoryFiles(repository.root)
        self.paths = PathReader(repository.root, folder.path, own_files(folder))
        self.variables = _given_variables(repository.root / folder.path, repository.root)
        self.refused: dict[Definition, str] = {}
        self.planned: dict[str, list[tuple[str, dict[str, Value]]]] = {}
        self.reasons: dict[str, str] = {}
        self.problems: list[EvaluationProblem] = []
        self.ran = False
        self.splits = 0

    def run(self) -> Evaluation:
        stopped = ""
        if self._select(self.unknown).requests:
            with temporary_folder() as base:
                try:
                    self._evaluate(Sandbox(base, self.files, self.folder), self.unknown)
                except Stopped as stop:
                    stopped = str(stop)
                except OSError as error:
                    stopped = f"the sandbox cannot be written: {error.strerror or error}"
        return Evaluation(self._result(stopped), tuple(self.problems), self.ran, stopped)

    def _select(self, requests: Iterable[Request]) -> Selection:
        selector = Selector(self.root, self.paths, self.variables, self.files.refusal, self.refused)
        selection = selector.select(requests)
        self.reasons |= selection.reasons
        return selection

    def _evaluate(self, sandbox: Sandbox, requests: list[Request]) -> None:
        """Evaluate requests together or, where a failure cannot be traced to one of them, in halves."""
        try:
            self._rounds(sandbox, requests)
        except Stopped as stop:
            if stop.final or self.splits >= _MAX_SPLITS:
                raise
            if len(requests) == 1:
                (request,) = requests
                self.reasons[request.address] = str(stop)
                span = Span(request.file, request.block.start, request.block.header_end)
                self.problems.append(EvaluationProblem(str(stop), span, request.address))
                return
            self.splits += 1
            middle = len(requests) // 2
            self._evaluate(sandbox, requests[:middle])
            self._evaluate(sandbox, requests[middle:])

    def _rounds(self, sandbox: Sandbox, requests: list[Request]) -> None:
        for _ in range(_MAX_ROUNDS):
            selection = self._select(requests)
            if not selection.requests:
                return
            refusal = sandbox.write(selection)
            if refusal:
                raise Stopped(refusal)
            hidden = tuple(dict.fromkeys((str(sandbox.request_folder), str(sandbox.root), str(sandbox.base))))
            terraform = Terraform(self.binary, sandbox.request_folder, sandbox.base, self.deadline, hidden)
            self.ran = True
            outcome = terraform.plan()
            if outcome.plan is not None:
                found = instances(outcome.plan)
                self.planned |= {address: found.get(address, []) for address in selection.requests}
                return
            if not self._refuse(sandbox, outcome.errors):
                raise Stopped(outcome.errors[0].message)
        raise Stopped(f"Terraform still finds errors after {_MAX_ROUNDS} attempts")

    def _refuse(self, sandbox: Sandbox, errors: Iterable[Diagnostic]) -> bool:
        """Leave out the definitions that errors stand in; whether there was any."""
        before = len(self.refused)
        for error in errors:
            path = normpath(f"{self.folder.path}/{error.path}") if error.path else ""
            origin = sandbox.origins.get(path)
            found = self._definition(origin, error.start) if origin is not None else None
            if found is not None:
                self.refused.setdefault(found, f"an error: {error.summary}")
            span = None
            if isinstance(origin, Definition):
                span = Span(origin.file, 0, 0)
            elif origin is not None:
                span = Span(origin, error.start, error.end)
            problem = EvaluationProblem(error.message, span, self._address(found))
            if found is not None and problem not in self.problems:
                self.problems.append(problem)
        return len(self.refused) > before

    def _definition(self, origin: File | Definition, offset: int) -> Definition | None:
        if isinstance(origin, Definition):
            return origin
        for instance in self.root.walk():
            for definitions in instance.folder.definitions.values():
                for definition in definitions:
                    place = definition.attribute or definition.block
                    if definition.file is origin and place.start <= offset < place.end:
                        return definition
        return None

    def _address(self, definition: Definition | None) -> str:
        if definition is None or definition.kind != MODULE:
            return ""
        for instance in self.root.walk():
            if definition in instance.folder.named(MODULE, definition.name):
                return instance.address_of(definition.name)
        return ""

    def _result(self, stopped: str) -> RequestFolder:
        requests: list[Request] = []
        for request in self.folder.requests:
            if request.evaluated_by is not EvaluatedBy.NOTHING:
                requests.append(request)
            elif request.address in self.planned:
                requests.extend(evaluated(request, self.planned[request.address]))
            else:
                reason = self.reasons.get(request.address) or stopped or request.reason
                requests.append(replace(request, reason=reason))
        return replace(self.folder, requests=tuple(requests))


def _given_variables(folder: Path, root: Path) -> frozenset[str]:
    """The names that the repository's own variable files give values to."""
    names: set[str] = set()
    for path in variable_files(folder, root):
        source = Source.of(path.name, path.read_bytes())
        if path.name.endswith(".json"):
            import json

            try:
                document = json.loads(source.data)
            except (ValueError, RecursionError):
                continue
            names.update(document if isinstance(document, dict) else ())
        else:
            names.update(parse(source).body.attributes)
    return frozenset(names)

"""Runs the rules over a repository: :func:`run`.

The stages, in order: read the folder; load the organization's configuration, each unreadable file of it a
finding; let Terraform evaluate what the reader does not know; apply every rule, each contained, so that one
that crashes hides nothing else; take out what comments silence; keep what was asked for.
"""

import re
import shutil
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from aftgen.checks import suppression
from aftgen.checks.context import Context
from aftgen.checks.finding import Finding, Place, Severity
from aftgen.checks.problem import ConfigurationProblem
from aftgen.checks.redaction import redact
from aftgen.checks.registry import BY_ID, RULES
from aftgen.checks.rule import RequestRule, Rule
from aftgen.checks.rules.v002_terraform_refused import TerraformRefused
from aftgen.checks.rules.x000_crashed import Crashed
from aftgen.config import Config
from aftgen.errors import AftgenError, Problems, UsageError, nearest
from aftgen.organization import Organization
from aftgen.reader.folder import read
from aftgen.reader.model import EvaluatedBy, RequestFolder
from aftgen.repository import Repository

if TYPE_CHECKING:
    from aftgen.evaluate import EvaluationProblem


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What a check found. ``findings`` are in the order of files and lines.

    ``requests`` and ``files`` count what was read; ``not_evaluated`` the requests of which some value is
    known to Terraform only, with the reason why it was not asked.
    """

    findings: tuple[Finding, ...]
    requests: int
    files: int
    silenced: int = 0
    #: Findings that a baseline hides.
    hidden: int = 0
    not_evaluated: int = 0
    not_evaluated_because: str = ""

    @property
    def errors(self) -> int:
        return sum(finding.severity is Severity.ERROR for finding in self.findings)

    @property
    def warnings(self) -> int:
        return len(self.findings) - self.errors


def run(
    repository: Repository,
    *,
    paths: Sequence[Path] = (),
    select: Iterable[str] = (),
    ignore: Iterable[str] = (),
    terraform: bool = True,
    folder: RequestFolder | None = None,
    judge: Repository | None = None,
) -> Report:
    """Check a repository. Raises UsageError for an unknown rule id; never for anything that it reads.

    ``paths`` restrict which findings are shown, not what is read: a duplicate has two ends. ``select`` and
    ``ignore`` are rule ids or their first letters. With ``terraform``, what the reader does not know is
    evaluated when ``terraform`` is on PATH. With ``judge``, requests are held against that repository's
    aftgen.yaml, organization and catalogue, where it has usable ones; what is wrong with the repository's own
    is found all the same.
    """
    rules = _chosen(select, ignore)
    context = _context(repository, folder or read(repository), terraform, judge)
    comments = suppression.find(context.files)
    kept, silenced = suppression.apply(comments, _without_echoes(list(_unique(_findings(rules, context)))))
    chosen = frozenset(rule.id for rule in rules)
    kept.extend(
        finding
        for finding in suppression.problems(comments, context, BY_ID, chosen)
        if finding.rule in chosen
    )
    shown = _Below(repository, paths)
    unknown = sum(request.evaluated_by is EvaluatedBy.NOTHING for request in context.requests)
    return Report(
        findings=tuple(sorted((finding for finding in kept if shown(finding.place)), key=Finding.sort_key)),
        requests=len(context.requests),
        files=len({request.path for request in context.requests}),
        silenced=silenced,
        not_evaluated=unknown,
        not_evaluated_because=context.not_evaluated_because if unknown else "",
    )


def _chosen(select: Iterable[str], ignore: Iterable[str]) -> tuple[Rule, ...]:
    selected, ignored = _ids(select), _ids(ignore)
    # What went wrong in the check itself is always shown.
    return tuple(
        rule
        for rule in RULES
        if rule.id == Crashed.id or ((not selected or rule.id in selected) and rule.id not in ignored)
    )


def _ids(names: Iterable[str]) -> frozenset[str]:
    found: set[str] = set()
    for name in names:
        wanted = name.strip().upper()
        matching = [rule.id for rule in RULES if wanted and rule.id.startswith(wanted)]
        if not matching:
            matching = [rule.id for rule in RULES if rule.name == name.strip().lower()]
        if not matching:
            close = nearest(name, [*BY_ID, *(rule.name for rule in RULES)])
            hint = f"did you mean {close}? " if close else ""
            raise UsageError(f"there is no rule {name!r}", hint=f"{hint}'aftgen rules' lists them")
        found.update(matching)
    return frozenset(found)


def _context(
    repository: Repository, folder: RequestFolder, terraform: bool, judge: Repository | None = None
) -> Context:
    problems: list[ConfigurationProblem] = []
    config, organization = _configuration(repository, problems)
    if judge is not None:
        unusable: list[ConfigurationProblem] = []
        judged = _configuration(judge, unusable)
        if not unusable:
            config = judged[0] if judge.config.is_file() else config
            organization = judged[1] if judge.organization.is_file() else organization
    evaluation: tuple[EvaluationProblem, ...] = ()
    because = ""
    if any(request.evaluated_by is EvaluatedBy.NOTHING for request in folder.requests):
        folder, evaluation, because = _evaluated(repository, folder, terraform)
    return Context(
        repository=repository,
        folder=folder,
        config=config,
        organization=organization,
        evaluation_problems=evaluation,
        not_evaluated_because=because,
        configuration_problems=tuple(problems),
        judge=judge,
    )


def _configuration(
    repository: Repository, problems: list[ConfigurationProblem]
) -> tuple[Config, Organization]:
    config, organization = Config(), Organization()
    if repository.config.is_file() or repository.organization.is_file():
        from aftgen.config_file import load_config, load_organization

        try:
            config = load_config(repository)
        except AftgenError as error:
            problems.extend(_configuration_problems(repository, repository.config, error))
        try:
            organization = load_organization(repository)
        except AftgenError as error:
            problems.extend(_configuration_problems(repository, repository.organization, error))
    return config, organization


_PLACE = re.compile(r":(?P<line>\d+)(?::(?P<column>\d+))?(?::\s*|\Z)")


def _configuration_problems(
    repository: Repository, path: Path, error: AftgenError
) -> Iterator[ConfigurationProblem]:
    """One problem for each that the loader names, each with its own place."""
    shown = repository.relative(path)
    texts = error.problems if isinstance(error, Problems) else [f"{error.place or shown}: {error.message}"]
    for text in texts:
        rest = text.removeprefix(shown)
        match = _PLACE.match(rest) if rest != text else None
        line = int(match["line"]) if match else 0
        column = int(match["column"] or 1) if match else 0
        message = rest[match.end() :] if match else rest.removeprefix(": ")
        yield ConfigurationProblem(shown, message, line, column, error.hint or "")


def _evaluated(
    repository: Repository, folder: RequestFolder, terraform: bool
) -> "tuple[RequestFolder, tuple[EvaluationProblem, ...], str]":
    if not terraform:
        return folder, (), "--no-terraform was given"
    if shutil.which("terraform") is None:
        return folder, (), "terraform is not on PATH"
    from aftgen.evaluate import evaluate

    evaluation = evaluate(repository, folder)
    return evaluation.folder, evaluation.problems, evaluation.reason


def _findings(rules: Iterable[Rule], context: Context) -> Iterator[Finding]:
    for rule in rules:
        if isinstance(rule, RequestRule):
            yield from _of_requests(rule, context)
            continue
        try:
            yield from rule.check(context)
        except Exception as error:  # noqa: BLE001 - one broken rule must not hide what the others find
            yield _crashed(rule, error, context.folder.path)


def _of_requests(rule: RequestRule, context: Context) -> Iterator[Finding]:
    check = rule.check_request
    for request in context.requests:
        try:
            yield from check(context, request)
        except Exception as error:  # noqa: BLE001 - as above, for one request
            yield _crashed(rule, error, request.path)


def _crashed(rule: Rule, error: Exception, path: str) -> Finding:
    message = f"the rule {rule.id} failed on this: {type(error).__name__}: {redact(str(error))[:200]}"
    return Crashed().about_file(path, message, key=f"{rule.id} {type(error).__name__}")


def _unique(findings: Iterable[Finding]) -> Iterator[Finding]:
    """Findings once each: the instances of a block that repeats share their places."""
    seen: set[tuple[str, Place, str]] = set()
    for finding in findings:
        key = (finding.rule, finding.place, finding.message)
        if key not in seen:
            seen.add(key)
            yield finding


def _without_echoes(findings: list[Finding]) -> Iterator[Finding]:
    """Leave out what Terraform says of a line for which a rule about Terraform has the clearer words."""
    explained = {
        (finding.place.path, finding.place.line)
        for finding in findings
        if finding.severity is Severity.ERROR and finding.rule[0] in "FMB" and finding.place.line
    }
    for finding in findings:
        if finding.rule != TerraformRefused.id or (finding.place.path, finding.place.line) not in explained:
            yield finding


class _Below:
    """Whether a place is below one of the paths; every place is when there are none."""

    def __init__(self, repository: Repository, paths: Sequence[Path]) -> None:
        self.wanted = [PurePosixPath(repository.relative(path)) for path in paths]
        self.all = not self.wanted or PurePosixPath(".") in self.wanted

    def __call__(self, place: Place) -> bool:
        if self.all:
            return True
        path = PurePosixPath(place.path)
        return any(wanted == path or wanted in path.parents for wanted in self.wanted)

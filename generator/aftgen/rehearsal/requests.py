"""Stage 1, the account-request pipeline: from the request folder of a revision to the rows that AFT would
write.

In AFT's order: the templates are rendered for the distribution and everything is parsed again with them, the
requests are evaluated, and Terraform applies all or nothing. What `aftgen check` refuses is refused here with
its words: of Terraform's own complaints nothing is applied at all; a request that AWS would refuse later
costs only that account. A request that only Terraform can evaluate is refused with that reason where there is
none.

Reference: AFT reference §1.1, §1.2 (the variables), §1.3 (one item per request; a second one of the same id).
"""

import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

from aftgen.checks import engine
from aftgen.checks.finding import Finding, Severity
from aftgen.cloud.plan import LandingZonePlan
from aftgen.errors import Refused, UsageError, nearest
from aftgen.hcl.nodes import Source
from aftgen.hcl.syntax import parse
from aftgen.reader.folder import read as read_folder
from aftgen.reader.model import EvaluatedBy, Request, RequestFolder
from aftgen.rehearsal import jinja
from aftgen.repository import Repository
from aftgen.request_row import NotEvaluated, RequestRow

if TYPE_CHECKING:
    from aftgen.rehearsal.pipeline import Distribution

#: Rules whose finding means that Terraform itself refuses the folder, or that nothing can be judged.
_STOPPING: Final = frozenset("FMBVGX")
_TWICE: Final = (
    "ConditionalCheckFailedException: The conditional request failed: another request writes the item {id}"
)
TERRAFORM_VERSION: Final = "1.6.1"


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """A request that stops in the account-request pipeline. `name` is its address where it has none."""

    name: str
    reasons: tuple[str, ...]
    place: str = ""
    ou: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Requests:
    """`rows` are applied unless `stopped` says why nothing is; `remarks` are for the person."""

    rows: tuple[RequestRow, ...] = ()
    refusals: tuple[Refusal, ...] = ()
    stopped: tuple[str, ...] = ()
    remarks: tuple[str, ...] = ()


def read(
    repository: Repository,
    *,
    scratch: Path,
    distribution: "Distribution" = "oss",
    terraform: bool = True,
    checks: bool = True,
) -> Requests:
    """The requests of a repository. Raises nothing for what it holds; `scratch` is a folder to write in."""
    stopped, remarks = _rendered(repository, scratch / "account-requests", distribution)
    folder = _evaluated(repository, terraform)
    findings = _errors(repository, folder, terraform) if checks else []
    stopped += [f"{each.place}: {each.rule} {each.message}" for each in findings if _stops(each)]
    refused = _by_address([each for each in findings if not _stops(each)])
    rows: dict[str, RequestRow] = {}
    refusals = []
    for request in folder.requests:
        reasons = list(refused.get(request.address, ()))
        row = _row(request, reasons)
        if row is not None and row.id in rows and not reasons:
            reasons.append(_TWICE.format(id=row.id))
        if row is None or reasons:
            refusals.append(_refusal(request, reasons))
        else:
            rows[row.id] = row
    return Requests(
        rows=tuple(rows.values()),
        refusals=tuple(refusals),
        stopped=tuple(dict.fromkeys(stopped)),
        remarks=tuple(remarks),
    )


def check_names(names: Sequence[str], *revisions: Requests) -> None:
    """Raises UsageError for an account name that no revision has a request for."""
    known = sorted(
        {row.name for each in revisions for row in each.rows}
        | {refusal.name for each in revisions for refusal in each.refusals}
    )
    for name in names:
        if name not in known:
            close = nearest(name, known)
            hint = f"did you mean {close}?" if close else "'aftgen list' shows the requests"
            raise UsageError(f"there is no request for {name!r}", hint=hint)


def select(requests: Requests, names: Sequence[str]) -> Requests:
    """Only the requests with these account names; all of them when none is given."""
    if not names:
        return requests
    return replace(
        requests,
        rows=tuple(row for row in requests.rows if row.name in names),
        refusals=tuple(each for each in requests.refusals if each.name in names),
    )


def variables(distribution: "Distribution", plan: LandingZonePlan, timestamp: str) -> dict[str, str]:
    """What the build gives to the templates, name by name (AFT reference §1.2)."""
    aft = plan.aft_management.id
    common = {
        "timestamp": timestamp,
        "tf_distribution_type": distribution,
        "provider_region": plan.home_region,
        "aft_admin_role_arn": f"arn:aws:iam::{aft}:role/AWSAFTExecution",
    }
    if distribution != "oss":
        return {
            **common,
            "terraform_org_name": "example",
            "terraform_workspace_name": "ct-aft-account-request",
        }
    return {
        **common,
        "region": plan.home_region,
        "bucket": f"aft-backend-{aft}-primary-region",
        "key": "account-request/terraform.tfstate",
        "dynamodb_table": f"aft-backend-{aft}",
        "kms_key_id": "00000000-0000-4000-8000-000000000000",
        "tf_version": TERRAFORM_VERSION,
    }


def _rendered(
    repository: Repository, scratch: Path, distribution: "Distribution"
) -> tuple[list[str], list[str]]:
    """What is wrong with the folder once its templates are rendered, and remarks."""
    scratch.mkdir(parents=True, exist_ok=True)
    for path in sorted(repository.requests.iterdir()) if repository.requests.is_dir() else ():
        if path.is_file() and path.suffix in (".tf", ".jinja"):
            shutil.copyfile(path, scratch / path.name)
    templates = [path.with_suffix(".tf").name for path in scratch.glob("*.jinja")]
    values = variables(distribution, LandingZonePlan(), "2026-01-01 00:00:00")
    try:
        remarks = jinja.render_folder(scratch, values)
    except Refused as error:
        return [f"{error.place}: {error.message}"], []
    problems: list[str] = []
    for name in templates:
        file = parse(Source(name, (scratch / name).read_bytes()))
        problems.extend(
            f"{name}, rendered for {distribution}: line {file.source.position(problem.start).line}: "
            f"{problem.message}"
            for problem in file.problems
        )
    return problems, list(remarks)


def _evaluated(repository: Repository, terraform: bool) -> RequestFolder:
    folder = read_folder(repository)
    if terraform and any(each.evaluated_by is EvaluatedBy.NOTHING for each in folder.requests):
        from aftgen.evaluate import evaluate

        folder = evaluate(repository, folder).folder
    return folder


def _errors(repository: Repository, folder: RequestFolder, terraform: bool) -> list[Finding]:
    report = engine.run(repository, terraform=terraform, folder=folder)
    return [finding for finding in report.findings if finding.severity is Severity.ERROR]


def _stops(finding: Finding) -> bool:
    return not finding.address or finding.rule[0] in _STOPPING


def _by_address(findings: Sequence[Finding]) -> Mapping[str, list[str]]:
    found: dict[str, list[str]] = {}
    for finding in findings:
        found.setdefault(finding.address, []).append(f"{finding.rule} {finding.message}")
    return found


def _row(request: Request, reasons: list[str]) -> RequestRow | None:
    try:
        return RequestRow.of(request)
    except NotEvaluated as error:
        if not reasons:
            reasons.append(error.message)
        return None


def _refusal(request: Request, reasons: Sequence[str]) -> Refusal:
    line = request.file.source.position(request.block.start).line
    return Refusal(
        name=request.name or request.address,
        reasons=tuple(reasons),
        place=f"{request.path}:{line}",
        ou=request.ou or "",
    )

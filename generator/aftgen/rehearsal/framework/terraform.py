"""What `terraform init` and `terraform apply` answer in a release's builds.

No provider is installed, so what one would do is done here where AFT's chain needs it, and judged as far as
it can be elsewhere:

    requests        evaluated as `aftgen rehearse` does, then the items of aft-request are written as AFT's
                    module declares them: PutItem for new ones, under the condition that there is none;
                    changed ones replaced; those of an earlier apply that are gone deleted
    customizations  `terraform_stage.py`: parsed and resolved; what only a provider could have checked is said

Reference: AFT reference §1.2, §1.3 ("Provider behaviour"), §3.2.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from aftgen.errors import AftgenError
from aftgen.rehearsal.terraform_stage import Judgement, TerraformStage
from aftgen.repository import Repository
from aftgen.request_row import RequestRow, rows

if TYPE_CHECKING:
    from aftgen.cloud import LandingZone

_INIT: Final = "Terraform has been initialized (answered by aftgen: no provider and no state is there)"


def customization(stage: TerraformStage, tree: Path, name: str) -> Any:
    """Answers for a checkout of a customizations branch; `name` tells its formatting from others'."""

    def answer(words: Sequence[str], folder: Path, request: Mapping[str, Any]) -> tuple[int, str]:
        if words[0] == "init":
            return 0, _INIT
        judgement = _judged(stage, folder, tree, name, request)
        return int(bool(judgement.problems)), judgement.log

    return answer


class RequestTable:
    """Answers for the account-request repository; keeps what earlier applies have written, as state does."""

    def __init__(self, zone: "LandingZone", stage: TerraformStage) -> None:
        self.zone = zone
        self.stage = stage
        self.rows: dict[str, RequestRow] = {}

    def __call__(self, words: Sequence[str], folder: Path, request: Mapping[str, Any]) -> tuple[int, str]:
        if words[0] == "init":
            return 0, _INIT
        judgement = _judged(self.stage, folder, folder.parent, "account-request", request)
        if judgement.problems:
            return 1, judgement.log
        try:
            wanted = self._evaluated(Repository(root=folder.parent, requests=folder))
            self._apply(wanted, str(request["key"]))
        except AftgenError as error:
            return 1, f"Error: {error.message}"
        return 0, f"Apply complete! Resources: {len(wanted)} (answered by aftgen)"

    def _evaluated(self, repository: Repository) -> list[RequestRow]:
        from aftgen.evaluate import evaluate
        from aftgen.reader.folder import read
        from aftgen.reader.model import EvaluatedBy

        folder = read(repository)
        if any(each.evaluated_by is EvaluatedBy.NOTHING for each in folder.requests):
            folder = evaluate(repository, folder).folder
        return rows(folder.requests)

    def _apply(self, wanted: Sequence[RequestRow], key: str) -> None:
        from botocore.exceptions import ClientError

        from aftgen.cloud.aft_management import ADMIN, REQUEST_TABLE

        session = self.zone.cloud.sessions.find(key)
        if session is None or not session.role_arn.endswith(f":role/{ADMIN}"):
            raise AftgenError("the build's credentials are not AWSAFTAdmin's, which the provider needs")
        # The rendered provider assumes AWSAFTExecution in this account.
        table = self.zone.client("dynamodb", self.zone.plan.aft_management.id)
        try:
            for gone in self.rows.keys() - {row.id for row in wanted}:
                table.delete_item(TableName=REQUEST_TABLE, Key={"id": {"S": gone}})
                del self.rows[gone]
            for row in wanted:
                known = self.rows.get(row.id)
                if known is None:
                    table.put_item(
                        TableName=REQUEST_TABLE,
                        Item=row.item(),
                        ConditionExpression="attribute_not_exists(id)",
                    )
                elif known.item() != row.item():
                    table.put_item(TableName=REQUEST_TABLE, Item=row.item())
                self.rows[row.id] = row
        except ClientError as error:
            raise AftgenError(str(error)) from error
        finally:
            table.close()


def _judged(
    stage: TerraformStage, folder: Path, tree: Path, name: str, request: Mapping[str, Any]
) -> Judgement:
    """The folder as AFT's own jinja2 has rendered it."""
    with _templates_aside(folder):
        return stage.judge(folder, tree=tree, template=name, variables={}, given=frozenset(request["given"]))


@contextmanager
def _templates_aside(folder: Path) -> Iterator[None]:
    moved = {path: path.with_name(f".{path.name}.rendered") for path in folder.glob("*.jinja")}
    for path, aside in moved.items():
        path.rename(aside)
    try:
        yield
    finally:
        for path, aside in moved.items():
            aside.rename(path)

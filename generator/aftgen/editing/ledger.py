"""What is left in an account of what this project granted: the ledger in AWS, by the person's credentials."""

from dataclasses import dataclass
from typing import Any

from aftgen.reader.model import Request
from aftgen.repository import Repository


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """``grants`` that are left, or why nobody could be asked (``unknown``)."""

    account_id: str = ""
    grants: tuple[str, ...] = ()
    unknown: str = ""


def ask(repository: Repository, request: Request, account_id: str | None = None) -> Asked:
    """The grants of ours in the request's account. Raises nothing: what is not known is said."""
    if not (repository.identity_center / "access.yaml").is_file():
        return Asked(unknown="this repository has no global-customizations/identity-center/access.yaml")
    from aft_access.catalogue import CatalogueError
    from aft_access.errors import AccessError
    from aft_access.wiring import Wiring

    wiring = Wiring(tree=repository.identity_center.parent)
    try:
        found = account_id or _account_id(wiring, request.email or "")
        if found is None:
            return Asked(unknown=f"AFT's metadata has no account with the email {request.email}")
        rows = wiring.ledger.account(found).rows
    except (AccessError, CatalogueError) as error:
        return Asked(unknown=str(error))
    return Asked(account_id=found, grants=tuple(sorted(str(row.grant) for row in rows)))


def _account_id(wiring: object, email: str) -> str | None:
    """AFT's own record of the account, by its email without case."""
    from aft_access.wiring import Wiring

    assert isinstance(wiring, Wiring)
    table = wiring.parameters["metadata_table"]
    start: dict[str, Any] = {}
    while True:
        answer = wiring.aft.call("dynamodb", "Scan", TableName=table, ConsistentRead=True, **start)
        for item in answer.get("Items", []):
            if item.get("email", {}).get("S", "").casefold() == email.casefold():
                return str(item["id"]["S"])
        if not answer.get("LastEvaluatedKey"):
            return None
        start = {"ExclusiveStartKey": answer["LastEvaluatedKey"]}

"""The example repository in a clone with a bare remote, before and after a pull request.

Before: payments-prod, payments-dev and old-prod. After: payments-prod's administrators are gone and a tag is
another, payments-dev is in the sandbox and without its custom field, old-prod is no longer asked for,
sandbox-ada is new.
"""

import shutil
from pathlib import Path

from aft_access.contract import AccessDeclaration, Grant
from aftgen.repository import AFT_REPOSITORIES
from aftgen.request import AccountRequest
from aftgen.writer import render
from published_world import bare, git

ROOT = Path(__file__).resolve().parents[2]


def asked(name: str, ou: str, *grants: str, **settings: object) -> AccountRequest:
    values = {
        "tags": {"managed-by": "aft", "cost-center": "123456", "environment": "dev"},
        "customization": "workload",
        **settings,
    }
    return AccountRequest(
        name=name,
        email=f"aws+{name}@example.com",
        ou=ou,
        sso_email="aws-admins@example.com",
        sso_first_name="AWS",
        sso_last_name="Admins",
        requested_by="Ada Lovelace",
        reason="An example",
        access=AccessDeclaration(grants=tuple(map(Grant.parse, grants))),
        **values,  # type: ignore[arg-type]
    )


READS, ADMINISTERS = "ReadOnlyAccess:group:auditors", "AdministratorAccess:group:platform-admins"


def units() -> dict[str, str]:
    """Nested units as the example organization names them, for a request."""
    import yaml

    registry = yaml.safe_load((ROOT / "global-customizations/organization.yaml").read_text("utf-8"))
    return {
        path: f"{path.rpartition('/')[2]} ({unit_id})" if "/" in path else path
        for path, unit_id in registry["organizational_units"].items()
    }


def requests() -> tuple[list[AccountRequest], list[AccountRequest]]:
    """Before and after."""
    unit = units()
    prod, dev = unit["Workloads/Prod"], unit["Workloads/Dev"]
    before = [
        asked("payments-prod", prod, READS, ADMINISTERS),
        asked("payments-dev", dev, "DeveloperAccess:group:developers", custom_fields={"owner": "payments"}),
        asked("old-prod", prod, READS),
    ]
    after = [
        asked(
            "payments-prod",
            prod,
            READS,
            tags={"managed-by": "aft", "cost-center": "654321", "environment": "prod"},
        ),
        asked("payments-dev", "Sandbox", "DeveloperAccess:group:developers"),
        asked("sandbox-ada", "Sandbox", READS, customization="sandbox"),
    ]
    return before, after


def make(folder: Path) -> Path:
    """A clone whose HEAD has the requests of before, and whose working tree has those of after."""
    origin, work = bare(folder / "origin.git"), folder / "work"
    git(folder, "clone", "-q", str(origin), str(work))
    git(work, "switch", "-q", "-c", "main")
    for name in AFT_REPOSITORIES:
        shutil.copytree(ROOT / name, work / name, ignore=shutil.ignore_patterns("__pycache__", ".terraform"))
    shutil.copy(ROOT / "aftgen.yaml", work)
    before, after = requests()
    write(work, before)
    commit(work)
    write(work, after)
    return work


def write(work: Path, wanted: list[AccountRequest]) -> None:
    """These requests and no others."""
    folder = work / "account-requests" / "terraform"
    for old in folder.glob("*.tf"):
        old.unlink()
    for request in wanted:
        (folder / request.file_name).write_text(render(request), encoding="utf-8")


def commit(work: Path) -> None:
    git(work, "add", "-A")
    git(work, "commit", "-q", "-m", "Requests")
    git(work, "push", "-q", "origin", "main")

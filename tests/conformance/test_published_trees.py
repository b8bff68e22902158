"""What `aftgen publish` makes: a release's own buildspecs run on the branches that a second clone fetches."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from aftgen.cloud import LandingZone, serve
from aftgen.publish import plan, push
from aftgen.publish.settings import Wish
from aftgen.reader.folder import read as read_folder
from aftgen.rehearsal.chain import Change, Setting
from aftgen.rehearsal.environments import Environments
from aftgen.rehearsal.framework.buildspecs import Project
from aftgen.rehearsal.framework.release import Checkout, ReleaseFramework
from aftgen.rehearsal.framework.terraform import RequestTable, customization
from aftgen.rehearsal.processes import Workspace
from aftgen.rehearsal.run import BEHAVIOUR
from aftgen.rehearsal.terraform_stage import TerraformStage
from aftgen.rehearsal.trees import Trees
from aftgen.repository import AFT_REPOSITORIES, Repository, find
from aftgen.request_row import RequestRow, rows
from published_world import git

from . import example_repository
from .checkouts import Judge
from .snapshots import tables

pytestmark = pytest.mark.slow


@pytest.fixture
def fetched(tmp_path: Path) -> Path:
    """The four branches, checked out by somebody else, after two publishes."""
    work = example_repository.make(tmp_path)
    before, after = example_repository.requests()
    example_repository.write(work, before)
    push.perform(find(work), plan.make(find(work), Wish(first=True)))
    example_repository.write(work, after)
    example_repository.commit(work)
    push.perform(find(work), plan.make(find(work), Wish(allow_removal=("old-prod",))))
    folder = tmp_path / "fetched"
    for tree, name in AFT_REPOSITORIES.items():
        git(tmp_path, "clone", "-q", "-b", f"aft/{name}", str(tmp_path / "origin.git"), str(folder / tree))
        shutil.rmtree(folder / tree / ".git")  # CodePipeline hands over a zip file of the branch
    return folder


@pytest.fixture
def framework(release: Judge, workspace: Workspace, cache: Path, fetched: Path) -> Iterator[ReleaseFramework]:
    from aftgen.config_file import load_organization
    from aftgen.rehearsal import landing

    repository = Repository(root=fetched, requests=fetched / "account-requests" / "terraform")
    ground = landing.describe(
        repository,
        load_organization(repository),
        requested(fetched),
        catalogue=_catalogue(repository),
        aft_version=release.version,
        distribution="oss",
    )
    with serve(BEHAVIOUR, seed=7) as server:
        zone = ground.build(server.cloud)
        setting = Setting(zone=zone, workspace=workspace, environments=Environments(workspace, folder=cache))
        yield ReleaseFramework(Checkout(release.folder), setting)


def _catalogue(repository: Repository) -> object:
    from aftgen.checks.access import load_catalogue

    catalogue, problems = load_catalogue(repository)
    assert not problems
    return catalogue


def requested(fetched: Path) -> list[RequestRow]:
    tree = fetched / "account-requests"
    return rows(read_folder(Repository(root=tree, requests=tree / "terraform")).requests)


def test_the_four_branches_are_built(
    framework: ReleaseFramework, workspace: Workspace, fetched: Path
) -> None:
    zone: LandingZone = framework.zone
    wanted = requested(fetched)
    assert [row.name for row in wanted] == ["payments-dev", "payments-prod", "sandbox-ada"]
    stage = TerraformStage(workspace, version="1.6.1", distribution="oss")

    provisioning = framework.builds.run(
        Project.PROVISIONING,
        fetched / "account-provisioning-customizations",
        customization(stage, fetched / "account-provisioning-customizations", "provisioning"),
    )
    assert provisioning.ok, provisioning.log

    requests = framework.builds.run(Project.REQUESTS, fetched / "account-requests", RequestTable(zone, stage))
    assert requests.ok, requests.log
    items = {item["id"]["S"]: item for item in tables(zone, "aft-request")["aft-request"]}
    assert items == {row.id: row.item() for row in wanted}

    framework.publish(Trees(folder=fetched, revision=2, commit="f" * 40))
    for row in wanted:
        delivery = framework.deliver(Change(new=row))
        assert framework.provision(delivery).ok, delivery.log
        pipeline = framework.customize(delivery.account)
        assert pipeline.ok, (pipeline.reason, [stage.log for stage in pipeline.stages])
        print(f"{framework.release} {row.name}: {', '.join(stage.name for stage in pipeline.stages)}")
    held = {(permission_set, principal) for _, permission_set, principal in zone.access()}
    assert ("DeveloperAccess", "group:developers") in held

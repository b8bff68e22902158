"""What is written once for the organization before the accounts' pipelines run, in an embedded AWS."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from aftgen.cloud import Account, LandingZone, LandingZonePlan, serve
from aftgen.rehearsal.findings import Finder
from aftgen.rehearsal.processes import Workspace
from aftgen.rehearsal.publishing import Publishing
from aftgen.rehearsal.result import Policy
from aftgen.rehearsal.run import BEHAVIOUR
from aftgen.rehearsal.trees import GLOBAL, Trees

ACCOUNT = "555555555555"
UNITS = dict(LandingZonePlan().organizational_units)
PLAN = LandingZonePlan(
    accounts=(Account(id=ACCOUNT, name="payments", email="payments@x.com", ou="Workloads/Prod"),),
)
DENY = {"Sid": "One", "Effect": "Deny", "Action": "s3:DeleteBucket", "Resource": "*"}
SPARED = ("AWSAFT*", "AWSControlTower*", "aws-controltower-*", "stacksets-exec-*")
CONDITION = {"ArnNotLike": {"aws:PrincipalArn": [f"arn:aws:iam::*:role/{name}" for name in SPARED]}}


@dataclass
class World:
    zone: LandingZone
    workspace: Workspace
    folder: Path

    def publishing(self, revision: int, **attach: str) -> Publishing:
        """A tree whose policies are attached to one OU each."""
        tree = self.folder / f"trees-{revision}"
        policies = {
            name: {"description": "What it is for", "attach": [{"ous": [ou]}]} for name, ou in attach.items()
        }
        files = {
            "organization.yaml": {"organizational_units": UNITS},
            "revision.json": {"revision": revision, "commit": f"{revision:040x}"},
            "identity-center/access.yaml": {"identity_center": {"region": "eu-central-1"}},
            "identity-center/permission-sets/Reading.yaml": {
                "description": "Reads",
                "managed_policies": ["arn:aws:iam::aws:policy/ReadOnlyAccess"],
            },
            "service-control-policies/guardrails.yaml": {"policies": policies},
        }
        document = {"Version": "2012-10-17", "Statement": [{**DENY, "Condition": CONDITION}]}
        files |= {f"service-control-policies/{name}.json": document for name in attach}
        for name, content in files.items():
            path = tree / GLOBAL / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(json.dumps(content))
        trees = Trees(folder=tree, revision=revision, commit=f"{revision:040x}")
        return Publishing(trees=trees, zone=self.zone, workspace=self.workspace)

    @property
    def in_force(self) -> tuple[Policy, ...]:
        return Finder(self.zone, None).policies(ACCOUNT)


@pytest.fixture
def world(workspace: Workspace, tmp_path: Path) -> Iterator[World]:
    with serve(BEHAVIOUR, seed=7) as server:
        yield World(LandingZone.build(server.cloud, PLAN), workspace, tmp_path)


def test_permission_sets_and_policies_are_there_before_any_account_asks(world: World) -> None:
    first = world.publishing(1, everywhere="Root", production="Workloads/Prod", sandbox="Sandbox")
    assert first.stages == ("access catalogue", "guardrails")
    done = first.run()
    assert [(stage.name, stage.ok, stage.reason) for stage in done] == [
        ("access catalogue", True, ""),
        ("guardrails", True, ""),
    ]
    assert "  + attach everywhere at Root (2 of 10 slots then in use)\n" in done[1].log
    assert world.zone.permission_set("Reading").name == "Reading"
    assert world.in_force == (
        Policy(name="everywhere", attached_to="Root"),
        Policy(name="production", attached_to="Workloads/Prod"),
    )
    assert Finder(world.zone, None).policies(world.zone.plan.management.id) == ()

    # A policy of that name which somebody made in the console.
    organizations = world.zone.backstage("organizations", world.zone.plan.management.id)
    organizations.create_policy(
        Name="theirs",
        Description="by hand",
        Type="SERVICE_CONTROL_POLICY",
        Content=json.dumps({"Statement": []}),
    )
    catalogue, guardrails = world.publishing(2, everywhere="Root", theirs="Sandbox").run()
    assert (catalogue.ok, guardrails.ok) == (True, False)
    assert guardrails.reason == "the policy theirs exists and lacks our tag: it is somebody else's"


def test_a_tree_that_has_nothing_of_both_needs_no_process(world: World) -> None:
    (world.folder / GLOBAL).mkdir()
    trees = Trees(folder=world.folder, revision=1, commit="0" * 40)
    publishing = Publishing(trees=trees, zone=world.zone, workspace=world.workspace)
    world.workspace.run = None  # type: ignore[assignment,method-assign]
    assert (publishing.stages, publishing.run()) == ((), ())


def test_a_program_that_cannot_even_begin_is_a_failure(world: World) -> None:
    publishing = world.publishing(1)
    (publishing.trees.folder / GLOBAL / "organization.yaml").write_bytes(b"\xff")
    (publishing.trees.folder / GLOBAL / "revision.json").write_text("{")
    catalogue, guardrails = publishing.run()
    assert [catalogue.ok, guardrails.ok] == [False, False]
    assert catalogue.reason.startswith("organization.yaml")

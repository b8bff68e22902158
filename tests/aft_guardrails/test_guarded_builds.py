"""Once as AFT runs it: bash, the published tree alone, a fresh virtual environment, profiles, real HTTP."""

import json
import subprocess
from pathlib import Path

import pytest
from aftgen.cloud import LandingZonePlan, serve
from guardrails_cloud import ACCOUNTS, PAYMENTS, SCP, WORKLOADS, entry, write_tree
from pipeline.builds import Pipeline, finish, landing_zone, publish, quick
from pipeline.small import tree
from pipeline.trees import UNITS

pytestmark = pytest.mark.slow

POLICIES = {"workloads": entry({"ous": ["Workloads"]}), "payments": entry({"names": ["pay*"]})}


def publish_organization(made: Pipeline) -> str:
    """What the publishing workflow runs."""
    done = finish(made.start_module(PAYMENTS, "apply", "--organization", module="aft_guardrails"))
    assert done.code == 0, done.text
    return done.out


def test_guardrails_stand_before_the_baseline_and_their_failure_ends_the_build(
    venv: Path, tmp_path: Path
) -> None:
    plan = LandingZonePlan(organizational_units=UNITS, accounts=ACCOUNTS)
    with serve(quick(), seed=7) as server:
        landing_zone(server, plan)
        made = Pipeline(server, venv, tmp_path)
        tree(limits={"poll_seconds": 0.1, "lease_seconds": 2}).write(made.tree)
        write_tree(made.tree, POLICIES, limits={"lease_seconds": 2})
        made.zone.put_request(PAYMENTS)
        organizations = made.zone.backstage("organizations", plan.management.id)

        def on(target: str) -> list[str]:
            listed = organizations.list_policies_for_target(TargetId=target, Filter=SCP)["Policies"]
            return sorted(one["Name"] for one in listed if one["Name"] != "FullAWSAccess")

        # The pipeline comes before the publishing workflow: nothing is attached, and the build says why.
        done = made.build(PAYMENTS)
        assert (done.code, on(PAYMENTS)) == (1, [])
        assert "  ! the policy payments is not in the organization yet" in done.out
        assert "terraform ends with" not in done.out
        topics = [(topic, subject) for topic, subject, _ in made.zone.notifications()]
        assert topics[-1] == ("aft-failure-notifications", f"Guardrails of account {PAYMENTS} failed")
        shown = publish_organization(made)
        assert "  + attach workloads at Workloads (2 of 10 slots then in use)\n" in shown
        assert on(WORKLOADS) == ["workloads"]
        done = made.build(PAYMENTS)
        assert (done.code, on(PAYMENTS)) == (0, ["payments"]), done.text
        before, _, _ = done.out.partition("terraform ends with 0")
        assert f"guardrails of {PAYMENTS} payments: converged" in before
        made.cloud.log.clear()
        done = made.build(PAYMENTS)
        assert done.code == 0, done.text
        assert made.cloud.log.select("organizations", write=True) == []


def test_the_published_tree_is_enough(venv: Path, tmp_path: Path) -> None:
    copy = publish(tmp_path / "source")
    program = """
import importlib.util, json
from pathlib import Path
import aft_guardrails.cli as cli
from aft_guardrails.declarations import load
found = load(cli.TREE)
print(json.dumps([cli.__file__, sorted(found.policies), importlib.util.find_spec("aftgen") is None]))
"""
    done = subprocess.run(
        [venv / "bin/python", "-P", "-c", program],
        env={"PYTHONPATH": str(copy / "api_helpers/python")},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    )
    file, policies, alone = json.loads(done.stdout)
    assert (Path(file).is_relative_to(copy), len(policies), alone) == (True, 6, True)

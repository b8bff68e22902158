"""The helpers as AFT runs them, from a copy of `global-customizations/` alone, against AWS over HTTP."""

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import yaml
from aftgen.cloud import Account, LandingZonePlan, serve

from .builds import Built, Calling, Distribution, Pipeline, landing_zone, publish, quick
from .inside import SHARED
from .small import (
    ACCOUNT,
    CONTROL_TOWER,
    FOREIGN,
    GRANTS,
    declare,
    flat,
    ours,
    plan,
    tree,
)

pytestmark = pytest.mark.slow

QUICK = {"poll_seconds": 0.1, "lease_seconds": 2}


@contextmanager
def pipeline(
    venv: Path, folder: Path, zone: LandingZonePlan | None = None, **behaviour: Any
) -> Iterator[Pipeline]:
    with serve(quick(**behaviour), seed=7) as server:
        landing_zone(server, zone or plan())
        yield Pipeline(server, venv, folder)


@pytest.fixture
def small(venv: Path, tmp_path: Path) -> Iterator[Pipeline]:
    """The small organization, its tree published, its account requested and not built yet."""
    with pipeline(venv, tmp_path) as made:
        tree(limits=QUICK).write(made.tree)
        declare(made.zone, GRANTS)
        yield made


def writes(made: Pipeline) -> list[str]:
    return [call.operation for call in made.cloud.log.select(*SHARED, write=True)]


def converged(made: Pipeline, **settings: Any) -> Built:
    done = made.build(ACCOUNT, **settings)
    assert done.code == 0, done.text
    assert done.out.endswith("the build goes on\n")
    return done


def test_only_the_requirements_are_installed_and_aftgen_is_not(venv: Path, tmp_path: Path) -> None:
    copy = publish(tmp_path / "source")
    program = """
import importlib.metadata, importlib.util, json, sys
import aft_access.cli, aft_access.wiring
names = sorted(each.name.lower().replace("_", "-") for each in importlib.metadata.distributions())
print(json.dumps([names, importlib.util.find_spec("aftgen") is None, aft_access.__file__, sys.prefix]))
"""
    python = venv / "bin/python"
    environment = {"PYTHONPATH": str(copy / "api_helpers/python")}
    done = subprocess.run(
        [python, "-P", "-c", program],
        env=environment,
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    )
    installed, absent, package, prefix = json.loads(done.stdout)
    text = (copy / "api_helpers/python/requirements.txt").read_text("utf-8")
    required = [name.lower().replace("_", "-") for name in re.findall(r"^([\w-]+)==", text, re.MULTILINE)]
    assert set(installed) - {"pip", "setuptools"} == set(required)
    assert absent
    assert package == str(copy / "api_helpers/python/aft_access/__init__.py")
    assert prefix == str(venv)
    assert sys.prefix != prefix


@pytest.mark.parametrize("distribution", ["oss", "tfc"])
@pytest.mark.parametrize("calling", ["sourced", "executed"])
def test_the_declared_access_exists_and_a_second_build_writes_nothing(
    small: Pipeline, calling: Calling, distribution: Distribution
) -> None:
    for name, principal in FOREIGN[1:]:
        small.zone.assign(ACCOUNT, name, principal)
    first = converged(small, calling=calling, distribution=distribution)
    assert "deferred" in first.out.partition("terraform ends")[0]
    assert ours(small.zone) == flat(GRANTS) | set(FOREIGN[1:])
    assert set(small.zone.access(ACCOUNT)) >= CONTROL_TOWER
    small.cloud.log.clear()
    second = converged(small, calling=calling, distribution=distribution)
    assert second.out.count(": unchanged\n") == 2
    assert writes(small) == []
    told = small.zone.notifications()
    assert [topic for topic, _, _ in told] == ["aft-notifications"]
    assert "https://example.awsapps.com/start" in told[0][2]


def test_a_dropped_grant_is_revoked_though_terraform_fails(small: Pipeline) -> None:
    converged(small)
    for name, principal in FOREIGN:
        small.zone.assign(ACCOUNT, name, principal)
    declare(small.zone, {"Building": ["group:builders"]})
    done = small.build(ACCOUNT, terraform=1)
    assert done.code == 1
    assert ours(small.zone) == {("Building", "group:builders"), *FOREIGN}
    assert set(small.zone.access(ACCOUNT)) >= CONTROL_TOWER
    assert "Revoking does not end sessions that are live" in done.out
    small.cloud.log.clear()
    converged(small)
    assert writes(small) == []


def test_nobody_enters_before_the_baseline_stands(small: Pipeline) -> None:
    assert small.build(ACCOUNT, terraform=1).code == 1
    assert ours(small.zone) == set()
    assert writes(small) == []


def test_what_the_vended_account_says_changes_nothing(small: Pipeline) -> None:
    """Its admins can write any parameter there, AFT's own names included, and AWS_PROFILE points there."""
    converged(small)
    admin = json.dumps({"version": 1, "grants": {"Building": ["group:outsiders"]}})
    small.zone.put_custom_field(ACCOUNT, "access", admin)
    vended = small.zone.backstage("ssm", ACCOUNT)
    for name, value in {
        "/aft/account/ct-management/account-id": ACCOUNT,
        "/aft/account/aft-management/account-id": ACCOUNT,
        "/aft/resources/ddb/aft-request-table-name": "mine",
        "/aft/resources/iam/aft-execution-role-name": "mine",
    }.items():
        vended.put_parameter(Name=name, Value=value, Type="String")
    small.cloud.log.clear()
    converged(small)
    assert writes(small) == []
    assert ours(small.zone) == flat(GRANTS)
    assert small.cloud.log.select(account=ACCOUNT) == []


def test_without_the_table_the_step_is_named_and_nothing_is_changed(venv: Path, tmp_path: Path) -> None:
    with pipeline(venv, tmp_path, plan(access_table=False)) as made:
        tree(limits=QUICK).write(made.tree)
        declare(made.zone, GRANTS)
        done = made.build(ACCOUNT)
        assert done.code == 1
        assert "terraform ends with 0" in done.out  # pre's failure did not stop the baseline
        assert done.err.count("the table aftgen-access does not exist in AFT's management account") == 2
        assert done.err.count("access was skipped and nothing was changed") == 2
        assert "apply account-provisioning-customizations" in done.err
        assert ours(made.zone) == set()
        assert writes(made) == []


@pytest.mark.parametrize("broken", ["rules: [", "nonsense: 1\n"])
def test_a_catalogue_that_cannot_be_loaded_is_told_once_and_recorded(small: Pipeline, broken: str) -> None:
    file = small.tree / "identity-center/access.yaml"
    file.write_text(broken, "utf-8")
    done = small.build(ACCOUNT)
    assert done.code == 1
    assert "terraform ends with 0" in done.out
    assert done.err.count("identity-center/access.yaml:") >= 2
    told = small.zone.notifications()
    assert [topic for topic, _, _ in told] == ["aft-failure-notifications"]
    assert "identity-center/access.yaml:1" in told[0][2]
    assert writes(small) == []


def test_only_our_own_code_is_imported(small: Pipeline) -> None:
    """Folders that Python would look into first, if it were let: the working folder and AFT's PYTHONPATH."""
    for folder in (".", "terraform", "aws-aft-core-framework/sources/aft-lambda-layer"):
        place = small.tree / folder
        place.mkdir(parents=True, exist_ok=True)
        for module in ("yaml", "boto3", "json", "aft_access"):
            (place / f"{module}.py").write_text(f"raise SystemExit('{folder}/{module}.py was imported')\n")
    converged(small)
    assert ours(small.zone) == flat(GRANTS)


def test_the_log_names_no_person_and_holds_no_policy_and_no_credential(small: Pipeline) -> None:
    done = converged(small)
    profiles = next(small.folder.glob("builds/*/aws/credentials")).read_text("utf-8")
    secrets = re.findall(r"= (\S+)", profiles)
    assert len(secrets) >= 18
    assert [line for line in done.err.splitlines() if not line.startswith("INFO account ")] == []
    for hidden in (*secrets, "oncall@x.com", "ann@x.com", "owner@x.com", "organizations:*", "Statement"):
        assert hidden not in done.text


def test_a_process_that_is_killed_fails_the_build_and_the_next_build_converges(small: Pipeline) -> None:
    small.cloud.faults.order("CreateAccountAssignment", "kill")
    done = small.build(ACCOUNT)
    assert done.code == 1
    assert small.cloud.faults.as_json() == []
    assert not done.out.endswith("the build goes on\n")
    converged(small)
    assert ours(small.zone) == flat(GRANTS)
    small.cloud.log.clear()
    converged(small)
    assert writes(small) == []


def test_lost_connections_and_ended_sessions_are_survived(small: Pipeline) -> None:
    for operation in ("CreateAccountAssignment", "CreatePermissionSet", "TransactWriteItems"):
        small.cloud.faults.order(operation, "disconnect", executed=True)
        small.cloud.faults.order(operation, "expired", skip=1)
    converged(small)
    assert small.cloud.faults.as_json() == []
    assert ours(small.zone) == flat(GRANTS)


def test_a_failed_assignment_fails_the_build_with_its_reason(small: Pipeline) -> None:
    small.cloud.faults.order("CreateAccountAssignment", "failed", reason="RolesPerAccount is exceeded")
    done = small.build(ACCOUNT)
    assert done.code == 1
    assert "RolesPerAccount is exceeded" in done.out
    assert [topic for topic, _, _ in small.zone.notifications()] == ["aft-failure-notifications"]
    converged(small)
    assert ours(small.zone) == flat(GRANTS)


def test_the_tree_that_this_repository_ships(venv: Path, tmp_path: Path) -> None:
    """Its example organization, unchanged: published, built, converged."""
    published = publish(tmp_path / "shipped")
    registry = yaml.safe_load((published / "organization.yaml").read_text("utf-8"))
    access = yaml.safe_load((published / "identity-center/access.yaml").read_text("utf-8"))
    shipped = LandingZonePlan(
        home_region=access["identity_center"]["region"],
        organizational_units=registry["organizational_units"],
        accounts=(
            Account(
                id=ACCOUNT,
                name="payments",
                email="payments@example.com",
                ou="Workloads/Prod",
                sso_user="owner@example.com",
            ),
        ),
        groups=dict.fromkeys(
            ("auditors", "break-glass", "developers", "platform-admins"), ("ann@example.com",)
        ),
    )
    with pipeline(venv, tmp_path, shipped) as made:
        grants = {"version": 1, "grants": {"DeveloperAccess": ["group:developers"]}}
        made.zone.put_request(
            ACCOUNT, custom_fields={"access": json.dumps(grants)}, sso_user="owner@example.com"
        )
        converged(made)
        assert {row[1:] for row in made.zone.access(ACCOUNT)} >= {
            ("DeveloperAccess", "group:developers"),
            ("ReadOnlyAccess", "group:auditors"),
            ("AdministratorAccess", "group:break-glass"),
        }

"""Counts what converging an account's access asks of AWS, over HTTP against the embedded one.

Identity Center answers 20 calls a second for a whole organization, all its pipelines together, so calls are
what an access run costs. The measured case: an account with 15 assignments (5 permission sets, 3 groups),
three OUs deep, in an organization of 33 permission sets. Beside it runs the call-per-item way that the
public AFT converger works in (PeterBengtson/AFT-SSO-account-configuration, as `identity-center.md` §2 lists
its calls), against the same organization: describe every permission set to learn its name, list and name
every assignment, look up and create each declared one blindly.

Nothing here passes or fails; `tests/pipeline/test_economy.py` holds the targets.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from aftgen.cloud import Account, Behaviour, LandingZone, LandingZonePlan, serve, write_profiles

ACCOUNT, DELEGATE = "555555555555", "888888888888"
UNITS = {"Security": "ou-ab12-security1", "Infrastructure": "ou-ab12-infrastr1"}
UNITS |= {"Workloads": "ou-ab12-workload1", "Workloads/Prod": "ou-ab12-workprod1"}
UNITS |= {"Workloads/Prod/Europe": "ou-ab12-workeuro1"}
GROUPS = ("one", "two", "three")
SETS = tuple(f"Team{number}" for number in range(5))
SHARED = ("sso-admin", "identitystore")
FLEET, SAMPLE = 1000, 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """Calls of one run: to the services that share the organization's rate, writes among them, status
    reads among them, and calls to all other services."""

    shared: int
    writes: int
    status: int
    others: int

    @classmethod
    def of(cls, zone: LandingZone) -> "Cost":
        calls = zone.cloud.log.select(*SHARED)
        return cls(
            shared=len(calls),
            writes=sum(call.write for call in calls),
            status=sum("Status" in call.operation for call in calls),
            others=len(zone.cloud.log) - len(calls),
        )


def main() -> None:
    print("\naccess of one account, 15 assignments, calls (sso-admin + identitystore, of which writes)")
    with organization(33) as world:
        peer = world.call_per_item()
        ours = world.run("pre")
        show("call per item", peer)
        show(
            "unchanged, from the management account", ours, f"{ours.shared / peer.shared:.0%} (target ≤ 8, 0)"
        )
        for grants, revokes in ((3, 0), (0, 2), (3, 2)):
            cost = world.change(grants, revokes)
            aim = f"(target {grants + revokes} writes, ≤ 6 status reads: {cost.status})"
            show(f"{grants} grants and {revokes} revocations", cost, aim)
    with organization(33, delegated=True) as world:
        show("unchanged, through a delegated administrator", world.run("pre"), "(target ≤ 10, 0)")
    with organization(33, delegated=True, describes_account_paths=False) as world:
        show("the same where DescribeAccount has no path", world.run("pre"), "(target ≤ 12 others)")
    with organization(133) as world:
        show("unchanged, of 133 permission sets", world.run("pre"), "(target: as with 33)")
    print(f"\naccess of {FLEET:,} accounts, {len(SETS) * 2} assignments each, unchanged: calls of a plan")
    with organization(33, fleet=FLEET) as world:
        world.settle()
        whole, seconds = world.fleet_plan()
        each = [world.plan(account) for account in (ACCOUNT, *world.others[:: FLEET // SAMPLE])]
        shared = sum(cost.shared for cost in each) / len(each) * FLEET
        others = sum(cost.others for cost in each) / len(each) * FLEET
        alone = Cost(shared=round(shared), writes=0, status=0, others=round(others))
        show("account by account", alone, f"({len(each)} measured, times {FLEET / len(each):,.0f})")
        show("the fleet at once", whole, f"{whole.shared / alone.shared:.2%}; {seconds:.1f} s")


class World:
    """The organization of the measurement, its account converged."""

    def __init__(self, zone: LandingZone, folder: Path, sets: int, delegated: bool) -> None:
        self.zone = zone
        self._tree = folder / "global-customizations"
        (folder / "aftgen.yaml").touch()
        (folder / "account-requests" / "terraform").mkdir(parents=True)
        self._environment = write_profiles(zone, account=ACCOUNT, directory=folder / "aws")
        self.declared = [(name, f"group:{group}") for name in SETS for group in GROUPS]
        for number in range(sets - len(SETS) - len(zone.center.permission_sets)):
            zone.add_permission_set(f"Other{number:03}")
        self._publish(delegated)
        self._declare(self.declared)
        self.run("post")
        assert len(zone.center.permission_sets) == sets

    def run(self, phase: str) -> Cost:
        self.zone.cloud.log.clear()
        self.command("apply", "--phase", phase)
        return Cost.of(self.zone)

    def change(self, grants: int, revokes: int) -> Cost:
        """A run with so many of each: another hand removed some, and the request dropped others."""
        for name, principal in self.declared[:grants]:
            self.zone.unassign(ACCOUNT, name, principal)
        self._declare(self.declared[: len(self.declared) - revokes])
        cost = self.run("pre")
        self._declare(self.declared)
        self.run("pre")
        return cost

    @property
    def others(self) -> list[str]:
        """The accounts of the fleet beside the one."""
        return [one.id for one in self.zone.plan.accounts if one.id.startswith("7")]

    def settle(self) -> None:
        """The one account converged with ten grants, and all others as if their pipelines had run."""
        declared = [one for one in self.declared if one[1] != f"group:{GROUPS[-1]}"]
        self._declare(declared)
        self.run("post")
        dynamodb = self.zone.backstage("dynamodb", self.zone.plan.aft_management.id)
        key = {":pk": {"S": f"account#{ACCOUNT}"}}
        found = dynamodb.query(
            TableName="aftgen-access", KeyConditionExpression="pk = :pk", ExpressionAttributeValues=key
        )["Items"]
        rows = [row for row in found if row["sk"]["S"] != "lease"]
        for other in self.others:
            self._declare(declared, other)
            for name, principal in declared:
                self.zone.assign(other, name, principal)
            for start in range(0, len(rows), 25):
                puts = [
                    {"PutRequest": {"Item": {**row, "pk": {"S": f"account#{other}"}}}}
                    for row in rows[start : start + 25]
                ]
                dynamodb.batch_write_item(RequestItems={"aftgen-access": puts})

    def plan(self, account: str) -> Cost:
        """One account's own plan."""
        self.zone.cloud.log.clear()
        done = self.command("plan", "--account", account, "--json")
        assert json.loads(done)["status"] == "unchanged", done
        return Cost.of(self.zone)

    def fleet_plan(self) -> tuple[Cost, float]:
        """`aftgen access plan --all`, and the seconds that it took."""
        self.zone.cloud.log.clear()
        started = time.perf_counter()
        done = subprocess.run(
            [
                sys.executable,
                "-m",
                "aftgen",
                "access",
                "plan",
                "--all",
                "--json",
                "--path",
                self._tree.parent,
            ],
            env={**os.environ, **self._environment, "AWS_PROFILE": "aft-management"},
            check=True,
            capture_output=True,
        )
        seconds = time.perf_counter() - started
        found = json.loads(done.stdout)
        assert (found["accounts"], found["unchanged"]) == (FLEET, FLEET), found
        return Cost.of(self.zone), seconds

    def command(self, *arguments: str) -> bytes:
        """As the pipeline's helpers run it. Raises CalledProcessError when it fails."""
        return subprocess.run(
            [sys.executable, "-m", "aft_access", "--tree", str(self._tree), *arguments],
            env={**os.environ, **self._environment},
            check=True,
            capture_output=True,
        ).stdout

    def call_per_item(self) -> Cost:
        """One run in the public converger's way, which changes nothing either."""
        self.zone.cloud.log.clear()
        sso, store = self.zone.client("sso-admin"), self.zone.client("identitystore")
        instance = sso.list_instances()["Instances"][0]
        here = {"InstanceArn": instance["InstanceArn"]}
        directory = {"IdentityStoreId": instance["IdentityStoreId"]}

        arns: dict[str, str] = {}
        for page in sso.get_paginator("list_permission_sets").paginate(**here, MaxResults=100):
            for arn in page["PermissionSets"]:
                described = sso.describe_permission_set(**here, PermissionSetArn=arn)
                arns[described["PermissionSet"]["Name"]] = arn
        provisioned = sso.get_paginator("list_permission_sets_provisioned_to_account")
        for page in provisioned.paginate(**here, AccountId=ACCOUNT, MaxResults=100):
            for arn in page["PermissionSets"]:
                sso.describe_permission_set(**here, PermissionSetArn=arn)
                listed = sso.list_account_assignments(**here, AccountId=ACCOUNT, PermissionSetArn=arn)
                for assignment in listed["AccountAssignments"]:
                    store.describe_group(**directory, GroupId=assignment["PrincipalId"])
        for name, principal in self.declared:
            unique = {
                "AttributePath": "displayName",
                "AttributeValue": principal.removeprefix("group:"),
            }
            found = store.get_group_id(**directory, AlternateIdentifier={"UniqueAttribute": unique})
            sso.create_account_assignment(
                **here,
                TargetId=ACCOUNT,
                TargetType="AWS_ACCOUNT",
                PermissionSetArn=arns[name],
                PrincipalType="GROUP",
                PrincipalId=found["GroupId"],
            )
        cost = Cost.of(self.zone)
        while sso.list_account_assignment_creation_status(**here, Filter={"Status": "IN_PROGRESS"})[
            "AccountAssignmentsCreationStatus"
        ]:
            pass  # what is still in flight would conflict with the next run's writes
        return cost

    def _declare(self, grants: list[tuple[str, str]], account: str = ACCOUNT) -> None:
        by_set: dict[str, list[str]] = {}
        for name, principal in grants:
            by_set.setdefault(name, []).append(principal)
        access = json.dumps({"version": 1, "grants": by_set})
        self.zone.put_request(account, custom_fields={"access": access})

    def _publish(self, delegated: bool) -> None:
        center: dict[str, Any] = {"region": self.zone.center.region}
        if delegated:
            center["delegated_administrator"] = DELEGATE
        policy = "arn:aws:iam::aws:policy/ReadOnlyAccess"
        files: dict[str, Any] = {
            "organization.yaml": {"organizational_units": UNITS},
            "identity-center/access.yaml": {
                "identity_center": center,
                "limits": {"poll_seconds": 0.2, "calls_per_second": 20},
            },
        }
        for name in SETS:
            content = {"description": "Read", "managed_policies": [policy]}
            files[f"identity-center/permission-sets/{name}.yaml"] = content
        for path, content in files.items():
            (self._tree / path).parent.mkdir(parents=True, exist_ok=True)
            (self._tree / path).write_text(json.dumps(content), encoding="utf-8")


@contextmanager
def organization(sets: int, *, delegated: bool = False, fleet: int = 1, **switches: Any) -> Iterator[World]:
    """An organization of so many permission sets (Control Tower's included) and its converged account, which
    is three OUs deep. `fleet` is how many accounts like it there are, `switches` are of `Behaviour`."""
    accounts = (
        Account(id=ACCOUNT, name="payments", email="payments@example.com", ou="Workloads/Prod/Europe"),
        Account(id=DELEGATE, name="identity", email="identity@example.com", ou="Security"),
        *(
            Account(id=f"7{n:011}", name=f"a{n}", email=f"a{n}@example.com", ou="Workloads/Prod")
            for n in range(1, fleet)
        ),
    )
    plan = LandingZonePlan(
        organizational_units=UNITS,
        accounts=accounts,
        groups={name: (f"{name}@example.com",) for name in GROUPS},
        delegated_administrator=DELEGATE if delegated else "",
    )
    behaviour = Behaviour(polls_until_done=0, calls_per_second=None, **switches)
    with serve(behaviour, seed=7) as server, tempfile.TemporaryDirectory(prefix="aftgen-bench-") as scratch:
        yield World(LandingZone.build(server.cloud, plan), Path(scratch), sets, delegated)


def show(what: str, cost: Cost, remark: str = "") -> None:
    figures = f"{cost.shared:4} of which {cost.writes:2} writes; {cost.others:2} others"
    print(f"  {what:44} {figures}   {remark}".rstrip(), flush=True)


if __name__ == "__main__":
    main()

"""Published trees for these tests: what `global-customizations/` says, written from plain values.

A tree is written where a copy of `global-customizations/` lies, so that the code under test is in it too.
"""

import json
import shutil
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

REPOSITORY = Path(__file__).resolve().parents[2]
GLOBAL = REPOSITORY / "global-customizations"

UNITS = {
    "Infrastructure": "ou-ab12-infrastr1",
    "Sandbox": "ou-ab12-sandbox01",
    "Security": "ou-ab12-security1",
    "Workloads": "ou-ab12-workload1",
}
POLICY = "arn:aws:iam::aws:policy/"


def allowing(*actions: str) -> dict[str, Any]:
    """An inline policy."""
    statement = {"Effect": "Allow", "Action": list(actions), "Resource": "*"}
    return {"Version": "2012-10-17", "Statement": [statement]}


@dataclass(frozen=True, slots=True, kw_only=True)
class Tree:
    """One revision of the catalogue. Everybody may hold everything: restrictions are not the point here."""

    revision: int
    sets: Mapping[str, Mapping[str, Any]]
    groups: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    users: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    principals: tuple[str, ...] = ()
    creates_principals: bool = False
    region: str = "eu-central-1"
    delegate: str = ""
    limits: Mapping[str, float] = field(default_factory=dict)
    more: Mapping[str, Any] = field(default_factory=dict)

    def write(self, folder: Path) -> Path:
        """Puts the files of the tree into a folder, over whatever an earlier revision left there.

        Guardrails are not the point here either: see tests/aft_guardrails.
        """
        shutil.rmtree(folder / "service-control-policies", ignore_errors=True)
        center = folder / "identity-center"
        (center / "permission-sets").mkdir(parents=True, exist_ok=True)
        for old in (center / "permission-sets").glob("*.yaml"):
            old.unlink()
        home = {"region": self.region, "portal_url": "https://example.awsapps.com/start"}
        if self.delegate:
            home["delegated_administrator"] = self.delegate
        restriction = {
            "permission_sets": sorted(self.sets),
            "principals": sorted(self.principals),
            "where": {"ous": ["Root"]},
        }
        access = {
            "identity_center": home,
            "identity_source": "identity-center" if self.creates_principals else "external",
            "restrictions": [restriction],
            "limits": {"calls_per_second": 20, **self.limits},
            **self.more,
        }
        _write(center / "access.yaml", access)
        _write(center / "groups.yaml", {"groups": self.groups, "users": self.users})
        _write(center / "principals.yaml", {})
        for name, content in self.sets.items():
            _write(center / "permission-sets" / f"{name}.yaml", content)
        _write(folder / "organization.yaml", {"organizational_units": UNITS})
        revision = {"revision": self.revision, "commit": f"{self.revision:040x}"}
        (folder / "revision.json").write_text(json.dumps(revision))
        return folder


def _write(path: Path, content: Any) -> None:
    path.write_text(json.dumps(content, default=dict, indent=1), encoding="utf-8")  # JSON is YAML


def declaration(grants: Mapping[str, tuple[str, ...] | list[str]]) -> dict[str, str]:
    """Custom fields of a request that declares these grants."""
    access = {"version": 1, "grants": {name: list(principals) for name, principals in grants.items()}}
    return {"access": json.dumps(access)}

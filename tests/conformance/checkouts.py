"""The checkout of the AFT framework that these tests run, and where they find it."""

import os
from dataclasses import dataclass
from pathlib import Path

import pytest
from aftgen.changes.decision import Release
from aftgen.rehearsal.framework.release import Checkout

VARIABLE = "AFT_FRAMEWORK"
SKIPPED = (
    "no checkout of the AFT framework: make conformance AFT_FRAMEWORK=DIR, "
    "DIR being aws-ia/terraform-aws-control_tower_account_factory at a release"
)


@dataclass(frozen=True, slots=True)
class Judge:
    """One release, and how it looks accounts up."""

    folder: Path
    version: str

    @property
    def release(self) -> Release:
        return Release.V1_20 if tuple(map(int, self.version.split("."))) >= (1, 20) else Release.V1_17


def checkout() -> Judge:
    """Skips the test when there is none."""
    folder = os.environ.get(VARIABLE, "")
    if not folder:
        pytest.skip(SKIPPED)
    found = Checkout(Path(folder).resolve())
    return Judge(found.folder, found.version)

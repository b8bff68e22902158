"""The shared code of this folder is imported by name; builds have the pipeline's virtual environment."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from guardrails_cloud import Guarded, guarded
from pipeline.conftest import venv as venv


@pytest.fixture
def cloud(tmp_path: Path) -> Iterator[Guarded]:
    with guarded(tmp_path) as made:
        yield made

"""The virtual environment of the pipeline's helpers: what AFT installs for them, and nothing else."""

import fcntl
import hashlib
import subprocess
import sys
from pathlib import Path

import pytest

from .builds import clean_environment
from .trees import GLOBAL

REQUIREMENTS = GLOBAL / "api_helpers/python/requirements.txt"


@pytest.fixture(scope="session")
def venv(request: pytest.FixtureRequest) -> Path:
    """Made once for each content of requirements.txt and each Python; workers of one run share it."""
    content = REQUIREMENTS.read_bytes() + sys.version.encode() + sys.base_prefix.encode()
    name = f"api-helpers-venv-{hashlib.sha256(content).hexdigest()[:16]}"
    cache = Path(request.config.rootpath) / ".pytest_cache" / "pipeline"
    cache.mkdir(parents=True, exist_ok=True)
    folder, ready = cache / name, cache / name / "ready"
    with (cache / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not ready.exists():
            # As AFT's buildspec: python3 -m venv, then pip install -r.
            for command in (
                [sys.executable, "-m", "venv", "--clear", str(folder)],
                [str(folder / "bin/pip"), "install", "--quiet", "--no-input", "-r", str(REQUIREMENTS)],
            ):
                done = subprocess.run(
                    command, env=clean_environment(), capture_output=True, text=True, check=False
                )
                assert done.returncode == 0, f"{command}\n{done.stdout}{done.stderr}"
            ready.touch()
    return folder

"""The example organization's files, known by their digests: only these are replaced.

``python -m aftgen.setup.examples`` writes the digests of the examples as they are now (`make docs` runs it).
"""

import json
from functools import cache
from hashlib import sha256
from importlib.resources import files
from pathlib import Path

PATHS = (
    "aftgen.yaml",
    "global-customizations/organization.yaml",
    "global-customizations/identity-center/access.yaml",
    "global-customizations/service-control-policies/guardrails.yaml",
)
_DIGESTS = files("aftgen") / "scaffolds" / "organization" / "examples.json"


def is_example(path: str, content: bytes) -> bool:
    """Whether a file is as it was shipped."""
    return digests().get(path) == digest(content)


@cache
def digests() -> dict[str, str]:
    """Path in the repository to the digest of the shipped file."""
    return dict(json.loads(_DIGESTS.read_text("utf-8")))


def digest(content: bytes) -> str:
    """The SHA-256 of a file, whatever its line ends."""
    return sha256(content.replace(b"\r\n", b"\n")).hexdigest()


def current(root: Path) -> str:
    """The digests of a clone's files, as they are committed."""
    return json.dumps({path: digest((root / path).read_bytes()) for path in PATHS}, indent=2) + "\n"


if __name__ == "__main__":
    Path(str(_DIGESTS)).write_text(current(Path()), encoding="utf-8")

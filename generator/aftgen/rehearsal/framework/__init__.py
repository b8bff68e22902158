"""A checkout of the AFT framework in place of the built-in order: its own lambda code and buildspecs.

release.py      the steps of `rehearsal/chain.py`
lambdas.py      the release's functions, in the process of worker.py
states.py       the release's state machines
deployment.py   what a deployed release has in AWS beyond the landing zone
pipeline.py     an account's customizations pipeline
buildspecs.py   the release's buildspecs, as CodeBuild runs them
answers.py      what a build would download, answered on this machine; it asks answering.py
terraform.py    what Terraform answers
"""

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from aftgen.rehearsal.chain import Framework, Setting


def load(folder: Path, setting: "Setting") -> "Framework":
    """The framework in a folder, ready. Raises UsageError for no checkout, or a layer that fails."""
    from aftgen.errors import UsageError
    from aftgen.rehearsal.framework.release import Checkout, ReleaseFramework

    if setting.distribution != "oss":
        raise UsageError(
            f"a framework's own builds cannot run with {setting.distribution}: its buildspecs ask HCP "
            "Terraform's API, which nobody answers here",
            hint="leave out --framework, or rehearse with --distribution oss",
        )
    return ReleaseFramework(Checkout(folder.resolve()), setting)

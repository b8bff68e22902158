"""The commands of AFT's two customization buildspecs at which a customization can notice them, per release.

Downloads, Terraform's installation and AFT's own virtual environment are not here: nothing in a customization
sees them. Everything else is in AFT's order, with AFT's variables and its rule for what a failure does.

Reference: AFT reference §3.2, §3.3; AFT's modules/aft-customizations/buildspecs, 1.17.1 to 1.20.1.
"""

import re
from dataclasses import dataclass
from enum import Enum
from typing import Final, Literal

Which = Literal["pre", "post"]


class Kind(Enum):
    """The two builds of an account's pipeline."""

    GLOBAL = "global"
    ACCOUNT = "account"

    @property
    def project(self) -> str:
        """The CodeBuild project's name."""
        return f"aft-{self.value}-customizations-terraform"

    @property
    def tree(self) -> str:
        """The AFT repository that it builds."""
        return f"{self.value}-customizations"

    @property
    def root(self) -> str:
        """Where the customization is, as the buildspec writes it."""
        return "$DEFAULT_PATH" if self is Kind.GLOBAL else "$DEFAULT_PATH/$CUSTOMIZATION"


class Calling(Enum):
    """How a release runs the helpers."""

    EXECUTED = "executed"  # to 1.17: programs; in the account build nothing looks at pre's exit code
    CHECKED = "executed, with || exit 1"  # 1.18 and 1.19
    SOURCED = "sourced"  # since 1.20


def calling(version: str) -> Calling:
    """`version` is an AFT release such as 1.20.1, or 1.20. Raises ValueError for a text that is none."""
    match = re.fullmatch(r"v?(\d+)\.(\d+)(?:\.\w+)*", version)
    if match is None:
        raise ValueError(f"{version!r} is not a release of AFT; write it as 1.20 or 1.20.1")
    release = (int(match[1]), int(match[2]))
    if release >= (1, 20):
        return Calling.SOURCED
    return Calling.CHECKED if release >= (1, 18) else Calling.EXECUTED


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """One command of a phase; `helper` marks what a failure is about. `masked`: its exit code is lost."""

    text: str
    helper: bool = False
    masked: bool = False


#: Ends an account build whose customization is not there; the text is AFT's.
FIND_CUSTOMIZATION: Final = Command(
    text="""\
if [[ ! -d "$DEFAULT_PATH/$CUSTOMIZATION" ]]; then
  echo "Error: ${CUSTOMIZATION} directory does not exist"
  exit 1
fi
echo "Found customization" $CUSTOMIZATION"""
)
#: CodeBuild's own word on how the build phase went decides whether the post helper runs (AFT issue 581).
STOP_AFTER_FAILURE: Final = Command(text="if [[ $CODEBUILD_BUILD_SUCCEEDING == 0 ]]; then exit 1; fi")


def mark_executable(kind: Kind) -> tuple[Command, ...]:
    """In the account build these stand in a block whose last command decides: nobody hears of a failure."""
    return tuple(
        Command(text=f"chmod +x {kind.root}/api_helpers/{which}-api-helpers.sh", masked=kind is Kind.ACCOUNT)
        for which in ("pre", "post")
    )


def run_helper(kind: Kind, which: Which, how: Calling) -> tuple[Command, ...]:
    """The commands of pre_build, and the end of post_build. The account build has them in one block."""
    activate = "source $DEFAULT_PATH/api-helpers-venv/bin/activate"
    profile = "export AWS_PROFILE=aft-target"
    script = f"{kind.root}/api_helpers/{which}-api-helpers.sh"
    call = {
        Calling.EXECUTED: script,
        Calling.CHECKED: f"{script} || exit 1",
        Calling.SOURCED: f". {script} || exit 1",
    }[how]
    after = ("unset AWS_PROFILE",) if which == "pre" else ()
    masked = how is Calling.EXECUTED and kind is Kind.ACCOUNT and which == "pre"
    if kind is Kind.GLOBAL or masked:
        # A block whose helper is a child and whose code nobody sees does what its commands do one by one.
        return (
            Command(text=activate),
            Command(text=profile),
            Command(text=call, helper=True, masked=masked),
            *(Command(text=text) for text in after),
        )
    return (Command(text="\n".join((activate, profile, call, *after)), helper=True),)


def before_terraform(kind: Kind, distribution: str) -> tuple[Command, ...]:
    """Where Terraform runs, and as whom: what stays behind for the post helper."""
    if distribution != "oss":
        return (Command(text=f"cd {kind.root}"),)
    return (Command(text=f"cd {kind.root}/terraform\nexport AWS_PROFILE=aft-management-admin"),)


def before_post() -> tuple[Command, ...]:
    """AFT reports its metrics here; the import path that it sets for that is still there for the helper."""
    return (
        Command(
            text="export PYTHONPATH="
            '"$DEFAULT_PATH/aws-aft-core-framework/sources/aft-lambda-layer:$PYTHONPATH"\n'
            "export AWS_PROFILE=aft-management\nunset AWS_PROFILE"
        ),
        STOP_AFTER_FAILURE,
    )

"""``aftgen rehearse``: the whole chain on this machine, before anyone merges."""

from contextlib import ExitStack
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

import click

from aftgen.cli import output

if TYPE_CHECKING:
    from aftgen.rehearsal.display import Silent
    from aftgen.rehearsal.report import Line
    from aftgen.rehearsal.run import Options, Rehearsed

_PLAIN_WIDTH = 110
#: The styles of :data:`aftgen.rehearsal.report.STYLES`, for click.
_STYLES: dict[str, dict[str, Any]] = {
    "": {},
    "head": {"bold": True},
    "name": {"fg": "cyan"},
    "good": {"fg": "green"},
    "bad": {"fg": "red", "bold": True},
    "quiet": {"dim": True},
}


@click.command(
    "rehearse",
    epilog="Example: aftgen rehearse --before origin/main --as ada@example.com",
)
@click.argument("names", metavar="[NAME]...", nargs=-1)
@click.option(
    "--before",
    metavar="REF",
    default="",
    help="Start from this git revision, then move to the working tree: the change, not only the end.",
)
@click.option("--as", "user", metavar="USERNAME", default="", help="Show this person's access portal too.")
@click.option(
    "--in-group",
    "groups",
    metavar="GROUP",
    multiple=True,
    help="With --as: the person is in this group (of an identity provider, whose members no file lists).",
)
@click.option("--aft-version", metavar="VERSION", default="1.20", show_default=True, help="Behave as this.")
@click.option(
    "--distribution",
    type=click.Choice(["oss", "tfc", "tfe"]),
    default="oss",
    show_default=True,
    help="Terraform's, as AFT is set up.",
)
@click.option(
    "--framework",
    metavar="DIR",
    type=click.Path(path_type=Path, exists=True, file_okay=False),
    help="Run the lambda code and buildspecs of this checkout of AFT instead of the built-in order.",
)
@click.option("--keep", is_flag=True, help="Leave the embedded AWS up afterwards, until Ctrl-C.")
@click.option(
    "--logs",
    metavar="DIR",
    type=click.Path(path_type=Path, file_okay=False),
    help="Write stages' logs there.",
)
@click.option("--no-terraform", is_flag=True, help="Evaluate no request with terraform.")
@click.option(
    "--no-check", is_flag=True, help="Do not stop at what 'aftgen check' refuses: see how AFT and AWS fail."
)
@click.option(
    "--json", "as_json", is_flag=True, help="Print events and the result as JSON lines (version 1)."
)
@click.option(
    "--path", type=click.Path(path_type=Path), default=Path(), help="A folder of the repository [default: .]"
)
def command(
    names: tuple[str, ...],
    before: str,
    user: str,
    groups: tuple[str, ...],
    aft_version: str,
    distribution: str,
    framework: Path | None,
    keep: bool,
    logs: Path | None,
    no_terraform: bool,
    no_check: bool,
    as_json: bool,
    path: Path,
) -> None:
    """Do to the requests what AFT does, in an embedded AWS, before anyone merges.

    Requests become accounts in their OUs, the provisioning framework runs, then every account's
    customizations, twice: the scripts of this repository, sourced as AFT sources them. Nothing real is
    touched and no credentials are needed. NAMEs restrict it to these accounts.

    Exit code: 0 all of it worked, 1 something was refused or failed, 2 wrong usage.
    """
    from aftgen.errors import UsageError
    from aftgen.rehearsal.interruption import interruptible

    if groups and not user:
        raise UsageError("--in-group needs --as USERNAME")
    with interruptible():
        options = _options(
            path=path,
            names=names,
            before=before,
            aft_version=aft_version,
            distribution=distribution,
            terraform=not no_terraform,
            checks=not no_check,
            framework=framework,
            logs=logs,
        )
        ok = _rehearse(options, _display(as_json), user, groups, keep=keep)
    if not ok:
        raise click.exceptions.Exit(1)


def _options(**given: Any) -> "Options":
    """After a second of imports."""
    from aftgen.errors import UsageError

    try:
        import moto  # noqa: F401
    except ImportError:
        raise UsageError("the embedded AWS is not installed", hint="pip install 'aftgen[cloud]'") from None
    from aftgen.rehearsal.run import Options

    return Options(**given)


def _rehearse(
    options: "Options", display: "Silent", user: str, groups: tuple[str, ...], *, keep: bool
) -> bool:
    """Whether all of it worked."""
    from aftgen.rehearsal.display import JsonLines
    from aftgen.rehearsal.run import rehearsed

    kept = False
    try:
        with ExitStack() as world:
            with display:
                done = world.enter_context(rehearsed(options, display.hear))
            if isinstance(display, JsonLines):
                from aftgen.rehearsal.result import as_object

                display.put(as_object(done.result))
            else:
                _show(done, user, groups)
                for remark in done.result.remarks:
                    output.message(f"note: {remark}")
            if keep:
                kept = True
                _keep(done)
    except KeyboardInterrupt:
        if not kept:  # what is kept is kept until Ctrl-C: that is no interruption
            raise
    return done.result.ok


def _display(as_json: bool) -> "Silent":
    import os
    import sys

    from aftgen.rehearsal.display import JsonLines, Lines, LiveList

    if as_json:
        return JsonLines()
    if sys.stderr.isatty() and os.environ.get("TERM") != "dumb":
        return LiveList(colour=output.wants_colour(sys.stderr))
    return Lines()


def _show(done: "Rehearsed", user: str, groups: tuple[str, ...]) -> None:
    import shutil
    import sys

    from aftgen.rehearsal import report
    from aftgen.rehearsal.result import portal

    width = shutil.get_terminal_size((_PLAIN_WIDTH, 24)).columns
    for line in report.lines(done.result, width=width):
        output.result(_styled(line, sys.stdout))
    if user:
        name = user.removeprefix("user:")
        rows = portal(done.result, name, [group.removeprefix("group:") for group in groups])
        for line in report.portal_lines(name, rows, width=width):
            output.result(_styled(line, sys.stdout))


def _styled(line: "Line", stream: "IO[str]") -> str:
    if not output.wants_colour(stream):
        return "".join(text for text, _ in line)
    return "".join(click.style(text, **_STYLES[style]) for text, style in line)


def _keep(done: "Rehearsed") -> None:
    """Until Ctrl-C."""
    import signal

    keys = done.zone.administrator(done.zone.plan.management.id)
    output.message()
    output.message("The embedded AWS is up until Ctrl-C. In another terminal, as the management account:")
    output.message()
    for name, value in (
        ("AWS_ENDPOINT_URL", done.endpoint),
        ("AWS_REGION", done.zone.plan.home_region),
        ("AWS_ACCESS_KEY_ID", keys.access_key),
        ("AWS_SECRET_ACCESS_KEY", keys.secret_key),
        ("AWS_SESSION_TOKEN", keys.token),
    ):
        output.message(f"  export {name}={value}")
    output.message("  aws organizations list-accounts")
    signal.pause()

"""``aftgen publish``: from the source branch to the four that AFT reads."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from aftgen.cli import output

if TYPE_CHECKING:
    from aftgen.publish.plan import Plan

_COLOURS = {"added": "green", "changed": "yellow", "removed": "red"}


@click.command(
    "publish",
    epilog="""\b
Examples:
  aftgen publish --dry-run
  aftgen publish --first
  aftgen publish --allow-removal payments-dev
  aftgen publish --remote account-request=git@example.com:ops/aft-account-request.git \\
      --branch account-request=main --dry-run""",
)
@click.option("--source", metavar="BRANCH", default="main", show_default=True, help="What is published.")
@click.option(
    "--remote",
    "remotes",
    metavar="[NAME=]REMOTE",
    multiple=True,
    help="Where to: a remote or URL, for all four or for one.  [default: aftgen.yaml, origin]",
)
@click.option(
    "--branch",
    "branches",
    metavar="NAME=BRANCH",
    multiple=True,
    help="Which branch.  [default: aftgen.yaml, aft/NAME]",
)
@click.option("--first", is_flag=True, help="Create the branches: AFT has never read the four.")
@click.option(
    "--replaces",
    metavar="NAME=REMOTE[#BRANCH]",
    multiple=True,
    help="Create a branch, in place of what AFT reads today.",
)
@click.option(
    "--adopt-head",
    "adopt_heads",
    metavar="COMMIT",
    multiple=True,
    help="Continue from a head that publishing did not make.",
)
@click.option(
    "--allow-removal", metavar="ACCOUNT", multiple=True, help="Let an account go, by name or email."
)
@click.option("--allow-loss", metavar="WHAT", multiple=True, help="Let a block or file go; may hold *.")
@click.option(
    "--min-revision", type=click.IntRange(0), default=0, metavar="N", help="Not below this revision."
)
@click.option(
    "--follow", is_flag=True, help="Follow AFT to the end, and start the pipelines that it does not."
)
@click.option(
    "--timeout",
    type=click.IntRange(1),
    default=330,
    show_default=True,
    metavar="MINUTES",
    help="Follow no longer.",
)
@click.option(
    "--report",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write what became of each account to a file, as Markdown.",
)
@click.option(
    "--comment",
    metavar="PR",
    default="",
    help="Say the same on a pull request, by number or URL, through gh; 'merged' finds the commit's.",
)
@click.option("--dry-run", is_flag=True, help="Show the difference; push nothing.")
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON (version 1).")
def command(
    follow: bool,
    timeout: int,
    report: Path | None,
    comment: str,
    dry_run: bool,
    as_json: bool,
    **wish: Any,
) -> None:
    """Publish the four trees that AFT reads.

    Each of the folders account-provisioning-customizations/, global-customizations/,
    account-customizations/ and account-requests/ becomes the root of a branch, by git alone: what is
    committed on the source branch, and nothing of the working tree. Branches only move forward, all four at
    once where they are in one repository.

    Refused: a source that fails 'aftgen check' or is not merged; one that does not follow what was published;
    a request that goes, or changes its address without a moved block; a branch that somebody else moved.
    NAME is AFT's: account-request, global-customizations, account-customizations,
    account-provisioning-customizations.

    With --follow and AWS credentials of AFT's management account: waits for AFT's pipelines and for its
    framework's run of each changed account, writes the access catalogue and the guardrails once, runs exactly
    the accounts' pipelines that the change needs, and says how each ended. Run again, it completes what is
    missing. Without credentials it says what a person must run.
    """
    from aftgen.cli import following
    from aftgen.publish import plan as planning
    from aftgen.publish import push
    from aftgen.publish import report as reporting
    from aftgen.publish.settings import Wish
    from aftgen.repository import find

    repository = find(Path.cwd())
    plan = planning.make(repository, Wish(**wish))
    published = None if dry_run else push.perform(repository, plan)
    if not as_json:
        _show(plan, dry_run)
    followed = following.follow(repository, published, timeout) if follow and published else None
    if as_json:
        result = reporting.as_object(plan, pushed=not dry_run)
        output.emit_json({**result, "follow": following.as_object(followed)} if follow else result)
    elif followed is not None:
        following.show(followed)
    if followed is not None:
        following.write_report(followed, report, comment, repository)
        if not followed.ok:
            raise click.exceptions.Exit(1)


def _show(plan: "Plan", dry_run: bool) -> None:
    from aftgen.publish import report

    output.result(click.style(report.headline(plan, dry_run=dry_run), bold=True))
    for tree in plan.trees:
        state = f"{tree.commit[:12]}" if tree.commit else "unchanged"
        output.result(f"\n{tree.target.folder} -> {report.place(tree)}  {state}")
        _lines(report.tree_lines(tree))
    if plan.accounts:
        output.result("\naccounts")
        _lines(report.account_lines(plan))
    values = report.module_values(plan)
    width = max(map(len, values))
    output.result("\nAFT reads it with these values of its module:")
    for name, value in values.items():
        output.result(f'  {name.ljust(width)} = "{value}"')


def _lines(lines: Any) -> None:
    from aftgen.publish.report import MARKS

    for how, text in lines:
        line = f"  {MARKS.get(how, ' ')} {output.printable(text)}"
        output.result(click.style(line, fg=_COLOURS[how]) if how else line)

"""What ``aftgen import`` tells: files, accounts that got none, what a person should know, what comes next."""

from typing import TYPE_CHECKING, Final

import click

from aftgen.cli import output

if TYPE_CHECKING:
    from collections.abc import Sequence

    from aftgen.adoption.adopt import Adoption
    from aftgen.adoption.existing import Existing
    from aftgen.placement import PlannedFile
    from aftgen.repository import Repository

#: So many accounts that AFT's builds and pipelines, one of each for every account, should not start at once.
_MANY: Final = 50


def show(
    repository: "Repository", made: "Adoption", files: "Sequence[PlannedFile]", *, dry_run: bool
) -> None:
    """The files, then each account that got none, with the reason."""
    from aftgen.adoption.adopt import Reason

    for file in files:
        if dry_run:
            click.echo(f"# ---- {repository.relative(file.path)} ----")
            click.echo(file.content.decode(), nl=False)
        else:
            output.result(f"{file.outcome.value:<9}  {repository.relative(file.path)}")
    for one in made.left_out:
        if one.reason is Reason.REQUESTED and not one.next_step:
            continue
        output.result(output.printable(f"left out   {one.account.name} ({one.account.id})"))
        for line in _wrapped(one.why):
            output.result(f"           {line}")
        for line in _wrapped(f"-> {one.next_step}" if one.next_step else ""):
            output.result(click.style(f"           {line}", fg="cyan"))


def _wrapped(text: str) -> list[str]:
    import shutil
    import textwrap

    width = max(40, min(shutil.get_terminal_size((80, 24)).columns, 100)) - 11
    return textwrap.wrap(output.printable(text), width, break_long_words=False, break_on_hyphens=False)


def emit(
    repository: "Repository", made: "Adoption", files: "Sequence[PlannedFile]", *, dry_run: bool
) -> None:
    output.emit_json(
        {
            "version": 1,
            "dry_run": dry_run,
            "requests": [
                {
                    "account": one.account.id,
                    "name": one.request.name,
                    "email": one.request.email,
                    "ou": one.request.ou,
                    "label": one.request.label,
                    "file": repository.relative(file.path),
                    "sso_user_known": one.sso_is_known,
                    "remarks": list(one.remarks),
                    **({"content": file.content.decode()} if dry_run else {}),
                }
                for one, file in zip(made.adopted, files, strict=True)
            ],
            "left_out": [
                {
                    "account": one.account.id,
                    "name": one.account.name,
                    "email": one.account.email,
                    "reason": one.reason.value,
                    "why": one.why,
                    "next_step": one.next_step or None,
                }
                for one in made.left_out
            ],
        }
    )


def remarks(
    repository: "Repository", existing: "Existing", made: "Adoption", not_compared: "Sequence[str]"
) -> None:
    from aftgen.adoption.adopt import Reason
    from aftgen.changes.sentences import count, shortened
    from aftgen.config_file import load_organization

    for one in made.adopted:
        for remark in one.remarks:
            output.warning(output.printable(f"{one.account.name} ({one.account.id}): {remark}"))
    unknown = [output.printable(one.account.name) for one in made.adopted if not one.sso_is_known]
    if unknown:
        which = "1 request does" if len(unknown) == 1 else f"{len(unknown):,} requests do"
        output.warning(
            f"{which} not know the SSO user ({shortened(unknown)}): write the user in before the first "
            "merge, or the account stays in its OU ('aftgen rules S003')"
        )
    registered = load_organization(repository).ous
    units = {one.account.parent for one in made.adopted} - {existing.root, *registered.values()}
    if units and registered:
        paths = sorted(output.printable(existing.path(unit)) for unit in units)
        output.warning(
            f"organization.yaml lacks {shortened(paths)}, and 'aftgen check' refuses what is not in it: "
            "'aftgen import --ous' adds them"
        )
    if not_compared:
        output.warning(
            f"{count(len(not_compared), 'request')} could not be evaluated, and may be for an account that "
            f"gets another one here: {shortened(not_compared, 3)}"
        )
    requested = sum(one.reason is Reason.REQUESTED for one in made.left_out)
    output.message(
        f"{count(len(made.adopted), 'request')}, {requested:,} there already, "
        f"{len(made.left_out) - requested:,} left out"
    )


def next_steps(made: "Adoption", *, dry_run: bool) -> None:
    if dry_run or not made.adopted:
        return
    output.message()
    output.message("Next: review what was written, then")
    for line in ("aftgen check", "aftgen plan"):
        output.message(f"  {line}")
    output.message(
        "and open a pull request: when it is merged, AFT takes the accounts over and customizes them."
    )
    if len(made.adopted) > _MANY:
        output.message(
            "AFT starts a build and a pipeline for each at once: merge them in portions, OU by OU (--ou)."
        )
    output.message("Then, so that what stands there now is declared and owned:")
    for line in (
        "aftgen access import --all --write --out declarations.txt",
        "aftgen access adopt --account ID",
    ):
        output.message(f"  {line}")

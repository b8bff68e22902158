"""The ``aftgen`` command: which commands there are, and the one place where errors become exit codes.

Commands are imported when they are used, and their helps import nothing heavy: starting up is part of the
product. ``run`` returns an exit code: 0 fine, 1 findings or refused, 2 wrong usage, 3 a bug, 130 interrupted.
"""

import importlib
import os
import signal
import sys
from collections.abc import Sequence

import click

from aftgen import __version__
from aftgen.cli import output
from aftgen.errors import AftgenError, Problems, nearest

#: Command name to the module in this package that defines it as ``command``, in the order of the help.
COMMANDS = {
    "new": "new",
    "check": "check",
    "plan": "plan",
    "rehearse": "rehearse",
    "list": "list_",
    "show": "show",
    "edit": "edit",
    "rename": "rename",
    "retire": "retire",
    "tidy": "tidy",
    "import": "import_",
    "publish": "publish",
    "rerun": "rerun",
    "status": "status",
    "doctor": "doctor",
    "retry": "retry",
    "access": "access",
    "guardrails": "guardrails",
    "login": "login",
    "rules": "rules",
    "init": "init",
    "completion": "completion",
}

_SUMMARIES = {
    "new": "Write account request files from flags, prompts, YAML, JSON or CSV.",
    "check": "Find what AFT would refuse after the merge.",
    "plan": "Say what AFT will do with a change, account by account.",
    "rehearse": "Do to the requests what AFT does, on this machine, before the merge.",
    "list": "List the account requests of this repository.",
    "show": "Show one account request as AFT will get it.",
    "edit": "Change one account request where it stands.",
    "rename": "Give a request another label and file; AFT keeps the account.",
    "retire": "Take an account out of service, one merged step at a time.",
    "tidy": "Remove moved blocks that are published.",
    "import": "Write requests for accounts that exist, so that AFT takes them over.",
    "publish": "Publish the four trees that AFT reads.",
    "rerun": "Start accounts' pipelines, and see how they end.",
    "status": "Show where an account is in AFT, and what is wrong with it.",
    "doctor": "Check the AFT installation, and what this machine has for it.",
    "retry": "Take the next step that repairs a failed request.",
    "access": "Plan, converge, adopt and revoke access to accounts.",
    "guardrails": "Plan and apply service control policies.",
    "login": "Show how to enter an account; write AWS profiles for it.",
    "rules": "Explain the rules that 'check' applies.",
    "init": "Set up a repository for your organization, or a customization.",
    "completion": "Print the shell completion script for bash, zsh or fish.",
}


class _LazyGroup(click.Group):
    """A group that imports a command only when it is used."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        module = importlib.import_module(f"aftgen.cli.{COMMANDS[cmd_name]}")
        command: click.Command = module.command
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args and args[0] not in COMMANDS and not args[0].startswith("-"):
            close = nearest(args[0], list(COMMANDS))
            hint = f" Did you mean '{close}'?" if close else ""
            raise click.UsageError(f"there is no command '{args[0]}'.{hint}", ctx)
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, _SUMMARIES[name]) for name in COMMANDS])


@click.group(
    cls=_LazyGroup,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="Example: aftgen new payments-prod --ou Workloads/Prod --grant ReadOnlyAccess=group:auditors",
)
@click.version_option(__version__, prog_name="aftgen", message="%(prog)s %(version)s")
def aftgen() -> None:
    """Account requests for AWS Control Tower Account Factory for Terraform (AFT).

    Writes requests that AFT accepts, proves that it accepts them, and shows what is there.
    """


def run(arguments: Sequence[str]) -> int:
    """Run one command line and return its exit code. Never raises."""
    output.tolerate_any_text()
    try:
        # Without standalone mode click returns the code of an Exit that a command raised.
        code = aftgen.main(list(arguments), prog_name="aftgen", standalone_mode=False)
    except click.exceptions.Exit as stop:
        return int(stop.exit_code)
    except click.exceptions.NoArgsIsHelpError as shown:
        shown.show()
        return 2
    except click.UsageError as error:
        output.usage_error(error)
        return 2
    except click.ClickException as error:
        output.error(error.format_message())
        return 2
    except (KeyboardInterrupt, click.Abort):
        output.message("interrupted")
        return 130
    except (BrokenPipeError, SystemExit):
        # The reader of a pipe went away (``| head``), which click turns into an exit. Python must not
        # complain about it again when it ends.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        # As a program that the signal ends: what was not read may have held errors.
        return 128 + signal.SIGPIPE
    except Problems as error:
        output.error(error.message, hint=error.hint, details=error.problems)
        return error.exit_code
    except AftgenError as error:
        output.error(error.message, place=error.place, hint=error.hint)
        return error.exit_code
    except Exception:  # noqa: BLE001 - the one catcher of bugs
        output.bug()
        return 3
    return code if isinstance(code, int) else 0

"""``aftgen completion SHELL``: the script that a shell sources."""

import click

from aftgen.cli import output


@click.command("completion", epilog='Example: eval "$(aftgen completion bash)"')
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
def command(shell: str) -> None:
    """Print the completion script for a shell; it completes OUs, customizations and account names too.

    \b
    bash:  eval "$(aftgen completion bash)"     in ~/.bashrc (bash 4.4 or newer)
    zsh:   eval "$(aftgen completion zsh)"      in ~/.zshrc, after compinit
    fish:  aftgen completion fish | source      in ~/.config/fish/config.fish
    """
    from click.shell_completion import ShellComplete, get_completion_class

    from aftgen.cli.main import aftgen

    found = get_completion_class(shell)
    if found is None:  # click knows all three; a fourth among the choices would be a bug here
        raise AssertionError(shell)
    # The base class's method: bash's own one first runs the local bash to learn its version.
    output.result(ShellComplete.source(found(aftgen, {}, "aftgen", "_AFTGEN_COMPLETE")))

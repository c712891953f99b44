"""`towpath completion`: shell completion."""

from __future__ import annotations

from typing import TYPE_CHECKING

from towpath.errors import EXIT_CLEAN

if TYPE_CHECKING:
    import argparse

    from towpath.cli.output import Output

NAME = "completion"
HELP = "print a script that completes commands and options in a shell"
DESCRIPTION = "Print a completion script for a shell."
EXAMPLES = """\
examples:
  eval "$(towpath completion bash)"
  towpath completion zsh > ~/.zfunc/_towpath
"""


def add_arguments(command: argparse.ArgumentParser) -> None:
    """Add the arguments of `completion`."""
    command.add_argument("shell", choices=("bash", "zsh", "tcsh"), help="the shell")


def run(arguments: argparse.Namespace, output: Output) -> int:
    """Carry out `completion`."""
    import shtab  # noqa: PLC0415 -- nothing else needs it

    from towpath.cli.main import parser  # noqa: PLC0415 -- the parser lists this command

    print(shtab.complete(parser(), arguments.shell), file=output.out)
    return EXIT_CLEAN

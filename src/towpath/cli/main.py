"""The command `towpath`: reads the arguments, runs a command, and turns what happens into an exit code."""

from __future__ import annotations

import argparse
import atexit
import contextlib
import io
import os
import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import towpath
from towpath.cli import (
    completion,
    diff,
    explain,
    images,
    init,
    pin,
    promote,
    pulls,
    relink,
    schema,
    synth,
    verify,
)
from towpath.cli.output import Output
from towpath.errors import (
    EXIT_BUG,
    EXIT_FINDINGS,
    EXIT_INTERRUPTED,
    NOWHERE,
    Problem,
    TowpathError,
)
from towpath.report.wording import counted

if TYPE_CHECKING:
    from collections.abc import Sequence

COMMANDS = (init, synth, verify, diff, explain, images, pin, relink, promote, pulls, schema, completion)
_FORMATS = ("text", "json")

_DESCRIPTION = """\
Compile typed settings to plain Kubernetes YAML, link it with pinned images, and prove that what is committed is
exactly that.
"""
_EPILOG = """\
exit codes:
  0  clean, or nothing to do
  1  findings, differences, or refused input
  2  a mistake on the command line
  3  a bug in Towpath
  130  interrupted
"""


def parser(only: str = "") -> argparse.ArgumentParser:
    """Return the parser of the whole command line.

    With `only`, the name of a command, the others have a name and no arguments: argparse is slow, and a relink is not.
    """
    top = argparse.ArgumentParser(
        prog="towpath",
        description=_DESCRIPTION,
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    top.add_argument("--version", action="version", version=f"towpath {towpath.__version__}")
    commands = top.add_subparsers(title="commands", dest="command", metavar="COMMAND", required=True)
    for module in COMMANDS:
        command = commands.add_parser(
            module.NAME,
            help=module.HELP,
            description=module.DESCRIPTION,
            epilog=module.EXAMPLES,
            formatter_class=argparse.RawDescriptionHelpFormatter,
            allow_abbrev=False,
        )
        if only not in {"", module.NAME}:
            continue
        module.add_arguments(command)
        _add_common(command, getattr(module, "FORMATS", _FORMATS))
    return top


def _add_common(command: argparse.ArgumentParser, formats: tuple[str, ...]) -> None:
    group = command.add_argument_group("common options")
    group.add_argument(
        "--project",
        type=Path,
        metavar="DIR",
        help="the project (default: the nearest folder with towpath.yaml)",
    )
    group.add_argument("--format", choices=formats, default="text", help="how to print (default: text)")
    group.add_argument(
        "--color", choices=("auto", "always", "never"), default="auto", help="colour (default: on a terminal)"
    )
    group.add_argument("--debug", action="store_true", help="show the traceback of an error")


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command line and return its exit code."""
    try:
        try:
            return _carried_out(_parsed(argv))
        finally:
            sys.stdout.flush()
    except BrokenPipeError:
        # Who reads our output has seen enough. Python would complain once more when it closes the stream.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return EXIT_FINDINGS


def _carried_out(arguments: argparse.Namespace) -> int:
    colour = {"auto": None, "always": True, "never": False}[arguments.color]
    output = Output(as_json=arguments.format == "json", colour=colour)
    command = next(module for module in COMMANDS if arguments.command == module.NAME)
    try:
        return int(command.run(arguments, output))
    except TowpathError as error:
        if arguments.debug:
            raise
        number = counted(len(error.problems), "problem")
        output.problems(
            error.problems, f"{number}; nothing was changed" if error.exit_code == EXIT_FINDINGS else ""
        )
        return error.exit_code
    except KeyboardInterrupt:
        output.note("interrupted; nothing was changed that the next command does not finish or undo")
        return EXIT_INTERRUPTED
    except BrokenPipeError:
        raise
    except Exception as error:  # the last resort: a traceback helps nobody but us
        if arguments.debug:
            raise
        output.problems(
            [
                Problem(
                    NOWHERE,
                    f"this is a bug in Towpath: {type(error).__name__}: {error}",
                    remedy="run the command again with --debug and report what it prints",
                    rule="bug",
                )
            ]
        )
        return EXIT_BUG


def _parsed(argv: Sequence[str] | None) -> argparse.Namespace:
    words = sys.argv[1:] if argv is None else argv
    names = {module.NAME for module in COMMANDS}
    top = parser(words[0] if words and words[0] in names else "")
    arguments, rest = top.parse_known_args(words)
    # argparse takes a list of words as finished at the first option; people write options in between.
    if rest and arguments.command == pin.NAME and not any(word.startswith("-") for word in rest):
        arguments.images.extend(rest)
    elif len(rest) == 1 and arguments.command == explain.NAME and not arguments.path and rest[0][:1] != "-":
        arguments.path = rest[0]
    elif rest:
        top.error(f"unrecognized arguments: {' '.join(rest)} (see `towpath {arguments.command} --help`)")
    return arguments


def run() -> NoReturn:
    """Run the process's own command line: the entry point that the package installs."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    _have_streams()
    code = main()
    atexit._run_exitfuncs()  # noqa: SLF001 -- the only way to what `sys.exit` does first
    with contextlib.suppress(OSError):
        sys.stderr.flush()
    # What Python would do now is to take down every module and object one by one: a tenth of a relink, for nothing.
    os._exit(code)


def _have_streams() -> None:
    """Make standard output and error usable where the caller closed them or chose an encoding that lacks characters."""
    if sys.stdout is None:
        sys.stdout = Path(os.devnull).open("w", encoding="utf-8")  # noqa: SIM115 -- it lasts as long as the process
    if sys.stderr is None:
        sys.stderr = Path(os.devnull).open("w", encoding="utf-8")  # noqa: SIM115 -- it lasts as long as the process
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")

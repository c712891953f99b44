"""`towpath relink`: make dist/ follow its pins."""

from __future__ import annotations

from typing import TYPE_CHECKING

from towpath.cli.selection import add_selection, project_of, target_named
from towpath.errors import EXIT_CLEAN, EXIT_FINDINGS
from towpath.report.wording import counted

if TYPE_CHECKING:
    import argparse

    from towpath.cli.output import Output

NAME = "relink"
HELP = "make dist/ follow its pins, without compiling"
DESCRIPTION = """\
Replace the images in dist/ by what the pins files say. It needs dist/ and the pins only: no charts, no Node, no cache.
The result is the same to the byte as that of a fresh synth. A file that was edited is refused.
"""
EXAMPLES = """\
examples:
  towpath relink                        everything
  towpath relink staging/pms            one rendering
  towpath relink -e staging             one environment
  towpath relink --check                say what would change, write nothing, exit 1 if anything would
"""


def add_arguments(command: argparse.ArgumentParser) -> None:
    """Add the arguments of `relink`."""
    command.add_argument(
        "targets", nargs="*", metavar="ENVIRONMENT/PLATFORM", help="such as staging/pms (default: everything)"
    )
    add_selection(command)
    command.add_argument(
        "--check", action="store_true", help="write nothing; exit 1 if something would change"
    )


def run(arguments: argparse.Namespace, output: Output) -> int:
    """Carry out `relink`."""
    from towpath.dist.journal import apply, recover  # noqa: PLC0415 -- other commands need not wait for its import
    from towpath.dist.relink import relink_targets  # noqa: PLC0415 -- as above

    project = project_of(arguments)
    folder = project.output()
    recovered = recover(folder.base)
    if recovered:
        output.note(recovered)
    named = [target_named(project, text) for text in arguments.targets]
    selected = arguments.environments or arguments.platforms or not named
    chosen = project.targets(arguments.environments, arguments.platforms) if selected else ()
    targets = tuple(dict.fromkeys([*named, *chosen]))
    changes = relink_targets(project, targets, folder)
    if not arguments.check:
        apply(folder.base, changes.all)
    would = "would be " if arguments.check else ""
    for change in changes.writes:
        output.line(f"{would}relinked {change.path}")
    output.line(
        f"{counted(len(changes.writes), 'file')} {would}relinked in {counted(len(targets), 'rendering')}"
    )
    output.document({"changed": bool(changes.all), "write": [change.path for change in changes.writes]})
    return EXIT_FINDINGS if arguments.check and changes.all else EXIT_CLEAN

"""`towpath synth`: compile, link and write."""

from __future__ import annotations

import argparse
import time
from typing import TYPE_CHECKING

from towpath.cli.selection import add_output_folder, add_selection, project_of
from towpath.errors import EXIT_CLEAN, EXIT_FINDINGS
from towpath.report.wording import counted

if TYPE_CHECKING:
    from towpath.cli.output import Output
    from towpath.synth.run import Outcome

NAME = "synth"
HELP = "compile charts and settings, link the images, and write dist/"
DESCRIPTION = """\
Compile what has changed, link everything with its pinned images, and write the result to dist/, all or nothing.
Unchanged input is taken from a cache and starts no Node. Files that Towpath did not write are never deleted.
"""
EXAMPLES = """\
examples:
  towpath synth                              every platform in every environment
  towpath synth -e staging -e production     two environments
  towpath synth -p pms --check               say what would change, write nothing, exit 1 if anything would
"""


def add_arguments(command: argparse.ArgumentParser) -> None:
    """Add the arguments of `synth`."""
    add_selection(command)
    add_output_folder(command)
    command.add_argument(
        "--check", action="store_true", help="write nothing; exit 1 if something would change"
    )
    command.add_argument("--no-cache", action="store_true", help="compile everything afresh")
    command.add_argument(
        "--jobs", type=_at_least_one, default=0, metavar="N", help="processes (default: one a processor)"
    )
    command.add_argument(
        "--allow-removal",
        action="store_true",
        help="accept that most objects of a rendering, or all, disappear",
    )


def _at_least_one(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        message = f"`{ascii(text)[1:-1]}` is no number of processes (expected a whole number of at least 1)"
        raise argparse.ArgumentTypeError(message)
    return int(text)


def run(arguments: argparse.Namespace, output: Output) -> int:
    """Carry out `synth`."""
    from towpath.dist.journal import recover  # noqa: PLC0415 -- other commands need not wait for its import
    from towpath.synth.run import Options, synthesize, write  # noqa: PLC0415 -- as above

    began = time.perf_counter()
    project = project_of(arguments)
    folder = project.output(arguments.output)
    recovered = recover(folder.base)
    if recovered:
        output.note(recovered)
    targets = [
        target
        for target in project.targets(arguments.environments, arguments.platforms)
        if target.platform in project.charted(target.environment)
    ]
    outcome = synthesize(
        project,
        targets,
        folder,
        options=Options(
            use_cache=not arguments.no_cache, jobs=arguments.jobs, allow_removal=arguments.allow_removal
        ),
        whole=() if arguments.platforms else arguments.environments or project.pipeline.environments,
        done=lambda target: output.progress(f"compiled {target}"),
    )
    changed = bool(outcome.changes.all)
    if not arguments.check:
        write(folder, outcome)
    output.findings((each for each in outcome.warnings if each.rule != "pins.unresolved"), output.err)
    _print(outcome, output, check=arguments.check, seconds=time.perf_counter() - began)
    output.document(_document(outcome, check=arguments.check))
    return EXIT_FINDINGS if arguments.check and changed else EXIT_CLEAN


def _print(outcome: Outcome, output: Output, *, check: bool, seconds: float) -> None:
    would = "would be " if check else ""
    for each in outcome.targets:
        changes = each.changes
        parts = [
            f"{len(changes.writes)} {would}written" if changes.writes else "",
            f"{len(changes.deletions)} {would}deleted" if changes.deletions else "",
        ]
        what = ", ".join(part for part in parts if part) or "unchanged"
        source = "compiled" if each.compiled else "cached"
        if each.target.platform == "argocd":
            source = "derived"
        output.line(f"{each.target!s:<28} {each.objects:>4} objects  {source:<9} {what}")
    for target in outcome.removed:
        output.line(f"{target!s:<28}    0 objects  {would}removed: it has no settings any more")
    for path in outcome.changes.foreign:
        output.note(f"left alone: {path} is not Towpath's")
    if check:
        for change in outcome.changes.all:
            output.line(f"  {'delete' if change.data is None else 'write '} {change.path}")
    unresolved = sum(each.rule == "pins.unresolved" for each in outcome.warnings)
    if unresolved:
        output.note(f"warning: {counted(unresolved, 'pin')} without a digest; `towpath verify` names them")
    output.line(
        f"{counted(outcome.objects, 'object')} in {counted(len(outcome.targets), 'rendering')}, "
        f"{counted(len(outcome.changes.all), 'file')} {would}changed, {seconds:.2f} s"
    )


def _document(outcome: Outcome, *, check: bool) -> dict[str, object]:
    return {
        "written": not check and bool(outcome.changes.all),
        "changed": bool(outcome.changes.all),
        "renderings": [
            {
                "environment": each.target.environment,
                "platform": each.target.platform,
                "objects": each.objects,
                "compiled": each.compiled,
                "write": [change.path for change in each.changes.writes],
                "delete": [change.path for change in each.changes.deletions],
            }
            for each in outcome.targets
        ],
        "removed": [str(target) for target in outcome.removed],
        "foreign": list(outcome.changes.foreign),
        "warnings": [warning.to_json() for warning in outcome.warnings],
    }

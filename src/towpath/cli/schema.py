"""`towpath schema`: JSON Schema of settings files, for editors."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from towpath.cli.selection import project_of
from towpath.errors import EXIT_CLEAN, EXIT_FINDINGS, NOWHERE, Problem, UsageError, nearest, refuse
from towpath.report.wording import counted

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence

    from towpath.cli.output import Output
    from towpath.project import Project

NAME = "schema"
HELP = "write JSON Schema of settings files, so that an editor completes and checks them"
DESCRIPTION = """\
Print the JSON Schema of a platform's settings files, or of `cluster` for the facts of clusters. With --write, write the
schemas of all to envs/schemas/, where the first line of each settings file names them:
  # yaml-language-server: $schema=../schemas/pms.json
Settings files belong to people, so Towpath says which ones lack that line and adds none. It starts no Node.
"""
EXAMPLES = """\
examples:
  towpath schema pms                 print one
  towpath schema cluster -o FILE     write one to a file
  towpath schema --write             write all to envs/schemas/
  towpath schema --check             exit 1 if one is stale, or a settings file does not name it
"""


def add_arguments(command: argparse.ArgumentParser) -> None:
    """Add the arguments of `schema`."""
    command.add_argument("platforms", nargs="*", metavar="PLATFORM", help="a platform, or `cluster`")
    command.add_argument("-o", "--output", type=Path, metavar="FILE", help="write the one schema there")
    command.add_argument("--write", action="store_true", help="write schemas to envs/schemas/")
    command.add_argument("--check", action="store_true", help="write nothing; exit 1 if one would change")


def run(arguments: argparse.Namespace, output: Output) -> int:
    """Carry out `schema`."""
    from towpath.synth.editor import CLUSTER, charted, schemas  # noqa: PLC0415 -- it imports pydantic

    project = project_of(arguments)
    known = (*charted(project), CLUSTER)
    _check_usage(arguments, known)
    found = schemas(project, arguments.platforms or known)
    if arguments.write or arguments.check:
        return _kept(project, found, output, check=arguments.check)
    [text] = found.values()
    if arguments.output:
        _write(arguments.output, text)
        output.note(f"wrote {arguments.output}")
    else:
        # The result is JSON already, in either format.
        sys.stdout.write(text.decode())
    return EXIT_CLEAN


def _check_usage(arguments: argparse.Namespace, known: Sequence[str]) -> None:
    problems = []
    for name in arguments.platforms:
        if name not in known:
            like = nearest(name, known)
            remedy = f"did you mean `{like}`?" if like else ""
            what = f"unknown platform `{ascii(name)[1:-1]}`"
            problems.append(
                Problem(NOWHERE, what, "one of " + ", ".join(known), remedy, rule="usage.platform")
            )
    together = arguments.write or arguments.check
    if arguments.output and together:
        problems.append(Problem(NOWHERE, "--output stands beside --write or --check", rule="usage.schema"))
    if not together and len(arguments.platforms) != 1:
        problems.append(
            Problem(
                NOWHERE,
                f"{counted(len(arguments.platforms), 'platform')} named",
                "one to print, or --write for all",
                rule="usage.schema",
            )
        )
    if problems:
        raise UsageError(problems)


def _kept(project: Project, found: dict[str, bytes], output: Output, *, check: bool) -> int:
    from towpath.dist.changes import FileChange  # noqa: PLC0415 -- other uses need not wait for its import
    from towpath.dist.journal import apply  # noqa: PLC0415 -- as above
    from towpath.synth.editor import CLUSTER, schema_path, without_modeline  # noqa: PLC0415 -- see run

    changes = [
        FileChange(path, text)
        for name, text in sorted(found.items())
        for path in (schema_path(name),)
        if project.read_if_present(path) != text
    ]
    unnamed = {
        path: line
        for path, line in without_modeline(project, [name for name in found if name != CLUSTER]).items()
        if Path(path).stem in found
    }
    if not check:
        apply(project.root, changes)
    would = "stale: " if check else "wrote "
    for change in changes:
        output.line(f"{would}{change.path}")
    for path, line in unnamed.items():
        output.line(f"{path} does not name its schema; add as its first line: {line}")
    output.line(
        f"{counted(len(found), 'schema')}, {counted(len(changes), 'file')} {'stale' if check else 'written'}, "
        f"{counted(len(unnamed), 'settings file')} without the line"
    )
    output.document(
        {
            "written": bool(changes) and not check,
            "stale": [change.path for change in changes],
            "unnamed": [{"file": path, "line": line} for path, line in unnamed.items()],
        }
    )
    return EXIT_FINDINGS if check and (changes or unnamed) else EXIT_CLEAN


def _write(path: Path, text: bytes) -> None:
    try:
        path.write_bytes(text)
    except OSError as error:
        raise refuse(f"{path} cannot be written: {error.strerror}", rule="schema.unwritable") from error

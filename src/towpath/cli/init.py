"""`towpath init`: a new project that works."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

from towpath.errors import EXIT_CLEAN, refuse
from towpath.report.wording import counted

if TYPE_CHECKING:
    import argparse

    from towpath.cli.output import Output

NAME = "init"
HELP = "write a new project: one platform, three environments, workflows"
DESCRIPTION = """\
Write a small project that works into an empty folder: a platform with a web server and Redis in development, staging
and production, its pins, and workflows for GitHub. `towpath synth` renders it as it is; then change it into your own.
"""
EXAMPLES = """\
examples:
  towpath init shop                                    into the folder shop, with a platform of that name
  towpath init --platform shop --domain example.org    into the working folder
  towpath init shop --images ghcr.io/acme --repository https://github.com/acme/environments.git
  towpath init shop --dry-run                          say what would be written
"""
# What may stand in a folder that counts as empty: what Git and an interrupted run leave.
_IGNORED = frozenset({".git", ".towpath"})


def add_arguments(command: argparse.ArgumentParser) -> None:
    """Add the arguments of `init`."""
    command.add_argument("folder", nargs="?", type=Path, default=Path(), help="where to (default: here)")
    command.add_argument("--platform", metavar="NAME", help="the platform's name (default: the folder's)")
    command.add_argument(
        "--domain", default="example.com", help="the domain of staging and production (default: %(default)s)"
    )
    command.add_argument(
        "--images",
        metavar="PREFIX",
        default="ghcr.io/example",
        help="where your own images are (default: %(default)s)",
    )
    command.add_argument(
        "--repository",
        metavar="URL",
        default="https://github.com/example/environments.git",
        help="where Argo CD finds dist/ (default: %(default)s)",
    )
    command.add_argument("--dry-run", action="store_true", help="say what would be written; write nothing")


def run(arguments: argparse.Namespace, output: Output) -> int:
    """Carry out `init`."""
    import towpath  # noqa: PLC0415 -- other commands need not wait for this and what follows
    from towpath.dist.changes import FileChange  # noqa: PLC0415 -- as above
    from towpath.dist.journal import apply, recover  # noqa: PLC0415 -- as above
    from towpath.project import Project  # noqa: PLC0415 -- as above
    from towpath.skeleton.plan import Names, project_files  # noqa: PLC0415 -- as above
    from towpath.synth.editor import CLUSTER, schema_path, schemas  # noqa: PLC0415 -- as above

    folder = Path(arguments.folder).absolute()
    if folder.is_dir():
        recover(folder)
    names = Names(
        platform=arguments.platform or re.sub(r"[^a-z0-9-]+", "-", folder.name.lower()).strip("-"),
        domain=arguments.domain,
        images=arguments.images,
        repository=arguments.repository,
    )
    files = project_files(names, towpath.__version__)
    _check_empty(folder)
    if not arguments.dry_run:
        _make(folder)
        apply(folder, [FileChange(path, data) for path, data in files.items()])
        # Only now is there a settings model to make schemas of. `towpath schema --write` does it again.
        made = {
            schema_path(name): data
            for name, data in schemas(Project(folder), [names.platform, CLUSTER]).items()
        }
        apply(folder, [FileChange(path, data) for path, data in made.items()])
        files = dict(sorted({**files, **made}.items()))
    would = "would write" if arguments.dry_run else "wrote"
    for path in files:
        output.line(f"  {path}")
    output.line(f"{would} {counted(len(files), 'file')} into {folder}")
    if not arguments.dry_run:
        output.line(
            f"next: cd {arguments.folder} && towpath synth && towpath explain production/{names.platform}"
        )
    output.document(
        {
            "written": not arguments.dry_run,
            "folder": str(folder),
            "platform": names.platform,
            "files": list(files),
        }
    )
    return EXIT_CLEAN


def _make(folder: Path) -> None:
    """Make the folder and those above it.

    Raises:
        TowpathError: where the system refuses.

    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise refuse(
            f"the folder {folder} cannot be made: {error.strerror}",
            expected="a place where folders may be made",
            remedy="name another one: towpath init NAME",
            rule="init.folder",
        ) from error


def _check_empty(folder: Path) -> None:
    """Refuse a folder in which something stands.

    Raises:
        TowpathError: naming what stands there.

    """
    if folder.exists() and not folder.is_dir():
        raise refuse(f"{folder} is a file", expected="an empty folder, or none yet", rule="init.not-empty")
    standing = sorted(each.name for each in folder.iterdir()) if folder.is_dir() else []
    found = [name for name in standing if name not in _IGNORED]
    if found:
        shown = ", ".join(found[:5]) + (" ..." if len(found) > 5 else "")  # noqa: PLR2004 -- enough to recognise it by
        raise refuse(
            f"the folder {folder} is not empty: {shown}",
            expected="an empty folder, or none yet",
            remedy="name another one: towpath init NAME",
            rule="init.not-empty",
        )

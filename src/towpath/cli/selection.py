"""The options by which commands are told what to work on."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from towpath.errors import TowpathError, UsageError, refuse
from towpath.project import Project, Target

if TYPE_CHECKING:
    import argparse


def add_selection(command: argparse.ArgumentParser) -> None:
    """Add `--environment` and `--platform`, which may be repeated."""
    command.add_argument(
        "-e",
        "--environment",
        action="append",
        default=[],
        metavar="NAME",
        dest="environments",
        help="only this environment; may be repeated",
    )
    command.add_argument(
        "-p",
        "--platform",
        action="append",
        default=[],
        metavar="NAME",
        dest="platforms",
        help="only this platform; may be repeated",
    )


def add_output_folder(command: argparse.ArgumentParser) -> None:
    """Add `--output`."""
    command.add_argument(
        "-o", "--output", type=Path, metavar="DIR", help="the output folder (default: dist/ of the project)"
    )


def project_of(arguments: argparse.Namespace) -> Project:
    """Return the project that a command line names, or the one around the working folder."""
    chosen: Path | None = arguments.project
    if chosen is None:
        return Project.find()
    project = Project.find(chosen)
    if project.root != chosen.absolute():
        raise refuse(f"{chosen} is not a project", expected="a folder with towpath.yaml", rule="project.none")
    return project


def target_named(project: Project, text: str) -> Target:
    """Return the target that `<environment>/<platform>` names.

    Raises:
        UsageError: where the text has another form, or there is no such environment or platform.

    """
    environment, slash, platform = text.partition("/")
    if not slash or not platform or "/" in platform:
        error: TowpathError = refuse(
            f"`{ascii(text)[1:-1]}` names no target",
            expected="<environment>/<platform>, such as staging/pms",
            rule="usage.target",
        )
        raise UsageError(error.problems)
    return project.targets([environment], [platform])[0]

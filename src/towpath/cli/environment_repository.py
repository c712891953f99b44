"""The options by which commands find the environment repository and its forge."""

from __future__ import annotations

from typing import TYPE_CHECKING

from towpath.errors import refuse

if TYPE_CHECKING:
    import argparse

    from towpath.cli.output import Output
    from towpath.forges.port import Forge
    from towpath.project import Project
    from towpath.repository.port import Repository


def add_repository(command: argparse.ArgumentParser) -> None:
    """Add `--repository` and `--branch`."""
    command.add_argument(
        "--repository",
        metavar="URL",
        help="the environment repository (default: repository.url in towpath.yaml, or this project's origin)",
    )
    command.add_argument("--branch", help="its base branch (default: repository.branch in towpath.yaml)")


def repository_of(arguments: argparse.Namespace, project: Project, output: Output) -> Repository:
    """Return the environment repository that a command line names.

    Raises:
        TowpathError: where none is named and the project has no origin.

    """
    from towpath.repository.git import open_repository  # noqa: PLC0415 -- other commands need no Git

    url = arguments.repository or project.pipeline.repository or _origin(project)
    if not url:
        raise refuse(
            "nothing says where the environment repository is",
            expected="repository.url in towpath.yaml, --repository, or a remote named origin",
            remedy="write its URL into towpath.yaml, without credentials",
            rule="repository.none",
        )
    repository = open_repository(project.root, url)
    output.progress("reading the environment repository")
    return repository


def branch_of(arguments: argparse.Namespace, project: Project) -> str:
    """Return the base branch that a command line names."""
    branch: str = arguments.branch or project.pipeline.branch
    return branch


def forge_of(repository: Repository) -> Forge:
    """Return the forge of the pipeline. Today there is one: pull requests kept in the repository itself."""
    from towpath.forges.local import LocalForge  # noqa: PLC0415 -- other commands need no forge

    return LocalForge(repository)


def _origin(project: Project) -> str:
    from towpath.repository.local_command import text_or_nothing  # noqa: PLC0415 -- other commands need no Git

    # The one question that is asked of the user's own clone; nothing there is written.
    return text_or_nothing(project.root, "config", "--get", "remote.origin.url").strip()

"""`towpath diff`: what a change does to the manifests."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from towpath.cli.selection import add_selection, project_of
from towpath.errors import EXIT_CLEAN, EXIT_FINDINGS, NOWHERE, Problem, UsageError, nearest

if TYPE_CHECKING:
    from collections.abc import Collection

    from towpath.cli.output import Output

NAME = "diff"
HELP = "show what changes in manifests and pins between two commits"
DESCRIPTION = """\
Compare the manifests and pins of two revisions, or of a revision and the files as they are, object by object. The order
of fields and of documents is no difference. Values of Secrets and what looks like a credential are hidden.

Nothing is compiled and nothing is written: it needs Git, dist/ and the pins only.
"""
EXAMPLES = """\
examples:
  towpath diff HEAD                              what is not committed yet
  towpath diff main my-branch -e production      what a branch changes in production
  towpath diff HEAD~1 HEAD --format markdown     as the body of a comment

exit codes: 0 no object and no pin differs, 1 something differs
"""
FORMATS = ("text", "json", "markdown")


def add_arguments(command: argparse.ArgumentParser) -> None:
    """Add the arguments of `diff`."""
    command.add_argument("base", metavar="BASE", help="the older side: a branch, a tag or a commit")
    command.add_argument(
        "head", metavar="HEAD", nargs="?", help="the newer side (default: the files as they are)"
    )
    add_selection(command)
    command.add_argument(
        "--limit",
        type=_characters,
        default=65_536,
        metavar="N",
        help="characters of a Markdown page; it is cut at whole objects (default: 65536)",
    )


def run(arguments: argparse.Namespace, output: Output) -> int:
    """Carry out `diff`."""
    from towpath.repository.comparison import changed_renderings, compare  # noqa: PLC0415 -- see relink
    from towpath.repository.working import WorkingRepository  # noqa: PLC0415 -- as above

    project = project_of(arguments)
    repository = WorkingRepository(project.root)
    base = repository.commit(arguments.base)
    head = None if arguments.head is None else repository.commit(arguments.head)
    changed = repository.changed(base, head)
    environments, platforms = arguments.environments, arguments.platforms
    order = project.pipeline.environments
    found = changed_renderings(changed)
    _require_known("environment", environments, {*order, *(environment for environment, _ in found)})
    if platforms:
        standing = {name for environment in order for name in project.platforms(environment)}
        _require_known("platform", platforms, {*standing, "argocd", *(platform for _, platform in found)})

    def wanted(environment: str, platform: str) -> bool:
        return (not environments or environment in environments) and (not platforms or platform in platforms)

    diff = compare(
        repository,
        changed,
        standing=head is None,
        wanted=wanted if environments or platforms else None,
        environments=order,
    )
    if output.as_json:
        from towpath.report.machine import document  # noqa: PLC0415 -- as above

        output.document(document(diff))
    elif arguments.format == "markdown":
        from towpath.report.markdown import markdown  # noqa: PLC0415 -- as above

        print(markdown(diff, arguments.limit), end="", file=output.out)
    else:
        from towpath.report.terminal import text  # noqa: PLC0415 -- as above

        print(text(diff, colour=output.styled("", "bold") != ""), end="", file=output.out)
    return EXIT_FINDINGS if diff else EXIT_CLEAN


def _characters(text: str) -> int:
    if not text.isascii() or not text.isdigit():
        raise argparse.ArgumentTypeError(f"`{ascii(text)[1:-1]}` is no number of characters")
    return int(text)


def _require_known(what: str, names: Collection[str], known: Collection[str]) -> None:
    problems = [
        Problem(
            NOWHERE,
            f"unknown {what} `{ascii(name)[1:-1]}`",
            "one of " + ", ".join(sorted(known)),
            f"did you mean `{like}`?" if (like := nearest(name, known)) else "",
            rule=f"usage.{what}",
        )
        for name in names
        if name not in known
    ]
    if problems:
        raise UsageError(problems)

"""`towpath pulls`: the pull requests of the environment repository."""

from __future__ import annotations

from typing import TYPE_CHECKING

from towpath.cli.environment_repository import add_repository, forge_of, repository_of
from towpath.cli.selection import project_of
from towpath.errors import EXIT_CLEAN, EXIT_FINDINGS, NOWHERE, Problem, TowpathError, UsageError

if TYPE_CHECKING:
    import argparse

    from towpath.cli.output import Output
    from towpath.forges.port import Forge, PullRequest

NAME = "pulls"
HELP = "list, show, merge or close pull requests of the environment repository"
DESCRIPTION = """\
Work with pull requests where there is no forge with pages: they are kept in the environment repository itself, under
refs/towpath/pulls/.
"""
EXAMPLES = """\
examples:
  towpath pulls list
  towpath pulls show 3
  towpath pulls merge 3
  towpath pulls close 3
"""
# As short as Git itself shows commits.
_SHORTEST_HEAD = 7
_ACTIONS = ("list", "show", "merge", "close")


def add_arguments(command: argparse.ArgumentParser) -> None:
    """Add the arguments of `pulls`."""
    command.add_argument("action", choices=_ACTIONS, help="what to do")
    command.add_argument("number", nargs="?", type=int, help="the pull request; not for list")
    command.add_argument("--all", action="store_true", help="with list: merged and closed ones too")
    command.add_argument(
        "--head",
        metavar="COMMIT",
        help="with merge: only if the branch is at this commit, at least 7 digits (default: as it is now)",
    )
    add_repository(command)


def run(arguments: argparse.Namespace, output: Output) -> int:
    """Carry out `pulls`."""
    from towpath.forges.port import PullRequestState  # noqa: PLC0415 -- other commands need no forge
    from towpath.report.inert import visible  # noqa: PLC0415 -- as above

    if arguments.action != "list" and arguments.number is None:
        raise UsageError(
            Problem(
                NOWHERE,
                f"which pull request to {arguments.action} is not said",
                f"towpath pulls {arguments.action} NUMBER",
                rule="usage.pulls",
            )
        )
    project = project_of(arguments)
    repository = repository_of(arguments, project, output)
    repository.fetch()
    forge = forge_of(repository)
    if arguments.action == "list":
        found = forge.list(None if arguments.all else PullRequestState.OPEN)
        for pull in found:
            output.line(f"{pull.number:>4}  {pull.state:<7} {pull.title}")
        if not found:
            output.line("no pull requests" if arguments.all else "no open pull requests")
        output.document({"pull_requests": [_document(pull) for pull in found]})
        return EXIT_CLEAN
    if arguments.action == "merge":
        return _merge(arguments, forge, output)
    pull = forge.close(arguments.number) if arguments.action == "close" else forge.get(arguments.number)
    output.line(f"pull request {pull.number} ({pull.state}): {pull.title}")
    if arguments.action == "show":
        output.line(f"{pull.head} into {pull.base}, at {pull.head_commit[:12]}")
        output.line()
        for line in pull.body.split("\n"):
            # The body is somebody's words: it may not steer the terminal.
            output.line(visible(line))
    output.document({**_document(pull), "body": pull.body})
    return EXIT_CLEAN


def _merge(arguments: argparse.Namespace, forge: Forge, output: Output) -> int:
    pull = forge.get(arguments.number)
    head: str = arguments.head or pull.head_commit
    if len(head) >= _SHORTEST_HEAD and pull.head_commit.startswith(head):
        head = pull.head_commit
    outcome = forge.merge(pull.number, head)
    output.document(
        {
            "number": pull.number,
            "state": outcome.state.value,
            "commit": outcome.commit,
            "paths": list(outcome.paths),
        }
    )
    if outcome.merged:
        output.line(f"merged pull request {pull.number} into {pull.base} as {(outcome.commit or '')[:12]}")
        return EXIT_CLEAN
    if output.as_json:
        return EXIT_FINDINGS
    what = {
        "conflict": f"pull request {pull.number} cannot be merged: it conflicts with {pull.base}",
        "moved": f"pull request {pull.number} has another head than the one that was looked at",
        "not-open": f"pull request {pull.number} is closed",
        "refused": f"pull request {pull.number} may not be merged now: {outcome.message}",
    }[outcome.state.value]
    raise TowpathError(
        Problem(
            NOWHERE,
            what + (f" in {', '.join(outcome.paths)}" if outcome.paths else ""),
            remedy="run the promotion again, which brings its branch up to date, and look at it again",
            rule=f"pulls.{outcome.state.value}",
        )
    )


def _document(pull: PullRequest) -> dict[str, object]:
    return {
        "number": pull.number,
        "state": pull.state.value,
        "title": pull.title,
        "head": pull.head,
        "base": pull.base,
        "head_commit": pull.head_commit,
        "merge_commit": pull.merge_commit,
        "url": pull.url,
    }

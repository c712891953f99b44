"""`towpath promote`: from a new image, or an environment's pins, to a pull request."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from towpath.cli.environment_repository import add_repository, branch_of, forge_of, repository_of
from towpath.cli.registry import add_mirror, mirrors_of
from towpath.cli.selection import project_of
from towpath.errors import EXIT_CLEAN, NOWHERE, Problem, UsageError
from towpath.report.wording import counted

if TYPE_CHECKING:
    import argparse

    from towpath.cli.output import Output
    from towpath.promotion.carry_out import Result, Writing
    from towpath.promotion.plan import Plan
    from towpath.promotion.request import Request

NAME = "promote"
HELP = "open or update the pull request that brings images into an environment"
DESCRIPTION = """\
Move images into an environment by a pull request in the environment repository: either the exact digests that another
environment's pins say, or images that are named with a reference, which the registry resolves to the digest of its
index. The pull request shows the rendered change. Running it again changes nothing.

From an environment, the platform's own builds move (registries.own in towpath.yaml), a third party's image only where
it is named: `--image redis`. The order of environments is enforced.
"""
EXAMPLES = """\
examples:
  towpath promote --platform pms --to development --image backend=:1.5.0
  towpath promote --platform pms --from staging --to production
  towpath promote --platform pms --from staging --to production --dry-run
  towpath promote --platform pms --from development --to production --pass-over --reason "hotfix for INC-1742"

credentials come from the environment only:
  TOWPATH_GIT_HOST, TOWPATH_GIT_TOKEN                                          for the environment repository
  TOWPATH_REGISTRY_HOST, TOWPATH_REGISTRY_USERNAME, TOWPATH_REGISTRY_PASSWORD  for a registry
"""


def add_arguments(command: argparse.ArgumentParser) -> None:
    """Add the arguments of `promote`."""
    command.add_argument("-p", "--platform", required=True, metavar="NAME", help="the platform")
    command.add_argument(
        "--to", required=True, metavar="ENVIRONMENT", dest="target", help="where the images go"
    )
    command.add_argument("--from", metavar="ENVIRONMENT", dest="source", help="whose pins say which images")
    command.add_argument(
        "--image",
        action="append",
        default=[],
        metavar="IMAGE[=REFERENCE]",
        help="an image and its reference; with --from, an image to move instead of all; may be repeated",
    )
    command.add_argument(
        "--pass-over", action="store_true", help="leave out environments of the pipeline; needs --reason"
    )
    command.add_argument("--reason", default="", help="why environments are left out; recorded in the commit")
    command.add_argument(
        "--no-registry",
        action="store_true",
        help="with --from: do not ask whether the registry still has the digests; the pull request says so",
    )
    command.add_argument("--dry-run", action="store_true", help="print the plan; change nothing")
    add_mirror(command)
    add_repository(command)


def run(arguments: argparse.Namespace, output: Output) -> int:
    """Carry out `promote`."""
    from towpath.promotion.carry_out import HalfDoneError, Status, carry_out  # noqa: PLC0415 -- other commands need not wait for it
    from towpath.promotion.describe import describe  # noqa: PLC0415 -- as above
    from towpath.promotion.request import Planner, current_plan  # noqa: PLC0415 -- as above
    from towpath.registry.client import HttpRegistry  # noqa: PLC0415 -- as above
    from towpath.registry.credentials import credentials_from  # noqa: PLC0415 -- as above

    project = project_of(arguments)
    request = _request(arguments)
    mirrors = mirrors_of(arguments, project.pipeline)
    repository = repository_of(arguments, project, output)
    branch = branch_of(arguments, project)
    registry = None
    if not arguments.no_registry:
        registry = HttpRegistry(mirrors, credentials=credentials_from(os.environ), environment=os.environ)
    planner = Planner(repository, registry, request, project.pipeline)
    if arguments.dry_run:
        plan = current_plan(planner, repository, branch)
        writing = describe(plan, repository)
        _print_plan(plan, output)
        if plan.moves:
            output.line()
            output.line(writing.body)
        else:
            output.line(f"nothing to promote: {plan.route.target} runs these images already")
        status = "planned" if plan.moves else "nothing"
        output.document({"status": status, **plan.to_json(), "title": writing.title, "body": writing.body})
        return EXIT_CLEAN
    plans: list[Plan] = []
    writings: list[Writing] = []

    def replan(commit: str) -> Plan:
        plans.append(planner.plan(commit))
        return plans[-1]

    def written(plan: Plan) -> Writing:
        writings.append(describe(plan, repository))
        return writings[-1]

    try:
        result = carry_out(repository, forge_of(repository), branch, replan, written)
    except HalfDoneError as error:
        if arguments.debug:
            raise
        output.problems(
            error.problems,
            f"the branch {error.branch} was pushed, and its pull request is not up to date; "
            "run the command again to go on from there",
        )
        return error.exit_code
    plan = plans[-1]
    _print_plan(plan, output)
    output.line(_outcome(result, plan))
    pull = result.pull_request
    output.document(
        {
            "status": result.status.value,
            "changed": result.status in {Status.OPENED, Status.UPDATED},
            **plan.to_json(),
            "commit": result.commit,
            "title": writings[-1].title if writings else "",
            "body": writings[-1].body if writings else "",
            "pull_request": None
            if pull is None
            else {"number": pull.number, "url": pull.url, "title": pull.title},
        }
    )
    return EXIT_CLEAN


def _request(arguments: argparse.Namespace) -> Request:
    from towpath.promotion.request import Request  # noqa: PLC0415 -- see run
    from towpath.promotion.route import REGISTRY  # noqa: PLC0415 -- see run

    images: dict[str, str] = {}
    problems = []
    for text in arguments.image:
        image, equals, reference = text.partition("=")
        if arguments.source and equals:
            what = f"--image {ascii(text)[1:-1]} names a reference, and --from says which images there are"
            problems.append(
                Problem(NOWHERE, what, "--image NAME with --from, or no --from", rule="usage.image")
            )
        elif not arguments.source and not reference:
            what = f"--image {ascii(text)[1:-1]} names no reference"
            problems.append(
                Problem(NOWHERE, what, "IMAGE=REFERENCE, such as backend=:1.5.0", rule="usage.image")
            )
        if not image:
            problems.append(
                Problem(
                    NOWHERE,
                    f"--image {ascii(text)[1:-1]} names no image",
                    "IMAGE=REFERENCE, such as backend=:1.5.0",
                    rule="usage.image",
                )
            )
        if image in images:
            problems.append(
                Problem(NOWHERE, f"the image {ascii(image)[1:-1]} is named twice", rule="usage.image")
            )
        images[image] = reference
    if not arguments.source and not arguments.image:
        problems.append(
            Problem(
                NOWHERE,
                "nothing says what to promote",
                "--from ENVIRONMENT, or --image IMAGE=REFERENCE",
                rule="usage.image",
            )
        )
    if problems:
        raise UsageError(problems)
    return Request(
        platform=arguments.platform,
        target=arguments.target,
        source=arguments.source or REGISTRY,
        images=images,
        pass_over=arguments.pass_over,
        reason=arguments.reason,
    )


def _print_plan(plan: Plan, output: Output) -> None:
    from towpath.images.pin import Length, pin_text  # noqa: PLC0415 -- see run

    source = "" if plan.route.source == "registry" else f" from {plan.route.source}"
    output.line(f"{plan.platform}{source} to {plan.route.target}, on base {plan.base[:12]}")
    for move in plan.moves:
        before, after = pin_text(move.before, Length.NAME), pin_text(move.after, Length.NAME)
        output.line(f"  {move.image:<16} {before} -> {after}")
    for skipped in plan.skipped:
        output.line(f"  {skipped.image:<16} stays: {skipped.reason}")
    for note in plan.notes:
        output.line(f"  note: {note}")
    if plan.moves:
        output.line(
            f"{counted(len(plan.files), 'file')} changed on the branch {plan.branch}. {plan.statement}"
        )


def _outcome(result: Result, plan: Plan) -> str:
    pull = result.pull_request
    named = ""
    if pull is not None:
        named = f"pull request {pull.number}: {pull.title}" + (f" ({pull.url})" if pull.url else "")
    if result.status.value == "nothing":
        still = f"; still open, and for other images, is {named}" if named else ""
        return f"nothing to promote: {plan.route.target} runs these images already{still}"
    if result.status.value == "unchanged":
        return f"nothing was changed: up to date is {named}"
    return f"{result.status} {named}"

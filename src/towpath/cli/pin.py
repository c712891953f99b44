"""`towpath pin`: choose the exact image that an environment runs."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from towpath.cli.registry import add_mirror, mirrors_of
from towpath.cli.selection import project_of, target_named
from towpath.errors import EXIT_CLEAN, NOWHERE, Problem, TowpathError, UsageError, nearest, refuse
from towpath.report.wording import counted

if TYPE_CHECKING:
    import argparse

    from towpath.cli.output import Output
    from towpath.images.pin import ImagePin
    from towpath.images.pinfile import Pins
    from towpath.link.map import LinkMap
    from towpath.project import Project, Target
    from towpath.registry.mirrors import Mirrors

NAME = "pin"
HELP = "pin an image to the digest that a registry has, and relink"
DESCRIPTION = """\
Ask the registry what a reference stands for, check the bytes that it sends, write the digest into the pins file of one
platform in one environment, and relink dist/. Pins file and dist/ change together or not at all.

A reference may leave out the repository where the image is pinned already: `backend=:1.4.2`.
Credentials come from TOWPATH_REGISTRY_HOST, TOWPATH_REGISTRY_USERNAME and TOWPATH_REGISTRY_PASSWORD.
"""
EXAMPLES = """\
examples:
  towpath pin development/pms backend=ghcr.io/example/pms-backend:1.4.2
  towpath pin development/pms backend=:1.4.3 frontend=:1.4.3
  towpath pin development/pms redis=docker.io/library/redis:7.2-alpine --unresolved
  towpath pin development/pms --remove mailhog
"""


def add_arguments(command: argparse.ArgumentParser) -> None:
    """Add the arguments of `pin`."""
    command.add_argument("target", metavar="ENVIRONMENT/PLATFORM", help="such as staging/pms")
    command.add_argument(
        "images", nargs="*", metavar="IMAGE=REFERENCE", help="the image's name and what to pin it to"
    )
    command.add_argument(
        "--unresolved",
        action="store_true",
        help="ask no registry; a pin without digest is refused or warned about",
    )
    command.add_argument(
        "--new",
        action="store_true",
        help="the image is new in the charts, although its name is like that of another",
    )
    command.add_argument(
        "--remove", action="append", default=[], metavar="IMAGE", help="remove a pin that nothing uses"
    )
    add_mirror(command)
    command.add_argument("--dry-run", action="store_true", help="say what would change; write nothing")


def run(arguments: argparse.Namespace, output: Output) -> int:
    """Carry out `pin`."""
    from towpath.dist.journal import apply, recover  # noqa: PLC0415 -- other commands need not wait for its import
    from towpath.dist.relink import link_map_of, repin  # noqa: PLC0415 -- as above
    from towpath.images.pin import Length, pin_text  # noqa: PLC0415 -- as above
    from towpath.images.pinfile import with_pin, without_pin  # noqa: PLC0415 -- as above

    project = project_of(arguments)
    target = target_named(project, arguments.target)
    folder = project.output()
    recovered = recover(folder.base)
    if recovered:
        output.note(recovered)
    wanted = _wanted(arguments.images)
    if not wanted and not arguments.remove:
        error = refuse("no image is named", expected="IMAGE=REFERENCE or --remove IMAGE", rule="usage.pin")
        raise UsageError(error.problems)
    before = project.pins(target)
    link_map = link_map_of(project, target, folder)
    _check_names(target, wanted, arguments.remove, before, link_map, new=arguments.new)
    after = before
    mirrors = mirrors_of(arguments, project.pipeline)
    for pin in _resolved(project, wanted, before, mirrors, unresolved=arguments.unresolved):
        after = with_pin(after, pin)
    for image in arguments.remove:
        after = without_pin(after, image)
    changes = repin(project, target, after, folder, list(wanted))
    if not arguments.dry_run:
        apply(folder.base, changes.all)
    for image in (*wanted, *arguments.remove):
        old, new = before.images.get(image), after.images.get(image)
        output.line(
            f"{target} {image}: {pin_text(old, Length.SHORT)} -> {pin_text(new, Length.SHORT)}"
            if old != new
            else f"{target} {image}: unchanged"
        )
    would = "would be " if arguments.dry_run else ""
    output.line(f"{counted(len(changes.writes), 'file')} {would}changed")
    for change in changes.writes:
        output.line(f"  {change.path}")
    unknown = [image for image in wanted if link_map and image not in link_map.images]
    if unknown:
        output.note(
            f"dist/ does not use {', '.join(unknown)} yet; `towpath synth` links what charts have begun to use"
        )
    named = {image: after.images.get(image) for image in (*wanted, *arguments.remove)}
    output.document(
        {
            "changed": bool(changes.all),
            "pins": {image: pin and pin.to_json() for image, pin in named.items()},
            "write": [change.path for change in changes.writes],
        }
    )
    return EXIT_CLEAN


def _wanted(texts: list[str]) -> dict[str, str]:
    wanted: dict[str, str] = {}
    problems = []
    for text in texts:
        image, equals, reference = text.partition("=")
        if not equals or not image or not reference:
            problems.append(
                Problem(
                    NOWHERE,
                    f"`{ascii(text)[1:-1]}` is no pin",
                    "IMAGE=REFERENCE, such as backend=ghcr.io/example/backend:1.4.2",
                    rule="usage.pin",
                )
            )
        elif image in wanted:
            problems.append(Problem(NOWHERE, f"the image {image} is named twice", rule="usage.pin"))
        wanted[image] = reference
    if problems:
        raise UsageError(problems)
    return wanted


def _check_names(
    target: Target,
    wanted: dict[str, str],
    removed: list[str],
    pins: Pins,
    link_map: LinkMap | None,
    *,
    new: bool,
) -> None:
    used = link_map.images if link_map else None
    problems = []
    for image in wanted:
        # Before the first synth nothing says which images there are.
        # A chart may have begun to use an image that no synth has linked yet, and none can before it is pinned.
        like = nearest(image, used) if used is not None and image not in used and not new else ""
        if used is not None and like:
            problems.append(
                Problem(
                    NOWHERE,
                    f"{target} uses no image {ascii(image)[1:-1]}",
                    "one of " + ", ".join(sorted(used)),
                    f"did you mean {like}? If a chart has begun to use {ascii(image)[1:-1]}, add --new",
                    rule="pin.unknown-image",
                )
            )
    for image in removed:
        if image not in pins.images:
            problems.append(
                Problem(NOWHERE, f"{target} has no pin {ascii(image)[1:-1]}", rule="pin.unknown-image")
            )
        elif used is not None and image in used:
            problems.append(
                Problem(
                    NOWHERE,
                    f"{target} uses the image {image}, so its pin cannot go",
                    remedy="remove the image from the chart first",
                    rule="pin.used",
                )
            )
    if problems:
        raise TowpathError(problems)


def _resolved(
    project: Project, wanted: dict[str, str], pins: Pins, mirrors: Mirrors, *, unresolved: bool
) -> list[ImagePin]:
    from towpath.images.allowed import registry_problem  # noqa: PLC0415 -- see run
    from towpath.images.pin import ImagePin  # noqa: PLC0415 -- see run
    from towpath.images.reference import parse_reference  # noqa: PLC0415 -- see run

    allowed = project.pipeline.allowed_registries
    references = {}
    problems: list[Problem] = []
    for image, text in wanted.items():
        known = pins.images.get(image)
        try:
            reference = parse_reference(text, repository=known.repository if known else "")
        except TowpathError as error:
            problems.extend(error.problems)
            continue
        problem = registry_problem(image, reference.repository, allowed, rule="pin.registry")
        if problem:
            problems.append(problem)
        references[image] = reference
    if problems:
        raise TowpathError(problems)
    if unresolved:
        return [
            ImagePin(image, reference.repository, tag=reference.tag, digest=reference.digest)
            for image, reference in references.items()
        ]
    from towpath.registry.client import HttpRegistry  # noqa: PLC0415 -- an unresolved pin needs no HTTP client
    from towpath.registry.credentials import credentials_from  # noqa: PLC0415 -- as above

    registry = HttpRegistry(
        mirrors,
        credentials=credentials_from(os.environ),
        environment=os.environ,
    )
    return [registry.resolve(reference).pin(image, reference) for image, reference in references.items()]

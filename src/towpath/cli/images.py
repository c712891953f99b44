"""`towpath images`: which image each environment runs."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from towpath.cli.selection import add_selection, project_of
from towpath.errors import EXIT_CLEAN, TowpathError

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator, Mapping, Sequence

    from towpath.cli.output import Output
    from towpath.link.map import LinkMap
    from towpath.project import Output as OutputFolder
    from towpath.project import Project, Target
    from towpath.report.inventory import ImageStatus, Since
    from towpath.report.operated import OperatedVersion

NAME = "images"
HELP = "list the images of every platform and environment, and where environments differ"
DESCRIPTION = """\
List each image that a platform uses in an environment: its pin, for how long it has been pinned so (as the history of
the pins file tells), whether it has a digest, and whether the environment before it runs the same. Below them stand the
objects whose images an operator chooses by a version: no pin says what they run, and no promotion moves them.

It needs dist/ and the pins only: no charts, no registry.
"""
EXAMPLES = """\
examples:
  towpath images
  towpath images -p pms -e staging -e production
  towpath images --format json
"""
# Commits that touch a pins file. Older ones are not looked at: an age is then shown as `over 90 days`.
_HISTORY = 1000


def add_arguments(command: argparse.ArgumentParser) -> None:
    """Add the arguments of `images`."""
    add_selection(command)


def run(arguments: argparse.Namespace, output: Output) -> int:
    """Carry out `images`."""
    from towpath.dist.relink import link_map_of  # noqa: PLC0415 -- see relink
    from towpath.report.inventory import inventory_document, inventory_text, with_comparison  # noqa: PLC0415 -- see relink
    from towpath.report.operated import in_order, operated_document, operated_text  # noqa: PLC0415 -- see relink

    project = project_of(arguments)
    chosen = set(project.targets(arguments.environments, arguments.platforms))
    # An environment is compared with the one before it, whether that is shown or not.
    every = project.targets((), arguments.platforms)
    tree = project.output()
    maps = {target: link_map_of(project, target, tree) for target in every}
    statuses = with_comparison(_statuses(project, maps), project.pipeline.environments)
    shown = [
        each
        for each in statuses
        if any((each.environment, each.platform) == (one.environment, one.platform) for one in chosen)
    ]
    versions = in_order(
        _versions(tree, {target: maps[target] for target in chosen}), project.pipeline.environments
    )
    if output.as_json:
        output.document(inventory_document(shown) | operated_document(versions))
    else:
        text = inventory_text(shown, int(time.time())) + operated_text(versions)
        print(text, end="", file=output.out)
    return EXIT_CLEAN


def _statuses(project: Project, maps: Mapping[Target, LinkMap | None]) -> Iterator[ImageStatus]:
    from towpath.report.inventory import ImageStatus  # noqa: PLC0415 -- see run

    pins = {target: project.pins(target) for target in maps}
    ages = _ages(project, list(maps))
    for target, link_map in maps.items():
        used = pins[target].images.keys() if link_map is None else link_map.images
        for image in sorted({*pins[target].images, *used}):
            since = None if ages is None else ages[target].get(image)
            yield ImageStatus(
                target.environment,
                target.platform,
                image,
                pins[target].images.get(image),
                used=image in used,
                since=since,
                committed=ages is None or since is not None,
            )


def _versions(tree: OutputFolder, maps: Mapping[Target, LinkMap | None]) -> Iterator[OperatedVersion]:
    from towpath.dist.tree import read_files  # noqa: PLC0415 -- see run
    from towpath.report.operated import is_operated, operated_versions  # noqa: PLC0415 -- see run

    for target, link_map in maps.items():
        names = [] if link_map is None else [file for file in link_map.files if is_operated(file)]
        found = read_files(tree.folder, target.environment, target.platform, names)
        for file, data in found.items():
            path = f"{tree.name}/{target}/{file}"
            yield from operated_versions(target.environment, target.platform, path, data)


def _ages(project: Project, targets: Sequence[Target]) -> Mapping[Target, Mapping[str, Since]] | None:
    """Return since when each image is pinned so; None where there is no Git to ask."""
    from towpath.documents.reader import LIMITS  # noqa: PLC0415 -- see run
    from towpath.report.inventory import pinned_since  # noqa: PLC0415 -- see run
    from towpath.repository.working import WorkingRepository  # noqa: PLC0415 -- see run

    repository = WorkingRepository(project.root)
    try:
        if not repository.is_repository():
            return None
        history = repository.history([project.pins_path(target) for target in targets], _HISTORY)
        blobs = repository.blobs(
            {each.blob for versions in history.versions.values() for each in versions if each.blob},
            LIMITS.size,
        )
    except TowpathError:
        # Ages are an extra: without a Git that answers, all else is still worth showing.
        return None

    def content(blob: str) -> bytes | None:
        found = blobs.get(blob)
        return found if isinstance(found, bytes) else None

    return {
        target: pinned_since(
            ((each.time, content(each.blob)) for each in history.versions.get(project.pins_path(target), ())),
            project.pins_path(target),
            project.pins(target).images,
            complete=history.complete,
        )
        for target in targets
    }

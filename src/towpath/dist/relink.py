"""Relinking renderings on disk after their pins changed: pins and linked files change together or not at all."""

from __future__ import annotations

from typing import TYPE_CHECKING

from towpath.dist.changes import FileChange, FileChanges, combined
from towpath.dist.tree import read_files, read_map
from towpath.errors import Place, Problem, TowpathError, refuse
from towpath.images.pinfile import format_pins
from towpath.layout import rendering_folder
from towpath.link.map import parse_map
from towpath.link.relink import relink_rendering

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from towpath.images.pinfile import Pins
    from towpath.link.map import LinkMap
    from towpath.project import Output, Project, Target


def link_map_of(project: Project, target: Target, output: Output) -> LinkMap | None:
    """Return the link map of a rendering on disk, or None where it was never synthesized."""
    data = read_map(output.folder, target.environment, target.platform)
    return (
        None
        if data is None
        else parse_map(data, project.scope(target, project.pins(target), output.name).map_file)
    )


def relink_targets(project: Project, targets: Sequence[Target], output: Output) -> FileChanges:
    """Return the changes that make renderings follow their pins files.

    Raises:
        TowpathError: with the problems of all targets: edited files, missing pins.

    """
    changes: list[FileChanges] = []
    problems: list[Problem] = []
    for target in targets:
        try:
            if link_map_of(project, target, output) is None:
                raise refuse(
                    f"{target} has no link map, so there is nothing to relink",
                    place=Place(f"{output.name}/{target}.links"),
                    remedy="run `towpath synth`, or restore it with Git",
                    rule="relink.no-map",
                )
            changes.append(_relinked(project, target, project.pins(target), output, None))
        except TowpathError as error:
            problems.extend(error.problems)
    if problems:
        raise TowpathError(problems)
    return combined(changes)


def repin(
    project: Project, target: Target, pins: Pins, output: Output, images: Collection[str]
) -> FileChanges:
    """Return the changes that give a target new pins: its pins file, and the files that use these images.

    Paths are relative to `output.base`, which has to be the project's root. Only files that use the images are read.

    Raises:
        TowpathError: where one of them is edited, or a pin lacks what its places need.

    """
    linked = _relinked(project, target, pins, output, images)
    path = project.pins_path(target)
    data = format_pins(pins.images.values(), charts=pins.charts)
    same = project.read_if_present(path) == data
    written = FileChanges(unchanged=1) if same else FileChanges((FileChange(path, data),))
    return combined((written, linked))


def _relinked(
    project: Project, target: Target, pins: Pins, output: Output, images: Collection[str] | None
) -> FileChanges:
    link_map = link_map_of(project, target, output)
    if link_map is None:
        return FileChanges()
    wanted = link_map.images if images is None else images
    names = link_map.files_using(wanted)
    present = read_files(output.folder, target.environment, target.platform, names)
    changed: Mapping[str, bytes] = relink_rendering(
        link_map, present, project.scope(target, pins, output.name), images=images
    )
    folder = rendering_folder(target.environment, target.platform)
    prefix = f"{output.prefix}/{folder}" if output.prefix else str(folder)
    writes = FileChanges(
        tuple(FileChange(name, data) for name, data in sorted(changed.items())),
        unchanged=len(names) - len(changed),
    )
    return writes.under(prefix)

"""The project on disk: where its files are, which environments and platforms it has."""

from __future__ import annotations

import os
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from towpath.errors import Place, Problem, TowpathError, UsageError, nearest, refuse
from towpath.images.pinfile import Pins, parse_pins
from towpath.link.pinning import PinScope
from towpath.pipeline import PIPELINE_FILE, name_fault, parse_pipeline

if TYPE_CHECKING:
    from collections.abc import Sequence

    from towpath.pipeline import Pipeline

PINS_SUFFIX = ".images.yaml"
CLUSTER_FILE = "cluster.yaml"
OUTPUT_FOLDER = "dist"
_PEOPLES = ("charts", "envs")


@dataclass(frozen=True, order=True, slots=True)
class Target:
    """One platform in one environment."""

    environment: str
    platform: str

    def __str__(self) -> str:
        return f"{self.environment}/{self.platform}"


@dataclass(frozen=True, slots=True)
class Output:
    """Where rendered manifests go: a folder, and the tree in which its changes are applied all or nothing."""

    folder: Path
    base: Path
    """The tree: the project's root where the folder is inside of it, or else the folder itself."""
    prefix: str
    """The folder relative to the tree; empty where they are the same."""

    @property
    def name(self) -> str:
        """The folder as messages name it."""
        return self.prefix or str(self.folder)


@dataclass(frozen=True)
class Project:
    """A project's root folder and what follows from its files. Reads files; writes none."""

    root: Path

    @classmethod
    def find(cls, start: Path | None = None) -> Project:
        """Return the project that a folder is in: the nearest one upward that holds `towpath.yaml`.

        Raises:
            TowpathError: where there is none.

        """
        folder = (start or Path.cwd()).absolute()
        for candidate in (folder, *folder.parents):
            if (candidate / PIPELINE_FILE).is_file():
                return cls(candidate)
        raise refuse(
            f"there is no {PIPELINE_FILE} in {folder} or above it",
            expected=f"a project: a folder with {PIPELINE_FILE}, envs/ and charts/",
            remedy="change into the project, or name it with --project",
            rule="project.none",
        )

    @cached_property
    def pipeline(self) -> Pipeline:
        """What `towpath.yaml` says."""
        return parse_pipeline(self.read(PIPELINE_FILE))

    def output(self, folder: Path | None = None) -> Output:
        """Return the output folder: `dist/` of the project, or another one."""
        # `..` has to go before the question whether the folder is inside.
        chosen = Path(os.path.normpath((self.root / (folder or OUTPUT_FOLDER)).absolute()))
        if chosen == self.root or any(chosen.is_relative_to(self.root / each) for each in _PEOPLES):
            raise UsageError(
                Problem(
                    Place(),
                    f"the output folder {folder} is among the files that people write",
                    expected="a folder of its own, such as dist",
                    rule="usage.output",
                )
            )
        if chosen != self.root and chosen.is_relative_to(self.root):
            return Output(chosen, self.root, chosen.relative_to(self.root).as_posix())
        return Output(chosen, chosen, "")

    def read(self, path: str) -> bytes:
        """Return the bytes of a file of the project.

        Raises:
            TowpathError: where it cannot be read.

        """
        try:
            return (self.root / path).read_bytes()
        except OSError as error:
            raise refuse(
                f"cannot be read: {error.strerror}", place=Place(path), rule="project.unreadable"
            ) from error

    def read_if_present(self, path: str) -> bytes | None:
        """Return the bytes of a file, or None where it does not exist."""
        return self.read(path) if (self.root / path).exists() else None

    def platforms(self, environment: str) -> tuple[str, ...]:
        """Return the platforms of an environment, sorted: those that have settings or pins in it.

        Raises:
            TowpathError: for each file whose name cannot be a platform's.

        """
        found: dict[str, str] = {}
        misnamed = []
        for name in self._names(f"envs/{environment}"):
            stem, dot, ending = name.partition(".")
            if ending.endswith("yml"):
                misnamed.append(
                    Problem(
                        Place(f"envs/{environment}/{name}"),
                        "Towpath reads files that end in .yaml, so nothing would read this one",
                        remedy=f"rename it to {stem}.{ending.removesuffix('yml')}yaml",
                        rule="project.file-name",
                    )
                )
            if dot and ending in {"yaml", "images.yaml"} and name != CLUSTER_FILE:
                found.setdefault(stem, name)
        problems = [
            Problem(
                Place(f"envs/{environment}/{found[name]}"),
                f"`{ascii(name)[1:-1]}` cannot be the name of a platform: {fault}",
                remedy="rename the file",
                rule="project.platform-name",
            )
            for name in sorted(found)
            if (fault := name_fault(name))
        ]
        if problems or misnamed:
            raise TowpathError([*problems, *misnamed])
        return tuple(sorted(found))

    def charted(self, environment: str) -> tuple[str, ...]:
        """Return the platforms of an environment that can be compiled: those with settings in it."""
        return tuple(
            name
            for name in self.platforms(environment)
            if (self.root / f"envs/{environment}/{name}.yaml").exists()
        )

    def targets(self, environments: Sequence[str] = (), platforms: Sequence[str] = ()) -> tuple[Target, ...]:
        """Return what a command was asked to work on; without names, everything. In the pipeline's order.

        Raises:
            UsageError: for each name that does not exist.

        """
        known = self.pipeline.environments
        problems = [_unknown("environment", name, known) for name in environments if name not in known]
        absent = [name for name in known if not (self.root / "envs" / name).is_dir()]
        if absent:
            raise TowpathError(
                Problem(
                    self.pipeline.environments_place,
                    f"the environment `{name}` has no folder envs/{name}",
                    remedy=f"make it, with {CLUSTER_FILE} and settings, or take {name} out of the pipeline",
                    rule="project.no-environment",
                )
                for name in absent
            )
        every = {environment: self.platforms(environment) for environment in known}
        named = {platform for names in every.values() for platform in names}
        problems += [_unknown("platform", name, named) for name in platforms if name not in named]
        if problems:
            raise UsageError(problems)
        return tuple(
            Target(environment, platform)
            for environment in known
            if not environments or environment in environments
            for platform in every[environment]
            if not platforms or platform in platforms
        )

    def pins(self, target: Target) -> Pins:
        """Return the pins of a target; none where it has no pins file."""
        path = self.pins_path(target)
        data = self.read_if_present(path)
        return Pins({}, {}) if data is None else parse_pins(data, path)

    def pins_path(self, target: Target) -> str:
        """Return the path of a target's pins file, from the root."""
        return f"envs/{target.environment}/{target.platform}{PINS_SUFFIX}"

    def scope(self, target: Target, pins: Pins, out: str = "dist") -> PinScope:
        """Return the pins of a target with the names that messages about them need."""
        return PinScope(
            target.environment,
            target.platform,
            pins.images,
            pins.places,
            out,
            self.pipeline.allowed_registries,
        )

    def _names(self, folder: str) -> list[str]:
        try:
            return sorted(each.name for each in (self.root / folder).iterdir())
        except (FileNotFoundError, NotADirectoryError):
            return []


def _unknown(what: str, name: str, known: Sequence[str] | set[str]) -> Problem:
    like = nearest(name, known)
    return Problem(
        Place(),
        f"unknown {what} `{ascii(name)[1:-1]}`",
        "one of " + ", ".join(sorted(known)) if known else f"a {what}; there is none yet",
        f"did you mean `{like}`?" if like else "",
        rule=f"usage.{what}",
    )

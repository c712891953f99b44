"""A rendering as it stands on the base branch of the environment repository. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from towpath.errors import Problem, TowpathError
from towpath.link.map import LinkMap, parse_map
from towpath.link.pinning import PinScope
from towpath.link.verify import verify_rendering

if TYPE_CHECKING:
    from collections.abc import Mapping

    from towpath.images.pinfile import Pins
    from towpath.pipeline import Pipeline


@dataclass(frozen=True, slots=True)
class Base:
    """One rendering as it stands on the base branch, with its pins."""

    commit: str
    environment: str
    platform: str
    pins: Pins
    pins_data: bytes | None
    map_data: bytes | None
    files: Mapping[str, bytes]
    """The rendering's files by name."""
    unexpected: Mapping[str, str] = field(default_factory=dict)

    @property
    def pins_path(self) -> str:
        """The path of the pins file, from the repository's root."""
        return f"envs/{self.environment}/{self.platform}.images.yaml"

    @property
    def folder(self) -> str:
        """The folder of the rendering, from the repository's root."""
        return f"dist/{self.environment}/{self.platform}"

    def scope(self, pins: Pins, pipeline: Pipeline) -> PinScope:
        """Return pins with the names that messages about them need, and the registries that they may name."""
        return PinScope(
            self.environment, self.platform, pins.images, pins.places, allowed=pipeline.allowed_registries
        )


def check_base(base: Base, pipeline: Pipeline) -> None:
    """Refuse a base that does not verify.

    Raises:
        TowpathError: with every finding that is an error.

    """
    findings = verify_rendering(
        base.map_data,
        base.files,
        base.scope(base.pins, pipeline),
        unexpected=base.unexpected,
        digests_required=pipeline.digests_required,
    )
    problems = [
        Problem(
            each.place,
            f"the base branch is not clean: {each.message}",
            remedy=f"mend the base branch first: {each.remedy}" if each.remedy else "",
            rule=each.rule,
        )
        for each in findings
        if each.severity == "error"
    ]
    if problems:
        raise TowpathError(problems)


def link_map_of(base: Base) -> LinkMap:
    """Return the link map of a base; an empty one where it has none, which `check_base` refuses."""
    if base.map_data is None:
        return LinkMap("")
    return parse_map(base.map_data, f"{base.folder}.links")

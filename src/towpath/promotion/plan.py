"""The plan of a promotion: which images move, which files change, and what the commit says. Pure.

A plan is a function of the base, the pins and the policy. It can be printed, and carrying it out twice changes nothing
the second time: its hash names the target and the new images, and nothing of when or by whom.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import towpath
from towpath.images.pin import Length, pin_text
from towpath.images.pinfile import format_pins, with_pin
from towpath.link.linker import is_unedited
from towpath.link.relink import relink_rendering
from towpath.promotion.base import check_base, link_map_of
from towpath.promotion.moves import same_image

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from towpath.images.pin import ImagePin
    from towpath.images.pinfile import Pins
    from towpath.link.map import LinkMap
    from towpath.pipeline import Pipeline
    from towpath.promotion.base import Base
    from towpath.promotion.moves import Move, Skipped
    from towpath.promotion.route import Route

_SUBJECT = 100


@dataclass(frozen=True, slots=True)
class Plan:
    """A promotion that could be carried out."""

    route: Route
    platform: str
    base: str
    """The commit of the base branch that the plan was made for."""
    moves: tuple[Move, ...]
    skipped: tuple[Skipped, ...] = ()
    files: Mapping[str, bytes] = field(default_factory=dict)
    """New contents by path, from the repository's root. Nothing is deleted."""
    before: Mapping[str, bytes] = field(default_factory=dict)
    """The contents that they replace, by path."""
    notes: tuple[str, ...] = ()
    """What a reviewer should know besides."""
    exact: bool = True
    """Whether it was shown that the rendered change is these images and nothing else."""

    @property
    def hash(self) -> str:
        """What is promoted, as 64 hex digits: the target and the new images."""
        return plan_hash(self.route.target, self.platform, [move.after for move in self.moves])

    @property
    def branch(self) -> str:
        """The promotion's branch: one for a target, whatever is promoted."""
        return promotion_branch(self.route.target, self.platform)

    @property
    def statement(self) -> str:
        """What the rendered change is, as one sentence for a reviewer."""
        if self.exact:
            return "This changes exactly these images and nothing else: every other byte of every file is the same."
        return "This changes more than these images; read the rendered change below."

    @property
    def subject(self) -> str:
        """The first line of the commit."""
        names = ", ".join(f"{move.image} {pin_text(move.after, Length.VERSION)}" for move in self.moves)
        subject = f"Promote {self.platform} to {self.route.target}: {names}"
        return subject if len(subject) <= _SUBJECT else f"{subject[: _SUBJECT - 3]}..."

    @property
    def trailers(self) -> dict[str, str]:
        """What tools read from the commit."""
        trailers = {
            "Towpath-Platform": self.platform,
            "Towpath-Source": self.route.source,
            "Towpath-Target": self.route.target,
            "Towpath-Plan": self.hash,
            "Towpath-Base": self.base,
            "Towpath-Version": towpath.__version__,
        }
        if self.route.passed_over:
            trailers["Towpath-Passed-Over"] = ", ".join(self.route.passed_over)
            trailers["Towpath-Reason"] = _one_line(self.route.reason)
        return trailers

    @property
    def message(self) -> str:
        """The whole message of the commit."""
        lines = [
            f"{move.image}: {pin_text(move.before, Length.WHOLE)} -> {pin_text(move.after, Length.WHOLE)}"
            for move in self.moves
        ]
        trailers = [f"{name}: {value}" for name, value in self.trailers.items()]
        return "\n".join([self.subject, "", *lines, "", *trailers]) + "\n"

    def to_json(self) -> dict[str, object]:
        """Return the form for machines; contents are left out."""
        return {
            "platform": self.platform,
            "source": self.route.source,
            "target": self.route.target,
            "passed_over": list(self.route.passed_over),
            "reason": self.route.reason,
            "base": self.base,
            "plan": self.hash,
            "branch": self.branch,
            "images": [
                {
                    "image": move.image,
                    "before": move.before and move.before.to_json(),
                    "after": move.after.to_json(),
                }
                for move in self.moves
            ],
            "skipped": [{"image": each.image, "reason": each.reason} for each in self.skipped],
            "files": sorted(self.files),
            "notes": list(self.notes),
            "exact": self.exact,
            "subject": self.subject,
        }


def promotion_branch(environment: str, platform: str) -> str:
    """Return the branch on which promotions of one platform into one environment stand."""
    return f"towpath/{environment}/{platform}"


def plan_hash(target: str, platform: str, pins: Iterable[ImagePin]) -> str:
    """Return what is promoted, as 64 hex digits: the target, and the new pins of the images that move."""
    images = sorted([pin.image, pin.repository, pin.tag, pin.digest] for pin in pins)
    content = json.dumps([target, platform, images], separators=(",", ":"))
    return hashlib.sha256(content.encode()).hexdigest()


def moved_pins(before: Pins, after: Pins) -> tuple[ImagePin, ...]:
    """Return the pins of `after` that name other images than those of `before`."""
    return tuple(pin for image, pin in after.images.items() if not same_image(before.images.get(image), pin))


def plan_promotion(
    route: Route,
    base: Base,
    moves: Sequence[Move],
    skipped: Sequence[Skipped],
    pipeline: Pipeline,
    *,
    notes: tuple[str, ...] = (),
) -> Plan:
    """Return the plan that carries out some moves on a base.

    Raises:
        TowpathError: where the base is not clean: a promotion on top of an edited or stale rendering would hide that.

    """
    check_base(base, pipeline)
    pins = base.pins
    for move in moves:
        pins = with_pin(pins, move.after)
    link_map = link_map_of(base)
    relinked = relink_rendering(
        link_map, base.files, base.scope(pins, pipeline), images=[move.image for move in moves]
    )
    files = {f"{base.folder}/{name}": data for name, data in relinked.items()}
    before = {f"{base.folder}/{name}": base.files[name] for name in relinked}
    pins_data = format_pins(pins.images.values(), charts=pins.charts)
    if pins_data != base.pins_data:
        files[base.pins_path] = pins_data
        if base.pins_data is not None:
            before[base.pins_path] = base.pins_data
    return Plan(
        route,
        base.platform,
        base.commit,
        tuple(moves),
        tuple(skipped),
        files,
        before,
        notes,
        exact=_is_exact(base, pins, link_map, relinked, moves),
    )


def _is_exact(
    base: Base, pins: Pins, link_map: LinkMap, relinked: Mapping[str, bytes], moves: Sequence[Move]
) -> bool:
    """Show that only the moved images change: compared, and not taken from how the files were made."""
    moved = {move.image for move in moves}
    kept = all(pin == base.pins.images.get(image) for image, pin in pins.images.items() if image not in moved)
    entries = {entry.file: entry for entry in link_map.entries}
    return kept and all(
        is_unedited(data, entries[name])
        and _differing_lines(base.files[name], data)
        <= {each.line for each in entries[name].images if each.image in moved}
        for name, data in relinked.items()
    )


def _differing_lines(before: bytes, after: bytes) -> set[int]:
    old, new = before.split(b"\n"), after.split(b"\n")
    if len(old) != len(new):
        return {0}
    return {number for number, (one, other) in enumerate(zip(old, new, strict=True), 1) if one != other}


def _one_line(text: str) -> str:
    """Return a person's words as one line that can neither hold a trailer of its own nor steer a terminal."""
    return " ".join("".join(each if each.isprintable() else " " for each in text).split())

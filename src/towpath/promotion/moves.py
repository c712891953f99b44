"""Which images a promotion moves, and which stay and why. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from towpath.errors import NOWHERE, Problem, TowpathError, nearest
from towpath.promotion.base import link_map_of

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from towpath.images.pin import ImagePin
    from towpath.images.pinfile import Pins
    from towpath.pipeline import Pipeline
    from towpath.promotion.base import Base


@dataclass(frozen=True, slots=True)
class Move:
    """One image that changes."""

    image: str
    before: ImagePin | None
    after: ImagePin


@dataclass(frozen=True, slots=True)
class Skipped:
    """One image that stays as it is, and why."""

    image: str
    reason: str


def promotion_set(
    source: Pins, base: Base, pipeline: Pipeline, *, named: Collection[str] = ()
) -> tuple[tuple[Move, ...], tuple[Skipped, ...]]:
    """Return the images that a promotion from an environment moves, and those that it does not, with the reason.

    The platform's own builds move by default, a third party's image only by name. An image that the target does not
    use is skipped; one that the source does not pin keeps its pin.

    Raises:
        TowpathError: where a named image cannot move, or an image that should has no digest in the source.

    """
    used = link_map_of(base).images
    moves: list[Move] = []
    skipped: list[Skipped] = []
    problems = [
        _no_such_image(image, source.images.keys(), "the source pins no image")
        for image in sorted({*named} - source.images.keys())
    ]
    for image, pin in source.images.items():
        wanted = image in named if named else is_own_build(pin.repository, pipeline)
        before = base.pins.images.get(image)
        if image not in used:
            if image in named:
                problems.append(
                    _no_such_image(image, used, f"{base.environment}/{base.platform} uses no image")
                )
            else:
                skipped.append(Skipped(image, f"{base.environment} does not use it"))
        elif not wanted:
            if not same_image(before, pin):
                why = "it was not named" if named else "it is a third party's, which moves only by name"
                skipped.append(Skipped(image, why))
        elif not pin.resolved:
            problems.append(
                Problem(
                    source.place(image),
                    f"the pin {image} has no digest, so there is nothing exact to promote",
                    "a pin that was resolved at a registry",
                    "pin it with `towpath pin` in its environment, and promote that",
                    rule="promote.unresolved",
                )
            )
        elif not same_image(before, pin):
            moves.append(Move(image, before, pin))
    skipped.extend(
        Skipped(image, "the source does not pin it, so it keeps its pin")
        for image in sorted(used - source.images.keys())
    )
    if problems:
        raise TowpathError(problems)
    return tuple(moves), tuple(sorted(skipped, key=lambda each: each.image))


def named_moves(base: Base, images: Mapping[str, ImagePin]) -> tuple[Move, ...]:
    """Return the moves of images that a person named with their references.

    Raises:
        TowpathError: for each image that the target does not use.

    """
    if problems := unused_images(base, images):
        raise TowpathError(problems)
    return tuple(
        Move(image, base.pins.images.get(image), pin)
        for image, pin in sorted(images.items())
        if not same_image(base.pins.images.get(image), pin)
    )


def unused_images(base: Base, images: Collection[str]) -> tuple[Problem, ...]:
    """Return a problem for each image that the rendering does not use."""
    used = link_map_of(base).images
    return tuple(
        _no_such_image(image, used, f"{base.environment}/{base.platform} uses no image")
        for image in images
        if image not in used
    )


def is_own_build(repository: str, pipeline: Pipeline) -> bool:
    """Return whether an image is a build of one's own, as `towpath.yaml` declares them by repository prefix."""
    return any(
        repository == own or repository.startswith(f"{own.rstrip('/')}/") for own in pipeline.own_builds
    )


def same_image(before: ImagePin | None, after: ImagePin) -> bool:
    """Return whether two pins name the same image: a promotion from one to the other would change nothing."""
    # Platforms and revision describe the same bytes; they are no reason for a promotion.
    return before is not None and (before.repository, before.tag, before.digest) == (
        after.repository,
        after.tag,
        after.digest,
    )


def _no_such_image(image: str, known: Collection[str], what: str) -> Problem:
    like = nearest(image, known)
    return Problem(
        NOWHERE,
        f"{what} {ascii(image)[1:-1]}",
        "one of " + ", ".join(sorted(known)) if known else "",
        f"did you mean {like}?" if like else "",
        rule="promote.unknown-image",
    )

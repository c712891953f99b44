"""The plan of a promotion: which images move, which files change, and what the pull request says. Pure.

A plan is a function of the base, the pins and the policy. It can be printed, and carrying it out twice changes nothing
the second time: its hash names the target and the new images, and nothing of when or by whom.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import towpath
from towpath.errors import NOWHERE, Problem, TowpathError, UsageError, nearest
from towpath.images.pinfile import Pins, format_pins, with_pin
from towpath.link.linker import is_unedited
from towpath.link.map import LinkMap, parse_map
from towpath.link.pinning import PinScope
from towpath.link.relink import relink_rendering
from towpath.link.verify import verify_rendering

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from towpath.images.pin import ImagePin
    from towpath.pipeline import Pipeline

REGISTRY = "registry"
"""The source of images that a person names, instead of those that an environment runs."""


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

    def scope(self, pins: Pins) -> PinScope:
        """Return pins with the names that messages about them need."""
        return PinScope(self.environment, self.platform, pins.images, pins.places)


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


@dataclass(frozen=True, slots=True)
class Route:
    """From where to where a promotion goes, and what it leaves out on the way."""

    source: str
    """An environment, or `REGISTRY`."""
    target: str
    passed_over: tuple[str, ...] = ()
    """Environments of the pipeline between the two."""
    reason: str = ""
    """Why they are passed over; a person's words."""


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
    exact: bool = True
    """Whether it was shown that the rendered change is these images and nothing else."""

    @property
    def hash(self) -> str:
        """What is promoted, as 64 hex digits: the target and the new images."""
        images = [
            [move.image, move.after.repository, move.after.tag, move.after.digest] for move in self.moves
        ]
        content = json.dumps([self.route.target, self.platform, sorted(images)], separators=(",", ":"))
        return hashlib.sha256(content.encode()).hexdigest()

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
        names = ", ".join(f"{move.image} {move.after.tag or move.after.digest[7:19]}" for move in self.moves)
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
            "Towpath-Version": towpath.__version__,
        }
        if self.route.passed_over:
            trailers["Towpath-Passed-Over"] = ", ".join(self.route.passed_over)
            trailers["Towpath-Reason"] = " ".join(self.route.reason.split())
        return trailers

    @property
    def message(self) -> str:
        """The whole message of the commit."""
        lines = [f"{move.image}: {_shown(move.before)} -> {_shown(move.after)}" for move in self.moves]
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
                {"image": move.image, "before": _document(move.before), "after": _document(move.after)}
                for move in self.moves
            ],
            "skipped": [{"image": each.image, "reason": each.reason} for each in self.skipped],
            "files": sorted(self.files),
            "exact": self.exact,
            "subject": self.subject,
        }


_SUBJECT = 100


def promotion_branch(environment: str, platform: str) -> str:
    """Return the branch on which promotions of one platform into one environment stand."""
    return f"towpath/{environment}/{platform}"


def plan_route(pipeline: Pipeline, source: str, target: str, *, pass_over: bool, reason: str) -> Route:
    """Return the way of a promotion through the pipeline.

    Raises:
        UsageError: for an unknown environment, the same one twice, the wrong direction, or a way past environments
            without leave or without a reason.

    """
    order = pipeline.environments
    problems = [
        Problem(
            NOWHERE,
            f"unknown environment `{ascii(name)[1:-1]}`",
            "one of " + ", ".join(order),
            f"did you mean `{like}`?" if (like := nearest(name, order)) else "",
            rule="usage.environment",
        )
        for name in (source, target)
        if name not in order and not (name == source and name == REGISTRY)
    ]
    if problems:
        raise UsageError(problems)
    if source == target:
        raise UsageError(
            Problem(
                NOWHERE,
                f"source and target are both {target}",
                "two environments",
                f"name the environment before {target} as the source",
                rule="promote.same",
            )
        )
    first = -1 if source == REGISTRY else order.index(source)
    last = order.index(target)
    if first > last:
        raise UsageError(
            Problem(
                NOWHERE,
                f"{source} comes after {target} in the pipeline",
                " -> ".join(order),
                f"to take {target} back to an earlier image, name it with --image",
                rule="promote.backwards",
            )
        )
    passed_over = order[first + 1 : last]
    if passed_over and not (pass_over and reason.strip()):
        between = ", ".join(passed_over)
        missing = "--reason" if pass_over else "--pass-over and --reason"
        raise UsageError(
            Problem(
                NOWHERE,
                f"a promotion from {source} to {target} passes over {between}",
                " -> ".join(order),
                f"promote to {passed_over[0]} first, or add {missing}; the reason is recorded in the commit",
                rule="promote.order",
            )
        )
    return Route(source, target, tuple(passed_over), reason.strip() if passed_over else "")


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
    problems = []
    moves: list[Move] = []
    skipped: list[Skipped] = []
    for image in sorted({*named} - source.images.keys()):
        problems.append(_no_such_image(image, source.images.keys(), "the source pins no image"))
    for image, pin in source.images.items():
        wanted = image in named if named else is_own_build(pin.repository, pipeline)
        before = base.pins.images.get(image)
        if image not in used:
            if image in named:
                problems.append(_no_such_image(image, used, f"{base.environment}/{base.platform} uses no image"))
            else:
                skipped.append(Skipped(image, f"{base.environment} does not use it"))
        elif not wanted:
            if not _same(before, pin):
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
        elif not _same(before, pin):
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
    used = link_map_of(base).images
    problems = [
        _no_such_image(image, used, f"{base.environment}/{base.platform} uses no image")
        for image in images
        if image not in used
    ]
    if problems:
        raise TowpathError(problems)
    return tuple(
        Move(image, base.pins.images.get(image), pin)
        for image, pin in sorted(images.items())
        if not _same(base.pins.images.get(image), pin)
    )


def plan_promotion(
    route: Route, base: Base, moves: Sequence[Move], skipped: Sequence[Skipped], pipeline: Pipeline
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
        link_map, base.files, base.scope(pins), images=[move.image for move in moves]
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
        exact=_is_exact(base, pins, link_map, relinked, moves),
    )


def check_base(base: Base, pipeline: Pipeline) -> None:
    """Refuse a base that does not verify.

    Raises:
        TowpathError: with every finding that is an error.

    """
    findings = verify_rendering(
        base.map_data,
        base.files,
        base.scope(base.pins),
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


def is_own_build(repository: str, pipeline: Pipeline) -> bool:
    """Return whether an image is a build of one's own, as `towpath.yaml` declares them by repository prefix."""
    return any(repository == own or repository.startswith(f"{own.rstrip('/')}/") for own in pipeline.own_builds)


def _is_exact(
    base: Base, pins: Pins, link_map: LinkMap, relinked: Mapping[str, bytes], moves: Sequence[Move]
) -> bool:
    """Show that only the moved images change: compared, and not taken from how the files were made."""
    moved = {move.image for move in moves}
    kept = all(
        pin == base.pins.images.get(image) for image, pin in pins.images.items() if image not in moved
    )
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


def _same(before: ImagePin | None, after: ImagePin) -> bool:
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


def _shown(pin: ImagePin | None) -> str:
    if pin is None:
        return "not pinned"
    tag = f":{pin.tag}" if pin.tag else ""
    return f"{pin.repository}{tag}" + (f"@{pin.digest}" if pin.digest else "")


def _document(pin: ImagePin | None) -> dict[str, object] | None:
    if pin is None:
        return None
    return {
        "repository": pin.repository,
        "tag": pin.tag,
        "digest": pin.digest,
        "platforms": list(pin.platforms),
        "revision": pin.revision,
    }

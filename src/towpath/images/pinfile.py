"""Pin files, `envs/<environment>/<platform>.images.yaml`: which exact images an environment runs.

Towpath alone writes these files, in one canonical form without comments, so that the same pins are always the
same bytes. Everybody may read them, so reading reports every fault at once, each with its line.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import TYPE_CHECKING

from towpath.documents.emitter import emit
from towpath.documents.node import Mapping as MappingNode
from towpath.documents.node import Scalar
from towpath.documents.node import Sequence as SequenceNode
from towpath.documents.reader import read
from towpath.errors import NOWHERE, Place, Problem, TowpathError, nearest
from towpath.images.pin import ImagePin
from towpath.images.reference import digest_problem, repository_problem, tag_problem
from towpath.images.symbol import IMAGE_NAME

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from towpath.documents.node import Node

PLATFORM = re.compile(r"[a-z0-9]+/[a-z0-9_]+(?:/[a-z0-9._-]+)?")
REVISION = re.compile(r"[A-Za-z0-9][A-Za-z0-9._/+:@-]{0,127}")

_TREE_ID = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")
_TEXT_FIELDS = ("repository", "tag", "digest", "revision")
_FIELDS = ("repository", "tag", "digest", "platforms", "revision")
_TOP = ("charts", "images")


@dataclass(frozen=True, slots=True)
class Pins:
    """All pins of one platform in one environment. Equal when they pin the same, wherever they were read."""

    images: Mapping[str, ImagePin]
    """Image name to pin, sorted by name."""
    places: Mapping[str, Place] = field(default_factory=lambda: MappingProxyType({}), compare=False)
    """Where each image's key stands; an image that was not read from a file has none."""
    charts: str = ""
    """The Git tree id of the charts that the environment is compiled from, or empty."""

    def place(self, image: str) -> Place:
        """Return where `image` is pinned, or nowhere."""
        return self.places.get(image, NOWHERE)


def parse_pins(data: bytes, file: str) -> Pins:
    """Return the pins in the bytes of one pin file; an empty file holds none.

    `file` is the name that messages use. Raises TowpathError with every fault of the file.
    """
    root = read(data, file)
    if root is None:
        return Pins(MappingProxyType({}))
    problems: list[Problem] = []
    top = _entries(root, "the pin file", _TOP, problems)
    charts = _charts(top["charts"][1], problems) if "charts" in top else ""
    pins: dict[str, ImagePin] = {}
    places: dict[str, Place] = {}
    if "images" in top:
        for name, (place, node) in sorted(_entries(top["images"][1], "`images`", None, problems).items()):
            places[name] = place
            pin = _pin(name, place, node, problems)
            if pin is not None:
                pins[name] = pin
    elif isinstance(root, MappingNode):
        problems.append(_wrong(root.place, "the pin file has no `images`", "a mapping of image name to pin"))
    if problems:
        raise TowpathError(problems)
    return Pins(MappingProxyType(pins), MappingProxyType(places), charts)


def format_pins(pins: Iterable[ImagePin], *, charts: str = "") -> bytes:
    """Return the canonical bytes of a pin file: images by name, fields in a fixed order, no empty ones."""
    images: dict[str, object] = {}
    for pin in sorted(pins):
        fields: dict[str, object] = {
            "repository": pin.repository,
            "tag": pin.tag,
            "digest": pin.digest,
            "platforms": sorted(set(pin.platforms)),
            "revision": pin.revision,
        }
        images[pin.image] = {name: value for name, value in fields.items() if value}
    document: dict[str, object] = {"charts": charts} if charts else {}
    return emit({**document, "images": images}).encode()


def with_pin(pins: Pins, pin: ImagePin) -> Pins:
    """Return `pins` with `pin` in the place of the image's old one, or added.

    Raises TowpathError on a bad pin.
    """
    problems = list(_pin_problems(pin, lambda _: NOWHERE))
    if problems:
        raise TowpathError(problems)
    images = {**pins.images, pin.image: replace(pin, platforms=tuple(sorted(set(pin.platforms))))}
    return replace(pins, images=MappingProxyType(dict(sorted(images.items()))))


def without_pin(pins: Pins, image: str) -> Pins:
    """Return `pins` without the pin of an image; the same where it has none."""
    return replace(
        pins, images=MappingProxyType({name: pin for name, pin in pins.images.items() if name != image})
    )


def _pin(image: str, place: Place, node: Node, problems: list[Problem]) -> ImagePin | None:
    """Return the pin of one image, or None where it is no pin; adds what is wrong to `problems`."""
    before = len(problems)
    entries = _entries(node, f"the pin of image `{image}`", _FIELDS, problems)
    texts: dict[str, str] = {}
    for name in _TEXT_FIELDS:
        if name in entries:
            text = _text(entries[name][1], f"`{name}` of image `{image}`", problems)
            if text is not None:
                texts[name] = text
    platforms: tuple[str, ...] = ()
    if "platforms" in entries:
        platforms = _platforms(image, entries["platforms"][1], problems)
    if not isinstance(node, MappingNode):
        return None
    pin = ImagePin(
        image,
        texts.get("repository", ""),
        tag=texts.get("tag", ""),
        digest=texts.get("digest", ""),
        platforms=platforms,
        revision=texts.get("revision", ""),
    )
    # A field that is there but has the wrong type was reported above; it is not missing as well.
    mistyped = (entries.keys() & set(_TEXT_FIELDS)) - texts.keys()

    def place_of(name: str) -> Place:
        return entries[name][1].place if name in entries else place

    problems.extend(_pin_problems(pin, place_of, skip=mistyped, stated=texts.keys()))
    return pin if len(problems) == before else None


def _pin_problems(
    pin: ImagePin,
    place_of: Callable[[str], Place],
    *,
    skip: Iterable[str] = (),
    stated: Iterable[str] = (),
) -> Iterator[Problem]:
    """Yield what is wrong with the values of `pin`.

    `place_of` gives the place of a field (`image` is the key). Fields in `skip` are known to be wrong
    already; fields in `stated` stand in the file, so that an empty one is a fault.
    """
    skipped, written = set(skip), set(stated)
    subject = f"image `{pin.image}`"
    if not IMAGE_NAME.fullmatch(pin.image):
        yield _wrong(
            place_of("image"),
            f"the image name `{_ascii(pin.image)}` is not allowed",
            "1 to 63 lower-case letters, digits and inner hyphens",
            "use the name that the charts declare.",
        )
    if not pin.repository and "repository" not in skipped | written:
        yield _wrong(place_of("image"), f"{subject} has no `repository`", "registry and path of the image")
    if not (pin.tag or pin.digest) and not {"tag", "digest"} & (skipped | written):
        yield _wrong(place_of("image"), f"{subject} has neither `tag` nor `digest`", "at least one of them")
    checks: dict[str, Callable[[str, Place], Problem | None]] = {
        "repository": repository_problem,
        "tag": tag_problem,
        "digest": digest_problem,
        "revision": _revision_problem,
    }
    for name, check in checks.items():
        value: str = getattr(pin, name)
        if value or name in written:
            problem = check(value, place_of(name))
            if problem is not None:
                yield replace(problem, what=f"{subject}: {problem.what}")
    for platform in pin.platforms:
        if not PLATFORM.fullmatch(platform):
            yield _wrong(
                place_of("platforms"),
                f"{subject} has the platform `{_ascii(platform)}`",
                "operating system and architecture, such as linux/amd64 or linux/arm/v7",
            )


def _revision_problem(text: str, place: Place) -> Problem | None:
    if REVISION.fullmatch(text):
        return None
    expected = "at most 128 letters, digits and any of `._/+:@-`"
    return _wrong(place, f"the revision `{_ascii(text)}` is not one word", expected)


def _charts(node: Node, problems: list[Problem]) -> str:
    text = _text(node, "`charts`", problems)
    if text is not None and not _TREE_ID.fullmatch(text):
        what = f"`charts` is `{_ascii(text)}`"
        problems.append(_wrong(node.place, what, "the id of a Git tree: 40 or 64 lower-case hex digits"))
    return text or ""


def _platforms(image: str, node: Node, problems: list[Problem]) -> tuple[str, ...]:
    if not isinstance(node, SequenceNode):
        problems.append(
            _wrong(node.place, f"`platforms` of image `{image}` is no list", "a list of platforms")
        )
        return ()
    texts = [_text(item, f"a platform of image `{image}`", problems) for item in node.items]
    return tuple(sorted({text for text in texts if text is not None}))


def _entries(
    node: Node, subject: str, known: tuple[str, ...] | None, problems: list[Problem]
) -> dict[str, tuple[Place, Node]]:
    """Return the key's place and the value by key, without unknown keys.

    Any key is known where `known` is None.
    """
    if not isinstance(node, MappingNode):
        expected = f"a mapping with {_listed(known)}" if known else "a mapping of image name to pin"
        problems.append(_wrong(node.place, f"{subject} is not a mapping", expected))
        return {}
    entries: dict[str, tuple[Place, Node]] = {}
    for key, value in node.entries:
        if known is None or key.text in known:
            entries[key.text] = (key.place, value)
            continue
        near = nearest(key.text, known)
        remedy = f"did you mean `{near}`?" if near else "remove it."
        what = f"{subject} has the unknown key `{_ascii(key.text)}`"
        problems.append(_wrong(key.place, what, _listed(known), remedy))
    return entries


def _text(node: Node, subject: str, problems: list[Problem]) -> str | None:
    """Return the string that `node` is, or None after adding a problem."""
    if isinstance(node, Scalar):
        if isinstance(node.value, str):
            return node.value
        what = f"{subject} is `{_ascii(node.text)}`, which YAML reads as {_kind(node.value)}"
        problems.append(_wrong(node.place, what, "a string", "write it in double quotes."))
    else:
        problems.append(_wrong(node.place, f"{subject} is not a string", "a string"))
    return None


def _kind(value: object) -> str:
    if value is None:
        return "null"
    return "true or false" if isinstance(value, bool) else "a number"


def _listed(names: tuple[str, ...]) -> str:
    return ", ".join(f"`{name}`" for name in names)


def _ascii(text: str) -> str:
    return text[:100].encode("unicode_escape").decode("ascii")


def _wrong(place: Place, what: str, expected: str, remedy: str = "") -> Problem:
    remedy = remedy or "correct it, or let `towpath pin` write the pin anew."
    return Problem(place, what, expected, remedy, rule="images.pins")

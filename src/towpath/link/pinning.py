"""What an image symbol becomes under an environment's pins, and what may be wrong between the two."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING

from towpath.documents.scalars import scalar
from towpath.errors import Place, Problem, TowpathError, nearest, refuse
from towpath.findings import Finding, Severity
from towpath.images.allowed import registry_problem
from towpath.images.symbol import Form

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from towpath.images.pin import ImagePin
    from towpath.images.symbol import ImageSymbol
    from towpath.link.map import LinkEntry

LABEL_VALUE = re.compile(r"[A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9])?")
_SHORT_DIGEST = 12
# A linked value is one word at the end of a line; `link.linker` finds it again by that.
_WORD = re.compile(rb"[!-~]+")

_EXPECTED = {
    Form.REFERENCE: "a reference such as ghcr.io/example/app:1.2.3@sha256:...",
    Form.REPOSITORY: "a reference such as ghcr.io/example/app:1.2.3@sha256:...",
    Form.TAG: "a reference with a tag",
    Form.DIGEST: "a reference with a digest, or one that a registry can resolve",
    Form.VERSION: "a digest, or a tag of at most 63 characters that begins and ends with a letter or digit",
}

Words = dict[tuple[str, Form], bytes]
"""For each image and form that a rendering uses, the word that stands in its linked files."""


@dataclass(frozen=True, slots=True)
class PinScope:
    """The pins of one platform in one environment, with the names that messages need."""

    environment: str
    platform: str
    pins: Mapping[str, ImagePin]
    """By the image's name."""
    places: Mapping[str, Place] = field(default_factory=lambda: MappingProxyType({}))
    """Where each pin stands; a pin without a place is taken to stand in `pins_file`."""
    out: str = "dist"
    """The output folder as messages name it."""
    allowed: tuple[str, ...] = ()
    """The registries that a pin may name; empty allows every one."""

    @property
    def target(self) -> str:
        """`<environment>/<platform>`, as commands take it."""
        return f"{self.environment}/{self.platform}"

    @property
    def pins_file(self) -> str:
        """The file of the pins, relative to the project's root."""
        return f"envs/{self.environment}/{self.platform}.images.yaml"

    @property
    def map_file(self) -> str:
        """The link map as messages name it."""
        return f"{self.out}/{self.target}.links"

    def file(self, name: str) -> str:
        """Return a file of the rendering as messages name it."""
        return f"{self.out}/{self.target}/{name}"

    def place_of(self, image: str) -> Place:
        """Return where the pin of an image stands."""
        return self.places.get(image, Place(self.pins_file))

    def pin_command(self, image: str) -> str:
        """Return the command that pins an image here."""
        return f"towpath pin {self.target} {image}=<reference>"

    def registry_problem(self, pin: ImagePin) -> Problem | None:
        """Return a problem where a pin names a registry that is not allowed, or None."""
        return registry_problem(
            pin.image,
            pin.repository,
            self.allowed,
            rule="link.registry",
            place=self.place_of(pin.image),
            command=self.pin_command(pin.image),
        )

    @property
    def relink_command(self) -> str:
        """The command that makes the files follow the pins."""
        return f"towpath relink -e {self.environment} -p {self.platform}"


def resolve(symbol: ImageSymbol, pin: ImagePin) -> str:
    """Return what a symbol becomes under its pin, before quoting.

    A reference becomes `repository:tag@digest`, less a part that the pin lacks; other forms are one part.

    Raises:
        TowpathError: where the pin lacks the part that the form needs.

    """
    fault = _fault(symbol.form, pin)
    if fault:
        raise refuse(
            f"the pin {symbol.image} {fault}", expected=_EXPECTED[symbol.form], rule="link.unresolvable"
        )
    match symbol.form:
        case Form.REPOSITORY:
            return pin.repository
        case Form.TAG:
            return pin.tag
        case Form.DIGEST:
            return pin.digest
        case Form.VERSION:
            if LABEL_VALUE.fullmatch(pin.tag):
                return pin.tag
            return pin.digest.removeprefix("sha256:")[:_SHORT_DIGEST]
        case Form.REFERENCE:
            tag = f":{pin.tag}" if pin.tag else ""
            digest = f"@{pin.digest}" if pin.digest else ""
            return f"{pin.repository}{tag}{digest}"


def words_for(entries: Sequence[LinkEntry], scope: PinScope) -> Words:
    """Return the word for each image and form that the files use.

    Raises:
        TowpathError: with all problems that `try_words` gives.

    """
    words, problems = try_words(entries, scope)
    if problems:
        raise TowpathError(problems)
    return words


def try_words(entries: Sequence[LinkEntry], scope: PinScope) -> tuple[Words, tuple[Problem, ...]]:
    """Return the words of the images that can be linked, and a problem for each that cannot.

    An image without a pin is one problem, at the first place that uses it. So is a form that a pin lacks, and a pin
    that names a registry which is not allowed.
    """
    words: Words = {}
    problems = list(_missing_pins(entries, scope))
    for symbol, (place, uses) in _uses(entries, scope).items():
        pin = scope.pins.get(symbol.image)
        if pin is None:
            continue
        fault = _fault(symbol.form, pin)
        if fault:
            problems.append(_unresolvable(symbol, fault, place, uses, scope))
            continue
        if problem := scope.registry_problem(pin):
            problems.append(problem)
            continue
        word = scalar(resolve(symbol, pin)).encode()
        if _WORD.fullmatch(word):
            words[symbol.image, symbol.form] = word
        else:
            fault = "holds a space or a character that is not printable ASCII"
            problems.append(_unresolvable(symbol, fault, place, uses, scope))
    return words, tuple(dict.fromkeys(problems))


def pin_findings(
    entries: Sequence[LinkEntry], scope: PinScope, *, digests_required: bool = False
) -> tuple[Finding, ...]:
    """Return what is notable about the pins: the unused ones, and those that hold no digest.

    Both are warnings; an unresolved pin that the files use is an error where digests are required.
    """
    used = {location.image for entry in entries for location in entry.images}
    findings = [
        Finding(
            "pins.unused",
            f"no object of {scope.target} uses the pin {name}",
            place=scope.place_of(name),
            severity=Severity.WARNING,
            remedy=f"remove it with `towpath pin {scope.target} --remove {name}`, or use the image",
        )
        for name in scope.pins
        if name not in used
    ]
    findings.extend(
        Finding(
            "pins.unresolved",
            f"the pin {name} of {scope.target} has a tag and no digest, so its image may change unseen",
            place=scope.place_of(name),
            severity=Severity.ERROR if digests_required else Severity.WARNING,
            remedy=f"run `{scope.pin_command(name)}` where the registry can be reached",
        )
        for name, pin in scope.pins.items()
        if name in used and not pin.resolved
    )
    return tuple(sorted(findings))


def _uses(entries: Sequence[LinkEntry], scope: PinScope) -> dict[ImageSymbol, tuple[Place, int]]:
    """Return for each symbol the first place that holds it, and the number of places."""
    uses: dict[ImageSymbol, tuple[Place, int]] = {}
    for entry in entries:
        for location in entry.images:
            symbol = location.symbol
            place, count = uses.get(symbol, (None, 0))
            uses[symbol] = place or Place(scope.file(entry.file), location.line), count + 1
    return uses


def _missing_pins(entries: Sequence[LinkEntry], scope: PinScope) -> tuple[Problem, ...]:
    """Return a problem for each image that has no pin, at the first place that uses it."""
    first: dict[str, Place] = {}
    uses: Counter[str] = Counter()
    for symbol, (place, count) in _uses(entries, scope).items():
        if symbol.image not in scope.pins:
            first.setdefault(symbol.image, place)
            uses[symbol.image] += count
    return tuple(_missing(image, place, uses[image], scope) for image, place in sorted(first.items()))


def _fault(form: Form, pin: ImagePin) -> str:
    """Return what the pin lacks for this form, or an empty string."""
    if form in {Form.REPOSITORY, Form.REFERENCE} and not pin.repository:
        return "has no repository"
    if form is Form.TAG and not pin.tag:
        return "has no tag"
    if form is Form.DIGEST and not pin.digest:
        return "has no digest"
    if form is Form.REFERENCE and not (pin.tag or pin.digest):
        return "has neither a tag nor a digest"
    if form is Form.VERSION and not (LABEL_VALUE.fullmatch(pin.tag) or pin.digest):
        return "has no digest, and its tag cannot be a label's value"
    return ""


def _unresolvable(symbol: ImageSymbol, fault: str, place: Place, uses: int, scope: PinScope) -> Problem:
    return Problem(
        scope.place_of(symbol.image),
        f"the pin {symbol.image} {fault}, and {place}{_more(uses)} needs its {symbol.form}",
        expected=_EXPECTED[symbol.form],
        remedy=f"run `{scope.pin_command(symbol.image)}` with such a reference",
        rule="link.unresolvable",
    )


def _missing(image: str, place: Place, uses: int, scope: PinScope) -> Problem:
    near = nearest(image, scope.pins)
    return Problem(
        place,
        f"the image {image} has no pin{_more(uses)}",
        expected=f"a pin named {image} in {scope.pins_file}" + (f" (it has {near})" if near else ""),
        remedy=f"run `{scope.pin_command(image)}`",
        rule="link.missing-pin",
    )


def _more(uses: int) -> str:
    return f" (and {uses - 1} more)" if uses > 1 else ""

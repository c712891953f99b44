"""Comparing two trees of rendered manifests and pins, object by object."""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import zip_longest
from typing import TYPE_CHECKING, Any, TypeAlias

from towpath.diff.change import Change, ChangeKind, Diff, PinChange, Unreadable
from towpath.diff.hiding import hidden, hidden_text
from towpath.diff.objects import NotManifests, ReadObject, objects_in
from towpath.documents.emitter import emit
from towpath.errors import TowpathError
from towpath.images.pinfile import parse_pins

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from towpath.images.pin import ImagePin
    from towpath.manifests.key import ManifestKey

_PINS = re.compile(r"envs/([^/]+)/([^/]+)\.images\.yaml")
# What manifests are made from: of the other files, these are listed first.
_SOURCES = ("charts/", "envs/", "towpath.yaml")
# Of text that is no manifest, the beginning is enough to see what it is.
_TEXT_SHOWN = 20_000


@dataclass(frozen=True, order=True, slots=True)
class Home:
    """The rendering that a file belongs to."""

    environment: str
    platform: str
    cluster: str = ""


_Identity: TypeAlias = tuple[Home, "ManifestKey"]


def diff_trees(
    before: Mapping[str, bytes],
    after: Mapping[str, bytes],
    *,
    out: str = "dist",
    environments: Sequence[str] = (),
    others: Iterable[str] = (),
    unreadable: Iterable[Unreadable] = (),
) -> Diff:
    """Return the difference between two trees of files.

    Both map paths, from the repository's root with `/` between their parts, to contents. Files that are the same on
    both sides may be left out. `out` is the output folder, and `environments` the order for reports. A caller may
    know of differences in files that it does not read: `others` outside of renderings and pins, and `unreadable`.

    Objects are matched by rendering and key, whatever file they stand in; the order of fields, of documents and the
    style of the YAML are no difference. Raises nothing: what cannot be read is part of the result.
    """
    paths = sorted(path for path in {*before, *after} if before.get(path) != after.get(path))
    compare = _Comparison(before, after, out, list(unreadable), set(others))
    for path in paths:
        compare.take(path)
    return compare.result(tuple(environments))


def rendering_of(path: str, out: str = "dist") -> tuple[str, str]:
    """Return the environment and the platform that a path belongs to; empty where it belongs to none."""
    pins = _PINS.fullmatch(path)
    if pins:
        return pins[1], pins[2]
    if path.startswith(f"{out}/"):
        parts = path.removeprefix(f"{out}/").split("/")
        if len(parts) == 2 and parts[1].endswith(".links"):  # noqa: PLR2004 -- environment and file
            return parts[0], parts[1].removesuffix(".links")
        if len(parts) > 2:  # noqa: PLR2004 -- environment, platform and file
            return parts[0], parts[1]
    return "", ""


class _Comparison:
    def __init__(
        self,
        before: Mapping[str, bytes],
        after: Mapping[str, bytes],
        out: str,
        unreadable: list[Unreadable],
        others: set[str],
    ) -> None:
        self._before, self._after, self._out = before, after, out
        self._sides: tuple[dict[_Identity, list[ReadObject]], ...] = ({}, {})
        self._pins: list[PinChange] = []
        self._unreadable = unreadable
        self._others = others
        self._files: set[str] = set()
        self._maps = 0

    def take(self, path: str) -> None:
        """Sort in one file that differs."""
        environment, platform = rendering_of(path, self._out)
        if _PINS.fullmatch(path):
            self._take_pins(path, environment, platform)
        elif path.startswith(f"{self._out}/") and path.endswith(".links"):
            self._maps += 1
        elif not platform:
            self._others.add(path)
        else:
            parts = path.removeprefix(f"{self._out}/").split("/")
            self._take_manifests(path, Home(environment, platform, "/".join(parts[2:-1])))

    def _take_pins(self, path: str, environment: str, platform: str) -> None:
        try:
            old, new = (self._pins_of(path, side) for side in (self._before, self._after))
        except TowpathError as error:
            self._refuse(path, f"line {error.problems[0].place.line}: not a pins file")
            return
        self._pins.extend(
            PinChange(environment, platform, image, old.get(image), new.get(image))
            for image in sorted({*old, *new})
            if old.get(image) != new.get(image)
        )
        if old == new:
            self._files.add(path)

    def _pins_of(self, path: str, side: Mapping[str, bytes]) -> Mapping[str, ImagePin]:
        return parse_pins(side[path], path).images if path in side else {}

    def _take_manifests(self, path: str, home: Home) -> None:
        try:
            found = [objects_in(side.get(path, b""), path) for side in (self._before, self._after)]
        except NotManifests as error:
            self._refuse(path, str(error))
            return
        self._files.add(path)
        for side, objects in zip(self._sides, found, strict=True):
            for each in objects:
                side.setdefault((home, each.key), []).append(each)

    def _refuse(self, path: str, reason: str) -> None:
        old, new = (_text(side.get(path, b"")) for side in (self._before, self._after))
        shown = ("", "") if old is None or new is None else hidden_text(old, new)
        self._unreadable.append(Unreadable(path, reason, *shown))

    def result(self, environments: tuple[str, ...]) -> Diff:
        """Match what was taken, and return the difference."""
        before, after = self._sides
        changes = [
            change
            for identity in sorted({*before, *after})
            for old, new in _pairs(before.get(identity, []), after.get(identity, []))
            if (change := _change(*identity, old, new)) is not None
        ]
        affected = {file for change in changes for file in (change.file_before, change.file_after)}
        return Diff(
            changes=tuple(changes),
            pins=tuple(self._pins),
            unreadable=tuple(sorted(self._unreadable, key=lambda each: each.path)),
            others=tuple(sorted(self._others, key=lambda path: (not path.startswith(_SOURCES), path))),
            reformatted=tuple(sorted(self._files - affected)),
            maps=self._maps,
            environments=environments,
        )


def _pairs(
    old: list[ReadObject], new: list[ReadObject]
) -> Iterable[tuple[ReadObject | None, ReadObject | None]]:
    """Match objects of one key. There should be one on a side; where there are more, by file, then in order."""
    if len(old) > 1 or len(new) > 1:
        files = {each.file for each in old} & {each.file for each in new}
        old = sorted(old, key=lambda each: (each.file not in files, each.file, each.canonical))
        new = sorted(new, key=lambda each: (each.file not in files, each.file, each.canonical))
    return zip_longest(old, new)


def _change(home: Home, key: ManifestKey, old: ReadObject | None, new: ReadObject | None) -> Change | None:
    if old is not None and new is not None and old.canonical == new.canonical:
        return None
    before, after = hidden(old.data if old else None, new.data if new else None)
    kind = ChangeKind.ADDED if old is None else ChangeKind.REMOVED if new is None else ChangeKind.CHANGED
    return Change(
        kind,
        home.environment,
        home.platform,
        key,
        old.file if old else "",
        new.file if new else "",
        _emitted(before),
        _emitted(after),
        cluster=home.cluster,
    )


def _emitted(data: dict[str, Any] | None) -> str:
    return "" if data is None else emit(data)


def _text(data: bytes) -> str | None:
    """Return the beginning of a file as text, or None where it is none."""
    if b"\x00" in data[:_TEXT_SHOWN]:
        return None
    text = data[:_TEXT_SHOWN].decode("utf-8", "backslashreplace")
    return text if len(data) <= _TEXT_SHOWN else f"{text}\n[cut: {len(data)} bytes]\n"

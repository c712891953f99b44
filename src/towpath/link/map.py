"""The link map: for each file of a rendering its hash without pins, and where its images stand.

A map is JSON Lines: a header, then one line a file, sorted by name. It has exactly one form for one content,
so that two people who make the same change get the same bytes, and Git merges maps line by line. It says
nothing of pins: a promotion leaves it alone.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from towpath.errors import Place, Problem, TowpathError
from towpath.images.symbol import IMAGE_NAME, Form, ImageSymbol

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

FORMAT = 1
"""Raised only when the bytes of maps or of linked files may change; never with the package's version."""

# One folder is a cluster's. A first character that is no dot keeps `.`, `..` and hidden files out.
CLUSTER_NAME = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")
FILE_NAME = re.compile(r"[A-Za-z0-9%][A-Za-z0-9%._~-]{0,239}\.yaml")
_FILE = re.compile(rf"({CLUSTER_NAME.pattern}/)?{FILE_NAME.pattern}")
_WRITTEN = re.compile(rb'\{"file":"([A-Za-z0-9%._~/-]+)","sha256":"[0-9a-f]{64}"\}')
_SHA256 = re.compile(r"[0-9a-f]{64}")
_KUBERNETES = re.compile(r"[0-9]{1,3}\.[0-9]{1,3}(\.[0-9]{1,3})?")
_CONFLICT = (b"<<<<<<<", b"=======", b">>>>>>>", b"|||||||")

# Python 3.11 cannot answer `"tag" in Form`.
_FORMS = frozenset(form.value for form in Form)

_quote = json.encoder.encode_basestring_ascii


@dataclass(frozen=True, slots=True)
class Location:
    """One place where an image stands: the last word of a line."""

    line: int
    """Counts from 1; the same in the object file and in the linked file."""
    path: str
    """The field, for people: `spec.template.spec.containers[0].image`."""
    image: str
    form: Form

    @property
    def symbol(self) -> ImageSymbol:
        """What stands here in the object file."""
        return ImageSymbol(self.image, self.form)


@dataclass(frozen=True, slots=True)
class LinkEntry:
    """One file of a rendering."""

    file: str
    """The name inside the rendering's folder, with the cluster's folder where there are several clusters."""
    sha256: str
    """64 hex digits: the hash of the object file, that is of the linked bytes with symbols for images."""
    images: tuple[Location, ...] = ()
    """Sorted by line; a line holds at most one."""


@dataclass(frozen=True, slots=True)
class LinkMap:
    """All files of one rendering, sorted by name, and the Kubernetes version that they were compiled for."""

    kubernetes: str
    entries: tuple[LinkEntry, ...] = ()

    @property
    def files(self) -> tuple[str, ...]:
        """The names of the files, sorted."""
        return tuple(entry.file for entry in self.entries)

    @property
    def clusters(self) -> tuple[str, ...]:
        """The folders that the files stand in; empty where the rendering has one cluster only."""
        return tuple(sorted({entry.file.partition("/")[0] for entry in self.entries if "/" in entry.file}))

    @property
    def images(self) -> frozenset[str]:
        """The images that the rendering uses."""
        return frozenset(location.image for entry in self.entries for location in entry.images)

    def files_using(self, images: Collection[str]) -> tuple[str, ...]:
        """Return the files that any of the images stands in: what a change of their pins has to read."""
        return tuple(
            entry.file for entry in self.entries if any(each.image in images for each in entry.images)
        )


def is_file_name(name: str) -> bool:
    """Return whether a map may list this name: a file, or one in a cluster's folder; none that escapes."""
    return _FILE.fullmatch(name) is not None


def format_map(link_map: LinkMap) -> bytes:
    """Return the bytes of a map. Entries and locations have to be sorted, as `LinkMap` says."""
    lines = [_header(link_map.kubernetes), *map(_entry_line, link_map.entries)]
    return ("\n".join(lines) + "\n").encode("ascii")


def _header(kubernetes: str) -> str:
    return f'{{"format":{FORMAT},"kubernetes":{_quote(kubernetes)}}}'


def _entry_line(entry: LinkEntry) -> str:
    head = f'{{"file":{_quote(entry.file)},"sha256":{_quote(entry.sha256)}'
    if not entry.images:
        return head + "}"
    images = ",".join(
        f'{{"line":{each.line},"path":{_quote(each.path)},"image":{_quote(each.image)},"form":"{each.form}"}}'
        for each in entry.images
    )
    return f'{head},"images":[{images}]}}'


def parse_map(data: bytes, file: str) -> LinkMap:
    """Return the map that the bytes of a file are. `file` is its name for messages.

    Raises:
        TowpathError: with every problem at its line. The rule is `map.tool` where another version of Towpath
            wrote the map, and `map.malformed` otherwise.

    """
    lines = data.split(b"\n")
    conflict = next((number for number, line in enumerate(lines, 1) if line.startswith(_CONFLICT)), 0)
    if conflict:
        raise TowpathError(_malformed(file, conflict, "a merge conflict is not resolved"))
    header = _object(lines[0])
    if header is None or "format" not in header:
        raise TowpathError(_malformed(file, 1, "the link map has no header"))
    if header["format"] != FORMAT or isinstance(header["format"], bool):
        raise TowpathError(_other_tool(file, header["format"]))
    kubernetes = header.get("kubernetes")
    if not isinstance(kubernetes, str) or not _KUBERNETES.fullmatch(kubernetes):
        raise TowpathError(_malformed(file, 1, "the header names no Kubernetes version"))
    problems = [] if lines[0] == _header(kubernetes).encode() else [_not_canonical(file, 1)]
    if lines[-1]:
        problems.append(_malformed(file, len(lines), "the last line is cut off"))
    entries: list[LinkEntry] = []
    for number, line in enumerate(lines[1:-1], 2):
        entry = _entry(line)
        if isinstance(entry, str):
            problems.append(_malformed(file, number, entry))
        else:
            entries.append(entry)
    if not problems:  # line numbers below count on every line being an entry
        problems.extend(_order_problems(entries, file))
    if problems:
        raise TowpathError(problems)
    return LinkMap(kubernetes, tuple(entries))


def listed_files(data: bytes) -> frozenset[str]:
    """Return the file names in the bytes of a map, also where it is damaged or holds a merge conflict.

    That is enough to know which files are Towpath's own, so that a fresh compile can replace them.
    """
    names = (_listed(line) for line in data.split(b"\n"))
    return frozenset(name for name in names if isinstance(name, str) and is_file_name(name))


def _listed(line: bytes) -> object:
    # The form that Towpath writes needs no JSON parser, which would take most of the time of a synth without changes.
    if written := _WRITTEN.fullmatch(line):
        return written[1].decode()
    fields = _object(line)
    return None if fields is None else fields.get("file")


def _entry(line: bytes) -> LinkEntry | str:
    """Return the entry that a line is, or what is wrong with it."""
    fields = _object(line)
    if fields is None:
        return "the line is not a JSON object"
    file, sha256, images = fields.get("file"), fields.get("sha256"), fields.get("images", [])
    if not isinstance(file, str) or not is_file_name(file):
        return f"{_shown(file)} is not a file name that Towpath writes"
    if not isinstance(sha256, str) or not _SHA256.fullmatch(sha256):
        return f"the hash of {file} is not 64 hex digits"
    if not isinstance(images, list):
        return f"the images of {file} are not a list"
    locations: list[Location] = []
    for fields_of_one in images:
        location = _location(fields_of_one)
        if location is None:
            return f"image location {len(locations) + 1} of {file} is malformed"
        locations.append(location)
    if any(first.line >= second.line for first, second in pairwise(locations)):
        return f"the image locations of {file} are not sorted by line"
    entry = LinkEntry(file, sha256, tuple(locations))
    if _entry_line(entry).encode() != line:
        return "the line is not in the form that Towpath writes"
    return entry


def _location(fields: object) -> Location | None:
    if not isinstance(fields, dict):
        return None
    line, path, image, form = (fields.get(name) for name in ("line", "path", "image", "form"))
    if not isinstance(line, int) or isinstance(line, bool) or line < 1:
        return None
    # A path is shown to people: control characters and direction marks have no business in it.
    if not isinstance(path, str) or not path.isprintable():
        return None
    if not isinstance(image, str) or not IMAGE_NAME.fullmatch(image):
        return None
    if not isinstance(form, str) or form not in _FORMS:
        return None
    return Location(line, path, image, Form(form))


def _object(line: bytes) -> dict[str, Any] | None:
    try:
        value = json.loads(line)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


def _order_problems(entries: list[LinkEntry], file: str) -> Iterator[Problem]:
    seen: dict[str, str] = {}
    for number, entry in enumerate(entries, 2):
        # Where a file system folds case, two such names are one file.
        folded = entry.file.casefold()
        if folded in seen:
            yield _malformed(file, number, f"{entry.file} stands twice (first as {seen[folded]})")
        elif number > 2 and entries[number - 3].file > entry.file:  # noqa: PLR2004 -- the first entry is on line 2
            yield _malformed(file, number, f"{entry.file} is out of order")
        seen[folded] = entry.file


def _shown(value: object) -> str:
    if isinstance(value, (dict, list)):
        return f"a {type(value).__name__}"
    text = ascii(value)
    return text if len(text) <= 80 else text[:77] + "..."  # noqa: PLR2004 -- enough to recognise it by


def _malformed(file: str, line: int, what: str) -> Problem:
    return Problem(
        Place(file, line),
        what,
        expected="a link map exactly as Towpath wrote it",
        remedy="restore the file with Git, or run `towpath synth`; link maps are never edited by hand",
        rule="map.malformed",
    )


def _not_canonical(file: str, line: int) -> Problem:
    return _malformed(file, line, "the line is not in the form that Towpath writes")


def _other_tool(file: str, found: object) -> Problem:
    return Problem(
        Place(file, 1),
        f"another version of Towpath wrote this link map: its format is {_shown(found)}",
        expected=f"format {FORMAT}",
        remedy="use the version that wrote it, or run `towpath synth` and review the difference",
        rule="map.tool",
    )

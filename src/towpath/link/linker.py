"""Linking one file or a rendering: symbols become words, and words become symbols again.

Towpath's emitter puts an image at the end of its line, so a link needs no YAML parser: it replaces the last
word of the lines that the map names. Symbolizing is the reverse; it forgets the words, so the hash of what
remains covers every byte except those that pins decide.
"""

from __future__ import annotations

import hashlib
import re
from typing import TYPE_CHECKING

from towpath.documents.scalars import scalar
from towpath.errors import BugError, Place, Problem
from towpath.images.symbol import SCHEME
from towpath.link.map import LinkEntry, Location
from towpath.link.pinning import words_for

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from towpath.images.symbol import ImageSymbol
    from towpath.link.map import LinkMap
    from towpath.link.pinning import PinScope, Words

# No space, tab, carriage return or other byte that a careless editor leaves behind: those are edits.
_WORD = re.compile(rb"[!-~]+")
_SCHEME = SCHEME.encode()


def locate(file: str, text: bytes, symbols: Sequence[tuple[str, ImageSymbol]]) -> LinkEntry:
    """Return the map's entry for an object file.

    `symbols` are the field paths and symbols of the object in the order of its text.

    Raises:
        BugError: where text and symbols disagree, which a correct emitter and placement check rule out.

    """
    lines = _lines_with_symbols(text)
    if len(lines) != len(symbols):
        raise _disagree(file, 0, f"{len(symbols)} image symbols are expected and {len(lines)} lines hold one")
    locations = tuple(
        Location(line, path, symbol.image, symbol.form)
        for line, (path, symbol) in zip(lines, symbols, strict=True)
    )
    entry = LinkEntry(file, hashlib.sha256(text).hexdigest(), locations)
    if symbolize(text, entry) != text:
        raise _disagree(file, lines[0], "the image symbols of the text are not the expected ones")
    return entry


def link_rendering(objects: Mapping[str, bytes], link_map: LinkMap, scope: PinScope) -> dict[str, bytes]:
    """Return all object files of a rendering, linked. Takes and returns bytes by file name.

    Raises:
        TowpathError: for each image without a pin, or with one that lacks what is needed.
        BugError: where the object files are not those that the map describes.

    """
    if objects.keys() != set(link_map.files):
        raise _disagree(scope.map_file, 0, "the map and the object files name different files")
    words = words_for(link_map.entries, scope)
    linked: dict[str, bytes] = {}
    for entry in link_map.entries:
        text = objects[entry.file]
        _check_object(entry, text)
        linked[entry.file] = replace_words(text, entry, words)
    return linked


def symbolize(linked: bytes, entry: LinkEntry) -> bytes | None:
    """Return the object file of a linked file, or None where a line that should hold an image holds no word.

    The result is the true object file only if `is_object` says so.
    """
    return _replace(linked, entry, lambda location: scalar(str(location.symbol)).encode())


def is_object(text: bytes, entry: LinkEntry) -> bool:
    """Return whether the bytes are the object file that the entry describes."""
    return hashlib.sha256(text).hexdigest() == entry.sha256


def is_unedited(linked: bytes, entry: LinkEntry) -> bool:
    """Return whether a linked file differs from its object file by its images only, whatever they are."""
    text = symbolize(linked, entry)
    return text is not None and is_object(text, entry)


def replace_words(text: bytes, entry: LinkEntry, words: Words) -> bytes:
    """Return the file with each image replaced by its word. The file may be an object file or a linked one.

    Raises:
        BugError: where a line holds no word; callers have checked the file against its entry.

    """
    linked = _replace(text, entry, lambda location: words[location.image, location.form])
    if linked is None:
        raise _disagree(entry.file, 0, "a line that should hold an image holds no word")
    return linked


def word_at(line: bytes) -> bytes | None:
    """Return the last word of a line without its newline, or None where the line does not end in one."""
    _, space, word = line.rpartition(b" ")
    return word if space and _WORD.fullmatch(word) else None


def _replace(text: bytes, entry: LinkEntry, word: Callable[[Location], bytes]) -> bytes | None:
    if not entry.images:
        return text
    lines = text.split(b"\n")
    for location in entry.images:
        if location.line > len(lines):
            return None
        line = lines[location.line - 1]
        found = word_at(line)
        if found is None:
            return None
        lines[location.line - 1] = line[: -len(found)] + word(location)
    return b"\n".join(lines)


def _lines_with_symbols(text: bytes) -> list[int]:
    """Return the numbers of the lines that hold a symbol, without looking at each line."""
    numbers: list[int] = []
    line, counted = 1, 0
    at = text.find(_SCHEME)
    while at >= 0:
        line += text.count(b"\n", counted, at)
        numbers.append(line)
        counted = text.find(b"\n", at)
        at = text.find(_SCHEME, counted) if counted >= 0 else -1
    return numbers


def _check_object(entry: LinkEntry, text: bytes) -> None:
    if symbolize(text, entry) != text or not is_object(text, entry):
        raise _disagree(entry.file, 0, "the object file is not the one that its link entry describes")


def _disagree(file: str, line: int, what: str) -> BugError:
    return BugError(
        Problem(
            Place(file, line),
            what,
            remedy="this is a mistake in Towpath; delete the cache, run again, and report it if it stays",
            rule="link.bug",
        )
    )

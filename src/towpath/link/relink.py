"""Relinking: linked files follow changed pins. It needs link map, files and pins, and no chart."""

from __future__ import annotations

from typing import TYPE_CHECKING

from towpath.errors import Place, Problem, TowpathError
from towpath.link.linker import replace_words, word_at
from towpath.link.pinning import words_for
from towpath.link.verify import describe_edit, edit_remedy

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    from towpath.link.map import LinkEntry, LinkMap
    from towpath.link.pinning import PinScope, Words


def relink_rendering(
    link_map: LinkMap,
    present: Mapping[str, bytes],
    scope: PinScope,
    *,
    images: Collection[str] | None = None,
) -> dict[str, bytes]:
    """Return the files of a rendering whose bytes change under the pins, by name.

    What the pins were before does not matter. Every file given is compared with the map first, so that an
    edit is refused and not carried along.

    Args:
        link_map: The map of the rendering; it stays as it is.
        present: Files of the rendering by name: at least `link_map.files_using(images)`, so that a change of
            a few pins reads a few files.
        scope: The new pins.
        images: The images whose pins changed; all by default. No other image's locations may change.

    Raises:
        TowpathError: with a problem for each file that is edited or missing, each image without a usable
            pin, and each location outside `images` that its pin would change too.

    """
    wanted = link_map.images if images is None else frozenset(images)
    entries = [entry for entry in link_map.entries if any(each.image in wanted for each in entry.images)]
    problems = [
        problem
        for entry in link_map.entries
        if entry.file in present and (problem := _edited(entry, present[entry.file], scope)) is not None
    ]
    problems.extend(_absent(entry, scope) for entry in entries if entry.file not in present)
    words = {}
    try:
        words = words_for(entries, scope)
    except TowpathError as error:
        problems.extend(error.problems)
    if not problems:
        problems.extend(
            problem
            for entry in entries
            for problem in _behind(entry, present[entry.file], words, wanted, scope)
        )
    if problems:
        raise TowpathError(problems)
    changed: dict[str, bytes] = {}
    for entry in entries:
        linked = replace_words(present[entry.file], entry, words)
        if linked != present[entry.file]:
            changed[entry.file] = linked
    return changed


def _edited(entry: LinkEntry, linked: bytes, scope: PinScope) -> Problem | None:
    edit = describe_edit(linked, entry)
    if edit is None:
        return None
    line, nature = edit
    file = scope.file(entry.file)
    return Problem(
        Place(file, line),
        f"the file is not what was compiled: {nature}",
        expected="a file that differs from the compiled one by its images only",
        remedy=edit_remedy(file),
        rule="relink.edited",
    )


def _absent(entry: LinkEntry, scope: PinScope) -> Problem:
    file = scope.file(entry.file)
    return Problem(
        Place(file),
        "the link map lists the file and it does not exist",
        remedy=f"run `git restore {file}`, or `towpath synth`",
        rule="relink.missing",
    )


def _behind(
    entry: LinkEntry, linked: bytes, words: Words, images: Collection[str], scope: PinScope
) -> Iterator[Problem]:
    """Return a problem for each location of another image that does not follow its pin already."""
    lines = linked.split(b"\n")
    for location in entry.images:
        if (
            location.image in images
            or word_at(lines[location.line - 1]) == words[location.image, location.form]
        ):
            continue
        yield Problem(
            Place(scope.file(entry.file), location.line),
            f"{location.path} does not follow the pin {location.image}, which this change does not name",
            remedy=f"run `{scope.relink_command}` first, as a change of its own",
            rule="relink.behind",
        )

"""Verifying a rendering: every file is its object file linked with the pins, no more and no less."""

from __future__ import annotations

from typing import TYPE_CHECKING

from towpath.errors import Place, TowpathError
from towpath.findings import Finding
from towpath.link.linker import is_object, symbolize, word_at
from towpath.link.map import parse_map
from towpath.link.pinning import pin_findings, try_words

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from towpath.errors import Problem
    from towpath.link.map import LinkEntry
    from towpath.link.pinning import PinScope, Words

_CONFLICT_MARKS = (b"<<<<<<< ", b"=======", b">>>>>>> ")
_LONGEST_SHOWN = 300
_NOTHING: Mapping[str, str] = {}


def verify_rendering(
    map_data: bytes | None,
    present: Mapping[str, bytes],
    scope: PinScope,
    *,
    unexpected: Mapping[str, str] = _NOTHING,
    digests_required: bool = False,
) -> tuple[Finding, ...]:
    """Return what is wrong with one rendering as it stands, sorted; nothing for a clean one.

    Args:
        map_data: The bytes of the link map, or None where there is none.
        present: The files of the rendering's folder, by name.
        scope: The pins and the names for messages.
        unexpected: What else stands in the folder, by name, with its kind in words (`a symbolic link`).
        digests_required: Whether an unresolved pin is an error instead of a warning.

    """
    if map_data is None:
        return (_no_map(scope),)
    try:
        link_map = parse_map(map_data, scope.map_file)
    except TowpathError as error:
        return tuple(sorted(map(_of_problem, error.problems)))
    findings = list(pin_findings(link_map.entries, scope, digests_required=digests_required))
    words, problems = try_words(link_map.entries, scope)
    findings.extend(map(_of_problem, problems))
    listed = set(link_map.files)
    for entry in link_map.entries:
        if entry.file in present:
            findings.extend(_file_findings(entry, present[entry.file], words, scope))
        elif entry.file in unexpected:
            findings.append(_replaced(entry, unexpected[entry.file], scope))
        else:
            findings.append(_missing(entry, scope))
    findings.extend(_extra(name, "a file", scope) for name in present if name not in listed)
    findings.extend(_extra(name, kind, scope) for name, kind in unexpected.items() if name not in listed)
    return tuple(sorted(findings))


def describe_edit(found: bytes, entry: LinkEntry) -> tuple[int, str] | None:
    """Return the line and nature of an edit, or None where the file is its object file but for its images.

    The map holds a hash only, so the line is known where the edit itself gives it away, and 0 otherwise.
    """
    text = symbolize(found, entry)
    if text is not None and is_object(text, entry):
        return None
    lines = found.split(b"\n")
    for number, line in enumerate(lines, 1):
        if line.startswith(_CONFLICT_MARKS):
            return number, "a merge conflict is not resolved"
    unified = symbolize(found.replace(b"\r\n", b"\n"), entry)
    if b"\r\n" in found and unified is not None and is_object(unified, entry):
        return lines.index(
            next(line for line in lines if line.endswith(b"\r"))
        ) + 1, "line endings were converted"
    if not found:
        return 0, "the file is empty"
    if not found.endswith(b"\n"):
        return len(lines), "edited; the end of the last line is gone"
    for location in entry.images:
        if location.line > len(lines):
            return len(lines), f"edited; the line of {location.path} is gone"
        if word_at(lines[location.line - 1]) is None:
            return location.line, f"edited; the line of {location.path} does not end in its image"
    return 0, "edited"


def edit_remedy(file: str) -> str:
    """Return what to do about an edited file."""
    return f"put the change in charts or settings and run `towpath synth`, or run `git restore {file}`"


def _file_findings(entry: LinkEntry, found: bytes, words: Words, scope: PinScope) -> Iterator[Finding]:
    edit = describe_edit(found, entry)
    if edit is not None:
        line, nature = edit
        file = scope.file(entry.file)
        yield Finding(
            "verify.edited",
            f"the file is not what was compiled: {nature}",
            place=Place(file, line),
            remedy=edit_remedy(file),
        )
        return
    lines = found.split(b"\n") if entry.images else []
    for location in entry.images:
        expected = words.get((location.image, location.form))
        word = word_at(lines[location.line - 1])
        if expected is not None and word is not None and word != expected:
            yield Finding(
                "verify.unlinked",
                f"{location.path} is {_shown(word)} and the pin {location.image} says {_shown(expected)}",
                place=Place(scope.file(entry.file), location.line),
                path=location.path,
                remedy=f"run `{scope.relink_command}`; "
                f"to change the image, run `{scope.pin_command(location.image)}`",
            )


def _no_map(scope: PinScope) -> Finding:
    return Finding(
        "verify.no-map",
        f"{scope.target} has no link map, so nothing says what was compiled",
        place=Place(scope.map_file),
        remedy=f"run `towpath synth`, or restore {scope.map_file} with Git",
    )


def _missing(entry: LinkEntry, scope: PinScope) -> Finding:
    file = scope.file(entry.file)
    return Finding(
        "verify.missing",
        "the link map lists the file and it does not exist",
        place=Place(file),
        remedy=f"run `git restore {file}`; to remove the object, remove it from its chart",
    )


def _replaced(entry: LinkEntry, kind: str, scope: PinScope) -> Finding:
    file = scope.file(entry.file)
    return Finding(
        "verify.edited",
        f"the file is not what was compiled: {kind} stands in its place",
        place=Place(file),
        remedy=f"remove it and run `git restore {file}`, or `towpath synth`",
    )


def _extra(name: str, kind: str, scope: PinScope) -> Finding:
    return Finding(
        "verify.extra",
        f"{kind} stands in a generated folder and the link map does not list it",
        place=Place(scope.file(name)),
        remedy="remove it or move it out of the output folder; Towpath never deletes what it did not write",
    )


def _of_problem(problem: Problem) -> Finding:
    expected = f"; expected {problem.expected}" if problem.expected else ""
    return Finding(problem.rule, f"{problem.what}{expected}", place=problem.place, remedy=problem.remedy)


def _shown(word: bytes) -> str:
    text = word.decode("ascii")
    return text if len(text) <= _LONGEST_SHOWN else text[: _LONGEST_SHOWN - 3] + "..."

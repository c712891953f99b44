"""Text from outside, made harmless and visible: for a terminal, and for Markdown on a forge.

Names, tags, labels, reasons and manifests are other people's words. On a page they may not turn into a link, a
heading, a mention, a command of the forge or the end of a code block, and no character of them may hide.
"""

from __future__ import annotations

import re

# Printable by their category, and yet nobody sees them: fillers, joiners, selectors of variants, an empty Braille cell.
_UNSEEN = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2800\u3164\ufe00-\ufe0f\uffa0\U000e0100-\U000e01ef]"
)
_FENCES = re.compile(r"`+")
# A word that no forge takes for anything but a word, with punctuation around it that means nothing in Markdown.
_PLAIN_WORD = re.compile(r"[(\"']*[A-Za-z0-9]+([-/.,'][A-Za-z0-9]+)*[)\"'.,:;?]*")
# What forges link without being asked: addresses, issues by prefix, commits.
_LINKED = re.compile(r"www\.|[A-Za-z]{2,}-[0-9]|[0-9a-f]{7}|[a-z]+\.[a-z]{2,}", re.IGNORECASE)


def visible(text: str) -> str:
    """Return text with every character that nobody would see, or that moves others, as `<U+202E>`.

    Control characters, line breaks and directions are among them, tabs are not.
    """
    if text.isprintable() and not _UNSEEN.search(text):
        return text
    return "".join(
        each if each == "\t" or (each.isprintable() and not _UNSEEN.match(each)) else f"<U+{ord(each):04X}>"
        for each in text
    )


def code(text: str) -> str:
    """Return text as a code span of Markdown that stands in a line of its own block; empty for empty text."""
    if not text:
        return ""
    shown = visible(text.replace("\t", " "))
    mark = "`" * (_longest_run(shown) + 1)
    # Otherwise the marks would touch a backtick, or the renderer would take the blanks away.
    pad = " " if shown[0] in "` " or shown[-1] in "` " else ""
    return f"{mark}{pad}{shown}{pad}{mark}"


def cell(text: str) -> str:
    """Return text as a code span in a cell of a table."""
    # A bar ends a cell, even inside a code span; after a backslash it ends none.
    return code(text).replace("|", "\\|")


def row(*cells: str) -> str:
    """Return a row of a table, each cell a code span."""
    return f"| {' | '.join(map(cell, cells))} |\n"


def prose(text: str) -> str:
    """Return text as a line of Markdown in which plain words stay words and all else stands in code spans."""
    return " ".join(map(_word, text.split()))


def _word(word: str) -> str:
    if _PLAIN_WORD.fullmatch(word) and not _LINKED.search(word):
        return word
    core = word.rstrip(".,;:?)")
    return code(core) + word[len(core) :] if core else code(word)


def fenced(lines: tuple[str, ...], language: str = "") -> str:
    """Return lines as a code block of Markdown that nothing in them can end."""
    shown = [visible(line) for line in lines]
    fence = "`" * max(3, max(map(_longest_run, shown), default=0) + 1)
    return "\n".join([f"{fence}{language}", *shown, fence]) + "\n"


def _longest_run(text: str) -> int:
    return max((len(match[0]) for match in _FENCES.finditer(text)), default=0)

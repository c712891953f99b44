"""Words and blocks of nginx's configuration language.

nginx reads a word up to a space, `;` or a brace, and in quotes up to the closing one. A backslash keeps a quote or
another backslash in a word; nothing keeps a `$` from being a variable, so texts with one never come this far.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from towpath.errors import NOWHERE, BugError, Problem

if TYPE_CHECKING:
    from collections.abc import Iterable

_PRINTABLE = re.compile(r"[ -~]*")
_BARE = re.compile(r"[A-Za-z0-9._~@:+,=!&/*^()\[\]|?<>-]+")
# In a pattern a backslash stays, except before these: nginx reads `\n` as a line feed.
_BARE_PATTERN = re.compile(r"(?:[A-Za-z0-9._~@:+,=!&/*^()\[\]|?<>$-]|\\[^\s{};\"'\\nrt])+")


def word(text: str) -> str:
    """Return a text as one word, in quotes where it needs them."""
    return text if _BARE.fullmatch(text) else quoted(text)


def pattern(text: str) -> str:
    """Return a regular expression as one word. A `$` in it is the end of the text and no variable."""
    return text if _BARE_PATTERN.fullmatch(text) else _in_quotes(text)


def quoted(text: str) -> str:
    """Return a text as one word in quotes. It may have several lines."""
    if "$" in text:
        raise BugError(Problem(NOWHERE, f"{text!r} would be read as a variable", rule="bug.nginx-word"))
    return _in_quotes(text)


def _in_quotes(text: str) -> str:
    lines = text.split("\n")
    if not all(_PRINTABLE.fullmatch(line) for line in lines):
        raise BugError(Problem(NOWHERE, f"{text!r} is no word of nginx's", rule="bug.nginx-word"))
    return '"' + r"\n".join(line.replace("\\", r"\\").replace('"', r"\"") for line in lines) + '"'


def directive(*words: str | int) -> str:
    """Return a directive of words that are written already."""
    return " ".join(map(str, words)) + ";"


def block(head: str, lines: Iterable[str]) -> list[str]:
    """Return lines in braces, indented."""
    return [f"{head} {{", *(f"    {line}" if line else "" for line in lines), "}"]

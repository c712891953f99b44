"""The one-line form of a scalar that every YAML reader takes for the same value.

Text stands without quotes only where it matches a narrow pattern that no reader has a second meaning for; all
other text stands in double quotes, which every reader treats alike. Single quotes are never needed.
"""

from __future__ import annotations

import math
import re
from functools import cache
from typing import NamedTuple

from towpath.errors import TowpathError, refuse

INTEGER_MIN = -(1 << 63)
INTEGER_MAX = (1 << 64) - 1

# Fixed ranges and not `str.isalpha`: the output must not change with the Unicode tables of a Python release.
_ASCII_LETTERS = "A-Za-z"
_OTHER_LETTERS = (
    "\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u024f\u0388-\u038a\u038e-\u03a1\u03a3-\u03ce"
    "\u0400-\u0481\u048a-\u052f\u3041-\u3096\u30a1-\u30fa\u4e00-\u9fff\uac00-\ud7a3"
)
# Characters that nobody sees, that end a line for some readers, or that not every reader lets through. Fixed
# ranges again. The tab and the line feed are left out, because literal blocks take them as they are.
_ASCII_INVISIBLE = "\x00-\x08\x0b-\x1f\x7f"
_OTHER_INVISIBLE = (
    "\x80-\xa0\xad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f"
    "\u2000-\u200f\u2028-\u202f\u205f-\u206f\u3000\u3164\ud800-\udfff\ue000-\uf8ff\ufdd0-\ufdef"
    "\ufeff\uffa0\ufff0-\ufffc\ufffe\uffff\U000e0000-\U0010ffff"
)
_SURROGATE = re.compile("[\ud800-\udfff]")


class _Patterns(NamedTuple):
    """What decides the form of a text."""

    plain: re.Pattern[str]
    """What may stand without quotes."""
    escaped: re.Pattern[str]
    """A character that quotes need an escape for."""
    not_literal: re.Pattern[str]
    """A character that may not stand in a literal block."""


@cache
def _patterns(*, ascii_only: bool) -> _Patterns:
    """Return the patterns; those for ASCII text say the same of it, and take a tenth of the time to compile."""
    letter = _ASCII_LETTERS if ascii_only else _ASCII_LETTERS + _OTHER_LETTERS
    invisible = _ASCII_INVISIBLE if ascii_only else _ASCII_INVISIBLE + _OTHER_INVISIBLE
    inner = rf"[{letter}0-9_./@+=,()%$;*\-]"
    plain = rf"""
        (?: [{letter}] | _(?=[{letter}]) | / | --?(?=[A-Za-z]) ) {inner}*  # a word, a path, an option
        (?: [: ]{inner}+ )*                                    # a colon or one space, only between two words
        | (?:0|[1-9][0-9]*)(?:ms|[smhd]|[KMGTP]i|[kMGTP]|%)    # no reader has a number that ends like these
        | [0-9]{{1,3}}(?:\.[0-9]{{1,3}}){{3}}/[0-9]{{1,2}}     # an address range
    """
    return _Patterns(
        re.compile(plain, re.VERBOSE),
        re.compile(rf'[{invisible}\t\n"\\]'),
        re.compile(f"[{invisible}]"),
    )


# To some reader a truth value, nothing or a number, in some spelling. `e3` is a number to one of them.
_WORDS = re.compile(
    r"-?(?:y|n|yes|no|on|off|true|false|null|nil|nan|inf|infinity|e[-+]?[0-9_.]*)", re.IGNORECASE
)

_NAMED = {"\t": "\\t", "\n": "\\n", "\r": "\\r", '"': '\\"', "\\": "\\\\"}

_CACHED_LENGTH = 128
_CACHED_COUNT = 1 << 16
# Open to the emitter, which looks here before it calls. Holds no text of more than one line.
cached: dict[str, str] = {}


def scalar(value: str) -> str:
    """Return the form of `value` on one line: without quotes where that is safe everywhere, else with them.

    Raises TowpathError for a lone surrogate, which no UTF-8 file can hold.
    """
    form = cached.get(value)
    if form is None:
        plain = _patterns(ascii_only=value.isascii()).plain
        form = value if plain.fullmatch(value) and not _WORDS.fullmatch(value) else _quoted(value)
        # The emitter may write lines as a block, so their one-line form must not be what it finds.
        if len(value) <= _CACHED_LENGTH and "\n" not in value:
            if len(cached) >= _CACHED_COUNT:
                cached.clear()
            cached[value] = form
    return form


def number(value: float) -> str:
    """Return the form of an `int` or a `float`.

    A float keeps its point (`1.0`), and an exponent has a point before it and a sign (`1.0e+16`), so that
    every reader takes it for the same float and reading gives a float again. Raises TowpathError for infinity
    and not-a-number, and for an integer beyond 64 bits, which Kubernetes would round.
    """
    if isinstance(value, int):
        if not INTEGER_MIN <= value <= INTEGER_MAX:
            raise refuse(
                f"the integer {hex(value) if abs(value) >> 256 else value} does not fit into 64 bits"[:120],
                expected=f"an integer from {INTEGER_MIN} to {INTEGER_MAX}",
                remedy="use a string",
                rule="yaml.integer-range",
            )
        return int.__repr__(value)
    if not math.isfinite(value):
        raise refuse(
            f"the number {float(value)!r} has no form in a manifest",
            expected="a finite number",
            remedy="use a finite number, or a string",
            rule="yaml.not-finite",
        )
    digits, exponent, power = float.__repr__(value).partition("e")
    if not exponent:
        return digits
    if "." not in digits:
        digits += ".0"
    return f"{digits}e{power}"


def literal_header(value: str) -> str | None:
    """Return `|`, `|-` or `|+`, the header of the literal block that holds `value` exactly, or None.

    A block needs a line feed, visible characters only, a first line that does not begin with a blank,
    because it sets the indentation, and a last line that does not consist of blanks.
    """
    if "\n" not in value or _patterns(ascii_only=value.isascii()).not_literal.search(value):
        return None
    body = value.strip("\n")
    if not body or body[0] in " \t" or not body[body.rfind("\n") + 1 :].strip(" \t"):
        return None
    if not value.endswith("\n"):
        return "|-"
    return "|+" if value.endswith("\n\n") else "|"


def _quoted(value: str) -> str:
    if found := _SURROGATE.search(value):
        raise _surrogate(found[0])
    return f'"{_patterns(ascii_only=value.isascii()).escaped.sub(_escape, value)}"'


def _escape(match: re.Match[str]) -> str:
    character = match[0]
    code = ord(character)
    return _NAMED.get(character) or (f"\\U{code:08X}" if code >> 16 else f"\\u{code:04X}")


def _surrogate(character: str) -> TowpathError:
    return refuse(
        f"the text holds the lone surrogate U+{ord(character):04X}",
        expected="text that can be written as UTF-8",
        remedy="find where the text was decoded, and decode it as UTF-8",
        rule="yaml.surrogate",
    )

"""The one-line form of a scalar that every YAML reader takes for the same value.

Text stands without quotes only where it matches a narrow pattern that no reader has a second meaning for; all
other text stands in double quotes, which every reader treats alike. Single quotes are never needed.
"""

from __future__ import annotations

import math
import re

from towpath.errors import TowpathError, refuse

INTEGER_MIN = -(1 << 63)
INTEGER_MAX = (1 << 64) - 1

# Fixed ranges and not `str.isalpha`: the output must not change with the Unicode tables of a Python release.
_LETTER = (
    "A-Za-z\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u024f\u0388-\u038a\u038e-\u03a1\u03a3-\u03ce"
    "\u0400-\u0481\u048a-\u052f\u3041-\u3096\u30a1-\u30fa\u4e00-\u9fff\uac00-\ud7a3"
)
_INNER = rf"[{_LETTER}0-9_./@+=,()%$;*\-]"
_PLAIN = re.compile(
    rf"""
    (?: [{_LETTER}] | _(?=[{_LETTER}]) | / | --?(?=[A-Za-z]) ) {_INNER}*  # a word, a path, an option
    (?: [: ]{_INNER}+ )*                                   # a colon or one space, only between two words
    | (?:0|[1-9][0-9]*)(?:ms|[smhd]|[KMGTP]i|[kMGTP]|%)    # no reader has a number that ends like these
    | [0-9]{{1,3}}(?:\.[0-9]{{1,3}}){{3}}/[0-9]{{1,2}}     # an address range
    """,
    re.VERBOSE,
)
# To some reader a truth value, nothing or a number, in some spelling. `e3` is a number to one of them.
_WORDS = re.compile(
    r"-?(?:y|n|yes|no|on|off|true|false|null|nil|nan|inf|infinity|e[-+]?[0-9_.]*)", re.IGNORECASE
)

# Characters that nobody sees, that end a line for some readers, or that not every reader lets through. Fixed
# ranges again. The tab and the line feed are left out, because literal blocks take them as they are.
_INVISIBLE = (
    "\x00-\x08\x0b-\x1f\x7f-\xa0\xad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f"
    "\u2000-\u200f\u2028-\u202f\u205f-\u206f\u3000\u3164\ud800-\udfff\ue000-\uf8ff\ufdd0-\ufdef"
    "\ufeff\uffa0\ufff0-\ufffc\ufffe\uffff\U000e0000-\U0010ffff"
)
_ESCAPED = re.compile(rf'[{_INVISIBLE}\t\n"\\]')
_NOT_LITERAL = re.compile(f"[{_INVISIBLE}]")
_SURROGATE = re.compile("[\ud800-\udfff]")
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
        form = value if _PLAIN.fullmatch(value) and not _WORDS.fullmatch(value) else _quoted(value)
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
    if "\n" not in value or _NOT_LITERAL.search(value):
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
    return f'"{_ESCAPED.sub(_escape, value)}"'


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

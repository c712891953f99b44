"""What a file's bytes must satisfy before a YAML parser sees them, and the limits for every file."""

from __future__ import annotations

import re
from dataclasses import dataclass

from towpath.errors import Place, Problem, TowpathError

_BOM = b"\xef\xbb\xbf"


@dataclass(frozen=True, slots=True)
class Limits:
    """How large one file may be. All counts are inclusive.

    size: bytes · depth: lists and maps inside each other · nodes: keys, values, lists and maps, after the
    aliases are expanded · aliases: uses of an anchor, as written · problems: reading stops at this many.
    """

    size: int = 1 << 20
    depth: int = 64
    nodes: int = 200_000
    aliases: int = 100
    problems: int = 100


LIMITS = Limits()

# Control characters and noncharacters, which no reader is bound to accept.
_CONTROL = "\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ufffe\uffff"
# They reorder what a person sees, so that a reviewer reads another text than the machine does.
_BIDI = "\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069"
# Line breaks in YAML 1.1 and in Kubernetes, ordinary characters in YAML 1.2.
_BREAK = "\x85\u2028\u2029"
_FORBIDDEN = re.compile(f"[{_CONTROL}{_BIDI}{_BREAK}\ufeff]")
_HIDDEN_IN_VALUE = re.compile(f"[\x00{_BIDI}]")


def decode(data: bytes, file: str, limits: Limits = LIMITS) -> str:
    """Return the text of `data`, without a byte order mark at its start.

    Raises TowpathError when the file is too large, is not UTF-8, or holds a character that readers disagree
    on or that hides what the text says. All such characters are reported, up to `limits.problems`.
    """
    if len(data) > limits.size:
        raise TowpathError(
            Problem(
                Place(file),
                f"the file has {len(data)} bytes",
                f"at most {limits.size} bytes",
                "split the file",
                rule="yaml.too-large",
            )
        )
    data = data.removeprefix(_BOM)
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        before = data[: error.start].decode("utf-8")
        raise TowpathError(
            Problem(
                _place(file, before, len(before)),
                f"the byte 0x{data[error.start]:02x} is not UTF-8",
                "text in UTF-8",
                "save the file as UTF-8",
                rule="yaml.not-utf-8",
            )
        ) from None
    problems = []
    for match in _FORBIDDEN.finditer(text):
        problems.append(_forbidden(match[0], _place(file, text, match.start())))
        if len(problems) >= limits.problems:
            break
    if problems:
        raise TowpathError(problems)
    return text


def hidden_in(value: str) -> str | None:
    """Return the first NUL or direction control in a value, such as an escape may write, or None."""
    match = _HIDDEN_IN_VALUE.search(value)
    return match[0] if match else None


def _forbidden(character: str, place: Place) -> Problem:
    code = f"U+{ord(character):04X}"
    if re.match(f"[{_BIDI}]", character):
        what = f"the text direction control {code} hides what the text says"
    elif re.match(f"[{_BREAK}]", character):
        what = f"the character {code} ends a line for some YAML readers and not for others"
    elif character == "\ufeff":
        what = f"the byte order mark {code} stands inside the text"
    else:
        what = f"the control character {code} is not allowed in YAML"
    remedy = "remove it"
    if character != "\x00":
        remedy += f", or write it as \\u{ord(character):04X} inside double quotes if a manifest needs it"
    return Problem(place, what, "visible text", remedy, rule="yaml.character")


def _place(file: str, text: str, index: int) -> Place:
    before = text[:index].replace("\r\n", "\n").replace("\r", "\n")
    return Place(file, before.count("\n") + 1, len(before) - before.rfind("\n"))

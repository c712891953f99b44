"""What an unquoted scalar means: to Kubernetes, and to every reader alike."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import TypeAlias

Value: TypeAlias = str | int | float | bool | None


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why an unquoted scalar cannot stand as it is. `remedy` says what to write."""

    what: str
    expected: str
    remedy: str
    rule: str


_INT_MIN = -(1 << 63)
_INT_MAX = (1 << 64) - 1
_INT_DIGITS = 20


def _spellings(meanings: dict[str, Value]) -> dict[str, Value]:
    """Return the three spellings that readers know of each word: `on`, `On` and `ON`."""
    return {
        form: value for word, value in meanings.items() for form in (word, word.capitalize(), word.upper())
    }


# Alike in YAML 1.1, in YAML 1.2 and in Kubernetes.
_AGREED = _spellings({"": None, "~": None, "null": None, "true": True, "false": False})
_KUBERNETES_WORDS = _AGREED | _spellings(
    {"y": True, "yes": True, "on": True, "n": False, "no": False, "off": False}
)
_NOT_FINITE = frozenset(
    sign + word
    for signs, words in ((("", "+", "-"), (".inf", ".Inf", ".INF")), (("",), (".nan", ".NaN", ".NAN")))
    for sign in signs
    for word in words
)

# Only these can begin an unquoted scalar that some reader takes for something other than text.
_SUSPECT_FIRST = frozenset("0123456789+-.~=<yYnNtTfFoOeE")

_JSON_INTEGER = re.compile(r"-?(?:0|[1-9][0-9]*)", re.ASCII)
_JSON_FLOAT = re.compile(r"-?(?:0|[1-9][0-9]*)\.[0-9]+(?:[eE][-+][0-9]+)?", re.ASCII)

_DECIMAL = re.compile(r"[-+]?[0-9]+", re.ASCII)
_KUBERNETES_FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?", re.ASCII)
_KUBERNETES_INTEGER = re.compile(
    r"""(?P<sign>[-+]?)
    (?: 0[xX](?P<hex>[0-9a-fA-F]+) | 0[bB](?P<bin>[01]+)
    | 0[oO]?(?P<oct>[0-7]+) | (?P<dec>0|[1-9][0-9]*) )""",
    re.VERBOSE | re.ASCII,
)
_BASES = (("hex", 16), ("bin", 2), ("oct", 8), ("dec", 10))
# The one form in which that decoder leaves the underscores to Go, which takes them between two digits only.
_KUBERNETES_POINT_FLOAT = re.compile(r"\.[0-9]+(?:_[0-9]+)*(?:[eE][-+]?[0-9]+(?:_[0-9]+)*)?", re.ASCII)
# A quirk of that decoder: it reads the rest after `0b` as a number with a sign of its own.
_KUBERNETES_SIGNED_BINARY = re.compile(r"0b([-+][01]+)", re.ASCII)

_YAML_1_1 = re.compile(
    r"""[-+]?0b[01_]+ | [-+]?0x[0-9a-fA-F_]+ | [-+]?[0-9][0-9_]*
    | [-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+(?:\.[0-9_]*)?
    | [-+]?(?:[0-9][0-9_]*)?\.[0-9_]+(?:[eE][-+]?[0-9]+)? | [-+]?[0-9][0-9_]*\.(?:[eE][-+]?[0-9]+)?
    | [0-9]{4}-[0-9]{2}-[0-9]{2}
    | [0-9]{4}-[0-9]{1,2}-[0-9]{1,2}(?:[Tt]|[ \t]+)[0-9]{1,2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]*)?
      (?:[ \t]*(?:Z|[-+][0-9]{1,2}(?::?[0-9]{2})?))?
    | = | <<""",
    re.VERBOSE | re.ASCII,
)
_YAML_1_2 = re.compile(
    r"0o[0-7]+|0x[0-9a-fA-F]+|[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?", re.ASCII
)

# What single readers of YAML 1.1 take for a number, or fail on, beyond what it says.
_LENIENT = re.compile(r"[-+]?\.?_*|[-+]?[0-9_]*(?:\.[0-9_]*)?[eE][-+]?[0-9_]+|0o_+", re.ASCII)

_NO_NUMBER = Refusal(
    "is infinite or not a number",
    "a finite number",
    "write a finite number, or put it in double quotes if it is text",
    "yaml.not-finite",
)
_AMBIGUOUS = Refusal(
    "is not read alike by all YAML readers without quotes",
    "text in quotes, or a number written like 10, -3 or 0.5, or true, false or null",
    "put it in double quotes if it is text",
    "yaml.ambiguous",
)
_TOO_LARGE = Refusal(
    "does not fit into 64 bits, and Kubernetes would round it",
    f"an integer from {_INT_MIN} to {_INT_MAX}",
    "put it in double quotes if it is text",
    "yaml.integer-range",
)


def as_kubernetes(text: str) -> Value | Refusal:
    """Return what the decoder of Kubernetes (sigs.k8s.io/yaml) makes of the unquoted scalar `text`.

    Times and dates are text there, and so they are here. Refused is only what Kubernetes cannot hold:
    infinity, not-a-number, and an integer that it would round.
    """
    if text in _KUBERNETES_WORDS:
        return _KUBERNETES_WORDS[text]
    if text in _NOT_FINITE:
        return _NO_NUMBER
    first = text[0]
    if first == ".":
        return _float_or_text(text, text) if _KUBERNETES_POINT_FLOAT.fullmatch(text) else text
    if not (first.isascii() and (first.isdigit() or first in "+-")):
        return text
    digits = text.replace("_", "")
    integer = _kubernetes_integer(digits)
    if integer is not None:
        return integer
    if _DECIMAL.fullmatch(digits) and not re.fullmatch(r"[-+]?0[0-9]*[89][0-9]*", digits):
        return _TOO_LARGE
    if _KUBERNETES_FLOAT.fullmatch(digits):
        return _float_or_text(digits, text)
    return text


def as_everywhere(text: str) -> Value | Refusal:
    """Return what the unquoted scalar `text` means to YAML 1.1, YAML 1.2 and Kubernetes alike, or a refusal.

    A number must be written as in JSON, and an exponent needs a point before it and a sign. Other forms are
    refused even where readers happen to agree: one rule is easier to remember than a table of exceptions.
    """
    if text in _AGREED:
        return _AGREED[text]
    if text[0] not in _SUSPECT_FIRST:
        return text
    if _JSON_INTEGER.fullmatch(text):
        # Long digit strings are quadratic to convert and out of range anyway.
        value = int(text) if len(text) <= _INT_DIGITS else _INT_MAX + 1
        return value if _INT_MIN <= value <= _INT_MAX else _TOO_LARGE
    if _JSON_FLOAT.fullmatch(text):
        number = float(text)
        return number if math.isfinite(number) else _NO_NUMBER
    if text in _NOT_FINITE:
        return _NO_NUMBER
    if (
        _YAML_1_1.fullmatch(text)
        or _YAML_1_2.fullmatch(text)
        or _LENIENT.fullmatch(text)
        or not isinstance(as_kubernetes(text), str)
    ):
        return _AMBIGUOUS
    return text


def _kubernetes_integer(digits: str) -> int | None:
    match = _KUBERNETES_INTEGER.fullmatch(digits)
    if match is None:
        signed = _KUBERNETES_SIGNED_BINARY.fullmatch(digits)
        value = int(signed[1], 2) if signed else None
        return value if value is not None and _INT_MIN <= value < -_INT_MIN else None
    for name, base in _BASES:
        if match[name] is not None:
            if name == "dec" and len(match[name]) > _INT_DIGITS:
                return None
            value = int(match["sign"] + match[name], base)
            # Only a number without a sign is tried as an unsigned one.
            top = -_INT_MIN - 1 if match["sign"] else _INT_MAX
            return value if _INT_MIN <= value <= top else None
    return None


def _float_or_text(number: str, text: str) -> Value:
    # The decoder keeps a number that is too large for a float as text.
    value = float(number.replace("_", ""))
    return value if math.isfinite(value) else text

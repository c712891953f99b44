"""Image symbols: what a chart writes instead of a reference, resolved against the pins at link time.

A symbol has a string form, which exists only in object files: `towpath-image://<image>/<form>`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

SCHEME = "towpath-image://"
IMAGE_NAME = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")
_SYMBOL = re.compile(rf"{SCHEME}(?P<image>{IMAGE_NAME.pattern})/(?P<form>[a-z]+)")


class Form(StrEnum):
    """Which part of its pin a symbol turns into."""

    REFERENCE = "reference"
    """`repository:tag@digest`; only as a whole `image` field."""
    REPOSITORY = "repository"
    TAG = "tag"
    DIGEST = "digest"
    VERSION = "version"
    """A label value: the tag where it is a valid one, or else the first 12 hex digits of the digest."""


@dataclass(frozen=True, order=True, slots=True)
class ImageSymbol:
    """One image of a platform, by the name that its pin has, in one form."""

    image: str
    form: Form = Form.REFERENCE

    def __str__(self) -> str:
        return f"{SCHEME}{self.image}/{self.form}"


_FORMS = frozenset(form.value for form in Form)


def parse_symbol(text: str) -> ImageSymbol | None:
    """Return the symbol that `text` is as a whole, or None where it is not exactly one."""
    match = _SYMBOL.fullmatch(text)
    if match is None or match["form"] not in _FORMS:
        return None
    return ImageSymbol(match["image"], Form(match["form"]))

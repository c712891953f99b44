"""What was noted while a chart ran: who read which setting where, and from where each part of a platform came.

It is kept with the cached object files, so that `towpath explain` answers without running anything again.
"""

from __future__ import annotations

import base64
import json
import zlib
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple

SETTINGS: Final = "settings"
CLUSTER: Final = "cluster"
EVERYTHING: Final = "*"
"""The name of the field that a read of a whole model has: all fields of its own."""
DEEPLY: Final = "**"
"""The same, with everything below."""
NONE: Final = -1
"""The activation that called an outermost one; the receiver of a function that is no method."""


class Span(NamedTuple):
    """Where an expression stands in its file, as `ast` counts: lines from 1, columns in bytes from 0."""

    line: int
    end_line: int
    column: int
    end_column: int


class Offset(NamedTuple):
    """Where the code of a function is. Its span follows from the source, compiled again; that is left for later."""

    function: int
    instruction: int
    """Counted from 0."""


class Function(NamedTuple):
    """A function that ran."""

    file: str
    """From the project's root, or `towpath/...` for Towpath's own."""
    name: str
    """Qualified, such as `Pms.declare_stores`."""
    line: int


class Activation(NamedTuple):
    """One run of a function."""

    function: int
    caller: int
    """The activation that called it, through whatever else stands in between."""
    span: int
    """Where in the caller."""
    receiver: int
    """A number for the object whose method it is."""


class Read(NamedTuple):
    """A field that was read: of a settings model, of the cluster's facts, or of a part's spec."""

    activation: int
    span: int
    owner: int
    field: str


class Kind(NamedTuple):
    """A class of values that specs consist of."""

    name: str
    fields: tuple[str, ...]
    """In the order in which its constructor takes them."""


class Made(NamedTuple):
    """A value of a platform's specs that was made."""

    kind: int
    activation: int
    span: int


class Owner(NamedTuple):
    """What a read field belongs to."""

    kind: str
    """`SETTINGS`, `CLUSTER`, or empty for a made value."""
    path: tuple[str | int, ...] = ()
    """Where the model stands in the settings or facts."""
    made: int = NONE


class Patch(NamedTuple):
    """A change of an object after it was declared. Without an activation, where it happens is not known."""

    key: tuple[str, str, str, str]
    """The object's group, kind, namespace and name."""
    activation: int
    span: int


class Declaration(NamedTuple):
    """Where an object was declared."""

    file: str
    """The object's file in its rendering."""
    source: str
    """The file with the declaration; empty where that is not known."""
    line: int


@dataclass(frozen=True, slots=True)
class Recording:
    """All that was noted of one compile. Numbers are indices into the lists."""

    spans: list[Span | Offset] = field(default_factory=list)
    functions: list[Function] = field(default_factory=list)
    activations: list[Activation] = field(default_factory=list)
    owners: list[Owner] = field(default_factory=list)
    reads: list[Read] = field(default_factory=list)
    kinds: list[Kind] = field(default_factory=list)
    """All that were watched."""
    made: list[Made] = field(default_factory=list)
    patches: list[Patch] = field(default_factory=list)
    declarations: list[Declaration] = field(default_factory=list)
    platform: Any = None
    """The platform as `towpath.specs.encoding` writes it."""

    def to_text(self) -> str:
        """Return the form that stands in the cache: short, and without a character that JSON would escape."""
        plain = json.dumps([getattr(self, name) for name in self.__slots__], separators=(",", ":"))
        return base64.b64encode(zlib.compress(plain.encode(), 1)).decode()

    @classmethod
    def from_text(cls, text: str) -> Recording:
        """Read what `to_text` wrote.

        Raises:
            ValueError: where the text is something else.

        """
        try:
            lists = json.loads(zlib.decompress(base64.b64decode(text, validate=True)))
            spans, functions, activations, owners, reads, kinds, made, patches, declarations, platform = lists
            return cls(
                [Offset(*each) if len(each) == len(Offset._fields) else Span(*each) for each in spans],
                [Function(*each) for each in functions],
                [Activation(*each) for each in activations],
                [Owner(kind, tuple(path), number) for kind, path, number in owners],
                [Read(*each) for each in reads],
                [Kind(name, tuple(names)) for name, names in kinds],
                [Made(*each) for each in made],
                [Patch(tuple(key), *rest) for key, *rest in patches],
                [Declaration(*each) for each in declarations],
                platform,
            )
        except (ValueError, TypeError, zlib.error, RecursionError) as error:
            message = f"no recording: {error}"
            raise ValueError(message) from error


def is_recording(text: str) -> bool:
    """Return whether a text is a recording. A cache may be damaged, and then it is as if nothing had been kept."""
    try:
        Recording.from_text(text)
    except ValueError:
        return False
    return True

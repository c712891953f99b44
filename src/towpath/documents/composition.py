"""From YAML events to nodes, one pass, with every limit checked before memory is spent.

The parser's events come from an iterative state machine, and the nodes are built on a stack of our own, so that
no input reaches the recursion that brings PyYAML's own composer down.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING

import yaml
from yaml.events import (
    AliasEvent,
    DocumentEndEvent,
    DocumentStartEvent,
    Event,
    MappingStartEvent,
    NodeEvent,
    ScalarEvent,
    SequenceStartEvent,
)
from yaml.events import CollectionEndEvent as EndEvent

from towpath.documents.node import Mapping, Node, Scalar, Sequence
from towpath.documents.resolution import Refusal, as_everywhere, as_kubernetes
from towpath.documents.source import hidden_in
from towpath.errors import Place, Problem, TowpathError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from towpath.documents.source import Limits

# libyaml where PyYAML was built with it: many times faster, the same events.
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_STR_TAG = "tag:yaml.org,2002:str"
_SHOWN = 40


class Dialect(Enum):
    """Who wrote the file. STRICT: people, for Towpath. KUBERNETES: anybody, as manifests for Kubernetes."""

    STRICT = "strict"
    KUBERNETES = "kubernetes"


@dataclass(slots=True)
class _Size:
    """What a finished node weighs once its aliases are expanded."""

    nodes: int = 1
    depth: int = 0


@dataclass(slots=True)
class _Open:
    """A list or map whose end has not been seen. A map collects its entries by key, and its merges apart."""

    is_map: bool
    place: Place
    anchor: str | None
    size: _Size = field(default_factory=_Size)
    items: list[Node] = field(default_factory=list)
    entries: dict[str, tuple[Scalar, Node]] = field(default_factory=dict)
    key: Scalar | None = None
    # None also stands for a key that was refused: its value is read and dropped.
    expects_value: bool = False
    merge_key: Place | None = None
    merged: list[Mapping] = field(default_factory=list)
    # Keys that stand before the merge: decoders disagree on who wins there.
    before_merge: tuple[str, ...] = ()


class Composer:
    """Builds the documents of one file. `problems` collects what can be passed over; a limit raises at once."""

    def __init__(self, text: str, file: str, dialect: Dialect, limits: Limits) -> None:
        self._text = text
        self._file = file
        self._dialect = dialect
        self._limits = limits
        self.problems: list[Problem] = []
        self._stack: list[_Open] = []
        self._anchors: dict[str, tuple[Node, _Size] | None] = {}
        self._nodes = 0
        self._aliases = 0
        self._root: Node | None = None

    def documents(self) -> Iterator[tuple[Node | None, Place]]:
        """Yield each document with the place of its start; None for one without content.

        Raises TowpathError for wrong syntax and for a limit that is passed.
        """
        start = Place(self._file, 1, 1)
        seen = 0
        explicit_line = 0
        try:
            for event in yaml.parse(self._text, Loader=_LOADER):
                if isinstance(event, NodeEvent):
                    if explicit_line and not self._stack and not _is_empty(event):
                        self._same_line(event, explicit_line)
                    explicit_line = 0
                    self._node(event)
                elif isinstance(event, EndEvent):
                    self._close()
                elif isinstance(event, DocumentStartEvent):
                    start = self._place(event)
                    self._anchors.clear()
                    self._root = None
                    explicit_line = start.line if event.explicit else 0
                    self._document_start(event, start, first=not seen)
                    seen += 1
                elif isinstance(event, DocumentEndEvent):
                    yield self._root, start
        except yaml.YAMLError as error:
            raise self._syntax(error) from None

    def report(self, problem: Problem) -> None:
        """Note a problem; raise all of them once there are as many as one run reports."""
        self.problems.append(problem)
        if len(self.problems) >= self._limits.problems:
            raise TowpathError(self.problems)

    def _place(self, event: Event) -> Place:
        mark = event.start_mark
        return Place(self._file, mark.line + 1, mark.column + 1) if mark else Place(self._file)

    def _document_start(self, event: DocumentStartEvent, start: Place, *, first: bool) -> None:
        if event.version or event.tags:
            self.report(
                Problem(
                    start,
                    "the document has a % directive",
                    "plain YAML without directives",
                    "remove the lines that begin with %",
                    rule="yaml.directive",
                )
            )
        if not first and not event.explicit:
            self.report(
                Problem(
                    start,
                    "a second document begins without a line ---",
                    "--- between two documents",
                    "write --- in place of the line ... before it; kubectl would drop this document",
                    rule="yaml.separator",
                )
            )

    def _same_line(self, event: NodeEvent, line: int) -> None:
        place = self._place(event)
        if place.line == line:
            self.report(
                Problem(
                    place,
                    "content stands on the line of ---",
                    "--- alone on its line",
                    "move the content to the next line; kubectl would drop it",
                    rule="yaml.separator",
                )
            )

    def _node(self, event: NodeEvent) -> None:
        place = self._place(event)
        if self._dialect is Dialect.STRICT and event.anchor and not isinstance(event, AliasEvent):
            self.report(
                Problem(
                    place,
                    f"the anchor &{_shown(event.anchor)} is not allowed here",
                    "values written out",
                    "remove the anchor and write the value where it is needed",
                    rule="yaml.anchor",
                )
            )
        if isinstance(event, ScalarEvent):
            self._count(1, place)
            scalar = self._scalar(event, place)
            if event.anchor:
                self._anchors[event.anchor] = (scalar, _Size())
            self._add(scalar, _Size(), merges=not scalar.quoted)
        elif isinstance(event, AliasEvent):
            self._alias(event, place)
        elif isinstance(event, (SequenceStartEvent, MappingStartEvent)):
            self._count(1, place)
            self._tag(event.tag, place)
            if len(self._stack) >= self._limits.depth:
                raise self._stop(
                    place,
                    f"lists and maps are nested deeper than {self._limits.depth} levels",
                    f"at most {self._limits.depth} levels",
                    "yaml.too-deep",
                )
            if event.anchor:
                # Until the end is seen, an alias to it would contain itself.
                self._anchors[event.anchor] = None
            self._stack.append(_Open(isinstance(event, MappingStartEvent), place, event.anchor))

    def _close(self) -> None:
        frame = self._stack.pop()
        node: Node
        if not frame.is_map:
            node = Sequence(tuple(frame.items), frame.place)
        else:
            node = Mapping(self._merged_entries(frame), frame.place)
        frame.size.depth += 1
        if frame.anchor:
            self._anchors[frame.anchor] = (node, frame.size)
        self._add(node, frame.size)

    def _add(self, node: Node, size: _Size, *, merges: bool = False) -> None:
        if not self._stack:
            self._root = node
            return
        frame = self._stack[-1]
        frame.size.nodes += size.nodes
        frame.size.depth = max(frame.size.depth, size.depth)
        if not frame.is_map:
            frame.items.append(node)
        elif not frame.expects_value:
            frame.expects_value = True
            self._key(frame, node, merges=merges)
        else:
            frame.expects_value = False
            self._value(frame, node)

    def _key(self, frame: _Open, node: Node, *, merges: bool) -> None:
        frame.key = None
        if merges and isinstance(node, Scalar) and node.text == "<<":
            self._merge_key(frame, node.place)
        elif not isinstance(node, Scalar):
            self.report(
                Problem(
                    node.place,
                    "a list or a map stands where a key is expected",
                    "a key that is text",
                    self._template_remedy(node.place.line) or "write the key as text",
                    rule="yaml.key",
                )
            )
        elif not isinstance(node.value, str):
            self.report(
                Problem(
                    node.place,
                    f"the key {_shown(node.text) or '(empty)'} is not text without quotes",
                    "a key that is text",
                    f'write it in quotes: "{_shown(node.text)}"',
                    rule="yaml.key",
                )
            )
        elif node.value in frame.entries:
            self._duplicate(_shown(node.value), frame.entries[node.value][0].place, node.place)
        else:
            frame.key = node

    def _merge_key(self, frame: _Open, place: Place) -> None:
        if self._dialect is Dialect.STRICT:
            self.report(
                Problem(
                    place,
                    "the merge key << is not allowed here",
                    "keys written out",
                    'write the keys where they are needed, or "<<" in quotes if it is text',
                    rule="yaml.merge",
                )
            )
        elif frame.merge_key is not None:
            self._duplicate("<<", frame.merge_key, place)
        frame.merge_key = place
        frame.before_merge = tuple(frame.entries)

    def _value(self, frame: _Open, node: Node) -> None:
        if frame.key is not None:
            frame.entries[str(frame.key.value)] = (frame.key, node)
            frame.key = None
        elif frame.merge_key is not None and not frame.merged and self._dialect is Dialect.KUBERNETES:
            self._merge_value(frame, node)

    def _merge_value(self, frame: _Open, node: Node) -> None:
        sources = node.items if isinstance(node, Sequence) else (node,)
        for source in sources:
            if isinstance(source, Mapping):
                frame.merged.append(source)
            else:
                self.report(
                    Problem(
                        frame.merge_key or node.place,
                        "the merge key << has a value that is not a map",
                        "a map, an alias of a map, or a list of these",
                        "name an anchor that stands at a map",
                        rule="yaml.merge",
                    )
                )

    def _merged_entries(self, frame: _Open) -> tuple[tuple[Scalar, Node], ...]:
        if not frame.merged:
            return tuple(frame.entries.values())
        entries: dict[str, tuple[Scalar, Node]] = {}
        # In a list of merges the earlier one wins.
        for source in frame.merged:
            for key, node in source.entries:
                entries.setdefault(str(key.value), (key, node))
        for name in frame.before_merge:
            if name in entries:
                self.report(
                    Problem(
                        frame.entries[name][0].place,
                        f"the key {_shown(name)} stands before a merge << that sets it too",
                        "<< as the first key of its map",
                        "move << to the top; readers disagree on which value wins here",
                        rule="yaml.merge",
                    )
                )
        entries.update(frame.entries)
        return tuple(entries.values())

    def _duplicate(self, name: str, first: Place, second: Place) -> None:
        self.report(
            Problem(
                second,
                f"the key {name} stands here again; it stands at {first} already",
                "every key once in its map",
                "remove or rename one of the two",
                rule="yaml.duplicate-key",
            )
        )

    def _alias(self, event: AliasEvent, place: Place) -> None:
        name = event.anchor or ""
        self._aliases += 1
        if self._aliases > self._limits.aliases:
            raise self._stop(
                place,
                f"the file has more than {self._limits.aliases} aliases",
                f"at most {self._limits.aliases} aliases",
                "yaml.too-many-aliases",
            )
        if self._dialect is Dialect.STRICT:
            self.report(
                Problem(
                    place,
                    f"the alias *{_shown(name)} is not allowed here",
                    "values written out",
                    "write the value in place of the alias",
                    rule="yaml.anchor",
                )
            )
        found = self._anchors.get(name)
        if found is None:
            if self._dialect is Dialect.KUBERNETES:
                contains_itself = name in self._anchors
                self.report(
                    Problem(
                        place,
                        f"the alias *{_shown(name)} "
                        + ("stands inside its own anchor" if contains_itself else "has no anchor before it"),
                        "an anchor that is complete before the alias",
                        "correct the name, or write the value out",
                        rule="yaml.anchor",
                    )
                )
            self._count(1, place)
            self._add(Scalar("", "", quoted=True, place=place), _Size())
            return
        node, size = found
        if len(self._stack) + size.depth > self._limits.depth:
            raise self._stop(
                place,
                f"with the alias *{_shown(name)} expanded, lists and maps are nested deeper than "
                f"{self._limits.depth} levels",
                f"at most {self._limits.depth} levels",
                "yaml.too-deep",
            )
        self._count(size.nodes, place)
        self._add(node, size)

    def _scalar(self, event: ScalarEvent, place: Place) -> Scalar:
        text = event.value
        # With a tag neither is set; a lone `!` makes the value text and leaves the tag open.
        quoted = bool(event.style) or not event.implicit[0]
        is_str = event.tag == _STR_TAG and self._dialect is Dialect.KUBERNETES
        if not is_str:
            self._tag(event.tag, place)
        value: str | int | float | bool | None = text
        if not quoted:
            value = self._resolved(text, place)
        elif self._dialect is Dialect.STRICT and (hidden := hidden_in(text)):
            self.report(
                Problem(
                    place,
                    f"the value holds the hidden character U+{ord(hidden):04X}",
                    "visible text",
                    "remove the escape",
                    rule="yaml.character",
                )
            )
        return Scalar(value, text, quoted, place)

    def _resolved(self, text: str, place: Place) -> str | int | float | bool | None:
        if text == "<<" and self._stack and self._stack[-1].is_map and not self._stack[-1].expects_value:
            return text
        found = as_everywhere(text) if self._dialect is Dialect.STRICT else as_kubernetes(text)
        if isinstance(found, Refusal):
            self.report(
                Problem(place, f"{_shown(text)} {found.what}", found.expected, found.remedy, rule=found.rule)
            )
            # Reported once: as text it passes wherever a value or a key may stand.
            return text
        return found

    def _tag(self, tag: str | None, place: Place) -> None:
        if tag is not None:
            name = tag.replace("tag:yaml.org,2002:", "!!")
            self.report(
                Problem(
                    place,
                    f"the tag {_shown(name)} is not allowed here",
                    "values without tags",
                    "remove the tag; put text in quotes",
                    rule="yaml.tag",
                )
            )

    def _count(self, nodes: int, place: Place) -> None:
        self._nodes += nodes
        if self._nodes > self._limits.nodes:
            raise self._stop(
                place,
                f"the file has more than {self._limits.nodes} values, keys, lists and maps",
                f"at most {self._limits.nodes}, with all aliases expanded",
                "yaml.too-many-nodes",
            )

    def _stop(self, place: Place, what: str, expected: str, rule: str) -> TowpathError:
        return TowpathError(
            [*self.problems, Problem(place, what, expected, "make the file smaller", rule=rule)]
        )

    def _syntax(self, error: yaml.YAMLError) -> TowpathError:
        mark = getattr(error, "problem_mark", None)
        what = str(getattr(error, "problem", None) or error).partition("\n")[0]
        context = getattr(error, "context", None)
        place = Place(self._file, mark.line + 1, mark.column + 1) if mark else Place(self._file)
        if context:
            begun = getattr(error, "context_mark", None)
            what += f" ({context}" + (f" that begins on line {begun.line + 1})" if begun else ")")
        line = self._line(place.line)
        remedy = self._template_remedy(place.line)
        if not remedy and line[place.column - 1 : place.column] == "\t":
            what, remedy = "a tab stands where YAML allows only spaces", "indent with spaces"
        return TowpathError(
            [
                *self.problems,
                Problem(
                    place,
                    what,
                    "valid YAML",
                    remedy or "correct the syntax here or just above",
                    rule="yaml.syntax",
                ),
            ]
        )

    def _line(self, line: int) -> str:
        lines = self._text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
        return lines[line - 1] if 0 < line <= len(lines) else ""

    def _template_remedy(self, line: int) -> str:
        if "{{" in self._line(line):
            return "this looks like template text: include the rendered manifest, or quote the text"
        return ""


def _is_empty(event: NodeEvent) -> bool:
    return isinstance(event, ScalarEvent) and not event.value and not event.style and not event.tag


def is_blank(node: Node | None) -> bool:
    """Tell whether a document has no content: nothing at all, or comments only."""
    return node is None or (isinstance(node, Scalar) and not node.quoted and not node.text)


def _shown(text: str) -> str:
    """Shorten a piece of the file for a message and make its control characters visible."""
    short = text if len(text) <= _SHOWN else text[: _SHOWN - 3] + "..."
    return short.encode("unicode_escape").decode("ascii") if not short.isprintable() else short

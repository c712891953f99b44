"""From YAML events to nodes in one pass, with every limit checked before memory is spent.

The parser's events come from an iterative state machine, and the nodes are built on a stack of our own, so
that no input reaches the recursion that brings PyYAML's own composer down. Events are taken one by one:
libyaml needs quadratic time for a deep nesting, and stopping at the limit of depth is what keeps that
short.
"""

from __future__ import annotations

from dataclasses import replace
from enum import Enum
from typing import TYPE_CHECKING, TypeGuard

import yaml
from yaml.events import (
    AliasEvent,
    CollectionEndEvent,
    DocumentEndEvent,
    DocumentStartEvent,
    MappingStartEvent,
    NodeEvent,
    ScalarEvent,
    SequenceStartEvent,
)

from towpath.documents import problems
from towpath.documents.frame import LEAF, Frame
from towpath.documents.node import Mapping, Node, Scalar, Sequence
from towpath.documents.resolution import Refusal, Value, as_everywhere, as_kubernetes
from towpath.documents.source import hidden_in
from towpath.errors import Place, Problem, TowpathError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from towpath.documents.frame import Weight
    from towpath.documents.source import Limits

# libyaml where PyYAML was built with it: many times faster, the same events.
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_STANDARD_TAG = "tag:yaml.org,2002:"
_MERGE = "<<"


class Dialect(Enum):
    """Who wrote the file. STRICT: people, for Towpath. KUBERNETES: anybody, as manifests for Kubernetes."""

    STRICT = "strict"
    KUBERNETES = "kubernetes"


class Composer:
    """Builds the documents of one file. `problems` collects what can be passed over; a limit raises."""

    def __init__(self, text: str, file: str, dialect: Dialect, limits: Limits) -> None:
        self.problems: list[Problem] = []
        self._text = text
        self._file = file
        self._strict = dialect is Dialect.STRICT
        self._limits = limits
        self._stack: list[Frame] = []
        # None while the anchored list or map is open.
        self._anchors: dict[str, tuple[Node, Weight] | None] = {}
        self._nodes = 0
        self._aliases = 0
        self._root: Node | None = None
        # The line of a `---` whose document has no content yet; 0 for none.
        self._separator = 0

    def documents(self) -> Iterator[tuple[Node, Place]]:
        """Yield each document with content, and the place where the document starts.

        Raises TowpathError for wrong syntax and for a limit that is passed.
        """
        start = Place(self._file, 1, 1)
        try:
            for event in yaml.parse(self._text, Loader=_LOADER):
                if isinstance(event, NodeEvent):
                    self._node(event, self._place(event))
                elif isinstance(event, CollectionEndEvent):
                    self._close()
                elif isinstance(event, DocumentStartEvent):
                    start = self._place(event)
                    self._start(event, start)
                elif isinstance(event, DocumentEndEvent) and self._has_content(self._root):
                    yield self._root, start
        except yaml.YAMLError as error:
            found = problems.syntax(error, self._text, self._file)
            raise TowpathError([*self.problems, found]) from None

    def report(self, problem: Problem) -> None:
        """Note a problem. Raises all of them once there are as many as one run reports."""
        self.problems.append(problem)
        if len(self.problems) >= self._limits.problems:
            raise TowpathError(self.problems)

    def _place(self, event: yaml.Event) -> Place:
        mark = event.start_mark
        return Place(self._file, mark.line + 1, mark.column + 1) if mark else Place(self._file)

    def _start(self, event: DocumentStartEvent, start: Place) -> None:
        self._root = None
        self._anchors.clear()
        self._separator = start.line if event.explicit else 0
        if event.version or event.tags:
            self.report(problems.directive(start))

    def _has_content(self, root: Node | None) -> TypeGuard[Node]:
        """Tell a document from nothing at all or comments only. A lone value counts, and is reported."""
        if not isinstance(root, Scalar):
            return root is not None
        if root.text or root.quoted:
            self.report(problems.scalar_document(root.place, self._text))
            return True
        return False

    def _node(self, event: NodeEvent, place: Place) -> None:
        if self._separator:
            if place.line == self._separator and not (isinstance(event, ScalarEvent) and _is_nothing(event)):
                self.report(problems.beside_separator(place))
            self._separator = 0
        if isinstance(event, AliasEvent):
            self._alias(event.anchor or "", place)
            return
        if event.anchor and self._strict:
            self.report(
                problems.not_allowed(
                    place,
                    f"the anchor &{problems.shown(event.anchor)}",
                    "remove the anchor and write the value where it is needed",
                    "yaml.anchor",
                )
            )
        self._count(1, place)
        if isinstance(event, ScalarEvent):
            scalar = self._scalar(event, place)
            if event.anchor:
                self._anchors[event.anchor] = (scalar, LEAF)
            self._add(scalar, LEAF)
        elif isinstance(event, (SequenceStartEvent, MappingStartEvent)):
            self._tag(event.tag, place)
            if len(self._stack) >= self._limits.depth:
                self._stop(problems.too_deep(place, self._limits.depth))
            if event.anchor:
                self._anchors[event.anchor] = None
            self._stack.append(Frame(isinstance(event, MappingStartEvent), place, event.anchor))

    def _close(self) -> None:
        frame = self._stack.pop()
        node: Node = Sequence(tuple(frame.items), frame.place)
        if frame.is_map:
            node = Mapping(self._entries(frame), frame.place)
        weight = frame.weight
        if frame.anchor:
            self._anchors[frame.anchor] = (node, weight)
        self._add(node, weight)

    def _add(self, node: Node, weight: Weight) -> None:
        if not self._stack:
            self._root = node
            return
        frame = self._stack[-1]
        frame.count(weight)
        if not frame.is_map:
            frame.items.append(node)
        elif not frame.expects_value:
            frame.expects_value = True
            self._key(frame, node)
        else:
            frame.expects_value = False
            if frame.key is not None:
                frame.entries[str(frame.key.value)] = (frame.key, node)
            elif frame.is_merge:
                self._merge(frame, node)

    def _key(self, frame: Frame, node: Node) -> None:
        frame.key = None
        frame.is_merge = False
        if not isinstance(node, Scalar):
            self.report(problems.compound_key(node.place, self._text))
        elif node.text == _MERGE and not node.quoted:
            self._merge_key(frame, node.place)
        elif not isinstance(node.value, str):
            self.report(problems.key_not_text(node.place, node.text))
        elif node.value in frame.entries:
            first = frame.entries[node.value][0].place
            self.report(problems.duplicate_key(node.value, first, node.place))
        else:
            frame.key = node

    def _merge_key(self, frame: Frame, place: Place) -> None:
        if self._strict:
            remedy = 'write the keys where they are needed, or "<<" in quotes if it is text'
            self.report(problems.not_allowed(place, "the merge key <<", remedy, "yaml.merge"))
        elif frame.merge_key is not None:
            self.report(problems.duplicate_key(_MERGE, frame.merge_key, place))
        else:
            frame.begin_merge(place)

    def _merge(self, frame: Frame, node: Node) -> None:
        for source in node.items if isinstance(node, Sequence) else (node,):
            if isinstance(source, Mapping):
                frame.merged.append(source)
            else:
                self.report(problems.merge_not_map(frame.merge_key or frame.place))

    def _entries(self, frame: Frame) -> tuple[tuple[Scalar, Node], ...]:
        """Return the entries of a map: those of its merges first, then its own, which win."""
        entries = frame.from_merges()
        for name in frame.before_merge:
            if name in entries:
                self.report(problems.before_merge(frame.entries[name][0].place, name))
        entries.update(frame.entries)
        return tuple(entries.values())

    def _alias(self, name: str, place: Place) -> None:
        self._aliases += 1
        if self._aliases > self._limits.aliases:
            self._stop(problems.too_many_aliases(place, self._limits.aliases))
        if self._strict:
            thing = f"the alias *{problems.shown(name)}"
            remedy = "write the value in place of the alias"
            self.report(problems.not_allowed(place, thing, remedy, "yaml.anchor"))
        found = None if self._strict else self._anchors.get(name)
        if found is None:
            if not self._strict:
                inside_itself = name in self._anchors
                self.report(problems.unknown_alias(place, name, inside_itself=inside_itself))
            # Something must stand there, so that the keys after it are read as keys.
            found = (Scalar("", "", quoted=True, place=place), LEAF)
        node, weight = found
        if isinstance(node, Scalar):
            node = replace(node, place=place)
        if len(self._stack) + weight.depth > self._limits.depth:
            self._stop(problems.too_deep(place, self._limits.depth))
        self._count(weight.nodes, place)
        self._add(node, weight)

    def _scalar(self, event: ScalarEvent, place: Place) -> Scalar:
        text = event.value
        is_text = not self._strict and event.tag == f"{_STANDARD_TAG}str"
        if not is_text:
            self._tag(event.tag, place)
        quoted = bool(event.style) or is_text
        if not quoted:
            return Scalar(self._value(text, place), text, quoted=False, place=place)
        # Manifests may hold such characters if they are escaped, and so visible to a reviewer.
        if self._strict and (character := hidden_in(text)):
            self.report(problems.hidden(place, character))
        return Scalar(text, text, quoted=True, place=place)

    def _value(self, text: str, place: Place) -> Value:
        if text == _MERGE and self._stack and self._stack[-1].is_map and not self._stack[-1].expects_value:
            return text
        found = as_everywhere(text) if self._strict else as_kubernetes(text)
        if isinstance(found, Refusal):
            self.report(problems.refused(place, text, found))
            # As text it passes for a value and for a key, and so is reported once.
            return text
        return found

    def _tag(self, tag: str | None, place: Place) -> None:
        if tag is not None:
            name = tag.replace(_STANDARD_TAG, "!!")
            remedy = "remove the tag; put text in quotes"
            self.report(problems.not_allowed(place, f"the tag {problems.shown(name)}", remedy, "yaml.tag"))

    def _count(self, nodes: int, place: Place) -> None:
        self._nodes += nodes
        if self._nodes > self._limits.nodes:
            self._stop(problems.too_many_nodes(place, self._limits.nodes))

    def _stop(self, problem: Problem) -> None:
        raise TowpathError([*self.problems, problem])


def _is_nothing(event: ScalarEvent) -> bool:
    return not (event.value or event.style or event.tag or event.anchor)

"""Nodes: data without places, and the place of each part."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from towpath.documents.node import Mapping, Node, Sequence, plain
from towpath.documents.reader import read

if TYPE_CHECKING:
    from collections.abc import Iterator

TEXT = b"""\
web:
  replicas: 2
  hosts:
  - a.example
  - name: b
    port: 80
empty:
nothing: {}
"""


@pytest.fixture
def node() -> Node:
    """Return a document with maps and lists."""
    found = read(TEXT, "s.yaml")
    assert found is not None
    return found


def test_plain_data_is_new_each_time(node: Node) -> None:
    """Changing what `plain` returned changes neither the node nor the next result."""
    expected = {
        "web": {"replicas": 2, "hosts": ["a.example", {"name": "b", "port": 80}]},
        "empty": None,
        "nothing": {},
    }
    first = plain(node)
    assert first == expected
    first["web"]["hosts"].clear()
    assert plain(node) == expected


def test_keys_and_get(node: Node) -> None:
    """Keys come in the order of the file; a key with null is told from an absent one."""
    assert isinstance(node, Mapping)
    assert node.keys() == ("web", "empty", "nothing")
    assert node.get("absent") is None
    assert node.get("empty") is not None


def test_every_part_has_its_place(node: Node) -> None:
    """Keys and values have places of their own; an item of a list has no key."""
    assert list(_places(node, "")) == [
        ("", "1:1"),
        ("web:", "1:1"),
        ("web", "2:3"),
        ("web.replicas:", "2:3"),
        ("web.replicas", "2:13"),
        ("web.hosts:", "3:3"),
        ("web.hosts", "4:3"),
        ("web.hosts.0", "4:5"),
        ("web.hosts.1", "5:5"),
        ("web.hosts.1.name:", "5:5"),
        ("web.hosts.1.name", "5:11"),
        ("web.hosts.1.port:", "6:5"),
        ("web.hosts.1.port", "6:11"),
        ("empty:", "7:1"),
        ("empty", "7:7"),
        ("nothing:", "8:1"),
        ("nothing", "8:10"),
    ]


def _places(node: Node, path: str) -> Iterator[tuple[str, str]]:
    """Yield the place of each key (with a colon) and each value, by path."""
    yield path, str(node.place).removeprefix("s.yaml:")
    if isinstance(node, Mapping):
        for key, value in node.entries:
            below = f"{path}.{key.value}".removeprefix(".")
            yield f"{below}:", str(key.place).removeprefix("s.yaml:")
            yield from _places(value, below)
    elif isinstance(node, Sequence):
        for index, item in enumerate(node.items):
            yield from _places(item, f"{path}.{index}")

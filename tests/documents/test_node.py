"""Nodes: data without places, and the place of each part."""

from __future__ import annotations

import pytest

from towpath.documents.node import Mapping, Node, key_place_at, place_at, plain
from towpath.documents.reader import read

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


@pytest.mark.parametrize(
    ("path", "value", "key"),
    [
        pytest.param((), "1:1", "1:1", id="root"),
        pytest.param(("web",), "2:3", "1:1", id="map"),
        pytest.param(("web", "replicas"), "2:13", "2:3", id="scalar"),
        pytest.param(("web", "hosts"), "4:3", "3:3", id="list"),
        pytest.param(("web", "hosts", 0), "4:5", "4:5", id="item"),
        pytest.param(("web", "hosts", 1, "port"), "6:11", "6:5", id="in-an-item"),
        pytest.param(("web", "hosts", 7), "4:3", "3:3", id="item-beyond-the-end"),
        pytest.param(("web", "hosts", -1), "4:3", "3:3", id="negative-item"),
        pytest.param(("web", "hosts", "x"), "4:3", "3:3", id="key-of-a-list"),
        pytest.param(("web", "absent", "deeper"), "2:3", "1:1", id="absent-key"),
        pytest.param(("web", "replicas", "deeper"), "2:13", "2:3", id="below-a-scalar"),
        pytest.param(("web", 0), "2:3", "1:1", id="index-of-a-map"),
        pytest.param(("nothing", "x"), "8:10", "8:1", id="in-an-empty-map"),
    ],
)
def test_the_deepest_place_on_a_path(node: Node, path: tuple[str | int, ...], value: str, key: str) -> None:
    """Values and keys have places of their own; where the path ends early, the last part that exists counts."""
    assert str(place_at(node, path)) == f"s.yaml:{value}"
    assert str(key_place_at(node, path)) == f"s.yaml:{key}"

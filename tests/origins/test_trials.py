"""Other values for a field, and where two objects differ."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

import pytest

from towpath.origins.trials import by_name, differences, near_values, other_values


class Mode(StrEnum):
    """Two ways."""

    ONE = "one"
    TWO = "two"


@pytest.mark.parametrize(
    ("value", "first"),
    [
        pytest.param(2, 3, id="a-number"),
        pytest.param(True, False, id="true"),
        pytest.param("500m", "501m", id="a-quantity"),
        pytest.param("web", "web1", id="text"),
        pytest.param(("a", 1), ("a1", 2), id="a-tuple"),
        pytest.param({"A": "x", "B": "9"}, {"A": "x1", "B": "10"}, id="a-mapping"),
        pytest.param(Mode.ONE, Mode.TWO, id="an-enumeration"),
        pytest.param(None, 1, id="nothing"),
        pytest.param((), ("x",), id="an-empty-tuple"),
    ],
)
def test_near_values(value: Any, first: Any) -> None:
    """The first is of the same type and differs; none of them is the value itself where there is another."""
    found = list(near_values(value))
    assert found[0] == first
    assert type(found[0]) is type(first)


def test_a_part_gets_no_other_part_s_name() -> None:
    """One with the name of another would stand in its place, and one without is none."""
    found = list(other_values("name", "web", ["web", "worker"], ()))
    assert "worker" not in found
    assert "" not in found
    assert "worker" in list(other_values("target", "web", ["web", "worker"], ()))


@pytest.mark.parametrize(
    ("before", "after", "paths"),
    [
        pytest.param({"a": {"b": 1}}, {"a": {"b": 2}}, {("a", "b")}, id="a-value"),
        pytest.param({"a": None}, {}, {("a",)}, id="a-null-that-is-gone"),
        pytest.param([1, 2], [1, 3], {(1,)}, id="by-index"),
        pytest.param(
            {"env": [{"name": "A", "value": "1"}]},
            {"env": [{"name": "B", "value": "2"}, {"name": "A", "value": "1"}]},
            {("env", "[B]")},
            id="members-with-names-go-by-these",
        ),
        pytest.param(None, {"a": 1}, {()}, id="the-whole"),
    ],
)
def test_differences(before: Any, after: Any, paths: set[tuple[str | int, ...]]) -> None:
    """Each path leads to something that differs, and as deep as both have it."""
    assert set(differences(before, after)) == paths


@pytest.mark.parametrize(
    ("items", "keys"),
    [
        pytest.param([{"name": "a"}, {"name": "b"}], ["[a]", "[b]"], id="each-has-one"),
        pytest.param([{"name": "a"}, {"name": "a"}], [0, 1], id="two-are-the-same"),
        pytest.param([{"name": "a"}, "b"], [0, 1], id="not-each-has-one"),
        pytest.param([], [], id="none"),
    ],
)
def test_members_by_name(items: list[Any], keys: list[str | int]) -> None:
    """Names only where each member has one of its own."""
    assert list(by_name(items)) == keys

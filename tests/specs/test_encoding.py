"""Specs as plain data and back."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.kubernetes.sample import platform
from towpath.images.symbol import Form, ImageSymbol
from towpath.kubernetes.lower import platform_objects
from towpath.specs.encoding import decoded, encoded
from towpath.specs.values import Port


def _numbers() -> tuple[dict[int, int], list[Any]]:
    return {}, []


def _round_trip(value: Any) -> tuple[Any, dict[int, Any]]:
    numbers, kept = _numbers()

    def number_of(each: Any) -> int:
        kept.append(each)
        return numbers.setdefault(id(each), len(numbers))

    made: dict[int, Any] = {}
    return decoded(json.loads(json.dumps(encoded(value, number_of))), made), made


def test_a_platform_is_the_same_platform_again() -> None:
    """It lowers to the same objects, through JSON."""
    spec = platform()
    found, made = _round_trip(spec)
    assert platform_objects(found) == platform_objects(spec)
    assert found in made.values()


def test_one_value_in_two_places_is_one_value() -> None:
    """What is changed in one place is changed in both."""
    port = Port("http", 80)
    found, made = _round_trip((port, {"again": port}))
    assert found[0] is found[1]["again"]
    assert made == {0: port}


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        pytest.param(ImageSymbol("web", Form.TAG), ImageSymbol("web", Form.TAG), id="an-image"),
        pytest.param([1, 2.5, True, None, "x"], (1, 2.5, True, None, "x"), id="a-list"),
        pytest.param({80: "x"}, {80: "x"}, id="keys-of-any-kind"),
        pytest.param(object, "<class 'object'>", id="anything-else-as-text"),
    ],
)
def test_values(value: Any, expected: Any) -> None:
    """What is no value of specs becomes what it renders to."""
    assert _round_trip(value)[0] == expected


@pytest.mark.parametrize(
    "name",
    [
        pytest.param("os:system", id="a-function-elsewhere"),
        pytest.param("towpath.specs.values:Nothing", id="no-such-class"),
        pytest.param("towpath.specs.encoding:decoded", id="no-class"),
        pytest.param("towpath.cli.main:Output", id="a-class-elsewhere"),
        pytest.param("", id="nothing"),
    ],
)
def test_only_classes_of_specs_are_made(name: str) -> None:
    """A cache that somebody tampered with names no other code."""
    with pytest.raises(ValueError, match="is no class of specs"):
        decoded({"class": name, "number": 0, "value": {}}, {})

"""The canonical form: one order of fields for one object, and JSON values only."""

from __future__ import annotations

from enum import StrEnum
from pathlib import PurePosixPath
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from towpath.documents.emitter import emit
from towpath.documents.node import plain
from towpath.documents.reader import Dialect, read_all
from towpath.errors import Place, TowpathError
from towpath.images.symbol import Form, ImageSymbol
from towpath.manifests.order import canonical, path_text

if TYPE_CHECKING:
    from random import Random

PLACE = Place("charts/shop/chart.py", 7)
_LETTERS = "ay1.-:# \n\t'\"é\u2028"
# Fields that have a rank stand among words that have none, and among those whose content is alphabetical.
_FIELDS = st.sampled_from(
    [
        "name",
        "image",
        "env",
        "spec",
        "data",
        "labels",
        "metadata",
        "group",
        "kind",
        "zebra",
        "requests",
        "ports",
    ]
) | st.text(_LETTERS, min_size=1, max_size=3)
_SCALARS = (
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**64 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(_LETTERS, max_size=5)
)
_VALUES = st.recursive(
    _SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_FIELDS, inner, max_size=5),
    max_leaves=12,
)
_MANIFESTS = st.dictionaries(_FIELDS, _VALUES, min_size=1, max_size=6)


class Level(StrEnum):
    """A value as settings hold it."""

    HIGH = "high"


def _shuffled(value: Any, dice: Random) -> Any:
    if isinstance(value, dict):
        fields = list(value)
        dice.shuffle(fields)
        return {field: _shuffled(value[field], dice) for field in fields}
    if isinstance(value, list):
        return [_shuffled(item, dice) for item in value]
    return value


def _fields(value: Any) -> Any:
    """Return the same value with the order of its keys made visible to `==`."""
    if isinstance(value, dict):
        return [(field, _fields(item)) for field, item in value.items()]
    return [_fields(item) for item in value] if isinstance(value, list) else value


@given(_MANIFESTS, st.randoms(use_true_random=False))
@settings(max_examples=60)
def test_c18_order_of_insertion_does_not_show(manifest: dict[str, Any], dice: Random) -> None:
    """An object is canonical in one way only, in whatever order its fields were set."""
    assert _fields(canonical(_shuffled(manifest, dice), PLACE)) == _fields(canonical(manifest, PLACE))


@given(_MANIFESTS)
@settings(max_examples=60)
def test_c07_emission_is_a_fixed_point(manifest: dict[str, Any]) -> None:
    """Reading a file and writing it again changes no byte, so relinked bytes are compiled bytes."""
    text = emit(canonical(manifest, PLACE))
    (node,) = read_all(text.encode(), "object.yaml", Dialect.KUBERNETES)
    assert emit(canonical(plain(node), PLACE)) == text


@pytest.mark.parametrize(
    ("value", "line"),
    [
        pytest.param(2**53 + 1, "9007199254740993", id="above-what-doubles-hold"),
        pytest.param(2**64 - 1, "18446744073709551615", id="largest-unsigned"),
        pytest.param(-(2**63), "-9223372036854775808", id="smallest-signed"),
        pytest.param(1.0, "1.0", id="float"),
        pytest.param(0.1, "0.1", id="fraction"),
    ],
)
def test_c07_numbers_keep_their_digits(value: float, line: str) -> None:
    """Integers keep every digit, and a float stays one on both sides of a diff."""
    text = emit(canonical({"kind": "Meter", "spec": {"value": value}}, PLACE))
    assert text == f"kind: Meter\nspec:\n  value: {line}\n"
    (node,) = read_all(text.encode(), "object.yaml", Dialect.KUBERNETES)
    assert plain(node)["spec"] == {"value": value}


def test_c10_a_final_newline_shows() -> None:
    """Texts that differ by their last line feed have different bytes, and each reads back as it was."""
    texts = ["a\nb", "a\nb\n", "a\nb\n\n"]
    written = [emit(canonical({"data": {"text": text}}, PLACE)) for text in texts]
    assert [line.partition("\n")[2].partition("\n")[0] for line in written] == [
        "  text: |-",
        "  text: |",
        "  text: |+",
    ]
    read = [plain(read_all(text.encode(), "object.yaml", Dialect.KUBERNETES)[0]) for text in written]
    assert [each["data"]["text"] for each in read] == texts


def test_c11_nulls_are_kept() -> None:
    """An explicit null differs from an absent field, in maps as in lists."""
    manifest = {"kind": "Patch", "spec": {"unset": None, "list": [None, 1]}}
    assert canonical(manifest, PLACE) == manifest
    assert emit(canonical(manifest, PLACE)) == "kind: Patch\nspec:\n  list:\n  - null\n  - 1\n  unset: null\n"


@pytest.mark.parametrize(
    ("manifest", "fields"),
    [
        pytest.param(
            {"spec": {}, "metadata": {}, "kind": "A", "apiVersion": "v1"},
            ["apiVersion", "kind", "metadata", "spec"],
            id="object",
        ),
        pytest.param(
            {"group": "x", "name": "y", "apiVersion": "v1", "kind": "A", "metadata": {}},
            ["apiVersion", "kind", "metadata", "group", "name"],
            id="what-it-is-comes-before-fields-of-any-name",
        ),
    ],
)
def test_objects_start_with_what_they_are(manifest: dict[str, Any], fields: list[str]) -> None:
    """Version, kind and metadata stand first; the Argo CD rendering reads kinds from there."""
    assert list(canonical(manifest, PLACE)) == fields


@pytest.mark.parametrize(
    "parent", ["labels", "annotations", "matchLabels", "data", "requests", "limits", "nodeSelector"]
)
def test_chosen_keys_are_alphabetical(parent: str) -> None:
    """Keys that people choose are sorted as text, also where they are words of Kubernetes elsewhere."""
    found = canonical({"spec": {parent: {"value": "1", "name": "2", "image": "3"}}}, PLACE)
    assert list(found["spec"][parent]) == ["image", "name", "value"]


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        pytest.param(ImageSymbol("web"), "towpath-image://web/reference", id="symbol"),
        pytest.param(ImageSymbol("web", Form.TAG), "towpath-image://web/tag", id="symbol-of-a-tag"),
        pytest.param(Level.HIGH, "high", id="enumeration"),
        pytest.param((1, (2,)), [1, [2]], id="tuples"),
        pytest.param(type("Text", (str,), {})("text"), "text", id="subclass-of-str"),
        pytest.param(type("Count", (int,), {})(3), 3, id="subclass-of-int"),
        pytest.param(type("Table", (dict,), {})(a=1), {"a": 1}, id="subclass-of-dict"),
    ],
)
def test_what_charts_hold_becomes_json(value: object, expected: object) -> None:
    """Symbols, enumerations and subclasses become plain values."""
    found = canonical({"spec": value}, PLACE)["spec"]
    assert found == expected
    assert type(found) is type(expected)


@pytest.mark.parametrize(
    ("value", "words"),
    [
        pytest.param({"b", "a"}, "spec.args is a set, which has no order", id="set"),
        pytest.param(frozenset({"a"}), "spec.args is a set", id="frozenset"),
        pytest.param(b"bytes", "spec.args is a bytes, which a manifest cannot hold", id="bytes"),
        pytest.param([PurePosixPath("/x")], r"spec.args\[0\] is a PurePosixPath", id="path-in-a-list"),
        pytest.param(MappingProxyType({}), "spec.args is a mappingproxy", id="mapping-that-is-no-dict"),
        pytest.param({1: "x", "a": "y"}, "spec.args has the key 1, a int", id="key-is-a-number"),
        pytest.param({True: "x"}, "spec.args has the key True, a bool", id="key-is-true"),
        pytest.param({None: "x", "b": 1}, "spec.args has the key None", id="key-is-null"),
    ],
)
def test_c24_what_json_lacks_is_refused(value: object, words: str) -> None:
    """What has no order or no form is refused, at the line of the chart."""
    with pytest.raises(TowpathError, match=words) as caught:
        canonical({"kind": "A", "spec": {"args": value}}, PLACE)
    assert caught.value.problems[0].place == PLACE
    assert caught.value.problems[0].remedy


@pytest.mark.parametrize(
    "manifest",
    [
        pytest.param({1: "x", "kind": "A"}, id="of-the-object"),
        pytest.param({"data": {1: "x", "a": "y"}}, id="of-chosen-keys"),
        pytest.param({"metadata": {"labels": {True: "x"}}}, id="of-labels"),
    ],
)
def test_keys_are_text_everywhere(manifest: dict[Any, Any]) -> None:
    """A key that is no text is refused, wherever it stands, and never a traceback."""
    with pytest.raises(TowpathError, match="has the key") as caught:
        canonical(manifest, PLACE)
    assert caught.value.problems[0].rule == "manifest.key-type"


@pytest.mark.parametrize(
    ("path", "text"),
    [
        pytest.param(("spec", "containers", 0, "image"), "spec.containers[0].image", id="list"),
        pytest.param(("metadata", "labels", "a.b/c"), "metadata.labels[a.b/c]", id="key-with-dots"),
        pytest.param((0, "kind"), "[0].kind", id="starts-with-an-item"),
    ],
)
def test_paths_read_as_people_write_them(path: tuple[str | int, ...], text: str) -> None:
    """A key that holds dots stands in brackets."""
    assert path_text(path) == text

"""Layers merge under the model's defaults, and each value knows where it came from."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import Field

from tests.settings.sample import Bundled, External, Shop, layers, load
from towpath.documents.emitter import emit
from towpath.errors import NOWHERE, Place, TowpathError
from towpath.settings.fields import HostName, Quantity, SecretRef
from towpath.settings.layers import DEFAULT, Layer, Origin, load_settings, read_layer
from towpath.settings.model import SettingsModel

DOMAIN = "domain: a.example\n"


def _external(host: str) -> External:
    return External(mode="external", host=HostName(host), password=SecretRef("a#b"))


def _value(shop: Shop, path: str) -> Any:
    found: Any = shop
    for part in path.split("."):
        found = found[part] if isinstance(found, Mapping) else getattr(found, part)
    return found


@pytest.mark.parametrize(
    ("lower", "higher", "path", "value"),
    [
        pytest.param("", "", "backend.replicas", 2, id="default-of-the-whole"),
        pytest.param("", "", "backend.port", 8080, id="default-of-the-part"),
        pytest.param("backend: {replicas: 3}", "", "backend.replicas", 3, id="lower"),
        pytest.param("", "backend: {replicas: 4}", "backend.replicas", 4, id="higher"),
        pytest.param("backend: {replicas: 3}", "backend: {replicas: 4}", "backend.replicas", 4, id="both"),
        pytest.param("backend: {replicas: 3}", "backend: {port: 80}", "backend.replicas", 3, id="key-by-key"),
        pytest.param("", "backend: {port: 80}", "backend.replicas", 2, id="key-by-key-with-the-default"),
        pytest.param(
            "hosts: [a.example, b.example]", "hosts: [c.example]", "hosts", ("c.example",), id="list"
        ),
        pytest.param("hosts: [a.example]", "hosts: []", "hosts", (), id="empty-list"),
        pytest.param(
            "labels: {a: x}", "labels: {b: z}", "labels", {"team": "shop", "a": "x", "b": "z"}, id="free"
        ),
        pytest.param(
            "labels: {a: x}", "labels: {}", "labels", {"team": "shop", "a": "x"}, id="empty-mapping"
        ),
        pytest.param("backend: {}", "", "backend.replicas", 2, id="empty-model"),
        pytest.param(
            "retention: 5", "retention: forever", "retention", "forever", id="other-member-of-a-union"
        ),
    ],
)
def test_merging(lower: str, higher: str, path: str, value: object) -> None:
    """Mappings merge key by key, with the default's too; lists and scalars replace."""
    assert _value(load(lower, DOMAIN + higher).value, path) == value


@pytest.mark.parametrize(
    ("lower", "higher", "path", "value"),
    [
        pytest.param(
            "backend: {replicas: 3}", "backend: {replicas: null}", "backend.replicas", 2, id="to-the-default"
        ),
        pytest.param("backend: {replicas: 3}", "backend: null", "backend.replicas", 2, id="a-whole-mapping"),
        pytest.param(
            "backend: {replicas: null}", "backend: {replicas: 5}", "backend.replicas", 5, id="and-set-again"
        ),
        pytest.param("hosts: [a.example]", "hosts: null", "hosts", (), id="a-list"),
        pytest.param("jwt_secret: a#b", "jwt_secret: null", "jwt_secret", None, id="to-a-default-of-none"),
        pytest.param("labels: {a: x}", "labels: {a: null}", "labels", {"team": "shop"}, id="a-free-key"),
        pytest.param(
            "labels: {a: x}", "labels: {team: null}", "labels", {"a": "x"}, id="a-free-key-of-the-default"
        ),
        pytest.param(
            "database: {mode: external, host: h, password: a#b}",
            "database: null",
            "database",
            Bundled(),
            id="a-choice",
        ),
        pytest.param("", "backend: {replicas: null}", "backend.replicas", 2, id="nothing"),
    ],
)
def test_c11_null_resets(lower: str, higher: str, path: str, value: object) -> None:
    """Null differs from absent: it takes back what lower layers say, so the model's default stands again."""
    assert _value(load(lower, DOMAIN + higher).value, path) == value


def test_c11_null_is_kept_in_a_list() -> None:
    """A null in a list is an element, not a reset."""

    class Model(SettingsModel):
        items: tuple[int | None, ...]

    assert load_settings(Model, layers("items: [null, 1]")).value.items == (None, 1)


@pytest.mark.parametrize(
    ("lower", "higher", "expected"),
    [
        pytest.param(
            "database: {size: 5Gi}",
            "database: {mode: external, host: h, password: a#b}",
            _external("h"),
            id="away-from-the-default",
        ),
        pytest.param(
            "database: {mode: external, host: h, password: a#b}",
            "database: {mode: bundled}",
            Bundled(),
            id="back-to-the-default",
        ),
        pytest.param(
            "database: {mode: external, host: h, password: a#b}",
            "database: {host: i}",
            _external("i"),
            id="the-same-model",
        ),
        pytest.param(
            "database: {mode: bundled, size: 5Gi}",
            "database: {mode: bundled}",
            Bundled(size=Quantity("5Gi")),
            id="the-same-model-stated-again",
        ),
    ],
)
def test_another_choice_starts_afresh(lower: str, higher: str, expected: SettingsModel) -> None:
    """Where a layer chooses another model, what lower layers say of the former one does not count."""
    assert load(lower, DOMAIN + higher).value.database == expected


def test_a_mapping_replaces_what_is_no_mapping() -> None:
    """What stands below a scalar is gone, also where a mapping stands above it again."""

    class Model(SettingsModel):
        size: Mapping[str, int] | int

    stack = [
        read_layer(text, "x.yaml", text.encode()) for text in ("size: {a: 1}", "size: 5", "size: {b: 2}")
    ]
    loaded = load_settings(Model, stack)
    assert loaded.value.size == {"b": 2}
    assert [each.value for each in loaded.origins["size", "b"].overridden] == []
    assert load_settings(Model, stack[:2]).value.size == 5


def test_a_default_may_be_made_of_other_values() -> None:
    """A default that a function makes, also of the values before it, is left to the model."""

    class Model(SettingsModel):
        number: int = 1
        double: int = Field(default_factory=lambda values: 2 * values["number"])
        words: tuple[str, ...] = Field(default_factory=tuple)

    loaded = load_settings(Model, layers("number: 4"))
    assert loaded.value.double == 8
    assert loaded.origins["double",] == Origin(DEFAULT, NOWHERE, 8)
    assert loaded.origins["words",] == Origin(DEFAULT, NOWHERE, [])


def test_origins() -> None:
    """Each value knows its layer and place, and what it prevailed over, the highest first."""
    loaded = load(
        "log_level: debug\nhosts: [b.example]\nbackend:\n  replicas: 3\n",
        "domain: a.example\nlog_level: error\nhosts:\n- c.example\nbackend:\n  replicas: null\n",
    )
    default = Origin(DEFAULT, NOWHERE, "info")
    lower = Origin("defaults", Place("defaults.yaml", 1, 12), "debug")
    assert loaded.origins["domain",] == Origin("production", Place("production.yaml", 1, 9), "a.example")
    assert loaded.origins["log_level",] == Origin(
        "production", Place("production.yaml", 2, 12), "error", (lower, default)
    )
    assert loaded.origins["hosts", 0] == Origin(
        "production",
        Place("production.yaml", 4, 3),
        "c.example",
        (Origin("defaults", Place("defaults.yaml", 2, 8), ["b.example"]), Origin(DEFAULT, NOWHERE, [])),
    )
    assert loaded.origins["backend", "replicas"] == Origin(
        DEFAULT,
        NOWHERE,
        2,
        (
            Origin("production", Place("production.yaml", 6, 13), None),
            Origin("defaults", Place("defaults.yaml", 4, 13), 3),
        ),
    )


def test_origins_of_a_mapping_that_was_taken_back() -> None:
    """A null for a whole mapping is told at each value in it."""
    loaded = load("backend: {replicas: 3}", "domain: a.example\nbackend: null")
    assert [(each.layer, each.value) for each in loaded.origins["backend", "replicas"].overridden] == [
        ("production", None),
        ("defaults", 3),
    ]
    assert [each.layer for each in loaded.origins["backend", "port"].overridden] == ["production"]


def test_origins_of_a_part_of_a_default() -> None:
    """A value in a mapping prevails over the same value in the mapping's default."""
    overridden = load(DOMAIN + "backend: {replicas: 3}").origins["backend", "replicas"].overridden
    assert overridden == (Origin(DEFAULT, NOWHERE, 2),)


def test_origins_of_another_choice() -> None:
    """The choice of a model prevails over the lower layer's choice and over the default's."""
    loaded = load("database: {mode: bundled}", DOMAIN + "database: {mode: external, host: h, password: a#b}")
    overridden = loaded.origins["database", "mode"].overridden
    assert [(each.layer, each.value) for each in overridden] == [
        ("defaults", "bundled"),
        (DEFAULT, "bundled"),
    ]


def _leaves(value: Any, path: tuple[str | int, ...] = ()) -> list[tuple[str | int, ...]]:
    items: Any = (
        value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    )
    return [leaf for name, child in items for leaf in _leaves(child, (*path, name))] or [path]


def test_every_leaf_has_an_origin() -> None:
    """The origins are those of the values, no more and no less, in the model's order."""
    loaded = load(
        "copies: [{days: 3, bucket: b}]\nbackend: {env: {A: x}}",
        DOMAIN + "database: {mode: external, host: h, password: a#b}\nbackend: {env: {B: z}}",
    )
    assert list(loaded.origins) == _leaves(loaded.value.model_dump(mode="json"))
    with pytest.raises(TypeError):
        loaded.origins["domain",] = loaded.origins["debug",]  # type: ignore[index]  # what the test tries


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        pytest.param("just text", "x.yaml:1:1: the document is a lone value", id="text"),
        pytest.param("- 1", "x.yaml:1:1: x.yaml holds a list", id="list"),
    ],
)
def test_a_layer_is_a_mapping(text: str, problem: str) -> None:
    """A file of settings that is not a mapping is refused."""
    with pytest.raises(TowpathError) as caught:
        read_layer("x", "x.yaml", text.encode())
    assert str(caught.value).splitlines()[0] == problem


@pytest.mark.parametrize("data", [None, b"", b"# nothing\n", b"---\n"])
def test_c13_an_empty_layer_states_nothing(data: bytes | None) -> None:
    """A file that does not exist, is empty or holds only comments is a layer without settings."""
    layer = read_layer("x", "x.yaml", data)
    assert layer == Layer("x", "x.yaml", None)
    assert load_settings(Shop, [layer, *layers(DOMAIN)]).value == load(DOMAIN).value


class _Tree(SettingsModel):
    number: int = 0
    words: tuple[str, ...] = ()
    free: Mapping[str, int] = Field(default={})
    inner: _Branch | None = None
    choice: Annotated[_Left | _Right, Field(discriminator="side")] | None = None


class _Branch(SettingsModel):
    number: int = 1
    free: Mapping[str, int] = Field(default={"k": 1})


class _Left(SettingsModel):
    side: Literal["left"]
    number: int = 2


class _Right(SettingsModel):
    side: Literal["right"]
    words: tuple[str, ...] = ("r",)


_Tree.model_rebuild()
_NUMBERS = st.integers(-5, 5)
_WORDS = st.lists(st.sampled_from(["on", "x", "1e3"]), max_size=2)
_FREE = st.dictionaries(st.sampled_from("kmn"), _NUMBERS | st.none(), max_size=3)
_BRANCHES = st.fixed_dictionaries({}, optional={"number": _NUMBERS | st.none(), "free": _FREE | st.none()})
_CHOICES = st.fixed_dictionaries(
    {"side": st.just("left")}, optional={"number": _NUMBERS}
) | st.fixed_dictionaries({"side": st.just("right")}, optional={"words": _WORDS})
_TREES = st.fixed_dictionaries(
    {},
    optional={
        "number": _NUMBERS | st.none(),
        "words": _WORDS | st.none(),
        "free": _FREE | st.none(),
        "inner": _BRANCHES | st.none(),
        "choice": _CHOICES | st.none(),
    },
)


def _load_trees(*trees: dict[str, Any]) -> _Tree:
    stack = [read_layer(str(index), f"{index}.yaml", emit(tree).encode()) for index, tree in enumerate(trees)]
    return load_settings(_Tree, stack).value


@given(_TREES)
def test_a_layer_over_itself_changes_nothing(tree: dict[str, Any]) -> None:
    """Stating everything twice is stating it once; an empty layer above or below changes nothing either."""
    once = _load_trees(tree)
    assert _load_trees(tree, tree) == once
    assert _load_trees({}, tree) == once
    assert _load_trees(tree, {}) == once


@given(_TREES, _TREES, _TREES)
def test_the_highest_scalar_wins(low: dict[str, Any], middle: dict[str, Any], high: dict[str, Any]) -> None:
    """Whatever the layers, the value is that of the highest one that states it since the last reset."""
    stated = [tree["number"] for tree in (low, middle, high) if "number" in tree]
    while None in stated:
        stated = stated[stated.index(None) + 1 :]
    assert _load_trees(low, middle, high).number == (stated[-1] if stated else 0)


@given(_TREES, _TREES)
def test_every_value_is_where_its_origin_says(low: dict[str, Any], high: dict[str, Any]) -> None:
    """The value of an origin is the value in the settings."""
    stack = [read_layer(name, name, emit(tree).encode()) for name, tree in (("low", low), ("high", high))]
    loaded = load_settings(_Tree, stack)
    plain = loaded.value.model_dump(mode="json")
    assert list(loaded.origins) == _leaves(plain)
    for path, origin in loaded.origins.items():
        found: Any = plain
        for part in path:
            found = found[part]
        assert found == origin.value
        assert (origin.layer == DEFAULT) is (origin.place == NOWHERE)

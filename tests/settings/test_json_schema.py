"""The schema of a layer: editors complete and check a file with it, and it agrees with what loading says."""

from __future__ import annotations

import contextlib
import json
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.settings.sample import Shop, load
from towpath.documents.emitter import emit
from towpath.documents.node import plain
from towpath.documents.reader import read
from towpath.errors import TowpathError
from towpath.settings.json_schema import layer_schema

ROOT = Path(__file__).resolve().parents[2]
SCHEMA = layer_schema(Shop, "Settings of the shop, one layer")
VALIDATOR = jsonschema_rs.validator_for(SCHEMA)
FILES = [
    pytest.param(file, id=str(file.relative_to(ROOT / "envs")))
    for file in sorted((ROOT / "envs").glob("*/*.yaml"))
    if not file.name.endswith(".images.yaml")
]
# What a layer of the tests states at least, so that the whole is complete.
COMPLETE = "domain: shop.example\nbackend: {image: backend}\n"


def data(text: str) -> Any:
    """Return a file's content as JSON's types."""
    node = read(text.encode(), "layer.yaml")
    return None if node is None else plain(node)


@pytest.mark.parametrize("file", FILES)
def test_real_settings_fit_their_schema(file: Path) -> None:
    """Every settings file of this checkout is taken by the schema that its first line names."""
    first, _, rest = file.read_text(encoding="utf-8").partition("\n")
    named = file.parent / first.removeprefix("# yaml-language-server: $schema=")
    schema = json.loads(named.read_text(encoding="utf-8"))
    validator = jsonschema_rs.validator_for(schema)
    assert [error.message for error in validator.iter_errors(data(rest))] == []


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("", id="empty"),
        pytest.param("log_level: error\n", id="a-part-alone"),
        pytest.param("backend: {port: 80}\n", id="nothing-is-required"),
        pytest.param("backend: {image: null}\nhosts: null\n", id="null-resets"),
        pytest.param("labels: {team: null}\n", id="null-takes-a-key-away"),
        pytest.param("database: {size: 2Gi}\n", id="the-tag-stands-in-another-layer"),
        pytest.param("database: {mode: external, host: db.example}\n", id="tagged"),
        pytest.param("surge: 2\n", id="a-count"),
        pytest.param("backend: {resources: {limits: {cpu: 2}}}\n", id="a-number-for-a-quantity"),
        pytest.param("copies: [{days: 3, bucket: a}]\n", id="a-whole-element"),
    ],
)
def test_a_layer_is_taken(text: str) -> None:
    """What a layer may state, the schema takes, and so does loading below a complete one."""
    assert VALIDATOR.is_valid(data(text))


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("log_leve: info\n", id="unknown-key"),
        pytest.param("backend: {replcas: 2}\n", id="unknown-key-inside"),
        pytest.param("log_level: loud\n", id="no-such-choice"),
        pytest.param("backend: {replicas: 51}\n", id="out-of-bounds"),
        pytest.param("backend: {replicas: '2'}\n", id="text-for-a-number"),
        pytest.param("debug: 'yes'\n", id="text-for-a-truth"),
        pytest.param("hosts: shop.example\n", id="no-list"),
        pytest.param("database: {mode: cloud}\n", id="no-such-member"),
        pytest.param("copies: [{days: 3}]\n", id="half-an-element"),
        pytest.param("backend: [a]\n", id="no-mapping"),
        pytest.param("- a\n", id="a-list-for-a-file"),
    ],
)
def test_mistakes_are_found_by_both(text: str) -> None:
    """What an editor marks, loading refuses."""
    assert not VALIDATOR.is_valid(data(text))
    with pytest.raises(TowpathError):
        load(COMPLETE, text)


_TEXTS = st.sampled_from(["shop.example", "a", "1Gi", "25%", "info", "external", "app#jwt", "", "x y"])
_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-2, 60) | _TEXTS,
    lambda inner: (
        st.lists(inner, max_size=2)
        | st.dictionaries(
            st.sampled_from(
                ["mode", "size", "host", "image", "port", "replicas", "team", "days", "bucket", "cpu"]
            ),
            inner,
            max_size=3,
        )
    ),
    max_leaves=6,
)


@given(st.dictionaries(st.sampled_from(sorted(Shop.model_fields)), _VALUES, max_size=3))
def test_what_loading_takes_the_schema_takes(layer: dict[str, Any]) -> None:
    """No editor marks what loads: whatever stands in a layer."""
    with contextlib.suppress(TowpathError):
        load(COMPLETE, emit(layer) if layer else "")
        assert VALIDATOR.is_valid(layer)


def test_an_editor_learns_what_a_setting_is() -> None:
    """Documentation, examples and choices are there; what pydantic makes of names alone is not."""
    workload = SCHEMA["$defs"]["Workload"]
    assert workload["description"] == "A program."
    assert workload["additionalProperties"] is False
    assert "required" not in workload
    assert SCHEMA["$defs"]["Archive"]["required"] == ["days", "bucket"]
    domain = SCHEMA["properties"]["domain"]
    assert domain["examples"]
    assert "such as" in domain["description"]
    assert "title" not in json.dumps({**SCHEMA, "title": ""}).replace('"title": ""', "")

"""The base model is frozen, strict and closed; the shared models check what does not fit together."""

from __future__ import annotations

import json
from typing import Any

import pytest
from pydantic import ValidationError

from tests.settings.sample import Shop, load
from towpath.settings.cluster import Cluster
from towpath.settings.model import (
    Autoscaling,
    Probe,
    RateLimit,
    ResourceList,
    Resources,
    SettingsModel,
)


def test_models_are_frozen() -> None:
    """Settings do not change once they are loaded, and equal ones have equal hashes."""
    probe = Probe(path="/health")
    with pytest.raises(ValidationError, match="frozen"):
        probe.path = "/other"  # type: ignore[misc]  # what the test tries
    assert hash(probe) == hash(Probe(path="/health"))


def test_models_are_closed_and_strict() -> None:
    """Unknown names are refused, and nothing is converted: a number in quotes is no number."""
    for values in ({"requests": 1, "brust": 2}, {"requests": "1"}, {"requests": True}, {"requests": 1.0}):
        with pytest.raises(ValidationError):
            RateLimit.model_validate(values)


def test_pydantic_does_not_quote_values() -> None:
    """Even pydantic's own message keeps values to itself, should one ever be printed."""
    with pytest.raises(ValidationError) as caught:
        RateLimit.model_validate({"requests": "hunter2"})
    assert "hunter2" not in str(caught.value)


def test_documentation_stands_below_a_field() -> None:
    """A string below a field becomes its description, for schemas and editors."""
    assert (
        Probe.model_fields["retries"].description
        == "How many failures in a row make the container unhealthy."
    )


@pytest.mark.parametrize(
    "model", [Shop, Cluster, Resources, Probe, RateLimit, Autoscaling], ids=lambda model: model.__name__
)
def test_json_schemas_can_be_made(model: type[SettingsModel]) -> None:
    """A JSON schema can be made of every model, for input and for output."""
    for mode in ("validation", "serialization"):
        schema = model.model_json_schema(mode=mode)
        assert schema["additionalProperties"] is False


@pytest.mark.parametrize(
    ("model", "values", "what"),
    [
        pytest.param(
            Resources, {"requests": {"cpu": "2"}, "limits": {"cpu": "1"}}, "more than the limit", id="cpu"
        ),
        pytest.param(
            Resources,
            {"requests": {"memory": "1025Mi"}, "limits": {"memory": "1Gi"}},
            "is 1025Mi, more than the limit of 1Gi",
            id="memory",
        ),
        pytest.param(ResourceList, {"memory": 512}, "is 512, which is less than one megabyte", id="no-unit"),
        pytest.param(ResourceList, {"memory": "512m"}, "less than one megabyte", id="milli"),
        pytest.param(ResourceList, {"ephemeral_storage": "1k"}, "less than one megabyte", id="disk"),
        pytest.param(Probe, {"path": "/", "command": ["x"]}, "cannot stand beside path", id="two-ways"),
        pytest.param(
            Probe, {"port": 80, "command": ["x"]}, "has no meaning for a command", id="port-of-command"
        ),
        pytest.param(Probe, {"path": "/", "timeout": "0s"}, "is 0s", id="no-timeout"),
        pytest.param(
            Autoscaling, {"minimum": 3, "maximum": 2, "cpu": 70}, "less than the minimum", id="bounds"
        ),
        pytest.param(Autoscaling, {"minimum": 1, "maximum": 2}, "has nothing to aim at", id="no-aim"),
    ],
)
def test_misfits(model: type[SettingsModel], values: dict[str, Any], what: str) -> None:
    """Values that are right alone and wrong together are refused."""
    with pytest.raises(ValidationError, match=what):
        model.model_validate_json(json.dumps(values))


def test_lists_and_choices_come_from_yaml() -> None:
    """Strict as the models are, YAML's lists become tuples and its text members of an Enum."""
    shop = load("{domain: a.example, hosts: [b.example, c.example], log_level: error}").value
    assert shop.hosts == ("b.example", "c.example")
    assert shop.log_level.name == "ERROR"

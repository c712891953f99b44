"""Secrets in plain text are refused wherever they stand in a manifest, and no message shows them (P22)."""

from __future__ import annotations

from typing import Any

import pytest

from towpath.errors import Place
from towpath.manifests.plaintext import plaintext_problems
from towpath.manifests.rendering import Declared, render

PLACE = Place("charts/shop/chart.py", 12)
HIDDEN = "hunter2"


def deployment(*variables: dict[str, Any], **pod: Any) -> dict[str, Any]:
    """Return a Deployment with these variables."""
    container = {"name": "api", "image": "api", "env": list(variables)}
    spec = {"template": {"spec": {"containers": [container], **pod}}}
    return {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "api"}, "spec": spec}


def variable(name: str, value: str) -> dict[str, Any]:
    """Return a Deployment with one variable."""
    return deployment({"name": name, "value": value})


def config(**data: str) -> dict[str, Any]:
    """Return a ConfigMap."""
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "c"}, "data": data}


def secret(**values: Any) -> dict[str, Any]:
    """Return a Secret."""
    return {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "s"}, **values}


def problems(body: dict[str, Any]) -> list[Any]:
    """Return the problems of one object."""
    rendering = render(
        [Declared(body, PLACE)], environment="staging", platform="shop", namespace="shop", kubernetes="1.33"
    )
    return list(plaintext_problems(rendering))


ENV = "spec.template.spec.containers[0].env[0].value"


@pytest.mark.parametrize(
    ("body", "what"),
    [
        pytest.param(variable("DB_PASSWORD", HIDDEN), f"{ENV} is the variable DB_PASSWORD", id="variable"),
        pytest.param(variable("SECRET_KEY", HIDDEN), f"{ENV} is the variable SECRET_KEY", id="key"),
        pytest.param(
            variable("DB_PASSWORD", f"$(PREFIX){HIDDEN}"), f"{ENV} is the variable", id="beside-a-reference"
        ),
        pytest.param(
            variable("URL", f"postgresql://u:{HIDDEN}@db/shop"),
            f"{ENV} holds a URL with a password",
            id="url",
        ),
        pytest.param(variable("A", "ghp_" + "a" * 36), f"{ENV} holds a GitHub token", id="token"),
        pytest.param(
            deployment(serviceAccountName="-----BEGIN PRIVATE KEY-----"), "holds a private key", id="anywhere"
        ),
        pytest.param(config(JWT_SECRET=HIDDEN), "data.JWT_SECRET is named like a secret", id="configmap-key"),
        pytest.param(
            config(**{"app.conf": f"password={HIDDEN}\n"}), "data[app.conf] holds a password", id="in-a-file"
        ),
        pytest.param(secret(stringData={"a": HIDDEN}), "stringData.a is the value of a Secret", id="secret"),
        pytest.param(secret(data={"a": "aHVudGVyMg=="}), "data.a is the value of a Secret", id="c42-encoded"),
    ],
)
def test_plain_text_is_refused(body: dict[str, Any], what: str) -> None:
    """The message names the object, the field and the line, and says where the value belongs."""
    [problem] = problems(body)
    assert what in problem.what
    assert problem.place == PLACE
    assert "secret store" in problem.remedy
    assert HIDDEN not in str(problem)


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(variable("DB_PASSWORD", ""), id="empty"),
        pytest.param(variable("DB_PASSWORD", "$(POSTGRES_PASSWORD)"), id="a-reference"),
        pytest.param(variable("CLIENT_SECRET", "${PM_BACKEND_SECRET}"), id="a-placeholder"),
        pytest.param(variable("REQUIRE_PASSWORD", "true"), id="a-switch"),
        pytest.param(variable("JWT_REFRESH_TTL", "900"), id="another-name"),
        pytest.param(variable("URL", "redis://:$(REDIS_PASSWORD)@redis:6379"), id="url-with-a-reference"),
        pytest.param(
            deployment({"name": "DB_PASSWORD", "valueFrom": {"secretKeyRef": {"name": "s", "key": "k"}}}),
            id="by-reference",
        ),
        pytest.param(config(LOG_LEVEL="info"), id="configmap"),
        pytest.param(secret(type="Opaque"), id="a-secret-without-values"),
    ],
)
def test_what_is_no_secret_is_taken(body: dict[str, Any]) -> None:
    """References, switches and empty values stay as they are."""
    assert problems(body) == []

"""Where image symbols may stand: every allowed place, and every refused one."""

from __future__ import annotations

from typing import Any

import pytest

from towpath.errors import Place
from towpath.images.symbol import SCHEME, Form, ImageSymbol
from towpath.link.placement import VERSION_LABEL, place_symbols
from towpath.manifests.key import key_of
from towpath.manifests.order import path_text
from towpath.manifests.rendering import Manifest

PLACE = Place("charts/shop/chart.py", 12)
REFERENCE, REPOSITORY, TAG, DIGEST, VERSION = (str(ImageSymbol("web", form)) for form in Form)
POD = ("spec", "template", "spec")


def manifest(kind: str, path: tuple[str | int, ...], value: Any, api_version: str = "apps/v1") -> Manifest:
    """Return an object that holds a value at a path and nothing more than its identity beside it."""
    inner: Any = value
    for part in reversed(path):
        inner = [inner] if isinstance(part, int) else {part: inner}
    body: dict[str, Any] = {"apiVersion": api_version, "kind": kind, "metadata": {"name": "web"}}
    for field, item in inner.items():
        body[field] = {**body.get(field, {}), **item} if field == "metadata" else item
    return Manifest(key_of(body), "file.yaml", body, PLACE)


@pytest.mark.parametrize(
    ("kind", "path", "symbol"),
    [
        pytest.param("Deployment", (*POD, "containers", 0, "image"), REFERENCE, id="container"),
        pytest.param("Deployment", (*POD, "initContainers", 0, "image"), REFERENCE, id="c49-init-container"),
        pytest.param(
            "Pod", ("spec", "ephemeralContainers", 0, "image"), REFERENCE, id="c49-ephemeral-container"
        ),
        pytest.param(
            "CronJob", ("spec", "jobTemplate", *POD, "containers", 0, "image"), REFERENCE, id="c49-cronjob"
        ),
        pytest.param(
            "Deployment", (*POD, "volumes", 0, "image", "reference"), DIGEST, id="digest-of-an-image-volume"
        ),
        pytest.param("Rollout", (*POD, "containers", 0, "image"), REFERENCE, id="c49-rollout"),
        pytest.param("Workflow", ("spec", "templates", 0, "script", "image"), REFERENCE, id="c49-workflow"),
        pytest.param("RunnerDeployment", (*POD, "image"), REFERENCE, id="c49-runner"),
        pytest.param("Cluster", ("spec", "imageName"), REFERENCE, id="c49-cloudnativepg"),
        pytest.param("Keycloak", ("spec", "image", "repository"), REPOSITORY, id="repository"),
        pytest.param("Keycloak", ("spec", "image", "tag"), TAG, id="tag"),
        pytest.param("Keycloak", ("spec", "image", "digest"), DIGEST, id="digest"),
        pytest.param("Deployment", (*POD, "containers", 0, "env", 0, "value"), TAG, id="tag-in-a-variable"),
        pytest.param("Deployment", (*POD, "containers", 0, "args", 0), DIGEST, id="digest-as-an-argument"),
        pytest.param(
            "Deployment",
            ("spec", "template", "metadata", "annotations", "build"),
            TAG,
            id="tag-in-a-pod-annotation",
        ),
        pytest.param(
            "Deployment", ("metadata", "labels", VERSION_LABEL), VERSION, id="version-of-the-workload"
        ),
        pytest.param(
            "Deployment",
            ("spec", "template", "metadata", "labels", VERSION_LABEL),
            VERSION,
            id="version-of-its-pods",
        ),
        pytest.param("Thing", ("data", "image"), REFERENCE, id="data-of-another-kind"),
    ],
)
def test_c49_allowed_places(kind: str, path: tuple[str | int, ...], symbol: str) -> None:
    """A symbol that may stand at a path is found there."""
    found, problems = place_symbols(manifest(kind, path, symbol))
    assert (problems, [(path_text(at), str(each)) for at, each in found]) == ([], [(path_text(path), symbol)])


@pytest.mark.parametrize(
    ("kind", "path", "value", "reason"),
    [
        pytest.param(
            "Deployment",
            (*POD, "containers", 0, "image"),
            f"{REFERENCE} ",
            "inside a longer text",
            id="space",
        ),
        pytest.param(
            "Deployment",
            (*POD, "containers", 0, "args", 0),
            f"--image={TAG}",
            "inside a longer text",
            id="part",
        ),
        pytest.param(
            "Deployment", (*POD, "containers", 0, "args", 0), f"{TAG}\n", "inside a longer text", id="newline"
        ),
        pytest.param(
            "Deployment",
            (*POD, "containers", 0, "env", 0, "value"),
            f"{TAG}-{TAG}",
            "inside a longer text",
            id="two",
        ),
        pytest.param(
            "Deployment",
            (*POD, "containers", 0, "image"),
            f"{SCHEME}Web/reference",
            "inside a longer text",
            id="bad-name",
        ),
        pytest.param(
            "Deployment",
            (*POD, "containers", 0, "image"),
            f"{SCHEME}web/size",
            "inside a longer text",
            id="bad-form",
        ),
        pytest.param("Deployment", ("spec", "x"), {TAG: "value"}, "it is a key", id="key"),
        pytest.param(
            "Deployment", ("spec", "x"), {f"a{TAG}": "value"}, "inside a longer text", id="part-of-a-key"
        ),
        pytest.param("ConfigMap", ("data", "version"), TAG, "the data of a ConfigMap", id="configmap"),
        pytest.param(
            "ConfigMap", ("binaryData", "version"), TAG, "the data of a ConfigMap", id="binary-data"
        ),
        pytest.param("Secret", ("stringData", "version"), TAG, "the data of a Secret", id="secret"),
        pytest.param(
            "Deployment",
            ("spec", "selector", "matchLabels", VERSION_LABEL),
            VERSION,
            "selector",
            id="selector",
        ),
        pytest.param("Service", ("spec", "selector", "version"), TAG, "selector", id="selector-of-a-service"),
        pytest.param(
            "NetworkPolicy", ("spec", "podSelector", "matchLabels", "v"), TAG, "selector", id="policy"
        ),
        pytest.param(
            "Deployment",
            (*POD, "topologySpreadConstraints", 0, "labelSelector", "matchLabels", VERSION_LABEL),
            VERSION,
            "selector",
            id="spread",
        ),
        pytest.param(
            "StatefulSet",
            ("spec", "volumeClaimTemplates", 0, "metadata", "labels", VERSION_LABEL),
            VERSION,
            "volumeClaimTemplates",
            id="claim",
        ),
        pytest.param("Deployment", ("metadata", "name"), TAG, "identity", id="name"),
        pytest.param("Deployment", ("metadata", "namespace"), TAG, "identity", id="namespace"),
        pytest.param("Deployment", ("metadata", "annotations", "build"), TAG, "annotations", id="annotation"),
        pytest.param("Deployment", ("metadata", "labels", "version"), TAG, "it is a label", id="other-label"),
        pytest.param(
            "Deployment", ("metadata", "labels", "image"), REFERENCE, "it is a label", id="label-called-image"
        ),
        pytest.param(
            "Deployment",
            ("spec", "template", "metadata", "labels", "v"),
            TAG,
            "it is a label",
            id="label-of-the-pods",
        ),
        pytest.param(
            "Deployment",
            ("spec", "template", "metadata", "annotations", VERSION_LABEL),
            VERSION,
            "belongs in the label",
            id="version-in-an-annotation",
        ),
        pytest.param(
            "Deployment",
            (*POD, "containers", 0, "image"),
            VERSION,
            "belongs in the label",
            id="version-as-image",
        ),
        pytest.param(
            "Deployment", (*POD, "containers", 0, "name"), TAG, "it is a name", id="name-of-a-container"
        ),
        pytest.param(
            "Deployment",
            (*POD, "containers", 0, "env", 0, "name"),
            TAG,
            "it is a name",
            id="name-of-a-variable",
        ),
        pytest.param(
            "Deployment",
            (*POD, "containers", 0, "env", 0, "value"),
            REFERENCE,
            "field named image",
            id="reference-in-env",
        ),
        pytest.param(
            "Deployment",
            (*POD, "containers", 0, "args", 0),
            REFERENCE,
            "field named image",
            id="reference-in-args",
        ),
    ],
)
def test_refused_places(kind: str, path: tuple[str | int, ...], value: Any, reason: str) -> None:
    """Anywhere else a symbol is a problem that names the object, the field, the reason and the chart's line."""
    found, (problem,) = place_symbols(manifest(kind, path, value))
    assert found == []
    assert problem.place == PLACE
    assert reason in problem.what
    assert path_text(path) in problem.what
    assert problem.rule == "link.placement"


def test_symbols_come_in_the_order_of_the_text() -> None:
    """The link map counts on it: the n-th symbol stands on the n-th line that holds one."""
    containers = [{"image": REFERENCE, "env": [{"name": "A", "value": TAG}]}, {"image": REFERENCE}]
    found, _ = place_symbols(manifest("Deployment", (*POD, "containers"), containers))
    assert [path_text(path).removeprefix("spec.template.spec.") for path, _ in found] == [
        "containers[0].image",
        "containers[0].env[0].value",
        "containers[1].image",
    ]


def test_every_misplaced_symbol_is_reported() -> None:
    """One object may hold several mistakes; all are said at once."""
    _, problems = place_symbols(manifest("ConfigMap", ("data",), {"a": TAG, "b": f"x{TAG}", TAG: "c"}, "v1"))
    assert len(problems) == 3

"""Fields that autoscalers and rollouts write."""

from __future__ import annotations

from typing import Any

import pytest

from towpath.manifests.key import key_of
from towpath.manifests.ownership import OwnedFields, gives_fields_away, owned_fields

REPLICAS = ("/spec/replicas",)
HASH = ("/spec/selector/rollouts-pod-template-hash",)


def manifest(version: str, kind: str, spec: Any) -> dict[str, Any]:
    """Return an object named `a` in the namespace `shop`."""
    return {"apiVersion": version, "kind": kind, "metadata": {"name": "a", "namespace": "shop"}, "spec": spec}


def scaler(**target: str) -> dict[str, Any]:
    """Return an autoscaler with a target."""
    return manifest("autoscaling/v2", "HorizontalPodAutoscaler", {"scaleTargetRef": target})


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        pytest.param(
            scaler(apiVersion="apps/v1", kind="Deployment", name="web"),
            [OwnedFields("apps", "Deployment", "shop", "web", REPLICAS)],
            id="deployment",
        ),
        pytest.param(
            scaler(apiVersion="apps/v1", kind="StatefulSet", name="db"),
            [OwnedFields("apps", "StatefulSet", "shop", "db", REPLICAS)],
            id="stateful-set",
        ),
        pytest.param(
            scaler(apiVersion="argoproj.io/v1alpha1", kind="Rollout", name="web"),
            [OwnedFields("argoproj.io", "Rollout", "shop", "web", REPLICAS)],
            id="rollout-with-an-autoscaler",
        ),
        pytest.param(
            scaler(apiVersion="v1", kind="ReplicationController", name="old"),
            [OwnedFields("", "ReplicationController", "shop", "old", REPLICAS)],
            id="core-group",
        ),
        pytest.param(
            manifest("keda.sh/v1alpha1", "ScaledObject", {"scaleTargetRef": {"name": "web"}}),
            [OwnedFields("apps", "Deployment", "shop", "web", REPLICAS)],
            id="scaled-object-of-what-keda-takes-by-default",
        ),
        pytest.param(
            manifest(
                "argoproj.io/v1alpha1",
                "Rollout",
                {"strategy": {"blueGreen": {"activeService": "web", "previewService": "next"}}},
            ),
            [
                OwnedFields("", "Service", "shop", "web", HASH),
                OwnedFields("", "Service", "shop", "next", HASH),
            ],
            id="blue-green",
        ),
        pytest.param(
            manifest(
                "argoproj.io/v1alpha1",
                "Rollout",
                {"strategy": {"canary": {"canaryService": "c", "stableService": "s"}}},
            ),
            [OwnedFields("", "Service", "shop", "s", HASH), OwnedFields("", "Service", "shop", "c", HASH)],
            id="canary",
        ),
        pytest.param(
            manifest("argoproj.io/v1alpha1", "Rollout", {"strategy": {"canary": {}}}), [], id="no-services"
        ),
        pytest.param(
            manifest("apps/v1", "Deployment", {"scaleTargetRef": {"name": "x"}}), [], id="another-kind"
        ),
        pytest.param(
            manifest("example.org/v1", "HorizontalPodAutoscaler", {"scaleTargetRef": {"name": "x"}}),
            [],
            id="another-group",
        ),
        pytest.param(manifest("autoscaling/v2", "HorizontalPodAutoscaler", {}), [], id="no-target"),
        pytest.param(manifest("autoscaling/v2", "HorizontalPodAutoscaler", "text"), [], id="another-shape"),
        pytest.param(
            manifest("argoproj.io/v1alpha1", "Rollout", {"strategy": ["a"]}),
            [],
            id="rollout-of-another-shape",
        ),
    ],
)
def test_owned_fields(body: dict[str, Any], expected: list[OwnedFields]) -> None:
    """Exactly the fields of exactly the objects that the controller writes to."""
    found = list(owned_fields(key_of(body), body))
    assert found == expected
    assert gives_fields_away(key_of(body)) or not expected

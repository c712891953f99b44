"""What `dist/` puts into a namespace keeps out what it should: the tests beside this one would see a refusal."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.cluster.sync import Sync
    from tests.support.kubernetes_api import Api

pytestmark = pytest.mark.cluster

Body = dict[str, Any]
NAMESPACE = "pms-production"
_SMALL = {"requests": {"cpu": "1m", "memory": "1Mi"}, "limits": {"memory": "1Mi"}}
_RESTRICTED = {
    "runAsNonRoot": True,
    "runAsUser": 1000,
    "seccompProfile": {"type": "RuntimeDefault"},
}
_CONTAINED = {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}}


def _pod(*, spec: Body | None = None, container: Body | None = None) -> Body:
    first = {"name": "web", "image": "web:1", "resources": _SMALL, "securityContext": _CONTAINED}
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "stranger", "namespace": NAMESPACE},
        "spec": {
            "securityContext": _RESTRICTED,
            "containers": [{**first, **(container or {})}],
            **(spec or {}),
        },
    }


def _service(kind: str) -> Body:
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": "stranger", "namespace": NAMESPACE},
        "spec": {"type": kind, "selector": {"a": "b"}, "ports": [{"port": 80}]},
    }


_HUGE = {"requests": {"cpu": "1m", "memory": "900Gi"}, "limits": {"memory": "900Gi"}}


@pytest.mark.parametrize(
    ("manifest", "said"),
    [
        pytest.param(_pod(spec={"hostNetwork": True}), "violates PodSecurity", id="the-host's-network"),
        pytest.param(_pod(spec={"securityContext": {}}), "violates PodSecurity", id="may-be-root"),
        pytest.param(
            _pod(container={"securityContext": {**_CONTAINED, "privileged": True}}),
            "allowPrivilegeEscalation",
            id="privileged",
        ),
        pytest.param(
            _pod(container={"securityContext": {}}), "violates PodSecurity", id="keeps-capabilities"
        ),
        pytest.param(_pod(container={"resources": _HUGE}), "emory", id="more-memory-than-there-is-for-all"),
        pytest.param(_service("LoadBalancer"), "exceeded quota", id="a-load-balancer"),
        pytest.param(_service("NodePort"), "exceeded quota", id="a-port-of-every-node"),
        pytest.param(
            _pod(container={"imagePullPolice": "Always"}), "field not declared", id="a-misspelt-field"
        ),
    ],
)
@pytest.mark.usefixtures("sync")
def test_is_refused(api: Api, manifest: Body, said: str) -> None:
    """The server says why."""
    answer = api.apply(manifest)
    assert not answer.is_good
    assert said in answer.body["message"]


@pytest.mark.usefixtures("sync")
def test_a_small_restricted_pod_is_taken(api: Api) -> None:
    """So that what is refused above is so for the reason given."""
    answer = api.apply(_pod())
    assert answer.is_good, answer
    assert answer.warnings == ()
    assert api.request("DELETE", api.path(_pod())).is_good


def test_namespaces_are_restricted(sync: Sync) -> None:
    """Every platform's is, at the level that refuses."""
    levels = {
        each.manifest["metadata"]["name"]: each.first.body["metadata"]["labels"].get(
            "pod-security.kubernetes.io/enforce"
        )
        for renderings in sync.renderings.values()
        for each in renderings
        if each.manifest["kind"] == "Namespace"
    }
    assert len(levels) == 15
    assert set(levels.values()) == {"restricted"}

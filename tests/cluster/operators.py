"""What operators and other controllers would do that are not here: say of each object that it is well."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from tests.support.kubernetes_api import MERGE

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.support.kubernetes_api import Api

Body = dict[str, Any]


def serve(api: Api) -> None:
    """Write a status to each object that waits for one, and give each claim its disk."""
    for path, status in _STATUSES.items():
        for each in api.items(path):
            wanted = status(each)
            if not all(each.get("status", {}).get(name) for name in wanted if wanted[name]):
                metadata = each["metadata"]
                place = f"/namespaces/{metadata['namespace']}/{path.rpartition('/')[2]}/{metadata['name']}"
                answer = api.request(
                    "PATCH", f"{path.rpartition('/')[0]}{place}/status", {"status": wanted}, form=MERGE
                )
                # Argo CD may have replaced it in the meantime.
                assert answer.is_good or answer.status in {404, 409}, answer
    for claim in api.items("/api/v1/persistentvolumeclaims"):
        if claim["status"].get("phase") == "Pending" and "volumeName" not in claim["spec"]:
            _give_disk(api, claim)


def _ready(_: Body) -> Body:
    return {"conditions": [_true("Ready")]}


def _true(kind: str) -> Body:
    now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return {"type": kind, "status": "True", "reason": "Tests", "message": "", "lastTransitionTime": now}


def _elasticsearch(body: Body) -> Body:
    nodes = sum(each["count"] for each in body["spec"]["nodeSets"])
    return {"availableNodes": nodes, "phase": "Ready", "health": "green"}


def _scaler(body: Body) -> Body:
    conditions = [_true("AbleToScale"), _true("ScalingActive")]
    replicas = body["spec"]["minReplicas"]
    return {"currentReplicas": replicas, "desiredReplicas": replicas, "conditions": conditions}


# By the list of each kind. Of the other kinds, Argo CD does not know what being well is.
_STATUSES: dict[str, Callable[[Body], Body]] = {
    "/apis/external-secrets.io/v1/externalsecrets": _ready,
    "/apis/postgresql.cnpg.io/v1/clusters": lambda _: {"phase": "Cluster in healthy state", "conditions": []},
    "/apis/elasticsearch.k8s.elastic.co/v1/elasticsearches": _elasticsearch,
    "/apis/k8s.keycloak.org/v2alpha1/keycloaks": _ready,
    "/apis/k8s.keycloak.org/v2alpha1/keycloakrealmimports": _ready,
    "/apis/networking.k8s.io/v1/ingresses": lambda _: {"loadBalancer": {"ingress": [{"ip": "192.0.2.1"}]}},
    "/apis/autoscaling/v2/horizontalpodautoscalers": _scaler,
}


def _give_disk(api: Api, claim: Body) -> None:
    namespace, name = claim["metadata"]["namespace"], claim["metadata"]["name"]
    disk = {
        "apiVersion": "v1",
        "kind": "PersistentVolume",
        "metadata": {"name": f"{namespace}-{name}"},
        "spec": {
            "capacity": {"storage": claim["spec"]["resources"]["requests"]["storage"]},
            "accessModes": claim["spec"]["accessModes"],
            "storageClassName": claim["spec"]["storageClassName"],
            "claimRef": {"namespace": namespace, "name": name},
            "hostPath": {"path": "/disk"},
        },
    }
    answer = api.apply(disk)
    assert answer.is_good, answer

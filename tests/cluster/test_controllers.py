"""Controllers can do with `dist/` what they are for: make the pods, scale and roll them out, let nodes be drained."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.cluster.kubelet import owner_kind, run_pods
from tests.cluster.sync import PLATFORMS
from tests.support.kubernetes_api import MERGE, until

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.cluster.sync import Sync
    from tests.support.kubernetes_api import Answer, Api

pytestmark = pytest.mark.cluster

Body = dict[str, Any]

# Two pods of one quota were asked for at once. The controller tries again, and there is nothing to be done about it.
_AT_THE_SAME_TIME = "the object has been modified"
# Ten pods that are replaced one by one, and each drains.
_SECONDS = 240.0
_KINDS = {"deployments": "apps/v1", "statefulsets": "apps/v1", "jobs": "batch/v1"}


@pytest.mark.parametrize("rendering", PLATFORMS)
def test_pods_are_made(api: Api, sync: Sync, rendering: str) -> None:
    """Every workload gets all of its pods, and jobs finish: no pod is refused, as an event would say."""
    namespace = _namespace(sync, rendering)
    _settle(api, namespace)
    assert _refusals(api, namespace) == []


@pytest.mark.parametrize("rendering", PLATFORMS)
def test_pods_have_no_token(api: Api, sync: Sync, rendering: str) -> None:
    """The server gives none of them the token of a service account."""
    namespace = _namespace(sync, rendering)
    _settle(api, namespace)
    pods = api.items(f"/api/v1/namespaces/{namespace}/pods")
    assert pods
    assert [
        pod["metadata"]["name"]
        for pod in pods
        for volume in pod["spec"].get("volumes", ())
        for source in volume.get("projected", {}).get("sources", ())
        if "serviceAccountToken" in source
    ] == []


@pytest.mark.parametrize("rendering", PLATFORMS)
def test_the_quota_has_room_for_a_rollout_at_the_top(api: Api, sync: Sync, rendering: str) -> None:
    """Everything that scales is at its maximum, jobs run, and all workloads are rolled out at once."""
    namespace = _namespace(sync, rendering)
    _settle(api, namespace)
    before = {
        each["metadata"]["name"]: each["spec"]["replicas"] for each in _of(api, namespace, "deployments")
    }
    for scaler in api.items(f"/apis/autoscaling/v2/namespaces/{namespace}/horizontalpodautoscalers"):
        target = scaler["spec"]["scaleTargetRef"]["name"]
        _set_replicas(api, namespace, target, scaler["spec"]["maxReplicas"])
    try:
        _settle(api, namespace)
        for job in _of(api, namespace, "jobs"):
            _run_again(api, sync, rendering, job["metadata"]["name"])
        for kind in ("deployments", "statefulsets"):
            for workload in _of(api, namespace, kind):
                path = f"/apis/apps/v1/namespaces/{namespace}/{kind}/{workload['metadata']['name']}"
                note = {"template": {"metadata": {"annotations": {"tests/rollout": "1"}}}}
                assert api.request("PATCH", path, {"spec": note}, form=MERGE).is_good
        _settle(api, namespace)
        assert _refusals(api, namespace) == []
    finally:
        for name, replicas in before.items():
            _set_replicas(api, namespace, name, replicas)


@pytest.mark.parametrize("rendering", PLATFORMS)
def test_a_node_can_be_drained(api: Api, sync: Sync, rendering: str) -> None:
    """While everything is well, no disruption budget keeps a pod on its node."""
    namespace = _namespace(sync, rendering)
    _settle(api, namespace)
    pods = api.items(f"/api/v1/namespaces/{namespace}/pods")
    served = [pod for pod in pods if owner_kind(pod) != "Job"]
    answers = {pod["metadata"]["name"]: _evict(api, pod, dry_run=True) for pod in served}
    assert {name: str(answer) for name, answer in answers.items() if not answer.is_good} == {}


@pytest.mark.parametrize("rendering", [each for each in PLATFORMS if not each.startswith("development/")])
def test_two_nodes_cannot_be_drained_at_once(api: Api, sync: Sync, rendering: str) -> None:
    """Of a workload with a budget, a second pod stays until the first has been replaced."""
    namespace = _namespace(sync, rendering)
    _settle(api, namespace)
    budgets = _budgets(api, namespace)
    tried = 0
    for budget in budgets:
        wanted = budget["spec"]["selector"]["matchLabels"].items()
        pods = [
            pod
            for pod in api.items(f"/api/v1/namespaces/{namespace}/pods")
            if wanted <= pod["metadata"]["labels"].items() and owner_kind(pod) != "Job"
        ]
        if len(pods) > 1:
            assert _evict(api, pods[0]).is_good
            assert _evict(api, pods[1]).status == 429, budget["metadata"]["name"]
            tried += 1
    assert tried


def _namespace(sync: Sync, rendering: str) -> str:
    manifests = [each.manifest for each in sync.renderings[rendering]]
    (name,) = (each["metadata"]["name"] for each in manifests if each["kind"] == "Namespace")
    return str(name)


def _of(api: Api, namespace: str, kind: str) -> list[Body]:
    return api.items(f"/apis/{_KINDS[kind]}/namespaces/{namespace}/{kind}")


def _budgets(api: Api, namespace: str) -> list[Body]:
    return api.items(f"/apis/policy/v1/namespaces/{namespace}/poddisruptionbudgets")


def _settle(api: Api, namespace: str) -> None:
    """Run pods until every workload has what it wants and budgets have taken notice."""

    def settled() -> bool:
        run_pods(api, namespace)
        return not list(_unsettled(api, namespace))

    until(
        settled, lambda: f"{list(_unsettled(api, namespace))}, {_refusals(api, namespace)}", seconds=_SECONDS
    )


def _unsettled(api: Api, namespace: str) -> Iterator[str]:
    for kind in _KINDS:
        for each in _of(api, namespace, kind):
            status = each.get("status", {})
            if kind == "jobs":
                settled = status.get("succeeded", 0) >= each["spec"]["completions"]
            else:
                seen = status.get("observedGeneration") == each["metadata"]["generation"]
                wanted = each["spec"]["replicas"]
                counts = [status.get(name, 0) for name in ("replicas", "updatedReplicas", "readyReplicas")]
                settled = seen and counts == [wanted] * 3
            if not settled:
                yield f"{kind}/{each['metadata']['name']}: {status}"
    for each in _budgets(api, namespace):
        status = each.get("status", {})
        if status.get("currentHealthy", 0) < status.get("expectedPods", 1) or status.get("disruptedPods"):
            yield f"poddisruptionbudgets/{each['metadata']['name']}: {status}"


def _refusals(api: Api, namespace: str) -> list[str]:
    """Return what controllers say of pods that the server did not take."""
    events = api.items(f"/api/v1/namespaces/{namespace}/events")
    return sorted(
        f"{each['involvedObject']['kind']} {each['involvedObject']['name']}: {each['message']}"
        for each in events
        if each["reason"] in {"FailedCreate", "FailedDelete"} and _AT_THE_SAME_TIME not in each["message"]
    )


def _set_replicas(api: Api, namespace: str, name: str, replicas: int) -> None:
    path = f"/apis/apps/v1/namespaces/{namespace}/deployments/{name}/scale"
    answer = api.request("PATCH", path, {"spec": {"replicas": replicas}}, form=MERGE)
    assert answer.is_good, answer


def _run_again(api: Api, sync: Sync, rendering: str, name: str) -> None:
    """Replace a job, as Argo CD does with a hook before each sync."""
    (job,) = (
        each.manifest
        for each in sync.renderings[rendering]
        if each.manifest["kind"] == "Job" and each.manifest["metadata"]["name"] == name
    )
    path = api.path(job)
    assert api.request("DELETE", path, {"propagationPolicy": "Background"}).is_good
    until(lambda: api.request("GET", path).status == 404, lambda: f"{path} is still there")
    assert api.apply(job).is_good


def _evict(api: Api, pod: Body, *, dry_run: bool = False) -> Answer:
    name, namespace = pod["metadata"]["name"], pod["metadata"]["namespace"]
    body: Body = {
        "apiVersion": "policy/v1",
        "kind": "Eviction",
        "metadata": {"name": name, "namespace": namespace},
    }
    query = "?dryRun=All" if dry_run else ""
    return api.request("POST", f"/api/v1/namespaces/{namespace}/pods/{name}/eviction{query}", body)

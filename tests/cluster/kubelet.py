"""What a node would do: pods are placed on it, run and are ready, drain when told to, and come to their end."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from tests.support.kubernetes_api import MERGE

if TYPE_CHECKING:
    from tests.support.kubernetes_api import Answer, Api

Body = dict[str, Any]

_NODE = "node"
# How long a pod takes to finish what it has begun. Until then, it counts against the quota.
_DRAIN = timedelta(seconds=3)
_FORM = "%Y-%m-%dT%H:%M:%SZ"


def run_pods(api: Api, namespace: str) -> None:
    """Take every pod of a namespace one step further."""
    for pod in api.items(f"/api/v1/namespaces/{namespace}/pods"):
        path = f"/api/v1/namespaces/{namespace}/pods/{pod['metadata']['name']}"
        if "deletionTimestamp" in pod["metadata"]:
            if datetime.now(UTC) >= _told_to_end(pod) + _DRAIN:
                _check(api.request("DELETE", path, {"gracePeriodSeconds": 0}))
        elif pod["status"].get("phase") == "Pending":
            if "nodeName" not in pod["spec"]:
                _check(api.request("POST", f"{path}/binding", _binding(pod)))
            status = _succeeded() if owner_kind(pod) == "Job" else _running()
            _check(api.request("PATCH", f"{path}/status", {"status": status}, form=MERGE))


def owner_kind(pod: Body) -> str:
    """Return the kind of what made a pod."""
    owners = pod["metadata"].get("ownerReferences") or [{"kind": ""}]
    kind: str = owners[0]["kind"]
    return kind


def _check(answer: Answer) -> None:
    # A controller may have taken the pod away in the meantime, or be about to.
    assert answer.is_good or answer.status in {404, 409}, answer


def _told_to_end(pod: Body) -> datetime:
    """Return when a pod was deleted; the server writes down when its time will be over."""
    over = datetime.strptime(pod["metadata"]["deletionTimestamp"], _FORM).replace(tzinfo=UTC)
    return over - timedelta(seconds=pod["metadata"]["deletionGracePeriodSeconds"])


def _binding(pod: Body) -> Body:
    return {
        "apiVersion": "v1",
        "kind": "Binding",
        "metadata": {"name": pod["metadata"]["name"]},
        "target": {"kind": "Node", "name": _NODE},
    }


def _running() -> Body:
    now = datetime.now(UTC).strftime(_FORM)
    types = ("PodScheduled", "Initialized", "ContainersReady", "Ready")
    conditions = [{"type": each, "status": "True", "lastTransitionTime": now} for each in types]
    return {"phase": "Running", "conditions": conditions, "startTime": now}


def _succeeded() -> Body:
    return {"phase": "Succeeded", "startTime": datetime.now(UTC).strftime(_FORM)}

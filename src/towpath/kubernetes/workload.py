"""Workloads: Deployment or StatefulSet, Service, ServiceAccount, autoscaler and disruption budget."""

from __future__ import annotations

from typing import TYPE_CHECKING

from towpath.kubernetes.context import WAVE
from towpath.kubernetes.disruption import disruption_budget
from towpath.kubernetes.network import workload_policy
from towpath.kubernetes.pods import (
    DATA_VOLUME,
    claim_spec,
    container_of,
    container_ports,
    pod_template,
    probes,
    spread,
)

if TYPE_CHECKING:
    from towpath.kubernetes.context import Body, Context
    from towpath.specs.parts import WorkloadSpec
    from towpath.specs.values import Autoscale, Volume

# The first version whose kubelet can wait by itself; no program in the image is needed for it.
_SLEEPS = (1, 30)


def workload_objects(workload: WorkloadSpec, context: Context) -> list[Body]:
    """Return the objects of a workload, the one that runs its pods first."""
    objects = [_stateful_set(workload, context) if workload.storage else _deployment(workload, context)]
    if any(port.exposed for port in workload.ports):
        objects.append(_service(workload, context))
    if not workload.service_account:
        objects.append(service_account(workload.name, context))
    if workload.autoscale:
        objects.append(_autoscaler(workload, workload.autoscale, context))
    if workload.max_unavailable is not None:
        selector = context.selector(workload.name)
        objects.append(
            disruption_budget(workload.name, context, selector=selector, most=workload.max_unavailable)
        )
    objects += [_claim(volume, workload, context) for volume in workload.volumes]
    objects.append(workload_policy(workload, context))
    return objects


def service_account(name: str, context: Context) -> Body:
    """Return an account without a token: nothing here talks to the API server."""
    return {
        "apiVersion": "v1",
        "kind": "ServiceAccount",
        # The account has to be there before the pods, whatever the wave of its workload.
        "metadata": context.metadata(name, name, early=True),
        "automountServiceAccountToken": False,
        **context.pulling,
    }


def _template(workload: WorkloadSpec, context: Context) -> Body:
    container = container_of(workload, context)
    if workload.ports:
        container["ports"] = container_ports(workload.ports)
    container.update(probes(workload))
    drain = workload.drain_seconds if _drains(workload, context) else 0
    if drain:
        container["lifecycle"] = {"preStop": {"sleep": {"seconds": drain}}}
    template = pod_template(workload, context, container=container)
    # The time to drain counts into the grace period; the container keeps its own in full.
    template["spec"]["terminationGracePeriodSeconds"] = workload.grace_seconds + drain
    if workload.spread:
        template["spec"]["topologySpreadConstraints"] = spread(context.selector(workload.name))
    return template


def _drains(workload: WorkloadSpec, context: Context) -> bool:
    """Return whether pods wait before they stop, so that no request is sent to one that has stopped already."""
    served = any(port.exposed for port in workload.ports) and not workload.storage
    return served and context.spec.kubernetes >= _SLEEPS


def _deployment(workload: WorkloadSpec, context: Context) -> Body:
    # A volume for one node keeps a new pod on another node waiting for the old one, for ever.
    alone = not workload.surge or any(not volume.shared for volume in workload.volumes)
    rolling: Body = {"maxUnavailable": 0, "maxSurge": workload.surge}
    spec: Body = {
        "revisionHistoryLimit": 5,
        "selector": {"matchLabels": context.selector(workload.name)},
        "strategy": {"type": "Recreate"} if alone else {"type": "RollingUpdate", "rollingUpdate": rolling},
        "template": _template(workload, context),
    }
    if not workload.autoscale:
        spec["replicas"] = workload.replicas
    if workload.min_ready_seconds:
        spec["minReadySeconds"] = workload.min_ready_seconds
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": context.metadata(workload.name, workload.name, image=workload.image),
        "spec": spec,
    }


def _stateful_set(workload: WorkloadSpec, context: Context) -> Body:
    storage = workload.storage
    assert storage is not None  # noqa: S101 -- only called for a workload that has storage
    spec: Body = {
        "revisionHistoryLimit": 5,
        "serviceName": workload.service_name,
        "podManagementPolicy": "OrderedReady",
        "updateStrategy": {"type": "RollingUpdate"},
        "selector": {"matchLabels": context.selector(workload.name)},
        "template": _template(workload, context),
        "volumeClaimTemplates": [
            # A claim's labels cannot change either, so it has the selector's alone.
            # Kubernetes adds version and kind: where they are missing, Argo CD sees a difference for ever.
            {
                "apiVersion": "v1",
                "kind": "PersistentVolumeClaim",
                "metadata": {"name": DATA_VOLUME, "labels": context.selector(workload.name)},
                "spec": claim_spec(storage.size, storage.storage_class),
            }
        ],
    }
    if not workload.autoscale:
        spec["replicas"] = workload.replicas
    return {
        "apiVersion": "apps/v1",
        "kind": "StatefulSet",
        "metadata": context.metadata(workload.name, workload.name, image=workload.image),
        "spec": spec,
    }


def _claim(volume: Volume, workload: WorkloadSpec, context: Context) -> Body:
    metadata = context.metadata(volume.name, workload.name)
    # Taking the workload away must not take its data.
    metadata.setdefault("annotations", {})["argocd.argoproj.io/sync-options"] = "Prune=false,Delete=false"
    spec = claim_spec(volume.size, volume.storage_class, shared=volume.shared)
    return {"apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": metadata, "spec": spec}


def _service(workload: WorkloadSpec, context: Context) -> Body:
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": context.metadata(workload.service_name, workload.name),
        "spec": {
            "type": "ClusterIP",
            "selector": context.selector(workload.name),
            "ports": [
                {"name": port.name, "port": port.number, "targetPort": port.name, "protocol": "TCP"}
                for port in workload.ports
                if port.exposed
            ],
        },
    }


def _autoscaler(workload: WorkloadSpec, autoscale: Autoscale, context: Context) -> Body:
    measures = {"cpu": autoscale.cpu_percent, "memory": autoscale.memory_percent}
    metadata = context.metadata(workload.name, workload.name)
    # Until there are measures of new pods, Argo CD calls a new autoscaler degraded. In any wave but the last, which it
    # does not wait for, that ends the sync as failed.
    metadata.setdefault("annotations", {})[WAVE] = str(context.last_wave)
    return {
        "apiVersion": "autoscaling/v2",
        "kind": "HorizontalPodAutoscaler",
        "metadata": metadata,
        "spec": {
            "scaleTargetRef": {
                "apiVersion": "apps/v1",
                "kind": "StatefulSet" if workload.storage else "Deployment",
                "name": workload.name,
            },
            "minReplicas": autoscale.minimum,
            "maxReplicas": autoscale.maximum,
            "metrics": [
                {
                    "type": "Resource",
                    "resource": {
                        "name": name,
                        "target": {"type": "Utilization", "averageUtilization": percent},
                    },
                }
                for name, percent in measures.items()
                if percent
            ],
            "behavior": {"scaleDown": {"stabilizationWindowSeconds": autoscale.scale_down_window}},
        },
    }

"""Workloads: Deployment or StatefulSet, Service, ServiceAccount, autoscaler and disruption budget."""

from __future__ import annotations

from typing import TYPE_CHECKING

from towpath.kubernetes.network import workload_policy
from towpath.kubernetes.pods import DATA_VOLUME, container_of, container_ports, pod_template, probes

if TYPE_CHECKING:
    from towpath.kubernetes.context import Body, Context
    from towpath.specs.parts import WorkloadSpec
    from towpath.specs.values import Autoscale


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
        objects.append(_disruption_budget(workload, context))
    objects.append(workload_policy(workload, context))
    return objects


def service_account(name: str, context: Context) -> Body:
    """Return an account without a token: nothing here talks to the API server."""
    metadata = context.metadata(name, name)
    # The account has to be there before the pods, whatever the wave of its workload.
    metadata.pop("annotations", None)
    return {
        "apiVersion": "v1",
        "kind": "ServiceAccount",
        "metadata": metadata,
        "automountServiceAccountToken": False,
    }


def _template(workload: WorkloadSpec, context: Context) -> Body:
    container = container_of(workload, context)
    if workload.ports:
        container["ports"] = container_ports(workload.ports)
    container.update(probes(workload))
    template = pod_template(workload, context, container=container)
    template["spec"]["terminationGracePeriodSeconds"] = workload.grace_seconds
    if workload.spread:
        template["spec"]["topologySpreadConstraints"] = [
            {
                "maxSkew": 1,
                "topologyKey": key,
                "whenUnsatisfiable": "ScheduleAnyway",
                "labelSelector": {"matchLabels": context.selector(workload.name)},
            }
            for key in ("topology.kubernetes.io/zone", "kubernetes.io/hostname")
        ]
    return template


def _deployment(workload: WorkloadSpec, context: Context) -> Body:
    spec: Body = {
        "revisionHistoryLimit": 5,
        "selector": {"matchLabels": context.selector(workload.name)},
        "strategy": {"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": 0, "maxSurge": 1}},
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
    claim: Body = {
        "accessModes": ["ReadWriteOnce"],
        "resources": {"requests": {"storage": storage.size}},
    }
    if storage.storage_class:
        claim["storageClassName"] = storage.storage_class
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
                "spec": claim,
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
    return {
        "apiVersion": "autoscaling/v2",
        "kind": "HorizontalPodAutoscaler",
        "metadata": context.metadata(workload.name, workload.name),
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


def _disruption_budget(workload: WorkloadSpec, context: Context) -> Body:
    return {
        "apiVersion": "policy/v1",
        "kind": "PodDisruptionBudget",
        "metadata": context.metadata(workload.name, workload.name),
        "spec": {
            "maxUnavailable": workload.max_unavailable,
            "selector": {"matchLabels": context.selector(workload.name)},
        },
    }

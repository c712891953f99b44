"""Pods: the template that workloads and jobs share, within Pod Security `restricted`."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from towpath.errors import NOWHERE, refuse
from towpath.kubernetes.context import checksum
from towpath.kubernetes.variables import POD_NAME, environment_of
from towpath.specs.values import ConfigKey, Resources

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from towpath.images.symbol import ImageSymbol
    from towpath.kubernetes.context import Body, Context
    from towpath.specs.parts import ConfigurationSpec, JobSpec, WorkloadSpec
    from towpath.specs.values import Port, Probe, Storage, User, Volume, Writable

DATA_VOLUME = "data"
CHECKSUM = "checksum/configuration"
# Ports below need a privilege, unless the pod's network says otherwise.
_PRIVILEGED = 1024
_COPY = "/copy"
_COPYING = Resources("50m", "64Mi", "", "128Mi")
READ_ONLY = 0o444
"""The mode of mounted configuration: every user of the pod may read it."""


def pod_template(
    part: WorkloadSpec | JobSpec, context: Context, *, container: Body, restart: str = ""
) -> Body:
    """Return the pod template of a part around its one container."""
    metadata: Body = {"labels": context.labels(part.name, part.image)}
    annotations = dict(getattr(part, "pod_annotations", {}))
    used = _configuration_of(part, context)
    if used:
        annotations[CHECKSUM] = checksum(used)
    if annotations:
        metadata["annotations"] = annotations
    security = pod_security(part.user)
    low = [port.number for port in _ports_of(part) if port.number < _PRIVILEGED]
    if low:
        # A safe sysctl within `restricted`: without it no user but root may listen there.
        security["sysctls"] = [{"name": "net.ipv4.ip_unprivileged_port_start", "value": str(min(low))}]
    account = getattr(part, "service_account", "")
    spec: Body = {
        "serviceAccountName": account or part.name,
        "automountServiceAccountToken": False,
        "enableServiceLinks": False,
        "securityContext": security,
        "containers": [container],
        # An account of others may not say it.
        **(context.pulling if account else {}),
    }
    copies = [copying(part.image, each) for each in part.writable if each.copied]
    if copies:
        spec["initContainers"] = copies
    if restart:
        spec["restartPolicy"] = restart
    volumes = scratch_volumes(part.writable)
    volumes += [
        {"name": volume_name(each.path), "persistentVolumeClaim": {"claimName": each.name}}
        for each in _volumes_of(part)
    ]
    volumes += [
        {"name": volume_name(folder), "configMap": {"name": each.name, "defaultMode": READ_ONLY}}
        for folder, each in _files_of(part).items()
    ]
    volumes += [
        {
            "name": volume_name(folder),
            # This key alone: beside an authority's certificate stands its private key.
            "secret": {
                "secretName": each.secret,
                "items": [{"key": each.key, "path": each.key}],
                "defaultMode": READ_ONLY,
            },
        }
        for folder, each in part.secret_files.items()
    ]
    if volumes:
        spec["volumes"] = volumes
    return {"metadata": metadata, "spec": spec}


def container_of(part: WorkloadSpec | JobSpec, context: Context) -> Body:
    """Return the part's container, without ports and probes."""
    container: Body = {"name": part.name, "image": str(part.image), "imagePullPolicy": "IfNotPresent"}
    if part.command:
        container["command"] = list(part.command)
    if part.arguments:
        container["args"] = list(part.arguments)
    if part.configuration:
        container["envFrom"] = [{"configMapRef": {"name": each.name}} for each in part.configuration]
    environment = environment_of(part, context)
    if environment:
        container["env"] = environment
    container["resources"] = resources(part.resources)
    container["securityContext"] = container_security()
    mounts = volume_mounts(part.writable, getattr(part, "storage", None))
    mounts += [
        {
            "name": volume_name(each.path),
            "mountPath": each.path,
            **({"subPathExpr": f"$({POD_NAME})"} if each.by_pod else {}),
        }
        for each in _volumes_of(part)
    ]
    mounts += [
        {"name": volume_name(folder), "mountPath": folder, "readOnly": True}
        for folder in (*_files_of(part), *part.secret_files)
    ]
    names = [mount["name"] for mount in mounts]
    for mount in mounts:
        if names.count(mount["name"]) > 1:
            raise refuse(
                f"{part.name}: the folder {mount['mountPath']} would share the volume {mount['name']} with another",
                place=context.spec.places.get(part.name, NOWHERE),
                expected="folders whose names differ in letters and digits",
                remedy="choose another path for one of them",
                rule="platform.volume-twice",
            )
    if mounts:
        container["volumeMounts"] = mounts
    return container


def copying(image: ImageSymbol, writable: Writable) -> Body:
    """Return the container that copies a folder of the image into the volume that will hide it."""
    name = volume_name(writable.path)
    return {
        "name": f"copy-{name}"[:63].rstrip("-"),
        "image": str(image),
        "imagePullPolicy": "IfNotPresent",
        "command": ["cp", "-R", f"{writable.path}/.", _COPY],
        "resources": resources(_COPYING),
        "securityContext": container_security(),
        "volumeMounts": [{"name": name, "mountPath": _COPY}],
    }


def _ports_of(part: WorkloadSpec | JobSpec) -> Sequence[Port]:
    ports: Sequence[Port] = getattr(part, "ports", ())
    return ports


def _volumes_of(part: WorkloadSpec | JobSpec) -> Sequence[Volume]:
    volumes: Sequence[Volume] = getattr(part, "volumes", ())
    return volumes


def _files_of(part: WorkloadSpec | JobSpec) -> Mapping[str, ConfigurationSpec]:
    files: Mapping[str, ConfigurationSpec] = getattr(part, "files", {})
    return files


def _configuration_of(part: WorkloadSpec | JobSpec, context: Context) -> list[ConfigurationSpec]:
    """Return the configuration that a part takes in any way; a change of it has to restart the pods."""
    files = _files_of(part).values()
    named = {value.config for value in part.environment.values() if isinstance(value, ConfigKey)}
    single = (each for each in context.spec.configurations if each.name in named)
    used = {each.name: each for each in (*part.configuration, *files, *single)}
    return [used[name] for name in sorted(used)]


def container_security() -> Body:
    """Return a container's security context for Pod Security `restricted`, with a root file system for reading only."""
    return {
        "allowPrivilegeEscalation": False,
        "capabilities": {"drop": ["ALL"]},
        "readOnlyRootFilesystem": True,
    }


def pod_security(user: User) -> Body:
    """Return a pod's security context for Pod Security `restricted`."""
    return {
        "runAsNonRoot": True,
        "runAsUser": user.uid,
        "runAsGroup": user.gid,
        "fsGroup": user.gid,
        "fsGroupChangePolicy": "OnRootMismatch",
        "seccompProfile": {"type": "RuntimeDefault"},
    }


def image_user_security(uid: int) -> Body:
    """Return the same for pods that an operator makes, whose image decides the group beside the user."""
    return {
        "runAsNonRoot": True,
        "runAsUser": uid,
        "fsGroup": uid,
        "seccompProfile": {"type": "RuntimeDefault"},
    }


def resources(wanted: Resources) -> Body:
    """Return requests and limits, without the measures that are not set."""
    groups = {
        "requests": {
            "cpu": wanted.cpu_request,
            "memory": wanted.memory_request,
            "ephemeral-storage": wanted.disk_request,
        },
        "limits": {
            "cpu": wanted.cpu_limit,
            "memory": wanted.memory_limit,
            "ephemeral-storage": wanted.disk_limit,
        },
    }
    found = {name: {key: value for key, value in group.items() if value} for name, group in groups.items()}
    return {name: group for name, group in found.items() if group}


def volume_name(path: str) -> str:
    """Return the name of the volume mounted at a path: `/data/configdb` is `data-configdb`."""
    return re.sub(r"[^a-z0-9]", "-", path.strip("/").lower()).strip("-")


def scratch_volumes(writable: Sequence[Writable]) -> list[Body]:
    """Return the volumes of the writable folders, which end with the pod."""
    return [
        {
            "name": volume_name(each.path),
            "emptyDir": {**({"medium": "Memory"} if each.memory else {}), "sizeLimit": each.size},
        }
        for each in writable
    ]


def spread(selector: Mapping[str, str]) -> list[Body]:
    """Return what spreads the pods with these labels over zones and nodes, as far as there are any."""
    return [
        {
            "maxSkew": 1,
            "topologyKey": key,
            "whenUnsatisfiable": "ScheduleAnyway",
            "labelSelector": {"matchLabels": dict(selector)},
        }
        for key in ("topology.kubernetes.io/zone", "kubernetes.io/hostname")
    ]


def claim_spec(size: str, storage_class: str, *, shared: bool = False) -> Body:
    """Return the spec of a claim of a volume; without a class, the cluster's default one decides."""
    spec: Body = {
        "accessModes": ["ReadWriteMany" if shared else "ReadWriteOnce"],
        "resources": {"requests": {"storage": size}},
    }
    if storage_class:
        spec["storageClassName"] = storage_class
    return spec


def volume_mounts(writable: Sequence[Writable], storage: Storage | None) -> list[Body]:
    """Return the mounts of the writable folders, and of the storage before them."""
    mounts = [{"name": DATA_VOLUME, "mountPath": storage.path}] if storage else []
    return mounts + [{"name": volume_name(each.path), "mountPath": each.path} for each in writable]


def probe(wanted: Probe) -> Body:
    """Return a probe in Kubernetes' words."""
    body: Body
    # Kubernetes takes text for the name of a port, so `"8081"` would not be port 8081.
    port = int(wanted.port) if wanted.port.isdecimal() else wanted.port
    if wanted.command:
        body = {"exec": {"command": list(wanted.command)}}
    elif wanted.tcp:
        body = {"tcpSocket": {"port": port}}
    else:
        body = {"httpGet": {"path": wanted.path, "port": port}}
    if wanted.initial_delay:
        body["initialDelaySeconds"] = wanted.initial_delay
    return {
        **body,
        "periodSeconds": wanted.period,
        "timeoutSeconds": wanted.timeout,
        "failureThreshold": wanted.failures,
    }


def container_ports(ports: Sequence[Port]) -> list[Body]:
    """Return the container's ports."""
    return [{"name": port.name, "containerPort": port.number, "protocol": "TCP"} for port in ports]


def probes(workload: WorkloadSpec) -> Mapping[str, Any]:
    """Return the probes that a workload has, by their Kubernetes field."""
    wanted = {
        "startupProbe": workload.startup,
        "livenessProbe": workload.liveness,
        "readinessProbe": workload.readiness,
    }
    return {name: probe(each) for name, each in wanted.items() if each}

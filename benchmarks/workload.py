"""What every contestant renders: services of a few teams in three environments, five objects each.

`services` are the facts; `objects` are the Kubernetes objects that follow from them, as plain dictionaries. Contestants
other than Towpath write these dictionaries; Towpath starts from the facts as settings and is compared with them.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

ENVIRONMENTS = ("dev", "stage", "prod")
KINDS = ("Deployment", "Service", "ConfigMap", "NetworkPolicy", "HorizontalPodAutoscaler")
DOMAINS = {"dev": "dev.example.test", "stage": "stage.example.test", "prod": "example.test"}
LOG_LEVELS = {"dev": "debug", "stage": "info", "prod": "warn"}
VERSION = "1.8.2"

SERVICES = 67
TEAMS = 8

_BASE_REPLICAS = {"dev": 1, "stage": 2, "prod": 3}
_CPU = ("50m", "100m", "200m")
_MEMORY = ("96Mi", "192Mi", "384Mi")

Body = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Service:
    """The facts of one service."""

    name: str
    team: str
    port: int
    uid: int
    cpu: str
    memory: str
    calls: str
    """The service of the same team that it sends requests to; empty for the team's last."""
    calls_port: int
    """The port on which that one listens."""
    called_by: str
    """The service of the same team that sends requests to it; empty for the team's first."""
    replicas: Mapping[str, int]
    """By environment: the least number of pods; the greatest is three times that."""
    digests: Mapping[str, str]
    """By environment."""

    @property
    def repository(self) -> str:
        """Where its image is."""
        return f"registry.example.test/{self.team}/{self.name}"


def services(count: int = SERVICES, teams: int = TEAMS) -> list[Service]:
    """Return the services, dealt out to the teams one by one."""
    return [
        Service(
            name=_name(number),
            team=f"team-{number % teams}",
            port=_port(number),
            uid=20000 + number,
            cpu=_CPU[number % 3],
            memory=_MEMORY[number % 3],
            calls=_name(number + teams) if number + teams < count else "",
            calls_port=_port(number + teams),
            called_by=_name(number - teams) if number >= teams else "",
            replicas={name: base + number % 2 for name, base in _BASE_REPLICAS.items()},
            digests={name: _digest(f"{number} {name}") for name in ENVIRONMENTS},
        )
        for number in range(count)
    ]


def other_digest(service: Service) -> str:
    """Return a digest that no pin of the service holds, for a benchmark to change to."""
    return _digest(service.name)


def configuration(service: Service, environment: str) -> dict[str, str]:
    """Return the service's configuration. Some values are text that careless writers turn into numbers."""
    return {
        "LOG_LEVEL": LOG_LEVELS[environment],
        "PUBLIC_URL": f"https://{service.name}.{DOMAINS[environment]}",
        "NEW_CHECKOUT": "on",
        "BATCH_START": "03:45",
        "REVISION": "7e2",
        "BRANCH_CODE": "0047",
        "settings.yaml": f"listen:\n  port: {service.port}\n  # behind the ingress\n  name: {service.name}\n",
    }


def objects(service: Service, environment: str) -> list[Body]:
    """Return the five objects of a service in an environment, in the order of `KINDS`."""
    return [
        _deployment(service, environment),
        _service(service, environment),
        _config_map(service, environment),
        _network_policy(service, environment),
        _autoscaler(service, environment),
    ]


def _name(number: int) -> str:
    return f"service-{number:03}"


def _port(number: int) -> int:
    return 8000 + number % 7


def _digest(text: str) -> str:
    return "sha256:" + hashlib.sha256(text.encode()).hexdigest()


def _labels(service: Service, component: str = "", version: str = "") -> dict[str, str]:
    component = component or service.name
    labels = {
        "app.kubernetes.io/name": f"{service.team}-{component}",
        "app.kubernetes.io/part-of": service.team,
        "app.kubernetes.io/component": component,
        "app.kubernetes.io/managed-by": "towpath",
    }
    if version:
        labels["app.kubernetes.io/version"] = version
    return labels


def _selector(team: str, name: str) -> Body:
    return {"matchLabels": {"app.kubernetes.io/component": name, "app.kubernetes.io/part-of": team}}


def _metadata(service: Service, environment: str, version: str = "") -> Body:
    return {
        "name": service.name,
        "namespace": f"{service.team}-{environment}",
        "labels": _labels(service, version=version),
    }


def _probe(path: str, period: int, failures: int) -> Body:
    return {
        "httpGet": {"path": path, "port": "http"},
        "periodSeconds": period,
        "timeoutSeconds": 2,
        "failureThreshold": failures,
    }


def _container(service: Service, environment: str) -> Body:
    return {
        "name": service.name,
        "image": f"{service.repository}:{VERSION}@{service.digests[environment]}",
        "imagePullPolicy": "IfNotPresent",
        "ports": [{"name": "http", "containerPort": service.port, "protocol": "TCP"}],
        "env": [
            {
                "name": "DB_PASSWORD",
                "valueFrom": {"secretKeyRef": {"name": f"{service.name}-database", "key": "password"}},
            },
            {
                "name": "LOG_LEVEL",
                "valueFrom": {"configMapKeyRef": {"name": f"{service.name}-config", "key": "LOG_LEVEL"}},
            },
            {"name": "POD_IP", "valueFrom": {"fieldRef": {"fieldPath": "status.podIP"}}},
            {"name": "STRICT_MODE", "value": "yes"},
            {"name": "TZ", "value": "UTC"},
        ],
        "resources": {
            "requests": {"cpu": service.cpu, "memory": service.memory},
            "limits": {"cpu": "1", "memory": service.memory},
        },
        "securityContext": {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        },
        "startupProbe": _probe("/started", 2, 45),
        "livenessProbe": _probe("/alive", 10, 3),
        "readinessProbe": _probe("/ready", 5, 2),
        "volumeMounts": [
            {"name": "tmp", "mountPath": "/tmp"},  # noqa: S108 -- a path in the container
            {"name": "etc-service", "mountPath": "/etc/service", "readOnly": True},
        ],
    }


def _deployment(service: Service, environment: str) -> Body:
    pods = _selector(service.team, service.name)
    spread = [
        {
            "maxSkew": 1,
            "topologyKey": key,
            "whenUnsatisfiable": "ScheduleAnyway",
            "labelSelector": pods,
        }
        for key in ("topology.kubernetes.io/zone", "kubernetes.io/hostname")
    ]
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": _metadata(service, environment, VERSION),
        "spec": {
            "revisionHistoryLimit": 5,
            "minReadySeconds": 5,
            "strategy": {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": 1, "maxUnavailable": 0}},
            "selector": pods,
            "template": {
                "metadata": {
                    "labels": _labels(service, version=VERSION),
                    "annotations": {"prometheus.io/scrape": "true", "prometheus.io/port": str(service.port)},
                },
                "spec": {
                    "serviceAccountName": "restricted",
                    "automountServiceAccountToken": False,
                    "enableServiceLinks": False,
                    "terminationGracePeriodSeconds": 20,
                    "securityContext": {
                        "runAsNonRoot": True,
                        "runAsUser": service.uid,
                        "runAsGroup": service.uid,
                        "fsGroup": service.uid,
                        "fsGroupChangePolicy": "OnRootMismatch",
                        "seccompProfile": {"type": "RuntimeDefault"},
                    },
                    "topologySpreadConstraints": spread,
                    "containers": [_container(service, environment)],
                    "volumes": [
                        {"name": "tmp", "emptyDir": {"sizeLimit": "64Mi"}},
                        {
                            "name": "etc-service",
                            "configMap": {"name": f"{service.name}-config", "defaultMode": 0o444},
                        },
                    ],
                },
            },
        },
    }


def _service(service: Service, environment: str) -> Body:
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": _metadata(service, environment),
        "spec": {
            "type": "ClusterIP",
            "selector": _selector(service.team, service.name)["matchLabels"],
            "ports": [{"name": "http", "port": service.port, "targetPort": "http", "protocol": "TCP"}],
        },
    }


def _config_map(service: Service, environment: str) -> Body:
    return {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {
            "name": f"{service.name}-config",
            "namespace": f"{service.team}-{environment}",
            "labels": _labels(service, "configuration"),
        },
        "data": configuration(service, environment),
    }


def _network_policy(service: Service, environment: str) -> Body:
    ports = [{"port": service.port, "protocol": "TCP"}]
    controller = {
        "namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "ingress-nginx"}},
        "podSelector": {
            "matchLabels": {
                "app.kubernetes.io/component": "controller",
                "app.kubernetes.io/name": "ingress-nginx",
            }
        },
    }
    ingress = [{"from": [controller], "ports": ports}]
    if service.called_by:
        caller = {"podSelector": _selector(service.team, service.called_by)}
        ingress.insert(0, {"from": [caller], "ports": ports})
    spec: Body = {
        "podSelector": _selector(service.team, service.name),
        "policyTypes": ["Ingress", "Egress"],
        "ingress": ingress,
    }
    if service.calls:
        called = {"podSelector": _selector(service.team, service.calls)}
        spec["egress"] = [{"to": [called], "ports": [{"port": service.calls_port, "protocol": "TCP"}]}]
    return {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "NetworkPolicy",
        "metadata": _metadata(service, environment),
        "spec": spec,
    }


def _autoscaler(service: Service, environment: str) -> Body:
    replicas = service.replicas[environment]
    return {
        "apiVersion": "autoscaling/v2",
        "kind": "HorizontalPodAutoscaler",
        "metadata": _metadata(service, environment),
        "spec": {
            "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": service.name},
            "minReplicas": replicas,
            "maxReplicas": 3 * replicas,
            "metrics": [
                {
                    "type": "Resource",
                    "resource": {"name": "cpu", "target": {"type": "Utilization", "averageUtilization": 75}},
                }
            ],
            "behavior": {"scaleDown": {"stabilizationWindowSeconds": 300}},
        },
    }

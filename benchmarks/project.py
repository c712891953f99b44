"""Writing the workload as a Towpath project: settings, facts of clusters, pins, and a chart for each team."""

from __future__ import annotations

from typing import TYPE_CHECKING

from benchmarks.workload import DOMAINS, ENVIRONMENTS, LOG_LEVELS, VERSION
from towpath.images.pin import ImagePin
from towpath.images.pinfile import format_pins

if TYPE_CHECKING:
    from pathlib import Path

    from benchmarks.workload import Service

_PIPELINE = """\
environments: [dev, stage, prod]
digests: required
registries:
  allowed: [registry.example.test]
"""

_CLUSTER = """\
kubernetes: "1.33"
ingress:
  class_name: nginx
storage_class: standard
secret_store:
  name: vault
installed: [external-secrets, metrics-server]
argocd:
  repository: https://git.example.test/platform/environments.git
"""

_SETTINGS = '''\
"""The settings of a team's services."""

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import Field

from towpath.settings.fields import HostName, ObjectName, Port
from towpath.settings.measures import Quantity
from towpath.settings.model import SettingsModel


class Service(SettingsModel):
    """One service."""

    port: Port
    uid: Annotated[int, Field(ge=1)]
    cpu: Quantity
    memory: Quantity
    calls: ObjectName | None = None
    """The service that it sends requests to."""
    replicas: Annotated[int, Field(ge=1, le=100)]


class Settings(SettingsModel):
    """The team's services in one environment."""

    log_level: Literal["debug", "info", "warn"]
    domain: HostName
    """The domain below which the services have their hosts."""
    services: Mapping[ObjectName, Service]
'''

_CHART = '''\
"""The services of a team, all of one shape."""

from towpath.constructs import (
    ConfigKey,
    Configuration,
    Edge,
    FieldPath,
    Platform,
    Port,
    Probe,
    Resources,
    Route,
    SecretKey,
    User,
    Workload,
    Writable,
)
from towpath.settings.model import Autoscaling


class Team(Platform):
    """A team's platform."""

    def __init__(self, scope, id, *, settings, target):
        super().__init__(scope, id, target=target)
        domain = settings.domain
        workloads = {
            name: self.service(name, service, settings.log_level, domain)
            for name, service in settings.services.items()
        }
        for name, service in settings.services.items():
            if service.calls:
                workloads[name].connects_to(workloads[service.calls])
        Edge(
            self,
            "edge",
            routes=[
                Route(name="services", host=f"{name}.{domain}", path="/", to=workload)
                for name, workload in workloads.items()
            ],
            tls=False,
        )

    def service(self, name, settings, log_level, domain):
        configuration = Configuration(
            self,
            f"{name}-config",
            data={
                "LOG_LEVEL": log_level,
                "PUBLIC_URL": f"https://{name}.{domain}",
                "NEW_CHECKOUT": "on",
                "BATCH_START": "03:45",
                "REVISION": "7e2",
                "BRANCH_CODE": "0047",
                "settings.yaml": f"listen:\\n  port: {settings.port}\\n  # behind the ingress\\n  name: {name}\\n",
            },
        )
        return Workload(
            self,
            name,
            image=name,
            user=User(settings.uid, settings.uid),
            ports=(Port("http", settings.port),),
            environment={
                "DB_PASSWORD": SecretKey(f"{name}-database", "password"),
                "LOG_LEVEL": ConfigKey(f"{name}-config", "LOG_LEVEL"),
                "POD_IP": FieldPath("status.podIP"),
                "STRICT_MODE": "yes",
                "TZ": "UTC",
            },
            files={"/etc/service": configuration},
            resources=Resources(str(settings.cpu), str(settings.memory), "1", str(settings.memory)),
            startup=Probe(port="http", path="/started", period=2, timeout=2, failures=45),
            liveness=Probe(port="http", path="/alive", period=10, timeout=2, failures=3),
            readiness=Probe(port="http", path="/ready", period=5, timeout=2, failures=2),
            writable=(Writable("/tmp"),),
            autoscaling=Autoscaling(minimum=settings.replicas, maximum=3 * settings.replicas, cpu=75),
            grace_seconds=20,
            drain_seconds=0,
            min_ready_seconds=5,
            service_account="restricted",
            pod_annotations={"prometheus.io/scrape": "true", "prometheus.io/port": str(settings.port)},
        )
'''


def write_project(root: Path, services: list[Service]) -> None:
    """Write the project into a folder that is empty or does not exist."""
    _write(root, "towpath.yaml", _PIPELINE)
    for environment in ENVIRONMENTS:
        _write(root, f"envs/{environment}/cluster.yaml", _CLUSTER)
    teams: dict[str, list[Service]] = {}
    for service in services:
        teams.setdefault(service.team, []).append(service)
    for team, members in teams.items():
        folder = f"charts/{team.replace('-', '_')}"
        _write(root, f"{folder}/__init__.py", "")
        _write(root, f"{folder}/settings.py", _SETTINGS)
        _write(root, f"{folder}/chart.py", _CHART)
        _write(root, f"envs/defaults/{team}.yaml", _defaults(members))
        for environment in ENVIRONMENTS:
            _write(root, f"envs/{environment}/{team}.yaml", settings_text(members, environment))
            pins = [pin_of(service, service.digests[environment]) for service in members]
            _write(root, f"envs/{environment}/{team}.images.yaml", format_pins(pins).decode())


def settings_text(members: list[Service], environment: str, more_replicas: int = 0) -> str:
    """Return a team's settings in one environment; `more_replicas` go to its first service."""
    lines = [f"log_level: {LOG_LEVELS[environment]}", f"domain: {DOMAINS[environment]}", "services:"]
    for index, service in enumerate(members):
        replicas = service.replicas[environment] + (0 if index else more_replicas)
        lines += [f"  {service.name}:", f"    replicas: {replicas}"]
    return "\n".join(lines) + "\n"


def pin_of(service: Service, digest: str) -> ImagePin:
    """Return the pin of a service's image to a digest."""
    return ImagePin(service.name, service.repository, tag=VERSION, digest=digest)


def _defaults(members: list[Service]) -> str:
    lines = ["services:"]
    for service in members:
        lines += [
            f"  {service.name}:",
            f"    port: {service.port}",
            f"    uid: {service.uid}",
            f"    cpu: {service.cpu}",
            f"    memory: {service.memory}",
        ]
        if service.calls:
            lines.append(f"    calls: {service.calls}")
    return "\n".join(lines) + "\n"


def _write(root: Path, name: str, text: str) -> None:
    path = root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")

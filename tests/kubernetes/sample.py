"""A small platform as specs, and its objects: what the lowering is tested on."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from towpath.images.symbol import ImageSymbol
from towpath.kubernetes.lower import platform_objects
from towpath.specs.parts import (
    ConfigurationSpec,
    Connection,
    EdgeSpec,
    JobSpec,
    RemoteKey,
    RouteSpec,
    SecretSpec,
    StoreSpec,
    WorkloadSpec,
)
from towpath.specs.platform import PlatformSpec
from towpath.specs.stores.external import external
from towpath.specs.stores.mongodb import mongodb
from towpath.specs.values import Autoscale, Egress, Port, Probe, Resources, SecretKey, Storage, User, Writable

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

Body = dict[str, Any]

TMP = Writable("/tmp")  # noqa: S108 -- a path in the container
SMALL = Resources("100m", "128Mi", "", "256Mi")
PASSWORD = SecretKey("keys", "password")
USER = SecretKey("keys", "user")
CONFIGURATION = ConfigurationSpec("settings", {"LOG_LEVEL": "info"})
SECRETS = SecretSpec(
    name="keys",
    keys={"password": RemoteKey("shop/password"), "user": RemoteKey("shop/user", "name")},
    store="vault",
    store_kind="ClusterSecretStore",
)


def workload(name: str, **changes: Any) -> WorkloadSpec:
    """Return a workload with one port, changed as asked."""
    plain = WorkloadSpec(
        name=name,
        image=ImageSymbol(name),
        user=User(1000, 1000),
        resources=SMALL,
        ports=(Port("http", 8080),),
    )
    return replace(plain, **changes)


def job(name: str, **changes: Any) -> JobSpec:
    """Return a job, changed as asked."""
    return replace(
        JobSpec(name=name, image=ImageSymbol(name), user=User(1000, 1000), resources=SMALL), **changes
    )


def database(name: str = "db") -> StoreSpec:
    """Return a bundled MongoDB."""
    return mongodb(
        name,
        image=ImageSymbol("mongodb"),
        host=name,
        database="shop",
        username="root",
        password=PASSWORD,
        resources=SMALL,
        storage=Storage("/data/db", "1Gi", "fast"),
        health=Probe(command=("mongosh", "--eval", "db.adminCommand('ping')")),
        startup=None,
        facts={},
    )


def managed(name: str = "cache", *, port: int = 6379, private: bool = True) -> StoreSpec:
    """Return an external store."""
    return external(name, engine="redis", port=port, facts={"url": PASSWORD}, private=private)


def route(to: str, path: str = "/", **changes: Any) -> RouteSpec:
    """Return a route of the host shop.example to a workload."""
    return replace(
        RouteSpec(name="shop", host="shop.example", path=path, workload=to, port="http"), **changes
    )


def edge(*routes: RouteSpec, **changes: Any) -> EdgeSpec:
    """Return an edge with these routes."""
    plain = EdgeSpec(
        name="edge",
        routes=routes,
        ingress_class="nginx",
        tls=True,
        issuer="letsencrypt",
        controller_namespace="ingress-nginx",
        controller_labels={"app.kubernetes.io/name": "ingress-nginx"},
    )
    return replace(plain, **changes)


def platform(**parts: Any) -> PlatformSpec:
    """Return a platform of these parts."""
    return PlatformSpec(platform="shop", environment="staging", namespace="shop-staging", **parts)


def lowered(spec: PlatformSpec) -> list[Body]:
    """Return all objects of a platform."""
    return [body for bodies in platform_objects(spec).values() for body in bodies]


def find(objects: Iterable[Body], kind: str, name: str) -> Body:
    """Return the one object of a kind and name."""
    (found,) = (each for each in objects if (each["kind"], each["metadata"]["name"]) == (kind, name))
    return found


def connect(source: str, target: str, *ports: str, **variables: Any) -> Connection:
    """Return a connection; keywords are its variables."""
    return Connection(source, target, variables, ports)


def wave_of(body: Mapping[str, Any]) -> int:
    """Return an object's sync wave; without one it is 0, as Argo CD has it."""
    return int(body["metadata"].get("annotations", {}).get("argocd.argoproj.io/sync-wave", 0))


def everything() -> PlatformSpec:
    """Return a platform with a part of every kind, connected to one another."""
    db = database()
    return platform(
        configurations=(CONFIGURATION,),
        secrets=(SECRETS,),
        stores=(db, managed()),
        jobs=(job("migrate", prepares=("db",), configuration=(CONFIGURATION,), writable=(TMP,)),),
        workloads=(
            workload(
                "api",
                configuration=(CONFIGURATION,),
                ports=(Port("http", 8080), Port("metrics", 9090, exposed=False)),
            ),
            workload(
                "web",
                max_unavailable=1,
                autoscale=Autoscale(2, 5, cpu_percent=70),
                egress=(Egress(ports=(443,)),),
                liveness=Probe(port="http", path="/health"),
                writable=(TMP, Writable("/app/.cache")),
            ),
            workload("worker", ports=()),
            workload("search", storage=Storage("/var/lib/search", "5Gi")),
        ),
        edges=(edge(route("web"), route("api", "/api", name="shop-api", strip=True)),),
        connections=(
            connect("migrate", "db", DB_URI=db.facts["uri"], **db.credentials),
            connect("api", "db", DB_URI=db.facts["uri"], **db.credentials),
            connect("api", "cache", CACHE_URL=PASSWORD),
            connect("api", "search"),
            connect("worker", "db"),
            connect("web", "api", "http"),
        ),
    )

"""Stores: MongoDB, Redis and object storage, each `bundled` (a hardened StatefulSet) or `external` (a connection).

A bundled store's credentials reach clients as `$(NAME)` in the text of other variables, which the kubelet expands, so
that no rendered file holds them. They therefore have to be URL-safe.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from towpath.specs.parts import StoreMode, StoreSpec, WorkloadSpec
from towpath.specs.values import Egress, Port, Probe, User, Writable

if TYPE_CHECKING:
    from collections.abc import Mapping

    from towpath.images.symbol import ImageSymbol
    from towpath.specs.values import EnvironmentValue, Resources, SecretKey, Storage

MONGODB_PORT = 27017
REDIS_PORT = 6379
MINIO_PORT = 9000
MINIO_CONSOLE_PORT = 9001
HTTPS_PORT = 443


def mongodb(
    name: str,
    *,
    image: ImageSymbol,
    host: str,
    database: str,
    auth_source: str,
    user: SecretKey,
    password: SecretKey,
    resources: Resources,
    storage: Storage,
    health: Probe,
    startup: Probe | None,
    facts: Mapping[str, EnvironmentValue],
) -> StoreSpec:
    """Return a bundled MongoDB with a root user. `facts` are further ones, such as `ssl`."""
    workload = WorkloadSpec(
        name=name,
        image=image,
        # The user `mongodb` of the official image.
        user=User(999, 999),
        ports=(Port("mongodb", MONGODB_PORT),),
        environment={
            "MONGO_INITDB_ROOT_USERNAME": user,
            "MONGO_INITDB_ROOT_PASSWORD": password,
            "MONGO_INITDB_DATABASE": database,
        },
        resources=resources,
        startup=startup,
        liveness=health,
        readiness=health,
        writable=(Writable("/tmp"), Writable("/data/configdb", "16Mi")),  # noqa: S108 -- a path in the container
        storage=storage,
        host=host,
        grace_seconds=60,
        spread=False,
    )
    uri = f"mongodb://$(MONGODB_ROOT_USER):$(MONGODB_ROOT_PASSWORD)@{host}:{MONGODB_PORT}/{database}?authSource={auth_source}"
    return StoreSpec(
        name=name,
        engine="mongodb",
        mode=StoreMode.BUNDLED,
        port=MONGODB_PORT,
        facts={
            "uri": uri,
            "host": host,
            "port": str(MONGODB_PORT),
            "database": database,
            "auth_source": auth_source,
            "username": user,
            "password": password,
            **facts,
        },
        credentials={"MONGODB_ROOT_USER": user, "MONGODB_ROOT_PASSWORD": password},
        workload=workload,
    )


def redis(
    name: str,
    *,
    image: ImageSymbol,
    host: str,
    database: int,
    password: SecretKey,
    resources: Resources,
    storage: Storage,
    health: Probe,
    facts: Mapping[str, EnvironmentValue],
) -> StoreSpec:
    """Return a bundled Redis that appends every write to a file and asks for a password."""
    workload = WorkloadSpec(
        name=name,
        image=image,
        # The user `redis` of the official Alpine image.
        user=User(999, 1000),
        command=("redis-server", "--appendonly", "yes", "--requirepass", "$(REDIS_PASSWORD)"),
        ports=(Port("redis", REDIS_PORT),),
        # REDISCLI_AUTH is what the health check's redis-cli reads.
        environment={"REDIS_PASSWORD": password, "REDISCLI_AUTH": password},
        resources=resources,
        liveness=health,
        readiness=health,
        storage=storage,
        host=host,
        spread=False,
    )
    return StoreSpec(
        name=name,
        engine="redis",
        mode=StoreMode.BUNDLED,
        port=REDIS_PORT,
        facts={
            "url": f"redis://:$(REDIS_PASSWORD)@{host}:{REDIS_PORT}",
            "host": host,
            "port": str(REDIS_PORT),
            "database": str(database),
            "password": password,
            **facts,
        },
        credentials={"REDIS_PASSWORD": password},
        workload=workload,
    )


def minio(
    name: str,
    *,
    image: ImageSymbol,
    host: str,
    access_key: SecretKey,
    secret_key: SecretKey,
    console_url: str,
    console_port: int,
    resources: Resources,
    storage: Storage,
    health: Probe,
    facts: Mapping[str, EnvironmentValue],
) -> StoreSpec:
    """Return a bundled MinIO with its console. `facts` are the bucket, the region and the like."""
    workload = WorkloadSpec(
        name=name,
        image=image,
        user=User(1000, 1000),
        arguments=("server", storage.path, "--console-address", f":{console_port}"),
        ports=(Port("s3", MINIO_PORT), Port("console", console_port)),
        environment={
            # It keeps its configuration in $HOME/.minio, and would stop where it cannot make that folder.
            "HOME": "/tmp",  # noqa: S108 -- a path in the container
            "MINIO_ROOT_USER": access_key,
            "MINIO_ROOT_PASSWORD": secret_key,
            "MINIO_BROWSER_REDIRECT_URL": console_url,
        },
        resources=resources,
        liveness=health,
        readiness=health,
        writable=(Writable("/tmp"),),  # noqa: S108 -- a path in the container
        storage=storage,
        host=host,
        spread=False,
    )
    return StoreSpec(
        name=name,
        engine="minio",
        mode=StoreMode.BUNDLED,
        port=MINIO_PORT,
        facts={
            "endpoint": f"http://{host}:{MINIO_PORT}",
            "access_key": access_key,
            "secret_key": secret_key,
            **facts,
        },
        workload=workload,
    )


def external(
    name: str, *, engine: str, port: int, facts: Mapping[str, EnvironmentValue], private: bool
) -> StoreSpec:
    """Return a store that others run: its facts, and the way out to its port.

    `private` says that it may have a private address, as managed databases mostly do.
    """
    egress = Egress(ports=(port,), excluding=()) if private else Egress(ports=(port,))
    return StoreSpec(name=name, engine=engine, mode=StoreMode.EXTERNAL, port=port, facts=facts, egress=egress)

"""MongoDB: what clients are told in each mode, and how the official image runs it in mode `bundled`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from towpath.specs.parts import StoreMode, StoreSpec, WorkloadSpec
from towpath.specs.values import Port, User, Writable

if TYPE_CHECKING:
    from collections.abc import Mapping

    from towpath.images.symbol import ImageSymbol
    from towpath.specs.operated import MongoDBReplicaSet
    from towpath.specs.values import EnvironmentValue, Probe, Resources, SecretKey, Storage

MONGODB_PORT = 27017
DATA = "/data/db"
_ROOT_PASSWORD = "MONGODB_ROOT_PASSWORD"  # noqa: S105 -- the name of a variable
_PASSWORD = "MONGODB_PASSWORD"  # noqa: S105 -- the name of a variable


def mongodb(
    name: str,
    *,
    image: ImageSymbol,
    host: str,
    database: str,
    username: str,
    password: SecretKey,
    resources: Resources,
    storage: Storage,
    health: Probe,
    startup: Probe | None,
    facts: Mapping[str, EnvironmentValue],
) -> StoreSpec:
    """Return a bundled MongoDB with a root user, whom the image keeps in `admin`. `facts` are further ones."""
    workload = WorkloadSpec(
        name=name,
        image=image,
        # The user `mongodb` of the official image.
        user=User(999, 999),
        ports=(Port("mongodb", MONGODB_PORT),),
        environment={
            "MONGO_INITDB_ROOT_USERNAME": username,
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
    uri = f"mongodb://{username}:$({_ROOT_PASSWORD})@{host}:{MONGODB_PORT}/{database}?authSource=admin"
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
            "auth_source": "admin",
            "username": username,
            "password": password,
            **facts,
        },
        credentials={_ROOT_PASSWORD: password},
        workload=workload,
    )


def operated_mongodb(
    name: str, *, namespace: str, members: MongoDBReplicaSet, facts: Mapping[str, EnvironmentValue]
) -> StoreSpec:
    """Return a replica set that the operator runs.

    Clients are told every member, by the names by which the members know one another.
    """
    service = member_service(name)
    hosts = ",".join(
        f"{name}-{number}.{service}.{namespace}.svc.cluster.local:{MONGODB_PORT}"
        for number in range(members.members)
    )
    return StoreSpec(
        name=name,
        engine="mongodb",
        mode=StoreMode.OPERATOR,
        port=MONGODB_PORT,
        facts={
            "uri": f"mongodb://{members.username}:$({_PASSWORD})@{hosts}/{members.database}"
            f"?replicaSet={members.replica_set}&authSource={members.auth_source}",
            "host": service,
            "port": str(MONGODB_PORT),
            "database": members.database,
            "auth_source": members.auth_source,
            "username": members.username,
            "password": members.password,
            "replica_set": members.replica_set,
            **facts,
        },
        credentials={_PASSWORD: members.password},
        operated=members,
    )


def member_service(name: str) -> str:
    """Return the name of the Service that the operator makes; it leads to every member."""
    return f"{name}-svc"

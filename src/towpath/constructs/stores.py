"""Stores as constructs: one class an engine, with a mode that settings choose."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from towpath.constructs.arguments import image_symbol, in_order, probe_of, resources_of, startup_of
from towpath.constructs.connecting import StorePart
from towpath.constructs.kube_object import declared_at
from towpath.constructs.workload import Job
from towpath.errors import refuse
from towpath.specs import stores
from towpath.specs.parts import StoreMode
from towpath.specs.values import Resources, SecretKey, Storage, User, Writable

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from constructs import Construct

    from towpath.images.symbol import ImageSymbol
    from towpath.settings.stores import BundledStore
    from towpath.specs.values import EnvironmentValue

T = TypeVar("T")


class MongoDB(StorePart):
    """A MongoDB.

    `bundled` needs the settings of that name, `username` and `password`; `external` needs `uri`, the key of a secret
    that holds the whole connection string. `facts` adds what clients are told: `ssl`, `replica_set`.
    """

    default_variables: Mapping[str, str] = {
        "MONGODB_URI": "uri",
        "MONGODB_DB": "database",
        "MONGODB_AUTH_SOURCE": "auth_source",
        "MONGODB_SSL": "ssl",
        "MONGODB_REPLICA_SET": "replica_set",
    }

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        mode: StoreMode | str,
        database: str,
        auth_source: str = "admin",
        facts: Mapping[str, EnvironmentValue] | None = None,
        uri: SecretKey | None = None,
        image: str | ImageSymbol = "mongodb",
        username: SecretKey | None = None,
        password: SecretKey | None = None,
        bundled: BundledStore | None = None,
    ) -> None:
        super().__init__(scope, id)
        if StoreMode(mode) is StoreMode.EXTERNAL:
            self.spec = stores.external(
                id,
                engine="mongodb",
                port=stores.MONGODB_PORT,
                private=True,
                facts={
                    "uri": _needed(self, "uri", uri),
                    "database": database,
                    "auth_source": auth_source,
                    **(facts or {}),
                },
            )
        else:
            settings = _needed(self, "bundled", bundled)
            self.spec = stores.mongodb(
                id,
                image=image_symbol(image),
                host=str(settings.host),
                database=database,
                auth_source=auth_source,
                user=_needed(self, "username", username),
                password=_needed(self, "password", password),
                resources=resources_of(settings.resources),
                storage=_storage(self, "/data/db", settings),
                health=probe_of(settings.health, "mongodb"),
                startup=startup_of(settings.health, "mongodb"),
                facts=facts or {},
            )
        self.platform.add_part(self, self.spec)


class Redis(StorePart):
    """A Redis with a password. `bundled` needs the settings of that name; `external` needs `url`, a secret's key."""

    default_variables: Mapping[str, str] = {
        "REDIS_URL": "url",
        "REDIS_DB": "database",
        "REDIS_PASSWORD": "password",
        "REDIS_CLUSTER_MODE": "cluster_mode",
    }

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        mode: StoreMode | str,
        password: SecretKey,
        database: int = 0,
        facts: Mapping[str, EnvironmentValue] | None = None,
        url: SecretKey | None = None,
        image: str | ImageSymbol = "redis",
        bundled: BundledStore | None = None,
    ) -> None:
        super().__init__(scope, id)
        if StoreMode(mode) is StoreMode.EXTERNAL:
            self.spec = stores.external(
                id,
                engine="redis",
                port=stores.REDIS_PORT,
                private=True,
                facts={
                    "url": _needed(self, "url", url),
                    "password": password,
                    "database": str(database),
                    **(facts or {}),
                },
            )
        else:
            settings = _needed(self, "bundled", bundled)
            self.spec = stores.redis(
                id,
                image=image_symbol(image),
                host=str(settings.host),
                database=database,
                password=password,
                resources=resources_of(settings.resources),
                storage=_storage(self, "/data", settings),
                health=probe_of(settings.health, "redis"),
                facts=facts or {},
            )
        self.platform.add_part(self, self.spec)


class ObjectStorage(StorePart):
    """Object storage that speaks S3: MinIO with a job that makes the bucket (`bundled`), or a service (`external`).

    `bundled` needs the settings of that name, `external` needs `endpoint`.
    """

    default_variables: Mapping[str, str] = {
        "S3_ENDPOINT": "endpoint",
        "S3_REGION": "region",
        "S3_BUCKET": "bucket",
        "S3_ACCESS_KEY": "access_key",
        "S3_SECRET_KEY": "secret_key",
        "S3_USE_PATH_STYLE": "path_style",
    }

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        mode: StoreMode | str,
        bucket: str,
        region: str,
        path_style: bool,
        access_key: SecretKey,
        secret_key: SecretKey,
        endpoint: str | None = None,
        image: str | ImageSymbol = "minio",
        client_image: str | ImageSymbol = "minio-client",
        console_url: str | None = None,
        console_port: int = stores.MINIO_CONSOLE_PORT,
        public_prefixes: Sequence[str] = (),
        bundled: BundledStore | None = None,
    ) -> None:
        super().__init__(scope, id)
        facts: dict[str, EnvironmentValue] = {
            "bucket": bucket,
            "region": region,
            "path_style": "true" if path_style else "false",
        }
        if StoreMode(mode) is StoreMode.EXTERNAL:
            facts |= {
                "endpoint": _needed(self, "endpoint", endpoint),
                "access_key": access_key,
                "secret_key": secret_key,
            }
            self.spec = stores.external(id, engine="s3", port=stores.HTTPS_PORT, facts=facts, private=False)
            self.platform.add_part(self, self.spec)
            return
        settings = _needed(self, "bundled", bundled)
        self.spec = stores.minio(
            id,
            image=image_symbol(image),
            host=str(settings.host),
            access_key=access_key,
            secret_key=secret_key,
            console_url=console_url or "",
            console_port=console_port,
            resources=resources_of(settings.resources),
            storage=_storage(self, "/data", settings),
            health=probe_of(settings.health, "s3"),
            facts=facts,
        )
        self.platform.add_part(self, self.spec)
        Job(
            self,
            f"{id}-bucket",
            image=client_image,
            user=User(1000, 1000),
            command=("/bin/sh", "-c", _bucket_script(public_prefixes)),
            environment={"MC_CONFIG_DIR": "/tmp/mc"},  # noqa: S108 -- a path in the container
            resources=Resources("50m", "64Mi", "250m", "128Mi"),
            writable=(Writable("/tmp"),),  # noqa: S108 -- as above
            prepares=(self,),
        )


def _bucket_script(public_prefixes: Sequence[str]) -> str:
    lines = [
        "set -eu",
        'until mc alias set store "$S3_ENDPOINT" "$S3_ACCESS_KEY" "$S3_SECRET_KEY"; do sleep 2; done',
        'mc mb --ignore-existing "store/$S3_BUCKET"',
        'mc anonymous set none "store/$S3_BUCKET"',
        *(
            f'mc anonymous set public "store/$S3_BUCKET/{prefix}"'
            for prefix in in_order("public_prefixes", public_prefixes)
        ),
    ]
    return "\n".join(lines) + "\n"


def _storage(store: StorePart, path: str, settings: BundledStore) -> Storage:
    return Storage(path, str(settings.size), str(store.platform.target.cluster.storage_class))


def _needed(store: StorePart, name: str, value: T | None) -> T:
    """Return a value that the store's mode needs.

    Raises:
        TowpathError: where it is None.

    """
    if value is None:
        mode = StoreMode.BUNDLED if name in {"bundled", "username", "password"} else StoreMode.EXTERNAL
        raise refuse(
            f"{type(store).__name__} {store.node.id!r} has mode {mode} and no {name}",
            place=declared_at(),
            expected=f"{name}, which mode {mode} needs",
            remedy="set it in the settings of this environment, or choose the other mode",
            rule="construct.store-mode",
        )
    return value

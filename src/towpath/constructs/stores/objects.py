"""Object storage as a construct."""

from __future__ import annotations

from typing import TYPE_CHECKING

from towpath.constructs.arguments import image_symbol, probe_of, resources_of, startup_of
from towpath.constructs.connecting import StorePart
from towpath.constructs.stores.arguments import needed, storage_of
from towpath.constructs.workload import Job
from towpath.settings.variables import variables_of
from towpath.specs.parts import StoreMode
from towpath.specs.stores.external import external, port_of
from towpath.specs.stores.minio import DATA, S3, minio
from towpath.specs.values import Resources, User, Writable

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from constructs import Construct

    from towpath.images.symbol import ImageSymbol
    from towpath.settings.stores import ObjectStorageSettings
    from towpath.specs.values import EnvironmentValue, SecretKey


class ObjectStorage(StorePart):
    """Object storage that speaks S3: MinIO with a job that makes the bucket (`bundled`), or a service (`external`).

    Facts: `endpoint`, `region`, `bucket`, `access_key`, `secret_key`, `path_style`. `facts` adds to these or replaces
    them.
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
        settings: ObjectStorageSettings,
        access_key: SecretKey,
        secret_key: SecretKey,
        image: str | ImageSymbol = "minio",
        client_image: str | ImageSymbol = "minio-client",
        facts: Mapping[str, EnvironmentValue] | None = None,
    ) -> None:
        super().__init__(scope, id)
        told: dict[str, EnvironmentValue] = {
            **variables_of(settings, "bucket", "region", "path_style", name=str),
            **(facts or {}),
        }
        if StoreMode(settings.mode) is StoreMode.EXTERNAL:
            endpoint = str(needed(self, "endpoint", settings.endpoint, mode=settings.mode))
            told = {"endpoint": endpoint, "access_key": access_key, "secret_key": secret_key, **told}
            self.spec = external(id, engine="s3", port=port_of(endpoint), facts=told, private=False)
            self.platform.add_part(self, self.spec)
            return
        bundled = needed(self, "bundled", settings.bundled)
        # The console is for people, who come to it with `kubectl port-forward`.
        self.client_ports = (S3,)
        self.spec = minio(
            id,
            image=image_symbol(image),
            host=str(bundled.host),
            access_key=access_key,
            secret_key=secret_key,
            console_url=str(settings.console_url or ""),
            console_port=settings.console_port,
            resources=resources_of(bundled.resources),
            storage=storage_of(self, DATA, bundled),
            health=probe_of(bundled.health, S3),
            startup=startup_of(bundled.health, S3),
            facts=told,
        )
        self.platform.add_part(self, self.spec)
        Job(
            self,
            f"{id}-bucket",
            image=client_image,
            user=User(1000, 1000),
            command=("/bin/sh", "-c", _bucket_script(settings.public_prefixes)),
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
        *(f'mc anonymous set public "store/$S3_BUCKET/{prefix}"' for prefix in public_prefixes),
    ]
    return "\n".join(lines) + "\n"

"""MinIO, which speaks S3."""

from __future__ import annotations

from typing import TYPE_CHECKING

from towpath.specs.parts import StoreMode, StoreSpec, WorkloadSpec
from towpath.specs.values import Port, User, Writable

if TYPE_CHECKING:
    from collections.abc import Mapping

    from towpath.images.symbol import ImageSymbol
    from towpath.specs.values import EnvironmentValue, Probe, Resources, SecretKey, Storage

MINIO_PORT = 9000
S3 = "s3"
"""The name of that port; the other one is the console's."""
DATA = "/data"


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
    startup: Probe | None = None,
    facts: Mapping[str, EnvironmentValue],
) -> StoreSpec:
    """Return a bundled MinIO with its console. `facts` are the bucket, the region and the like."""
    workload = WorkloadSpec(
        name=name,
        image=image,
        user=User(1000, 1000),
        arguments=("server", storage.path, "--console-address", f":{console_port}"),
        ports=(Port(S3, MINIO_PORT), Port("console", console_port)),
        environment={
            # It keeps its configuration in $HOME/.minio, and would stop where it cannot make that folder.
            "HOME": "/tmp",  # noqa: S108 -- a path in the container
            "MINIO_ROOT_USER": access_key,
            "MINIO_ROOT_PASSWORD": secret_key,
            "MINIO_BROWSER_REDIRECT_URL": console_url,
        },
        resources=resources,
        startup=startup,
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

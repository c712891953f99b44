"""Redis: what clients are told in each mode, and how the official image runs it in mode `bundled`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from towpath.specs.parts import ConfigurationSpec, StoreMode, StoreSpec, WorkloadSpec
from towpath.specs.values import Port, User

if TYPE_CHECKING:
    from collections.abc import Mapping

    from towpath.images.symbol import ImageSymbol
    from towpath.specs.values import EnvironmentValue, Probe, Resources, SecretKey, Storage

REDIS_PORT = 6379
CONFIGURATION = "/etc/redis"
DATA = "/data"
_PASSWORD = "REDIS_PASSWORD"  # noqa: S105 -- the name of a variable
_MEBI = 2**20


def redis_configuration(
    *, port: int = REDIS_PORT, append_only: bool = True, max_memory: int = 0, eviction: str = ""
) -> str:
    """Return redis.conf; `max_memory` is bytes, 0 for no limit. A password never stands in it.

    The server answers on every address of its pod, with a password or without: who reaches it at all is a matter of
    the NetworkPolicies.
    """
    lines = [
        f"port {port}",
        "protected-mode no",
        f"dir {DATA}",
        f"appendonly {'yes' if append_only else 'no'}",
    ]
    if max_memory:
        whole = max_memory % _MEBI == 0
        lines.append(f"maxmemory {f'{max_memory // _MEBI}mb' if whole else max_memory}")
    if eviction:
        lines.append(f"maxmemory-policy {eviction}")
    return "\n".join(lines) + "\n"


def address_facts(
    host: str, *, port: int = REDIS_PORT, database: int = 0, password: SecretKey | None = None
) -> dict[str, EnvironmentValue]:
    """Return what clients of a server at a known address are told.

    The URL names the database where it is not the first one, which clients take without being told.
    """
    login = f":$({_PASSWORD})@" if password else ""
    return {
        "url": f"redis://{login}{host}:{port}{f'/{database}' if database else ''}",
        "host": host,
        "port": str(port),
        "database": str(database),
        **({"password": password} if password else {}),
    }


def credentials(password: SecretKey | None) -> dict[str, SecretKey]:
    """Return the variables that the facts refer to."""
    return {_PASSWORD: password} if password else {}


def redis(
    name: str,
    *,
    image: ImageSymbol,
    host: str,
    port: int = REDIS_PORT,
    database: int = 0,
    password: SecretKey | None,
    configuration: ConfigurationSpec,
    resources: Resources,
    storage: Storage,
    health: Probe,
    startup: Probe | None = None,
    facts: Mapping[str, EnvironmentValue],
) -> StoreSpec:
    """Return a bundled Redis that reads redis.conf from `configuration`. `facts` are further ones."""
    # The last word wins: the password, which is in no file, comes after the file.
    command = ("redis-server", f"{CONFIGURATION}/redis.conf")
    # REDISCLI_AUTH is what the health check's redis-cli reads.
    environment = {_PASSWORD: password, "REDISCLI_AUTH": password} if password else {}
    workload = WorkloadSpec(
        name=name,
        image=image,
        # The user `redis` of the official Alpine image.
        user=User(999, 1000),
        command=(*command, "--requirepass", f"$({_PASSWORD})") if password else command,
        ports=(Port("redis", port),),
        environment=environment,
        files={CONFIGURATION: configuration},
        resources=resources,
        startup=startup,
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
        port=port,
        facts={**address_facts(host, port=port, database=database, password=password), **facts},
        credentials=credentials(password),
        workload=workload,
    )

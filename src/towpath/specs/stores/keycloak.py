"""Keycloak: what clients are told in each mode, and how the stock image runs in mode `bundled`.

Learnt by running 26.4 and 26.7 with a read-only root: the stock image has not been built for PostgreSQL, so every first
start of a pod writes the folder `lib/quarkus` anew, from what the image has there; it keeps transaction logs and
caches below `data`, and scratch files in `/tmp`. Nothing else is written to.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from towpath.specs.parts import WorkloadSpec
from towpath.specs.values import Port, Probe, User, Writable

if TYPE_CHECKING:
    from collections.abc import Mapping

    from towpath.images.symbol import ImageSymbol
    from towpath.specs.parts import ConfigurationSpec
    from towpath.specs.values import EnvironmentValue, Resources, SecretKey

HTTP = Port("http", 8080)
# Health is asked here, and not at the port above, since version 25.
MANAGEMENT = Port("management", 9000, exposed=False)
PEERS = (Port("jgroups", 7800, exposed=False), Port("jgroups-alive", 57800, exposed=False))
"""Where servers reach one another: for their shared cache, and to notice that one is gone."""
# The user `keycloak` of the official image.
USER = User(1000, 1000)
HOME = "/opt/keycloak"
IMPORT = f"{HOME}/data/import"
WRITABLE = (
    Writable("/tmp"),  # noqa: S108 -- a path in the container
    Writable(f"{HOME}/data", "256Mi"),
    Writable(f"{HOME}/lib/quarkus", copied=True),
)
_STARTUP_PERIOD = 10


def facts(*, url: str, public_url: str, realm: str) -> dict[str, EnvironmentValue]:
    """Return what clients are told. `url` is where pods find it, `public_url` where browsers do."""
    return {
        "url": url,
        "public_url": public_url,
        "realm": realm,
        "issuer": f"{public_url}/realms/{realm}",
    }


def database_url(*, host: str, port: str, database: str, ssl: bool) -> str:
    """Return the address of a PostgreSQL database as Java writes it."""
    return f"jdbc:postgresql://{host}:{port}/{database}" + ("?sslmode=require" if ssl else "")


def probes(*, period: int, timeout: int, failures: int, start_seconds: int) -> tuple[Probe, Probe, Probe]:
    """Return the startup, liveness and readiness probes. All times are seconds."""

    def asked(path: str, *, period: int, failures: int) -> Probe:
        return Probe(
            port=MANAGEMENT.name, path=f"/health/{path}", period=period, timeout=timeout, failures=failures
        )

    return (
        asked("started", period=_STARTUP_PERIOD, failures=-(-start_seconds // _STARTUP_PERIOD)),
        asked("live", period=period, failures=failures),
        asked("ready", period=period, failures=failures),
    )


def keycloak_workload(
    name: str,
    *,
    image: ImageSymbol,
    instances: int,
    development: bool,
    environment: Mapping[str, EnvironmentValue],
    realm: ConfigurationSpec,
    resources: Resources,
    startup: Probe,
    liveness: Probe,
    readiness: Probe,
) -> WorkloadSpec:
    """Return what runs a bundled Keycloak. `environment` says where it is found and who administers it."""
    several = instances > 1
    cache = {"KC_CACHE": "ispn", "KC_CACHE_STACK": "jdbc-ping"} if several else {"KC_CACHE": "local"}
    return WorkloadSpec(
        name=name,
        image=image,
        user=USER,
        replicas=instances,
        arguments=("start-dev" if development else "start", "--import-realm"),
        ports=(HTTP, MANAGEMENT, *(PEERS if several else ())),
        peers=tuple(port.name for port in PEERS) if several else (),
        environment={**environment, **cache},
        files={IMPORT: realm},
        resources=resources,
        startup=startup,
        liveness=liveness,
        readiness=readiness,
        writable=WRITABLE,
        max_unavailable=1 if several else None,
        # Servers of two versions must not use one database at once, so all stop before new ones start.
        surge=0,
    )


def server_environment(
    *, public_url: str, database: str, admin: str, password: SecretKey, secrets: Mapping[str, SecretKey]
) -> dict[str, EnvironmentValue]:
    """Return the variables of a bundled server, without its database's user and password.

    Several name one thing for servers of different versions: `KC_PROXY` was replaced by `KC_PROXY_HEADERS` in 24, and
    `KEYCLOAK_ADMIN` by `KC_BOOTSTRAP_ADMIN_USERNAME` in 26. Each version heeds its own.
    """
    return {
        "KC_DB": "postgres",
        "KC_DB_URL": database,
        # With a host alone, tokens would name another issuer for each way by which a request comes.
        "KC_HOSTNAME": public_url,
        # Applications in the cluster may ask by the Service's name; the issuer stays the public one.
        "KC_HOSTNAME_BACKCHANNEL_DYNAMIC": "true",
        "KC_HTTP_ENABLED": "true",
        "KC_PROXY": "edge",
        "KC_PROXY_HEADERS": "xforwarded",
        "KC_HEALTH_ENABLED": "true",
        "KEYCLOAK_ADMIN": admin,
        "KEYCLOAK_ADMIN_PASSWORD": password,
        "KC_BOOTSTRAP_ADMIN_USERNAME": admin,
        "KC_BOOTSTRAP_ADMIN_PASSWORD": password,
        **secrets,
    }

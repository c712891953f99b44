"""A reverse proxy as a construct: the document's nginx, for what an ingress controller's annotations cannot say."""

from __future__ import annotations

from typing import TYPE_CHECKING

from towpath.constructs.arguments import in_order
from towpath.constructs.configuration import Configuration
from towpath.constructs.kube_object import declared_at
from towpath.constructs.locations import Reading, buffers_of, timeouts_of
from towpath.constructs.platform import platform_of
from towpath.constructs.workload import Workload
from towpath.errors import Problem, TowpathError
from towpath.specs.nginx import TEMPORARY, nginx_conf
from towpath.specs.proxy import CacheSpec, Compression, ProxySpec, UpstreamSpec
from towpath.specs.proxy_checks import proxy_faults
from towpath.specs.values import Port, User, Writable

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from constructs import Construct

    from towpath.constructs.locations import Server
    from towpath.errors import Place
    from towpath.images.symbol import ImageSymbol
    from towpath.settings.proxy import ProxySettings
    from towpath.specs.proxy import ServerSpec
    from towpath.specs.proxy_checks import At
    from towpath.specs.values import EnvironmentValue

# The user `nginx` of the official images.
NGINX = User(101, 101)
FOLDER = "/etc/proxy"
_COMMAND = ("nginx", "-e", "/dev/stderr", "-c", f"{FOLDER}/nginx.conf", "-g", "daemon off;")
# What is left for ending the program once the last connection is closed.
_END_SECONDS = 5
_MEGABYTE = 2**20


class Proxy(Workload):
    """An nginx with a generated configuration, in front of workloads.

    `servers` say which paths of which hosts lead where; `settings` are the document's numbers. From the locations
    follow connections to their workloads, with network policies and sync order. `Edge(..., proxy=...)` puts TLS and the
    ingress controller in front of it.

    An image with files of its own may make them fit the environment when it starts: `start_scripts` runs its entry
    point before nginx, with `environment`, and `writable` are the folders that it writes to. nginx itself needs none.
    """

    proxy: ProxySpec

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        settings: ProxySettings,
        servers: Sequence[Server],
        image: str | ImageSymbol = "nginx",
        user: User = NGINX,
        environment: Mapping[str, EnvironmentValue] | None = None,
        writable: Sequence[Writable] = (),
        start_scripts: bool = False,
        grace_seconds: int = 30,
    ) -> None:
        listed = in_order("servers", servers)
        reading = Reading(platform_of(scope), settings)
        specs = tuple(reading.server(server, (number,)) for number, server in enumerate(listed))
        self.proxy = _proxy_of(id, settings, specs, grace_seconds)
        _check(self.proxy, listed, reading)
        # The official image's own start scripts only want to write into /etc: a command replaces them.
        configuration = Configuration(
            scope, f"{id}-configuration", data={"nginx.conf": nginx_conf(self.proxy, reading.addresses)}
        )
        cache = self.proxy.cache
        kept = (Writable(cache.folder, f"{2 * cache.megabytes}Mi"),) if cache else ()
        super().__init__(
            scope,
            id,
            image=image,
            user=user,
            replicas=settings.replicas,
            command=() if start_scripts else _COMMAND,
            arguments=_COMMAND if start_scripts else (),
            ports=(Port("http", self.proxy.port),),
            environment=environment,
            files={FOLDER: configuration},
            resources=settings.resources,
            health=settings.health,
            writable=(Writable(TEMPORARY), *kept, *in_order("writable", writable)),
            max_unavailable=settings.max_unavailable,
            grace_seconds=grace_seconds,
        )
        for part, ports in reading.connections.values():
            self.connects_to(part, variables={}, ports=tuple(sorted(ports)))


def _proxy_of(
    name: str, settings: ProxySettings, servers: tuple[ServerSpec, ...], grace_seconds: int
) -> ProxySpec:
    upstreams, compression, cache = settings.upstreams, settings.compression, settings.cache
    return ProxySpec(
        name=name,
        servers=servers,
        upstreams=UpstreamSpec(
            keepalive=upstreams.keepalive,
            least_conn=upstreams.least_conn,
            max_fails=upstreams.max_fails,
            fail_timeout=upstreams.fail_timeout.seconds,
        ),
        timeouts=timeouts_of(settings.timeouts),
        buffers=buffers_of(settings.buffers),
        body_size=str(settings.body_size),
        compression=Compression(
            types=tuple(map(str, compression.types)),
            min_length=compression.min_length,
            level=compression.level,
            vary=compression.vary,
        )
        if compression
        else None,
        cache=CacheSpec(
            megabytes=cache.size.bytes // _MEGABYTE,
            inactive=cache.inactive.seconds,
            valid=cache.valid.seconds if cache.valid else 0,
        )
        if cache
        else None,
        connections=settings.connections,
        refused_status=settings.refused_status,
        keepalive_timeout=settings.keepalive_timeout.seconds,
        workers=0 if settings.workers == "auto" else settings.workers,
        worker_connections=settings.worker_connections,
        multi_accept=settings.multi_accept,
        log_level=settings.log_level,
        shutdown_timeout=max(1, grace_seconds - _END_SECONDS),
        trusted=tuple(map(str, settings.trusted)),
        health=str(settings.health.path),
    )


def _check(proxy: ProxySpec, servers: Sequence[Server], reading: Reading) -> None:
    """Refuse a proxy that nginx would not take or would read in another way, with the line of each location."""
    problems = list(reading.problems)
    for fault in proxy_faults(proxy):
        # A location that could not be read at all has its problem already.
        if fault.at not in reading.faulty:
            what = f"{proxy.name}: {fault.what}"
            place = _place(fault.at, servers)
            problems.append(Problem(place, what, fault.expected, fault.remedy, rule="construct.proxy"))
    if problems:
        raise TowpathError(problems)


def _place(at: At, servers: Sequence[Server]) -> Place:
    match at:
        case (server,):
            return servers[server].place
        case (server, location):
            return servers[server].locations[location].place
        case (server, location, inner):
            return servers[server].locations[location].inside[inner].place
        case _:
            return declared_at()

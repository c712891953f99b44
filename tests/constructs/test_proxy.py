"""A proxy and the edge in front of it: what they declare, and the errors of a chart with their line."""

from __future__ import annotations

import linecache
from typing import TYPE_CHECKING, Any

import cdk8s
import pytest

from tests.constructs.sample import Shop, Synthesis, bodies, shop, workload
from towpath.constructs import Edge, ImageSymbol, Location, Port, Proxy, Rate, Route, Server
from towpath.constructs.connecting import StorePart
from towpath.errors import TowpathError
from towpath.settings.fields import Duration, Quantity
from towpath.settings.model import Probe, RateLimit, Resources
from towpath.settings.proxy import (
    BufferSettings,
    CacheSettings,
    CompressionSettings,
    HeaderName,
    HeaderValue,
    MediaType,
    ProxySettings,
    Size,
    TimeoutSettings,
    UpstreamSettings,
)
from towpath.specs.operated import KeycloakServers
from towpath.specs.parts import StoreMode, StoreSpec
from towpath.specs.proxy import ProxyTarget
from towpath.specs.values import Probe as SpecProbe
from towpath.specs.values import Resources as SpecResources
from towpath.specs.values import Writable

if TYPE_CHECKING:
    from collections.abc import Callable

    from constructs import Construct

    from towpath.errors import Problem

LOGIN = Rate("login", RateLimit(requests=1, burst=5))
HEADERS = {
    HeaderName("X-Frame-Options"): HeaderValue("DENY"),
    HeaderName("Content-Security-Policy"): HeaderValue("default-src 'self'"),
}


def settings(**changes: Any) -> ProxySettings:
    """Return the settings of a proxy, changed as asked."""
    return ProxySettings(**({"resources": Resources()} | changes))


def proxied(
    scope: Construct, *locations: Location, hosts: tuple[str, ...] = ("h.org",), **changes: Any
) -> Proxy:
    """Declare a proxy with one server."""
    servers = [Server(hosts=hosts, locations=locations)]
    return Proxy(scope, "nginx", settings=settings(**changes), servers=servers)


def configuration(declare: Callable[[Shop], object]) -> str:
    """Return the nginx.conf of a platform's proxy."""
    text: str = bodies(declare)["ConfigMap nginx-configuration"]["data"]["nginx.conf"]
    return text


class Store(StorePart):
    """A Keycloak that its operator runs, or somebody else."""

    def __init__(self, scope: Construct, id: str, *, operated: bool) -> None:  # noqa: A002 -- as constructs call it
        super().__init__(scope, id)
        probe = SpecProbe(port="http", path="/")
        servers = KeycloakServers(
            image=ImageSymbol("keycloak"),
            instances=1,
            resources=SpecResources(),
            public_url="https://auth.org",
            database_url="jdbc:postgresql://db/keycloak",
            database_login="login",
            admin_login="admin",
            startup=probe,
            liveness=probe,
            readiness=probe,
            realm={"realm": "shop"},
        )
        self.spec = StoreSpec(
            name=id,
            engine="keycloak",
            mode=StoreMode.OPERATOR if operated else StoreMode.EXTERNAL,
            port=8080,
            facts={"host": f"{id}-service"},
            operated=servers if operated else None,
        )
        self.platform.add_part(self, self.spec)


def _document(platform: Shop) -> None:
    backend = workload(platform, "backend", ports=(Port("http", 8080), Port("metrics", 9090)), replicas=2)
    frontend = workload(platform, "frontend", ports=(Port("http", 3000),))
    proxy = Proxy(
        platform,
        "nginx",
        settings=settings(
            replicas=2,
            max_unavailable=1,
            body_size=Size("10m"),
            websocket_timeout=Duration("1h"),
            headers=HEADERS,
            health=Probe(path="/up", interval=Duration("30s"), timeout=Duration("5s")),
        ),
        servers=[
            Server(
                hosts=("app.org", "www.app.org"),
                locations=[
                    Location("/api/auth/login", to=backend, path="/auth/login", rate=LOGIN),
                    Location("/api/", to=backend, path="/"),
                    Location("/_next/static/", to=frontend, expires="1y", cache_control="public, immutable"),
                    Location("/", to=frontend, websocket=True),
                ],
            ),
            Server(hosts=("api.org",), locations=[Location("/", to=backend, rate=LOGIN)]),
        ],
    )
    Edge(platform, "edge", proxy=proxy, tls=True)


def test_objects_of_a_proxy() -> None:
    """A proxy is a workload within `restricted`, with its configuration as a file."""
    found = bodies(_document)
    pod = found["Deployment nginx"]["spec"]["template"]
    (container,) = pod["spec"]["containers"]
    assert container["command"] == [
        *("nginx", "-e", "/dev/stderr", "-c", "/etc/proxy/nginx.conf", "-g", "daemon off;")
    ]
    security = pod["spec"]["securityContext"]
    assert (security["runAsUser"], security["runAsGroup"]) == (101, 101)
    assert container["securityContext"]["readOnlyRootFilesystem"] is True
    assert container["volumeMounts"] == [
        {"name": "tmp", "mountPath": "/tmp"},  # noqa: S108 -- a path in the container
        {"name": "etc-proxy", "mountPath": "/etc/proxy", "readOnly": True},
    ]
    for kind in ("livenessProbe", "readinessProbe"):
        assert container[kind]["httpGet"] == {"path": "/up", "port": "http"}
        assert container[kind]["periodSeconds"] == 30
    assert found["PodDisruptionBudget nginx"]["spec"]["maxUnavailable"] == 1
    assert found["Deployment nginx"]["spec"]["replicas"] == 2
    assert "checksum/configuration" in pod["metadata"]["annotations"]


def test_a_change_of_the_configuration_restarts_the_pods() -> None:
    """The pods carry a digest of the text."""
    digests = set()
    for size in ("1m", "2m"):
        platform = shop()
        proxied(platform, Location("/", answer="x"), body_size=Size(size))
        (deployment,) = (each for each in Synthesis.synth(platform) if each["kind"] == "Deployment")
        digests.add(deployment["spec"]["template"]["metadata"]["annotations"]["checksum/configuration"])
    assert len(digests) == 2


def test_policies_follow_from_locations() -> None:
    """The controller reaches the proxy, the proxy reaches the ports that its locations use, and nothing else does."""
    found = bodies(_document)

    def peers(rules: list[Any], way: str) -> list[Any]:
        return [
            (
                each["podSelector"]["matchLabels"].get("app.kubernetes.io/component"),
                [port["port"] for port in rule["ports"]],
            )
            for rule in rules
            for each in rule[way]
        ]

    proxy = found["NetworkPolicy nginx"]["spec"]
    assert peers(proxy["ingress"], "from") == [("controller", [8080])]
    assert peers(proxy["egress"], "to") == [("backend", [8080]), ("frontend", [3000])]
    assert peers(found["NetworkPolicy backend"]["spec"]["ingress"], "from") == [("nginx", [8080])]
    assert peers(found["NetworkPolicy frontend"]["spec"]["ingress"], "from") == [("nginx", [3000])]


def test_sync_order() -> None:
    """Workloads come first, because nginx looks their Services up when it starts; then the proxy, then the edge."""
    found = bodies(_document)
    names = ("Service backend", "Deployment backend", "Deployment nginx", "Ingress edge")
    waves = [int(found[name]["metadata"]["annotations"]["argocd.argoproj.io/sync-wave"]) for name in names]
    assert waves == [1, 1, 2, 3]


def test_configuration_of_the_document() -> None:
    """The declarations become the document's directives."""
    text = configuration(_document)
    wanted = [
        "worker_processes 1;",
        "server_name app.org www.app.org;",
        "client_max_body_size 10m;",
        "limit_req_zone $binary_remote_addr zone=login:10m rate=1r/s;",
        "server backend:8080 max_fails=1 fail_timeout=10s;",
        "proxy_pass http://backend-http/auth/login;",
        'add_header X-Frame-Options "DENY" always;',
        'add_header Cache-Control "public, immutable";',
        "location = /up {",
        "proxy_read_timeout 3600s;",
        "worker_shutdown_timeout 25s;",
    ]
    assert [line for line in wanted if line not in text] == []
    # Headers by name, whatever the order of the settings (c18).
    assert text.index("Content-Security-Policy") < text.index("X-Frame-Options")
    # WebSockets alone may be silent that long.
    assert text.count("proxy_read_timeout 60s;") == 1
    assert text.count("proxy_read_timeout 3600s;") == 1


def test_all_settings_reach_the_configuration() -> None:
    """Each number of the settings stands in the text."""

    def declare(platform: Shop) -> None:
        proxied(
            platform,
            Location("/", to=workload(platform, "web"), cache=True),
            workers="auto",
            worker_connections=2048,
            multi_accept=True,
            log_level="error",
            timeouts=TimeoutSettings(connect=Duration("5s"), send=Duration("6s"), read=Duration("7s")),
            buffers=BufferSettings(header=Size("16k"), number=4, size=Size("32k"), busy=Size("64k")),
            keepalive_timeout=Duration("90s"),
            compression=CompressionSettings(
                types=(MediaType("text/css"),), min_length=256, level=6, vary=False
            ),
            connections=20,
            refused_status=429,
            upstreams=UpstreamSettings(
                keepalive=8, least_conn=True, max_fails=3, fail_timeout=Duration("30s")
            ),
            cache=CacheSettings(size=Quantity("1Gi"), inactive=Duration("1h"), valid=Duration("5m")),
            trusted=("10.0.0.0/8",),
        )

    found = bodies(declare)
    text = found["ConfigMap nginx-configuration"]["data"]["nginx.conf"]
    wanted = [
        "worker_processes auto;",
        "worker_connections 2048;",
        "multi_accept on;",
        "error_log /dev/stderr error;",
        "proxy_connect_timeout 5s;",
        "proxy_send_timeout 6s;",
        "proxy_read_timeout 7s;",
        "proxy_buffer_size 16k;",
        "proxy_buffers 4 32k;",
        "proxy_busy_buffers_size 64k;",
        "keepalive_timeout 90s;",
        "gzip_vary off;",
        "gzip_min_length 256;",
        "gzip_comp_level 6;",
        "gzip_types text/css;",
        "limit_conn conn_limit_per_ip 20;",
        "limit_conn_status 429;",
        "keepalive 8;",
        "least_conn;",
        "server web:8080 max_fails=3 fail_timeout=30s;",
        "max_size=1024m inactive=3600s",
        "proxy_cache_valid 300s;",
        "proxy_cache app_cache;",
        "set_real_ip_from 10.0.0.0/8;",
    ]
    assert [line for line in wanted if line not in text] == []
    assert text.count("set_real_ip_from") == 1
    volumes = found["Deployment nginx"]["spec"]["template"]["spec"]["volumes"]
    assert {"name": "var-cache-nginx", "emptyDir": {"sizeLimit": "2048Mi"}} in volumes


@pytest.mark.parametrize(
    ("location", "lines"),
    [
        pytest.param({"at": "= /x"}, ["location = /x {"], id="exact"),
        pytest.param({"at": "^~ /x/"}, ["location ^~ /x/ {"], id="prefix-first"),
        pytest.param({"at": r"~* \.(js|css)$"}, [r"location ~* \.(js|css)$ {"], id="any-case"),
        pytest.param({"at": "~ ^/v[0-9]"}, ["location ~ ^/v[0-9] {"], id="pattern"),
        pytest.param(
            {"at": "/", "port": "admin"}, ["server web:81 ", "proxy_pass http://web-admin;"], id="port"
        ),
        pytest.param({"at": "/", "body_size": "50m"}, ["client_max_body_size 50m;"], id="body-size"),
        pytest.param({"at": "/", "connections": 3}, ["limit_conn conn_limit_per_ip 3;"], id="connections"),
        pytest.param({"at": "/", "headers": {"X-A": "a"}}, ['add_header X-A "a" always;'], id="headers"),
        pytest.param(
            {"at": "/", "request_headers": {"X-Forwarded-Server": "$host"}},
            ["proxy_set_header X-Forwarded-Server $host;"],
            id="request-headers",
        ),
        pytest.param(
            {"at": "/", "timeouts": TimeoutSettings(read=Duration("90s")), "websocket": True},
            ["proxy_read_timeout 90s;", "proxy_set_header Upgrade $http_upgrade;"],
            id="own-timeouts-of-a-websocket",
        ),
        pytest.param(
            {"at": "/", "buffers": BufferSettings(enabled=False)}, ["proxy_buffering off;"], id="no-buffers"
        ),
        pytest.param(
            {"at": "/", "rate": Rate("api", None)}, ["proxy_pass http://web-http;"], id="no-rate-here"
        ),
    ],
)
def test_location(location: dict[str, Any], lines: list[str]) -> None:
    """Each argument of a location becomes its directive."""

    def declare(platform: Shop) -> None:
        web = workload(platform, "web", ports=(Port("http", 80), Port("admin", 81)))
        proxied(platform, Location(**location, to=web), websocket_timeout=Duration("1h"))

    text = configuration(declare)
    assert [line for line in lines if line not in text] == []
    assert "zone=api" not in text


def test_answers_without_a_workload() -> None:
    """A proxy can answer with a text or with files of its own image, and then reaches nothing."""

    def declare(platform: Shop) -> None:
        proxied(
            platform,
            Location("/health", answer="healthy\n"),
            Location("/old", moved_to="i.org"),
            Location("/old/", moved_to="new.example.com"),
            Location(
                "/",
                files="/usr/share/nginx/html",
                fallback="/index.html",
                inside=[Location(r"~* \.js$", expires="1y")],
            ),
        )

    found = bodies(declare)
    text = found["ConfigMap nginx-configuration"]["data"]["nginx.conf"]
    assert "try_files $uri $uri/ /index.html;" in text
    assert r'return 200 "healthy\n";' in text
    assert "return 301 $forwarded_proto://i.org$request_uri;" in text
    assert "return 301 $forwarded_proto://new.example.com$request_uri;" in text
    assert "egress" not in found["NetworkPolicy nginx"]["spec"]


@pytest.mark.parametrize(
    ("start_scripts", "command", "arguments"),
    [
        pytest.param(False, "nginx", None, id="nginx-alone"),
        pytest.param(True, None, "nginx", id="entry-point-of-the-image-first"),
    ],
)
def test_an_image_with_files_of_its_own(
    start_scripts: bool, command: str | None, arguments: str | None
) -> None:
    """It may prepare its files before nginx starts: with variables, in folders that it can write to."""

    def declare(platform: Shop) -> None:
        pages = Location("/", files="/srv", fallback="/index.html")
        Proxy(
            platform,
            "pages",
            image="web",
            settings=settings(),
            servers=(Server(hosts=(), locations=(pages,)),),
            environment={"API_URL": "https://api.org"},
            writable=(Writable("/srv", copied=True),),
            start_scripts=start_scripts,
        )

    spec = bodies(declare)["Deployment pages"]["spec"]["template"]["spec"]
    container = spec["containers"][0]
    assert [each["name"] for each in spec["initContainers"]] == ["copy-srv"]
    assert [each["mountPath"] for each in container["volumeMounts"]] == ["/tmp", "/srv", "/etc/proxy"]  # noqa: S108 -- a path in the container
    assert container["env"] == [{"name": "API_URL", "value": "https://api.org"}]
    for name, first in (("command", command), ("args", arguments)):
        assert container.get(name, [None])[0] == first


def test_a_store_that_an_operator_runs() -> None:
    """It is reached by the Service that the operator makes."""
    platform = shop()
    proxy = proxied(platform, Location("/", to=Store(platform, "keycloak", operated=True)))
    assert proxy.proxy.targets() == (ProxyTarget("keycloak", "http"),)
    assert [(each.source, each.target, each.ports) for each in platform.spec.connections] == [
        ("nginx", "keycloak", ("http",))
    ]
    text = next(
        each.data["nginx.conf"] for each in platform.spec.configurations if each.name == "nginx-configuration"
    )
    assert "server keycloak-service:8080 " in text
    assert "proxy_pass http://keycloak-http;" in text


def refused(declare: Callable[[Shop], object]) -> list[Problem]:
    """Return the problems of a declaration; each has to stand at a line of this file."""
    with pytest.raises(TowpathError) as caught:
        declare(shop())
    for problem in caught.value.problems:
        line = linecache.getline(problem.place.file, problem.place.line)
        assert problem.place.file == __file__
        assert any(word in line for word in ("Location(", "Server(", "Edge(", "Proxy(")), line
    return list(caught.value.problems)


def _web(**location: Any) -> Callable[[Shop], object]:
    def declare(platform: Shop) -> None:
        wanted: dict[str, Any] = {"at": "/", "to": workload(platform, "web")}
        proxied(platform, Location(**(wanted | location)))

    return declare


def _alone(**location: Any) -> Callable[[Shop], object]:
    return lambda platform: proxied(platform, Location("/", **location))


def _elsewhere(platform: Shop) -> None:
    other = workload(shop(cdk8s.App.of(platform), platform="depot"), "api")
    proxied(platform, Location("/", to=other))


@pytest.mark.parametrize(
    ("declare", "what", "expected"),
    [
        pytest.param(
            _elsewhere,
            "the location / leads to api, which is in another platform",
            "a part of this one",
            id="another-platform",
        ),
        pytest.param(
            _web(port="htpt"),
            "the location / leads to web, whose Service has no port htpt",
            "one of http",
            id="port",
        ),
        pytest.param(
            lambda platform: proxied(
                platform,
                Location("/", to=workload(platform, "web", ports=(Port("http", 80, exposed=False),))),
            ),
            "the location / leads to web, whose Service has no port",
            "a part of this platform with ports",
            id="no-port-in-the-service",
        ),
        pytest.param(
            lambda platform: proxied(platform, Location("/", to=Store(platform, "auth", operated=False))),
            "the location / leads to auth, whose Service has no port",
            "a part of this platform with ports",
            id="external-store",
        ),
        pytest.param(
            _web(rate=RateLimit(requests=1)),
            "the location / has the rate RateLimit(requests=1, per='second', burst=0)",
            'a name with the setting, such as Rate("login", settings.login_rate)',
            id="rate-without-a-name",
        ),
        pytest.param(
            _web(rate=Rate("login", 5)),  # type: ignore[arg-type] # to be refused
            "the location / has the rate Rate(name='login', limit=5)",
            'a name with the setting, such as Rate("login", settings.login_rate)',
            id="rate-without-requests",
        ),
        pytest.param(
            _web(files="/srv"),
            "the location / has `to` and `files`",
            "one of `to`, `files`, `answer` and `moved_to`",
            id="two-answers",
        ),
        pytest.param(
            _alone(answer="x", path="/"), "the location / has `path`", "`to` beside it", id="path-alone"
        ),
        pytest.param(
            _alone(answer="x", fallback="/x"),
            "the location / has `fallback`",
            "`files` beside it",
            id="fallback-alone",
        ),
        pytest.param(
            _alone(),
            "nginx: the location / leads nowhere",
            "one of `to`, `files`, `answer` and `moved_to`",
            id="nowhere",
        ),
        pytest.param(
            _web(at="api"),
            "nginx: the location api: it does not start with /",
            "a path such as /api/",
            id="path-without-slash",
        ),
        pytest.param(
            _web(at="~ ("),
            "nginx: the location ~ (: it is no regular expression",
            r"a pattern such as \.(js|css)$",
            id="pattern",
        ),
        pytest.param(
            _web(at="/api/", path="/v1"),
            "nginx: the location /api/ changes the path to /v1",
            "a / at the end of both or of neither, because nginx replaces text and not parts of a path",
            id="changed-path",
        ),
        pytest.param(
            _web(inside=[Location("/a", headers={"X-A": "$x"})]),
            "nginx: the location /a adds the header 'X-A': it has a $, which nginx would read as a variable",
            "printable ASCII without $, such as nosniff",
            id="inside",
        ),
        pytest.param(
            lambda platform: proxied(platform, Location("/a", answer="x"), Location("/a", answer="y")),
            "nginx: the location /a stands there twice",
            "each once",
            id="two-equal-locations",
        ),
        pytest.param(
            lambda platform: proxied(platform, Location("/", answer="x"), hosts=("H.org",)),
            "nginx: 'H.org' is no host",
            "a name in lower case, such as app.example.com",
            id="host",
        ),
        pytest.param(
            lambda platform: Proxy(platform, "nginx", settings=settings(), servers=[]),
            "nginx: it has no servers",
            "a server with its hosts and locations",
            id="no-servers",
        ),
        pytest.param(
            lambda platform: Edge(platform, "edge", tls=True),
            "the edge edge leads nowhere",
            "`routes`, or a `proxy`",
            id="edge-without-anything",
        ),
        pytest.param(
            lambda platform: Edge(
                platform, "edge", tls=True, proxy=proxied(platform, Location("/", answer="x")), body_size="1m"
            ),
            "the edge edge has a proxy and `body_size`",
            "the proxy's own limits: set them in its settings",
            id="edge-with-limits-of-its-own",
        ),
        pytest.param(
            lambda platform: Edge(
                platform,
                "edge",
                tls=True,
                proxy=proxied(shop(cdk8s.App.of(platform), platform="depot"), Location("/", answer="x")),
            ),
            "the edge edge leads to nginx, which is in another platform",
            "a proxy of the same one",
            id="edge-of-another-platform",
        ),
        pytest.param(
            lambda platform: Edge(
                platform, "edge", tls=True, proxy=proxied(platform, Location("/", answer="x"), hosts=())
            ),
            "the edge edge leads to nginx, whose servers name no host",
            "a server with hosts",
            id="edge-without-hosts",
        ),
        pytest.param(
            lambda platform: Edge(
                platform,
                "edge",
                tls=True,
                proxy=proxied(platform, Location("/", answer="x")),
                routes=[Route(name="edge", host="i.org", path="/", to=workload(platform, "web"))],
            ),
            "the edge edge has a route of its own name, which is that of the proxy's Ingress",
            "another name",
            id="edge-and-route-of-one-name",
        ),
        pytest.param(
            lambda platform: Edge(
                platform,
                "edge",
                tls=True,
                ssl_ciphers="A;B",
                proxy=proxied(platform, Location("/", answer="x")),
            ),
            "the edge edge has the ciphers 'A;B'",
            "names in OpenSSL's notation, with : between them",
            id="ciphers",
        ),
    ],
)
def test_mistakes_name_the_line_of_the_chart(
    declare: Callable[[Shop], object], what: str, expected: str
) -> None:
    """Each says the thing and what was expected, at the line that declares it."""
    (problem,) = refused(declare)
    assert (problem.what, problem.expected) == (what, expected)


def test_the_nearest_port_is_offered() -> None:
    """A misspelt port is named with what was probably meant."""
    (problem,) = refused(_web(port="htpt"))
    assert problem.remedy == "did you mean 'http'?"
    (problem,) = refused(_web(port="zzz"))
    assert problem.remedy == ""


def test_a_cache_keeps_what_it_is_told_to() -> None:
    """Where the settings name no time, only what the workload allows is kept."""
    text = configuration(
        lambda platform: proxied(
            platform,
            Location("/", to=workload(platform, "web"), cache=True),
            cache=CacheSettings(size=Quantity("8Mi")),
        )
    )
    assert "max_size=8m inactive=600s" in text
    assert "proxy_cache_valid" not in text


def test_each_location_is_named_by_its_own_line() -> None:
    """All mistakes come at once, each with its place."""

    def declare(platform: Shop) -> None:
        web = workload(platform, "web")
        locations = [
            Location("/a", to=web, port="htpt"),
            Location("/b", to=web, expires="soon"),
            Location("/", to=web, inside=[Location("/c", answer="$x")]),
        ]
        proxied(platform, *locations)

    problems = refused(declare)
    first = problems[0].place.line
    assert [problem.place.line - first for problem in problems] == [0, 1, 2]


def test_edge_of_a_proxy() -> None:
    """One Ingress leads every host to the proxy, with the limits that the proxy has itself."""
    found = bodies(_document)
    (name,) = [each for each in found if each.startswith("Ingress")]
    spec, metadata = found[name]["spec"], found[name]["metadata"]
    assert [rule["host"] for rule in spec["rules"]] == ["api.org", "app.org", "www.app.org"]
    for rule in spec["rules"]:
        (path,) = rule["http"]["paths"]
        assert (path["path"], path["pathType"]) == ("/", "Prefix")
        assert path["backend"]["service"] == {"name": "nginx", "port": {"number": 8080}}
    assert [each["secretName"] for each in spec["tls"]] == ["api-org-tls", "app-org-tls", "www-app-org-tls"]
    own = {
        key.removeprefix("nginx.ingress.kubernetes.io/"): value
        for key, value in metadata["annotations"].items()
    }
    own.pop("argocd.argoproj.io/sync-wave")
    assert own == {
        "cert-manager.io/cluster-issuer": "letsencrypt",
        "force-ssl-redirect": "true",
        "proxy-body-size": "10m",
        "proxy-buffer-size": "8k",
        "proxy-read-timeout": "3600",
        "proxy-send-timeout": "3600",
        "upstream-hash-by": "$binary_remote_addr",
    }


@pytest.mark.parametrize(
    ("edge", "replicas", "present", "absent"),
    [
        pytest.param(
            {"tls": True}, 1, {"proxy-body-size": "1m"}, {"upstream-hash-by", "ssl-ciphers"}, id="one-pod"
        ),
        pytest.param({"tls": True}, 2, {"upstream-hash-by": "$binary_remote_addr"}, set(), id="two-pods"),
        pytest.param(
            {"tls": True, "ssl_ciphers": "A:B", "prefer_server_ciphers": False},
            1,
            {"ssl-ciphers": "A:B", "ssl-prefer-server-ciphers": "false"},
            set(),
            id="ciphers",
        ),
        pytest.param(
            {"tls": False, "ssl_ciphers": "A:B", "prefer_server_ciphers": True},
            1,
            {"proxy-read-timeout": "60"},
            {"ssl-ciphers", "ssl-prefer-server-ciphers", "force-ssl-redirect"},
            id="no-tls",
        ),
    ],
)
def test_annotations(edge: dict[str, Any], replicas: int, present: dict[str, str], absent: set[str]) -> None:
    """The controller is told what it needs to know, and nothing that has no meaning."""

    def declare(platform: Shop) -> None:
        Edge(platform, "edge", proxy=proxied(platform, Location("/", answer="x"), replicas=replicas), **edge)

    own = {
        key.removeprefix("nginx.ingress.kubernetes.io/"): value
        for key, value in bodies(declare)["Ingress edge"]["metadata"]["annotations"].items()
    }
    assert {key: own.get(key) for key in present} == present
    assert not absent & set(own)


def test_routes_beside_a_proxy() -> None:
    """A route of another name has an Ingress of its own; only the proxy's pods count for themselves."""

    def declare(platform: Shop) -> None:
        web = workload(platform, "web")
        proxy = proxied(platform, Location("/", to=web), replicas=2)
        direct = Route(name="direct", host="i.org", path="/", to=web)
        Edge(platform, "edge", tls=True, proxy=proxy, routes=[direct])

    found = bodies(declare)
    hashed = {
        name: "nginx.ingress.kubernetes.io/upstream-hash-by" in found[name]["metadata"]["annotations"]
        for name in ("Ingress direct", "Ingress edge")
    }
    assert hashed == {"Ingress direct": False, "Ingress edge": True}

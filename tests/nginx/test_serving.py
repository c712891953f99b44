"""A real nginx with a generated configuration does what the locations say. It needs apt-get install nginx-light."""

from __future__ import annotations

import os
import re
import socket
import subprocess
import threading
from typing import TYPE_CHECKING

import pytest

from tests.specs.proxies import BACKEND, FRONTEND, IMMUTABLE, location
from tests.support.nginx import RunningNginx, Upstream, require_nginx, serving
from towpath.specs.nginx import nginx_conf
from towpath.specs.parts import RateLimit
from towpath.specs.proxy import (
    Address,
    CacheSpec,
    Compression,
    Files,
    Header,
    Match,
    Moved,
    Pass,
    ProxySpec,
    Reply,
    ServerSpec,
    UpstreamSpec,
    ZoneRate,
)

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = pytest.mark.root

POLICY = Header("Content-Security-Policy", "default-src 'self'; img-src *;")
FRAMES = Header("X-Frame-Options", "SAMEORIGIN")
ODD = Header("X-Odd", r"""a "quoted" 'word' \ \n \" # { } ;""")
# So slow that a busy machine makes no difference.
LIMITED = ZoneRate("limited", RateLimit(requests=1, per="minute", burst=2))
LOGIN = ZoneRate("login", RateLimit(requests=1, per="minute", burst=5))


def declared(files: Path) -> ProxySpec:
    """Return the proxy that these tests ask, with a folder of files."""
    static = location(
        r"\.(js|css)$", match=Match.REGEX_ANY_CASE, answer=None, expires="1y", headers=(IMMUTABLE,)
    )
    app = ServerSpec(
        hosts=("app.example.com",),
        headers=(POLICY, FRAMES, ODD),
        locations=(
            location("/health", answer=Reply("healthy\n")),
            location("/api/auth/login", answer=Pass(BACKEND, "/auth/login"), rate=LOGIN),
            location("/api/", answer=Pass(BACKEND, "/")),
            location("/limited/", rate=LIMITED),
            location("/one/", connections=1),
            location("/uploads/", body_size="64k", answer=Pass(BACKEND)),
            location("/_next/static/", expires="1y", headers=(IMMUTABLE,)),
            location("/kept/", cache=True),
            location("/bare/", headers=(Header("x-frame-options", ""), Header("X-Odd", ""))),
            location("/ws", answer=Pass(BACKEND), websocket=True),
            location("/tier/", request_headers=(("X-Tier", 'a "b"'), ("X-Forwarded-Server", "$host"))),
            location("/", inside=(static,)),
        ),
    )
    api = ServerSpec(
        hosts=("api.example.com", "www.api.example.com"),
        locations=(
            location("/auth/login", answer=Pass(BACKEND), rate=LOGIN),
            location("/exact", match=Match.EXACT, answer=Pass(BACKEND, "/is")),
            location("/kept/", cache=True),
        ),
    )
    moved = ServerSpec(hosts=("example.com",), locations=(location("/", answer=Moved("app.example.com")),))
    pages = ServerSpec(
        hosts=("pages.example.com",),
        locations=(
            location(
                "/",
                answer=Files(str(files), "/index.html"),
                inside=(location(r"\.css$", match=Match.REGEX, answer=None, expires="1y"),),
            ),
        ),
    )
    return ProxySpec(
        name="nginx",
        servers=(app, api, pages, moved),
        upstreams=UpstreamSpec(keepalive=4, max_fails=3, fail_timeout=30),
        body_size="16k",
        compression=Compression(types=("text/css",)),
        cache=CacheSpec(megabytes=8, valid=60),
        refused_status=429,
        trusted=("127.0.0.0/8",),
    )


@pytest.fixture(scope="module")
def backend() -> Iterator[Upstream]:
    """Run the backend."""
    with Upstream("backend").running() as server:
        yield server


@pytest.fixture(scope="module")
def frontend() -> Iterator[Upstream]:
    """Run the frontend."""
    with Upstream("frontend").running() as server:
        yield server


@pytest.fixture(scope="module")
def nginx(
    tmp_path_factory: pytest.TempPathFactory, backend: Upstream, frontend: Upstream
) -> Iterator[RunningNginx]:
    """Run nginx in front of both."""
    folder = tmp_path_factory.mktemp("nginx")
    files = folder / "files"
    files.mkdir()
    (files / "index.html").write_text("page", encoding="utf-8")
    (files / "site.css").write_text("style", encoding="utf-8")
    addresses = {
        BACKEND: Address("localhost", backend.port),
        FRONTEND: Address("localhost", frontend.port),
    }
    with serving(nginx_conf(declared(files), addresses), folder) as running:
        yield running


def from_address(address: str, **headers: str) -> dict[str, str]:
    """Return the headers of a request that the controller passes on for a client."""
    return {"X-Real-IP": address, **{name.replace("_", "-"): value for name, value in headers.items()}}


@pytest.mark.parametrize(
    ("host", "path", "server", "seen"),
    [
        pytest.param("app.example.com", "/", "frontend", "/", id="root"),
        pytest.param("app.example.com", "/deep/er?q=1%20", "frontend", "/deep/er?q=1%20", id="as-it-is"),
        pytest.param("app.example.com", "/a%2Fb//c", "frontend", "/a%2Fb//c", id="not-normalized"),
        pytest.param("app.example.com", "/api/x/y?q=1", "backend", "/x/y?q=1", id="prefix-taken-away"),
        pytest.param("app.example.com", "/api/auth/login", "backend", "/auth/login", id="path-changed"),
        pytest.param("app.example.com", "/api/app.js", "backend", "/app.js", id="no-static-file-of-the-api"),
        pytest.param("app.example.com", "/app.JS", "frontend", "/app.JS", id="static"),
        pytest.param("api.example.com", "/exact", "backend", "/is", id="exact"),
        pytest.param("www.api.example.com", "/exact", "backend", "/is", id="second-host"),
    ],
)
def test_where_a_request_goes(nginx: RunningNginx, host: str, path: str, server: str, seen: str) -> None:
    """Each path reaches its workload, changed as the location says."""
    answer = nginx.ask(path, host=host, headers=from_address("198.51.100.1"))
    assert (answer.status, answer.seen["server"], answer.seen["path"]) == (200, server, seen)


@pytest.mark.parametrize(
    ("host", "path", "status", "text"),
    [
        pytest.param("10.1.2.3:8080", "/health", 200, "healthy\n", id="the-kubelet"),
        pytest.param("evil.example.org", "/", 421, None, id="unknown-host"),
        pytest.param("evil.example.org", "/api/x", 421, None, id="unknown-host-of-a-known-path"),
        pytest.param("app.example.com", "/health", 200, "healthy\n", id="answer"),
        pytest.param("api.example.com", "/nothing", 404, None, id="path-without-location"),
        pytest.param("api.example.com", "/exact/more", 404, None, id="more-than-exact"),
        pytest.param("pages.example.com", "/", 200, "page", id="index"),
        pytest.param("pages.example.com", "/some/page", 200, "page", id="fallback"),
        pytest.param("pages.example.com", "/site.css", 200, "style", id="file"),
        pytest.param("pages.example.com", "/none.css", 404, None, id="no-fallback-inside"),
    ],
)
def test_what_the_proxy_answers_itself(
    nginx: RunningNginx, host: str, path: str, status: int, text: str | None
) -> None:
    """No workload is asked for these."""
    answer = nginx.ask(path, host=host)
    assert answer.status == status
    assert text is None or answer.body.decode() == text
    assert answer.values("Server") == ["nginx"]


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        pytest.param("/", "text/html", id="page"),
        pytest.param("/site.css", "text/css", id="style"),
    ],
)
def test_files_have_their_type(nginx: RunningNginx, path: str, kind: str) -> None:
    """The types of the image are read."""
    assert nginx.ask(path, host="pages.example.com").values("Content-Type") == [kind]


def test_a_folder_without_its_slash(nginx: RunningNginx) -> None:
    """The redirect names neither a port nor http, which the client does not know."""
    answer = nginx.ask("/api")
    assert (answer.status, answer.values("Location")) == (301, ["/api/"])


@pytest.mark.parametrize(
    ("given", "name", "sent"),
    [
        pytest.param({}, "Host", ["app.example.com"], id="host"),
        pytest.param(from_address("198.51.100.7"), "X-Real-IP", ["198.51.100.7"], id="address"),
        pytest.param(
            from_address("198.51.100.7", X_Forwarded_For="203.0.113.1, 198.51.100.7"),
            "X-Forwarded-For",
            ["198.51.100.7"],
            id="forged-list",
        ),
        pytest.param({"X-Forwarded-Proto": "https"}, "X-Forwarded-Proto", ["https"], id="scheme"),
        pytest.param({}, "X-Forwarded-Proto", ["http"], id="no-controller"),
        pytest.param({"X-Forwarded-Proto": "gopher"}, "X-Forwarded-Proto", ["http"], id="no-such-scheme"),
        pytest.param(
            {"X-Forwarded-Host": "evil.org"}, "X-Forwarded-Host", ["app.example.com"], id="forged-host"
        ),
        pytest.param({"Upgrade": "h2c", "Connection": "upgrade"}, "Upgrade", [], id="no-upgrade"),
        pytest.param({"Connection": "close"}, "Connection", [], id="connection-kept"),
        pytest.param({"Authorization": "Bearer x"}, "Authorization", ["Bearer x"], id="authorization"),
    ],
)
def test_what_the_workload_is_told(
    nginx: RunningNginx, given: dict[str, str], name: str, sent: list[str]
) -> None:
    """The workload learns the client's address and scheme as the controller gave them."""
    assert nginx.ask("/", headers=given).sent(name) == sent


def test_own_request_headers(nginx: RunningNginx) -> None:
    """A location's own headers stand beside the usual ones."""
    answer = nginx.ask("/tier/", headers=from_address("198.51.100.8"))
    assert answer.sent("X-Tier") == ['a "b"']
    assert answer.sent("X-Forwarded-Server") == ["app.example.com"]
    assert answer.sent("X-Real-IP") == ["198.51.100.8"]
    assert answer.sent("Connection") == []


@pytest.mark.parametrize("scheme", [pytest.param("https", id="https"), pytest.param("http", id="http")])
def test_a_host_that_moved(nginx: RunningNginx, scheme: str) -> None:
    """The client is sent on with its own scheme, path and query."""
    answer = nginx.ask("/a%20b?c=1", host="example.com", headers={"X-Forwarded-Proto": scheme})
    assert (answer.status, answer.values("Location")) == (301, [f"{scheme}://app.example.com/a%20b?c=1"])


ALL = [("Content-Security-Policy", POLICY.value), ("X-Frame-Options", FRAMES.value), ("X-Odd", ODD.value)]


@pytest.mark.parametrize(
    ("path", "status", "own", "kept"),
    [
        pytest.param("/", 200, ALL, None, id="page"),
        pytest.param("/absent", 404, ALL, None, id="error-of-the-workload"),
        pytest.param("/_next/static/a", 200, ALL, ["max-age=31536000", "public, immutable"], id="static"),
        pytest.param("/app.js", 200, ALL, ["max-age=31536000", "public, immutable"], id="inside"),
        pytest.param("/_next/static/absent", 404, ALL, [], id="error-is-not-kept"),
        pytest.param("/health", 200, ALL, None, id="answer"),
        pytest.param("/bare/", 200, ALL[:1], None, id="taken-away"),
    ],
)
def test_headers(
    nginx: RunningNginx, path: str, status: int, own: list[tuple[str, str]], kept: list[str] | None
) -> None:
    """Each response carries the server's headers once, and only static files may be kept."""
    answer = nginx.ask(path)
    assert answer.status == status
    assert [(name, value) for name, value in answer.headers if name in dict(ALL)] == own
    assert answer.values("Cache-Control") == (kept or [])


def test_refused_requests_carry_the_headers(nginx: RunningNginx) -> None:
    """So do errors of the proxy's own."""
    answer = nginx.ask("/", method="POST", body=b"x" * (17 * 1024))
    assert answer.status == 413
    assert answer.values("X-Frame-Options") == ["SAMEORIGIN"]


@pytest.mark.parametrize(
    ("path", "kilobytes", "status"),
    [
        pytest.param("/", 16, 200, id="as-much-as-may-be"),
        pytest.param("/", 17, 413, id="more"),
        pytest.param("/uploads/x", 64, 200, id="more-for-one-location"),
        pytest.param("/uploads/x", 65, 413, id="more-than-that"),
    ],
)
def test_body_size(nginx: RunningNginx, path: str, kilobytes: int, status: int) -> None:
    """A greater body is refused before the workload sees it."""
    answer = nginx.ask(path, method="POST", body=b"x" * (kilobytes * 1024))
    assert answer.status == status
    assert status != 200 or answer.seen["body"] == kilobytes * 1024


def statuses(
    nginx: RunningNginx, count: int, path: str, address: str, host: str = "app.example.com"
) -> list[int]:
    """Return the answers to requests of one address in a row."""
    return [nginx.ask(path, host=host, headers=from_address(address)).status for _ in range(count)]


def test_rate(nginx: RunningNginx) -> None:
    """The burst goes through at once, the rest is refused; another address has its own count."""
    assert statuses(nginx, 5, "/limited/", "198.51.100.20") == [200, 200, 200, 429, 429]
    assert statuses(nginx, 3, "/limited/", "198.51.100.21") == [200, 200, 200]


def test_rate_of_two_hosts(nginx: RunningNginx) -> None:
    """Locations that name one rate count together."""
    first = statuses(nginx, 3, "/api/auth/login", "198.51.100.22")
    second = statuses(nginx, 5, "/auth/login", "198.51.100.22", "api.example.com")
    assert (first, second) == ([200] * 3, [200] * 3 + [429] * 2)


def test_connections(nginx: RunningNginx, frontend: Upstream) -> None:
    """An address has one request under way here, and another one is refused until it is answered."""
    first: list[int] = []
    frontend.release.clear()
    thread = threading.Thread(target=lambda: first.extend(statuses(nginx, 1, "/one/slow", "198.51.100.30")))
    thread.start()
    try:
        for _ in range(200):
            if "/one/slow" in frontend.asked:
                break
            threading.Event().wait(0.02)
        assert statuses(nginx, 1, "/one/x", "198.51.100.30") == [429]
        assert statuses(nginx, 1, "/one/x", "198.51.100.31") == [200]
        assert statuses(nginx, 1, "/", "198.51.100.30") == [200]
    finally:
        frontend.release.set()
        thread.join(20)
    assert first == [200]


@pytest.mark.parametrize(
    ("path", "reply"),
    [
        pytest.param("/ws", b"101 Switching Protocols", id="allowed"),
        pytest.param("/socket", b"200 OK", id="not-allowed"),
    ],
)
def test_websocket(nginx: RunningNginx, path: str, reply: bytes) -> None:
    """An upgrade goes through where the location says so, and data goes both ways after it."""
    with socket.create_connection(("127.0.0.1", nginx.port), timeout=20) as connection:
        connection.sendall(
            f"GET {path} HTTP/1.1\r\nHost: app.example.com\r\nUpgrade: websocket\r\n"
            "Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n\r\n".encode()
        )
        received = b""
        while b"\r\n\r\n" not in received:
            received += connection.recv(4096)
        assert reply in received.splitlines()[0]
        if b"101" in reply:
            connection.sendall(b"hello")
            while not received.endswith(b"echo hello"):
                more = connection.recv(4096)
                assert more, received
                received += more


@pytest.mark.parametrize(
    ("path", "accepts", "encoding"),
    [
        pytest.param("/large", "gzip", ["gzip"], id="large"),
        pytest.param("/large", "identity", [], id="not-asked-for"),
        pytest.param("/", "gzip", [], id="another-type"),
    ],
)
def test_compression(nginx: RunningNginx, path: str, accepts: str, encoding: list[str]) -> None:
    """A long response of a listed type is compressed for who asks for it."""
    answer = nginx.ask(path, headers={"Accept-Encoding": accepts})
    assert answer.values("Content-Encoding") == encoding
    assert (len(answer.body) < 8192) == bool(encoding) or path == "/"
    assert ("Accept-Encoding" in answer.values("Vary")) == (path == "/large")


def test_cache(nginx: RunningNginx, frontend: Upstream) -> None:
    """An answer is sent again, by host; one to somebody who said who they are is not, and never kept."""
    known = {"Authorization": "Bearer x"}
    before = len(frontend.asked)

    def asked() -> int:
        return len(frontend.asked) - before

    nginx.ask("/kept/a", headers=known)
    assert asked() == 1
    first = nginx.ask("/kept/a")
    assert asked() == 2, "what was made for one client was kept"
    assert nginx.ask("/kept/a").body == first.body
    assert asked() == 2, "it was not kept"
    nginx.ask("/kept/a", headers=known)
    assert asked() == 3, "a known client got what was kept"
    assert nginx.ask("/kept/a", host="api.example.com").sent("Host") == ["api.example.com"]
    assert asked() == 4, "one host got what was kept for another"
    nginx.ask("/kept/a", headers={"X-Forwarded-Proto": "https"})
    assert asked() == 5, "https got what was kept for http"
    kept = [path for path in (nginx.folder / "cache").rglob("*") if path.is_file()]
    assert len(kept) == 3


def test_connections_to_a_workload_are_kept(nginx: RunningNginx, backend: Upstream) -> None:
    """Requests after one another use one connection."""
    backend.peers.clear()
    for _ in range(4):
        nginx.ask("/api/x")
    assert len(backend.peers) == 1


def test_nothing_to_complain_of(nginx: RunningNginx) -> None:
    """Besides what it refused, nginx found nothing wrong."""
    refused = (
        "limiting requests",
        "limiting connections",
        "client intended to send too large body",
        "No such file",
    )
    assert [line for line in nginx.errors().splitlines() if not any(word in line for word in refused)] == []


# What a pod with a read-only root, user 101 and no capability is, with the means of a shell.
_LIKE_A_POD = """
set -eu
mount --make-rprivate /
mount -o remount,bind,ro /
for folder in /tmp /var/cache/nginx; do
    mount -t tmpfs -o size=16m,uid=101,gid=101 tmpfs $folder
done
cat > /tmp/nginx.conf
ip link set lo up
exec setpriv --reuid=101 --regid=101 --clear-groups --no-new-privs --bounding-set=-all --inh-caps=-all sh -c '
    nginx -e /dev/stderr -c /tmp/nginx.conf -g "daemon off;" &
    for attempt in 1 2 3 4 5 6 7 8 9 10; do
        if curl --silent --fail http://127.0.0.1:8080/health; then break; fi
        sleep 0.2
    done
    curl --silent --output /dev/null --header "Host: api.example.com" http://127.0.0.1:8080/nothing
    kill -QUIT $!
    wait $!
    echo "user $(id -u) ended with $?"
    touch /etc/written || true
'
"""


def test_unprivileged_on_a_read_only_root(tmp_path: Path) -> None:
    """The configuration as it stands works for user 101 without any capability, and logs to the outputs."""
    require_nginx()
    text = nginx_conf(
        declared(tmp_path),
        {BACKEND: Address("localhost", 8081), FRONTEND: Address("localhost", 8082)},
    )
    output = tmp_path / "output"
    output.touch()
    # As a container's runtime does with the outputs.
    os.chown(output, 101, 101)
    with output.open("ab") as stream:
        subprocess.run(
            ["unshare", "--mount", "--net", "sh", "-c", _LIKE_A_POD],
            input=text.encode(),
            stdout=stream,
            stderr=subprocess.STDOUT,
            check=True,
            timeout=60,
        )
    said = output.read_text(encoding="utf-8").splitlines()
    assert said[0] == "healthy"
    assert re.fullmatch(
        r'127\.0\.0\.1 - - \[.*\] "GET /nothing HTTP/1\.1" 404 \d+ "-" "curl/.*" "-"', said[1]
    )
    assert said[2:] == ["user 101 ended with 0", "touch: cannot touch '/etc/written': Read-only file system"]

"""The nginx of `keycloak-pm`: who answers at its three hosts, and what differs at Keycloak's."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.support.nginx import RunningNginx, configuration, in_front_of, serving

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.root

DIST = Path(__file__).resolve().parents[2] / "dist/production/keycloak-pm"
APP, API, AUTH = "app.pm.company.com", "api.pm.company.com", "auth.pm.company.com"
PARTS = {"frontend": "frontend:8080", "backend": "backend:8000", "keycloak": "keycloak-service:8080"}


@pytest.fixture(scope="module")
def nginx(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningNginx]:
    """Run production's nginx in front of parts that say who they are."""
    text = configuration(DIST, "nginx-configuration")
    with in_front_of(text, PARTS, tmp_path_factory.mktemp("nginx")) as running:
        yield running


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningNginx]:
    """Run the frontend's nginx with a page, a script and a folder."""
    folder = tmp_path_factory.mktemp("pages")
    root = folder / "html"
    (root / "static/js").mkdir(parents=True)
    (root / "index.html").write_text("<html>page</html>")
    (root / "static/js/main.js").write_text("run()")
    text = configuration(DIST, "frontend-configuration").replace("/usr/share/nginx/html", str(root))
    with serving(text, folder) as running:
        yield running


@pytest.mark.parametrize(
    ("host", "path", "server"),
    [
        pytest.param(APP, "/", "frontend", id="page"),
        pytest.param(APP, "/static/js/main.js", "frontend", id="static-file"),
        pytest.param(APP, "/health", "frontend", id="health-of-the-backend-stays-inside"),
        pytest.param(APP, "/api/projects", "backend", id="api-beside-the-pages"),
        pytest.param(APP, "/ws", "backend", id="websocket-beside-the-pages"),
        pytest.param(API, "/api/projects", "backend", id="api"),
        pytest.param(API, "/ws", "backend", id="websocket"),
        pytest.param(AUTH, "/realms/project-management/account", "keycloak", id="keycloak"),
        pytest.param(AUTH, "/resources/abc/login/style.css", "keycloak", id="files-of-keycloak"),
        pytest.param(AUTH, "/api/projects", "keycloak", id="no-api-at-keycloaks-host"),
    ],
)
def test_who_answers(nginx: RunningNginx, host: str, path: str, server: str) -> None:
    """Each path reaches its part unchanged."""
    assert nginx.ask(path, host=host).reached == (server, path)


@pytest.mark.parametrize(
    ("host", "path", "status"),
    [
        pytest.param(API, "/", 404, id="nothing-else-of-the-api"),
        pytest.param(API, "/docs", 404, id="the-apis-own-pages-stay-inside"),
        pytest.param("app.localhost", "/", 421, id="host-of-another-environment"),
    ],
)
def test_nobody_answers(nginx: RunningNginx, host: str, path: str, status: int) -> None:
    """What no site has is refused, without asking anybody."""
    assert nginx.ask(path, host=host).status == status


@pytest.mark.parametrize(
    ("host", "path", "framed"),
    [
        pytest.param(APP, "/", ["DENY"], id="pages"),
        pytest.param(API, "/api/projects", ["DENY"], id="api"),
        pytest.param(
            AUTH,
            "/realms/project-management/protocol/openid-connect/login-status-iframe.html",
            [],
            id="frame",
        ),
        pytest.param(AUTH, "/resources/abc/login/style.css", [], id="files-of-keycloak"),
    ],
)
def test_keycloak_says_itself_what_may_be_framed(
    nginx: RunningNginx, host: str, path: str, framed: list[str]
) -> None:
    """keycloak-js would wait for a frame that the browser refuses, for ever; the other headers are everywhere."""
    answer = nginx.ask(path, host=host, headers={"X-Real-IP": "192.0.2.9"})
    assert answer.values("X-Frame-Options") == framed
    assert answer.values("X-Content-Type-Options") == ["nosniff"]
    assert answer.values("Strict-Transport-Security") == ["max-age=31536000; includeSubDomains"]


@pytest.mark.parametrize(
    ("host", "path", "client", "limit"),
    [
        pytest.param(APP, "/api/projects", "192.0.2.1", (20, 10), id="api"),
        pytest.param(API, "/api/projects", "192.0.2.2", (20, 10), id="api-at-its-own-host"),
        pytest.param(AUTH, "/realms/master", "192.0.2.3", (10, 5), id="keycloak"),
        pytest.param(AUTH, "/resources/abc/logo.svg", "192.0.2.4", (39, 0), id="files-of-keycloak"),
        pytest.param(APP, "/static/js/main.js", "192.0.2.5", (39, 0), id="pages"),
    ],
)
def test_rates(nginx: RunningNginx, host: str, path: str, client: str, limit: tuple[int, int]) -> None:
    """As many requests pass at once as the burst and one, then the rate; the files of a page are no attempts."""
    burst, rate = limit
    began = time.monotonic()
    answers = [nginx.ask(path, host=host, headers={"X-Real-IP": client}).status for _ in range(40)]
    seconds = time.monotonic() - began
    assert answers[: burst + 1] == [200] * (burst + 1)
    assert answers.count(200) <= burst + 1 + rate * seconds + 1
    assert set(answers) <= {200, 503}


def test_the_two_hosts_of_the_api_count_together(nginx: RunningNginx) -> None:
    """A client gets no second allowance at the other host."""
    headers = {"X-Real-IP": "192.0.2.6"}
    while nginx.ask("/api/projects", host=APP, headers=headers).status == 200:
        pass
    # The zone lets one more pass every tenth of a second.
    assert 503 in {nginx.ask("/api/projects", host=API, headers=headers).status for _ in range(5)}


@pytest.mark.parametrize("host", [pytest.param(APP, id="pages"), pytest.param(API, id="api")])
def test_websocket(nginx: RunningNginx, host: str) -> None:
    """A client that asks for an upgrade gets it, on either host."""
    asked = {"Upgrade": "websocket", "Connection": "Upgrade"}
    assert nginx.ask("/ws", host=host, headers=asked).status == 101


def test_keycloak_learns_where_it_was_asked(nginx: RunningNginx) -> None:
    """Keycloak builds its addresses from these, and tells clients apart by the last."""
    headers = {"X-Real-IP": "192.0.2.7", "X-Forwarded-For": "198.51.100.1", "X-Forwarded-Proto": "https"}
    answer = nginx.ask("/realms/project-management", host=AUTH, headers=headers)
    names = ("Host", "X-Forwarded-Host", "X-Forwarded-Server", "X-Forwarded-Proto", "X-Forwarded-For")
    assert [answer.sent(name) for name in names] == [[AUTH], [AUTH], [AUTH], ["https"], ["192.0.2.7"]]


@pytest.mark.parametrize(
    ("path", "status", "cached"),
    [
        pytest.param("/", 200, [], id="page"),
        pytest.param("/projects/7", 200, [], id="page-of-the-router"),
        pytest.param("/static/js/main.js", 200, ["max-age=31536000", "public, immutable"], id="script"),
        pytest.param("/static/js/old.js", 404, [], id="script-of-another-release"),
    ],
)
def test_pages(pages: RunningNginx, path: str, status: int, cached: list[str]) -> None:
    """Unknown paths get the page, and what is missing is not kept for a year."""
    answer = pages.ask(path)
    assert (answer.status, answer.values("Cache-Control")) == (status, cached)

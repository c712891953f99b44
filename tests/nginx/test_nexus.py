"""The nginx of `nexus`. Its document has zones, a cache and upstreams, and no locations: these are held fast here."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.support.nginx import RunningNginx, configuration, in_front_of

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.root

DIST = Path(__file__).resolve().parents[2] / "dist/production/nexus"
HOST = "nexus.company.com"
PARTS = {"frontend": "frontend:3000", "backend": "backend:3001"}


@pytest.fixture(scope="module")
def nginx(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningNginx]:
    """Run production's nginx in front of a frontend and a backend that say who they are."""
    text = configuration(DIST, "nginx-configuration")
    with in_front_of(text, PARTS, tmp_path_factory.mktemp("nginx")) as running:
        yield running


@pytest.mark.parametrize(
    ("path", "server"),
    [
        pytest.param("/", "frontend", id="page"),
        pytest.param("/_next/static/chunks/main-0a1b.js", "frontend", id="static-file"),
        pytest.param("/api/users", "backend", id="api"),
        pytest.param("/api/auth/login", "backend", id="login"),
        pytest.param("/api/health", "frontend", id="health-of-the-frontend"),
        pytest.param("/health/live", "frontend", id="health-of-the-backend-stays-inside"),
        pytest.param("/metrics", "frontend", id="metrics-stay-inside"),
    ],
)
def test_who_answers(nginx: RunningNginx, path: str, server: str) -> None:
    """Each path reaches its workload unchanged, and the backend's own endpoints cannot be reached."""
    assert nginx.ask(path, host=HOST).reached == (server, path)


@pytest.mark.parametrize(
    ("path", "client"),
    [
        pytest.param("/api/auth/login", "192.0.2.1", id="plain"),
        pytest.param("/api/auth/LOGIN", "192.0.2.2", id="another-case"),
        pytest.param("/api/Auth/Login/", "192.0.2.3", id="slash-at-the-end"),
        pytest.param("/api//auth/login", "192.0.2.4", id="two-slashes"),
        pytest.param("/api/auth/%6Cogin", "192.0.2.5", id="percent"),
    ],
)
def test_no_spelling_escapes_the_rate_of_the_login(nginx: RunningNginx, path: str, client: str) -> None:
    """The backend's router takes all of these for the same path: one, five more at once, and then one a second."""
    answers = [nginx.ask(path, host=HOST, headers={"X-Real-IP": client}).status for _ in range(12)]
    assert answers[:6] == [200] * 6
    assert 503 in answers

"""The nginx of `pmtool`: who answers at its three hosts, and that no spelling escapes the rate of the login."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.support.nginx import RunningNginx, configuration, in_front_of

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.root

DIST = Path(__file__).resolve().parents[2] / "dist/production/pmtool"
APP, WWW, API = "yourcompany.com", "www.yourcompany.com", "api.yourcompany.com"
PARTS = {"frontend": "frontend:3000", "backend": "backend:3001"}


@pytest.fixture
def nginx(tmp_path: Path) -> Iterator[RunningNginx]:
    """Run production's nginx in front of a frontend and a backend that say who they are."""
    text = configuration(DIST, "nginx-configuration")
    with in_front_of(text, PARTS, tmp_path) as running:
        yield running


@pytest.mark.parametrize(
    ("host", "path", "server"),
    [
        pytest.param(APP, "/", "frontend", id="page"),
        pytest.param(APP, "/api/tasks", "frontend", id="no-api-at-the-frontends-host"),
        pytest.param(API, "/api/tasks", "backend", id="api"),
        pytest.param(API, "/api/auth/login", "backend", id="login"),
        pytest.param(API, "/api/health/db", "backend", id="health-of-the-pool"),
    ],
)
def test_who_answers(nginx: RunningNginx, host: str, path: str, server: str) -> None:
    """Each path reaches its workload unchanged."""
    assert nginx.ask(path, host=host).reached == (server, path)


@pytest.mark.parametrize(
    ("host", "path", "status"),
    [
        pytest.param(API, "/metrics", 404, id="metrics-stay-inside"),
        pytest.param(API, "/", 404, id="nothing-else-of-the-api"),
        pytest.param("other.example.org", "/", 421, id="another-host"),
    ],
)
def test_nobody_answers(nginx: RunningNginx, host: str, path: str, status: int) -> None:
    """What the document has no location for is refused, without asking a workload."""
    assert nginx.ask(path, host=host).status == status


def test_the_second_name_moves_to_the_first(nginx: RunningNginx) -> None:
    """The API allows pages of one origin, so all pages are served under one."""
    answer = nginx.ask("/tasks?page=2", host=WWW, headers={"X-Forwarded-Proto": "https"})
    assert (answer.status, answer.values("Location")) == (301, [f"https://{APP}/tasks?page=2"])


@pytest.mark.parametrize(
    "path",
    [
        pytest.param("/api/auth/login", id="plain"),
        pytest.param("/api/AUTH/login", id="another-case"),
        pytest.param("/API/auth/login", id="the-prefix-in-another-case"),
        pytest.param("/api/auth/login/", id="slash-at-the-end"),
        pytest.param("/api/auth/%6Cogin", id="percent"),
    ],
)
def test_no_spelling_escapes_the_rate_of_the_login(nginx: RunningNginx, path: str) -> None:
    """Express takes all of these for the same path: one, five more at once, and then no more."""
    assert [nginx.ask(path, host=API).status for _ in range(8)] == [200] * 6 + [503] * 2


def test_the_rate_of_the_api(nginx: RunningNginx) -> None:
    """One, twenty more at once, and those that ten a second let through while the test runs."""
    statuses = [nginx.ask("/api/tasks", host=API).status for _ in range(60)]
    assert statuses[:21] == [200] * 21
    assert statuses.count(503) >= 20

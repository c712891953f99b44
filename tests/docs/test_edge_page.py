"""The examples of `docs/edge.md` do what the page says."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest

from tests.constructs.sample import Shop, bodies, workload
from tests.support.projects import ROOT
from towpath import constructs
from towpath.settings.fields import HostName
from towpath.settings.layers import load_settings, read_layer
from towpath.settings.model import RateLimit, SettingsModel
from towpath.settings.proxy import ProxySettings

if TYPE_CHECKING:
    from collections.abc import Iterator

PAGE = (ROOT / "docs" / "edge.md").read_text(encoding="utf-8")


class Edge(SettingsModel):
    """The settings that the page shows."""

    host: HostName
    tls: bool
    login_rate: RateLimit | None = None
    api_rate: RateLimit | None = None
    proxy: ProxySettings


class Settings(SettingsModel):
    """A platform's settings."""

    edge: Edge


def blocks(language: str) -> Iterator[str]:
    """Yield the page's blocks in a language."""
    return (match[1] for match in re.finditer(rf"^```{language}\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL))


def names(platform: Shop) -> dict[str, Any]:
    """Return the names that a chart would have."""
    (text,) = blocks("yaml")
    settings = load_settings(Settings, [read_layer("page", "docs/edge.md", text.encode())]).value
    library = {name: getattr(constructs, name) for name in constructs.__all__}
    parts = {name: workload(platform, name) for name in ("backend", "frontend")}
    return {**library, **parts, "self": platform, "edge": settings.edge}


def test_the_first_example() -> None:
    """Settings and declarations become a proxy and one Ingress in front of it."""
    first = next(blocks("python"))
    found = bodies(lambda platform: exec(first, names(platform)))  # noqa: S102 -- the page's own code
    text = found["ConfigMap nginx-configuration"]["data"]["nginx.conf"]
    for line in (
        "limit_req zone=login burst=5 nodelay;",
        "server_name app.example.com;",
        "client_max_body_size 10m;",
    ):
        assert line in text
    assert [name for name in found if name.startswith("Ingress")] == ["Ingress edge"]


@pytest.mark.parametrize("number", [pytest.param(1, id="inside")])
def test_further_examples(number: int) -> None:
    """Each further block is a location that a proxy takes."""
    text = list(blocks("python"))[number]

    def declare(platform: Shop) -> None:
        known = names(platform)
        location = eval(text, known)  # noqa: S307 -- the page's own code
        server = constructs.Server(hosts=("h.org",), locations=[location])
        constructs.Proxy(platform, "nginx", settings=known["edge"].proxy, servers=[server])

    assert (
        r"location ~* \.(js|css|png|svg|woff2)$ {"
        in bodies(declare)["ConfigMap nginx-configuration"]["data"]["nginx.conf"]
    )


def test_every_example_is_tried() -> None:
    """A block that is added gets a test, too."""
    assert (len(list(blocks("python"))), len(list(blocks("yaml")))) == (2, 1)


def test_every_argument_is_described() -> None:
    """The page names each argument of a location."""
    arguments = set(constructs.Location.__dataclass_fields__) - {"at", "_", "place"}
    assert {name for name in arguments if name not in PAGE} == set()

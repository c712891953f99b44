"""A real nginx takes every configuration of ours, without a warning. It needs apt-get install nginx-light."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.specs.proxies import COMPLETE, location, proxy, written
from tests.support.nginx import complaint
from tests.support.projects import ROOT
from towpath.documents.node import plain
from towpath.documents.reader import read
from towpath.specs.http_values import buffers_fault
from towpath.specs.nginx_locations import buffer_lines
from towpath.specs.proxy import Buffers, Files, Header, Match, Moved, ServerSpec

if TYPE_CHECKING:
    from pathlib import Path

    from towpath.specs.proxy import ProxySpec

pytestmark = pytest.mark.root

LONG_HOST = ".".join(["a" * 63] * 3 + ["b" * 61])


@pytest.mark.parametrize(
    "declared",
    [
        pytest.param(COMPLETE, id="complete"),
        pytest.param(proxy(), id="smallest"),
        pytest.param(proxy(location("/", answer=Files("/srv", "/index.html"))), id="files"),
        pytest.param(proxy(location("/", answer=Moved("www.example.com"))), id="moved"),
        pytest.param(proxy(servers=(ServerSpec(hosts=(), locations=(location("/"),)),)), id="any-host"),
        pytest.param(
            proxy(servers=(ServerSpec(hosts=(LONG_HOST,), locations=(location("/"),)),)), id="longest-host"
        ),
        pytest.param(proxy(headers=(Header("X-A", "a" * 3000),)), id="longest-header"),
        pytest.param(proxy(location("/" + "a" * 511)), id="longest-path"),
        pytest.param(proxy(location("a" * 512, match=Match.REGEX)), id="longest-pattern"),
        pytest.param(
            proxy(
                location("/", request_headers=tuple((f"X-{n}-{'a' * 35}", "$host") for n in range(10, 40)))
            ),
            id="many-request-headers",
        ),
        pytest.param(proxy(location("/", buffers=Buffers("128k", 4, "256k", "256k"))), id="great-buffers"),
        pytest.param(
            proxy(
                servers=tuple(
                    ServerSpec(hosts=(f"h{n}.org",), locations=(location("/"),)) for n in range(200)
                )
            ),
            id="many-hosts",
        ),
    ],
)
def test_taken(declared: ProxySpec, tmp_path: Path) -> None:
    """Nginx takes it and has nothing to say of it."""
    assert complaint(written(declared), tmp_path) == ""


@pytest.mark.parametrize(
    "buffers",
    [
        pytest.param(Buffers(*sizes), id="-".join(map(str, sizes)))
        for sizes in (
            ("4k", 8, "4k"),
            ("4k", 3, "4k"),
            ("4k", 2, "4k"),
            ("128k", 8, "4k"),
            ("128k", 4, "256k", "256k"),
            ("8k", 8, "4k", "4k"),
            ("8k", 8, "4k", "8k"),
            ("4k", 8, "8k", "56k"),
            ("4k", 8, "8k", "57k"),
        )
    ],
)
def test_buffers_fit_as_nginx_sees_it(buffers: Buffers, tmp_path: Path) -> None:
    """Our check of buffers and nginx's are of one mind."""
    text = written(proxy())
    ours = "\n    ".join(buffer_lines(Buffers()))
    assert ours in text
    said = complaint(text.replace(ours, "\n    ".join(buffer_lines(buffers))), tmp_path)
    assert bool(said) == (
        buffers_fault(buffers.header, buffers.number, buffers.size, buffers.busy) is not None
    )
    assert not said or "proxy_busy_buffers_size" in said


def test_everything_in_dist(tmp_path: Path) -> None:
    """Nginx takes each nginx.conf that stands in a ConfigMap of dist/."""
    said = {}
    for path in sorted((ROOT / "dist").glob("*/*/configmap_*.yaml")):
        node = read(path.read_bytes(), str(path))
        assert node is not None
        text = plain(node)["data"].get("nginx.conf")
        if text is not None:
            said[str(path.relative_to(ROOT))] = complaint(text, tmp_path)
    assert said, "dist/ holds no nginx.conf any more: the test would prove nothing"
    assert {path: complained for path, complained in said.items() if complained} == {}

"""Routes whose requests always reach the same pod."""

from __future__ import annotations

import pytest

from tests.constructs.sample import Shop, bodies, workload
from towpath.constructs import Edge, Port, Route


@pytest.mark.parametrize(
    ("by_client", "hashed"),
    [
        pytest.param(True, "$binary_remote_addr", id="same-pod"),
        pytest.param(False, None, id="any-pod"),
    ],
)
def test_a_route_may_keep_a_client_at_its_pod(by_client: bool, hashed: str | None) -> None:
    """The controller chooses the pod by the client's address where a route asks for it, and nowhere else."""

    def declare(platform: Shop) -> None:
        web = workload(platform, "web", ports=(Port("http", 8080), Port("admin", 8081)))
        routes = [
            Route(name="socket", host="h.org", path="/socket.io/", to=web, by_client=by_client),
            Route(name="admin", host="h.org", path="/admin/", to=web, port="admin"),
        ]
        Edge(platform, "edge", tls=True, routes=routes)

    found = bodies(declare)
    annotation = "nginx.ingress.kubernetes.io/upstream-hash-by"
    assert found["Ingress socket"]["metadata"]["annotations"].get(annotation) == hashed
    assert annotation not in found["Ingress admin"]["metadata"]["annotations"]

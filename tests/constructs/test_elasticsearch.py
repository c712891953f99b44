"""Elasticsearch in its modes: what clients are told, what is rendered, and the template for the indices."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread
from typing import TYPE_CHECKING, Any

import pytest

from tests.constructs.stores import BUNDLED, KEY, LIMITS, by_default, declared, store, told
from tests.kubernetes.rules import References, flows, pod_security_faults
from tests.kubernetes.sample import wave_of
from towpath.constructs import Elasticsearch, Secret
from towpath.settings.fields import SecretRef
from towpath.settings.stores import ElasticsearchSettings

if TYPE_CHECKING:
    from tests.constructs.sample import Shop

NODES = {"nodes": 3, "size": "20Gi", "resources": LIMITS}
SHARED = {"version": "8.11.0", "index_prefix": "tasks", "java_options": "-Xms512m -Xmx512m"}


def wanted(mode: str = "bundled", **changes: Any) -> ElasticsearchSettings:
    """Return settings of one mode with what the mode needs."""
    modes: dict[str, dict[str, Any]] = {
        "bundled": {"bundled": BUNDLED},
        "operator": {"operator": NODES},
        "external": {"url": "https://es.example.org:9243"},
    }
    return store(ElasticsearchSettings, mode, **(SHARED | modes[mode] | changes))


def elasticsearch(settings: ElasticsearchSettings, **arguments: Any) -> Any:
    """Return a function that declares it."""

    def declare(platform: Shop) -> Elasticsearch:
        Secret(platform, "keys", keys={"password": SecretRef("shop#password")})
        return Elasticsearch(platform, "search", settings=settings, **({"password": KEY} | arguments))

    return declare


@pytest.mark.parametrize(
    ("settings", "arguments", "facts"),
    [
        pytest.param(
            wanted(),
            {},
            {"host": "db", "password": "keys/password", "port": "9200", "url": "http://db:9200"},
            id="bundled",
        ),
        pytest.param(
            wanted("operator"),
            {"password": None},
            {
                "host": "search-es-http",
                "password": "search-es-elastic-user/elastic",
                "port": "9200",
                "url": "http://search-es-http:9200",
            },
            id="operator-makes-the-password",
        ),
        pytest.param(
            wanted("external", username="shop"),
            {"facts": {"region": "eu"}},
            {
                "host": "es.example.org",
                "password": "keys/password",
                "port": "9243",
                "region": "eu",
                "url": "https://es.example.org:9243",
                "username": "shop",
            },
            id="external",
        ),
    ],
)
def test_facts(settings: ElasticsearchSettings, arguments: Any, facts: dict[str, str]) -> None:
    """Clients learn exactly these facts."""
    shared = {"index_prefix": "tasks", "username": "elastic"}
    assert told(declared(elasticsearch(settings, **arguments))) == shared | facts


def test_variables_by_default() -> None:
    """Without further words a client gets the document's variables."""
    assert by_default(elasticsearch(wanted("external"))) == {
        "ELASTICSEARCH_INDEX_PREFIX": "tasks",
        "ELASTICSEARCH_NODE": "https://es.example.org:9243",
        "ELASTICSEARCH_PASSWORD": "keys/password",
        "ELASTICSEARCH_USERNAME": "elastic",
    }


def test_the_way_out() -> None:
    """A client of a service may reach the port of its address, a private one too."""
    policy = declared(elasticsearch(wanted("external")))["NetworkPolicy client"]
    assert policy["spec"]["egress"] == [
        {"to": [{"ipBlock": {"cidr": "0.0.0.0/0"}}], "ports": [{"port": 9243, "protocol": "TCP"}]}
    ]


def test_bundled() -> None:
    """One node with security and a read-only root: its configuration is copied to where it can be written to."""
    pod = declared(elasticsearch(wanted()))["StatefulSet search"]["spec"]["template"]["spec"]
    (container,) = pod["containers"]
    assert {each["name"]: each.get("value") for each in container["env"]} == {
        "ELASTIC_PASSWORD": None,
        "ES_JAVA_OPTS": "-Xms512m -Xmx512m",
        "discovery.type": "single-node",
        "node.store.allow_mmap": "false",
        "xpack.security.enabled": "true",
        "xpack.security.http.ssl.enabled": "false",
    }
    (copying,) = pod["initContainers"]
    folder = "/usr/share/elasticsearch/config"
    (volume,) = (each["name"] for each in container["volumeMounts"] if each["mountPath"] == folder)
    assert copying["volumeMounts"] == [{"name": volume, "mountPath": "/copy"}]
    assert copying["command"] == ["cp", "-R", f"{folder}/.", "/copy"]
    assert copying["image"] == container["image"]
    assert pod["securityContext"]["runAsUser"] == 1000
    assert container["startupProbe"]["exec"] == {"command": ["ping"]}


@pytest.mark.parametrize("mode", ["bundled", "operator"])
def test_what_is_rendered_holds_together(mode: str) -> None:
    """References, flows and Pod Security are those of any other part."""
    objects = list(declared(elasticsearch(wanted(mode))).values())
    assert References(objects).dangling() == []
    assert [fault for each in objects for fault in pod_security_faults(each)] == []
    peers = {("search", "search", 9300)} if mode == "operator" else set()
    assert (
        flows(objects, "egress")
        == flows(objects, "ingress")
        == {("client", "search", 9200), ("search-index", "search", 9200)} | peers
    )


@pytest.mark.parametrize(
    ("mode", "waves"),
    [
        pytest.param("bundled", ("StatefulSet", 1, 2, 3), id="bundled"),
        # Argo CD does not wait for what it cannot tell the health of; the job does.
        pytest.param("operator", ("Elasticsearch", 1, 1, 2), id="operator"),
    ],
)
def test_the_template_comes_before_the_clients(mode: str, waves: tuple[Any, ...]) -> None:
    """What uses the store waits for the job that makes the index template."""
    objects = declared(elasticsearch(wanted(mode)))
    found = (objects[name] for name in (f"{waves[0]} search", "Job search-index", "Deployment client"))
    assert tuple(wave_of(each) for each in found) == waves[1:]


def test_external_stores_get_no_template() -> None:
    """What others run is not ours to change."""
    assert "Job search-index" not in declared(elasticsearch(wanted("external")))


class _Server(BaseHTTPRequestHandler):
    """An Elasticsearch as far as the job looks: not there at first, then asking for a password."""

    asked: list[tuple[str, str, str, str]]

    def _answer(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
        login = self.headers.get("Authorization", "")
        self.asked.append((self.command, self.path, login, body))
        ready = len(self.asked) > 1
        self.send_response(200 if ready else 503)
        self.end_headers()

    do_GET = do_PUT = _answer  # noqa: N815 -- the base class calls them so

    def log_message(self, *_: Any) -> None:
        """Stay silent."""


@pytest.mark.parametrize(
    ("settings", "copies"),
    [
        pytest.param(wanted(), 0, id="one-node"),
        pytest.param(wanted("operator", operator=NODES | {"nodes": 1}), 0, id="operator-with-one-node"),
        pytest.param(wanted("operator"), 1, id="three-nodes"),
    ],
)
def test_the_job_runs(settings: ElasticsearchSettings, copies: int) -> None:
    """The script waits for the server, then sends a template that fits the number of nodes, with the password."""
    if not shutil.which("curl"):
        pytest.skip("NOT RUN: curl is not on this machine")
    job = declared(elasticsearch(settings))["Job search-index"]
    (container,) = job["spec"]["template"]["spec"]["containers"]

    class Server(_Server):
        asked = []  # noqa: RUF012 -- a class for each test

    with HTTPServer(("127.0.0.1", 0), Server) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        variables = {
            "PATH": os.environ["PATH"],
            "ELASTICSEARCH_NODE": f"http://127.0.0.1:{server.server_port}",
            "ELASTICSEARCH_USERNAME": "elastic",
            "ELASTICSEARCH_PASSWORD": "made-up",
        }
        assert variables.keys() - {"PATH"} <= {each["name"] for each in container["env"]}
        done = subprocess.run(
            container["command"], env=variables, capture_output=True, check=False, timeout=30
        )
        server.shutdown()
    assert done.returncode == 0, done.stderr
    health = "/_cluster/health?wait_for_status=yellow&timeout=20s"
    assert [each[:2] for each in Server.asked] == [
        ("GET", health),
        ("GET", health),
        ("PUT", "/_index_template/tasks"),
    ]
    assert {each[2] for each in Server.asked} == {"Basic ZWxhc3RpYzptYWRlLXVw"}
    sent = json.loads(Server.asked[-1][3])
    assert sent["index_patterns"] == ["tasks*"]
    assert sent["template"] == {"settings": {"index": {"number_of_replicas": copies}}}

"""Platforms beside one another in one environment, and what their cluster has."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from tests.support.project_fixtures import project_fixtures
from tests.support.projects import Done, edit, towpath, tree, write, write_shop

if TYPE_CHECKING:
    from pathlib import Path

_SETTINGS = """\
from towpath.settings.fields import HostName, ObjectName, Port
from towpath.settings.model import SettingsModel


class Settings(SettingsModel):
    host: HostName
    node_port: Port
    namespace: ObjectName | None = None
    ingress_class: ObjectName = ObjectName("nginx")
"""

# The statements have a line each, so that a message can be held to its place.
_CHART = """\
from towpath.constructs import ImageSymbol, KubeObject, Platform


def body(version, kind, name, namespace=None, **fields):
    inside = {"namespace": namespace} if namespace else {}
    return {"apiVersion": version, "kind": kind, "metadata": {"name": name, **inside}, **fields}


class Chart(Platform):
    def __init__(self, scope, id, *, settings, target):
        super().__init__(scope, id, target=target)
        rules = {"ingressClassName": settings.ingress_class, "rules": [{"host": settings.host}]}
        ports = {"type": "NodePort", "ports": [{"port": 80, "nodePort": settings.node_port}]}
        KubeObject(self, "edge", body("networking.k8s.io/v1", "Ingress", "web", spec=rules))
        KubeObject(self, "port", body("v1", "Service", "web", spec=ports))
        KubeObject(self, "note", body("v1", "ConfigMap", "note", settings.namespace, data={}))
"""
_EDGE, _PORT, _NOTE = (
    _CHART[: _CHART.index(f'KubeObject(self, "{name}"')].count("\n") + 1 for name in ("edge", "port", "note")
)
_NEXT = _NOTE + 1

_SCALER = """\
        target_of = {"apiVersion": "apps/v1", "kind": "Deployment", "name": "web"}
        scaler = {"scaleTargetRef": target_of, "maxReplicas": 3, "metrics": [{"type": "External"}]}
        KubeObject(self, "scaler", body("autoscaling/v2", "HorizontalPodAutoscaler", "web", spec=scaler))
"""
_DEFINITION = """\
        defined = {"group": "a.org", "scope": "Cluster", "names": {"kind": "Thing"}}
        KubeObject(self, "crd", body("apiextensions.k8s.io/v1", "CustomResourceDefinition", "t.a.org", spec=defined))
"""
_THING = '        KubeObject(self, "thing", body("a.org/v1", "Thing", "one"))\n'
_IMAGE_IN_TEXT = (
    '        KubeObject(self, "x", body("v1", "ConfigMap", "x", data={"V": str(ImageSymbol("web"))}))\n'
)


def _write_neighbours(folder: Path) -> Path:
    """Write a project of three platforms: the shop, and `depot` and `mill`, which differ in host and port."""
    write_shop(folder)
    for number, (name, more) in enumerate({"depot": _SCALER + _DEFINITION, "mill": _THING}.items(), 1):
        write(folder / f"charts/{name}/__init__.py", "")
        write(folder / f"charts/{name}/settings.py", _SETTINGS)
        write(folder / f"charts/{name}/chart.py", _CHART + more)
        for environment in ("development", "production"):
            write(
                folder / f"envs/{environment}/{name}.yaml",
                f"host: {name}.{environment}.example\nnode_port: {30000 + number}\n",
            )
    return folder


neighbours = project_fixtures("neighbours", _write_neighbours)[1]


def _refused(folder: Path, *arguments: str) -> list[str]:
    """Return the messages of a synthesis that is refused and writes nothing."""
    before = tree(folder)
    done = towpath(folder, "synth", *arguments)
    assert (done.code, done.out) == (1, "")
    assert tree(folder) == before
    return _messages(done)


def _messages(done: Done) -> list[str]:
    listed = re.sub(r"[0-9]+ problems?; nothing was changed\n$", "", done.err)
    return [each.strip() for each in re.split(r"^error: ", listed, flags=re.MULTILINE)[1:]]


def _heads(messages: list[str]) -> list[str]:
    return [each.splitlines()[0] for each in messages]


@pytest.mark.parametrize(
    ("old", "new", "head"),
    [
        pytest.param(
            "host: mill.development.example",
            "host: depot.development.example",
            f"charts/mill/chart.py:{_EDGE}: mill takes the host depot.development.example (host, "
            "envs/development/mill.yaml:1) in development, and so does depot, at "
            f"charts/depot/chart.py:{_EDGE} (host, envs/development/depot.yaml:1)",
            id="host",
        ),
        pytest.param(
            "node_port: 30002",
            "node_port: 30001",
            f"charts/mill/chart.py:{_PORT}: mill takes the port 30001/TCP of the nodes (node_port, "
            "envs/development/mill.yaml:2) in development, and so does depot, at "
            f"charts/depot/chart.py:{_PORT} (node_port, envs/development/depot.yaml:2)",
            id="port",
        ),
        pytest.param(
            "node_port: 30002",
            "node_port: 30002\nnamespace: depot-development",
            f"charts/mill/chart.py:{_NOTE}: mill takes the namespace depot-development (namespace, "
            "envs/development/mill.yaml:3) in development, and so does depot, at charts/depot/chart.py:11",
            id="namespace",
        ),
        pytest.param(
            "node_port: 30002",
            "node_port: 30002\nnamespace: argocd",
            f"charts/mill/chart.py:{_NOTE}: mill takes the namespace argocd (namespace, envs/development/mill.yaml:3) "
            "in development, and so does argocd, at envs/development/cluster.yaml",
            id="namespace-of-argo-cd",
        ),
    ],
)
def test_two_platforms_that_take_the_same(neighbours: Path, old: str, new: str, head: str) -> None:
    """Both are named with their lines, those of their settings too, and nothing is written."""
    edit(neighbours / "envs/development/mill.yaml", old, new)
    assert _heads(_refused(neighbours)) == [head]


def test_a_platform_that_is_not_compiled_counts_too(neighbours: Path) -> None:
    """With `-p`, what the others take is read from dist/: their charts may not even compile."""
    edit(neighbours / "envs/development/mill.yaml", "mill.development", "depot.development")
    (neighbours / "charts/depot/chart.py").unlink()
    [head] = _heads(_refused(neighbours, "-p", "mill"))
    assert head == (
        f"charts/mill/chart.py:{_EDGE}: mill takes the host depot.development.example (host, "
        "envs/development/mill.yaml:1) in development, and so does depot, at "
        "dist/development/depot/ingress_web.yaml"
    )


def test_a_file_that_nobody_wrote_takes_nothing(neighbours: Path) -> None:
    """What the link map does not list is not the platform's."""
    file = neighbours / "dist/development/depot/ingress_web.yaml"
    write(file.with_name("by-hand.yaml"), file.read_text().replace("depot.development", "mill.development"))
    assert towpath(neighbours, "synth", "-p", "mill").code == 0


def test_environments_do_not_meet(neighbours: Path) -> None:
    """One host in two environments is two hosts on two clusters."""
    edit(neighbours / "envs/production/mill.yaml", "mill.production", "mill.development")
    assert towpath(neighbours, "synth").code == 0


def test_verification_says_it_too(neighbours: Path) -> None:
    """A fresh compile is held to the same rule."""
    edit(neighbours / "envs/development/mill.yaml", "mill.development", "depot.development")
    done = towpath(neighbours, "verify", "--compile")
    assert done.code == 1
    assert "mill takes the host depot.development.example (" in done.err + done.out


def test_argo_cd_s_objects_are_the_same_for_one_platform(neighbours: Path) -> None:
    """What `-p` leaves out is read from its files: kinds by their scope, and the fields that autoscalers own."""
    whole = tree(neighbours / "dist")
    edit(neighbours / "envs/development/mill.yaml", "node_port: 30002", "node_port: 30003")
    assert towpath(neighbours, "synth", "-p", "mill").code == 0
    after = tree(neighbours / "dist")
    assert [name for name in after if after[name] != whole[name]] == [
        "development/mill/service_web.yaml",
        "development/mill.links",
    ]
    application = after["development/argocd/application.argoproj.io_depot-development.yaml"].decode()
    assert "  ignoreDifferences:\n  - group: apps\n    kind: Deployment\n    name: web\n" in application
    project = after["development/argocd/appproject.argoproj.io_mill-development.yaml"].decode()
    assert "  - group: a.org\n    kind: Thing\n" in project


def test_c47_a_kind_that_another_platform_defines(neighbours: Path) -> None:
    """It counts as served; without the definition it is refused at the line of the object."""
    edit(neighbours / "charts/depot/chart.py", _DEFINITION, "")
    messages = _refused(neighbours)
    for head, environment in zip(_heads(messages), ("development", "production"), strict=True):
        assert head == (
            f"charts/mill/chart.py:{_NEXT}: Thing.a.org mill-{environment}/one: neither "
            f"envs/{environment}/cluster.yaml nor this platform says what serves the kind Thing of a.org"
        )
    assert "add `a.org/Thing` to `custom_resources` in envs/production/cluster.yaml" in messages[1]


def test_c47_a_kind_that_the_cluster_serves(neighbours: Path) -> None:
    """`custom_resources` takes the place of the definition."""
    edit(neighbours / "charts/depot/chart.py", _DEFINITION, "")
    for environment in ("development", "production"):
        edit(
            neighbours / f"envs/{environment}/cluster.yaml",
            "argocd:",
            "custom_resources: [a.org/Thing]\nargocd:",
        )
    assert towpath(neighbours, "synth").code == 0


def test_all_of_a_compile_at_once(neighbours: Path) -> None:
    """A class that is not there, a kind that nothing serves and a misplaced image are one list."""
    edit(
        neighbours / "envs/development/mill.yaml",
        "node_port: 30002",
        "node_port: 30002\ningress_class: traefik",
    )
    edit(neighbours / "charts/mill/chart.py", _THING, _THING.replace("a.org", "b.org") + _IMAGE_IN_TEXT)
    heads = [each for each in _heads(_refused(neighbours)) if "production" not in each]
    assert [each.split(": ", 2)[::2] for each in heads] == [
        [
            f"charts/mill/chart.py:{_EDGE}",
            (
                "spec.ingressClassName is traefik (ingress_class, envs/development/mill.yaml:3), and the cluster has "
                "no such IngressClass"
            ),
        ],
        [
            f"charts/mill/chart.py:{_NEXT}",
            "neither envs/development/cluster.yaml nor this platform says what serves the kind Thing of b.org",
        ],
        [
            f"charts/mill/chart.py:{_NEXT + 1}",
            "the image symbol in data.V may not stand there: it is the data of a ConfigMap",
        ],
    ]


def test_a_component_that_is_not_installed(neighbours: Path) -> None:
    """An autoscaler by CPU needs metrics-server; the message says where to put it."""
    edit(neighbours / "charts/depot/chart.py", '"External"', '"Resource"')
    [development, production] = _refused(neighbours)
    assert development.startswith(f"charts/depot/chart.py:{_NEXT + 2}: HorizontalPodAutoscaler.autoscaling ")
    assert "expected: metrics-server among `installed` in envs/development/cluster.yaml" in development
    assert "envs/production/cluster.yaml" in production


def test_clashes_and_missing_pins_at_once(neighbours: Path) -> None:
    """What is found after compiling is one list."""
    edit(neighbours / "envs/development/mill.yaml", "mill.development", "depot.development")
    (neighbours / "envs/production/shop.images.yaml").unlink()
    heads = _heads(_refused(neighbours))
    assert len(heads) == 4
    assert sum("has no pin" in each for each in heads) == 3
    assert sum("takes the host" in each for each in heads) == 1

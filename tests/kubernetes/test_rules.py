"""Pod Security, references and network flows over everything that is rendered, and proof that the rules bite."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import pytest

from tests.kubernetes.rules import References, flows, name_of, pod_security_faults, read_rendering
from tests.kubernetes.sample import everything, find, lowered

DIST = Path(__file__).resolve().parents[2] / "dist"
RENDERINGS = [
    pytest.param(folder, id=f"{folder.parent.name}-{folder.name}")
    for folder in sorted(DIST.glob("*/*"))
    if folder.is_dir() and folder.name != "argocd"
]
SYNTHETIC = lowered(everything())


def test_there_is_something_to_look_at() -> None:
    """The tests over `dist/` would pass if it were empty."""
    assert len(RENDERINGS) >= 3


@pytest.mark.parametrize("folder", RENDERINGS)
def test_pod_security_of_what_is_rendered(folder: Path) -> None:
    """Every pod of every environment satisfies Pod Security `restricted`."""
    manifests = read_rendering(folder)
    assert [f"{name_of(each)}: {fault}" for each in manifests for fault in pod_security_faults(each)] == []


def test_pod_security_of_every_kind_of_part() -> None:
    """Workloads, stores and jobs satisfy Pod Security `restricted`, and the namespace enforces it."""
    assert [f"{name_of(each)}: {fault}" for each in SYNTHETIC for fault in pod_security_faults(each)] == []
    labels = find(SYNTHETIC, "Namespace", "shop-staging")["metadata"]["labels"]
    assert {labels[f"pod-security.kubernetes.io/{mode}"] for mode in ("enforce", "audit", "warn")} == {
        "restricted"
    }


def _changed(path: tuple[str | int, ...], value: Any) -> dict[str, Any]:
    manifest: dict[str, Any] = copy.deepcopy(find(SYNTHETIC, "Deployment", "web"))
    at: Any = manifest["spec"]["template"]["spec"]
    for part in path[:-1]:
        at = at[part]
    at[path[-1]] = value
    return manifest


@pytest.mark.parametrize(
    ("path", "value", "fault"),
    [
        pytest.param(("hostNetwork",), True, "hostNetwork", id="host-network"),
        pytest.param(("hostPID",), True, "hostPID", id="host-processes"),
        pytest.param(("volumes", 0), {"name": "x", "hostPath": {"path": "/"}}, "volume x", id="host-path"),
        pytest.param(("securityContext", "runAsNonRoot"), False, "web: runAsNonRoot", id="root-allowed"),
        pytest.param(("securityContext", "runAsUser"), 0, "web: runAsUser", id="root"),
        pytest.param(
            ("securityContext", "seccompProfile"), {"type": "Unconfined"}, "web: seccompProfile", id="seccomp"
        ),
        pytest.param(("securityContext",), {}, "web: runAsNonRoot", id="no-context"),
        pytest.param(
            ("containers", 0, "securityContext", "allowPrivilegeEscalation"),
            True,
            "web: allowPrivilegeEscalation",
            id="escalation",
        ),
        pytest.param(
            ("containers", 0, "securityContext", "privileged"), True, "web: privileged", id="privileged"
        ),
        pytest.param(
            ("containers", 0, "securityContext", "capabilities"),
            {"drop": ["KILL"]},
            "web: capabilities.drop",
            id="drop",
        ),
        pytest.param(
            ("containers", 0, "securityContext", "capabilities", "add"),
            ["SYS_ADMIN"],
            "web: capabilities.add",
            id="add",
        ),
        pytest.param(("containers", 0, "ports", 0, "hostPort"), 80, "web: hostPort", id="host-port"),
        pytest.param(
            ("initContainers",), [{"name": "init"}], "init: capabilities.drop", id="c49-init-container"
        ),
    ],
)
def test_the_pod_security_rule_bites(path: tuple[str | int, ...], value: Any, fault: str) -> None:
    """Each thing that `restricted` refuses is found."""
    assert fault in pod_security_faults(_changed(path, value))


@pytest.mark.parametrize("folder", RENDERINGS)
def test_p27_references_of_what_is_rendered(folder: Path) -> None:
    """Every selector, port, account, secret and configuration resolves inside its rendering."""
    assert References(read_rendering(folder)).dangling() == []


def test_p27_references_of_every_kind_of_part() -> None:
    """The same for a platform with a part of every kind."""
    assert References(SYNTHETIC).dangling() == []


@pytest.mark.parametrize(
    ("kind", "name", "fault"),
    [
        pytest.param("ServiceAccount", "api", "Deployment api: ServiceAccount api", id="account"),
        pytest.param("ConfigMap", "settings", "Deployment api: ConfigMap settings", id="configuration"),
        pytest.param("ExternalSecret", "keys", "Deployment api: Secret keys", id="secret"),
        pytest.param("Service", "web", "Ingress shop: Service web", id="service-behind-ingress"),
        pytest.param("Service", "db", "StatefulSet db: Service db", id="service-of-a-store"),
        pytest.param("Deployment", "web", "HorizontalPodAutoscaler web: Deployment web", id="scaled"),
        pytest.param("Deployment", "api", "Service api: pods", id="pods-behind-service"),
        pytest.param("Deployment", "web", "PodDisruptionBudget web: pods", id="pods-of-a-budget"),
        pytest.param("StatefulSet", "db", "NetworkPolicy worker: pods db", id="pods-of-a-policy"),
        pytest.param("StatefulSet", "search", "NetworkPolicy search: pods", id="pods-with-storage"),
    ],
)
def test_p27_the_reference_rule_bites(kind: str, name: str, fault: str) -> None:
    """Without one object, what refers to it is found."""
    without = [each for each in SYNTHETIC if (each["kind"], each["metadata"]["name"]) != (kind, name)]
    assert fault in References(without).dangling()


def test_p27_ports_are_looked_at() -> None:
    """A container without its port leaves service, probe and policies dangling."""
    changed = [each for each in SYNTHETIC if name_of(each) != "Deployment web"]
    web = _changed(("containers", 0, "ports"), [])
    assert {"Service web: port http", "Deployment web: port http of its livenessProbe"} <= set(
        References([*changed, web]).dangling()
    )


@pytest.mark.parametrize("folder", RENDERINGS)
def test_flows_of_what_is_rendered(folder: Path) -> None:
    """What one pod may send is what the other may receive, and no rule leaves its ports open."""
    manifests = read_rendering(folder)
    out = flows(manifests, "egress")
    assert out == flows(manifests, "ingress")
    assert out
    assert 0 not in {port for _, _, port in out}
